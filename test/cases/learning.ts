import type { DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const long = (length: number) => 'x'.repeat(length + 1)
const overrides: Record<string, RecordingOverride> = {
  'setRecommendationActive: switch on again with the number 1': { skip: 'the SDK takes true and false only' },
  'setRecommendationActive: word "false" is accepted': { skip: 'the SDK takes true and false only' },
  'rebuildRecommendations: null limits take the default': {
    args: [{ agent_id: 'lrn-nobody', lookback_days: null, min_samples: null, episode_limit: null }],
    sends: { method: 'POST', path: '/api/learning/recommendations', body: { agent_id: 'lrn-nobody' } },
  },
  'rebuildRecommendations: limits not numbers': {
    args: [{ lookback_days: 'abc', min_samples: true, episode_limit: {} }],
  },
  'recordRecommendationEvents: more than 100 events': { skip: 'the recording has a word in place of the events' },
  'recordRecommendationEvents: empty batch': { skip: 'nothing to do: the SDK sends nothing' },
}

for (const { method, name, request } of recordings('learning')) {
  const key = `${method}: ${name}`
  const { path, query } = request
  const body = request.body as Record<string, unknown> | undefined
  if (key in overrides) continue
  if (method === 'recommendAction') {
    if (path !== '/api/learning/recommendations')
      overrides[key] = { skip: 'a call of another method in the flow of autoRecommend' }
    else overrides[key] = { args: [{ action_type: query['action_type'], agent_id: query['agent_id'] }] }
  } else if (method === 'recordRecommendationEvents') {
    if (body && 'created_at' in body) continue
    const events = body?.['events']
    if (body && !Array.isArray(events) && body['details'] === null) {
      // The SDK leaves null out; the server stores {} for both.
      overrides[key] = { args: [body], sends: { method: 'POST', path, body: { event_type: body['event_type'] } } }
    } else overrides[key] = { args: [events ?? body] }
  } else if (method === 'getRecommendations') {
    // The SDK lets the server count the read, and names the client's agent where none is given.
    overrides[key] = { sends: { method: 'GET', path, query: { agent_id: 'agent-x', track_events: 'true', ...query } } }
  } else if (method === 'getLessons') {
    // The newer path is asked first; a limit is a number here.
    const { limit, ...rest } = query
    overrides[key] = {
      args: [limit === undefined ? rest : { ...rest, limit: Number(limit) }],
      sends: { method: 'GET', path: '/api/learning/lessons', query: { agent_id: 'agent-x', ...query } },
    }
  } else if (method === 'recordDecision' && body && !('agent_id' in body)) {
    overrides[key] = { sends: { method: 'POST', path, body: { ...body, agent_id: 'agent-x' } } }
  }
}

const event = { event_type: 'applied', recommendation_id: 'lrec_1' }
const RECOMMENDATIONS = '/api/learning/recommendations'
const ANALYTICS = '/api/learning/analytics'

export default {
  domain: 'learning',
  cases: [
    {
      method: 'recordDecision',
      required: {
        args: [{ decision: 'Retry' }],
        sends: { method: 'POST', path: '/api/learning', body: { decision: 'Retry', agent_id: 'agent-x' } },
      },
      all: {
        args: [{ decision: 'Retry', agent_id: 'a', context: 'c', reasoning: 'r', outcome: 'success', confidence: 80 }],
        sends: {
          method: 'POST',
          path: '/api/learning',
          body: { decision: 'Retry', agent_id: 'a', context: 'c', reasoning: 'r', outcome: 'success', confidence: 80 },
        },
      },
      bad: [
        { args: [{}], names: 'decision' },
        { args: [{ decision: '' }], names: 'decision' },
        { args: [{ decision: 'd', context: { a: 1 } }], names: 'context' },
      ],
      passes: [
        [{ decision: long(2000) }],
        [{ decision: 'd', context: long(5000) }],
        [{ decision: 'd', reasoning: long(5000) }],
        [{ decision: 'd', outcome: long(200) }],
        [{ decision: 'd', confidence: 0.9 }],
      ],
    },
    {
      method: 'getRecommendations',
      required: {
        args: [],
        sends: { method: 'GET', path: RECOMMENDATIONS, query: { agent_id: 'agent-x', track_events: 'true' } },
      },
      all: {
        args: [
          {
            agent_id: 'a',
            action_type: 'deploy',
            limit: 5,
            include_inactive: true,
            track_events: false,
            include_metrics: true,
            lookback_days: 7,
          },
        ],
        sends: {
          method: 'GET',
          path: RECOMMENDATIONS,
          query: {
            agent_id: 'a',
            action_type: 'deploy',
            limit: '5',
            include_inactive: 'true',
            track_events: 'false',
            include_metrics: 'true',
            lookback_days: '7',
          },
        },
      },
      bad: [
        { args: [{ lookback_days: 'week' }], names: 'lookback_days' },
        { args: [{ include_inactive: 'true' }], names: 'include_inactive' },
        { args: [{ track_events: 1 }], names: 'track_events' },
        { args: [{ include_metrics: 'yes' }], names: 'include_metrics' },
      ],
      passes: [[{ limit: 1.5 }]],
    },
    {
      method: 'getRecommendationMetrics',
      required: {
        args: [],
        sends: { method: 'GET', path: `${RECOMMENDATIONS}/metrics`, query: { agent_id: 'agent-x' } },
      },
      all: {
        args: [{ agent_id: 'a', action_type: 'deploy', limit: 5, lookback_days: 7, include_inactive: true }],
        sends: {
          method: 'GET',
          path: `${RECOMMENDATIONS}/metrics`,
          query: { agent_id: 'a', action_type: 'deploy', limit: '5', lookback_days: '7', include_inactive: 'true' },
        },
      },
      bad: [
        { args: [{ limit: 'abc' }], names: 'limit' },
        { args: [{ include_inactive: 1 }], names: 'include_inactive' },
      ],
      passes: [[{ lookback_days: 0.5 }]],
    },
    {
      method: 'recordRecommendationEvents',
      required: {
        args: [{ event_type: 'fetched' }],
        sends: { method: 'POST', path: `${RECOMMENDATIONS}/events`, body: { event_type: 'fetched' } },
      },
      all: {
        args: [
          [event, { ...event, event_type: 'outcome', details: { a: null } }],
          { agent_id: 'a', action_id: 'act_1', event_key: 'k', details: {} },
        ],
        sends: {
          method: 'POST',
          path: `${RECOMMENDATIONS}/events`,
          body: {
            events: [
              { ...event, agent_id: 'a', action_id: 'act_1', event_key: 'k', details: {} },
              {
                ...event,
                event_type: 'outcome',
                agent_id: 'a',
                action_id: 'act_1',
                event_key: 'k',
                details: { a: null },
              },
            ],
          },
        },
      },
      bad: [
        { args: [], names: 'events' },
        { args: [{ recommendation_id: 'lrec_1' }], names: 'event_type' },
        { args: [{ ...event, details: ['a'] }], names: 'details' },
      ],
      passes: [
        [Array(101).fill(event)],
        [[event, { event_type: 'viewed' }]],
        [[event, { ...event, recommendation_id: 7 }]],
        [{ ...event, agent_id: long(128) }],
        [{ ...event, action_id: long(128) }],
        [{ ...event, event_key: long(200) }],
      ],
      empty: [[[]]],
    },
    {
      method: 'setRecommendationActive',
      required: {
        args: ['lrec_1', { active: false }],
        sends: { method: 'PATCH', path: `${RECOMMENDATIONS}/lrec_1`, body: { active: false } },
      },
      bad: [
        { args: ['', { active: true }], names: 'recommendation_id' },
        { args: ['..', { active: true }], names: 'recommendation_id' },
        { args: ['lrec_1', {}], names: 'active' },
        { args: ['lrec_1', { active: 'yes' }], names: 'active' },
      ],
    },
    {
      method: 'rebuildRecommendations',
      required: {
        args: [],
        sends: { method: 'POST', path: RECOMMENDATIONS, body: { agent_id: 'agent-x' } },
      },
      all: {
        args: [
          {
            agent_id: 'a',
            action_type: 'deploy',
            lookback_days: 7,
            min_samples: 3,
            episode_limit: 100,
            action_id: 'act_1',
          },
        ],
        sends: {
          method: 'POST',
          path: RECOMMENDATIONS,
          body: {
            agent_id: 'a',
            action_type: 'deploy',
            lookback_days: 7,
            min_samples: 3,
            episode_limit: 100,
            action_id: 'act_1',
          },
        },
      },
      bad: [],
      passes: [
        [{ agent_id: long(128) }],
        [{ action_type: long(128) }],
        [{ action_id: long(128) }],
        [{ lookback_days: 366 }],
        [{ lookback_days: 1.5 }],
        [{ min_samples: 1 }],
        [{ episode_limit: 99 }],
      ],
    },
    {
      method: 'recommendAction',
      required: {
        args: [{ action_type: 'deploy' }],
        sends: {
          method: 'GET',
          path: RECOMMENDATIONS,
          query: { action_type: 'deploy', agent_id: 'agent-x', limit: '1', track_events: 'true' },
        },
        answers: [{ recommendations: [] }],
        resolves: { action: { action_type: 'deploy' }, recommendation: null, adapted_fields: [] },
      },
      all: {
        args: [{ action_type: 'deploy', agent_id: 'a', risk_score: 90, confidence: 10 }],
        sends: {
          method: 'GET',
          path: RECOMMENDATIONS,
          query: { action_type: 'deploy', agent_id: 'a', limit: '1', track_events: 'true' },
        },
        answers: [
          {
            recommendations: [
              { id: 'lrec_1', hints: { preferred_risk_cap: 30, prefer_reversible: true, confidence_floor: 70 } },
            ],
          },
        ],
        resolves: {
          action: { action_type: 'deploy', risk_score: 30, reversible: true, confidence: 70 },
          adapted_fields: ['risk_score', 'reversible', 'confidence'],
        },
      },
      bad: [{ args: [{ action_type: 7 }], names: 'action_type' }],
    },
    {
      method: 'getLessons',
      required: {
        args: [],
        sends: { method: 'GET', path: '/api/learning/lessons', query: { agent_id: 'agent-x' } },
      },
      all: {
        args: [{ agent_id: 'a', action_type: 'deploy', limit: 3 }],
        sends: {
          method: 'GET',
          path: '/api/learning/lessons',
          query: { agent_id: 'a', action_type: 'deploy', limit: '3' },
        },
      },
      bad: [],
      passes: [[{ limit: -1 }], [{ limit: 1.5 }]],
    },
    {
      method: 'computeLearningVelocity',
      required: { args: [], sends: { method: 'POST', path: `${ANALYTICS}/velocity`, body: {} } },
      all: {
        args: [{ agent_id: 'a', lookback_days: 7, period: 'weekly' }],
        sends: {
          method: 'POST',
          path: `${ANALYTICS}/velocity`,
          body: { agent_id: 'a', lookback_days: 7, period: 'weekly' },
        },
      },
      bad: [
        { args: [{ lookback_days: 'soon' }], names: 'lookback_days' },
        { args: [{ period: 7 }], names: 'period' },
      ],
    },
    {
      method: 'getLearningVelocity',
      required: { args: [], sends: { method: 'GET', path: `${ANALYTICS}/velocity` } },
      all: {
        args: [{ agent_id: 'a', limit: 1 }],
        sends: { method: 'GET', path: `${ANALYTICS}/velocity`, query: { agent_id: 'a', limit: '1' } },
      },
      bad: [{ args: [{ limit: 'abc' }], names: 'limit' }],
      passes: [[{ limit: -1 }]],
    },
    {
      method: 'computeLearningCurves',
      required: { args: [], sends: { method: 'POST', path: `${ANALYTICS}/curves`, body: {} } },
      all: {
        args: [{ agent_id: 'a', lookback_days: 7 }],
        sends: { method: 'POST', path: `${ANALYTICS}/curves`, body: { agent_id: 'a', lookback_days: 7 } },
      },
      bad: [{ args: [{ lookback_days: 'soon' }], names: 'lookback_days' }],
    },
    {
      method: 'getLearningCurves',
      required: { args: [], sends: { method: 'GET', path: `${ANALYTICS}/curves` } },
      all: {
        args: [{ agent_id: 'a', action_type: 'deploy', limit: 5 }],
        sends: {
          method: 'GET',
          path: `${ANALYTICS}/curves`,
          query: { agent_id: 'a', action_type: 'deploy', limit: '5' },
        },
      },
      bad: [],
      passes: [[{ limit: -1 }], [{ action_type: 'deploy', limit: 0.5 }]],
    },
    {
      method: 'getLearningAnalyticsSummary',
      required: { args: [], sends: { method: 'GET', path: `${ANALYTICS}/summary` } },
      all: {
        args: [{ agent_id: 'a' }],
        sends: { method: 'GET', path: `${ANALYTICS}/summary`, query: { agent_id: 'a' } },
      },
      bad: [{ args: [{ agent_id: { id: 'a' } }], names: 'agent_id' }],
    },
    {
      method: 'getMaturityLevels',
      required: { args: [], sends: { method: 'GET', path: `${ANALYTICS}/maturity` } },
      bad: [],
    },
  ],
  recordings: {
    ...overrides,
    'recordDecision: body is not JSON': { skip: 'the SDK always sends JSON' },
    'computeLearningVelocity: no body': { skip: 'the SDK always sends a body' },
    'computeLearningCurves: no body': { skip: 'the SDK always sends a body' },
    'getLearningCurves: action_type alone is ignored': {
      sends: { method: 'GET', path: `${ANALYTICS}/curves`, query: { action_type: 'no-such-type', limit: '200' } },
    },
  },
} satisfies DomainCases
