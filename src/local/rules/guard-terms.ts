/** The words of the guard: what is checked, what rules hold, what is answered. */

export type Decision = 'allow' | 'warn' | 'require_approval' | 'block'

/** What is checked. */
export interface GuardFields {
  action_type: string
  risk_score?: number | null
  agent_id?: string | null
  systems_touched?: unknown[] | null
  reversible?: boolean | null
  declared_goal?: string | null
  [field: string]: unknown
}

export interface GuardAnswer {
  decision: Decision
  reasons: string[]
  warnings: string[]
  matched_policies: string[]
  risk_score: number | null
  evaluated_at: string
}

/** What rules may hold, as far as the engine reads them. */
export interface PolicyRules {
  threshold?: number
  action?: Decision
  action_types?: string[]
  max_actions?: number
  window_minutes?: number
  url?: string
  timeout_ms?: number
  on_timeout?: string
  fallback?: string
}
