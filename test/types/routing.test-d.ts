import { expectTypeOf } from 'vitest'
import type { JsonText, NumberText, Open } from '../../src/core/types.ts'
import type {
  Routing,
  RoutingAgent,
  RoutingAgentMetrics,
  RoutingAgentStatus,
  RoutingCapability,
  RoutingDecision,
  RoutingStats,
  RoutingTask,
  RoutingTaskList,
  SubmittedRoutingTask,
} from '../../src/domains/routing.ts'

declare const claw: Routing

expectTypeOf(claw.listRoutingAgents({ status: 'available' })).resolves.toEqualTypeOf<{ agents: RoutingAgent[] }>()
// A word of a newer server compiles.
claw.listRoutingAgents({ status: 'online' })

expectTypeOf(claw.registerRoutingAgent({ name: 'n' })).resolves.toEqualTypeOf<{ agent: RoutingAgent }>()
claw.registerRoutingAgent({
  name: 'n',
  capabilities: ['a', { skill: 'b', priority: 3 }],
  max_concurrent: 2,
  endpoint: null,
  id: 'x',
})
claw.registerRoutingAgent({ name: 'n', maxConcurrent: 2 })
// @ts-expect-error name is required
claw.registerRoutingAgent({ capabilities: [] })
// @ts-expect-error the server refuses null
claw.registerRoutingAgent({ name: 'n', max_concurrent: null })
// @ts-expect-error a capability has a skill
claw.registerRoutingAgent({ name: 'n', capabilities: [{ priority: 3 }] })

expectTypeOf(claw.getRoutingAgent('ra_1')).resolves.toEqualTypeOf<{
  agent: RoutingAgent
  metrics: RoutingAgentMetrics | null
}>()
// @ts-expect-error the id is required
claw.getRoutingAgent()

expectTypeOf(claw.updateRoutingAgentStatus('ra_1', { status: 'busy' })).resolves.toEqualTypeOf<{
  agent: RoutingAgent
}>()
// A word of a newer server compiles.
claw.updateRoutingAgentStatus('ra_1', { status: 'online' })
// @ts-expect-error the status is required
claw.updateRoutingAgentStatus('ra_1', {})

expectTypeOf(claw.deleteRoutingAgent('ra_1')).resolves.toEqualTypeOf<{ deleted: boolean; agent: RoutingAgent }>()
// @ts-expect-error a text
claw.deleteRoutingAgent(1)

expectTypeOf(
  claw.listRoutingTasks({ agent_id: 'ra_1', status: 'failed', limit: 5, offset: 5 }),
).resolves.toEqualTypeOf<RoutingTaskList>()
claw.listRoutingTasks({ assigned_to: 'ra_1' })
// A word of a newer server compiles.
claw.listRoutingTasks({ status: 'done' })
expectTypeOf(claw.iterateRoutingTasks()).toEqualTypeOf<AsyncGenerator<RoutingTask, void, undefined>>()

expectTypeOf(claw.submitRoutingTask({ title: 't' })).resolves.toEqualTypeOf<SubmittedRoutingTask>()
claw.submitRoutingTask({
  title: 't',
  required_skills: ['a'],
  urgency: 'medium',
  timeout_seconds: 1,
  max_retries: 0,
  callback_url: null,
})
claw.submitRoutingTask({ title: 't', requiredSkills: ['a'], timeoutSeconds: 1, maxRetries: 0, callbackUrl: null })
// @ts-expect-error title is required
claw.submitRoutingTask({ urgency: 'high' })
// @ts-expect-error a list
claw.submitRoutingTask({ title: 't', required_skills: 'a' })
// A word of a newer server compiles.
claw.submitRoutingTask({ title: 't', urgency: 'whenever' })

expectTypeOf(claw.completeRoutingTask('rt_1')).resolves.toEqualTypeOf<{ task: RoutingTask; routing: RoutingDecision }>()
claw.completeRoutingTask('rt_1', { result: 0, success: false, error: null })
// @ts-expect-error true or false
claw.completeRoutingTask('rt_1', { success: 'false' })

expectTypeOf(claw.getRoutingStats()).resolves.toEqualTypeOf<RoutingStats>()
expectTypeOf(claw.getRoutingHealth()).resolves.toEqualTypeOf<{
  status: Open<'ok'>
  service: string
  timestamp: string
}>()

expectTypeOf<RoutingAgent['capabilities']>().toEqualTypeOf<JsonText<RoutingCapability[]>>()
expectTypeOf<RoutingAgent['status']>().toEqualTypeOf<Open<RoutingAgentStatus>>()
expectTypeOf<RoutingTask['required_skills']>().toEqualTypeOf<string[]>()
expectTypeOf<RoutingStats['tasks']['total']>().toEqualTypeOf<NumberText>()
expectTypeOf<SubmittedRoutingTask['assigned_agent']>().toEqualTypeOf<{ id: string; name: string } | null>()
