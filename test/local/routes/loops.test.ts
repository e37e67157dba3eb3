import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { actionsBefore, seedAction, send } from '../../support/seeds.ts'

const DAY = 86_400_000
const server = (options: object = {}) => createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })
const VERSIONS = ['2.0', '2.10'] as const

describe('the recorded exchanges of loops', () => {
  const local = server()
  const made = actionsBefore('loops', local)
  const action_id = 'act_0f699227-f324-44a1-bc8d-7d00c6c4a47c'
  const aged = 'act_ad327055-9b0d-4415-b6fe-ed801532e5b2'
  replay({
    domain: 'loops',
    server: local,
    before: {
      ...made,
      'registerOpenLoop: the same loop_id again': async () => {
        await made['registerOpenLoop: the same loop_id again']?.()
        const loop = {
          loop_id: 'core_loop_1',
          action_id,
          loop_type: 'approval',
          priority: 'critical',
          description: 'd',
        }
        await send(local, 'POST', '/api/actions/loops', loop)
      },
      'validateAssumption: invalidate a second time': async () => {
        const [row] = local.snapshot()['assumptions'] as { assumption_id: string }[]
        const path = `/api/actions/assumptions/${row!.assumption_id}`
        await send(local, 'PATCH', path, { validated: false, invalidated_reason: 'r' })
      },
      'getDriftReport: assumptions of several ages': async () => {
        seedAction(local, { action_id: aged })
        for (const days of [0, 7, 15, 45]) {
          local.clock.advance(-days * DAY)
          const assumption = { action_id: aged, assumption: `${days} days old`, assumption_id: `core_d${days}` }
          await send(local, 'POST', '/api/actions/assumptions', assumption)
          local.clock.advance(days * DAY)
        }
      },
    },
  })
})

const LOOPS = '/api/actions/loops'
const ASSUMPTIONS = '/api/actions/assumptions'
interface Loop {
  loop_id: string
  status: string
  resolution: string | null
  [field: string]: unknown
}
interface Assumption {
  assumption_id: string
  validated: number
  drift_score?: number | null
  [field: string]: unknown
}
function started(options: object = {}): LocalServer {
  const local = server(options)
  seedAction(local, {
    action_id: 'act',
    agent_id: 'bot',
    agent_name: 'Bot',
    status: 'completed',
    declared_goal: 'Goal',
  })
  seedAction(local, { action_id: 'nameless', agent_id: 'other' })
  return local
}
const open = (local: LocalServer, fields: object = {}) =>
  send<{ loop: Loop; loop_id: string }>(local, 'POST', LOOPS, {
    action_id: 'act',
    loop_type: 'other',
    description: 'd',
    ...fields,
  })
const close = (local: LocalServer, id: string, body: object) =>
  send<{ loop: Loop }>(local, 'PATCH', `${LOOPS}/${id}`, body)
const assume = (local: LocalServer, fields: object = {}) =>
  send<{ assumption: Assumption; assumption_id: string }>(local, 'POST', ASSUMPTIONS, {
    action_id: 'act',
    assumption: 'a',
    ...fields,
  })
const judge = (local: LocalServer, id: string, body: object) =>
  send<{ assumption: Assumption; security?: object }>(local, 'PATCH', `${ASSUMPTIONS}/${id}`, body)

