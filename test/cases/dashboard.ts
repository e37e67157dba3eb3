import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const post = (path: string, body: object) => ({ method: 'POST', path, body })
const text = (length: number) => 'x'.repeat(length)
const goal = {
  title: 't',
  agent_id: 'a',
  category: 'c',
  description: 'd',
  progress: 40,
  status: 'paused',
  priority: 'high',
}
const content = {
  title: 't',
  agent_id: 'a',
  platform: 'blog',
  status: 'published',
  url: 'https://example.com',
  body: 'b',
}
const interaction = {
  summary: 's',
  agent_id: 'a',
  contact_name: 'Dana',
  contact_id: 7,
  direction: 'inbound',
  type: 'call',
  platform: 'zoom',
}
const event = {
  summary: 's',
  start_time: '2027-01-15T10:00:00Z',
  end_time: '2027-01-15T11:00:00Z',
  location: 'Room 1',
  description: 'd',
}
const idea = {
  title: 't',
  category: 'c',
  score: 80,
  status: 'shipped',
  source: 's',
  fun_factor: 9,
  learning_potential: 8,
  income_potential: 2,
}
const connection = {
  provider: 'slack',
  auth_type: 'oauth',
  plan_name: 'pro',
  status: 'active',
  metadata: { team: 'T1' },
}
const health = {
  score: 87,
  total_files: 10,
  total_lines: 1200,
  total_size_kb: 64,
  memory_md_lines: 80,
  oldest_daily: '2026-01-01',
  newest_daily: '2026-02-01',
  days_with_notes: 20,
  avg_lines_per_day: 12.5,
  duplicates: 3,
  stale_count: 2,
}
const snapshot = { snapshot: { id: 1 }, entities_count: 0, topics_count: 0 }

