import type { BadCase, DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const long = (length: number) => 'x'.repeat(length + 1)
const SNIPPETS = '/api/snippets'

const overrides: Record<string, RecordingOverride> = {
  'saveSnippet: code is a number': { skip: 'the SDK takes code as a text only' },
}
for (const { method, name, request } of recordings('snippets')) {
  // The id is an argument of its own.
  if (method === 'deleteSnippet') overrides[`${method}: ${name}`] = { args: [request.query['id']] }
}

const badIds: BadCase[] = [
  { args: [], names: 'snippet_id' },
  { args: [''], names: 'snippet_id' },
  { args: ['..'], names: 'snippet_id' },
  { args: [7], names: 'snippet_id' },
]

export default {
  domain: 'snippets',
  cases: [
    {
      method: 'saveSnippet',
      required: {
        args: [{ name: 'retry', code: 'x' }],
        sends: { method: 'POST', path: SNIPPETS, body: { name: 'retry', code: 'x', agent_id: 'agent-x' } },
      },
      all: {
        args: [{ name: 'retry', code: 'x', agent_id: 'a', description: 'd', language: 'python', tags: ['http'] }],
        sends: {
          method: 'POST',
          path: SNIPPETS,
          body: { name: 'retry', code: 'x', agent_id: 'a', description: 'd', language: 'python', tags: ['http'] },
        },
      },
      bad: [
        { args: [{ code: 'x' }], names: 'name' },
        { args: [{ name: 'n' }], names: 'code' },
        { args: [{ name: 'n', code: '' }], names: 'code' },
        { args: [{ name: 'n', code: 5 }], names: 'code' },
        { args: [{ name: 'n', code: 'x', agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [
        [{ name: long(200), code: 'x' }],
        [{ name: 'n', code: long(50_000) }],
        [{ name: 'n', code: 'x', description: long(2000) }],
        [{ name: 'n', code: 'x', language: long(50) }],
      ],
    },
    {
      method: 'getSnippets',
      required: { args: [], sends: { method: 'GET', path: SNIPPETS } },
      all: {
        args: [{ search: 's', tag: 't', language: 'python', limit: 5 }],
        sends: { method: 'GET', path: SNIPPETS, query: { search: 's', tag: 't', language: 'python', limit: '5' } },
      },
      bad: [
        { args: [{ search: 7 }], names: 'search' },
        { args: [{ tag: ['t'] }], names: 'tag' },
        { args: [{ language: 7 }], names: 'language' },
      ],
      passes: [[{ limit: -1 }], [{ limit: 1.5 }]],
    },
    {
      method: 'getSnippet',
      required: { args: ['sn_1/2'], sends: { method: 'GET', path: `${SNIPPETS}/sn_1%2F2` } },
      bad: badIds,
    },
    {
      method: 'useSnippet',
      required: { args: ['sn_1'], sends: { method: 'POST', path: `${SNIPPETS}/sn_1/use` } },
      bad: badIds,
    },
    {
      method: 'deleteSnippet',
      required: { args: ['sn_1'], sends: { method: 'DELETE', path: SNIPPETS, query: { id: 'sn_1' } } },
      bad: [
        { args: [], names: 'id' },
        { args: [''], names: 'id' },
        { args: [7], names: 'id' },
      ],
    },
  ],
  recordings: overrides,
} satisfies DomainCases
