import type { DashClaw } from 'dashclaw'
import type { OpenCall } from './kernel.ts'

/** What the counting of tokens needs of a client: `DashClaw`, or a composition that has `Tokens`. */
export type UsageClient = Pick<DashClaw, 'queueTokenUsage'>

/** Where an action is found by what runs inside of a governed tool: a key of LangChain's `configurable` and `metadata`. */
export const ACTION_ID = 'dashclaw_action_id'

interface Seen {
  /** Usage objects that the handler has counted, which the middleware of the same agent sees next. */
  counted: WeakSet<object>
  /** Actions whose tool the middleware is about to start. */
  starting: Set<string>
}

const clients = /* @__PURE__ */ new WeakMap<object, Seen>()

/** What the handler and the middleware of one client tell each other, so that nothing is asked or counted twice. */
export function seenBy(claw: object): Seen {
  let seen = clients.get(claw)
  if (!seen) clients.set(claw, (seen = { counted: new WeakSet(), starting: new Set() }))
  return seen
}

/** What is read of a message of a model. */
export interface ModelMessage {
  usage_metadata?: { input_tokens: number; output_tokens: number } | undefined
  response_metadata?: { model_name?: unknown; model?: unknown } | undefined
}

/** Reports what one call of a model used. */
export function report(
  claw: UsageClient,
  tokens_in: number | undefined,
  tokens_out: number | undefined,
  { response_metadata }: ModelMessage = {},
  fallback?: unknown,
): void {
  const model = response_metadata?.model_name ?? response_metadata?.model ?? fallback
  claw.queueTokenUsage({
    tokens_in: tokens_in ?? 0,
    tokens_out: tokens_out ?? 0,
    ...(typeof model === 'string' && { model }),
  })
}

/** What a tool gave: the text of its message; a message that says that it failed is a failure. */
export function outcomeOf(output: unknown): Parameters<OpenCall['end']>[0] {
  const { content, status } = (output ?? {}) as { content?: unknown; status?: unknown }
  if (status !== 'error') return { output: content ?? output }
  return { error: new Error(typeof content === 'string' ? content : JSON.stringify(content)) }
}

/** Whether it is how a graph stops or jumps (an interrupt, a command to the parent), and no failure. */
export const isControlFlow = (error: unknown): error is Error & { interrupts?: unknown } =>
  (error as { is_bubble_up?: unknown } | null)?.is_bubble_up === true
