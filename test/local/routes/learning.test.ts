import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Learning } from '../../../src/domains/learning.ts'
import { Loops } from '../../../src/domains/loops.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const DAY = 86_400_000
const Client = compose(Actions, Loops, Learning)

function connect(server: LocalServer, apiKey = 'local') {
  return new Client({
    baseUrl: server.baseUrl,
    apiKey,
    agentId: 'learner',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
}

/** An episode with a score, so many days ago. */
const episode = (score: number, ago: number, fields: object = {}) => ({
  id: `lep_${score}_${ago}`,
  action_id: `act_${score}_${ago}`,
  agent_id: 'learner',
  action_type: 'deploy',
  status: score >= 50 ? 'completed' : 'failed',
  outcome_label: score >= 50 ? 'success' : 'failure',
  risk_score: 20,
  reversible: 1,
  confidence: 80,
  duration_ms: 1000,
  cost_estimate: 0,
  recommendation_id: null,
  recommendation_applied: false,
  score,
  created_at: new Date(Date.now() - ago * DAY + 60_000).toISOString(),
  updated_at: new Date().toISOString(),
  ...fields,
})

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  const send = (method: string, path: string, body: object) =>
    server.fetch(server.baseUrl + path, { method, headers: { 'x-api-key': 'local' }, body: JSON.stringify(body) })

  const scored = 'act_9d09cf24-70ba-48cf-a253-1e435162e5f8'
  async function act(fields: object, outcome?: object): Promise<void> {
    const action = { agent_id: 'lrn-agent-1', action_type: 'deploy', declared_goal: 'Ship', ...fields }
    const { action_id } = (await (await send('POST', '/api/actions', action)).json()) as { action_id: string }
    if (outcome) await send('PATCH', `/api/actions/${action_id}`, outcome)
  }
  const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString()
  const lesson = (id: number, confidence: number) => ({
    id,
    org_id: 'org_local',
    agent_id: 'lrn-agent-1',
    lesson: 'Retry with jitter',
    content: 'Use jitter',
    confidence,
    timestamp: ago(2),
    tags: 'network,retry',
    created_at: ago(2),
  })

  replay({
    domain: 'learning',
    server,
    optional: ['.action.updated_at'],
    before: {
      'getLessons: whole learning page of an agent': () => server.seed('lessons', [lesson(1, 40), lesson(2, 95)]),
      'rebuildRecommendations: score one action first (too few samples yet)': () =>
        act({ action_id: scored, status: 'failed' }),
      'rebuildRecommendations: happy path': async () => {
        for (let day = 1; day < 8; day++) {
          const status = day % 3 ? 'completed' : 'failed'
          await act(
            { timestamp_start: ago(2 * day), risk_score: 28 },
            { status, duration_ms: 50_000, cost_estimate: 0.03 },
          )
        }
        for (let day = 1; day < 4; day++)
          await act({ action_type: 'build', timestamp_start: ago(day) }, { status: 'completed' })
      },
      'recommendAction: flow auto_recommend=enforce, guard answers block (HTTP 403; the upstream client treats that as a failed probe): call 4 of 4':
        () =>
          send('POST', '/api/policies', {
            name: 'no deploys',
            policy_type: 'block_action_type',
            rules: JSON.stringify({ action_types: ['deploy'] }),
          }),
      'rebuildRecommendations: scores an action that followed a recommendation (scoped to another type, so the recommendation stays)':
        async () => {
          for (const policy of server.snapshot()['policies'] as { id: string }[])
            await send('DELETE', `/api/policies?id=${policy.id}`, {})
          await act({
            action_id: 'act_3823f901-b560-487d-ae7c-4f43b8529fa0',
            status: 'completed',
            recommendation_id: 'lrec_1',
          })
        },
      'rebuildRecommendations: scores a pending action': () =>
        act({ action_id: 'act_f81b801e-7247-405e-8f5b-a32d30d74d35', status: 'pending_approval', risk_score: 95 }),
    },
  })
})

