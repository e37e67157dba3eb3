import { expectTypeOf } from 'vitest'
import {
  type ActionDetail,
  type ActionList,
  type ActionListItem,
  type ActionRecord,
  Actions,
  type ActionTrace,
  type AgentList,
  Approvals,
  type ApprovedAction,
  type CreatedAction,
  compose,
  type DashClaw,
  type DashClawOptions,
  type DriftReport,
  type EventStream,
  Guard,
  type GuardDecision,
  type GuardDecisionList,
  isDashClawError,
  type PlatformEvents,
  type Policy,
  parseJsonText,
  type RegisteredLoop,
  type SignalList,
  type UpdatedAction,
} from '../../src/index.ts'

declare const claw: DashClaw

// actions
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
// @ts-expect-error: a boolean, not a word
void claw.createAction({ action_type: 'deploy', declared_goal: 'g', reversible: 'yes' })
expectTypeOf(claw.updateOutcome('act_1', { status: 'completed' })).resolves.toEqualTypeOf<UpdatedAction>()
// A word of a newer server compiles.
void claw.updateOutcome('act_1', { status: 'ok' })
expectTypeOf(claw.getActions({ status: 'completed', limit: 20 })).resolves.toEqualTypeOf<ActionList>()
expectTypeOf(claw.iterateActions()).toExtend<AsyncIterable<ActionListItem>>()
// @ts-expect-error: the id is a text
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

// approvals
expectTypeOf(claw.waitForApproval('act_1', { timeout: 5 })).resolves.toEqualTypeOf<ApprovedAction>()
expectTypeOf(claw.approveAction('act_1', { decision: 'deny' })).resolves.toHaveProperty('action')
// A word of a newer server compiles.
void claw.approveAction('act_1', { decision: 'approve' })
// @ts-expect-error: a decision is required
void claw.approveAction('act_1')
expectTypeOf(claw.getPendingApprovals()).resolves.toEqualTypeOf<ActionList>()
expectTypeOf(claw.iteratePendingApprovals()).toExtend<AsyncIterable<ActionListItem>>()

// guard and policies
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

// loops and assumptions
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

// presence and events
expectTypeOf(claw.heartbeat({ status: 'busy' })).resolves.toHaveProperty('timestamp')
expectTypeOf(claw.startHeartbeat({ interval: 1000 })).toEqualTypeOf<void>()
expectTypeOf(claw.stopHeartbeat()).toEqualTypeOf<void>()
expectTypeOf(claw.listAgents({ debug: true })).resolves.toEqualTypeOf<AgentList>()
expectTypeOf(claw.events()).toEqualTypeOf<EventStream<PlatformEvents>>()
claw.events().on('action.updated', (row, event) => {
  expectTypeOf(row.action_id).toEqualTypeOf<string>()
  expectTypeOf(event.type).toEqualTypeOf<'action.updated'>()
})
claw.events().on('a newer event', (data) => {
  expectTypeOf(data).toEqualTypeOf<unknown>()
})

// the client itself
expectTypeOf(claw.request<{ ok: boolean }>({ method: 'GET', path: '/api/health' })).resolves.toEqualTypeOf<{
  ok: boolean
}>()
// @ts-expect-error: not a method
void claw.request({ method: 'FETCH', path: '/' })
expectTypeOf(claw.flush()).resolves.toEqualTypeOf<void>()
expectTypeOf(claw.close()).resolves.toEqualTypeOf<void>()
expectTypeOf(claw.forAgent('other')).toEqualTypeOf<DashClaw>()
// @ts-expect-error: a mode that is not one
const wrong: DashClawOptions = { guardMode: 'strict' }
void wrong
expectTypeOf(
  parseJsonText({} as Awaited<ReturnType<typeof claw.getAction>>['action']['systems_touched']),
).toEqualTypeOf<string[] | null>()

const Small = compose(Actions, Guard)
expectTypeOf<InstanceType<typeof Small>>().toHaveProperty('guard')
expectTypeOf<InstanceType<typeof Small>>().toHaveProperty('track')
// @ts-expect-error: a domain that is not there
void new Small({}).approveAction
expectTypeOf(Approvals.prototype.approveAction).toBeFunction()

declare const error: unknown
if (isDashClawError(error, 'GuardBlockedError')) expectTypeOf(error.reasons).toEqualTypeOf<readonly string[]>()
else if (isDashClawError(error, 'APIError')) expectTypeOf(error.status).toEqualTypeOf<number>()

// events of chosen types have their data
for await (const event of claw.events({ types: ['action.created', 'policy.updated'] })) {
  expectTypeOf(event.type).toEqualTypeOf<'action.created' | 'policy.updated'>()
  if (event.type === 'action.created') expectTypeOf(event.data).toEqualTypeOf<ActionRecord>()
}
for await (const { data } of claw.events({ types: ['action.created'] }))
  expectTypeOf(data).toEqualTypeOf<ActionRecord>()
// a name of a newer server compiles
void claw.events({ types: ['newer.event'] })
// React's effects return nothing: their clean-up must not give a promise
expectTypeOf(claw.events().close()).toEqualTypeOf<void>()
