import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import { askGuard, type GuardContext, type GuardDecision } from '../governance/guard.ts'
import type {
  CreatePolicyInput,
  GuardDecisionFilters,
  GuardDecisionList,
  GuardDecisionRow,
  Policy,
  UpdatePolicyInput,
} from './guard-types.ts'

export type * from './guard-types.ts'

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
   * Lists the guard's decisions about this client's agent (or `agent_id`), newest first. `createAction` makes one per attempt.
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
