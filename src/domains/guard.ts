import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { Flag, JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'
import { askGuard, type GuardContext, type GuardDecision } from '../governance/guard.ts'

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

const CREATE =
  'createPolicy POST /api/policies name! policy_type! rules!:~{action_types,threshold,action,max_actions,window_minutes,url,timeout_ms,on_timeout,similarity_threshold,min_history,instruction,model,fallback} active:any created_by'
const UPDATE =
  'updatePolicy PATCH /api/policies id!# name policy_type rules:~{action_types,threshold,action,max_actions,window_minutes,url,timeout_ms,on_timeout,similarity_threshold,min_history,instruction,model,fallback} active:any'
const DECISIONS = 'getGuardDecisions GET /api/guard agent_id@agentId limit=20:num offset=0:num decision'

/** The guard: may this be done? And the policies that it answers by. */
export abstract class Guard extends Core {
  /**
   * Asks whether the active policies let an action be done. Nothing is recorded but the decision itself.
   *
   * Resolves with the decision also when it is `block` or `require_approval`: look at `decision`, and go on only with
   * `allow` and `warn`. 2.0 servers compute no risk: `risk_score` is what was sent, `agent_risk_score` null.
   *
   * @param options - `include_signals: true` adds a warning a live signal; signals never change the decision.
   * @throws {PermissionDeniedError} When the key's role is `readonly`. Any failure to get a decision rejects.
   * Route: `POST /api/guard`. Repeated after a failure.
   */
  guard(
    context: GuardContext,
    options?: RequestOptions & { include_signals?: boolean | undefined },
  ): Promise<GuardDecision> {
    return askGuard(this, context, options)
  }

  /**
   * Lists the guard's decisions about this client's agent (or `agent_id`), newest first; `createAction` makes one an attempt.
   *
   * Route: `GET /api/guard`.
   */
  getGuardDecisions(filters: GuardDecisionFilters = {}, options?: RequestOptions): Promise<GuardDecisionList> {
    return this.call(DECISIONS, filters, options)
  }

  /** Every decision that matches, page after page; see {@link getGuardDecisions}. */
  iterateGuardDecisions(
    filters: GuardDecisionFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<GuardDecisionRow, void, undefined> {
    return pages('decisions', 'id', filters, (page) => this.getGuardDecisions(page, options), options)
  }

  /** Lists all policies of the organization, newest first. Any role. Route: `GET /api/policies`. */
  listPolicies(options?: RequestOptions): Promise<{ policies: Policy[] }> {
    return this.call('listPolicies GET /api/policies', undefined, options)
  }

  /**
   * Adds a policy; needs an admin key.
   *
   * @throws {ConflictError} When the name is taken. {@link ValidationError} when the rules do not fit the type.
   * Route: `POST /api/policies`. Not repeated after an unclear failure.
   */
  async createPolicy<T extends string>(
    input: CreatePolicyInput<T>,
    options?: RequestOptions,
  ): Promise<{ policy: Policy; policy_id: string }> {
    const fields = checkedInput(this, CREATE, input)
    // On the wire of this call rules are a string of JSON, and `active` is a number.
    const wire = {
      ...fields,
      rules: typeof fields.rules === 'string' ? fields.rules : JSON.stringify(fields.rules),
      active: fields.active == null ? fields.active : +fields.active,
    }
    return this.call('createPolicy POST /api/policies', wire, options)
  }

  /**
   * Changes the name, rules or `active` of a policy; needs an admin key. Its type stays.
   *
   * @param policyId - `gp_…`.
   * @throws {NotFoundError} When it is unknown. {@link ServerError} when the name is taken (2.0 servers answer 500).
   * Route: `PATCH /api/policies`. Repeated after a failure.
   */
  async updatePolicy(
    policyId: string,
    input: UpdatePolicyInput,
    options?: RequestOptions,
  ): Promise<{ policy: Policy }> {
    return this.call(UPDATE, checkedInput(this, UPDATE, input, { id: policyId }), options)
  }

  /**
   * Removes a policy; needs an admin key.
   *
   * @param policyId - `gp_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/policies`.
   */
  deletePolicy(policyId: string, options?: RequestOptions): Promise<{ deleted: true; id: string }> {
    return this.call('deletePolicy DELETE! /api/policies id!#', { id: policyId }, options)
  }
}
