import type { Flag, JsonText, NumberText, Open } from '../core/types.ts'
import type { GuardDecision } from './guard.ts'

/** Where an action stands. `expired` and `blocked` come from newer servers only. */
export type ActionStatus = 'running' | 'completed' | 'failed' | 'cancelled' | 'pending' | 'pending_approval'

/** The action types that 2.0 servers take. Newer servers take any text of at most 128 characters. */
export type ActionType =
  | 'build'
  | 'deploy'
  | 'post'
  | 'apply'
  | 'security'
  | 'message'
  | 'api'
  | 'calendar'
  | 'research'
  | 'review'
  | 'fix'
  | 'refactor'
  | 'test'
  | 'config'
  | 'monitor'
  | 'alert'
  | 'cleanup'
  | 'sync'
  | 'migrate'
  | 'other'

/** How an action ended. */
export interface Outcome {
  /** Any status may follow any other; the server checks nothing. */
  status?: Open<ActionStatus> | null | undefined
  /** What came out. Cut to 4,000 characters with a visible mark. */
  output_summary?: string | null | undefined
  /** At most 50 items. */
  side_effects?: readonly unknown[] | null | undefined
  /** At most 100 items. */
  artifacts_created?: readonly unknown[] | null | undefined
  /** Why it failed. Cut to 4,000 characters with a visible mark. */
  error_message?: string | null | undefined
  /** End of the work. Default: now, in ISO 8601 UTC. */
  timestamp_end?: string | Date | number | null | undefined
  /** Whole milliseconds, at most 2,147,483,647. */
  duration_ms?: number | null | undefined
  /** US dollars, 0 or more. */
  cost_estimate?: number | null | undefined
}

/** A new action: what an agent wants to do, why, and with what risk. */
export interface CreateActionInput extends Outcome {
  /** What kind of work. 2.0 servers know the words of {@link ActionType} and answer 400 to others. */
  action_type: Open<ActionType>
  /** What the agent wants to achieve; at most 2,000 characters. */
  declared_goal: string
  /** Default: the client's agent. At most 128 characters. */
  agent_id?: string | null | undefined
  /** Default: the client's. At most 256 characters. */
  agent_name?: string | null | undefined
  /** Default: the client's. At most 128 characters. */
  swarm_id?: string | null | undefined
  /** Id of your own, unique over all organizations. Default: `act_` and a UUID that the SDK makes, so that a retry can't record twice. */
  action_id?: string | null | undefined
  /** The action that this one is a part of; at most 128 characters. */
  parent_action_id?: string | null | undefined
  /** Why; at most 4,000 characters. An approval appends its own lines. */
  reasoning?: string | null | undefined
  /** What the agent is allowed to do; at most 1,000 characters. */
  authorization_scope?: string | null | undefined
  /** What set the agent off; at most 1,000 characters. */
  trigger?: string | null | undefined
  /** At most 50 systems. */
  systems_touched?: readonly string[] | null | undefined
  /** At most 4,000 characters. */
  input_summary?: string | null | undefined
  /**
   * Default: `running`, or `pending_approval` when a policy asks for a person. `pending` is sent as `pending_approval`:
   * on the server only that word puts an action into the approval queue.
   */
  status?: Open<ActionStatus> | null | undefined
  /** Whether it can be undone. Default: true. */
  reversible?: boolean | null | undefined
  /** Whole, 0 to 100. Default: 0. */
  risk_score?: number | null | undefined
  /** Whole, 0 to 100. Default: 50; the server stores 0 as 50. */
  confidence?: number | null | undefined
  /** The recommendation that was considered (`lrec_…`). */
  recommendation_id?: string | null | undefined
  recommendation_applied?: boolean | null | undefined
  /** Why the recommendation was not followed; at most 500 characters. */
  recommendation_override_reason?: string | null | undefined
  /**
   * How long the agent waits for a reviewer, in **seconds**, 5 to 86,400: the approval expires 15 minutes later. Servers of the 5 line
   * only. Default there: the `approvalTimeout` of a call that waits, else 300.
   */
  approval_wait_seconds?: number | null | undefined
  /** Start of the work; a date, or the server's queries over it fail. Default: the server's time. */
  timestamp_start?: string | Date | number | null | undefined
}

