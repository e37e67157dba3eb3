import { expect } from 'vitest'
import type { DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const overrides: Record<string, RecordingOverride> = {}
for (const { method, name, request } of recordings('digest')) {
  // Null is how the SDK is told to leave out the date of today, and its own agent.
  overrides[`${method}: ${name}`] = { args: [{ date: null, agent_id: null, ...request.query }] }
}

const answers = [{ date: null, digest: {}, summary: { action_count: 3, decision_count: 2 } }]

export default {
  domain: 'digest',
  cases: [
    {
      method: 'getDailyDigest',
      required: {
        args: [],
        sends: {
          method: 'GET',
          path: '/api/digest',
          query: { agent_id: 'agent-x', date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
        },
        answers,
        resolves: { summary: { action_count: 3, decision_count: 2 }, actions_count: 3, decisions_count: 2 },
      },
      all: {
        args: [{ date: '2026-01-31', agent_id: 'a' }],
        sends: { method: 'GET', path: '/api/digest', query: { date: '2026-01-31', agent_id: 'a' } },
        answers,
      },
      bad: [
        { args: [{ date: 'today' }], names: 'date' },
        { args: [{ date: '15/01/2025' }], names: 'date' },
        { args: [{ date: '2026-13-01' }], names: 'date' },
        { args: [{ date: '2026-1-5' }], names: 'date' },
        { args: [{ date: 20260131 }], names: 'date' },
        { args: [{ agent_id: 7 }], names: 'agent_id' },
      ],
    },
  ],
  recordings: overrides,
} satisfies DomainCases
