import { type DashClaw, InputError, type TokenReport } from 'dashclaw'
import { renderDenial } from './denial.ts'
import type { ToolCall } from './kernel.ts'
import {
  type CallContext,
  checkNames,
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

/** What is read of the input of a hook. */
export interface ClaudeHookInput {
  hook_event_name: string
  session_id: string
  /** The subagent that the event is of. */
  agent_id?: string
  agent_type?: string
  tool_name?: string
  tool_input?: unknown
  tool_use_id?: string
  tool_response?: unknown
  error?: string
  is_interrupt?: boolean
  reason?: string
}

/** What a hook answers: nothing, or why a call must not run. */
export interface ClaudeHookOutput {
  hookSpecificOutput?: {
    hookEventName: 'PreToolUse'
    permissionDecision: 'deny'
    permissionDecisionReason: string
  }
}

/** An `AbortSignal`, also where no types of the platform are loaded. */
type Signal = NonNullable<CallContext['signal']>

type Hook = (input: ClaudeHookInput, id: string | undefined, context: { signal: Signal }) => Promise<ClaudeHookOutput>

/** An entry of `options.hooks` of `query()`. */
export interface ClaudeHookMatcher {
  hooks: Hook[]
  /** In **seconds**. */
  timeout?: number
  onFailure?: 'block'
}

/** The events that {@link dashclawHooks} listens to. */
export type ClaudeHooks = Record<
  | 'PreToolUse'
  | 'PostToolUse'
  | 'PostToolUseFailure'
  | 'PermissionDenied'
  | 'SubagentStart'
  | 'SubagentStop'
  | 'Stop'
  | 'SessionEnd',
  ClaudeHookMatcher[]
>

/** Options of {@link dashclawHooks} and {@link canUseTool}. */
export interface ClaudeToolOptions extends GovernOptions {
  /** Keeps the ticket of a call that is held with `wait: false`; awaited before the model is told. */
  onHeld?: ((ticket: Ticket) => void | PromiseLike<void>) | undefined
}

/** A call that was asked for and has not ended. */
interface Call {
  call: ToolCall
  session: string
  agent: string | undefined
  opened: Promise<OpenCall>
  /** Whether a subagent belongs to it. */
  started?: boolean
  abort(reason: unknown): void
}

/** Calls by session and id. Hooks and `canUseTool` of one client know the same ones. */
const states = /* @__PURE__ */ new WeakMap<ToolClient, Map<string, Call>>()

function callsOf(claw: ToolClient): Map<string, Call> {
  requireClient(claw)
  let calls = states.get(claw)
  if (!calls) states.set(claw, (calls = new Map()))
  return calls
}

type Outcome = Parameters<OpenCall['end']>[0]

async function end(calls: Map<string, Call>, key: string, outcome: Outcome, cancelled?: boolean): Promise<void> {
  const entry = calls.get(key)
  calls.delete(key)
  if (cancelled && 'error' in outcome) entry?.abort(outcome.error)
  await entry?.opened.then(
    (open) => open.end(outcome),
    () => {},
  )
}

/** Ends calls that nobody will tell the end of: refused by a rule of the user's, or cut off. */
async function sweep(calls: Map<string, Call>, over: (entry: Call) => boolean): Promise<void> {
  const error = new Error('Nobody told how it ended.')
  await Promise.all([...calls].map(([key, entry]) => over(entry) && end(calls, key, { error }, true)))
}

/** Asks for a call, and waits for the person who has to decide. */
function begin(
  claw: ToolClient,
  call: ToolCall,
  { onHeld: _onHeld, ...options }: ClaudeToolOptions,
  given: Signal,
  parent?: Promise<string | undefined>,
): Pick<Call, 'opened' | 'abort'> {
  const controller = new AbortController()
  const { signal } = controller
  const abort = (reason: unknown) => controller.abort(reason)
  // Each call has a signal of its own, so nothing has to be taken off again.
  given.addEventListener('abort', () => abort(given.reason))
  if (given.aborted) abort(given.reason)
  const opened = Promise.resolve(parent).then((parent_action_id) =>
    openCall(claw, call, options, { signal, parent_action_id }),
  )
  return { opened, abort }
}

/** What the model is told about a call that does not run, whatever the reason. */
async function denial(error: unknown, tool: string, { onHeld }: ClaudeToolOptions): Promise<string> {
  if (onHeld && error instanceof ToolHeldError) await onHeld(error.ticket)
  return (
    renderDenial(error, tool) ??
    `The call of the tool "${tool}" did not run: it could not be checked. Try again later, or tell the user.`
  )
}

/**
 * Hooks that govern every tool of a Claude agent, those of subagents and MCP servers too: each call is asked for, recorded, held
 * for a person where a policy says so, and runs only when it is allowed. What is allowed here still has to pass the permission
 * rules of the session; what is denied here does not run in any permission mode. Nothing runs when the guard can't be asked, or
 * when a hook fails.
 *
 * The outcome has the duration and the result, or the error; where another hook changed the arguments (`updatedInput`), it is
 * `failed` and says so: only {@link canUseTool} can stop that. Calls of a subagent are children of the call that started it. A
 * call that a rule or another hook refused ends as cancelled when the agent stops.
 *
 * The hook may take a day, or two minutes longer than `approvalTimeout`. `onFailure: 'block'` needs a Claude Code that knows it:
 * older ones refuse to start.
 *
 * @param claw - The client whose agent acts.
 * @param options - How calls become actions. `skip` leaves tools out, such as those that only read.
 * @returns For `options.hooks` of `query()`.
 * @throws {InputError} When `claw` is no client with `track`.
 *
 * @example
 * for await (const message of query({ prompt, options: { hooks: dashclawHooks(claw) } })) console.log(message)
 */
export function dashclawHooks(claw: ToolClient, options: ClaudeToolOptions = {}): ClaudeHooks {
  checkOptions(options, ['onHeld'], 'dashclawHooks')
  const calls = callsOf(claw)
  const { approvalTimeout } = options
  /** The action that started a subagent, by session and subagent. */
  const parents = new Map<string, Promise<string | undefined>>()
  const keyOf = (input: ClaudeHookInput) => `${input.session_id} ${input.tool_use_id}`

  const before: Hook = async (input, _id, { signal }) => {
    const { session_id: session, agent_id: agent } = input
    const name = `${input.tool_name}`
    const call = { name, input: input.tool_input, id: input.tool_use_id }
    const key = keyOf(input)
    try {
      if (skips(options, call)) return {}
      let entry = calls.get(key)
      if (!entry) {
        entry = { call, session, agent, ...begin(claw, call, options, signal, parents.get(`${session} ${agent}`)) }
        // Known at once: the same hooks may be registered twice.
        calls.set(key, entry)
        if (calls.size > MOST) {
          const [oldest] = calls.values()
          void sweep(calls, (one) => one === oldest)
        }
      }
      ;(await entry.opened).check(call)
      return {}
    } catch (error) {
      await end(calls, key, { error })
      return {
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: 'deny',
          permissionDecisionReason: await denial(error, name, options),
        },
      }
    }
  }
  const after: Hook = async (input) => {
    const { tool_name, tool_input, error, reason } = input
    const key = keyOf(input)
    const text = error ?? reason
    let outcome: Outcome = text === undefined ? { output: input.tool_response } : { error: new Error(text) }
    try {
      ;(await calls.get(key)?.opened)?.check({ name: `${tool_name}`, input: tool_input })
    } catch (error) {
      // Another hook gave it other arguments. It ran, but as something that nobody allowed.
      outcome = { error }
    }
    // Refused by the permission rules, or stopped by the user.
    await end(calls, key, outcome, input.is_interrupt || reason !== undefined)
    return {}
  }
  const started: Hook = async ({ session_id: session, agent_id, agent_type }) => {
    // Nothing tells which call it is: the first of its session that named such an agent, and has none yet.
    for (const one of calls.values()) {
      const { subagent_type } = (one.call.input ?? {}) as { subagent_type?: unknown }
      if (one.session !== session || one.started || subagent_type !== agent_type) continue
      one.started = true
      parents.set(
        `${session} ${agent_id}`,
        one.opened.then((open) => open.action.action.action_id),
      )
      break
    }
    return {}
  }
  const stopped: Hook = async ({ session_id, agent_id, hook_event_name }) => {
    const all = hook_event_name === 'SessionEnd'
    parents.delete(`${session_id} ${agent_id}`)
    await sweep(calls, ({ session, agent }) => session === session_id && (all || agent === agent_id))
    return {}
  }
  const on = (hook: Hook): ClaudeHookMatcher[] => [{ hooks: [hook] }]
  return {
    PreToolUse: [
      {
        hooks: [before],
        onFailure: 'block',
        timeout: approvalTimeout ? Math.ceil(approvalTimeout / 1000) + 120 : 86_400,
      },
    ],
    PostToolUse: on(after),
    PostToolUseFailure: on(after),
    PermissionDenied: on(after),
    SubagentStart: on(started),
    SubagentStop: on(stopped),
    Stop: on(stopped),
    SessionEnd: on(stopped),
  }
}

