import { expectTypeOf } from 'vitest'
import type { Open } from '../../src/core/types.ts'
import type {
  AgentConnection,
  CalendarEvent,
  ConnectionAuthType,
  Content,
  Dashboard,
  Goal,
  Idea,
  Interaction,
  MemorySnapshot,
  RefusedConnection,
  ReportedConnections,
} from '../../src/domains/dashboard.ts'
import type { SecuritySummary } from '../../src/governance/action-types.ts'

declare const claw: Dashboard

expectTypeOf(claw.createGoal({ title: 't' })).resolves.toEqualTypeOf<{ goal: Goal }>()
claw.createGoal({ title: 't', deadline: '2026-12-31', priority: 'high', progress: 40, status: 'later', agent_id: null })
// @ts-expect-error title is required
claw.createGoal({ deadline: '2026-12-31' })
// @ts-expect-error a number
claw.createGoal({ title: 't', progress: '40' })

expectTypeOf(claw.recordContent({ title: 't' })).resolves.toEqualTypeOf<{
  content: Content
  security: SecuritySummary
}>()
claw.recordContent({ title: 't', content_type: 'report', body: 'b', platform: null, url: 'u', status: 'draft' })
// @ts-expect-error title is required
claw.recordContent({ body: 'b' })

expectTypeOf(claw.recordInteraction({ summary: 's' })).resolves.toEqualTypeOf<{ interaction: Interaction }>()
claw.recordInteraction({ summary: 's', contact_name: 'Dana', contact_id: 7, direction: 'inbound', type: 'call' })
// @ts-expect-error summary is required
claw.recordInteraction({ contact_name: 'Dana' })
// @ts-expect-error a number
claw.recordInteraction({ summary: 's', contact_id: '7' })

expectTypeOf(claw.createCalendarEvent({ summary: 's', start_time: new Date() })).resolves.toEqualTypeOf<{
  event: CalendarEvent
}>()
claw.createCalendarEvent({ summary: 's', start_time: '2027-01-15', end_time: null, location: 'l', description: 'd' })
// @ts-expect-error start_time is required
claw.createCalendarEvent({ summary: 's' })
// Epoch seconds or milliseconds.
claw.createCalendarEvent({ summary: 's', start_time: 5 })

expectTypeOf(claw.recordIdea({ title: 't' })).resolves.toEqualTypeOf<{ idea: Idea }>()
claw.recordIdea({ title: 't', body: 'b', category: 'c', score: null, status: 'shipped', source: 's', fun_factor: 1 })
// @ts-expect-error title is required
claw.recordIdea({ category: 'c' })
// @ts-expect-error an idea has no agent
claw.recordIdea({ title: 't', agent_id: 'a' })

expectTypeOf(claw.reportConnections([{ provider: 'p' }])).resolves.toEqualTypeOf<ReportedConnections>()
claw.reportConnections([{ provider: 'p', auth_type: 'oauth', status: 'error', plan_name: null, metadata: 'text' }], {
  agent_id: 'a',
})
// @ts-expect-error provider is required
claw.reportConnections([{ auth_type: 'oauth' }])
// A word of a newer server compiles.
claw.reportConnections([{ provider: 'p', auth_type: 'magic' }])
// @ts-expect-error a list
claw.reportConnections({ provider: 'p' })

expectTypeOf(claw.reportMemoryHealth({ health: 'healthy', entities: 42, topics: 8 })).resolves.toEqualTypeOf<{
  snapshot: MemorySnapshot
  entities_count: number
  topics_count: number
}>()
claw.reportMemoryHealth({
  health: { score: 87, avg_lines_per_day: 12.5 },
  entities: [{ name: 'e', type: 't', mentions: 1 }],
})
claw.reportMemoryHealth({ health: 87, topics: [{ name: 't' }] })
// @ts-expect-error health is required
claw.reportMemoryHealth({ entities: [] })
// @ts-expect-error a word of the table
claw.reportMemoryHealth({ health: 'fine' })
// @ts-expect-error an entity has a name
claw.reportMemoryHealth({ health: 87, entities: [{ type: 't' }] })

expectTypeOf<AgentConnection['auth_type']>().toEqualTypeOf<Open<ConnectionAuthType>>()
expectTypeOf<ReportedConnections['errors']>().toEqualTypeOf<RefusedConnection[] | undefined>()
expectTypeOf<Idea['score']>().toEqualTypeOf<number | null>()
