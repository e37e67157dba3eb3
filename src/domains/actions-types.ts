import type { Open } from '../core/types.ts'
import type { ActionRecord, ActionStatus } from '../governance/action-types.ts'

/** Filters of {@link Actions.getActions}. */
export interface ActionFilters {
  /** Exact match. The client's own agent is not filled in: without it all agents are listed. */
  agent_id?: string | undefined
  swarm_id?: string | undefined
  /** Exact match; a word that is not known gives an empty list. */
  status?: Open<ActionStatus | 'expired' | 'blocked'> | undefined
  action_type?: string | undefined
  /** Only actions with this risk score or a higher one. */
  risk_min?: number | undefined
  /** 1 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** An open loop as an action's detail holds it: `loop_id` is the id that calls take. */
export interface LoopRow {
  /** Number of the row; no call takes it. */
  id: number
  org_id: string
  loop_id: string
  action_id: string
  loop_type: string
  description: string
  status: Open<'open' | 'resolved' | 'cancelled'>
  priority: Open<'low' | 'medium' | 'high' | 'critical'>
  owner: string | null
  resolution: string | null
  created_at: string
  resolved_at: string | null
}

/** An assumption as an action's detail holds it: `assumption_id` is the id that calls take. */
export interface AssumptionRow {
  /** Number of the row; no call takes it. */
  id: number
  org_id: string
  assumption_id: string
  action_id: string
  assumption: string
  basis: string | null
  validated: 0 | 1
  validated_at: string | null
  invalidated: 0 | 1
  invalidated_reason: string | null
  invalidated_at: string | null
  created_at: string
}

/** Answer of {@link Actions.getAction}. */
export interface ActionDetail {
  action: ActionRecord
  /** Loops of every status, newest first. */
  open_loops: LoopRow[]
  /** Newest first. */
  assumptions: AssumptionRow[]
}

/** An action next to the traced one. */
export interface RelatedAction {
  action_id: string
  agent_id: string
  agent_name: string | null
  action_type: string
  declared_goal: string | null
  status: string | null
  risk_score: number | null
  timestamp_start: string | null
  error_message: string | null
  /** In `parent_chain` only. */
  parent_action_id?: string | null
}

/** What may explain a failure; `detail` follows `type`. */
export type RootCauseIndicator = { severity: Open<'high' | 'medium'>; count: number } & (
  | { type: 'invalidated_assumptions'; detail: { assumption_id: string; assumption: string; reason: string | null }[] }
  | { type: 'unresolved_loops'; detail: { loop_id: string; description: string; priority: string }[] }
  | {
      type: 'parent_failures' | 'related_failures'
      detail: { action_id: string; goal: string | null; error: string | null }[]
    }
)

/** Answer of {@link Actions.getActionTrace}. */
export interface ActionTrace {
  action: ActionRecord
  trace: {
    assumptions: { total: number; validated: number; invalidated: number; unvalidated: number; items: AssumptionRow[] }
    loops: { total: number; open: number; resolved: number; cancelled: number; items: LoopRow[] }
    /** Nearest parent first, at most 10. */
    parent_chain: RelatedAction[]
    /** Oldest first. */
    sub_actions: RelatedAction[]
    /** Of the same agent or the same systems within an hour; newest first, at most 20. */
    related_actions: RelatedAction[]
    root_cause_indicators: RootCauseIndicator[]
  }
}

/** A warning that the server computes from what is stored at the moment of the call. */
export interface Signal {
  type: Open<
    | 'agent_silent'
    | 'autonomy_spike'
    | 'high_impact_low_oversight'
    | 'repeated_failures'
    | 'stale_loop'
    | 'assumption_drift'
    | 'stale_assumption'
    | 'stale_running_action'
  >
  severity: Open<'red' | 'amber'>
  /** Short text for people. */
  label: string
  detail: string
  help: string
  /** Null when a loop or assumption has lost its action. */
  agent_id: string | null
  /** Of `high_impact_low_oversight` and `stale_running_action`. */
  action_id?: string
  /** Of `stale_loop`. */
  loop_id?: string
  /** Of `stale_assumption`. */
  assumption_id?: string
}

/** Answer of {@link Actions.getSignals}. */
export interface SignalList {
  /** Red ones first. */
  signals: Signal[]
  counts: { red: number; amber: number; total: number }
  lastUpdated: string
}

/** Which actions {@link Actions.deleteActions} removes: one by id, or all that match every other filter. */
export interface DeleteActionsInput {
  /** One action; the other filters are then ignored. */
  action_id?: string | undefined
  /** Those that started before this date. */
  before?: string | Date | number | undefined
  agent_id?: string | undefined
  status?: Open<ActionStatus> | undefined
}
