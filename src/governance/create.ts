import { type Core, callRoute, settingsOf } from '../core/core.ts'
import { ApprovalPendingError, GuardBlockedError, isDashClawError, type PermissionDeniedError } from '../core/errors.ts'
import { importSigningKey } from '../core/keys.ts'
import { parseRoute, routeInput } from '../core/route.ts'
import { sign, signedBody } from '../core/signing.ts'
import { cutText, newId } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import { awaitApproval, isPending, type PendingAction, verdict } from './approval-watch.ts'
import { checkGuard, type GuardDecision, isGo } from './guard.ts'
import { applyRecommendation } from './recommend.ts'
import type { CreateActionInput, CreatedAction } from './records.ts'
import { actionIn, readAction } from './stored.ts'

const CREATE =
  'POST /api/actions agent_id!@agentId:text128 agent_name@agentName:text256 swarm_id@swarmId:text128 action_type!:text128 declared_goal!:text2000 action_id:text128 parent_action_id:text128 reasoning:text4000 authorization_scope:text1000 trigger:text1000 systems_touched:list50 input_summary:text4000 status:running|completed|failed|cancelled|pending|pending_approval reversible:bool risk_score:int0..100 confidence:int0..100 recommendation_id:text128 recommendation_applied:bool recommendation_override_reason:text500 output_summary:text side_effects:list50 artifacts_created:list100 error_message:text timestamp_start:date timestamp_end:date duration_ms:int0..2147483647 cost_estimate:num0..'

/** Options of the calls that create an action; they go over the client's. */
export interface CreateActionOptions extends RequestOptions {
  /**
   * What happens with an action that a person has to decide about: true waits, false records it as pending and does not wait.
   * Default: as `hitlMode` says; its `off` also lets `guardMode: 'enforce'` refuse such an action before it is recorded.
   */
  wait?: boolean | undefined
  /** How long to wait for the person, in **milliseconds**. Default: the client's `approvalTimeout`. */
  approvalTimeout?: number | undefined
  /** Called once with the action when it is seen to wait for a person. What it throws is logged. */
  onPending?: ((action: PendingAction) => void) | undefined
}

/**
 * Creates an action with everything that the client's options ask for: recommendation, guard, signature, and the wait for
 * a person.
 */
export async function governedCreate(
  core: Core,
  input: CreateActionInput,
  options?: CreateActionOptions,
): Promise<CreatedAction> {
  const settings = settingsOf(core)
  // All that can be known to be wrong is said before anything is asked or recorded. What was checked is what is asked about and
  // sent, whatever becomes of the caller's object meanwhile.
  const fields = routeInput(parseRoute(CREATE), input, settings as never) as object as CreateActionInput
  if (fields.systems_touched) fields.systems_touched = [...fields.systems_touched]
  if (settings.privateKey) await importSigningKey(settings.privateKey)
  const action = await applyRecommendation(core, fields, options)
  await checkGuard(core, action, options)
  const created = await postAction(core, action, action === fields, options)
  if (!waits(core, options) || !isPending(created.action.status)) return created
  const approved = await awaitApproval(core, created.action_id, {
    timeout: options?.approvalTimeout ?? settings.approvalTimeout,
    signal: options?.signal,
    cancelOnAbort: true,
    onPending: options?.onPending,
  })
  return { ...created, action: approved.action }
}

/** Whether a held action is waited for. */
export const waits = (core: Core, options?: CreateActionOptions): boolean =>
  options?.wait ?? settingsOf(core).hitlMode === 'wait'

async function postAction(
  core: Core,
  input: CreateActionInput,
  checked: boolean,
  options?: RequestOptions,
): Promise<CreatedAction> {
  const { privateKey, logger } = settingsOf(core)
  const body: CreateActionInput = { ...input }
  for (const field of ['output_summary', 'error_message'] as const) {
    const text = body[field]
    if (typeof text === 'string') body[field] = cutText(text, 4000)
  }
  // On the server only this word puts an action into the approval queue.
  if (body.status === 'pending') body.status = 'pending_approval'
  const ownId = !body.action_id
  if (ownId) body.action_id = newId('act_')
  let created: CreatedAction
  try {
    created = await callRoute<CreatedAction>(core, CREATE, body, options, [], {
      // The id makes a second try harmless: the server has it once.
      repeatable: true,
      checked,
      ...(privateKey && {
        encode: (fields: Record<string, unknown>) => signedBody(fields, (text: string) => sign(text, privateKey)),
      }),
    })
  } catch (error) {
    const decision = refusedDecision(error)
    if (decision) throw new GuardBlockedError(decision, body.declared_goal, { cause: error, status: 403 })
    const stored =
      isDashClawError(error, 'ConflictError') && error.attempts > 1 && (await readStored(core, body, ownId, options))
    if (!stored) throw error
    created = stored
  }
  const { action_id, agent_id, verified } = actionIn(core, created, 'POST', '/api/actions')
  if (privateKey && verified !== true) {
    logger.warn(
      `dashclaw: action ${action_id} was signed, but the server could not verify it. Register the public key of agent "${agent_id}" (createPairing or registerIdentity).`,
    )
  }
  return { ...created, action_id }
}

/** The decision inside a 403, which is a policy's block whatever the mode. */
function refusedDecision(error: unknown): GuardDecision | undefined {
  if (!isDashClawError(error, 'PermissionDeniedError')) return undefined
  const decision = ((error as PermissionDeniedError).body as { decision?: GuardDecision | string } | null)?.decision
  return typeof decision === 'object' && decision !== null ? decision : undefined
}

/** A 409 to a repeated try says that an earlier one arrived: its row is the answer that was lost. */
async function readStored(
  core: Core,
  body: CreateActionInput,
  ownId: boolean,
  options?: RequestOptions,
): Promise<CreatedAction | undefined> {
  try {
    const action = await readAction(core, body.action_id as string, options)
    // An id of the caller's may have been taken before by something else.
    const same =
      ownId ||
      (action.action_type === body.action_type && action.agent_id === (body.agent_id ?? settingsOf(core).agentId))
    return same ? { action, action_id: action.action_id, decision: null, security: null } : undefined
  } catch (error) {
    // Known in another organization only.
    if (isDashClawError(error, 'NotFoundError')) return undefined
    throw error
  }
}

/**
 * Returns only when the server let the action go on: nothing unknown counts as a yes.
 *
 * @throws {ApprovalPendingError} When it waits for a person. {@link GuardBlockedError} in every other case.
 */
export function requireGo(created: CreatedAction, goal: string, waited: boolean): void {
  const { action, decision } = created
  if (isPending(action.status)) {
    throw new ApprovalPendingError(
      `"${goal}" was not started: action ${action.action_id} waits for a person. Set hitlMode: 'wait', or call waitForApproval('${action.action_id}').`,
      action.action_id,
    )
  }
  // An action that was approved keeps the decision that held it.
  const held = waited && decision?.decision === 'require_approval'
  if (verdict(action) === true && (!decision || held || isGo(decision.decision))) return
  throw new GuardBlockedError(
    decision && !isGo(decision.decision) && !held
      ? decision
      : { decision: action.status, reasons: [`action ${action.action_id} is ${action.status}`] },
    goal,
  )
}
