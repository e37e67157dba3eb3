import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const PATH = '/api/feedback'
const ONE = `${PATH}/fb_1`
const entry = (id: number, more: object = {}) => ({
  id: `fb_${id}`,
  action_id: '',
  agent_id: 'a',
  category: 'quality',
  sentiment: 'negative',
  resolved: false,
  ...more,
})
const badId = [
  { args: [], names: 'feedback_id' },
  { args: [''], names: 'feedback_id' },
  { args: ['..'], names: 'feedback_id' },
]

export default {
  domain: 'feedback',
  cases: [
    {
      method: 'submitFeedback',
      required: {
        args: [{ comment: 'Great' }],
        sends: { method: 'POST', path: PATH, body: { comment: 'Great', agent_id: 'agent-x', source: 'sdk' } },
        answers: [{ id: 'fb_1', sentiment: 'positive', tags: [] }],
        resolves: { id: 'fb_1', sentiment: 'positive', tags: [] },
      },
      all: {
        args: [
          {
            rating: 5,
            comment: 'c',
            action_id: 'act_1',
            agent_id: 'a',
            category: 'quality',
            tags: ['t'],
            metadata: { page: 1 },
          },
        ],
        sends: {
          method: 'POST',
          path: PATH,
          body: {
            rating: 5,
            comment: 'c',
            action_id: 'act_1',
            agent_id: 'a',
            category: 'quality',
            tags: ['t'],
            metadata: { page: 1 },
            source: 'sdk',
          },
        },
      },
      bad: [
        { args: [], names: 'rating' },
        { args: [{ rating: 0, comment: '' }], names: 'rating' },
        { args: [{ comment: 7 }], names: 'comment' },
        { args: [{ rating: 4, tags: 'abc' }], names: 'tags' },
        { args: [{ rating: 4, metadata: [1] }], names: 'metadata' },
        { args: [{ rating: 4, agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [[{ rating: 6 }], [{ rating: -1 }], [{ rating: 4.5 }], [{ rating: '2' }]],
    },
    {
      method: 'listFeedback',
      required: {
        args: [],
        sends: { method: 'GET', path: PATH },
        answers: [{ feedback: [], total: 0 }],
        resolves: { feedback: [], total: 0 },
      },
      all: {
        args: [
          {
            action_id: 'act_1',
            agent_id: 'a',
            category: 'quality',
            sentiment: 'negative',
            resolved: false,
            limit: 1,
            offset: 1,
          },
        ],
        sends: { method: 'GET', path: PATH, query: { action_id: 'act_1', limit: '200', offset: '0' } },
        answers: [
          {
            feedback: [
              entry(1, { action_id: 'act_1' }),
              entry(2, { action_id: 'act_1', sentiment: 'positive' }),
              entry(3, { action_id: 'act_1', agent_id: 'b' }),
              entry(4, { action_id: 'act_1' }),
              entry(5, { action_id: 'act_1', resolved: true }),
              entry(6, { action_id: 'act_1', category: 'speed' }),
            ],
            total: 6,
          },
        ],
        resolves: { feedback: [{ id: 'fb_4' }], total: 2 },
      },
      bad: [
        { args: [{ resolved: 'true' }], names: 'resolved' },
        { args: [{ agent_id: 7 }], names: 'agent_id' },
        { args: [{ agent_id: 'a', sentiment: 7 }], names: 'sentiment' },
      ],
      passes: [[{ limit: 1.5 }], [{ offset: -1 }], [{ agent_id: 'a', sentiment: 'positive', offset: -1 }]],
    },
    {
      method: 'getFeedback',
      required: { args: ['fb_1'], sends: { method: 'GET', path: ONE }, answers: [entry(1)], resolves: entry(1) },
      bad: badId,
    },
    {
      method: 'resolveFeedback',
      required: {
        args: ['fb_1'],
        sends: { method: 'PATCH', path: ONE, body: { resolved_by: 'sdk' } },
        answers: [entry(1)],
        resolves: entry(1),
      },
      bad: badId,
    },
    {
      method: 'deleteFeedback',
      required: {
        args: ['fb_1'],
        sends: { method: 'DELETE', path: ONE },
        answers: [{ deleted: true }],
        resolves: { deleted: true },
      },
      bad: badId,
    },
    {
      method: 'getFeedbackStats',
      required: { args: [], sends: { method: 'GET', path: `${PATH}/stats` } },
      all: { args: [{ agent_id: 'a' }], sends: { method: 'GET', path: `${PATH}/stats`, query: { agent_id: 'a' } } },
      bad: [{ args: [{ agent_id: 7 }], names: 'agent_id' }],
    },
  ],
  recordings: overrides('feedback', ({ method, name, request, response }) => {
    if (request.body === undefined) {
      if (method === 'submitFeedback') return { skip: 'the SDK always sends JSON' }
      if (method === 'resolveFeedback') return { skip: 'the SDK always sends a body' }
    }
    if (name === 'rating as text') return { skip: 'the SDK takes whole numbers only' }
    if (name === 'tags not a list')
      return { skip: 'the SDK takes a list only: the server splits a text into characters' }
    if (method === 'submitFeedback' && response.status !== 401) {
      return { sends: { ...sent(request), body: { agent_id: 'agent-x', source: 'sdk', ...(request.body as object) } } }
    }
    if (method === 'resolveFeedback') return { sends: { ...sent(request), body: { resolved_by: 'sdk' } } }
    if (name === 'category alone is ignored') {
      // The SDK reads all pages and filters by itself.
      return { sends: { ...sent(request), query: { limit: '200', offset: '0' } } }
    }
    return undefined
  }),
} satisfies DomainCases

function sent({ method, path }: { method: string; path: string }) {
  return { method, path }
}
