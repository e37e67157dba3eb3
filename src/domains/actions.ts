import { Core } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import { type ActionContext, actionContext, inActionContext } from '../governance/action-context.ts'
import type {
  ActionList,
  ActionListItem,
  CreateActionInput,
  CreatedAction,
  Outcome,
  UpdatedAction,
} from '../governance/action-types.ts'
import { type CreateActionOptions, governedCreate } from '../governance/create.ts'
import { writeOutcome } from '../governance/outcome.ts'
import { type TrackedAction, trackAction } from '../governance/track.ts'
import type { ActionDetail, ActionFilters, ActionTrace, DeleteActionsInput, SignalList } from './actions-types.ts'

export type * from './actions-types.ts'

const ACTIONS = 'getActions GET /api/actions risk_min:num limit:num offset:num agent_id swarm_id status action_type'

/** Actions: the record of what an agent wanted to do, why, with what risk, and how it ended. */
export abstract class Actions extends Core {
  /**
   * Records a new action, governed as the client's options say. The steps are the recommendation (`autoRecommend`), the guard
   * (`guardMode`), the signature (`privateKey`), and the wait for a reviewer (`hitlMode`).
   *
   * Safe to repeat: the SDK picks the `action_id` unless one is given, so a lost answer never records twice.
   *
   * @param options - `wait`, `approvalTimeout` and `onPending` go over the client's settings for this call.
   * @returns The action, its id, the policies' decision and what was masked. With `hitlMode: 'off'`, look at `action.status`:
   * `pending_approval` means that a reviewer has to decide first.
   * @throws {GuardBlockedError} When a policy forbids it, in every mode. {@link ApprovalDeniedError} and
   * {@link ApprovalTimeoutError} with `hitlMode: 'wait'`. {@link ValidationError} when the server refuses a value: 2.0 servers
   * know 20 action types and list them. {@link ConflictError} when your own `action_id` is taken.
   * Route: `POST /api/actions`.
   */
  createAction(input: CreateActionInput, options?: CreateActionOptions): Promise<CreatedAction> {
    return governedCreate(this, input, options)
  }

  /**
   * Writes how an action ended. The server checks no state: the last value stays.
   * An agent must not move its own action out of `pending_approval`; the server does not stop it.
   *
   * @param actionId - `act_…`.
   * @param input - At least one field; `timestamp_end` is now unless given, long texts are cut to 4,000 characters with a mark.
   * @throws {NotFoundError} When the action is unknown. Route: `PATCH /api/actions/:action_id`. Repeated after a failure.
   */
  updateOutcome(actionId: string, input: Outcome, options?: RequestOptions): Promise<UpdatedAction> {
    return writeOutcome(this, actionId, input, options)
  }

  /**
   * Lists actions of all agents unless `agent_id` is given, newest first.
   *
   * Route: `GET /api/actions`.
   */
  getActions(filters: ActionFilters = {}, options?: RequestOptions): Promise<ActionList> {
    return this.call(ACTIONS, filters, options)
  }

  /** Every action that matches, page after page; see {@link getActions}. `limit` is the size of a page (200 unless given). */
  iterateActions(
    filters: ActionFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ActionListItem, void, undefined> {
    return pages('actions', 'action_id', filters, (page) => this.getActions(page, options), options)
  }

  /**
   * Reads one action with its loops and assumptions.
   *
   * @param actionId - `action_id` (`act_…`).
   * @throws {NotFoundError} When it is unknown in this organization. Route: `GET /api/actions/:action_id`.
   */
  getAction(actionId: string, options?: RequestOptions): Promise<ActionDetail> {
    return this.call('getAction GET /api/actions/:action_id', undefined, options, actionId)
  }

  /**
   * Reads one action with everything around it that may explain a failure.
   *
   * @param actionId - `action_id` (`act_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/actions/:action_id/trace`.
   */
  getActionTrace(actionId: string, options?: RequestOptions): Promise<ActionTrace> {
    return this.call('getActionTrace GET /api/actions/:action_id/trace', undefined, options, actionId)
  }

  /**
   * Runs work as an action, only when it is allowed. It creates the action as {@link createAction} does, runs `fn`, and writes the outcome:
   * `completed` or `failed`, the duration, and a bounded summary of the result or error with secrets masked.
   *
   * What `fn` returns or throws is what the caller gets. An outcome that can't be delivered is retried in the background.
   *
   * @param fn - Gets the action and calls that are tied to it. Never runs for an action that is blocked, denied, expired or pending.
   * @param options - `wait`, `approvalTimeout` and `onPending` go over the client's settings for this call.
   * @throws {GuardBlockedError} When it is not allowed. {@link ApprovalPendingError} when it waits for a reviewer and `hitlMode` is `off`.
   * {@link ApprovalDeniedError} and {@link ApprovalTimeoutError} with `hitlMode: 'wait'`. Whatever `fn` throws.
   * Routes: `POST /api/actions`, then `PATCH /api/actions/:action_id`.
   */
  track<T>(
    action: CreateActionInput,
    fn: (action: TrackedAction) => T | Promise<T>,
    options?: CreateActionOptions,
  ): Promise<T> {
    return trackAction(this, action, fn, options)
  }

  /**
   * Computes the current warnings: silent agents, spikes, risky and stalled actions, stale loops and assumptions.
   *
   * Route: `GET /api/actions/signals`. Nothing is stored.
   *
   * @param filters - `agent_id`: of one agent. Default: of all.
   */
  getSignals(filters: { agent_id?: string | undefined } = {}, options?: RequestOptions): Promise<SignalList> {
    return this.call('getSignals GET /api/actions/signals agent_id', filters, options)
  }

  /**
   * Ties messages, assumptions, loops and the outcome to one action. Makes no request by itself.
   * With a block: runs it, and records the action as `failed` when it throws before an outcome was written.
   *
   * @param actionId - `action_id` (`act_…`).
   */
  actionContext(actionId: string): ActionContext
  actionContext<T>(actionId: string, block: (context: ActionContext) => T | Promise<T>): Promise<T>
  actionContext<T>(actionId: string, block?: (context: ActionContext) => T | Promise<T>): ActionContext | Promise<T> {
    return block ? inActionContext(this, actionId, block) : actionContext(this, actionId)
  }

  /**
   * Removes actions with their loops and assumptions; needs an admin key.
   *
   * @param input - At least one filter.
   * @returns How many were removed; `action_ids` only when `action_id` was given. An unknown id gives 0.
   * @throws {PermissionDeniedError} For another role. Route: `DELETE /api/actions`.
   */
  deleteActions(
    input: DeleteActionsInput = {},
    options?: RequestOptions,
  ): Promise<{ deleted: number; action_ids?: string[] }> {
    return this.call('deleteActions DELETE! /api/actions before:date action_id agent_id status', input, options)
  }
}
