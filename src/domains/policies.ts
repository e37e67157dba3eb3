import { Core, checkedInput, settingsOf } from '../core/core.ts'
import { jsonIn } from '../core/encoding.ts'
import { InputError } from '../core/errors.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type {
  ImportPoliciesInput,
  ImportPoliciesResult,
  PolicyTestReport,
  PolicyTestResult,
  ProofReport,
  SimulatePolicyInput,
  SimulationResult,
} from './policies-types.ts'

export type * from './policies-types.ts'

const SIMULATE =
  'simulatePolicy POST~ /api/policies/simulate policy_type! rules!:~{action_types,threshold,action,max_actions,window_minutes,url,timeout_ms,on_timeout,similarity_threshold,min_history,instruction,model,fallback} days:num'

/** Proof that policies do what they should: tests, reports, packs, dry runs. `Guard` lists and changes the policies themselves. */
export abstract class Policies extends Core {
  /**
   * Runs the tests of every active policy: those in its rules, else one or two that fit its type. The rules are read as the
   * tests see them, where `exec.*` matches by pattern; the guard compares action types by equality.
   *
   * @param input - `agent_id` is sent, but 2.0 servers do not read it. Default: the client's agent.
   * @throws {PermissionDeniedError} When the key's role is `readonly`. {@link ServerError} when a stored test is malformed.
   * Route: `POST /api/policies/test`. The server stores each run, so it is not repeated after an unclear failure.
   */
  async testPolicies(
    input: { agent_id?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<PolicyTestReport> {
    const { results: run, ...rest } = await this.call<{ results: PolicyTestReport['run']; generated_at: string }>(
      'testPolicies POST /api/policies/test agent_id@agentId -> results!:{details!:[tests!:[{}]]}',
      input,
      options,
    )
    const results = run.details.map(({ policy_name, tests }): PolicyTestResult => {
      const failed = tests.find(({ passed }) => !passed)
      return { policy: policy_name, passed: !failed, reason: failed?.reason ?? null }
    })
    return { ...rest, passed: results.filter(({ passed }) => passed).length, total: run.total_policies, results, run }
  }

  /**
   * Documents the active policies and their tests for auditors.
   *
   * @param filters - `format`: `json` (default) or `md`; anything else is answered in markdown.
   * Route: `GET /api/policies/proof`.
   */
  async getProofReport(
    filters: { format?: Open<'json' | 'md'> | undefined } = {},
    options?: RequestOptions,
  ): Promise<ProofReport> {
    const answer = await this.call<ProofReport>(
      'getProofReport GET /api/policies/proof format=json -> ',
      filters,
      options,
    )
    return { ...answer, document: answer.format === 'json' ? (jsonIn(answer.report) as ProofReport['document']) : null }
  }

  /**
   * Imports policies from a pack or from YAML. It resolves also when nothing was imported; a warning is logged for each policy that failed.
   *
   * @throws {PermissionDeniedError} When the key is no admin's. {@link ValidationError} for an unknown pack.
   *   {@link ServerError} when the YAML can't be read.
   * Route: `POST /api/policies/import`. Not repeated after an unclear failure; a second call skips what the first one made.
   */
  async importPolicies(input: ImportPoliciesInput, options?: RequestOptions): Promise<ImportPoliciesResult> {
    const answer = await this.call<ImportPoliciesResult>(
      `importPolicies POST /api/policies/import pack${(input as { yaml?: string } | undefined)?.yaml ? '' : '!'} yaml -> errors:[]`,
      input,
      options,
    )
    for (const text of answer.errors ?? []) settingsOf(this).logger.warn(`dashclaw: importPolicies: ${text}`)
    return answer
  }

  /**
   * Tries a policy on the newest 200 actions of the last days, without storing it. `rate_limit` is judged by the counts of now.
   *
   * @throws {PermissionDeniedError} When the key's role is `readonly`.
   * Route: `POST /api/policies/simulate`. Nothing is stored, so it is repeated after a failure.
   */
  async simulatePolicy(input: SimulatePolicyInput, options?: RequestOptions): Promise<SimulationResult> {
    const fields = checkedInput(this, SIMULATE, input)
    let { rules } = fields
    try {
      if (typeof rules === 'string') rules = JSON.parse(rules)
    } catch (cause) {
      throw new InputError('simulatePolicy: rules is a string that is not JSON.', 'rules', { cause })
    }
    return this.call(SIMULATE, { ...fields, rules }, options)
  }
}