describe('an episode', () => {
  async function scoreOf(
    create: object,
    outcome: object,
    extra?: (claw: InstanceType<typeof Client>, id: string) => Promise<unknown>,
  ) {
    const server = createLocalServer()
    const claw = connect(server)
    const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', ...create })
    await extra?.(claw, action_id)
    await claw.updateOutcome(action_id, outcome)
    const { scored_episode } = await claw.rebuildRecommendations({ action_id })
    return scored_episode!
  }

  test.each([
    [
      'that went well',
      { risk_score: 28, confidence: 78 },
      { status: 'completed', duration_ms: 30_000, cost_estimate: 0.01 },
      100,
    ],
    [
      'that failed with everything against it',
      { risk_score: 80, confidence: 90, reversible: false },
      { status: 'failed', duration_ms: 2_400_000, cost_estimate: 7 },
      0,
    ],
    ['that waits', { risk_score: 95, reversible: false }, { status: 'pending_approval' }, 26],
    [
      'that runs on for long and costs more',
      { risk_score: 45 },
      { status: 'running', duration_ms: 300_000, cost_estimate: 1 },
      54,
    ],
    [
      'that was cancelled late',
      { risk_score: 61 },
      { status: 'cancelled', duration_ms: 1_800_000, cost_estimate: 5 },
      26,
    ],
  ] as const)('%s has its score', async (_title, create, outcome, score) => {
    const scored = await scoreOf(create, outcome)
    expect(scored.score).toBe(score)
    const parts = Object.values(scored.score_breakdown).reduce((sum, part) => sum + part, 0)
    expect(Math.min(100, Math.max(0, parts))).toBe(score)
  })

  test('loses points for open loops and wrong assumptions, down to a floor', async () => {
    const scored = await scoreOf({}, { status: 'completed' }, async (claw, action_id) => {
      for (let at = 0; at < 6; at++) await claw.registerOpenLoop({ action_id, loop_type: 'other', description: 'd' })
      for (let at = 0; at < 2; at++) {
        const { assumption } = await claw.registerAssumption({ action_id, assumption: 'a' })
        await claw.validateAssumption(assumption.id, { validated: false })
      }
    })
    expect(scored).toMatchObject({ open_loops: 6, invalidated_assumptions: 2 })
    expect(scored.score_breakdown).toMatchObject({ open_loops: -10, invalidated_assumptions: -8 })
  })

  test('is scored again with each outcome, keeps its start, and reports an outcome of a recommendation once', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    const { action_id } = await claw.createAction({
      action_type: 'deploy',
      declared_goal: 'Ship',
      timestamp_start: '2026-01-01T00:00:00.000Z',
      recommendation_id: 'lrec_1',
      recommendation_applied: true,
    })
    expect(server.snapshot()['episodes'] ?? []).toEqual([])
    await claw.updateOutcome(action_id, { status: 'failed' })
    await claw.updateOutcome(action_id, { status: 'completed' })
    expect(server.snapshot()['episodes']).toMatchObject([
      { action_id, outcome_label: 'success', created_at: '2026-01-01T00:00:00.000Z', recommendation_applied: true },
    ])
    expect(server.snapshot()['recommendation_events']).toMatchObject([
      {
        event_type: 'outcome',
        event_key: `outcome:${action_id}`,
        details: { status: 'failed', outcome_label: 'failure' },
      },
    ])
  })
})

