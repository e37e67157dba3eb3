import { type DashClaw, InputError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import {
  checkOptions,
  type GovernOptions,
  MOST,
  type OpenCall,
  openCall,
  requireClient,
  skips,
  type ToolClient,
} from './kernel.ts'
import { type Ticket, ToolHeldError } from './ticket.ts'

export type { GovernOptions, ToolCall, ToolClient } from './kernel.ts'
export { type Ticket, ToolHeldError } from './ticket.ts'

/** What Mastra tells a hook about a call. */
export interface MastraToolCall {
  /** The name that the model used. */
  toolName: string
  /** The arguments, before the tool's own schema has seen them. */
  input: unknown
  /** What the tool gets as its second argument; `toolCallId`, `abortSignal` and `requestContext` are read. */
  context: unknown
}

/** What Mastra tells a hook about a call that ran. */
export interface MastraToolResult extends MastraToolCall {
  output?: unknown
  /** What the tool threw, if it did. */
  error?: unknown
}

/** Takes the place of a call: the model gets `output`, and the tool does not run. */
export interface MastraRefusal {
  proceed: false
  output: unknown
}

/** For `hooks` of an agent, of a workspace's tools, or of one `generate` or `stream`. */
export interface MastraHooks {
  /**
   * Asks for a call and records it.
   *
   * @param call - What Mastra tells of it.
   * @returns Nothing, and the tool runs; or what takes its place.
   */
  beforeToolCall(call: MastraToolCall): Promise<MastraRefusal | undefined>
  /**
   * Writes the outcome of a call that was asked for. Never rejects.
   *
   * @param result - What Mastra tells of it.
   */
  afterToolCall(result: MastraToolResult): Promise<void>
}

/** Options of {@link dashclawHooks}. */
export interface MastraHooksOptions extends GovernOptions {
  /**
   * What the model gets for a call that is not allowed: the `message` of `renderDenial` as the tool's result (default), or `throw` for
   * an error of the tool. The tool runs in neither case.
   */
  onDeny?: 'message' | 'throw' | undefined
  /** Keeps the ticket of a call that is held with `wait: false`; awaited before the model is told. */
  onHeld?: ((ticket: Ticket) => void | PromiseLike<void>) | undefined
}

/** Of the context of a call, what is read. */
interface Context {
  toolCallId?: string
  abortSignal?: AbortSignal
  requestContext?: { get(key: string): unknown }
}

/** Calls that are open, by the object that Mastra gives both hooks. A call inside of a call with the same object is on top. */
type Open = Map<unknown, { call: OpenCall; below: { call: OpenCall } | undefined }>

/**
 * Hooks that govern every tool of an agent: each call is asked for, recorded, held for a person where a policy says so, and runs only when
 * it is allowed. The outcome has the duration and the result, or what the tool threw.
 *
 * An aborted run cancels the wait and the action. `parent_action_id` is taken from the request context of the run, where it is set there,
 * or from the options. Hooks that are given to one `generate` or `stream` take the place of the agent's.
 *
 * @param claw - The client whose agent acts.
 * @param options - How calls become actions.
 * @throws {InputError} When `claw` is no client with `track`.
 *
 * @example
 * const agent = new Agent({ id: 'bot', name: 'Bot', instructions, model, tools, hooks: dashclawHooks(claw) })
 */
export function dashclawHooks(claw: ToolClient, options: MastraHooksOptions = {}): MastraHooks {
  requireClient(claw)
  checkOptions(options, ['onDeny', 'onHeld'], 'dashclawHooks')
  const { onDeny, onHeld, ...govern } = options
  const open: Open = new Map()
  return {
    async beforeToolCall({ toolName: name, input, context }) {
      const { toolCallId: id, abortSignal: signal, requestContext } = (context ?? {}) as Context
      const call = { name, input, id }
      if (skips(govern, call)) return undefined
      const parent = requestContext?.get('parent_action_id')
      try {
        const opened = await openCall(claw, call, govern, {
          signal,
          ...(typeof parent === 'string' && { parent_action_id: parent }),
        })
        try {
          signal?.throwIfAborted()
          opened.check(call)
        } catch (error) {
          await opened.end({ error })
          throw error
        }
        await hold(open, context ?? name, opened)
        return undefined
      } catch (error) {
        if (error instanceof ToolHeldError) await onHeld?.(error.ticket)
        const output = onDeny === 'throw' ? undefined : renderDenial(error, name)
        if (output === undefined) throw error
        return { proceed: false, output }
      }
    },
    async afterToolCall({ toolName, context, output, error }) {
      await take(open, context ?? toolName)?.end(error === undefined ? (refusedInput(output) ?? { output }) : { error })
    },
  }
}

async function hold(open: Open, key: unknown, call: OpenCall): Promise<void> {
  open.set(key, { call, below: open.get(key) })
  if (open.size <= MOST) return
  const [oldest] = open.keys()
  await take(open, oldest)?.end({ error: new Error('Nobody told how this call ended.') })
}

function take(open: Open, key: unknown): OpenCall | undefined {
  const top = open.get(key)
  open.delete(key)
  if (top?.below) open.set(key, top.below as NonNullable<typeof top>)
  return top?.call
}

/** Mastra gives what a tool's schema has against the arguments as if it were the tool's result. */
function refusedInput(output: unknown): { error: unknown } | undefined {
  const { error, validationErrors, message } = (output ?? {}) as Record<string, unknown>
  // Its second paragraph repeats the arguments, secrets and all.
  return error === true && validationErrors ? { error: new InputError(`${message}`.split('\n\n')[0]!) } : undefined
}

/** What {@link dashclawUsage} reads of an answer of a model. */
export interface MastraModelAnswer {
  chunks: readonly { type: string; payload?: unknown }[]
  model: { modelId: string }
  /** Whether it is an old answer, and no tokens were spent. */
  fromCache: boolean
}

/** For `inputProcessors` of an agent. */
export interface MastraUsageProcessor {
  readonly id: 'dashclaw-usage'
  /**
   * Reports the tokens of an answer.
   *
   * @param answer - What Mastra tells of it.
   */
  processLLMResponse(answer: MastraModelAnswer): void
}

/**
 * A processor that reports the tokens of every answer of a model, of `generate` and `stream` alike, in the background. Each step of a run
 * is one report. Answers from a cache, and calls that fail or are aborted before the model gives its figures, have none.
 *
 * It stands in `inputProcessors`, where Mastra calls it after each answer.
 *
 * @param claw - The client whose agent acts: `DashClaw`, or a composition that has `Tokens`.
 *
 * @example
 * const agent = new Agent({ …, inputProcessors: [dashclawUsage(claw)] })
 */
export function dashclawUsage(claw: Pick<DashClaw, 'queueTokenUsage'>): MastraUsageProcessor {
  return {
    id: 'dashclaw-usage',
    processLLMResponse({ chunks, model, fromCache }) {
      if (fromCache) return
      for (const { type, payload } of chunks) {
        if (type !== 'finish') continue
        const { output } = payload as { output?: { usage?: { inputTokens?: number; outputTokens?: number } } }
        const { inputTokens: tokens_in = 0, outputTokens: tokens_out = 0 } = output?.usage ?? {}
        if (tokens_in || tokens_out) claw.queueTokenUsage({ tokens_in, tokens_out, model: model.modelId })
      }
    },
  }
}