describe('an open loop', () => {
  test('comes with facts of its action, whose id stands in for a name only here', async () => {
    const local = started()
    const { status, body } = await open(local, {
      metadata: {},
      agent_id: 'x',
      resolution: 'dropped',
      status: 'resolved',
    })
    expect([status, body]).toMatchObject([
      201,
      {
        loop: {
          loop_id: body.loop_id,
          agent_id: 'bot',
          agent_name: 'Bot',
          declared_goal: 'Goal',
          action_type: 'deploy',
          status: 'resolved',
          priority: 'medium',
          owner: null,
          resolution: null,
          resolved_at: null,
        },
        security: { clean: true },
      },
    ])
    expect(body.loop).not.toHaveProperty('metadata')
    const { loop_id, loop } = (await open(local, { action_id: 'nameless' })).body
    expect(loop['agent_name']).toBe('other')
    expect((await send(local, 'GET', `${LOOPS}/${loop_id}`)).body).toMatchObject({
      loop: { agent_name: null, action_status: 'running' },
    })
  })

  test('lists one text a broken field', async () => {
    const fields = {
      action_id: '',
      loop_type: 'nope',
      description: 'x'.repeat(2001),
      priority: 'urgent',
      owner: 5,
      resolution: 'x'.repeat(2001),
    }
    expect((await open(started(), fields)).body).toMatchObject({
      error: 'Validation failed',
      details: [
        'action_id cannot be empty',
        'loop_type must be one of: followup, question, dependency, approval, review, handoff, other',
        'description exceeds max length of 2000',
        'priority must be one of: low, medium, high, critical',
        'owner must be a string',
        'resolution exceeds max length of 2000',
      ],
    })
  })

  test('counts secrets in every text, and keeps none', async () => {
    const local = started()
    const secret = 'AKIAIOSFODNN7EXAMPLE'
    const { body } = await open(local, { description: secret, owner: secret, resolution: secret })
    expect(body).toMatchObject({
      loop: { description: '[REDACTED:aws_access_key]', owner: '[REDACTED:aws_access_key]' },
      security: { findings_count: 3 },
    })
    await close(local, body.loop_id, { status: 'resolved', resolution: secret })
    expect(JSON.stringify(local.snapshot()['loops'])).not.toContain(secret)
  })

  test.each([
    [{ status: 'open' }, 400, 'status is required and must be "resolved" or "cancelled"'],
    [{ status: 'resolved' }, 400, 'resolution is required when resolving a loop'],
    [{ status: 'resolved', resolution: '' }, 400, 'resolution is required when resolving a loop'],
    [{ status: 'cancelled', resolution: 'x'.repeat(2001) }, 400, 'resolution exceeds max length of 2000'],
    [{ status: 'resolved', resolution: 'a\0b' }, 500, 'An error occurred while updating the loop'],
  ])('is not closed by %j', async (body, status, error) => {
    const local = started()
    const { loop_id } = (await open(local)).body
    expect(await close(local, loop_id, body)).toMatchObject({ status, body: { error } })
    expect(local.snapshot()['loops']).toMatchObject([{ status: 'open', resolved_at: null }])
  })

  test('is closed once, for good', async () => {
    const local = started()
    const [one, two] = [(await open(local)).body.loop_id, (await open(local)).body.loop_id]
    const cancelled = (await close(local, one, { status: 'cancelled' })).body.loop
    expect(cancelled).toMatchObject({ status: 'cancelled', resolution: null, resolved_at: expect.stringMatching(/Z$/) })
    expect(cancelled).not.toHaveProperty('agent_id')
    await close(local, two, { status: 'resolved', resolution: 'done' })
    const again = { status: 'resolved', resolution: 'again' }
    expect(await close(local, one, again)).toMatchObject({ status: 409, body: { error: 'Loop is already cancelled' } })
    expect(await close(local, two, again)).toMatchObject({ status: 409, body: { error: 'Loop is already resolved' } })
    expect((await close(local, 'loop_x', again)).status).toBe(404)
  })

  test('is listed by priority, then newest first, with counts of all', async () => {
    const local = started()
    for (const [loop_id, priority] of Object.entries({
      a: 'low',
      b: 'critical',
      c: 'medium',
      d: 'critical',
      e: 'high',
    })) {
      await open(local, { loop_id, priority, action_id: loop_id === 'c' ? 'nameless' : 'act' })
    }
    await close(local, 'e', { status: 'resolved', resolution: 'r' })
    const list = async (query = '') =>
      (await send<{ loops: Loop[]; total: number; stats: object }>(local, 'GET', LOOPS + query)).body
    const ids = async (query: string) => (await list(query)).loops.map(({ loop_id }) => loop_id).join('')
    expect(await ids('')).toBe('dbeca')
    expect(await ids('?status=open')).toBe('dbca')
    expect(await ids('?priority=critical&limit=1&offset=1')).toBe('b')
    expect(await ids('?loop_type=review')).toBe('')
    expect(await list('?limit=0')).toMatchObject({
      loops: [],
      total: 5,
      stats: { open_count: '4', resolved_count: '1', critical_open: '2', high_open: '0' },
    })
  })

  test('can be looked for by agent on newer servers; 2.0 fails', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 200],
    ] as const) {
      const local = started({ version })
      await open(local)
      await open(local, { action_id: 'nameless' })
      const answer = await send<{ loops: Loop[] }>(local, 'GET', `${LOOPS}?agent_id=bot`)
      expect([answer.status, answer.body.loops.length]).toEqual([status, status === 200 ? 1 : 0])
    }
  })
})

