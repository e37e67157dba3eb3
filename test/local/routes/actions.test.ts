import { describe, expect, test } from 'vitest'
import type { ActionRecord } from '../../../src/governance/action-types.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { actionsBefore, seedAction, send } from '../../support/seeds.ts'

const server = (options: object = {}) => createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })
const goal = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }
const DAY = 86_400_000

interface Created {
  action: ActionRecord
  action_id: string
}
interface Listed {
  actions: ActionRecord[]
  total: number
  stats: Record<string, unknown>
}
const create = (local: LocalServer, fields: object = {}) =>
  send<Created>(local, 'POST', '/api/actions', { ...goal, ...fields })
const change = (local: LocalServer, id: string, fields: object) =>
  send<Created>(local, 'PATCH', `/api/actions/${id}`, fields)
const list = async (local: LocalServer, query = '') => (await send<Listed>(local, 'GET', `/api/actions${query}`)).body

describe('the recorded exchanges of actions', () => {
  const local = server()
  const action_id = 'core_act_full_2'
  replay({
    domain: 'actions',
    server: local,
    optional: ['.action.updated_at'],
    skip: {
      'updateOutcome: server error where the action table lacks its updated_at column':
        'a fault of one deployment; the embedded server has the column',
    },
    before: {
      ...actionsBefore('actions', local),
      'getAction: happy path with loops and assumptions': async () => {
        await send(local, 'POST', '/api/actions/loops', { action_id, loop_type: 'followup', description: 'l' })
        await send(local, 'POST', '/api/actions/assumptions', { action_id, assumption: 'a' })
      },
      'getActionTrace: happy path': async () => {
        await send(local, 'POST', '/api/actions/assumptions', { action_id, assumption: 'b', assumption_id: 'asm_b' })
        await send(local, 'PATCH', '/api/actions/assumptions/asm_b', { validated: false, invalidated_reason: 'r' })
        const start = { timestamp_start: '2026-11-22T10:00:00.000Z' }
        seedAction(local, { action_id: 'core_act_full_1', agent_id: 'core-act-1', ...start })
        const child = { action_id: 'act_b792f042-117c-488e-a303-d3b17d1a62b6', agent_id: 'core-act-2' }
        seedAction(local, { ...child, parent_action_id: action_id })
      },
      'getActionTrace: child of a parent': () => {
        seedAction(local, { action_id: 'act_failed', agent_id: 'core-act-2', status: 'failed' })
      },
      'getSignals: every signal type': async () => {
        // The actions whose time is no date go first, as the recorder removed them.
        await send(local, 'DELETE', '/api/actions?agent_id=core-badts')
        await send(local, 'DELETE', '/api/actions?action_id=act_5b433ea0-3dbe-469f-a0c2-9b0766d65b47')
        await send(local, 'POST', '/api/agents/heartbeat', { agent_id: 'core-silent', current_task_id: 't' })
        seedAction(local, { action_id: 'act_risky', agent_id: 'core-hi', reversible: 0, risk_score: 95 })
        const about = { action_id: 'act_risky' }
        await send(local, 'POST', '/api/actions/loops', { ...about, loop_type: 'review', description: 'old' })
        for (const assumption_id of ['asm_0', 'asm_1', 'asm_2']) {
          await send(local, 'POST', '/api/actions/assumptions', { ...about, assumption: 'old', assumption_id })
        }
        local.clock.advance(15 * DAY)
        const wrong = { validated: false, invalidated_reason: 'r' }
        for (const id of ['asm_1', 'asm_2']) await send(local, 'PATCH', `/api/actions/assumptions/${id}`, wrong)
        const many = (count: number, agent_id: string, status: string) => {
          for (let at = 0; at < count; at++) seedAction(local, { action_id: `${agent_id}_${at}`, agent_id, status })
        }
        many(6, 'core-fail', 'failed')
        many(12, 'core-spike', 'completed')
      },
      'deleteActions (REST only): by agent': () => {
        seedAction(local, { action_id: 'act_hi2', agent_id: 'core-hi2' })
      },
    },
  })
})

