import type { DomainCases } from '../support/cases.ts'

const answer = { status: 'healthy', timestamp: '2026-12-01T00:00:00.000Z', version: '5.37.0', mode: 'live', checks: {} }

export default {
  domain: 'health',
  cases: [
    {
      method: 'getHealth',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/health' },
        answers: [answer],
        resolves: { ...answer, line: '5' },
      },
      all: { args: [{ timeout: 1000 }], sends: { method: 'GET', path: '/api/health' }, answers: [answer] },
      bad: [{ args: [{ time: 5 }], names: 'time' }],
    },
  ],
} satisfies DomainCases
