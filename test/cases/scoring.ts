import type { CallCase, DomainCases, MethodCase } from '../support/cases.ts'

const P = '/api/scoring/profiles'
const dimension = { name: 'Speed', data_source: 'duration_ms' }
const wholeDimension = {
  ...dimension,
  description: 'd',
  weight: 0.5,
  data_config: { field: 'a.b' },
  scale: [{ operator: 'lte', value: 5, score: 100 }],
  sort_order: 2,
}
const profile = { name: 'Quality' }
const wholeProfile = {
  ...profile,
  description: 'd',
  action_type: 'deploy',
  composite_method: 'minimum',
  metadata: { a: 1 },
  dimensions: [wholeDimension],
}
const call = (args: unknown[], method: string, path: string, body?: unknown): CallCase => ({
  args,
  sends: { method, path, ...(body !== undefined && { body }) },
})
const byId = (method: string, verb: string, path: string, field: string): MethodCase => ({
  method,
  required: call(['x/1'], verb, path),
  bad: [
    { args: [''], names: field },
    { args: ['..'], names: field },
  ],
})
const action = { action_id: 'act_1', duration_ms: 5 }

export default {
  domain: 'scoring',
  cases: [
    {
      method: 'createScoringProfile',
      required: call([profile], 'POST', P, profile),
      all: call([wholeProfile], 'POST', P, wholeProfile),
      bad: [
        { args: [], names: 'name' },
        { args: [null], names: 'input' },
        { args: [{}], names: 'name' },
        { args: [{ name: 'n', dimensions: {} }], names: 'dimensions' },
        { args: [{ name: 'n', dimensions: [{ name: 'x' }] }], names: 'data_source' },
      ],
      passes: [[{ name: 'n', composite_method: 'median' }], [{ name: 'n', dimensions: [{ ...dimension, weight: 2 }] }]],
    },
    {
      method: 'listScoringProfiles',
      required: call([], 'GET', P),
      all: {
        args: [{ action_type: 'deploy', status: 'archived', limit: 5, offset: 1 }],
        sends: {
          method: 'GET',
          path: P,
          query: { action_type: 'deploy', status: 'archived', limit: '5', offset: '1' },
        },
      },
      bad: [],
      passes: [[{ status: 'open' }], [{ limit: 1.5 }]],
    },
    byId('getScoringProfile', 'GET', `${P}/x%2F1`, 'profile_id'),
    {
      method: 'updateScoringProfile',
      required: {
        args: ['sp_1', { name: 'n' }],
        sends: [
          { method: 'GET', path: `${P}/sp_1` },
          { method: 'PATCH', path: `${P}/sp_1`, body: { name: 'n', action_type: 'deploy' } },
        ],
        answers: [{ id: 'sp_1', action_type: 'deploy' }, { id: 'sp_1' }],
      },
      all: call(
        [
          'sp_1',
          {
            name: 'n',
            description: 'd',
            action_type: null,
            composite_method: 'minimum',
            status: 'archived',
            metadata: {},
          },
        ],
        'PATCH',
        `${P}/sp_1`,
        {
          name: 'n',
          description: 'd',
          action_type: null,
          composite_method: 'minimum',
          status: 'archived',
          metadata: {},
        },
      ),
      bad: [
        { args: ['', { name: 'n' }], names: 'profile_id' },
        { args: ['sp_1', { metadata: [] }], names: 'metadata' },
      ],
      passes: [['sp_1', { status: 'gone' }]],
    },
    byId('deleteScoringProfile', 'DELETE', `${P}/x%2F1`, 'profile_id'),
    {
      method: 'addScoringDimension',
      required: call(['sp_1', dimension], 'POST', `${P}/sp_1/dimensions`, dimension),
      all: call(['sp_1', wholeDimension], 'POST', `${P}/sp_1/dimensions`, wholeDimension),
      bad: [
        { args: ['', dimension], names: 'profile_id' },
        { args: ['sp_1', { name: 'n' }], names: 'data_source' },
        { args: ['sp_1'], names: 'name' },
      ],
      passes: [
        ['sp_1', { ...dimension, data_source: 'speed' }],
        ['sp_1', { ...dimension, weight: 1.1 }],
        ['sp_1', { ...dimension, sort_order: 0.5 }],
      ],
    },
    {
      method: 'updateScoringDimension',
      required: call(['sp_1', 'sd_1'], 'PATCH', `${P}/sp_1/dimensions/sd_1`, {}),
      all: call(['sp_1', 'sd_1', wholeDimension], 'PATCH', `${P}/sp_1/dimensions/sd_1`, wholeDimension),
      bad: [
        { args: ['sp_1', '', {}], names: 'dimension_id' },
        { args: ['sp_1', 'sd_1', { scale: {} }], names: 'scale' },
      ],
      passes: [
        ['sp_1', 'sd_1', { weight: -1 }],
        ['sp_1', 'sd_1', { data_source: 'speed' }],
      ],
    },
    {
      method: 'deleteScoringDimension',
      required: call(['sp_1', 'sd_1'], 'DELETE', `${P}/sp_1/dimensions/sd_1`),
      bad: [
        { args: ['', 'sd_1'], names: 'profile_id' },
        { args: ['sp_1', '.'], names: 'dimension_id' },
      ],
    },
    {
      method: 'scoreWithProfile',
      required: call(['sp_1', action], 'POST', '/api/scoring/score', { profile_id: 'sp_1', action }),
      bad: [
        { args: ['', action], names: 'profile_id' },
        { args: ['sp_1'], names: 'action' },
        { args: ['sp_1', [action]], names: 'action' },
      ],
    },
    {
      method: 'batchScoreWithProfile',
      required: call(['sp_1', [action]], 'POST', '/api/scoring/score', { profile_id: 'sp_1', actions: [action] }),
      bad: [
        { args: ['', []], names: 'profile_id' },
        { args: ['sp_1', action], names: 'actions' },
      ],
    },
    {
      method: 'getProfileScores',
      required: call([], 'GET', '/api/scoring/score'),
      all: {
        args: [{ profile_id: 'sp_1', agent_id: 'a', action_id: 'act_1', limit: 5, offset: 1 }],
        sends: {
          method: 'GET',
          path: '/api/scoring/score',
          query: { profile_id: 'sp_1', agent_id: 'a', action_id: 'act_1', limit: '5', offset: '1' },
        },
      },
      bad: [{ args: [{ limit: 'ten' }], names: 'limit' }],
      passes: [[{ offset: -1 }]],
    },
    {
      method: 'getProfileScoreStats',
      required: {
        args: ['sp_1'],
        sends: { method: 'GET', path: '/api/scoring/score', query: { profile_id: 'sp_1', view: 'stats' } },
      },
      bad: [{ args: [''], names: 'profile_id' }],
    },
    {
      method: 'createRiskTemplate',
      required: call([{ name: 'Deploys' }], 'POST', '/api/scoring/risk-templates', { name: 'Deploys' }),
      all: call(
        [
          {
            name: 'n',
            description: 'd',
            action_type: 'deploy',
            base_risk: 20,
            rules: [{ condition: 'a == b', add: 5 }],
          },
        ],
        'POST',
        '/api/scoring/risk-templates',
        { name: 'n', description: 'd', action_type: 'deploy', base_risk: 20, rules: [{ condition: 'a == b', add: 5 }] },
      ),
      bad: [
        { args: [], names: 'name' },
        { args: [{ name: 'n', rules: 'none' }], names: 'rules' },
      ],
      passes: [[{ name: 'n', base_risk: 101 }], [{ name: 'n', base_risk: 1.5 }]],
    },
    {
      method: 'listRiskTemplates',
      required: call([], 'GET', '/api/scoring/risk-templates'),
      all: {
        args: [{ action_type: 'deploy' }],
        sends: { method: 'GET', path: '/api/scoring/risk-templates', query: { action_type: 'deploy' } },
      },
      bad: [{ args: ['deploy'], names: 'input' }],
    },
    {
      method: 'updateRiskTemplate',
      required: {
        args: ['rt_1', { base_risk: 5 }],
        sends: [
          { method: 'GET', path: '/api/scoring/risk-templates' },
          { method: 'PATCH', path: '/api/scoring/risk-templates/rt_1', body: { base_risk: 5, action_type: 'deploy' } },
        ],
        answers: [{ templates: [{ id: 'rt_1', action_type: 'deploy' }] }, { id: 'rt_1' }],
      },
      all: call(
        ['rt_1', { name: 'n', description: 'd', action_type: 'x', base_risk: 1, rules: [], status: 'archived' }],
        'PATCH',
        '/api/scoring/risk-templates/rt_1',
        { name: 'n', description: 'd', action_type: 'x', base_risk: 1, rules: [], status: 'archived' },
      ),
      bad: [{ args: ['', {}], names: 'template_id' }],
      passes: [['rt_1', { status: 'gone' }]],
    },
    byId('deleteRiskTemplate', 'DELETE', '/api/scoring/risk-templates/x%2F1', 'template_id'),
    {
      method: 'autoCalibrate',
      required: call([], 'POST', '/api/scoring/calibrate', {}),
      all: call(
        [{ action_type: 'deploy', agent_id: 'a', lookback_days: 7, metrics: ['confidence'] }],
        'POST',
        '/api/scoring/calibrate',
        { action_type: 'deploy', agent_id: 'a', lookback_days: 7, metrics: ['confidence'] },
      ),
      bad: [
        { args: [{ lookback_days: 'week' }], names: 'lookback_days' },
        { args: [{ metrics: 'confidence' }], names: 'metrics' },
      ],
    },
  ],
  recordings: {
    scoreWithProfile: { args: ({ body }) => [scored(body).profile_id, scored(body).action] },
    batchScoreWithProfile: { args: ({ body }) => [scored(body).profile_id, scored(body).actions] },
    getProfileScoreStats: { args: ({ query }) => [query['profile_id']] },
    'getProfileScoreStats: view without a profile gives the plain list': { skip: 'the SDK asks for a profile' },
    updateScoringProfile: { skip: 'the SDK reads action_type first, since the server clears it' },
    updateRiskTemplate: { skip: 'the SDK reads action_type first, since the server clears it' },
  },
} satisfies DomainCases

const scored = (body: unknown) => (body ?? {}) as { profile_id?: string; action?: unknown; actions?: unknown }
