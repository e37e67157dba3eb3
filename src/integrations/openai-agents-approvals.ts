import { InputError, isDashClawError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import { type CallContext, checkOptions, pin, requireClient, skips, type ToolCall } from './kernel.ts'
import { type AgentsClient, ask, keep, OPENAI_OPTIONS, type OpenAIToolOptions, parse } from './openai-agents-calls.ts'
import { governed, type OpenAIRun } from './openai-agents-observe.ts'

const DAY = 86_400_000

/**
 * For `needsApproval` of the tools that can't be wrapped: `shellTool`, `applyPatchTool`, `computerTool`. The guard is asked for
 * each call; an allowed one runs, and is recorded without its end, which nobody tells. Any other becomes an interruption for
 * {@link resolveInterruptions}.
 *
 * @param claw - The client whose agent acts.
 * @param tool - Name of the tool.
 * @param options - How calls become actions.
 *
 * @example
 * const agent = new Agent({ name: 'Bot', tools: [shellTool({ shell, needsApproval: needsApproval(claw, 'shell') })] })
 */
export function needsApproval(
  claw: AgentsClient,
  tool: string,
  options: OpenAIToolOptions = {},
): (run: OpenAIRun, input: unknown, callId?: string) => Promise<boolean> {
  requireClient(claw)
  checkOptions(options, OPENAI_OPTIONS, 'needsApproval')
  if (typeof tool !== 'string' || !tool) throw new InputError('tool must be the name of the tool.', 'tool')
  return async (run, input, id) => {
    const call = { name: tool, input, id }
    if (skips(options, call)) return false
    const answer = await ask(claw, run, call, options)
    if (!('open' in answer)) return true
    await answer.open.end({ output: undefined })
    return false
  }
}

/** An interruption: a call that waits for a decision. */
export interface OpenAIInterruption {
  readonly name?: string | undefined
  readonly arguments?: string | undefined
  readonly rawItem: object
  readonly agent: { readonly tools?: readonly object[] }
}

/** A `RunState`: of a result, or made by `RunState.fromString`. */
export interface OpenAIRunState {
  readonly _context: OpenAIRun
  getInterruptions(): readonly OpenAIInterruption[]
  approve(item: never): void
  reject(item: never, options?: { message?: string }): void
}

/** What became of one interruption. */
export interface Resolution {
  /** The framework's id of the call. */
  callId: string
  /** Name of the tool. */
  tool: string
  /** `pending`: nobody has decided yet, and the state holds no decision. */
  decision: 'approved' | 'denied' | 'pending'
  /** The action that a person decides about; missing where the guard blocked it. */
  action_id?: string | undefined
  /** What the model is told about a denial. */
  message?: string | undefined
}

/** Options of {@link resolveInterruptions}. */
export interface ResolveOptions extends Omit<OpenAIToolOptions, 'onDeny' | 'failed' | 'context'> {
  /** Whether to wait for those that nobody has decided about. Default: true. */
  wait?: boolean | undefined
  /** How long to wait, in **milliseconds**; what is undecided then stays `pending`. Default: 300,000 (5 minutes). */
  approvalTimeout?: number | undefined
  /** Gives the wait up; the actions are then recorded as `cancelled`. */
  signal?: CallContext['signal']
}

/**
 * Settles the interruptions of a run with what people decide in DashClaw: approves them in the state, or rejects them with the person's
 * reason, which the model gets. Then run the agent with the state again.
 *
 * There is one action for each call, also when this is called again, and after `RunState.fromString` in another process: its id
 * is kept in the run's context under the key `dashclaw_calls`, and so in the stored state. A call without one, such as that of a
 * tool with `needsApproval: true`, is asked for now; it is approved at once where no policy holds it. A governed tool runs an
 * approved call once only, whoever resumes a copy of the state.
 *
 * @param claw - The client whose agent acts.
 * @param result - A result of `run`, or its state.
 * @param options - How to wait, and how calls without an action become one.
 * @returns One entry for each interruption. Throws what keeps it from asking, such as {@link ConnectionError}; a call that
 * could not be asked for is not approved then.
 *
 * @example
 * let result = await runner.run(agent, 'Pay the invoice')
 * while (result.interruptions.length > 0) {
 *   await resolveInterruptions(claw, result)
 *   result = await runner.run(agent, result.state)
 * }
 */
export async function resolveInterruptions(
  claw: AgentsClient,
  result: OpenAIRunState | { readonly state: OpenAIRunState },
  options: ResolveOptions = {},
): Promise<Resolution[]> {
  requireClient(claw)
  checkOptions(options, ['context', 'signal'], 'resolveInterruptions')
  const state = 'state' in result ? result.state : result
  const { wait = true, approvalTimeout, signal, ...govern } = options
  const run = state._context
  return Promise.all(
    state.getInterruptions().map(async (item): Promise<Resolution> => {
      const call = interrupted(item)
      const deny = (error: unknown): Resolution => {
        const message = renderDenial(error, call.name)
        if (message === undefined) throw error
        state.reject(item as never, { message })
        return { ...entry, decision: 'denied', message }
      }
      let entry: Omit<Resolution, 'decision'> = { callId: call.id, tool: call.name }
      const answer = await ask(claw, run, call, { ...govern, context: () => ({ signal }) })
      if ('denial' in answer) return deny(answer.denial)
      const wrapped = item.agent.tools?.some(
        (tool: { name?: unknown; invoke?: unknown }) => tool.name === call.name && governed.has(tool.invoke as object),
      )
      if ('open' in answer) {
        const { action_id } = answer.open.action!.action
        entry = { ...entry, action_id }
        const { digest } = await pin(call)
        if (digest) keep(run, call, { action_id, digest, expires_at: new Date(Date.now() + DAY).toISOString() })
        // A governed tool takes it up, here or in another process; others don't tell how they end.
        if (!wrapped || !digest) await answer.open.end({ output: undefined })
        state.approve(item as never)
        return { ...entry, decision: 'approved' }
      }
      const { action_id } = answer.held
      entry = { ...entry, action_id }
      try {
        if (!wait && (await claw.getAction(action_id, { signal })).action.status.startsWith('pending')) {
          return { ...entry, decision: 'pending' }
        }
        await claw.waitForApproval(action_id, {
          timeout: approvalTimeout,
          signal,
          cancelOnAbort: true,
          onPending: govern.onPending,
        })
      } catch (error) {
        if (isDashClawError(error, 'ApprovalTimeoutError')) return { ...entry, decision: 'pending' }
        return deny(error)
      }
      if (!wrapped) await claw.updateOutcome(action_id, { status: 'completed' })
      state.approve(item as never)
      return { ...entry, decision: 'approved' }
    }),
  )
}

/** The call of an interruption, whatever tool it is of. */
function interrupted({ name, arguments: text, rawItem }: OpenAIInterruption): ToolCall & { id: string } {
  const { callId, id, type, action, operation } = rawItem as Record<string, unknown>
  return {
    name: name ?? `${type}`,
    input: text === undefined ? (action ?? operation ?? null) : parse(text),
    id: `${callId ?? id}`,
  }
}
