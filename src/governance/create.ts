import { throwIfAborted } from '../core/abort.ts'
import { type Core, callRoute, checkCallOptions, lineOf, settingsOf, sharedOf } from '../core/core.ts'
import {
  ApprovalPendingError,
  DashClawError,
  GuardBlockedError,
  isDashClawError,
  type PermissionDeniedError,
} from '../core/errors.ts'
import { neverSent } from '../core/retry.ts'
import { checkLoss, routeInput } from '../core/route.ts'
import { newId, tidy } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import { actionRoute } from './action-fields.ts'
import { actionIn, readAction } from './action-stored.ts'
import type { CreateActionInput, CreatedAction } from './action-types.ts'
import { isPending, verdict } from './approval-state.ts'
import type { PendingAction } from './approval-types.ts'
import { awaitApproval } from './approval-watch.ts'
import { checkGuard, type GuardDecision, isGo } from './guard.ts'
import { writeOutcome } from './outcome.ts'
import { type Signer, step } from './steps.ts'

/** Options of the calls that create an action. They override the client's. */
export interface CreateActionOptions extends RequestOptions {
  /**
   * What happens with an action that a reviewer has to decide about: true waits, false records it as pending and does not wait.
   * Default: as `hitlMode` says; its `off` also lets `guardMode: 'enforce'` refuse such an action before it is recorded.
   */
  wait?: boolean | undefined
  /** How long to wait for the reviewer, in **milliseconds**. Default: the client's `approvalTimeout`. */
  approvalTimeout?: number | undefined
  /** Called once with the action when it is seen to wait for a reviewer. What it throws is logged. */
  onPending?: ((action: PendingAction) => void) | undefined
}

/**
 * Creates an action with everything that the client's options ask for: recommendation, guard, signature, and the wait for
 * a reviewer.
 *
 * @param method - Whose call this is, for errors.
 */
export async function governedCreate(
  core: Core,
  input: CreateActionInput,
  options?: CreateActionOptions,
  method = 'createAction',
): Promise<CreatedAction> {
  const settings = settingsOf(core)
  checkCallOptions(method.split('+')[0]!, options, ['wait', 'approvalTimeout', 'onPending'])
  // All that can be known to be wrong is said before anything is asked or recorded. What was checked is what is asked about and
  // sent, whatever becomes of the caller's object meanwhile.
  const fields = routeInput(actionRoute(method), input, settings as never) as object as CreateActionInput
  if (fields.systems_touched) fields.systems_touched = [...fields.systems_touched]
  checkLoss(method.split('+')[0]!, fields, '', new Set())
  const { privateKey, autoRecommend } = settings
  const signer = privateKey ? step(core, 'signer', 'privateKey', 'Identity') : undefined
  const recommend = autoRecommend !== 'off' && step(core, 'recommender', 'autoRecommend', 'Learning')
  if (signer) await signer.ready(privateKey!)
  const call = callOptions(options)
  const action = recommend ? await recommend(core, fields, call) : fields
  await checkGuard(core, action, call, options?.wait)
  const wait = waits(core, options) ? (options?.approvalTimeout ?? settings.approvalTimeout) : undefined
  // Else an approval expires after 20 minutes, whatever the caller waits.
  const told = wait !== undefined && lineOf(core) === '5' && { approval_wait_seconds: seconds(wait), ...action }
  const created = await postAction(core, told || action, signer, call)
  if (wait === undefined || !isPending(created.action.status)) return created
  const approved = await awaitApproval(core, created.action_id, {
    timeout: wait,
    signal: options?.signal,
    onPending: options?.onPending,
    cancelOnAbort: true,
  })
  return { ...created, action: approved.action }
}

/** A wait as servers take it. */
const seconds = (ms: number): number => Math.min(86_400, Math.max(5, Math.ceil(ms / 1000)))

/** The options that every request takes, without those of the flow around it. */
function callOptions(options: CreateActionOptions | undefined): RequestOptions | undefined {
  if (!options) return undefined
  const { wait, approvalTimeout, onPending, ...call } = options
  return call
}