/** A call is allowed as it is, or refused with what the model is told. */
export type ClaudePermission =
  | { behavior: 'allow'; updatedInput: Record<string, unknown> }
  | { behavior: 'deny'; message: string }

/**
 * Answers the questions of the permission rules (`canUseTool` of `query()`): what DashClaw allows needs no other yes. A call that
 * the hooks of the same client let through is allowed; without the hooks it is asked for here, waiting for a person where a
 * policy says so, and recorded without its end, which nobody tells here.
 *
 * It is called only for what the permission rules ask about: calls that they allow never get here. To govern all, use
 * {@link dashclawHooks}.
 *
 * @param claw - The client whose agent acts.
 * @param options - How calls become actions.
 * @returns A function that always gives a permission, also when the guard can't be asked: then `deny`.
 * @throws {InputError} When `claw` is no client with `track`.
 */
export function canUseTool(
  claw: ToolClient,
  options: ClaudeToolOptions = {},
): (
  tool: string,
  input: Record<string, unknown>,
  context: { signal: Signal; toolUseID: string },
) => Promise<ClaudePermission> {
  checkOptions(options, ['onHeld'], 'canUseTool')
  const calls = callsOf(claw)
  return async (name, input, { signal, toolUseID: id }) => {
    const call = { name, input, id }
    try {
      const known = [...calls.values()].find((one) => one.call.id === id)
      if (known) (await known.opened).check(call)
      else if (!skips(options, call)) {
        const open = await begin(claw, call, options, signal).opened
        open.check(call)
        await open.end({ output: undefined })
      }
      return { behavior: 'allow', updatedInput: input }
    } catch (error) {
      return { behavior: 'deny', message: await denial(error, name, options) }
    }
  }
}

