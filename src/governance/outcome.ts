import { type Core, callRoute, settingsOf, sharedOf } from '../core/core.ts'
import { cutText } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ActionStatus, Outcome, UpdatedAction } from './records.ts'
import { actionIn } from './stored.ts'

const UPDATE =
  'PATCH /api/actions/:action_id status:running|completed|failed|cancelled|pending|pending_approval output_summary:text side_effects:list50 artifacts_created:list100 error_message:text timestamp_end:date duration_ms:int0..2147483647 cost_estimate:num0..'

/** Writes how an action ended; texts beyond the server's limit are cut, and the time of the end is filled in. */
export async function writeOutcome(
  core: Core,
  actionId: string,
  input: Outcome = {},
  options?: RequestOptions,
): Promise<UpdatedAction> {
  const outcome: Outcome = { ...input }
  for (const field of ['output_summary', 'error_message'] as const) {
    const text = outcome[field]
    if (typeof text === 'string') outcome[field] = cutText(text, 4000)
  }
  outcome.timestamp_end ??= new Date().toISOString()
  return callRoute(core, UPDATE, outcome, options, [actionId])
}

/**
 * Writes the outcome of work that has ended. Never rejects: what can't be delivered at once goes on in the background,
 * is reported, and leaves with `flush()`.
 */
export async function deliverOutcome(
  core: Core,
  actionId: string,
  outcome: Outcome & { status: ActionStatus },
): Promise<void> {
  // The end is now, also when it is delivered later.
  const ended = { timestamp_end: new Date().toISOString(), ...outcome }
  const settings = settingsOf(core)
  const shared = sharedOf(core)
  // Nobody looks at the answer, so only one that shows the stored action counts as delivered.
  const write = async (options?: RequestOptions) =>
    actionIn(core, await writeOutcome(core, actionId, ended, options), 'PATCH', `/api/actions/${actionId}`, actionId)
  try {
    await write({ timeout: Math.min(settings.timeout || 10_000, 10_000), maxRetries: 1 })
  } catch (failed) {
    const size = 2 * (outcome.output_summary ?? outcome.error_message ?? '').length
    shared.background.deliver(`outcome ${outcome.status} of ${actionId}`, write, size, failed)
  }
}
