import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const AGENTS = '/api/routing/agents'
const AGENT = `${AGENTS}/ra_1`
const TASKS = '/api/routing/tasks'
const row = { id: 'ra_1', name: 'Analyst' }
const badAgent = [
  { args: [], names: 'agent_id' },
  { args: [''], names: 'agent_id' },
  { args: ['..'], names: 'agent_id' },
]
const waits = { task: { id: 'rt_1' }, routing: { status: 'pending', reason: 'No matching agent available' } }

export default {
  domain: 'routing',
  cases: [
    {
      method: 'listRoutingAgents',
      required: {
        args: [],
        sends: { method: 'GET', path: AGENTS },
        answers: [{ agents: [row] }],
        resolves: { agents: [row] },
      },
      all: { args: [{ status: 'busy' }], sends: { method: 'GET', path: AGENTS, query: { status: 'busy' } } },
      bad: [{ args: [{ status: 7 }], names: 'status' }],
    },
    {
      method: 'registerRoutingAgent',
      required: {
        args: [{ name: 'Analyst' }],
        sends: { method: 'POST', path: AGENTS, body: { name: 'Analyst', maxConcurrent: 1 } },
        answers: [{ agent: row }],
        resolves: { agent: row },
      },
      all: {
        args: [
          {
            name: 'Analyst',
            capabilities: ['sql', { skill: 'charts', priority: 5 }],
            max_concurrent: 4,
            endpoint: 'https://agents.example.com/a',
            id: 'own',
          },
        ],
        sends: {
          method: 'POST',
          path: AGENTS,
          body: {
            name: 'Analyst',
            capabilities: ['sql', { skill: 'charts', priority: 5 }],
            maxConcurrent: 4,
            endpoint: 'https://agents.example.com/a',
            id: 'own',
          },
        },
      },
      bad: [
        { args: [], names: 'name' },
        { args: [{ name: '' }], names: 'name' },
        { args: [{ name: 'n', capabilities: 'a,b' }], names: 'capabilities' },
        { args: [{ name: 'n', endpoint: 7 }], names: 'endpoint' },
        { args: [{ name: 'n', id: 7 }], names: 'id' },
      ],
      passes: [
        [{ name: 'n', max_concurrent: 0 }],
        [{ name: 'n', max_concurrent: 101 }],
        [{ name: 'n', max_concurrent: 1.5 }],
        [{ name: 'n', maxConcurrent: 1.5 }],
      ],
    },
    {
      method: 'getRoutingAgent',
      required: {
        args: ['ra_1'],
        sends: [
          { method: 'GET', path: AGENT },
          { method: 'GET', path: TASKS, query: { assigned_to: 'ra_1', limit: '200' } },
        ],
        answers: [
          { agent: row },
          {
            tasks: ['completed', 'completed', 'escalated', 'assigned', 'completed'].map((status) => ({ status })),
            total: 5,
          },
        ],
        resolves: { agent: row, metrics: { tasks: 5, assigned: 1, completed: 3, failed: 1, success_rate: 0.75 } },
      },
      bad: badAgent,
    },
    {
      method: 'updateRoutingAgentStatus',
      required: {
        args: ['ra_1', { status: 'offline' }],
        sends: { method: 'PATCH', path: AGENT, body: { status: 'offline' } },
        answers: [{ agent: row }],
        resolves: { agent: row },
      },
      bad: [...badAgent, { args: ['ra_1'], names: 'status' }, { args: ['ra_1', {}], names: 'status' }],
      passes: [['ra_1', { status: 'online' }]],
    },
    {
      method: 'deleteRoutingAgent',
      required: {
        args: ['ra/1'],
        sends: { method: 'DELETE', path: `${AGENTS}/ra%2F1` },
        answers: [{ deleted: true, agent: row }],
        resolves: { deleted: true, agent: row },
      },
      bad: badAgent,
    },
    {
      method: 'listRoutingTasks',
      required: {
        args: [],
        sends: { method: 'GET', path: TASKS },
        answers: [{ tasks: [], total: 0 }],
        resolves: { tasks: [], total: 0 },
      },
      all: {
        args: [{ status: 'completed', agent_id: 'ra_1', limit: 2, offset: 1 }],
        sends: { method: 'GET', path: TASKS, query: { status: 'completed', assigned_to: 'ra_1', limit: '3' } },
        answers: [{ tasks: [{ id: 'rt_1' }, { id: 'rt_2' }, { id: 'rt_3' }], total: 3 }],
        resolves: { tasks: [{ id: 'rt_2' }, { id: 'rt_3' }], total: 2 },
      },
      bad: [
        { args: [{ limit: 'x', offset: 2 }], names: 'limit' },
        { args: [{ status: 7 }], names: 'status' },
        { args: [{ agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [[{ limit: 1.5 }], [{ limit: -1 }], [{ offset: -1 }], [{ offset: '1' }]],
    },
    {
      method: 'submitRoutingTask',
      required: {
        args: [{ title: 'Report' }],
        sends: { method: 'POST', path: TASKS, body: { title: 'Report', urgency: 'normal' } },
        answers: [waits],
        resolves: { ...waits, task_id: 'rt_1', assigned_agent: null },
      },
      all: {
        args: [
          {
            title: 'Report',
            description: 'd',
            required_skills: ['sql'],
            urgency: 'critical',
            timeout_seconds: 600,
            max_retries: 0,
            callback_url: 'https://hooks.example.com/done',
          },
        ],
        sends: {
          method: 'POST',
          path: TASKS,
          body: {
            title: 'Report',
            description: 'd',
            requiredSkills: ['sql'],
            urgency: 'critical',
            timeoutSeconds: 600,
            maxRetries: 0,
            callbackUrl: 'https://hooks.example.com/done',
          },
        },
        answers: [
          {
            task: { id: 'rt_1' },
            routing: { status: 'assigned', agent_id: 'ra_1', agent_name: 'Analyst', score: 87.5 },
          },
        ],
        resolves: { task_id: 'rt_1', assigned_agent: { id: 'ra_1', name: 'Analyst' }, routing: { score: 87.5 } },
      },
      bad: [
        { args: [], names: 'title' },
        { args: [{ title: '' }], names: 'title' },
        { args: [{ title: 't', required_skills: 'sql' }], names: 'required_skills' },
        { args: [{ title: 't', requiredSkills: 'sql' }], names: 'requiredSkills' },
        { args: [{ title: 't', urgency: 7 }], names: 'urgency' },
        { args: [{ title: 't', timeout_seconds: 'soon' }], names: 'timeout_seconds' },
        { args: [{ title: 't', callback_url: 7 }], names: 'callback_url' },
        { args: [{ title: 't', description: 7 }], names: 'description' },
      ],
      passes: [[{ title: 't', max_retries: 1.5 }]],
    },
    {
      method: 'completeRoutingTask',
      required: {
        args: ['rt_1'],
        sends: { method: 'POST', path: `${TASKS}/rt_1/complete`, body: {} },
        answers: [{ task: { id: 'rt_1' }, routing: { status: 'completed' } }],
        resolves: { routing: { status: 'completed' } },
      },
      all: {
        args: ['rt_1', { result: { rows: 4 }, success: false, error: 'e' }],
        sends: {
          method: 'POST',
          path: `${TASKS}/rt_1/complete`,
          body: { result: { rows: 4 }, success: false, error: 'e' },
        },
      },
      bad: [
        { args: [], names: 'task_id' },
        { args: ['.'], names: 'task_id' },
        { args: ['rt_1', { success: 'false' }], names: 'success' },
        { args: ['rt_1', { error: 7 }], names: 'error' },
      ],
    },
    {
      method: 'getRoutingStats',
      required: { args: [], sends: { method: 'GET', path: '/api/routing/stats' } },
      bad: [],
    },
    {
      method: 'getRoutingHealth',
      required: { args: [], sends: { method: 'GET', path: '/api/routing/health' } },
      bad: [],
    },
  ],
  recordings: overrides('routing', ({ method, name, request }) => {
    const { path } = request
    const body = request.body as Record<string, unknown> | undefined
    if (name.startsWith('(no SDK method)')) return { skip: 'no method of the SDK' }
    if (name === 'not JSON') return { skip: 'the SDK always sends JSON' }
    if (name === 'no body') return { skip: 'the SDK always sends a body' }
    if (name === 'success as text "false" counts as success') return { skip: 'the SDK takes true and false only' }
    if (method === 'registerRoutingAgent' && body && !('maxConcurrent' in body)) {
      const { max_concurrent = 1, ...rest } = body
      return { sends: { method: 'POST', path, body: { ...rest, maxConcurrent: max_concurrent } } }
    }
    if (name === 'snake_case fields (as in the seed) are not read; the task goes to any agent') {
      const { title, required_skills, timeout_seconds, max_retries, callback_url } = body!
      return {
        sends: {
          method: 'POST',
          path,
          body: {
            title,
            requiredSkills: required_skills,
            timeoutSeconds: timeout_seconds,
            maxRetries: max_retries,
            callbackUrl: callback_url,
            urgency: 'normal',
          },
        },
      }
    }
    if (method === 'submitRoutingTask' && body && !('urgency' in body)) {
      return { sends: { method: 'POST', path, body: { ...body, urgency: 'normal' } } }
    }
    if (name === 'agent_id and offset (named by the seed) are not read') {
      return {
        args: [{ agent_id: 'nobody', limit: 1, offset: 5 }],
        sends: { method: 'GET', path, query: { assigned_to: 'nobody', limit: '6' } },
      }
    }
    return undefined
  }),
} satisfies DomainCases