/** Counts of one model, as result messages have them. */
export interface ClaudeModelUsage {
  inputTokens: number
  outputTokens: number
  cacheReadInputTokens: number
  cacheCreationInputTokens: number
}

/** Options of {@link observeQuery}. */
export interface ObserveQueryOptions {
  /**
   * `modelUsage` of the last result of a session that is resumed or forked: its totals go on from there. Default: none, so that
   * the first result counts as a whole.
   */
  before?: Readonly<Record<string, ClaudeModelUsage>> | undefined
}

/** What observing needs of a client: `DashClaw`, or a composition that has `Actions` and `Tokens`. */
export type ObserveQueryClient = ToolClient & Pick<DashClaw, 'queueTokenUsage'>

interface Message {
  type: string
  session_id?: string
  modelUsage?: Record<string, ClaudeModelUsage>
  message?: { id?: string; model?: string; usage?: ApiUsage }
}
interface ApiUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_read_input_tokens?: number | null
  cache_creation_input_tokens?: number | null
}

type Step = (...args: unknown[]) => Promise<IteratorResult<object>>

const observed = /* @__PURE__ */ new WeakSet<object>()

/**
 * Reports the tokens of a query, by model, as its result messages tell them: subagents and internal calls are part of it, and
 * cached tokens part of the input. Each is counted once, also where a session has many results. A query that is left or broken
 * off before its result reports what its messages told, as partial.
 *
 * When the query is over, calls of its sessions that are still open, because a rule refused them or the process was stopped, end
 * as cancelled.
 *
 * @param claw - The client whose agent acts.
 * @param query - What `query()` gave.
 * @param options - What was counted before.
 * @returns The query: same messages, same methods. Observed again it is the same.
 * @throws {InputError} When it is no query.
 *
 * @example
 * for await (const message of observeQuery(claw, query({ prompt, options: { hooks: dashclawHooks(claw) } }))) console.log(message)
 */
