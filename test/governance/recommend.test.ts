import { describe, expect, test, vi } from 'vitest'
import type { DashClawOptions } from '../../src/core/options.ts'
import { eventually } from '../support/eventually.ts'
import { asked, type BLOCKED, HELD, rejection, setup } from '../support/local.ts'

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

describe('recommendAction', () => {
  const withHints = (hints: unknown) => {
    const { claw, server } = setup()
    server.seed('recommendations', [{ ...RECOMMENDATION, hints }])
    return { claw, server }
  }
  const action = { action_type: 'deploy', declared_goal: 'Ship' } as const

  test.each([
    ['a risk as low as the cap', { preferred_risk_cap: 30 }, { risk_score: 30 }, []],
    ['a risk above the cap', { preferred_risk_cap: 30 }, { risk_score: 31 }, ['risk_score']],
    ['no risk', { preferred_risk_cap: 0 }, {}, ['risk_score']],
    ['a confidence as high as the floor', { confidence_floor: 70 }, { confidence: 70 }, []],
    ['a confidence below the floor', { confidence_floor: 70 }, { confidence: 69 }, ['confidence']],
    ['what can be undone, or not, by its own word', { prefer_reversible: true }, { reversible: false }, []],
    ['what says nothing of it', { prefer_reversible: true }, { reversible: null }, ['reversible']],
    ['a hint that is false', { prefer_reversible: false }, {}, []],
    ['hints of other types', { preferred_risk_cap: '5', prefer_reversible: 'yes', confidence_floor: null }, {}, []],
    ['no hints', null, {}, []],
  ])('%s', async (_what, hints, given, fields) => {
    const { claw } = withHints(hints)
    const result = await claw.recommendAction({ ...action, ...given } as never)
    expect(result.adapted_fields).toEqual(fields)
    expect(result.recommendation).toMatchObject({ id: RECOMMENDATION.id })
    const left = Object.entries(given).filter(([name]) => !(fields as string[]).includes(name))
    expect(result.action).toMatchObject(Object.fromEntries(left))
  })
  test('gives back the very action where there is nothing to ask for, or nothing is known', async () => {
    const { claw, server } = setup()
    for (const nothing of [{}, { action_type: '' }, undefined]) {
      const result = await claw.recommendAction(nothing as never)
      expect(result).toEqual({ action: nothing, recommendation: null, adapted_fields: [] })
    }
    expect(server.requests).toEqual([])
    const result = await claw.recommendAction(action)
    expect(result.action).toBe(action)
    expect(result).toEqual({ action, recommendation: null, adapted_fields: [] })
  })
  test('asks for the agent of the action', async () => {
    const { claw, server } = setup()
    await claw.recommendAction({ ...action, agent_id: 'agent-2' })
    await claw.recommendAction({ ...action, agent_id: null } as never)
    expect(server.requests.map(({ query }) => query['agent_id'])).toEqual(['agent-2', 'agent-1'])
  })
})

describe('the step before an action', () => {
  test('takes a confidence as high as the minimum', async () => {
    const { action } = await run({ autoRecommend: 'enforce', recommendationConfidenceMin: 80 })
    expect(action).toMatchObject({ recommendation_applied: 1, risk_score: 30 })
  })
  test('does not take what has no confidence', async () => {
    const { claw, server } = setup({ autoRecommend: 'enforce' }, { version: '2.0' })
    server.seed('recommendations', [{ ...RECOMMENDATION, confidence: undefined }])
    const { action } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
    expect(action).toMatchObject({
      recommendation_applied: 0,
      recommendation_override_reason: 'confidence_below_threshold:undefined<70',
    })
  })
  test('shows the guard all that its policies look at', async () => {
    const given = { systems_touched: ['db'], agent_id: 'agent-1', reversible: false }
    const { server } = await run({ autoRecommend: 'enforce' }, given)
    expect(server.requests[1]!.body).toEqual({
      action_type: 'deploy',
      risk_score: 30,
      systems_touched: ['db'],
      reversible: false,
      declared_goal: 'Ship',
      agent_id: 'agent-1',
    })
  })
  test('tells the callback of an action without a recommendation, and of one that it overrides', async () => {
    const seen = vi.fn()
    const { claw, server } = setup({ autoRecommend: 'warn', recommendationCallback: seen })
    const input = { action_type: 'deploy', declared_goal: 'Ship', risk_score: 60 } as const
    await claw.createAction(input)
    expect(seen).toHaveBeenCalledExactlyOnceWith({
      action: { ...input, agent_id: 'agent-1' },
      recommendation: null,
      adapted_fields: [],
    })
    server.seed('recommendations', [RECOMMENDATION])
    await claw.createAction(input)
    expect(seen).toHaveBeenCalledTimes(2)
    expect(seen.mock.calls[1]![0]).toMatchObject({ recommendation: { id: RECOMMENDATION.id } })
  })
  test.each(['/api/learning/recommendations', '/api/guard'])(
    'an abort while %s is asked ends the call, and nothing is stored',
    async (path) => {
      const { claw, server, logger } = setup({ autoRecommend: 'enforce' })
      server.seed('recommendations', [RECOMMENDATION])
      server.failNext({ path, delay: 10_000 })
      const controller = new AbortController()
      const input = { action_type: 'deploy', declared_goal: 'Ship' } as const
      const call = rejection(claw.createAction(input, { signal: controller.signal }))
      await eventually(() => expect(server.requests.some((request) => request.path === path)).toBe(true))
      const reason = new Error('enough')
      controller.abort(reason)
      expect(await call).toBe(reason)
      expect(asked(server)).not.toContain('POST /api/actions')
      expect(logger.texts).toEqual([])
    },
  )
})
