import type { CancelSignal } from '../core/types.ts'
import type { ActionRecord } from './action-types.ts'

/** Options of a wait for a reviewer. */
export interface WaitForApprovalOptions {
  /** How long to wait, in **milliseconds**; `Infinity` for no limit. Default: 300,000 (5 minutes). */
  timeout?: number | undefined
  /** Time between two looks where the server offers no event stream, in **milliseconds**. Default: 5,000. */
  interval?: number | undefined
  /** Ends the wait. The action waits on, unless `cancelOnAbort` is set. */
  signal?: CancelSignal | undefined
  /**
   * Whether an abort also records the action as `cancelled`, best effort: once nobody of this client waits for it any more.
   * Default: false.
   */
  cancelOnAbort?: boolean | undefined
  /**
   * Called once with the action when it is seen to wait for a reviewer. What it throws is logged. Without it the client's
   * `onPending` is called, or the logger gets a line.
   */
  onPending?: ((action: PendingAction) => void) | undefined
}

/** A row of the approval queue, as far as every server sends it. */
export type PendingAction = Pick<
  ActionRecord,
  | 'action_id'
  | 'agent_id'
  | 'agent_name'
  | 'action_type'
  | 'declared_goal'
  | 'reasoning'
  | 'status'
  | 'risk_score'
  | 'reversible'
>

/** Answer of `waitForApproval`: the action that a reviewer let go on. */
export interface ApprovedAction {
  action: ActionRecord
  /** The id of `action`. */
  action_id: string
}