export function observeQuery<Q extends AsyncIterator<object> & AsyncIterable<object>>(
  claw: ObserveQueryClient,
  query: Q,
  options: ObserveQueryOptions = {},
): Q {
  checkNames('observeQuery', options, ['before'])
  const calls = callsOf(claw)
  if (typeof query?.next !== 'function') throw new InputError('query must be what query() gives.', 'query')
  if (observed.has(query)) return query
  let seen: Readonly<Record<string, ClaudeModelUsage>> = options.before ?? {}
  /** Calls of models since the last result, by id. */
  const since = new Map<string, TokenReport>()
  const sessions = new Set<string>()

  const look = ({ type, session_id, modelUsage, message }: Message) => {
    if (session_id) sessions.add(session_id)
    const { id, model, usage } = message ?? {}
    if (id && usage) {
      const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = usage
      const tokens_in = (input_tokens ?? 0) + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0)
      since.set(id, { tokens_in, tokens_out: output_tokens ?? 0, model, partial: true })
    }
    if (type !== 'result') return
    since.clear()
    for (const [name, now] of Object.entries(modelUsage ?? {})) {
      const [input, output] = totals(now)
      let [input0, output0] = totals(seen[name])
      // A cleared session counts from nothing.
      if (input < input0 || output < output0) input0 = output0 = 0
      if (input > input0 || output > output0) {
        claw.queueTokenUsage({ tokens_in: input - input0, tokens_out: output - output0, model: name })
      }
    }
    if (modelUsage) seen = { ...seen, ...modelUsage }
  }
  const over = async () => {
    for (const report of since.values()) claw.queueTokenUsage(report)
    since.clear()
    await sweep(calls, ({ session }) => sessions.has(session))
  }
  const step =
    (method: 'next' | 'return' | 'throw') =>
    async (...args: unknown[]): Promise<IteratorResult<object>> => {
      try {
        const result = await (query[method] as Step).apply(query, args)
        if (result.done) await over()
        else look(result.value as Message)
        return result
      } catch (error) {
        await over()
        throw error
      }
    }
  const steps: Record<PropertyKey, unknown> = { next: step('next'), return: step('return'), throw: step('throw') }
  const proxy: Q = new Proxy(query, {
    get(target, name) {
      if (name === Symbol.asyncIterator) return () => proxy
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      // Its methods need the query itself: it has private fields.
      return Object.hasOwn(steps, name) ? steps[name] : value.bind(target)
    },
  })
  observed.add(proxy)
  return proxy
}

const totals = (usage: ClaudeModelUsage | undefined): [number, number] => [
  (usage?.inputTokens ?? 0) + (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheCreationInputTokens ?? 0),
  usage?.outputTokens ?? 0,
]
