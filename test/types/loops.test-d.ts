import { expectTypeOf } from 'vitest'
import type { DashClaw, DriftReport, RegisteredLoop } from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(
  claw.registerOpenLoop({ action_id: 'a', loop_type: 'review', description: 'd' }),
).resolves.toEqualTypeOf<RegisteredLoop>()
// A word of a newer server compiles.
void claw.registerOpenLoop({ action_id: 'a', loop_type: 'todo', description: 'd' })
expectTypeOf(claw.resolveOpenLoop('loop_1', { status: 'resolved' })).resolves.toHaveProperty('loop')
// A word of a newer server compiles.
void claw.resolveOpenLoop('loop_1', { status: 'open' })
expectTypeOf(claw.getOpenLoops({ agent_id: 'a' })).resolves.toHaveProperty('stats')
expectTypeOf(claw.iterateOpenLoops()).toExtend<AsyncIterable<{ loop_id: string }>>()
expectTypeOf(claw.getOpenLoop('loop_1')).resolves.toHaveProperty('loop')
expectTypeOf(claw.registerAssumption({ action_id: 'a', assumption: 'x' })).resolves.toHaveProperty('assumption_id')
expectTypeOf(claw.recordAssumption({ action_id: 'a', assumption: 'x' })).resolves.toHaveProperty('assumption_id')
// @ts-expect-error: the action is required
void claw.recordAssumption({ assumption: 'x' })
expectTypeOf(claw.getAssumption('asm_1')).resolves.toHaveProperty('assumption')
expectTypeOf(claw.validateAssumption('asm_1', { validated: false })).resolves.toHaveProperty('assumption')
// @ts-expect-error: a boolean
void claw.validateAssumption('asm_1', { validated: 'no' })
expectTypeOf(claw.getDriftReport({ stale: true })).resolves.toEqualTypeOf<DriftReport>()
expectTypeOf(claw.listAssumptions()).resolves.toHaveProperty('assumptions')
expectTypeOf(claw.iterateAssumptions()).toExtend<AsyncIterable<{ assumption_id: string }>>()