/** A stored action, as all calls but the list answer it. */
export interface ActionRecord {
  /** Row number, not the public id. */
  id: number
  org_id: string
  /** Public id: `act_` and a UUID, or what the caller gave. */
  action_id: string
  agent_id: string
  agent_name: string | null
  swarm_id: string | null
  /** Not checked for existence. */
  parent_action_id: string | null
  action_type: Open<ActionType>
  declared_goal: string
  /** An approval appends its own lines here. */
  reasoning: string | null
  authorization_scope: string | null
  trigger: string | null
  /** JSON list as text, `[]` when none was given. */
  systems_touched: JsonText<string[]>
  input_summary: string | null
  status: Open<ActionStatus | 'expired' | 'blocked'>
  reversible: Flag
  risk_score: number
  confidence: number
  recommendation_id: string | null
  recommendation_applied: Flag
  recommendation_override_reason: string | null
  output_summary: string | null
  /** JSON list as text. */
  side_effects: JsonText<unknown[]>
  /** JSON list as text. */
  artifacts_created: JsonText<unknown[]>
  error_message: string | null
  /** As the caller gave it, else the server's time in ISO 8601. */
  timestamp_start: string
  timestamp_end: string | null
  /** Milliseconds. */
  duration_ms: number | null
  /** US dollars, in single precision. */
  cost_estimate: number
  /** Always 0 through this API. */
  tokens_in: number
  /** Always 0 through this API. */
  tokens_out: number
  /** The signature as received, also when it did not verify. */
  signature: string | null
  /** Whether the signature verified against the agent's registered key. */
  verified: boolean
  /** ISO 8601 in UTC. */
  created_at: string
  /** Absent on some deployments; null until the first update, then database text such as `2026-11-22 14:11:26.746365+00`. */
  updated_at?: string | null
  /** Who approved it; newer servers only. */
  approved_by?: string | null
  /** When it was approved; newer servers only. */
  approved_at?: string | null
}

/** What the server masked before storing. */
export interface SecuritySummary {
  /** True when nothing was masked. */
  clean: boolean
  /** How many secret patterns matched. */
  findings_count: number
  /** How many of them are critical. */
  critical_count: number
  /** Kinds of the matches, in order of the first one. */
  categories: Open<'api_key' | 'cloud_credential' | 'token' | 'private_key' | 'password' | 'connection_string'>[]
}

/** Answer of `createAction`. */
export interface CreatedAction {
  action: ActionRecord
  /** The id of `action`. */
  action_id: string
  /** What the policies said; null only when the answer was lost and the SDK read the stored action back. */
  decision: GuardDecision | null
  /** Null only when the answer was lost and the SDK read the stored action back. */
  security: SecuritySummary | null
}

/** Answer of `updateOutcome`. */
export interface UpdatedAction {
  action: ActionRecord
  security: SecuritySummary
}

/** A row of a list of actions: the record without a few fields. */
export type ActionListItem = Omit<
  ActionRecord,
  | 'id'
  | 'org_id'
  | 'parent_action_id'
  | 'trigger'
  | 'input_summary'
  | 'recommendation_id'
  | 'recommendation_applied'
  | 'recommendation_override_reason'
  | 'tokens_in'
  | 'tokens_out'
  | 'signature'
  | 'updated_at'
>

/** Numbers over all actions that match, not only the page. */
export interface ActionStats {
  total: NumberText
  completed: NumberText
  failed: NumberText
  running: NumberText
  /** Risk score of 70 or more. */
  high_risk: NumberText
  /** Decimal text with many digits; `0` when there is no row. */
  avg_risk: NumberText
  /** US dollars; a number, unlike the others. */
  total_cost: number
}

/** Answer of `getActions` and `getPendingApprovals`. */
export interface ActionList {
  /** Newest `timestamp_start` first. */
  actions: ActionListItem[]
  /** All that match, not only this page. */
  total: number
  stats: ActionStats
  lastUpdated: string
}
