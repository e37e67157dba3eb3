import type { Flag, JsonText, NumberText, Open } from '../core/types.ts'
import type { GuardDecision } from '../governance/guard.ts'

/** Filters of {@link Guard.getGuardDecisions}. */
export interface GuardDecisionFilters {
  decision?: Open<'allow' | 'warn' | 'require_approval' | 'block'> | undefined
  /** Default: the client's agent. */
  agent_id?: string | undefined
  /** 0 to 1,000; larger values are cut by the server. Default: 20. */
  limit?: number | undefined
  offset?: number | undefined
}

/** A row of the decision log. */
export interface GuardDecisionRow {
  /** `gd_…`. */
  id: string
  org_id: string
  agent_id: string | null
  action_type: string | null
  /** As it was sent. */
  risk_score: number | null
  decision: GuardDecision['decision']
  /** The reasons joined by `; `; warnings are not kept. */
  reason: string | null
  created_at: string
}

/** Answer of {@link Guard.getGuardDecisions}. */
export interface GuardDecisionList {
  /** Newest first. */
  decisions: GuardDecisionRow[]
  total: number
  /** Of the whole organization in the last 24 hours, whatever the filters. */
  stats: { total_24h: NumberText; blocks_24h: NumberText; warns_24h: NumberText; approvals_24h: NumberText }
  limit: number
  offset: number
}

/** Kinds of policies. */
export type PolicyType =
  | 'risk_threshold'
  | 'require_approval'
  | 'block_action_type'
  | 'rate_limit'
  | 'webhook_check'
  | 'behavioral_anomaly'
  | 'semantic_check'

/** What a policy does when it matches. */
export type PolicyAction = 'allow' | 'warn' | 'block' | 'require_approval'

/** Rules of each kind of policy. */
export interface PolicyRules {
  /** Matches a risk score of `threshold` (0 to 100) or more. `action` defaults to `block`. */
  risk_threshold: { threshold: number; action?: Open<PolicyAction> }
  /** Asks for a person for these action types. */
  require_approval: { action_types: string[] }
  /** Blocks these action types. */
  block_action_type: { action_types: string[] }
  /** Matches when the agent stored `max_actions` in the window. `action` defaults to `warn`. */
  rate_limit: { max_actions: number; window_minutes: number; action?: Open<PolicyAction> }
  /** Asks an https URL. `timeout_ms` 1,000 to 10,000 (default 5,000); `on_timeout` defaults to `allow`. */
  webhook_check: { url: string; timeout_ms?: number; on_timeout?: Open<'allow' | 'block'> }
  /** Matches when the action is unlike earlier ones (0 to 1). Needs an embedding provider on the server. */
  behavioral_anomaly: { similarity_threshold: number; min_history?: number; action?: Open<PolicyAction> }
  /** A language model judges the action. Needs a provider on the server. */
  semantic_check: { instruction: string; model?: string; fallback?: Open<'allow' | 'block'> }
}

/** A policy as it is stored. */
export interface Policy {
  /** `gp_…`. */
  id: string
  org_id: string
  name: string
  policy_type: Open<PolicyType>
  /** JSON as text; `parseJsonText` reads it. */
  rules: JsonText<PolicyRules[PolicyType]>
  active: Flag
  created_by: string | null
  created_at: string
  updated_at: string
}

/** Input of {@link Guard.createPolicy}. Rules are typed for the types known today; a newer server's type takes any object. */
export type CreatePolicyInput<T extends string = PolicyType> = {
  /** Unique in the organization; at most 256 characters. */
  name: string
  /** Default: 1. `true` and `false` are sent as 1 and 0. */
  active?: boolean | Flag | undefined
  created_by?: string | undefined
} & (T extends PolicyType
  ? {
      policy_type: T
      /** An object, sent as a string of JSON (at most 4,000 characters), or that string. */
      rules: PolicyRules[T] | string
    }
  : { policy_type: T; rules: Record<string, unknown> | string })

/** Input of {@link Guard.updatePolicy}: at least one field. */
export interface UpdatePolicyInput {
  name?: string | undefined
  /** Rules for the policy's own type: an object, or its JSON text; at most 4,000 characters. */
  rules?: PolicyRules[PolicyType] | string | undefined
  active?: boolean | Flag | undefined
  /** Never stored: a policy keeps its type. It only names the type that the rules are checked for. */
  policy_type?: Open<PolicyType> | undefined
}
