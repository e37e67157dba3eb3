import { isDashClawError, type TrackedAction } from 'dashclaw'
import { renderDenial } from './denial.ts'
import {
  type CallContext,
  type GovernOptions,
  openCall,
  opened,
  pin,
  type ToolCall,
  type ToolClient,
} from './kernel.ts'
import { type OpenAIRun, parentOf } from './openai-agents-observe.ts'
import { resume, type TicketClient } from './ticket.ts'

/** What the tools of `@openai/agents` need of a client: `DashClaw`, or a composition that has `Actions`, `Approvals` and `Loops`. */
export type AgentsClient = ToolClient & TicketClient

/** Options of `governTool` and `needsApproval`. */
/** What the tools of this framework take besides. */
export const OPENAI_OPTIONS = ['onDeny', 'context', 'failed'] as const

export interface OpenAIToolOptions extends GovernOptions {
  /**
   * Whether a call that needs a person waits inside of the run (default). With false the run ends with an interruption instead, which
   * `resolveInterruptions` settles, in this process or another.
   */
  wait?: boolean | undefined
  /** What a denied call does: tell the model why (`message`, default), or fail the run (`throw`). */
  onDeny?: 'message' | 'throw' | undefined
  /** What belongs to one run: the `signal` that it was given, which also ends a wait for a person; `parent_action_id`. */
  context?: ((run: OpenAIRun) => CallContext | undefined) | undefined
  /**
   * Whether a result says that the tool failed. The framework turns what a tool throws into a text before anybody else sees it.
   * Default: whether it is the framework's own text. Give it for tools with an `errorFunction` of their own.
   */
  failed?: ((output: unknown, call: ToolCall) => boolean) | undefined
}

/** A call that was allowed. */
export interface Opened {
  action?: TrackedAction
  check(call: ToolCall): void
  end(outcome: { output: unknown } | { error: unknown }): Promise<void>
  abort(reason: unknown): void
}

/** Calls that the guard has answered and that did not begin, by run and call id. */
const answered = /* @__PURE__ */ new WeakMap<object, Map<string, Opened | { denial: unknown }>>()

export function put(run: object, id: string, answer: Opened | { denial: unknown }, lifetime: number): void {
  let calls = answered.get(run)
  if (!calls) answered.set(run, (calls = new Map()))
  calls.set(id, answer)
  // A run that is aborted now never gets to the tool, and nobody says so.
  const timer: unknown = setTimeout(() => {
    if (calls.get(id) !== answer) return
    calls.delete(id)
    if ('end' in answer) void cancel(answer)
  }, lifetime)
  ;(timer as { unref?: () => void }).unref?.()
}

export function take(run: object, id: string): Opened | { denial: unknown } | undefined {
  const answer = answered.get(run)?.get(id)
  answered.get(run)?.delete(id)
  return answer
}

function cancel(open: Opened): Promise<void> {
  const error = new Error('The run ended before the tool ran.')
  open.abort(error)
  return open.end({ error })
}

export const parse = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string)
  } catch {
    return text
  }
}

/** A ticket of {@link resume} without the call, which the framework keeps. */
interface Held {
  action_id: string
  digest: string
  expires_at: string
}

/** Under this key the context of a run has its held calls, so that they are part of a stored `RunState`. */
const KEY = 'dashclaw_calls'

type Bag = { [KEY]?: Record<string, Held> | undefined }
/** Of runs whose context takes no key, such as a text: theirs are known in this process only. */
const bags = /* @__PURE__ */ new WeakMap<OpenAIRun, Bag>()

function bagOf(run: OpenAIRun): Bag {
  const { context } = run
  if (typeof context === 'object' && context !== null && Object.isExtensible(context)) return context
  let bag = bags.get(run)
  if (!bag) bags.set(run, (bag = {}))
  return bag
}

/** The ticket of a call; not that of another call with the same id. */
async function heldAs(run: OpenAIRun, call: ToolCall): Promise<Held | undefined> {
  const held = call.id === undefined ? undefined : bagOf(run)[KEY]?.[call.id]
  return held && held.digest === (await pin(call)).digest ? held : undefined
}

export function keep(run: OpenAIRun, { id }: ToolCall, { action_id, digest, expires_at }: Held): Held {
  const held = { action_id, digest, expires_at }
  const bag = bagOf(run)
  if (id !== undefined) bag[KEY] = { ...bag[KEY], [id]: held }
  return held
}

/** Keeps the ticket of an error that has one. */
export function keepHeld(run: OpenAIRun, call: ToolCall, error: unknown): Held | undefined {
  const { ticket } = error as { ticket?: Held }
  return isDashClawError(error, 'ApprovalPendingError') && ticket ? keep(run, call, ticket) : undefined
}

function forget(run: OpenAIRun, { id }: ToolCall): void {
  const bag = bagOf(run)
  const { [id ?? '']: _gone, ...others } = bag[KEY] ?? {}
  if (Object.keys(others).length > 0) bag[KEY] = others
  else delete bag[KEY]
}

/** Calls back when a signal is aborted, now or later. `AbortSignal.any` is not everywhere. @returns Stops that. */
export function follow(signal: CallContext['signal'], abort: (reason: unknown) => void): () => void {
  if (!signal) return () => {}
  const listener = () => abort(signal.reason)
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** Asks for a call, or goes on with what a person has decided about it. */
export async function begin(
  claw: AgentsClient,
  run: OpenAIRun,
  call: ToolCall,
  { onDeny: _onDeny, context, failed: _failed, ...options }: OpenAIToolOptions,
): Promise<Opened> {
  const { signal: given, ...rest } = context?.(run) ?? {}
  const controller = new AbortController()
  const { signal } = controller
  const abort = (reason: unknown) => controller.abort(reason)
  const release = follow(given, abort)
  try {
    const held = await heldAs(run, call)
    if (!held) {
      const parent_action_id = rest.parent_action_id ?? (await parentOf(run))
      return { ...(await openCall(claw, call, options, { signal, parent_action_id })), abort }
    }
    const { check } = await pin(call)
    const ticket = { v: 1, tool: call.name, input: call.input, ...held } as const
    const { end } = await opened<void>((work) => resume(claw, ticket, () => work(), { signal }), check)
    forget(run, call)
    return { check, end, abort }
  } finally {
    release()
  }
}

/** Asks without a wait. @returns Whether a person has to decide; then the run's context has the ticket. */
export async function ask(
  claw: AgentsClient,
  run: OpenAIRun,
  call: ToolCall,
  options: OpenAIToolOptions,
): Promise<{ held: Held } | { open: Opened } | { denial: unknown }> {
  const held = await heldAs(run, call)
  if (held) return { held }
  try {
    return { open: await begin(claw, run, call, { ...options, wait: false }) }
  } catch (error) {
    const held = keepHeld(run, call, error)
    if (held) return { held }
    if (renderDenial(error) === undefined) throw error
    return { denial: error }
  }
}
