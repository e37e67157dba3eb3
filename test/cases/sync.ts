import { expect } from 'vitest'
import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const PATH = '/api/sync'
const post = (body: object) => ({ method: 'POST', path: PATH, body })
const text = (length: number) => 'x'.repeat(length)
const result = (...sections: string[]) => ({
  results: Object.fromEntries(sections.map((section) => [section, { synced: 1 }])),
  total_synced: sections.length,
  total_errors: 0,
  duration_ms: 3,
})
const state = {
  agent_id: 'a',
  target_org_id: 'org_1',
  connections: [{ provider: 'openai', auth_type: 'api_key', status: 'active', plan_name: 'pro' }],
  memory: {
    health: { score: 80, avg_lines_per_day: 1.5, oldest_daily: '2026-01-01' },
    entities: [{ name: 'Alice', type: 'person', mentions: 3 }],
    topics: [{ name: 'deploys', mentions: 2 }],
  },
  goals: [{ title: 'G', category: 'c', description: 'd', target_date: '2026-12-31', progress: 10, status: 'active' }],
  content: [{ title: 'C', platform: 'blog', status: 'draft', url: 'https://example.com', body: 'b' }],
  inspiration: [{ title: 'I', description: 'd', category: 'c', score: 70, status: 'pending', source: 's' }],
  context_points: [{ content: 'P', category: 'task', importance: 8, session_date: '2026-01-01' }],
  context_threads: [{ name: 'T', summary: 's' }],
  handoffs: [
    {
      summary: 'H',
      session_date: '2026-01-01',
      key_decisions: ['a'],
      open_tasks: ['b'],
      mood_notes: 'm',
      next_priorities: ['c'],
    },
  ],
  preferences: {
    observations: [{ observation: 'o', category: 'c', importance: 6 }],
    preferences: [{ preference: 'p', category: 'c', confidence: 70 }],
    moods: [{ mood: 'calm', energy: 'low', notes: 'n' }],
    approaches: [{ approach: 'a', context: 'c', success: true }],
  },
  snippets: [{ name: 'S', code: 'x', description: 'd', language: 'js', tags: ['t'] }],
  relationships: [{ name: 'Bob', relationship_type: 'client', description: 'd', source_file: 'f.md' }],
  capabilities: [{ name: 'scan', capability_type: 'skill', description: 'd', source_path: 'p', file_count: 2 }],
}
const decision = { decision: 'D', context: 'c', reasoning: 'r', outcome: 'success', confidence: 80 }
const linked = { provider: 'slack', metadata: { team: 'T1' } }
const action = { action_type: 'deploy', declared_goal: 'Ship' }