/** Whether a held action is waited for. */
export const waits = (core: Core, options?: CreateActionOptions): boolean =>
  options?.wait ?? settingsOf(core).hitlMode === 'wait'

async function postAction(
  core: Core,
  input: CreateActionInput,
  signer: Signer | undefined,
  options?: RequestOptions,
): Promise<CreatedAction> {
  const { privateKey, logger } = settingsOf(core)
  const body: CreateActionInput = { ...input }
  for (const field of ['output_summary', 'error_message'] as const) {
    const text = body[field]
    if (typeof text === 'string') body[field] = tidy(text, 4000)
  }
  // On the server only this word puts an action into the approval queue.
  if (body.status === 'pending') body.status = 'pending_approval'
  const ownId = !body.action_id
  body.action_id ||= newId('act_')
  throwIfAborted(options?.signal)
  let created: CreatedAction
  try {
    created = await callRoute<CreatedAction>(core, 'createAction POST /api/actions', body, options, [], {
      // The id makes a second try harmless: the server has it once.
      repeatable: true,
      checked: true,
      ...(signer && { encode: (fields: Record<string, unknown>) => signer.encode(fields, privateKey!) }),
    })
    // An answer about another action says nothing about this one.
    actionIn(core, created, 'POST', '/api/actions', body.action_id)
  } catch (error) {
    const decision = refusedDecision(error)
    if (decision) throw new GuardBlockedError(decision, body.declared_goal, { cause: error, status: 403 })
    const stored =
      isDashClawError(error, 'ConflictError') && error.attempts > 1 && (await readStored(core, body, ownId, options))
    if (!stored) {
      if (ownId && mayBeStored(error)) cancelUnseen(core, body.action_id)
      throw error
    }
    created = stored
  }
  const { action_id, agent_id, verified } = created.action
  if (signer && verified !== true) {
    logger.warn(
      `dashclaw: action ${action_id} was signed, but the server could not verify it. Register the public key of agent "${agent_id}" (createPairing or registerIdentity).`,
    )
  }
  const { decision } = created
  return {
    ...created,
    action_id,
    ...(decision && { decision: { ...decision, agent_risk_score: decision.agent_risk_score ?? null } }),
  }
}

/** Whether the server may have recorded the action, though its answer did not say so. */
function mayBeStored(error: unknown): boolean {
  if (isDashClawError(error, 'ConnectionError')) return !neverSent((error as Error).cause)
  if (isDashClawError(error, 'APIError')) return error.status < 400 || error.status > 501
  // The caller's abort.
  return !isDashClawError(error)
}

/**
 * Cancels, in the background, an action that may have been recorded and that nobody will run. The server may still be at work at
 * it, so that it is not there yet.
 */
function cancelUnseen(core: Core, id: string): void {
  const cancelled = { status: 'cancelled', error_message: 'The agent gave up while the action was recorded.' } as const
  let missed = 0
  sharedOf(core).background.deliver(`cancellation of ${id}`, async () => {
    try {
      await writeOutcome(core, id, cancelled)
    } catch (error) {
      if (!isDashClawError(error, 'NotFoundError')) throw error
      if (missed++ < 2) throw new DashClawError(`Action ${id} is not there yet.`, { cause: error })
    }
  })
}

/** The decision inside a 403, which is a policy's block whatever the mode. */
function refusedDecision(error: unknown): GuardDecision | undefined {
  if (!isDashClawError(error, 'PermissionDeniedError')) return undefined
  const decision = ((error as PermissionDeniedError).body as { decision?: GuardDecision | string } | null)?.decision
  // A refusal that says go is no answer of the policies.
  return typeof decision === 'object' && decision !== null && !isGo(decision.decision) ? decision : undefined
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
      `"${goal}" was not started: action ${action.action_id} waits for a reviewer. Pass { wait: true } or set hitlMode: 'wait' to wait here, or run the work yourself after waitForApproval('${action.action_id}') and report it with updateOutcome.`,
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