describe('an action', () => {
  test('starts with the platform’s defaults', async () => {
    const local = server({ now: '2026-01-01T00:00:00Z' })
    const { status, body } = await create(local, { confidence: 0, duration_ms: 0, reasoning: '', action_id: '' })
    expect(status).toBe(201)
    expect(body.action_id).toMatch(/^act_[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(body.action).toMatchObject({
      status: 'running',
      reversible: 1,
      risk_score: 0,
      confidence: 50,
      duration_ms: null,
      reasoning: null,
      systems_touched: '[]',
      side_effects: '[]',
      artifacts_created: '[]',
      cost_estimate: 0,
      recommendation_applied: 0,
      verified: false,
      signature: null,
      updated_at: null,
    })
    expect(Date.parse(body.action.timestamp_start)).toBeLessThan(Date.parse('2026-01-01T00:01:00Z'))
  })

  test('drops fields that it does not know, and takes null for what is not given', async () => {
    const local = server()
    const { status, body } = await create(local, {
      tokens_in: 5,
      model: 'x',
      status: null,
      risk_score: null,
      junk: '\0',
    })
    expect([status, body.action.status, body.action.tokens_in]).toEqual([201, 'running', 0])
    expect(body.action).not.toHaveProperty('model')
  })

  test.each([
    [0.1, 0.1],
    [0.25, 0.25],
    [1234.5678, 1234.5677],
    [20_000, 10_000],
  ])('keeps a cost of %d in single precision, as %d', async (given, kept) => {
    const local = server()
    expect((await create(local, { cost_estimate: given })).body.action.cost_estimate).toBe(kept)
  })

  test('an outcome may cost more than a new action, up to what the column holds', async () => {
    const local = server()
    await create(local, { action_id: 'one' })
    expect((await change(local, 'one', { cost_estimate: 20_000.1 })).body.action.cost_estimate).toBe(20000.1)
    expect((await change(local, 'one', { cost_estimate: 1e39 })).status).toBe(500)
  })

  test('of four at once with one id, one is stored', async () => {
    const local = server()
    const answers = await Promise.all(Array.from({ length: 4 }, () => create(local, { action_id: 'mine' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
    expect((await list(local)).total).toBe(1)
    expect(local.snapshot()['guard_decisions']).toHaveLength(4)
  })

  test('may move from any status to any other by its agent', async () => {
    const local = server()
    const statuses = ['running', 'completed', 'failed', 'cancelled', 'pending', 'pending_approval']
    for (const from of statuses) {
      for (const status of statuses) {
        const action_id = `${from}-${status}`
        expect((await create(local, { action_id, status: from })).body.action.status).toBe(from)
        expect((await change(local, action_id, { status })).body.action.status).toBe(status)
      }
    }
  })

  test('an outcome keeps empty texts, lists as JSON text, and sets when it was written', async () => {
    const local = server({ now: '2026-02-03T04:05:06.789Z' })
    await create(local, { action_id: 'one' })
    const { body } = await change(local, 'one', {
      output_summary: '',
      side_effects: ['a'],
      duration_ms: 0,
      agent_id: 'x',
    })
    expect(body.action).toMatchObject({ output_summary: '', side_effects: '["a"]', duration_ms: 0, agent_id: 'a' })
    expect(body.action.updated_at).toMatch(/^2026-02-03 04:05:\d\d\.\d{6}\+00$/)
  })

  test('an outcome that fails half way keeps what was written before', async () => {
    const local = server()
    await create(local, { action_id: 'one' })
    const outcome = { status: 'completed', output_summary: 'done', error_message: 'a\0b', duration_ms: 5 }
    expect(await change(local, 'one', outcome)).toMatchObject({
      status: 500,
      body: { error: 'An error occurred while updating the action' },
    })
    const [action] = (await list(local)).actions
    expect(action).toMatchObject({
      status: 'completed',
      output_summary: 'done',
      error_message: null,
      duration_ms: null,
    })
  })

  test('secrets are replaced at any depth before anything is stored or sent on', async () => {
    const local = server()
    const secrets = { declared_goal: 'AKIAIOSFODNN7EXAMPLE', artifacts_created: [{ deep: ["password='hunter22'"] }] }
    const { body } = await send<{ security: object }>(local, 'POST', '/api/actions', { ...goal, ...secrets })
    expect(body.security).toEqual({
      clean: false,
      findings_count: 2,
      critical_count: 1,
      categories: ['cloud_credential', 'password'],
    })
    expect(JSON.stringify(local.snapshot())).not.toMatch(/AKIA|hunter22/)
    const decision = (local.snapshot()['guard_decisions'] ?? [])[0] as { decision: string }
    expect(decision.decision).toBe('allow')
  })

  test('a long row of tokens that are none does not stall the search for secrets', async () => {
    const local = server()
    const { status, body } = await create(local, { side_effects: [`${'eyJ'.repeat(400_000)}.a.b`] })
    expect([status, body.action.side_effects.length]).toEqual([201, 1_200_008])
  })
})

describe('the list of actions', () => {
  async function filled(options: object = {}) {
    const local = server({ now: '2026-03-01T00:00:00Z', ...options })
    const rows = [
      { action_id: 'a1', agent_id: 'x', risk_score: 10, action_type: 'build', cost_estimate: 0.1, status: 'completed' },
      { action_id: 'a2', agent_id: 'x', risk_score: 80, action_type: 'deploy', cost_estimate: 0.2, status: 'failed' },
      { action_id: 'a3', agent_id: 'y', risk_score: 70, action_type: 'build', swarm_id: 's', status: 'running' },
    ]
    for (const [at, row] of rows.entries()) {
      await create(local, { ...row, timestamp_start: `2026-03-0${at + 1}T00:00:00Z` })
    }
    return local
  }

  test.each([
    ['', ['a3', 'a2', 'a1']],
    ['?agent_id=x', ['a2', 'a1']],
    ['?swarm_id=s', ['a3']],
    ['?status=failed', ['a2']],
    ['?status=failed&status=running', ['a2']],
    ['?action_type=build&risk_min=50', ['a3']],
    ['?risk_min=70', ['a3', 'a2']],
    ['?limit=1', ['a3']],
    ['?limit=1&offset=1', ['a2']],
    ['?limit=0', ['a3', 'a2', 'a1']],
    ['?limit=many&offset=few', ['a3', 'a2', 'a1']],
    ['?agent_id=&junk=1', ['a3', 'a2', 'a1']],
    ['?exclude_status=failed', ['a3', 'a2', 'a1']],
  ])('%s holds %j', async (query, ids) => {
    expect((await list(await filled(), query)).actions.map(({ action_id }) => action_id)).toEqual(ids)
  })

  test('counts every match in total and stats, whatever the page', async () => {
    const { total, stats } = await list(await filled(), '?limit=1')
    expect(total).toBe(3)
    expect(stats).toEqual({
      total: '3',
      completed: '1',
      failed: '1',
      running: '1',
      high_risk: '2',
      avg_risk: '53.3333333333333333',
      total_cost: 0.3,
    })
  })

  test('a page holds at most 200', async () => {
    const local = server()
    for (let at = 0; at < 205; at++) seedAction(local, { action_id: `a${at}` })
    expect((await list(local, '?limit=1000')).actions).toHaveLength(200)
    expect((await list(local)).actions).toHaveLength(50)
  })

  test('of newer servers leaves a status out, and counts what was blocked', async () => {
    const local = await filled({ version: '2.10' })
    const { actions, stats } = await list(local, '?exclude_status=failed')
    expect(actions.map(({ action_id }) => action_id)).toEqual(['a3', 'a1'])
    expect(stats['blocked']).toBe('0')
    expect(actions[0]).toMatchObject({ approved_by: null, approved_at: null })
    expect((await list(local, '?exclude_status=failed&status=failed')).total).toBe(1)
  })
})

describe('deleting actions', () => {
  async function filled(version: '2.0' | '2.10') {
    const local = server({ version })
    for (const [at, agent_id] of ['x', 'x', 'y'].entries()) {
      const action_id = `a${at}`
      await create(local, { action_id, agent_id, timestamp_start: `2026-03-0${at + 1}T00:00:00` })
      await send(local, 'POST', '/api/actions/loops', { action_id, loop_type: 'other', description: 'd' })
      await send(local, 'POST', '/api/actions/assumptions', { action_id, assumption: 'd' })
    }
    return local
  }
  const remove = async (local: LocalServer, query: string) => (await send(local, 'DELETE', `/api/actions${query}`)).body

  test('takes loops and assumptions along, and leaves the guard log', async () => {
    const local = await filled('2.0')
    expect(await remove(local, '?action_id=a0&agent_id=y')).toEqual({ deleted: 1, action_ids: ['a0'] })
    const { loops, assumptions, guard_decisions } = local.snapshot()
    expect([loops?.length, assumptions?.length, guard_decisions?.length]).toEqual([2, 2, 3])
  })

  test('joins its filters, and reads a time without a zone as UTC', async () => {
    const local = await filled('2.0')
    expect(await remove(local, '?agent_id=x&before=2026-03-02T00:00:00Z')).toEqual({ deleted: 1 })
    expect(await remove(local, '?status=failed')).toEqual({ deleted: 0 })
    expect(await remove(local, '?before=2026-03-02T00:00:01Z')).toEqual({ deleted: 1 })
    expect((await send(local, 'DELETE', '/api/actions?before=never')).status).toBe(500)
  })

  test('by a date fails on 2.0 while a stored start is none', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 200],
    ] as const) {
      const local = await filled(version)
      await create(local, { timestamp_start: 'soon' })
      expect((await send(local, 'DELETE', '/api/actions?before=2027-01-01')).status).toBe(status)
    }
  })

  test('takes several ids on newer servers', async () => {
    const local = await filled('2.10')
    expect(await remove(local, '?action_ids=a0,a2,nope')).toEqual({ deleted: 2, action_ids: ['a0', 'a2'] })
    expect(await remove(await filled('2.0'), '?action_ids=a0')).toHaveProperty('error')
  })
})

describe('a trace', () => {
  interface Traced {
    trace: Record<'parent_chain' | 'sub_actions' | 'related_actions', ActionRecord[]> & {
      assumptions: { items: { assumption_id: string }[] }
      root_cause_indicators: { type: string; severity: string; count: number }[]
    }
  }
  const trace = async (local: LocalServer, id: string) =>
    (await send<Traced>(local, 'GET', `/api/actions/${id}/trace`)).body.trace
  const ids = (rows: readonly ActionRecord[]) => rows.map(({ action_id }) => action_id)

  test('follows parents for ten steps, and stops where they turn in a circle', async () => {
    const local = server()
    for (let at = 0; at < 13; at++) seedAction(local, { action_id: `p${at}`, parent_action_id: `p${at + 1}` })
    expect(ids((await trace(local, 'p0')).parent_chain)).toEqual(Array.from({ length: 10 }, (_, at) => `p${at + 1}`))
    seedAction(local, { action_id: 'c1', parent_action_id: 'c2' })
    seedAction(local, { action_id: 'c2', parent_action_id: 'c1' })
    expect(ids((await trace(local, 'c1')).parent_chain)).toEqual(['c2'])
  })

  test('relates actions of the agent or on the same systems within an hour, newest first, at most 20', async () => {
    const local = server()
    const start = (minutes: number) => ({ timestamp_start: new Date(DAY + minutes * 60_000).toISOString() })
    seedAction(local, { action_id: 'root', agent_id: 'x', systems_touched: '["db"]', ...start(0) })
    seedAction(local, { action_id: 'other', agent_id: 'y', systems_touched: '["db"]', ...start(-59) })
    seedAction(local, { action_id: 'far', agent_id: 'x', ...start(60) })
    seedAction(local, { action_id: 'stranger', agent_id: 'y', systems_touched: '["db","x"]', ...start(0) })
    for (let at = 1; at <= 20; at++) seedAction(local, { action_id: `n${at}`, agent_id: 'x', ...start(at) })
    const related = ids((await trace(local, 'root')).related_actions)
    expect(related).toEqual(Array.from({ length: 20 }, (_, at) => `n${20 - at}`))
    await send(local, 'DELETE', '/api/actions?action_id=n7')
    expect(ids((await trace(local, 'root')).related_actions).at(-1)).toBe('other')
  })

  test('names what may have gone wrong, by kind', async () => {
    const local = server()
    seedAction(local, { action_id: 'parent', status: 'failed', error_message: 'boom' })
    seedAction(local, { action_id: 'child', parent_action_id: 'parent' })
    const about = { action_id: 'child' }
    await send(local, 'POST', '/api/actions/loops', { ...about, loop_type: 'review', description: 'open' })
    for (const assumption_id of ['asm_1', 'asm_2']) {
      await send(local, 'POST', '/api/actions/assumptions', { ...about, assumption: 'wrong', assumption_id })
    }
    const wrong = { validated: false, invalidated_reason: 'r' }
    await send(local, 'PATCH', '/api/actions/assumptions/asm_2', wrong)
    const { root_cause_indicators, assumptions } = await trace(local, 'child')
    expect(root_cause_indicators.map(({ type, severity, count }) => [type, severity, count])).toEqual([
      ['invalidated_assumptions', 'high', 1],
      ['unresolved_loops', 'medium', 1],
      ['parent_failures', 'high', 1],
      ['related_failures', 'medium', 1],
    ])
    expect(assumptions.items.map(({ assumption_id }) => assumption_id)).toEqual(['asm_1', 'asm_2'])
    expect(ids((await trace(local, 'parent')).sub_actions)).toEqual(['child'])
  })

  test('fails on 2.0 next to a time that is none', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 200],
    ] as const) {
      const local = server({ version })
      await create(local, { action_id: 'good' })
      await create(local, { timestamp_start: 'soon' })
      await create(local, { agent_id: 'b', action_id: 'far' })
      expect((await send(local, 'GET', '/api/actions/good/trace')).status).toBe(status)
      expect((await send(local, 'GET', '/api/actions/far/trace')).status).toBe(200)
    }
  })
})