export default {
  domain: 'dashboard',
  cases: [
    {
      method: 'createGoal',
      required: {
        args: [{ title: 'Reduce latency' }],
        sends: post('/api/goals', { agent_id: 'agent-x', title: 'Reduce latency' }),
        answers: [{ goal: { id: 1 } }],
        resolves: { goal: { id: 1 } },
      },
      all: {
        args: [{ ...goal, deadline: '2026-12-31' }],
        sends: post('/api/goals', { ...goal, target_date: '2026-12-31' }),
      },
      bad: [
        { args: [], names: 'title' },
        { args: [{ title: '' }], names: 'title' },
        { args: [{ title: 't', deadline: 7 }], names: 'deadline' },
        { args: [{ title: 't', agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [
        [{ title: text(501) }],
        [{ title: 't', category: text(201) }],
        [{ title: 't', description: text(5001) }],
        [{ title: 't', progress: 10.5 }],
        [{ title: 't', status: text(51) }],
      ],
    },
    {
      method: 'recordContent',
      required: {
        args: [{ title: 'Weekly Report' }],
        sends: post('/api/content', { agent_id: 'agent-x', title: 'Weekly Report' }),
        answers: [{ content: { id: 1 }, security: { clean: true } }],
        resolves: { content: { id: 1 }, security: { clean: true } },
      },
      all: {
        args: [{ ...content, content_type: 'report' }],
        sends: post('/api/content', { ...content, content_type: 'report' }),
      },
      bad: [
        { args: [], names: 'title' },
        { args: [{ title: 't', content_type: 7, platform: 'p' }], names: 'content_type' },
      ],
      passes: [
        [{ title: text(501) }],
        [{ title: 't', platform: text(101) }],
        [{ title: 't', content_type: text(101) }],
        [{ title: 't', status: text(51) }],
        [{ title: 't', url: text(2001) }],
        [{ title: 't', body: text(50_001) }],
      ],
    },
    {
      method: 'recordInteraction',
      required: {
        args: [{ summary: 'Call' }],
        sends: post('/api/relationships', { agent_id: 'agent-x', summary: 'Call' }),
        answers: [{ interaction: { id: 1 } }],
        resolves: { interaction: { id: 1 } },
      },
      all: { args: [interaction], sends: post('/api/relationships', interaction) },
      bad: [
        { args: [], names: 'summary' },
        { args: [{ summary: 's', contact_id: 'abc' }], names: 'contact_id' },
      ],
      passes: [
        [{ summary: text(2001) }],
        [{ summary: 's', contact_name: text(501) }],
        [{ summary: 's', contact_id: 1.5 }],
        [{ summary: 's', direction: text(51) }],
        [{ summary: 's', type: text(101) }],
        [{ summary: 's', platform: text(101) }],
      ],
    },
    {
      method: 'createCalendarEvent',
      required: {
        args: [{ summary: 'Review', start_time: '2027-01-15T10:00:00Z' }],
        sends: post('/api/calendar', { summary: 'Review', start_time: '2027-01-15T10:00:00Z' }),
        answers: [{ event: { id: 1 } }],
        resolves: { event: { id: 1 } },
      },
      all: {
        args: [{ ...event, end_time: new Date('2027-01-15T11:00:00Z') }],
        sends: post('/api/calendar', { ...event, end_time: '2027-01-15T11:00:00.000Z' }),
      },
      bad: [
        { args: [], names: 'summary' },
        { args: [{ summary: 's' }], names: 'start_time' },
        { args: [{ summary: 's', start_time: 'soon' }], names: 'start_time' },
        { args: [{ ...event, end_time: 'later' }], names: 'end_time' },
      ],
      passes: [
        [{ ...event, summary: text(501) }],
        [{ ...event, location: text(501) }],
        [{ ...event, description: text(5001) }],
      ],
    },
    {
      method: 'recordIdea',
      required: {
        args: [{ title: 'Vector search' }],
        sends: post('/api/inspiration', { title: 'Vector search' }),
        answers: [{ idea: { id: 1 } }],
        resolves: { idea: { id: 1 } },
      },
      all: {
        args: [{ ...idea, body: 'the whole idea' }],
        sends: post('/api/inspiration', { ...idea, description: 'the whole idea' }),
      },
      bad: [{ args: [], names: 'title' }],
      passes: [
        [{ title: text(501) }],
        [{ title: 't', body: text(5001) }],
        [{ title: 't', description: text(5001) }],
        [{ title: 't', category: text(201) }],
        [{ title: 't', score: 0.5 }],
        [{ title: 't', status: text(51) }],
        [{ title: 't', source: text(501) }],
        [{ title: 't', fun_factor: 1.5 }],
        [{ title: 't', learning_potential: '8' }],
        [{ title: 't', income_potential: 1.5 }],
      ],
    },
    {
      method: 'reportConnections',
      required: {
        args: [[{ provider: 'github' }]],
        sends: post('/api/agents/connections', { agent_id: 'agent-x', connections: [{ provider: 'github' }] }),
        answers: [{ connections: [{ id: 'conn_1' }], created: 1 }],
        resolves: { connections: [{ id: 'conn_1' }], created: 1 },
      },
      all: {
        args: [[connection, { provider: 'aws', metadata: 'text' }], { agent_id: 'a' }],
        sends: post('/api/agents/connections', {
          agent_id: 'a',
          connections: [connection, { provider: 'aws', metadata: 'text' }],
        }),
        answers: [{ connections: [], created: 0 }],
      },
      bad: [
        { args: [], names: 'connections' },
        { args: [{ provider: 'github' }], names: 'connections' },
        { args: [[connection], { agent_id: null }], names: 'agent_id' },
      ],
      passes: [[[connection], { agent_id: text(129) }]],
      empty: [[[]]],
    },
    {
      method: 'reportMemoryHealth',
      required: {
        args: [{ health: { score: 87 } }],
        sends: post('/api/memory', { health: { score: 87 } }),
        answers: [snapshot],
        resolves: snapshot,
      },
      all: {
        args: [
          {
            health,
            entities: [{ name: 'Alice', type: 'person', mentions: 3 }],
            topics: [{ name: 'deploys', mentions: 2 }],
          },
        ],
        sends: post('/api/memory', {
          health,
          entities: [{ name: 'Alice', type: 'person', mentions: 3 }],
          topics: [{ name: 'deploys', mentions: 2 }],
        }),
      },
      bad: [
        { args: [], names: 'health' },
        { args: [{}], names: 'health' },
        { args: [{ health: '' }], names: 'health' },
        { args: [{ health: 'fine' }], names: 'health' },
        { args: [{ health: -1 }], names: 'health' },
        { args: [{ health, entities: [{ type: 'person' }] }], names: 'entities' },
        { args: [{ health, topics: [{ name: '' }] }], names: 'topics' },
        { args: [{ health, topics: ['deploys'] }], names: 'topics' },
      ],
      passes: [
        [{ health: 0.9 }],
        [{ health: { score: 0.9 } }],
        [{ health: { total_files: 1.5 } }],
        [{ health: { avg_lines_per_day: '12' } }],
      ],
    },
  ],
  recordings: overrides('dashboard', ({ method, name, request }) => {
    const body = request.body as { title?: string; agent_id?: string; connections?: unknown[] } | undefined
    if (name.startsWith('(no SDK method)')) return { skip: 'no method of the SDK' }
    if (name === 'empty list') return { skip: 'nothing to do: the SDK sends nothing' }
    if (name === 'not JSON') return { skip: 'the SDK always sends JSON' }
    if (name === 'score from the three part scores') return { skip: 'the SDK takes whole numbers only' }
    if (name === 'health as a number') return { skip: 'the server stores zeros for it; the SDK asks for a whole score' }
    if (method === 'reportConnections') {
      if (!body!.agent_id) return { args: [body!.connections, { agent_id: null }] }
      return { args: [body!.connections, { agent_id: body!.agent_id }] }
    }
    if (name === 'priority and deadline (named by the seed) are dropped') {
      const sent = { title: 'Seed style', priority: 'high', target_date: '2026-12-31', agent_id: body!.agent_id }
      return { sends: post('/api/goals', sent) }
    }
    if (name === 'content_type (named by the seed) is dropped, body is kept') {
      return { sends: post('/api/content', { ...body, platform: 'report' }) }
    }
    if (name === 'body (named by the seed) is dropped') {
      return { sends: post('/api/inspiration', { title: 'Seed style', description: 'text' }) }
    }
    if (name === 'call of the seed: text and two counts') {
      return { sends: post('/api/memory', { health: { score: 100 }, entities: 42, topics: 8 }) }
    }
    if (name.startsWith('101 entities')) {
      const input = { health: { score: 1 }, entities: Array.from({ length: 101 }, (_, at) => ({ name: `e${at}` })) }
      return { args: [input], sends: post('/api/memory', input) }
    }
    return undefined
  }),
} satisfies DomainCases