describe('recommendations', () => {
  test('come from the best episodes of an agent and type', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed('episodes', [
      episode(100, 1, { risk_score: 10, confidence: 90, duration_ms: 40_000, cost_estimate: 0.02 }),
      episode(100, 2, { risk_score: 26, confidence: 76, duration_ms: 50_000, cost_estimate: 0.03 }),
      episode(100, 3, { risk_score: 30, confidence: 80, duration_ms: 60_000, cost_estimate: 0.04 }),
      episode(98, 4, { risk_score: 99, confidence: 1 }),
      episode(90, 5, { risk_score: 99, confidence: 1 }),
      ...[6, 7, 8].map((ago) => episode(46 / 3, ago, { risk_score: 99, reversible: 0 })),
    ])
    const { recommendations, episodes_scanned } = await claw.rebuildRecommendations()
    expect(episodes_scanned).toBe(8)
    expect(recommendations).toMatchObject([
      {
        confidence: 73,
        sample_size: 8,
        top_sample_size: 3,
        success_rate: 0.625,
        avg_score: 66.75,
        hints: {
          preferred_risk_cap: 28,
          prefer_reversible: true,
          confidence_floor: 78,
          expected_duration_ms: 50_000,
          expected_cost_estimate: 0.03,
        },
        guidance: [
          'Keep risk_score at or below 28 for this action type.',
          'Prefer reversible execution strategies where possible.',
          'Target confidence >= 78 before executing.',
          'Typical successful runtime is around 50000ms.',
          'Typical successful cost is about $0.03.',
        ],
      },
    ])
  })

  test('of too few or of bad episodes say so, or are not there', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed('episodes', [
      ...[1, 2, 3].map((ago) => episode(10, ago, { reversible: 0 })),
      ...[1, 2].map((ago) => episode(90, ago, { action_type: 'build' })),
    ])
    const { recommendations } = await claw.rebuildRecommendations({ min_samples: 3 })
    expect(recommendations.map(({ action_type }) => action_type)).toEqual(['deploy'])
    expect(recommendations[0]!.guidance.slice(-2)).toEqual([
      'Small sample size: treat this recommendation as provisional.',
      'Historical success rate is low: consider additional guard checks.',
    ])
    expect(recommendations[0]!.guidance).not.toContain('Prefer reversible execution strategies where possible.')
  })

  test('are replaced in the scope of a rebuild only, and switched on again', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed(
      'episodes',
      ['deploy', 'build'].flatMap((action_type) => [1, 2, 3].map((ago) => episode(90, ago, { action_type }))),
    )
    const { recommendations: old } = await claw.rebuildRecommendations({ min_samples: 3 })
    for (const { id } of old) await claw.setRecommendationActive(id, { active: false })
    expect((await claw.getRecommendations()).total).toBe(0)
    await claw.rebuildRecommendations({ min_samples: 3, action_type: 'build' })
    const { recommendations } = await claw.getRecommendations({ include_inactive: true })
    expect(new Map(recommendations.map((row) => [row.action_type, row.active]))).toEqual(
      new Map([
        ['deploy', false],
        ['build', true],
      ]),
    )
    expect(old.map(({ id }) => id)).not.toContain(recommendations.find(({ active }) => active)!.id)
  })

  test('count reads, uses and outcomes in their metrics', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed(
      'episodes',
      [1, 2, 3, 4].map((ago) => episode(ago < 3 ? 100 : 0, ago, { duration_ms: null })),
    )
    const { recommendations } = await claw.rebuildRecommendations({ min_samples: 3 })
    const recommendation_id = recommendations[0]!.id
    for (let at = 0; at < 3; at++) await claw.getRecommendations()
    await claw.getRecommendations({ track_events: false })
    await claw.recordRecommendationEvents([
      { event_type: 'applied', recommendation_id, agent_id: 'learner', event_key: 'once' },
      { event_type: 'applied', recommendation_id, agent_id: 'learner', event_key: 'once' },
      { event_type: 'overridden', recommendation_id, agent_id: 'learner' },
    ])
    server.seed('episodes', [episode(90, 1, { recommendation_id, recommendation_applied: true, duration_ms: 500 })])
    const { metrics, summary } = await claw.getRecommendationMetrics()
    expect(metrics).toMatchObject([
      {
        telemetry: { fetched: 3, applied: 1, overridden: 1, outcomes: 0, adoption_rate: 0.3333 },
        outcomes: { applied: { total: 1, success_rate: 1 }, baseline: { total: 4, success_rate: 0.5, avg_score: 50 } },
        deltas: { success_lift: 0.5, failure_reduction: 0.5, latency_delta_ms: 500 },
      },
    ])
    expect(summary).toEqual({
      total_recommendations: 1,
      active_recommendations: 1,
      avg_adoption_rate: 0.3333,
      avg_success_lift: 0.5,
    })
    expect((await claw.getRecommendations({ include_metrics: true })).metrics?.metrics).toHaveLength(1)
  })

  test('survive an event without a date on newer servers, on which 2.0 servers fail', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 200],
    ] as const) {
      const server = createLocalServer({ version })
      server.seed('recommendation_events', [{ agent_id: 'learner', created_at: 'soon' }])
      const outcome = await connect(server)
        .getRecommendationMetrics()
        .then(
          () => 200,
          (error: { status: number }) => error.status,
        )
      expect(outcome).toBe(status)
    }
  })
})

