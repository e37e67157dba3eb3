import { Core, checkedInput } from '../core/core.ts'
import { isDashClawError, SelfApprovalError } from '../core/errors.ts'
import { pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ActionList, ActionListItem, ActionRecord, SecuritySummary } from '../governance/action-types.ts'
import type { ApprovedAction, WaitForApprovalOptions } from '../governance/approval-types.ts'
import { awaitApproval } from '../governance/approval-watch.ts'
import type { ApproveActionInput } from './approvals-types.ts'

export type * from './approvals-types.ts'

const APPROVE = 'approveAction POST /api/actions/:action_id/approve decision! reasoning'
const PENDING = 'getPendingApprovals GET /api/actions limit=20:num offset=0:num'

/** Approvals: a person lets an action go on, or not. */
export abstract class Approvals extends Core {
  /**
   * Waits until a reviewer decided about an action.
   *
   * All waits of a client share one event stream; where there is none they share one look at the queue every `interval`.
   * Before a wait says that nobody decided, it looks once more, for 3 s at most.
   *
   * @param actionId - `action_id` (`act_…`).
   * @param options - `timeout` and `interval` in **milliseconds** (300,000 and 5,000; other SDKs of the platform take seconds), `signal`,
   * `cancelOnAbort`, and `onPending`, called once when the action is seen to wait.
   * @returns The action that may go on.
   * @throws {ApprovalDeniedError} When it was denied, cancelled or blocked. {@link ApprovalExpiredError} when it has expired on the server. {@link ApprovalTimeoutError} when nobody
   * decided in time, or the state could not be read at the end. {@link NotFoundError} when the action is unknown. The signal's reason when it is
   * aborted: that ends this wait alone, and the action waits on unless `cancelOnAbort` is set. {@link InputError} for options that are not known.
   * Routes: `GET /api/stream`, `GET /api/actions`, `GET /api/actions/:action_id`.
   */
  waitForApproval(actionId: string, options?: WaitForApprovalOptions): Promise<ApprovedAction> {
    return awaitApproval(this, actionId, options)
  }

  /**
   * Allows or denies an action that waits; needs an admin key.
   *
   * @param actionId - `action_id` (`act_…`).
   * @returns The action: `running` when allowed, `failed` when denied.
   * @throws {PermissionDeniedError} For another role. {@link SelfApprovalError} on the 5 line for the key that created the action.
   * {@link ValidationError} when the action does not wait (any more).
   * {@link NotFoundError} when it is unknown. Route: `POST /api/actions/:action_id/approve`. Not repeated after an unclear failure.
   */
  async approveAction(
    actionId: string,
    input: ApproveActionInput,
    options?: RequestOptions,
  ): Promise<{ success: true; action: ActionRecord; security: SecuritySummary }> {
    const fields = checkedInput(this, APPROVE, input)
    // 2.0 servers fail, and keep the action waiting, when the field is not there.
    const body = { ...fields, reasoning: fields.reasoning ?? null }
    try {
      return await this.call(APPROVE, body, options, actionId)
    } catch (error) {
      if (!isDashClawError(error, 'PermissionDeniedError') || error.code !== 'SELF_APPROVAL_FORBIDDEN') throw error
      throw new SelfApprovalError(
        `Action ${actionId} was created with this key, and the key of an action may not decide about it. Decide with another admin key, or with the root operator key of the server.`,
        error,
        { cause: error },
      )
    }
  }

  /**
   * Lists the actions that wait for a reviewer, of all agents, newest first. Any role may read it.
   *
   * @param filters - `limit` 1 to 200, default 20; `offset`.
   * Route: `GET /api/actions?status=pending_approval`.
   */
  async getPendingApprovals(
    filters: { limit?: number | undefined; offset?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<ActionList> {
    return this.call(PENDING, { ...checkedInput(this, PENDING, filters), status: 'pending_approval' }, options)
  }

  /**
   * Every action that waits for a reviewer, page after page; see {@link getPendingApprovals}.
   *
   * @param filters - `limit`: size of a page, 200 unless given. `offset`: where to begin.
   */
  iteratePendingApprovals(
    filters: { limit?: number | undefined; offset?: number | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<ActionListItem, void, undefined> {
    return pages('actions', 'action_id', filters, (page) => this.getPendingApprovals(page, options), options)
  }
}
