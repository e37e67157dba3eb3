import { expectTypeOf } from 'vitest'
import type { DashClaw, GuardDecision, GuardDecisionList, Policy } from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(
  claw.guard({ action_type: 'x' }, { include_signals: true, timeout: 5 }),
).resolves.toEqualTypeOf<GuardDecision>()
// @ts-expect-error: action_type is required
void claw.guard({})
expectTypeOf(claw.getGuardDecisions({ decision: 'block' })).resolves.toEqualTypeOf<GuardDecisionList>()
expectTypeOf(claw.iterateGuardDecisions()).toExtend<AsyncIterable<{ decision: GuardDecision['decision'] }>>()
expectTypeOf(claw.listPolicies()).resolves.toEqualTypeOf<{ policies: Policy[] }>()
expectTypeOf(
  claw.createPolicy({ name: 'n', policy_type: 'risk_threshold', rules: { threshold: 5, action: 'warn' } }),
).resolves.toEqualTypeOf<{
  policy: Policy
  policy_id: string
}>()
// @ts-expect-error: the rules of another type
void claw.createPolicy({ name: 'n', policy_type: 'risk_threshold', rules: { action_types: ['x'] } })
// A type of a newer server compiles, with any rules.
void claw.createPolicy({ name: 'n', policy_type: 'none', rules: '{}' })
expectTypeOf(claw.updatePolicy('gp_1', { active: true })).resolves.toEqualTypeOf<{ policy: Policy }>()
// @ts-expect-error: a change is required
void claw.updatePolicy('gp_1')
expectTypeOf(claw.deletePolicy('gp_1')).resolves.toEqualTypeOf<{ deleted: true; id: string }>()
