import type { DomainCases } from '../support/cases.ts'

const identity = { agent_id: 'bot', public_key: 'pem' }

export default {
  domain: 'identity',
  cases: [
    {
      method: 'registerIdentity',
      required: { args: [identity], sends: { method: 'POST', path: '/api/identities', body: identity } },
      all: {
        args: [{ ...identity, algorithm: 'a' }],
        sends: { method: 'POST', path: '/api/identities', body: { ...identity, algorithm: 'a' } },
      },
      bad: [
        // The client's own agent is not meant.
        { args: [{ public_key: 'pem' }], names: 'agent_id' },
        { args: [{ agent_id: '', public_key: 'pem' }], names: 'agent_id' },
        { args: [{ agent_id: {}, public_key: 'pem' }], names: 'agent_id' },
        { args: [{ agent_id: 'bot' }], names: 'public_key' },
        { args: [{ ...identity, algorithm: 5 }], names: 'algorithm' },
      ],
    },
    {
      method: 'getIdentities',
      required: { args: [], sends: { method: 'GET', path: '/api/identities' } },
      bad: [],
    },
    {
      method: 'revokeIdentity',
      required: {
        args: ['team/bot'],
        sends: { method: 'DELETE', path: '/api/identities/team%2Fbot' },
        answers: [{ success: true, revoked: 'team/bot' }],
        resolves: { success: true, revoked: 'team/bot' },
      },
      bad: [
        { args: [''], names: 'agent_id' },
        { args: ['..'], names: 'agent_id' },
      ],
    },
  ],
  recordings: {
    'registerIdentity: agent_id not a string': { skip: 'the server stores [object Object]; the SDK takes texts only' },
  },
} satisfies DomainCases
