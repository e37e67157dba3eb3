import type { DomainCases } from '../support/cases.ts'

const EVALUATIONS = '/api/evaluations'
const SCORERS = `${EVALUATIONS}/scorers`
const RUNS = `${EVALUATIONS}/runs`
const get = (path: string, query?: Record<string, string>) => ({ method: 'GET', path, ...(query && { query }) })
const score = { action_id: 'act_1', scorer_name: 'accuracy', score: 0.5 }

export default {
  domain: 'evaluations',
  cases: [
    {
      method: 'createScore',
      required: { args: [score], sends: { method: 'POST', path: EVALUATIONS, body: score } },
      all: {
        args: [{ ...score, label: 'good', reasoning: 'r', evaluated_by: 'auto', metadata: { a: 1 } }],
        sends: {
          method: 'POST',
          path: EVALUATIONS,
          body: { ...score, label: 'good', reasoning: 'r', evaluated_by: 'auto', metadata: { a: 1 } },
        },
      },
      bad: [
        { args: [{ scorer_name: 's', score: 1 }], names: 'action_id' },
        { args: [{ ...score, action_id: '' }], names: 'action_id' },
        { args: [{ action_id: 'act_1', score: 1 }], names: 'scorer_name' },
        { args: [{ action_id: 'act_1', scorer_name: 's' }], names: 'score' },
        { args: [{ ...score, metadata: ['a'] }], names: 'metadata' },
      ],
      passes: [[{ ...score, score: 1.5 }], [{ ...score, score: -0.1 }], [{ ...score, score: '1' }]],
    },
    {
      method: 'getScores',
      required: { args: [], sends: get(EVALUATIONS) },
      all: {
        args: [
          {
            action_id: 'act_1',
            scorer_name: 's',
            evaluated_by: 'human',
            min_score: 0,
            max_score: 0.9,
            agent_id: 'a',
            limit: 5,
            offset: 1,
          },
        ],
        sends: get(EVALUATIONS, {
          action_id: 'act_1',
          scorer_name: 's',
          evaluated_by: 'human',
          min_score: '0',
          max_score: '0.9',
          agent_id: 'a',
          limit: '5',
          offset: '1',
        }),
      },
      bad: [
        { args: [{ min_score: 'abc' }], names: 'min_score' },
        { args: [{ max_score: Number.NaN }], names: 'max_score' },
      ],
      passes: [[{ limit: -1 }], [{ limit: 1.5 }], [{ offset: -1 }]],
    },
    {
      method: 'createScorer',
      required: {
        args: [{ name: 'n', scorer_type: 'regex' }],
        sends: { method: 'POST', path: SCORERS, body: { name: 'n', scorer_type: 'regex' } },
      },
      all: {
        args: [{ name: 'n', scorer_type: 'contains', config: { keywords: ['ok'], mode: 'all' }, description: 'd' }],
        sends: {
          method: 'POST',
          path: SCORERS,
          body: { name: 'n', scorer_type: 'contains', config: { keywords: ['ok'], mode: 'all' }, description: 'd' },
        },
      },
      bad: [
        { args: [{ scorer_type: 'regex' }], names: 'name' },
        { args: [{ name: '', scorer_type: 'regex' }], names: 'name' },
        { args: [{ name: 'n' }], names: 'scorer_type' },
      ],
      passes: [[{ name: 'n', scorer_type: 'vibes' }]],
    },
    { method: 'getScorers', required: { args: [], sends: get(SCORERS) }, bad: [] },
    {
      method: 'updateScorer',
      required: {
        args: ['es_1', { name: 'n' }],
        sends: { method: 'PATCH', path: `${SCORERS}/es_1`, body: { name: 'n' } },
      },
      all: {
        args: ['es_1', { name: 'n', description: 'd', config: '{"min":1}' }],
        sends: { method: 'PATCH', path: `${SCORERS}/es_1`, body: { name: 'n', description: 'd', config: '{"min":1}' } },
      },
      bad: [
        { args: ['', { name: 'n' }], names: 'scorer_id' },
        { args: ['es_1', { name: 7 }], names: 'name' },
      ],
    },
    {
      method: 'deleteScorer',
      required: { args: ['es_1'], sends: { method: 'DELETE', path: `${SCORERS}/es_1` } },
      bad: [
        { args: [''], names: 'scorer_id' },
        { args: ['..'], names: 'scorer_id' },
      ],
    },
    {
      method: 'createEvalRun',
      required: {
        args: [{ name: 'n', scorer_id: 'es_1' }],
        sends: { method: 'POST', path: RUNS, body: { name: 'n', scorer_id: 'es_1' } },
      },
      all: {
        args: [{ name: 'n', scorer_id: 'es_1', action_filters: { agent_id: 'a', date_from: '2026-01-01' } }],
        sends: {
          method: 'POST',
          path: RUNS,
          body: { name: 'n', scorer_id: 'es_1', action_filters: { agent_id: 'a', date_from: '2026-01-01' } },
        },
      },
      bad: [
        { args: [{ scorer_id: 'es_1' }], names: 'name' },
        { args: [{ name: 'n' }], names: 'scorer_id' },
        { args: [{ name: 'n', scorer_id: 'es_1', action_filters: 'a' }], names: 'action_filters' },
      ],
    },
    {
      method: 'getEvalRuns',
      required: { args: [], sends: get(RUNS) },
      all: {
        args: [{ status: 'completed', limit: 5, offset: 1 }],
        sends: get(RUNS, { status: 'completed', limit: '5', offset: '1' }),
      },
      bad: [{ args: [{ limit: 'abc' }], names: 'limit' }],
      passes: [[{ offset: 0.5 }]],
    },
    {
      method: 'getEvalRun',
      required: { args: ['er_1'], sends: get(`${RUNS}/er_1`) },
      bad: [
        { args: [''], names: 'run_id' },
        { args: ['.'], names: 'run_id' },
      ],
    },
    {
      method: 'getEvalStats',
      required: { args: [], sends: get(`${EVALUATIONS}/stats`) },
      all: {
        args: [{ days: 7, agent_id: 'a', scorer_name: 's' }],
        sends: get(`${EVALUATIONS}/stats`, { days: '7', agent_id: 'a', scorer_name: 's' }),
      },
      bad: [{ args: [{ days: 'week' }], names: 'days' }],
      passes: [[{ days: 1.5 }]],
    },
  ],
  recordings: {
    'createScore: body is not JSON': { skip: 'the SDK always sends JSON' },
    'getScores: min_score is a word': { skip: 'the SDK takes a number only' },
    'getScores: limit is a word: default 50': { skip: 'the SDK takes a number only' },
    updateEvalRun: { skip: 'the SDK has no method for it' },
  },
} satisfies DomainCases
