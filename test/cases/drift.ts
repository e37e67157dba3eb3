import type { DomainCases } from '../support/cases.ts'

const ALERTS = '/api/drift/alerts'
const post = (body: object) => ({ method: 'POST', path: ALERTS, body })
const get = (path: string, query?: Record<string, string>) => ({ method: 'GET', path, ...(query && { query }) })

export default {
  domain: 'drift',
  cases: [
    {
      method: 'computeDriftBaselines',
      required: { args: [], sends: post({ action: 'compute_baselines' }) },
      all: {
        args: [{ agent_id: 'Deploy Bot', lookback_days: 14 }],
        sends: post({ action: 'compute_baselines', agent_id: 'Deploy Bot', lookback_days: 14 }),
      },
      bad: [{ args: [{ lookback_days: 'month' }], names: 'lookback_days' }],
    },
    {
      method: 'detectDrift',
      required: { args: [], sends: post({ action: 'detect' }) },
      all: {
        args: [{ agent_id: 'Deploy Bot', window_days: 3, baseline_days: 14 }],
        sends: post({ action: 'detect', agent_id: 'Deploy Bot', window_days: 3, baseline_days: 14 }),
      },
      bad: [
        { args: [{ window_days: 'week' }], names: 'window_days' },
        { args: [{ baseline_days: Number.NaN }], names: 'baseline_days' },
      ],
    },
    { method: 'recordDriftSnapshots', required: { args: [], sends: post({ action: 'record_snapshots' }) }, bad: [] },
    {
      method: 'listDriftAlerts',
      required: { args: [], sends: get(ALERTS), answers: [{ alerts: [{ id: 'da_1' }], total: 1 }] },
      all: {
        args: [{ agent_id: 'a', severity: 'critical', acknowledged: false, metric: 'risk_score', limit: 1, offset: 1 }],
        sends: get(ALERTS, { agent_id: 'a', severity: 'critical', acknowledged: 'false', limit: '200', offset: '0' }),
        answers: [
          {
            alerts: [
              { id: 'da_1', metric: 'risk_score', acknowledged: false },
              { id: 'da_2', metric: 'risk_score', acknowledged: true },
              { id: 'da_3', metric: 'confidence', acknowledged: false },
              { id: 'da_4', metric: 'risk_score', acknowledged: false },
            ],
            total: 4,
          },
        ],
        resolves: { alerts: [{ id: 'da_4' }], total: 2 },
      },
      bad: [
        { args: [{ limit: 'abc' }], names: 'limit' },
        { args: [{ acknowledged: 'yes' }], names: 'acknowledged' },
      ],
      passes: [[{ limit: -1 }], [{ metric: 'confidence', limit: 1.5 }], [{ metric: 'confidence', offset: -1 }]],
    },
    {
      method: 'acknowledgeDriftAlert',
      required: { args: ['da_1'], sends: { method: 'PATCH', path: `${ALERTS}/da_1` } },
      bad: [
        { args: [''], names: 'alert_id' },
        { args: ['..'], names: 'alert_id' },
        { args: [7], names: 'alert_id' },
      ],
    },
    {
      method: 'deleteDriftAlert',
      required: { args: ['da_1'], sends: { method: 'DELETE', path: `${ALERTS}/da_1` } },
      bad: [
        { args: [''], names: 'alert_id' },
        { args: ['.'], names: 'alert_id' },
      ],
    },
    {
      method: 'getDriftStats',
      required: { args: [], sends: get('/api/drift/stats') },
      all: { args: [{ agent_id: 'a' }], sends: get('/api/drift/stats', { agent_id: 'a' }) },
      bad: [{ args: [{ agent_id: ['a'] }], names: 'agent_id' }],
    },
    {
      method: 'getDriftSnapshots',
      required: { args: [], sends: get('/api/drift/snapshots') },
      all: {
        args: [{ agent_id: 'a', metric: 'risk_score', limit: 5 }],
        sends: get('/api/drift/snapshots', { agent_id: 'a', metric: 'risk_score', limit: '5' }),
      },
      bad: [{ args: [{ limit: 'abc' }], names: 'limit' }],
      passes: [[{ limit: -1 }]],
    },
    { method: 'getDriftMetrics', required: { args: [], sends: get('/api/drift/metrics') }, bad: [] },
  ],
  recordings: {
    'detectDrift: no action word means detect; all agents': { args: [], sends: post({ action: 'detect' }) },
    'detectDrift: unknown action word also means detect': { skip: 'the SDK names the operation itself' },
    'detectDrift: no body': { skip: 'the SDK always sends a body' },
    'acknowledgeDriftAlert: again: only the time moves': {
      args: ['da_913b8b6dda27a44cd0d76c8d'],
      sends: { method: 'PATCH', path: `${ALERTS}/da_913b8b6dda27a44cd0d76c8d` },
    },
    'listDriftAlerts: agent_id hides the acknowledged filter': {
      sends: get(ALERTS, { agent_id: 'drf-agent-1', acknowledged: 'true', limit: '200', offset: '0' }),
    },
    'listDriftAlerts: metric filter is ignored': { sends: get(ALERTS, { limit: '200', offset: '0' }) },
  },
} satisfies DomainCases
