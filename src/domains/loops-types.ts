import type { Flag, NumberText, Open } from '../core/types.ts'
import type { SecuritySummary } from '../governance/action-types.ts'

/** Kinds of open loops. */
export type LoopType = 'followup' | 'question' | 'dependency' | 'approval' | 'review' | 'handoff' | 'other'

/** How urgent an open loop is. */
export type LoopPriority = 'low' | 'medium' | 'high' | 'critical'

/** `resolved` and `cancelled` are final. */
export type LoopStatus = 'open' | 'resolved' | 'cancelled'

/** Input of {@link Loops.registerOpenLoop}. */
export interface RegisterOpenLoopInput {
  /** The action that leaves the loop open. */
  action_id: string
  loop_type: Open<LoopType>
  /** What is unresolved; at most 2,000 characters. */
  description: string
  /** Id of your own, unique in the organization. Default: `loop_` and a UUID. */
  loop_id?: string | null | undefined
  /** Default: `medium`. */
  priority?: Open<LoopPriority> | null | undefined
  /** Who has to act; at most 256 characters. */
  owner?: string | null | undefined
  /** Default: `open`. */
  status?: Open<LoopStatus> | null | undefined
  /** Checked (2,000 characters), but not stored by 2.0 servers: resolve the loop instead. */
  resolution?: string | null | undefined
}

/** An open loop as it is stored. */
export interface OpenLoop {
  /** The id that works in every call: the same text as `loop_id`. */
  id: string
  /** Number of the row; no call takes it. */
  row_id: number
  org_id: string
  loop_id: string
  action_id: string
  loop_type: Open<LoopType>
  description: string
  status: Open<LoopStatus>
  priority: Open<LoopPriority>
  owner: string | null
  resolution: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  /** When it was resolved or cancelled. */
  resolved_at: string | null
}

/** Facts of the action that a row belongs to; null when the action is gone. */
export interface OfAction {
  agent_id: string | null
  agent_name: string | null
  declared_goal: string | null
}

/** An open loop in a list. */
export interface ListedLoop extends OpenLoop, OfAction {
  action_type: string | null
}

/** Answer of {@link Loops.registerOpenLoop}. */
export interface RegisteredLoop {
  loop: OpenLoop & { agent_id: string; agent_name: string; declared_goal: string | null; action_type: string }
  loop_id: string
  security: SecuritySummary
}

/** Input of {@link Loops.resolveOpenLoop}. */
export interface ResolveOpenLoopInput {
  status: Open<'resolved' | 'cancelled'>
  /** How it was settled; at most 2,000 characters. Default for `resolved`: `Resolved`, since the server asks for a text. */
  resolution?: string | null | undefined
}

/** Filters of {@link Loops.getOpenLoops}. */
export interface OpenLoopFilters {
  /** Without it loops of every status are listed. */
  status?: Open<LoopStatus> | undefined
  loop_type?: Open<LoopType> | undefined
  priority?: Open<LoopPriority> | undefined
  /** Loops of one agent's actions. The server can't filter by it, so the SDK reads all pages and filters. */
  agent_id?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Loops.getOpenLoops}. */
export interface OpenLoopList {
  /** Critical first, then newest. */
  loops: ListedLoop[]
  /** All that match, not only this page. */
  total: number
  /** Of the whole organization, whatever the filters. */
  stats: { open_count: NumberText; resolved_count: NumberText; critical_open: NumberText; high_open: NumberText }
  lastUpdated: string
}

/** Input of {@link Loops.registerAssumption} and {@link Loops.recordAssumption}. */
export interface RegisterAssumptionInput {
  /** The action that rests on the assumption. */
  action_id: string
  /** What the agent takes for true; at most 2,000 characters. */
  assumption: string
  /** Why; at most 2,000 characters. */
  basis?: string | null | undefined
  /** Id of your own, unique in the organization. Default: `asm_` and a UUID. */
  assumption_id?: string | null | undefined
  validated?: boolean | null | undefined
  invalidated?: boolean | null | undefined
  /** At most 2,000 characters. */
  invalidated_reason?: string | null | undefined
}

/** An assumption as it is stored. */
export interface Assumption {
  /** The id that works in every call: the same text as `assumption_id`. */
  id: string
  /** Number of the row; no call takes it. */
  row_id: number
  org_id: string
  assumption_id: string
  action_id: string
  assumption: string
  basis: string | null
  validated: Flag
  /** Null when it was registered as validated. */
  validated_at: string | null
  /** Final. An assumption may be both validated and, later, invalidated. */
  invalidated: Flag
  invalidated_reason: string | null
  invalidated_at: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Loops.validateAssumption}. */
export interface ValidateAssumptionInput {
  /** True: it held. False: it did not. */
  validated: boolean
  /** Why it did not hold; at most 2,000 characters. Default: `Invalidated`, since the server asks for a text. */
  invalidated_reason?: string | null | undefined
}

/** Filters of the lists of assumptions. */
export interface AssumptionFilters {
  action_id?: string | undefined
  /** Assumptions of one agent's actions. The server can't filter by it, so the SDK reads all pages and filters. */
  agent_id?: string | undefined
  /** True: validated ones. False: neither validated nor invalidated. */
  validated?: boolean | undefined
  /** True: neither validated nor invalidated for more than 7 days. */
  stale?: boolean | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Loops.listAssumptions}. */
export interface AssumptionList {
  /** Newest first. */
  assumptions: (Assumption & OfAction)[]
  /** All that match, not only this page. */
  total: number
  lastUpdated: string
}

/** An assumption in a drift report. */
export interface DriftAssumption extends Assumption, OfAction {
  /** 0 (validated, or fresh) to 100 (30 days unvalidated); null for one that was invalidated without ever being validated. */
  drift_score: number | null
}

/** Answer of {@link Loops.getDriftReport}. */
export interface DriftReport {
  /** This page of all that match, valid ones too; newest first. */
  assumptions: DriftAssumption[]
  /** Those that proved wrong, of all pages. */
  invalidated: DriftAssumption[]
  total: number
  /** `total` counts all that match; the other counts are of this page. */
  drift_summary: { total: number; at_risk: number; validated: number; invalidated: number; unvalidated: number }
  lastUpdated: string
}
