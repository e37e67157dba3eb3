import type { DomainCases } from '../support/cases.ts'
import { overrides } from '../support/overrides.ts'

const PATH = '/api/tokens'
const all = {
  tokens_in: 1200,
  tokens_out: 350.5,
  agent_id: 'a',
  model: 'gpt-4o',
  context_used: 50_000,
  context_max: 128_000,
  hourly_pct_left: 80,
  weekly_pct_left: 55.5,
  compactions: 2,
}

export default {
  domain: 'tokens',
  cases: [
    {
      method: 'reportTokenUsage',
      required: {
        args: [{ tokens_in: 1200, tokens_out: 350 }],
        sends: { method: 'POST', path: PATH, body: { agent_id: 'agent-x', tokens_in: 1200, tokens_out: 350 } },
        answers: [{ snapshot: { id: 1 } }],
        resolves: { snapshot: { id: 1 } },
      },
      all: {
        args: [{ ...all, session_id: 'sess_1' }],
        sends: { method: 'POST', path: PATH, body: { ...all, session_key: 'sess_1' } },
      },
      bad: [
        { args: [], names: 'tokens_in' },
        { args: [{ model: 'm' }], names: 'tokens_in' },
        { args: [{ tokens_in: 'many' }], names: 'tokens_in' },
        { args: [{ tokens_in: Number.NaN }], names: 'tokens_in' },
        { args: [{ tokens_in: 1, model: 7 }], names: 'model' },
        { args: [{ tokens_in: 1, session_id: 7 }], names: 'session_id' },
        { args: [{ tokens_in: 1, context_max: '200k' }], names: 'context_max' },
        { args: [{ tokens_in: 1, agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [[{ tokens_out: '7' }]],
    },
  ],
  recordings: overrides('tokens', ({ method, name, request }) => {
    if (name.startsWith('(no SDK method)')) return { skip: 'no method of the SDK' }
    if (method === 'wrapClient') return { skip: 'a report that a wrapped client makes; tested with it' }
    if (name === 'not JSON') return { skip: 'the SDK always sends JSON' }
    if (name === 'only tokens_out, as text') return { skip: 'the SDK takes numbers only' }
    const body = request.body as Record<string, unknown>
    if (name === 'session_id (named by the seed) is not read') {
      const { session_id, ...rest } = body
      return { sends: { method: 'POST', path: PATH, body: { ...rest, session_key: session_id } } }
    }
    if (!('agent_id' in body)) return { sends: { method: 'POST', path: PATH, body: { ...body, agent_id: 'agent-x' } } }
    return undefined
  }),
} satisfies DomainCases
