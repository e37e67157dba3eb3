import { describe, expect, test } from 'vitest'
import type { DashClawOptions } from '../../src/core/options.ts'
import { asked, type BLOCKED, HELD, setup } from '../support/local.ts'

const RECOMMENDATION = {
  id: 'lrec_0123456789abcdef01234567',
  org_id: 'org_local',
  agent_id: 'agent-1',
  action_type: 'deploy',
  confidence: 80,
  sample_size: 10,
  top_sample_size: 4,
  success_rate: 0.9,
  avg_score: 85,
  hints: { preferred_risk_cap: 30, prefer_reversible: true, confidence_floor: 70 },
  guidance: [],
  active: true,
  computed_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
}

async function run(
  options: Partial<DashClawOptions>,
  given: object = {},
  policies: (typeof HELD | typeof BLOCKED)[] = [],
) {
  const { claw, server, logger } = setup(options, { version: '2.0', policies })
  server.seed('recommendations', [RECOMMENDATION])
  const input = Object.freeze({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 60, ...given })
  const { action } = await claw.createAction(input)
  await claw.flush()
  const events = server.requests.filter(({ path }) => path.endsWith('/events')).map(({ body }) => body)
  return { action, server, logger, events }
}

const event = (event_type: string, details: object) => ({
  event_type,
  recommendation_id: RECOMMENDATION.id,
  agent_id: 'agent-1',
  details: { action_type: 'deploy', ...details },
})

describe('autoRecommend', () => {
  test('off asks for nothing', async () => {
    const { server } = await run({})
    expect(asked(server)).toEqual(['POST /api/actions'])
  })

  test('enforce adapts the action when the guard has nothing against it, and says so', async () => {
    const seen: unknown[] = []
    const { action, server, events } = await run({
      autoRecommend: 'enforce',
      recommendationCallback: (result) => seen.push(result),
    })
    expect(action).toMatchObject({
      risk_score: 30,
      reversible: 1,
      confidence: 70,
      recommendation_id: RECOMMENDATION.id,
      recommendation_applied: 1,
      recommendation_override_reason: null,
    })
    expect(events).toEqual([
      event('applied', { adapted_fields: ['risk_score', 'reversible', 'confidence'], confidence: 80 }),
    ])
    expect(server.requests[0]).toMatchObject({
      path: '/api/learning/recommendations',
      query: { agent_id: 'agent-1', action_type: 'deploy', limit: '1', track_events: 'true' },
    })
    expect(server.requests[1]).toMatchObject({
      path: '/api/guard',
      body: { action_type: 'deploy', risk_score: 30, reversible: true, declared_goal: 'Ship' },
    })
    expect(seen).toMatchObject([
      { recommendation: { id: RECOMMENDATION.id }, adapted_fields: ['risk_score', 'reversible', 'confidence'] },
    ])
  })

  test('what the caller says stays where it is better or final', async () => {
    const { action, events } = await run(
      { autoRecommend: 'enforce' },
      { risk_score: 10, reversible: false, confidence: 90 },
    )
    expect(action).toMatchObject({ risk_score: 10, reversible: 0, confidence: 90, recommendation_applied: 1 })
    expect(events).toEqual([event('applied', { adapted_fields: [], confidence: 80 })])
  })

  test.each([
    ['warn', 70, [], 'warn_mode_no_autoadapt'],
    ['enforce', 90, [], 'confidence_below_threshold:80<90'],
    ['enforce', 70, [HELD], 'guard_restrictive:require_approval'],
  ] as const)(
    '%s with a minimum of %i keeps the original and records why: %#',
    async (autoRecommend, least, policies, reason) => {
      const { action, events } = await run({ autoRecommend, recommendationConfidenceMin: least }, {}, [...policies])
      expect(action).toMatchObject({
        risk_score: 60,
        confidence: 50,
        recommendation_id: RECOMMENDATION.id,
        recommendation_applied: 0,
        recommendation_override_reason: reason,
      })
      expect(events).toEqual([event('overridden', { reason })])
    },
  )

  test('a confidence below the minimum asks no guard', async () => {
    const { server } = await run({ autoRecommend: 'enforce', recommendationConfidenceMin: 100 })
    expect(asked(server)).not.toContain('POST /api/guard')
  })

  test('goes on as it is when there is no recommendation or it can not be read', async () => {
    const none = setup({ autoRecommend: 'enforce' })
    await none.claw.createAction({ action_type: 'build', declared_goal: 'b' })
    expect(asked(none.server)).toEqual(['GET /api/learning/recommendations', 'POST /api/actions'])
    const { claw, server, logger } = setup({ autoRecommend: 'enforce', maxRetries: 0 })
    server.failNext({ path: '/api/learning/recommendations', status: 500 })
    await claw.createAction({ action_type: 'build', declared_goal: 'b' })
    expect(logger.texts).toEqual([expect.stringMatching(/recommendation could not be read/)])
  })

  test('a guard that can not be asked counts as not restrictive', async () => {
    const { claw, server, logger } = setup({ autoRecommend: 'enforce', maxRetries: 0 })
    server.seed('recommendations', [RECOMMENDATION])
    server.failNext({ path: '/api/guard', status: 500 })
    const { action } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 60 })
    expect(action.recommendation_applied).toBe(1)
    expect(logger.texts).toHaveLength(1)
  })

  test('telemetry and a callback that fail never stop an action', async () => {
    const { claw, server, logger } = setup({
      autoRecommend: 'enforce',
      recommendationCallback() {
        throw new Error('mine')
      },
    })
    server.seed('recommendations', [RECOMMENDATION])
    server.failNext({ path: /events$/, status: 400 }, 9)
    const { action } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
    expect(action.recommendation_applied).toBe(1)
    await claw.flush()
    expect(logger.texts).toEqual([
      'dashclaw: recommendationCallback threw.',
      expect.stringMatching(/recommendation event for lrec_.* was not delivered and is given up/),
    ])
  })
})
