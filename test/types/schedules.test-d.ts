import { expectTypeOf } from 'vitest'
import type { AgentSchedule, Schedules } from '../../src/domains/schedules.ts'

declare const claw: Schedules

expectTypeOf(claw.listAgentSchedules()).resolves.toEqualTypeOf<{ schedules: AgentSchedule[] }>()
claw.listAgentSchedules({ agent_id: 'a' }, { timeout: 5 })
// @ts-expect-error a text
claw.listAgentSchedules({ agent_id: 7 })
// @ts-expect-error the list is not paged
claw.listAgentSchedules({ limit: 5 })

const least = { agent_id: 'a', name: 'n', cron_expression: '* * * * *' }
expectTypeOf(claw.createAgentSchedule(least)).resolves.toEqualTypeOf<{ schedule: AgentSchedule }>()
claw.createAgentSchedule({ ...least, description: null, enabled: false, next_run: new Date() })
// @ts-expect-error the agent is not filled in
claw.createAgentSchedule({ name: 'n', cron_expression: '* * * * *' })
// @ts-expect-error name is required
claw.createAgentSchedule({ agent_id: 'a', cron_expression: '* * * * *' })
// @ts-expect-error cron_expression is required
claw.createAgentSchedule({ agent_id: 'a', name: 'n' })
// @ts-expect-error true or false
claw.createAgentSchedule({ ...least, enabled: 0 })

expectTypeOf<AgentSchedule['enabled']>().toEqualTypeOf<boolean>()
expectTypeOf<AgentSchedule['next_run']>().toEqualTypeOf<string | null>()