export default {
  domain: 'sync',
  cases: [
    {
      method: 'syncState',
      required: {
        args: [{ goals: [{ title: 'G' }] }],
        sends: post({ agent_id: 'agent-x', goals: [{ title: 'G' }] }),
        answers: [result('goals')],
        resolves: result('goals'),
      },
      all: {
        args: [
          {
            ...state,
            connections: [...state.connections, linked],
            decisions: [decision],
            learning: [{ decision: 'L' }],
            actions: [action],
          },
        ],
        sends: [
          post({ ...state, learning: [{ decision: 'L' }, decision] }),
          { method: 'POST', path: '/api/agents/connections', body: { agent_id: 'a', connections: [linked] } },
          {
            method: 'POST',
            path: '/api/actions',
            body: { ...action, agent_id: 'a', action_id: expect.stringMatching(/^act_[0-9a-f-]{36}$/) },
          },
        ],
        answers: [result('connections', 'learning'), { connections: [], created: 1 }, { action_id: 'act_1' }],
        resolves: {
          results: {
            connections: { synced: 2 },
            learning: { synced: 1 },
            decisions: { synced: 1 },
            actions: { synced: 1 },
          },
          total_synced: 4,
          total_errors: 0,
        },
      },
      bad: [
        { args: [{ goals: { title: 'G' } }], names: 'goals' },
        { args: [{ memory: [] }], names: 'memory' },
        { args: [{ preferences: 'none' }], names: 'preferences' },
        { args: [{ connections: [{}] }], names: 'provider' },
        { args: [{ memory: { health: 'fine' } }], names: 'health' },
        { args: [{ memory: { topics: [{ mentions: 2 }] } }], names: 'name' },
        { args: [{ goals: ['G'] }], names: 'goals' },
        { args: [{ goals: [null] }], names: 'goals' },
        { args: [{ preferences: { moods: { mood: 'calm' } } }], names: 'moods' },
        { args: [{ preferences: { observations: [{}] } }], names: 'observation' },
        { args: [{ content: [{ title: 'C', body: text(2_000_000) }] }], names: 'content[0]' },
        { args: [{ goals: [{ title: 'G', size: 1n }] }], names: 'goals[0]' },
        { args: [{ goals: [{ title: 'G' }], actions: [{ action_type: 'deploy' }] }], names: 'declared_goal' },
      ],
      passes: [
        [{ target_org_id: text(101) }],
        [{ connections: [{ provider: text(101) }] }],
        [{ connections: [{ provider: 'p', auth_type: text(51) }] }],
        [{ memory: { entities: Array(101).fill({ name: 'e' }) } }],
        [{ memory: { entities: [{ name: 'e', type: text(51) }] } }],
        [{ goals: [{ title: 'ok' }, { title: 5 }] }],
        [{ goals: [{ title: 'G', progress: 101 }] }],
        [{ decisions: [{ decision: text(2001) }] }],
        [{ learning: [{ decision: 'd', confidence: -1 }] }],
        [{ content: [{ title: text(501) }] }],
        [{ inspiration: [{ title: 'I', score: '70' }] }],
        [{ context_points: [{ content: text(2001) }] }],
        [{ context_points: [{ content: 'P', importance: 11 }] }],
        [{ context_threads: [{ name: text(256) }] }],
        [{ handoffs: [{ summary: text(4001) }] }],
        [{ preferences: { preferences: [{ preference: text(2001) }] } }],
        [{ preferences: { moods: [{ mood: text(101) }] } }],
        [{ preferences: { approaches: [{ approach: text(501) }] } }],
        [{ preferences: { approaches: [{ approach: 'a', success: 1 }] } }],
        [{ snippets: [{ name: 'S', code: text(10_001) }] }],
        [{ relationships: [{ name: 'B', relationship_type: text(101) }] }],
        [{ capabilities: [{ name: '' }] }],
        [{ actions: [{ ...action, action_type: text(129) }] }],
      ],
    },
  ],
  recordings: overrides('sync', ({ name, request }) => {
    const body = request.body as Record<string, unknown> | undefined
    const agent_id = body?.['agent_id']
    switch (name) {
      case 'not JSON':
        return { skip: 'the SDK always sends JSON' }
      case 'body is a list':
        return { args: [[]] }
      case 'no agent_id: sections that need one fail on their own':
        return { args: [{ agent_id: null, ...body }] }
      // Connections with metadata have a route that stores it.
      case 'connection with metadata: the whole request fails':
        return { sends: post({ agent_id, goals: [{ title: 'lost with it' }] }) }
      case 'metadata as text':
        return {
          sends: {
            method: 'POST',
            path: '/api/agents/connections',
            body: { agent_id, connections: [{ provider: 'metatext', metadata: 'x' }] },
          },
        }
      // Metadata without content is stored as the text [object Object], and that of a capability never.
      case 'connection with empty metadata':
        return { sends: post({ agent_id, connections: [{ provider: 'meta0' }, { provider: 'metanull' }] }) }
      case 'capability with empty metadata':
        return { sends: post({ agent_id, capabilities: [{ name: 'c0' }, { name: 'c1' }] }) }
      case 'capability with metadata: the whole request fails':
        return { sends: post({ agent_id, capabilities: [{ name: 'scan', capability_type: 'skill' }] }) }
      case 'key point with importance null':
        return { sends: post({ agent_id, context_points: [{ content: 'P2', importance: 5 }] }) }
      default:
        return undefined
    }
  }),
} satisfies DomainCases
