import type { DomainCases } from '../support/cases.ts'

const post = (path: string, body: object) => ({ method: 'POST', path: `/api/policies/${path}`, body })
const proof = (format: string) => ({ method: 'GET', path: '/api/policies/proof', query: { format } })

const run = {
  results: {
    total_policies: 2,
    total_tests: 3,
    passed: 2,
    failed: 1,
    success: false,
    details: [
      { policy_id: 'gp_1', policy_name: 'Deploys', tests: [{ name: 't', passed: true, reason: 'approved' }] },
      {
        policy_id: 'gp_2',
        policy_name: 'Deletes',
        tests: [
          { name: 'a', passed: true, reason: 'blocked by policy' },
          { name: 'b', passed: false, reason: 'policy does not apply' },
        ],
      },
    ],
  },
  generated_at: '2026-01-01T00:00:00.000Z',
}

const imported = { imported: 1, skipped: 0, errors: [], policies: [{ id: 'gp_1' }] }
const yaml = 'policies:\n  - description: Deploys\n    rule: { require: approval }\n'

export default {
  domain: 'policies',
  cases: [
    {
      method: 'testPolicies',
      required: {
        args: [],
        sends: post('test', { agent_id: 'agent-x' }),
        answers: [run],
        resolves: {
          passed: 1,
          total: 2,
          results: [
            { policy: 'Deploys', passed: true, reason: null },
            { policy: 'Deletes', passed: false, reason: 'policy does not apply' },
          ],
          run: run.results,
          generated_at: run.generated_at,
        },
      },
      all: { args: [{ agent_id: 'other' }], sends: post('test', { agent_id: 'other' }), answers: [run] },
      bad: [{ args: [[]], names: 'input' }],
    },
    {
      method: 'getProofReport',
      required: {
        args: [],
        sends: proof('json'),
        answers: [{ report: '{"policies":[]}', format: 'json' }],
        resolves: { report: '{"policies":[]}', document: { policies: [] } },
      },
      all: {
        args: [{ format: 'md' }],
        sends: proof('md'),
        answers: [{ report: '# Proof', format: 'md' }],
        resolves: { report: '# Proof', document: null },
      },
      bad: [
        { args: [{ format: ['md'] }], names: 'format' },
        { args: ['md'], names: 'input' },
      ],
    },
    {
      method: 'importPolicies',
      required: {
        args: [{ pack: 'smb-safe' }],
        sends: post('import', { pack: 'smb-safe' }),
        answers: [imported],
        resolves: imported,
      },
      all: {
        args: [{ pack: 'smb-safe', yaml }],
        sends: post('import', { pack: 'smb-safe', yaml }),
        answers: [imported],
      },
      bad: [
        { args: [], names: 'pack' },
        { args: [{}], names: 'pack' },
        { args: [{ pack: '' }], names: 'pack' },
        { args: [{ pack: null, yaml: '' }], names: 'pack' },
        { args: [{ yaml: { policies: [] } }], names: 'yaml' },
      ],
    },
    {
      method: 'simulatePolicy',
      required: {
        args: [{ policy_type: 'risk_threshold', rules: { threshold: 50 } }],
        sends: post('simulate', { policy_type: 'risk_threshold', rules: { threshold: 50 } }),
      },
      all: {
        args: [{ policy_type: 'risk_threshold', rules: '{"threshold":50}', days: 30 }],
        sends: post('simulate', { policy_type: 'risk_threshold', rules: { threshold: 50 }, days: 30 }),
      },
      bad: [
        { args: [], names: 'policy_type' },
        { args: [{ rules: {} }], names: 'policy_type' },
        { args: [{ policy_type: 'rate_limit' }], names: 'rules' },
        { args: [{ policy_type: 'rate_limit', rules: '{' }], names: 'rules' },
        { args: [{ policy_type: 'rate_limit', rules: {}, days: 'week' }], names: 'days' },
      ],
      passes: [[{ policy_type: 'rate_limit', rules: '7' }], [{ policy_type: 'rate_limit', rules: {}, days: 1.5 }]],
    },
  ],
  recordings: {
    // The methods for policies themselves are cases of guard.
    updatePolicy: {
      args: ({ body }) => {
        const { id, ...fields } = body as Record<string, unknown>
        return [id, fields]
      },
    },
    'createPolicy: rules as object': { skip: 'the SDK sends rules as the text that the server asks for' },
    'createPolicy: active as boolean': { skip: 'the SDK sends active as the number that the server asks for' },
    deletePolicy: { args: ({ query }) => [query['id']] },
    'importPolicies: yaml not a string': { skip: 'the SDK refuses a document that is no text' },
    'importPolicies: body not JSON': { skip: 'the SDK writes JSON' },
    'importPolicies: no body': { skip: 'the SDK refuses a call without input' },
    'simulatePolicy: rules as JSON string: defaults apply': {
      sends: post('simulate', { policy_type: 'risk_threshold', rules: { threshold: 50 } }),
    },
  },
} satisfies DomainCases