describe('analytics', () => {
  test('give the velocity, maturity and curve of the worked example', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed(
      'episodes',
      [100, 0, 97, 80, 4].map((score, at) => episode(score, 5 - at)),
    )
    const { results } = await claw.computeLearningVelocity()
    expect(results).toEqual([
      {
        agent_id: 'learner',
        episode_count: 5,
        avg_score: 56.2,
        success_rate: 0.6,
        score_delta: -96,
        velocity: -11.2,
        acceleration: 53.5,
        maturity: { level: 'novice', score: 41.01 },
        windows: 5,
      },
    ])
    expect((await claw.getLearningVelocity()).velocity).toMatchObject([
      { velocity: -11.2, maturity_level: 'novice', period: 'daily' },
    ])
    expect(await claw.computeLearningCurves()).toMatchObject({ curves_computed: 1, results: [{ count: 5 }] })
    expect((await claw.getLearningCurves()).curves).toMatchObject([{ p25_score: 4, p75_score: 97, success_rate: 0.6 }])
  })

  test('need 3 episodes in 2 windows', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed('episodes', [
      episode(90, 3),
      episode(90, 1),
      ...[1, 2, 3].map((at) => episode(90 + at, 1, { agent_id: 'other' })),
    ])
    expect(await claw.computeLearningVelocity()).toEqual({ agents_computed: 0, results: [] })
    expect((await claw.computeLearningCurves()).results).toMatchObject([{ agent_id: 'other', count: 3 }])
  })

  test('sum up with counts as text', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    server.seed('episodes', [
      episode(90, 1),
      episode(40, 2),
      episode(80, 3, { outcome_label: 'pending', duration_ms: null }),
    ])
    const summary = await claw.getLearningAnalyticsSummary()
    expect(summary.overall).toEqual({
      total_episodes: '3',
      avg_score: '70.00',
      success_count: '1',
      failure_count: '1',
      pending_count: '1',
      avg_duration_ms: '1000',
      total_cost: '0.0000',
      success_rate: 0.5,
    })
    expect(summary.by_agent).toMatchObject([{ velocity: null, maturity_level: 'unknown', maturity_score: 0 }])
    expect((await claw.getLearningAnalyticsSummary({ agent_id: 'nobody' })).overall).toMatchObject({
      total_episodes: '0',
      avg_score: null,
    })
  })
})

describe('over real HTTP', () => {
  test.each(['2.0', '2.10'] as const)('a %s server learns from outcomes and advises', async (version) => {
    const server = createLocalServer({ version })
    const { url, close } = await server.listen()
    const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'learner', logger: false })
    for (const duration_ms of [900, 1200, 800, 1500, 1100]) {
      const { action_id } = await claw.createAction({
        action_type: 'deploy',
        declared_goal: 'Ship',
        risk_score: 25,
        confidence: 85,
      })
      await claw.updateOutcome(action_id, { status: 'completed', duration_ms })
    }
    await claw.rebuildRecommendations({ min_samples: 5 })
    const { action, adapted_fields } = await claw.recommendAction({ action_type: 'deploy', risk_score: 80 })
    expect(action).toEqual({ action_type: 'deploy', risk_score: 25, reversible: true, confidence: 85 })
    expect(adapted_fields).toEqual(['risk_score', 'reversible', 'confidence'])
    await claw.recordDecision({ decision: 'Ship on Fridays', outcome: 'failure' })
    const lessons = await claw.getLessons()
    if (version === '2.0') expect(lessons).toMatchObject({ lessons: [], decisions: [{ decision: 'Ship on Fridays' }] })
    else
      expect(lessons).toMatchObject({
        lessons: [{ action_type: 'deploy', hints: { prefer_reversible: true } }],
        drift_warnings: [],
      })
    await claw.close()
    await close()
  })
})