describe('a blocked action', () => {
  const policies = [{ name: 'No cleanup', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }]

  test('leaves no row on 2.0, and its id stays free', async () => {
    const local = server({ policies })
    const blocked = await create(local, { action_type: 'cleanup', action_id: 'mine' })
    expect(blocked).toMatchObject({
      status: 403,
      body: { error: 'Action blocked by policy', decision: { decision: 'block' } },
    })
    expect(blocked.body).not.toHaveProperty('action')
    expect(local.snapshot()['guard_decisions']).toHaveLength(1)
    expect((await create(local, { action_id: 'mine' })).status).toBe(201)
  })

  test('is stored by newer servers as blocked, with the reason', async () => {
    const local = server({ version: '2.10', policies })
    const { status, body } = await create(local, { action_type: 'cleanup', action_id: 'mine' })
    const policy = (local.snapshot()['policies'] ?? [])[0] as { id: string }
    expect([status, body.action]).toMatchObject([
      403,
      {
        status: 'blocked',
        error_message: `No cleanup: Action type "cleanup" is blocked by policy (${policy.id})`,
        timestamp_end: body.action.timestamp_start,
        duration_ms: 0,
        cost_estimate: 0,
      },
    ])
    expect((await list(local)).stats['blocked']).toBe('1')
    expect((await create(local, { action_id: 'mine' })).status).toBe(409)
  })
})

test('only newer servers take action types of one’s own', async () => {
  const own = { action_type: 'database_write' }
  expect((await create(server(), own)).status).toBe(400)
  expect((await create(server({ version: '2.10' }), own)).status).toBe(201)
  expect((await create(server({ version: '2.10' }), { action_type: 'x'.repeat(129) })).status).toBe(400)
})
