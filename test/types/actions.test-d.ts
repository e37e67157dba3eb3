import { expectTypeOf } from 'vitest'
import type {
  ActionDetail,
  ActionList,
  ActionListItem,
  ActionTrace,
  CreatedAction,
  DashClaw,
  SignalList,
  UpdatedAction,
} from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(claw.createAction({ action_type: 'deploy', declared_goal: 'g' })).resolves.toEqualTypeOf<CreatedAction>()
expectTypeOf(
  claw.createAction({ action_type: 'a newer word', declared_goal: 'g' }),
).resolves.toEqualTypeOf<CreatedAction>()
// @ts-expect-error: declared_goal is required
void claw.createAction({ action_type: 'deploy' })
// @ts-expect-error: action_type is required
void claw.createAction({ declared_goal: 'g' })
// A word of a newer server compiles.
void claw.createAction({ action_type: 'deploy', declared_goal: 'g', status: 'done' })
// @ts-expect-error: a boolean, not a string
void claw.createAction({ action_type: 'deploy', declared_goal: 'g', reversible: 'yes' })
expectTypeOf(claw.updateOutcome('act_1', { status: 'completed' })).resolves.toEqualTypeOf<UpdatedAction>()
// A word of a newer server compiles.
void claw.updateOutcome('act_1', { status: 'ok' })
expectTypeOf(claw.getActions({ status: 'completed', limit: 20 })).resolves.toEqualTypeOf<ActionList>()
expectTypeOf(claw.iterateActions()).toExtend<AsyncIterable<ActionListItem>>()
// @ts-expect-error: the id is a string
void claw.getAction(5)
expectTypeOf(claw.getAction('act_1')).resolves.toEqualTypeOf<ActionDetail>()
expectTypeOf(claw.getActionTrace('act_1')).resolves.toEqualTypeOf<ActionTrace>()
expectTypeOf(claw.track({ action_type: 'api', declared_goal: 'g' }, () => 5)).resolves.toEqualTypeOf<number>()
expectTypeOf(
  claw.track({ action_type: 'api', declared_goal: 'g' }, async (action) => action.action.reversible),
).resolves.toEqualTypeOf<0 | 1>()
// @ts-expect-error: the work is required
void claw.track({ action_type: 'api', declared_goal: 'g' })
expectTypeOf(claw.getSignals({ agent_id: 'a' })).resolves.toEqualTypeOf<SignalList>()
expectTypeOf(claw.actionContext('act_1').action_id).toEqualTypeOf<string>()
expectTypeOf(claw.actionContext('act_1', async () => 'x')).resolves.toEqualTypeOf<string>()
expectTypeOf(claw.deleteActions({ before: new Date() })).resolves.toEqualTypeOf<{
  deleted: number
  action_ids?: string[]
}>()
expectTypeOf(claw.governTool('t', (args: { a: number }) => String(args.a)))
  .parameter(0)
  .toEqualTypeOf<{ a: number }>()
expectTypeOf(claw.governTool('t', (args: { a: number }) => String(args.a))).returns.resolves.toEqualTypeOf<string>()
