import type { CallCase, DomainCases } from '../support/cases.ts'
import { overrides, queryAsTexts } from '../support/overrides.ts'

const sends = (path: string, body: unknown) => ({ method: 'POST', path: `/api/security/${path}`, body })
const scan = (store: boolean): { required: CallCase; all: CallCase } => ({
  required: {
    args: [{ text: 'a\0b' }],
    sends: sends('scan', { text: 'a\0b', agent_id: 'agent-x', store }),
    answers: [{ clean: true, redacted_text: 'a' }],
    resolves: { clean: true, redacted: 'a', redacted_text: 'a' },
  },
  all: {
    // The operation decides what is stored, also against a stray field.
    args: [{ text: 't', destination: 'slack', agent_id: 'a', store: !store }],
    sends: sends('scan', { text: 't', destination: 'slack', agent_id: 'a', store }),
  },
})
const bad = [
  { args: [], names: 'text' },
  { args: [{ destination: 'slack' }], names: 'text' },
  { args: [{ text: '' }], names: 'text' },
  { args: [{ text: null }], names: 'text' },
  { args: [{ text: ['a'] }], names: 'text' },
  { args: [{ text: 'a', agent_id: 5 }], names: 'agent_id' },
]

/** Raw calls were recorded without the fields that the SDK fills in. */
const filled = overrides('security', (recording) => {
  const { method, request } = recording
  const body = request.body as { text?: unknown } | string | null
  if (typeof body !== 'object' || typeof body?.text !== 'string') return queryAsTexts(recording)
  const store = method === 'scanContent' ? { store: false } : method === 'reportSecurityFinding' ? { store: true } : {}
  return { sends: { method: request.method, path: request.path, body: { agent_id: 'agent-x', ...body, ...store } } }
})

export default {
  domain: 'security',
  cases: [
    { method: 'scanContent', ...scan(false), bad },
    { method: 'reportSecurityFinding', ...scan(true), bad },
    {
      method: 'scanPromptInjection',
      required: { args: [{ text: 't' }], sends: sends('prompt-injection', { text: 't', agent_id: 'agent-x' }) },
      all: {
        args: [{ text: 't', source: 'user_input', agent_id: 'a', store: false }],
        sends: sends('prompt-injection', { text: 't', source: 'user_input', agent_id: 'a', store: false }),
      },
      bad: [...bad, { args: [{ text: 'a', store: 'no' }], names: 'store' }],
    },
    {
      method: 'listPromptInjectionScans',
      required: { args: [], sends: { method: 'GET', path: '/api/security/prompt-injection' } },
      all: {
        args: [{ limit: 2, offset: 0 }],
        sends: { method: 'GET', path: '/api/security/prompt-injection', query: { limit: '2', offset: '0' } },
      },
      bad: [],
      passes: [[{ limit: -1 }], [{ limit: '5' }], [{ offset: 0.5 }]],
    },
    {
      method: 'getSecurityStatus',
      required: { args: [], sends: { method: 'GET', path: '/api/security/status' } },
      bad: [],
    },
  ],
  recordings: {
    ...filled,
    'listPromptInjectionScans: limit not a number': { skip: 'the SDK takes whole numbers only' },
  },
} satisfies DomainCases
