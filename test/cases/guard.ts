import type { DomainCases } from '../support/cases.ts'

const allow = {
  decision: 'allow',
  reasons: [],
  warnings: [],
  matched_policies: [],
  risk_score: null,
  evaluated_at: 't',
}
const policy = { name: 'No deploys', policy_type: 'block_action_type', rules: { action_types: ['deploy'] } }
const rules = '{"action_types":["deploy"]}'

export default {
  domain: 'guard',
  cases: [
    {
      method: 'guard',
      required: {
        args: [{ action_type: 'build' }],
        sends: { method: 'POST', path: '/api/guard', body: { action_type: 'build', agent_id: 'agent-x' } },
        answers: [allow],
        resolves: { ...allow, agent_risk_score: null },
      },
      all: {
        args: [
          {
            action_type: 'build',
            risk_score: 5,
            agent_id: 'a',
            systems_touched: ['db'],
            reversible: true,
            declared_goal: 'g',
          },
          { include_signals: true },
        ],
        sends: {
          method: 'POST',
          path: '/api/guard',
          query: { include_signals: 'true' },
          body: {
            action_type: 'build',
            risk_score: 5,
            agent_id: 'a',
            systems_touched: ['db'],
            reversible: true,
            declared_goal: 'g',
          },
        },
        answers: [allow],
      },
      bad: [
        { args: [{}], names: 'action_type' },
        { args: [{ action_type: '' }], names: 'action_type' },
        { args: [{ action_type: 'build', reversible: 'no' }], names: 'reversible' },
        { args: [{ action_type: 'build', systems_touched: 'db' }], names: 'systems_touched' },
      ],
      passes: [[{ action_type: 'x'.repeat(129) }], [{ action_type: 'build', risk_score: 0.5 }]],
    },
    {
      method: 'getGuardDecisions',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/guard', query: { agent_id: 'agent-x', limit: '20', offset: '0' } },
      },
      all: {
        args: [{ decision: 'block', agent_id: 'a', limit: 5, offset: 1 }],
        sends: {
          method: 'GET',
          path: '/api/guard',
          query: { decision: 'block', agent_id: 'a', limit: '5', offset: '1' },
        },
      },
      bad: [{ args: [{ offset: 'x' }], names: 'offset' }],
      passes: [[{ limit: -1 }]],
    },
    { method: 'listPolicies', required: { args: [], sends: { method: 'GET', path: '/api/policies' } }, bad: [] },
    {
      method: 'createPolicy',
      required: {
        args: [policy],
        sends: { method: 'POST', path: '/api/policies', body: { ...policy, rules } },
      },
      all: {
        args: [{ ...policy, rules, active: false, created_by: 'me' }],
        sends: { method: 'POST', path: '/api/policies', body: { ...policy, rules, active: 0, created_by: 'me' } },
      },
      bad: [
        { args: [{ ...policy, name: undefined }], names: 'name' },
        { args: [{ ...policy, rules: undefined }], names: 'rules' },
      ],
      passes: [
        [{ ...policy, name: 'x'.repeat(257) }],
        [{ ...policy, policy_type: 'block' }],
        [{ ...policy, active: 2 }],
      ],
    },
    {
      method: 'updatePolicy',
      required: {
        args: ['gp_1', { active: true }],
        sends: { method: 'PATCH', path: '/api/policies', body: { id: 'gp_1', active: true } },
      },
      all: {
        args: ['gp_1', { name: 'n', rules: { threshold: 5 }, active: 0, policy_type: 'risk_threshold' }],
        sends: {
          method: 'PATCH',
          path: '/api/policies',
          body: { id: 'gp_1', name: 'n', rules: { threshold: 5 }, active: 0, policy_type: 'risk_threshold' },
        },
      },
      bad: [
        { args: ['', { active: 1 }], names: 'id' },
        { args: [undefined, { active: 1 }], names: 'id' },
      ],
      passes: [['gp_1', { policy_type: 'x' }]],
    },
    {
      method: 'deletePolicy',
      required: { args: ['gp_1'], sends: { method: 'DELETE', path: '/api/policies', query: { id: 'gp_1' } } },
      bad: [
        { args: [''], names: 'id' },
        { args: [undefined], names: 'id' },
      ],
    },
  ],
  recordings: {
    'guard: includeSignals': { args: ({ body }) => [body, { include_signals: true }] },
    'guard: includeSignals adds one warning per live signal of the agent': {
      args: ({ body }) => [body, { include_signals: true }],
    },
    updatePolicy: { args: ({ body }) => [(body as { id?: string }).id, body] },
    deletePolicy: { args: ({ query }) => [query['id']] },
    'createPolicy: bad policy_type and active': {
      sends: {
        method: 'POST',
        path: '/api/policies',
        body: { name: 'core x', policy_type: 'nope', rules: '{}', active: 1 },
      },
    },
    'createPolicy: rules as an object': { skip: 'the SDK sends rules as the text that the server asks for' },
  },
} satisfies DomainCases
