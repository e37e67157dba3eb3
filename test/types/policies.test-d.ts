import { expectTypeOf } from 'vitest'
import type { Flag } from '../../src/core/types.ts'
import type {
  ImportPoliciesResult,
  Policies,
  PolicyTestReport,
  PolicyTestResult,
  ProofDocument,
  ProofReport,
  SimulationMatch,
  SimulationResult,
} from '../../src/domains/policies.ts'

declare const claw: Policies

expectTypeOf(claw.testPolicies()).resolves.toEqualTypeOf<PolicyTestReport>()
expectTypeOf(claw.testPolicies({ agent_id: 'a' }, { maxRetries: 0 })).resolves.toEqualTypeOf<PolicyTestReport>()
expectTypeOf<PolicyTestReport['results']>().toEqualTypeOf<PolicyTestResult[]>()
expectTypeOf<PolicyTestReport['run']['success']>().toEqualTypeOf<boolean>()
// @ts-expect-error: options come second
void claw.testPolicies('agent')

expectTypeOf(claw.getProofReport({ format: 'md' })).resolves.toEqualTypeOf<ProofReport>()
expectTypeOf<ProofReport['document']>().toEqualTypeOf<ProofDocument | null>()

expectTypeOf(claw.importPolicies({ pack: 'smb-safe' })).resolves.toEqualTypeOf<ImportPoliciesResult>()
expectTypeOf(claw.importPolicies({ yaml: 'policies: []' })).resolves.toEqualTypeOf<ImportPoliciesResult>()
expectTypeOf<ImportPoliciesResult['policies'][number]['active']>().toEqualTypeOf<Flag>()
// @ts-expect-error: one of the two is required
void claw.importPolicies({})
// @ts-expect-error: YAML is a text
void claw.importPolicies({ yaml: { policies: [] } })

expectTypeOf(
  claw.simulatePolicy({ policy_type: 'risk_threshold', rules: { threshold: 50 }, days: 30 }),
).resolves.toEqualTypeOf<SimulationResult>()
expectTypeOf(claw.simulatePolicy({ policy_type: 'rate_limit', rules: '{}' })).resolves.toExtend<object>()
expectTypeOf<SimulationMatch['simulated_action']>().toExtend<string>()
// @ts-expect-error: rules are required
void claw.simulatePolicy({ policy_type: 'rate_limit' })
