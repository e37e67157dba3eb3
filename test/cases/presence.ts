import type { DomainCases } from '../support/cases.ts'

export default {
  domain: 'presence',
  cases: [
    {
      method: 'heartbeat',
      required: {
        args: [],
        sends: { method: 'POST', path: '/api/agents/heartbeat', body: { agent_id: 'agent-x', status: 'online' } },
      },
      all: {
        args: [{ status: 'busy', current_task_id: 't', metadata: { a: 1 }, agent_id: 'a', agent_name: 'A' }],
        sends: {
          method: 'POST',
          path: '/api/agents/heartbeat',
          body: { status: 'busy', current_task_id: 't', metadata: { a: 1 }, agent_id: 'a', agent_name: 'A' },
        },
      },
      bad: [
        { args: [{ agent_id: '' }], names: 'agent_id' },
        { args: [{ status: 5 }], names: 'status' },
      ],
    },
    {
      method: 'listAgents',
      required: { args: [], sends: { method: 'GET', path: '/api/agents' } },
      all: {
        args: [{ include_connections: true, debug: true }],
        sends: { method: 'GET', path: '/api/agents', query: { include_connections: 'true', debug: 'true' } },
      },
      bad: [{ args: [{ debug: 'yes' }], names: 'debug' }],
    },
  ],
  recordings: {
    'heartbeat: body that is not JSON': { skip: 'the SDK always sends JSON' },
    'heartbeat: agent_id as a number': { skip: 'the SDK refuses an id that is no text' },
  },
} satisfies DomainCases
