/** Rows of the tables that several domains read. */

export interface ActionRow {
  id: number
  org_id: string
  action_id: string
  agent_id: string
  agent_name: string | null
  swarm_id: string | null
  parent_action_id: string | null
  action_type: string
  declared_goal: string
  reasoning: string | null
  authorization_scope: string | null
  trigger: string | null
  systems_touched: string
  input_summary: string | null
  status: string
  reversible: 0 | 1
  risk_score: number
  confidence: number
  recommendation_id: string | null
  recommendation_applied: 0 | 1
  recommendation_override_reason: string | null
  output_summary: string | null
  side_effects: string
  artifacts_created: string
  error_message: string | null
  timestamp_start: string
  timestamp_end: string | null
  duration_ms: number | null
  cost_estimate: number
  tokens_in: number
  tokens_out: number
  signature: string | null
  verified: boolean
  created_at: string
  updated_at: string | null
  approved_by?: string | null
  approved_at?: string | null
}

export interface LoopRow {
  id: number
  org_id: string
  loop_id: string
  action_id: string
  loop_type: string
  description: string
  status: string
  priority: string
  owner: string | null
  resolution: string | null
  created_at: string
  resolved_at: string | null
}

export interface AssumptionRow {
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

export interface PresenceRow {
  agent_id: string
  agent_name: string | null
  status: string | null
  current_task_id: string | null
  metadata: unknown
  last_heartbeat_at: string
}

export interface IdentityRow {
  id: number
  org_id: string
  agent_id: string
  public_key: string
  algorithm: string
  created_at: string
  updated_at: string
}

export interface ActivityRow {
  id: string
  org_id: string
  actor_id: string
  actor_type: string
  action: string
  resource_type: string | null
  resource_id: string | null
  details: string | null
  ip_address: string | null
  created_at: string
}

export interface PolicyRow {
  id: string
  org_id: string
  name: string
  policy_type: string
  rules: string
  active: 0 | 1
  created_by: string | null
  created_at: string
  updated_at: string
}

/** When a row was made and changed, in ISO 8601. */
export interface Dated {
  created_at: string
  updated_at: string
}
