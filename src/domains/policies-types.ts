import type { Flag, Open } from '../core/types.ts'

/** Packs of policies that servers bring along: 5, 4, 4 and 2 policies. */
export type PolicyPack = 'enterprise-strict' | 'smb-safe' | 'startup-growth' | 'development'

/** One test of a policy. */
export interface PolicyTestCase {
  name: string
  passed: boolean
  /** Whether the action should have been allowed, and whether it was. */
  expected: boolean
  actual: boolean
  /** Such as `blocked by policy`, `approval required`, `approved`, `policy does not apply`. */
  reason: string | null
}

/** The tests of one policy. */
export interface PolicyTestDetail {
  /** `gp_…`. */
  policy_id: string
  policy_name: string
  /** Empty when the stored policy has an empty list of tests. */
  tests: PolicyTestCase[]
}

/** One policy of {@link PolicyTestReport}. */
export interface PolicyTestResult {
  /** The policy's name. */
  policy: string
  /** Whether all its tests passed; true without any. */
  passed: boolean
  /** Of the first test that did not pass, where it has one. */
  reason: string | null
}

/** Answer of {@link Policies.testPolicies}. */
export interface PolicyTestReport {
  /** Policies of which all tests passed. */
  passed: number
  /** Policies that were tested: the active ones. */
  total: number
  /** One entry a policy, newest policy first. */
  results: PolicyTestResult[]
  /** The same run as the server counts it: in tests, not in policies. */
  run: {
    total_policies: number
    total_tests: number
    passed: number
    failed: number
    /** Whether every test passed. */
    success: boolean
    details: PolicyTestDetail[]
  }
  generated_at: string
}

/** A policy in a {@link ProofDocument}. */
export interface ProofPolicy {
  /** `gp_…`. */
  id: string
  /** The policy's name. */
  description: string
  /** Action types; `*` stands for any run of characters. */
  applies_to: { tools: string[] }
  /** `{ block: true }` or `{ require: 'approval' }`, with facts of the policy's type beside it. */
  rule: Record<string, unknown>
  test_count: number
}

/** A proof report as data. */
export interface ProofDocument {
  /** `org-` and the organization's id. */
  project: string
  generated_at: string
  /** No tests are run for a proof, so `test_results` is null. */
  summary: { total_policies: number; total_tests: number; test_results: null }
  /** The active policies, newest first. */
  policies: ProofPolicy[]
}

/** Answer of {@link Policies.getProofReport}. */
export interface ProofReport {
  /** The report as text, whatever the format. */
  report: string
  format: Open<'json' | 'md'>
  generated_at: string
  /** The report as data; null when it is markdown. */
  document: ProofDocument | null
}

/** Input of {@link Policies.importPolicies}: a pack or a document of your own. */
export type ImportPoliciesInput =
  | {
      /** A pack of the server. It wins when both are given. */
      pack: Open<PolicyPack>
      yaml?: string | null | undefined
    }
  | {
      pack?: null | undefined
      /**
       * A YAML document with a list `policies`. Of each the server reads `description` or `id` (which becomes the name), `applies_to.tools`
       * (action types), `rule` (`{ block: true }` or `{ require: approval }`) and `tests`. It does not read `name`: a policy with nothing
       * else to go by is not imported, and `errors` says so. A rule that neither blocks nor asks for approval **blocks**.
       */
      yaml: string
    }

/** Answer of {@link Policies.importPolicies}. */
export interface ImportPoliciesResult {
  imported: number
  /** Policies whose name exists already; they are left as they are. */
  skipped: number
  /** One text a policy that could not be imported: look at it, since the call resolves all the same. */
  errors: string[]
  /** The new ones, in the order of the document. They are active at once. */
  policies: { id: string; name: string; policy_type: Open<'require_approval' | 'block_action_type'>; active: Flag }[]
}

/** Input of {@link Policies.simulatePolicy}. */
export interface SimulatePolicyInput {
  /** The server checks nothing: an unknown type and `webhook_check` match no action. */
  policy_type: Open<
    | 'risk_threshold'
    | 'require_approval'
    | 'block_action_type'
    | 'rate_limit'
    | 'webhook_check'
    | 'behavioral_anomaly'
    | 'semantic_check'
  >
  /** Rules as for `createPolicy`: an object, or its JSON text, which is sent as an object (servers do not read the text). */
  rules: object | string
  /** Whole days to look back. Default: 7. */
  days?: number | null | undefined
}

/** An action that the policy would have held up. */
export interface SimulationMatch {
  action_id: string
  /** The action's `declared_goal`. */
  goal: string
  /** Its `agent_id` when it has no name. */
  agent_name: string
  timestamp: string
  original_status: string
  simulated_action: Open<'warn' | 'block' | 'require_approval'>
  simulated_reason: string
}

/** Answer of {@link Policies.simulatePolicy}. */
export interface SimulationResult {
  /** `total` actions, of which `matches` match; what does not match counts under `allow`. */
  summary: { total: number; matches: number; block: number; warn: number; require_approval: number; allow: number }
  /** Newest action first. */
  matches: SimulationMatch[]
  /** Absent when there was no action. */
  sample_size?: number
  /** Absent when there was no action. */
  window_days?: number
  /** Only when there was no action. */
  message?: string
}