describe('an assumption', () => {
  test('takes its agent from the action, and no time from being registered as judged', async () => {
    const local = started()
    const { body } = await assume(local, {
      agent_id: 'x',
      validated: true,
      invalidated: true,
      invalidated_reason: 'r',
      basis: '',
    })
    expect(body.assumption).toMatchObject({
      assumption_id: body.assumption_id,
      validated: 1,
      validated_at: null,
      invalidated: 1,
      invalidated_at: null,
      invalidated_reason: 'r',
      basis: null,
    })
    const detail = await send(local, 'GET', `${ASSUMPTIONS}/${body.assumption_id}`)
    expect(detail.body).toMatchObject({
      assumption: { agent_id: 'bot', action_type: 'deploy', action_status: 'completed' },
    })
  })

  test('can be validated again and again until it is invalidated, which is final', async () => {
    const local = started()
    const { assumption_id: id } = (await assume(local)).body
    const first = (await judge(local, id, { validated: true })).body
    expect(first).not.toHaveProperty('security')
    local.clock.advance(1000)
    const second = (await judge(local, id, { validated: true })).body.assumption
    expect(second['validated_at']! > first.assumption['validated_at']!).toBe(true)
    expect((await judge(local, id, { validated: false, invalidated_reason: '  wrong  ' })).body).toMatchObject({
      assumption: { validated: 1, invalidated: 1, invalidated_reason: 'wrong' },
      security: { clean: true },
    })
    for (const body of [{ validated: true }, { validated: false, invalidated_reason: 'r' }]) {
      expect(await judge(local, id, body)).toMatchObject({
        status: 409,
        body: { error: 'Assumption is already invalidated' },
      })
    }
  })

  test.each([
    [{}, 400, 'validated is required and must be a boolean'],
    [{ validated: 'yes' }, 400, 'validated is required and must be a boolean'],
    [{ validated: false }, 400, 'invalidated_reason is required when invalidating an assumption'],
    [
      { validated: false, invalidated_reason: '  ' },
      400,
      'invalidated_reason is required when invalidating an assumption',
    ],
    [{ validated: false, invalidated_reason: 'x'.repeat(2001) }, 400, 'invalidated_reason exceeds max length of 2000'],
    [{ validated: false, invalidated_reason: '\0' }, 500, 'An error occurred while updating the assumption'],
  ])('is not judged by %j', async (body, status, error) => {
    const local = started()
    const { assumption_id } = (await assume(local)).body
    expect(await judge(local, assumption_id, body)).toMatchObject({ status, body: { error } })
    expect(local.snapshot()['assumptions']).toMatchObject([{ validated: 0, invalidated: 0 }])
  })

  test('drifts with its age, up to 100 after 30 days', async () => {
    const local = started({ now: '2026-05-01T00:00:00Z' })
    const ages = { old: 45, mid: 15, week: 7, fresh: 0 }
    for (const [assumption_id, days] of Object.entries(ages)) {
      local.clock.set(Date.parse('2026-05-01T00:00:00Z') - days * DAY)
      await assume(local, { assumption_id })
    }
    local.clock.set('2026-05-01T00:00:00Z')
    await assume(local, { assumption_id: 'valid', validated: true })
    await assume(local, { assumption_id: 'wrong', invalidated: true })
    await assume(local, { assumption_id: 'both', validated: true, invalidated: true })
    const report = async (query = '') =>
      (
        await send<{ assumptions: Assumption[]; drift_summary: object }>(
          local,
          'GET',
          `${ASSUMPTIONS}?drift=true${query}`,
        )
      ).body
    const { assumptions, drift_summary } = await report()
    expect(assumptions.map(({ assumption_id, drift_score }) => [assumption_id, drift_score])).toEqual([
      ['both', 0],
      ['wrong', null],
      ['valid', 0],
      ['fresh', 0],
      ['week', 23],
      ['mid', 50],
      ['old', 100],
    ])
    expect(drift_summary).toEqual({ total: 7, at_risk: 2, validated: 2, invalidated: 2, unvalidated: 4 })
    expect((await report('&limit=2&offset=5')).drift_summary).toEqual({
      total: 7,
      at_risk: 2,
      validated: 0,
      invalidated: 0,
      unvalidated: 2,
    })
    const ids = async (query: string) =>
      (await send<{ assumptions: Assumption[] }>(local, 'GET', `${ASSUMPTIONS}${query}`)).body.assumptions.map(
        ({ assumption_id }) => assumption_id,
      )
    expect(await ids('?validated=true')).toEqual(['both', 'valid'])
    expect(await ids('?validated=false')).toEqual(['fresh', 'week', 'mid', 'old'])
    // Just a week is not stale yet, but the clock runs on.
    expect((await ids('?stale=true')).filter((id) => id !== 'week')).toEqual(['mid', 'old'])
    expect(await ids('?action_id=nameless')).toEqual([])
    expect((await report('&agent_id=')).assumptions).toHaveLength(7)
  })

  test('has a short path on newer servers only, for every call', async () => {
    for (const version of VERSIONS) {
      const local = started({ version })
      await assume(local, { assumption_id: 'asm' })
      const statuses = [
        await send(local, 'POST', '/api/assumptions', { action_id: 'act', assumption: 'a' }),
        await send(local, 'GET', '/api/assumptions'),
        await send(local, 'GET', '/api/assumptions/asm'),
        await send(local, 'PATCH', '/api/assumptions/asm', { validated: true }),
      ].map(({ status }) => status)
      expect(statuses).toEqual(version === '2.0' ? [404, 404, 404, 404] : [201, 200, 200, 200])
    }
  })
})

test('ids of loops and assumptions are taken in their organization alone', async () => {
  const local = started({ keys: [{ key: 'other', org: 'org_other' }] })
  seedAction(local, { action_id: 'theirs' }, 'org_other')
  await open(local, { loop_id: 'mine' })
  await assume(local, { assumption_id: 'mine' })
  const theirs = { key: 'other' }
  const loop = { action_id: 'theirs', loop_type: 'other', description: 'd', loop_id: 'mine' }
  expect((await send(local, 'POST', LOOPS, loop, theirs)).status).toBe(201)
  expect(
    (await send(local, 'POST', ASSUMPTIONS, { action_id: 'theirs', assumption: 'a', assumption_id: 'mine' }, theirs))
      .status,
  ).toBe(201)
  expect((await send(local, 'POST', LOOPS, { ...loop, action_id: 'act', loop_id: 'new' }, theirs)).status).toBe(404)
  expect((await open(local, { loop_id: 'mine' })).status).toBe(409)
  expect((await assume(local, { assumption_id: 'mine' })).status).toBe(409)
})
