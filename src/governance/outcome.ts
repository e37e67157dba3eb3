import { type Core, callRoute, checkedInput, settingsOf, sharedOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { pathPart } from '../core/path.ts'
import { tidy } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import { actionIn } from './action-stored.ts'
import type { ActionStatus, Outcome, UpdatedAction } from './action-types.ts'

const UPDATE =
  'updateOutcome PATCH /api/actions/:action_id status output_summary side_effects:list artifacts_created:list error_message timestamp_end:date duration_ms:int cost_estimate:num'

/** How long the result of finished work is held back by the report of it, in milliseconds. */
const PATIENCE = 2000

/** Writes how an action ended; strings beyond the server's limit are cut, and the time of the end is filled in. */
export async function writeOutcome(
  core: Core,
  actionId: string,
  input: Outcome,
  options?: RequestOptions | null,
): Promise<UpdatedAction> {
  pathPart('action_id', actionId)
  const outcome: Outcome = { ...checkedInput(core, UPDATE, input) }
  if (Object.values(outcome).every((value) => value === undefined)) {
    throw new InputError('updateOutcome needs at least one field: updateOutcome(id, { status: … }).', 'input')
  }
  for (const field of ['output_summary', 'error_message'] as const) {
    const text = outcome[field]
    if (typeof text === 'string') outcome[field] = tidy(text, 4000)
  }
  outcome.timestamp_end ??= new Date().toISOString()
  return callRoute(core, UPDATE, outcome, options, [actionId])
}

/**
 * Writes the outcome of work that has ended. Never rejects, and never takes longer than 2 s: what can't be delivered at once goes on
 * in the background, is reported, and leaves with `flush()`.
 */
export async function deliverOutcome(
  core: Core,
  actionId: string,
  outcome: Outcome & { status: ActionStatus },
): Promise<void> {
  // The end is now, also when it is delivered later.
  const ended = { timestamp_end: new Date().toISOString(), ...outcome }
  const settings = settingsOf(core)
  // Nobody looks at the answer, so only one that shows the stored action counts as delivered.
  const write = async (options?: RequestOptions) =>
    actionIn(core, await writeOutcome(core, actionId, ended, options), 'PATCH', `/api/actions/${actionId}`, actionId)
  const hand = (run: () => Promise<unknown>, failed?: unknown) => {
    const size = 2 * (outcome.output_summary ?? outcome.error_message ?? '').length
    sharedOf(core).background.deliver(`outcome ${outcome.status} of ${actionId}`, run, size, failed)
  }
  let first: Promise<unknown> | undefined = write({
    timeout: Math.min(settings.timeout || 10_000, 10_000),
    maxRetries: 1,
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE, LATE)
  })
  try {
    if ((await Promise.race([first, late])) !== LATE) return
    // The first try goes on; after it there are others.
    hand(() => {
      const run = first ?? write()
      first = undefined
      return run
    })
  } catch (failed) {
    hand(write, failed)
  } finally {
    clearTimeout(timer)
  }
}

const LATE = /* @__PURE__ */ Symbol()
