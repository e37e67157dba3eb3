import type { DomainCases } from '../support/cases.ts'

const changes = {
  status: 'blocked',
  green_level: 'tests',
  branch_freshness: 'stale',
  commits_behind: 3,
  blocked_reason: 'no key',
}

export default {
  domain: 'sessions',
  cases: [
    {
      method: 'createSession',
      required: { args: [], sends: { method: 'POST', path: '/api/sessions', body: { agent_id: 'agent-x' } } },
      all: {
        args: [{ workspace: '/repo', branch: 'main', agent_id: 'a' }],
        sends: { method: 'POST', path: '/api/sessions', body: { workspace: '/repo', branch: 'main', agent_id: 'a' } },
      },
      bad: [
        { args: [{ agent_id: '' }], names: 'agent_id' },
        { args: [{ workspace: 5 }], names: 'workspace' },
        { args: [{ branch: {} }], names: 'branch' },
      ],
    },
    {
      method: 'getSession',
      required: { args: ['sess_1'], sends: { method: 'GET', path: '/api/sessions/sess_1' } },
      bad: [
        { args: [''], names: 'session_id' },
        { args: ['..'], names: 'session_id' },
      ],
    },
    {
      method: 'updateSession',
      required: {
        args: ['sess_1', { status: 'working' }],
        sends: { method: 'PATCH', path: '/api/sessions/sess_1', body: { status: 'working' } },
      },
      all: { args: ['sess_1', changes], sends: { method: 'PATCH', path: '/api/sessions/sess_1', body: changes } },
      bad: [
        { args: ['..', changes], names: 'session_id' },
        { args: ['sess_1', { status: 5 }], names: 'status' },
        { args: ['sess_1', { blocked_reason: [] }], names: 'blocked_reason' },
      ],
      passes: [['sess_1', { commits_behind: 1.5 }]],
    },
    {
      method: 'listSessions',
      // Sessions of all agents: the client's own is not filled in.
      required: { args: [], sends: { method: 'GET', path: '/api/sessions' } },
      all: {
        args: [{ agent_id: 'a', status: 'closed', limit: 5 }],
        sends: { method: 'GET', path: '/api/sessions', query: { agent_id: 'a', status: 'closed', limit: '5' } },
      },
      bad: [],
      passes: [[{ limit: 0.5 }], [{ limit: -1 }]],
    },
    {
      method: 'getSessionEvents',
      required: { args: ['sess_1'], sends: { method: 'GET', path: '/api/sessions/sess_1/events' } },
      bad: [
        { args: [''], names: 'session_id' },
        { args: ['.'], names: 'session_id' },
      ],
    },
  ],
} satisfies DomainCases
