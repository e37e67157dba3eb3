import { throwIfAborted } from '../core/abort.ts'
import type { Core } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { errorText, summarize } from '../core/text.ts'
import { type ActionContext, actionContext } from './action-context.ts'
import type { ActionRecord, CreateActionInput, CreatedAction } from './action-types.ts'
import { type CreateActionOptions, governedCreate, requireGo, waits } from './create.ts'
import { deliverOutcome } from './outcome.ts'

/** What `track` hands to the work: the action, and calls that are tied to it. */
export interface TrackedAction extends ActionContext {
  /** The stored action. */
  action: ActionRecord
  /** What the policies said; null only when that answer was lost. */
  decision: CreatedAction['decision']
}

/**
 * Runs work as an action: creates it, runs the work only when it is allowed, writes the outcome.
 * The work's own error is what the caller sees, whatever happens to the outcome.
 */
export async function trackAction<T>(
  core: Core,
  input: CreateActionInput,
  work: (action: TrackedAction) => T | Promise<T>,
  options?: CreateActionOptions,
  method = 'track+fn',
): Promise<T> {
  if (typeof work !== 'function')
    throw new InputError(
      'track takes the work as its second argument: track({ action_type: …, declared_goal: … }, fn).',
      'fn',
    )
  const created = await governedCreate(core, input, options, method)
  requireGo(created, input.declared_goal, waits(core, options))
  const { action, action_id, decision } = created
  let outcome: Parameters<typeof deliverOutcome>[2] = { status: 'failed' }
  // The work alone, without the wait for a reviewer.
  const started = now()
  try {
    throwIfAborted(options?.signal)
    const value = await work(Object.assign(actionContext(core, action_id), { action, decision }))
    outcome = { status: 'completed', output_summary: summarize(value) }
    return value
  } catch (error) {
    const { signal } = options ?? {}
    const cancelled = signal?.aborted && (error === signal.reason || (error as Error | null)?.name === 'AbortError')
    outcome = { status: cancelled ? 'cancelled' : 'failed', error_message: errorText(error) }
    throw error
  } finally {
    await deliverOutcome(core, action_id, {
      ...outcome,
      duration_ms: Math.min(2_147_483_647, Math.round(now() - started)),
    })
  }
}

/** Monotonic milliseconds: a clock that is set must not give a negative duration. */
const now = (): number => globalThis.performance?.now() ?? Date.now()
