import { describe, expect, test } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const page = () =>
  new Response('<!DOCTYPE html><title>404</title>', { status: 404, headers: { 'content-type': 'text/html' } })

describe('lessons', () => {
  test('come from the newer route where the server has it', async () => {
    const { fetch, sent } = capture([{ lessons: [{ action_type: 'deploy' }], drift_warnings: [], agent_id: 'agent-x' }])
    const answer = await (await anyClient({ fetch }))['getLessons']!()
    expect(answer).toMatchObject({ lessons: [{ action_type: 'deploy' }], drift_warnings: [] })
    expect(sent).toHaveLength(1)
  })

  test('come from the learning page of a server without that route, cut to the limit', async () => {
    const { fetch, sent } = capture([page(), { lessons: [{ id: 1 }, { id: 2 }, { id: 3 }], decisions: [], stats: {} }])
    const answer = await (await anyClient({ fetch }))['getLessons']!({ limit: 2 })
    expect(answer).toEqual({ lessons: [{ id: 1 }, { id: 2 }], decisions: [], stats: {} })
    expect(sent.map(({ path }) => path)).toEqual(['/api/learning/lessons', '/api/learning'])
  })

  test.each([{}, { limit: undefined }, { limit: null }])('are all there without a limit (%j)', async (filters) => {
    const { fetch } = capture([page(), { lessons: [{ id: 1 }, { id: 2 }] }])
    expect(await (await anyClient({ fetch }))['getLessons']!(filters)).toEqual({ lessons: [{ id: 1 }, { id: 2 }] })
  })

  test('are not looked for on the old route when the server refuses for another reason', async () => {
    const { fetch, sent } = capture([{ error: 'Not here' }], 404)
    const error = await (await anyClient({ fetch }))['getLessons']!().catch((reason: unknown) => reason)
    expect(isDashClawError(error, 'NotFoundError')).toBe(true)
    expect(sent).toHaveLength(1)
  })

  test('end with the error of the old route when that is missing too', async () => {
    const { fetch } = capture([page()])
    const error = await (await anyClient({ fetch }))['getLessons']!().catch((reason: unknown) => reason)
    expect(isDashClawError(error, 'RouteNotFoundError') && error.path).toBe('/api/learning')
  })
})

describe('a rebuild', () => {
  test('leaves out what is null, so that the server takes it', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['rebuildRecommendations']!({ action_type: null, action_id: null, min_samples: 3 })
    expect(sent[0]!.body).toEqual({ agent_id: 'agent-x', min_samples: 3 })
  })

  test('of the whole organization is asked for with agent_id null', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['rebuildRecommendations']!({ agent_id: null })
    await claw['rebuildRecommendations']!({ agent_id: undefined })
    expect(sent.map(({ body }) => body)).toEqual([{}, { agent_id: 'agent-x' }])
  })

  test('is not sent again after an unclear failure', async () => {
    const { fetch, sent } = capture([{ error: 'An error occurred while rebuilding learning recommendations' }], 500)
    const claw = await anyClient({ fetch })
    await expect(claw['rebuildRecommendations']!()).rejects.toMatchObject({ status: 500 })
    expect(sent).toHaveLength(1)
  })
})

describe('recommendation events', () => {
  test('of a list of one go out as a list, a single one as the body itself', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['recordRecommendationEvents']!([{ event_type: 'fetched' }])
    await claw['recordRecommendationEvents']!({ event_type: 'fetched' })
    expect(sent.map(({ body }) => body)).toEqual([{ events: [{ event_type: 'fetched' }] }, { event_type: 'fetched' }])
  })

  test('say themselves what they say, and take the rest from the shared fields', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    const events = [{ event_type: 'applied', agent_id: 'own' }, { event_type: 'outcome' }]
    await claw['recordRecommendationEvents']!(events, { agent_id: 'shared', details: null })
    expect(sent[0]!.body).toEqual({
      events: [
        { event_type: 'applied', agent_id: 'own' },
        { event_type: 'outcome', agent_id: 'shared' },
      ],
    })
    expect(events).toEqual([{ event_type: 'applied', agent_id: 'own' }, { event_type: 'outcome' }])
  })
})

describe('reading for all agents', () => {
  test.each(['getRecommendations', 'getRecommendationMetrics', 'getLessons'])(
    '%s sends no agent for null',
    async (method) => {
      const { fetch, sent } = capture()
      await (await anyClient({ fetch }))[method]!({ agent_id: null })
      expect(sent[0]!.query ?? {}).not.toHaveProperty('agent_id')
    },
  )
})

describe('learning curves', () => {
  const curves = [
    { id: 'lc_1', action_type: 'deploy' },
    { id: 'lc_2', action_type: 'build' },
    { id: 'lc_3', action_type: 'deploy' },
  ]

  test('are filtered by action type without an agent, which the server does not do', async () => {
    const { fetch, sent } = capture([{ curves }])
    const claw = await anyClient({ fetch })
    expect(await claw['getLearningCurves']!({ action_type: 'deploy' })).toEqual({ curves: [curves[0], curves[2]] })
    expect(await claw['getLearningCurves']!({ action_type: 'deploy', limit: 1 })).toEqual({ curves: [curves[0]] })
    expect(sent[1]!.query).toEqual({ action_type: 'deploy', limit: '200' })
  })

  test('are as the server sends them otherwise', async () => {
    const { fetch } = capture([{ curves }])
    const claw = await anyClient({ fetch })
    expect(await claw['getLearningCurves']!({ agent_id: 'a', action_type: 'deploy' })).toEqual({ curves })
    expect(await claw['getLearningCurves']!()).toEqual({ curves })
  })
})

describe('a recommended action', () => {
  test('is the very object that was passed when nothing is known', async () => {
    const { fetch, sent } = capture([{ recommendations: [] }])
    const claw = await anyClient({ fetch })
    const action = { action_type: 'deploy', declared_goal: 'Ship' }
    expect(((await claw['recommendAction']!(action)) as { action: unknown }).action).toBe(action)
    const untyped = { declared_goal: 'Ship' }
    expect(((await claw['recommendAction']!(untyped)) as { action: unknown }).action).toBe(untyped)
    expect(sent).toHaveLength(1)
  })

  test('is a copy that keeps what is better than the hints, and an explicit reversible', async () => {
    const hints = { preferred_risk_cap: 30, prefer_reversible: true, confidence_floor: 70 }
    const { fetch } = capture([{ recommendations: [{ id: 'lrec_1', confidence: 80, hints }] }])
    const claw = await anyClient({ fetch })
    const action = { action_type: 'deploy', risk_score: 5, confidence: 99, reversible: false }
    expect(await claw['recommendAction']!(action)).toMatchObject({ action, adapted_fields: [] })
    const careless = { action_type: 'deploy', risk_score: null, reversible: undefined }
    expect(await claw['recommendAction']!(careless)).toMatchObject({
      action: { risk_score: 30, reversible: true, confidence: 70 },
      adapted_fields: ['risk_score', 'reversible', 'confidence'],
    })
    expect(careless).toEqual({ action_type: 'deploy', risk_score: null, reversible: undefined })
  })
})
