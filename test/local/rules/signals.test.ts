import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { seedAction, send } from '../../support/seeds.ts'

interface Signal {
  type: string
  severity: string
  label: string
  detail: string
  help: string
  agent_id: string | null
  action_id?: string
  loop_id?: string
  assumption_id?: string
}
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOW = Date.parse('2026-06-01T12:00:00.000Z')

const server = (version: '2.0' | '2.10' = '2.0') => createLocalServer({ version, now: NOW })
// A moment more or less, so that the clock's own run does not matter.
const ago = (ms: number) => new Date(NOW - ms).toISOString()
const SOON = 5 * MINUTE

async function signals(local: LocalServer, query = ''): Promise<Signal[]> {
  return (await send<{ signals: Signal[] }>(local, 'GET', `/api/actions/signals${query}`)).body.signals
}
const brief = (found: readonly Signal[]) => found.map(({ severity, label }) => [severity, label])

/** Makes rows in a table, with numbered ids. */
function many(local: LocalServer, count: number, fields: object, from = 0): void {
  for (let at = from; at < from + count; at++)
    seedAction(local, { action_id: `act_${at}`, status: 'completed', ...fields })
}
function loop(local: LocalServer, hours: number, fields: object = {}): void {
  const created_at = ago(hours * HOUR)
  local.seed('loops', [
    { loop_id: `loop_${hours}`, action_id: 'act_0', status: 'open', description: 'wait', created_at, ...fields },
  ])
}
function assumption(local: LocalServer, days: number, fields: object = {}): void {
  const row = { assumption_id: `asm_${days}`, action_id: 'act_0', assumption: 'true', validated: 0, invalidated: 0 }
  local.seed('assumptions', [{ ...row, invalidated_at: null, created_at: ago(days * DAY), ...fields }])
}
const beat = (local: LocalServer, minutes: number, fields: object = {}) =>
  local.seed('presence', [
    {
      agent_id: 'bot',
      agent_name: null,
      status: 'online',
      current_task_id: null,
      metadata: {},
      last_heartbeat_at: ago(minutes * MINUTE),
      ...fields,
    },
  ])

describe('agent_silent', () => {
  test.each([
    ['is not there at 9 minutes', 9, {}, []],
    ['comes after 10 minutes', 11, {}, [['amber', 'Agent heartbeat lost: bot']]],
    ['names the agent', 11, { agent_name: 'Bot' }, [['amber', 'Agent heartbeat lost: Bot']]],
    ['is red with a task', 11, { current_task_id: 't' }, [['red', 'Agent heartbeat lost: bot']]],
    ['is not there for an agent that went', 11, { status: 'offline' }, []],
    [
      'is there when it went with a task',
      11,
      { status: 'offline', current_task_id: 't' },
      [['red', 'Agent heartbeat lost: bot']],
    ],
    ['wants a task where the status is null', 11, { status: null }, []],
    [
      'takes a task where the status is null',
      11,
      { status: null, current_task_id: 't' },
      [['red', 'Agent heartbeat lost: bot']],
    ],
  ])('%s', async (_title, minutes, fields, expected) => {
    const local = server()
    beat(local, minutes, fields)
    expect(brief(await signals(local))).toEqual(expected)
  })
})

describe('autonomy_spike', () => {
  test.each([
    [10, []],
    [11, [['amber', 'Governance alert: core-act-1 (11 ungoverned decisions/hr)']]],
    [20, [['amber', 'Governance alert: core-act-1 (20 ungoverned decisions/hr)']]],
    [21, [['red', 'Governance alert: core-act-1 (21 ungoverned decisions/hr)']]],
  ])('of %d actions within an hour', async (count, expected) => {
    const local = server()
    many(local, count, { timestamp_start: ago(HOUR - SOON) })
    many(local, 5, { timestamp_start: ago(HOUR + SOON) }, 100)
    expect(brief(await signals(local))).toEqual(expected)
  })

  test('counts an agent that changes its name apart', async () => {
    const local = server()
    many(local, 11, {})
    many(local, 2, { agent_name: 'Other' }, 100)
    many(local, 12, { agent_name: 'Busy', agent_id: 'b' }, 200)
    expect((await signals(local)).map(({ label }) => label)).toEqual([
      'Governance alert: Busy (12 ungoverned decisions/hr)',
      'Governance alert: core-act-1 (11 ungoverned decisions/hr)',
    ])
  })
})

describe('high_impact_low_oversight', () => {
  const risky = { status: 'running', reversible: 0, risk_score: 70, declared_goal: 'Drop' }
  test.each([
    ['comes at risk 70', {}, [['amber', 'Ungoverned high-risk decision: Drop']]],
    ['is red at risk 90', { risk_score: 90 }, [['red', 'Ungoverned high-risk decision: Drop']]],
    [
      'cuts the goal at 50',
      { declared_goal: 'x'.repeat(60) },
      [['amber', `Ungoverned high-risk decision: ${'x'.repeat(50)}`]],
    ],
    ['says Unknown without a goal', { declared_goal: '' }, [['amber', 'Ungoverned high-risk decision: Unknown']]],
    ['takes an empty scope for none', { authorization_scope: '' }, [['amber', 'Ungoverned high-risk decision: Drop']]],
    ['is not there below', { risk_score: 69 }, []],
    ['is not there with a scope', { authorization_scope: 'admin' }, []],
    ['is not there when it can be undone', { reversible: 1 }, []],
    ['is not there when it is over', { status: 'completed' }, []],
  ])('%s', async (_title, fields, expected) => {
    const local = server()
    many(local, 1, { ...risky, ...fields })
    expect(brief(await signals(local))).toEqual(expected)
  })

  test('holds the ten highest risks, and its action', async () => {
    const local = server()
    for (let at = 0; at < 12; at++) many(local, 1, { ...risky, agent_id: `a${at}`, risk_score: 75 + at }, at)
    const found = await signals(local)
    expect(found.map(({ action_id }) => action_id)).toEqual(Array.from({ length: 10 }, (_, at) => `act_${11 - at}`))
    expect(await signals(local, '?agent_id=a0')).toEqual([])
  })
})

describe('repeated_failures', () => {
  test.each([
    [3, []],
    [4, [['amber', 'Decision reliability degraded: Bot (4 failures in 24h)']]],
    [5, [['amber', 'Decision reliability degraded: Bot (5 failures in 24h)']]],
    [6, [['red', 'Decision reliability degraded: Bot (6 failures in 24h)']]],
  ])('of %d actions within a day', async (count, expected) => {
    const local = server()
    many(local, count, { status: 'failed', agent_name: 'Bot', timestamp_start: ago(DAY - SOON) })
    many(local, 4, { status: 'failed', agent_name: 'Bot', timestamp_start: ago(DAY + SOON) }, 100)
    expect(brief(await signals(local))).toEqual(expected)
  })
})

describe('stale_loop', () => {
  test.each([
    [47.9, {}, []],
    [48.1, {}, [['amber', 'Unresolved dependency (48h): wait']]],
    [96.4, {}, [['amber', 'Unresolved dependency (96h): wait']]],
    [96.6, {}, [['red', 'Unresolved dependency (97h): wait']]],
    [50, { description: 'y'.repeat(60) }, [['amber', `Unresolved dependency (50h): ${'y'.repeat(50)}`]]],
    [100, { status: 'resolved' }, []],
  ])('of %d hours', async (hours, fields, expected) => {
    const local = server()
    loop(local, hours, fields)
    expect(brief(await signals(local))).toEqual(expected)
  })

  test('holds the ten oldest, of their agent or of none', async () => {
    const local = server()
    many(local, 1, { agent_id: 'bot' })
    for (let at = 0; at < 12; at++) loop(local, 50 + at, at === 11 ? { action_id: 'gone' } : {})
    const found = await signals(local)
    expect(found.map(({ loop_id }) => loop_id)).toEqual(Array.from({ length: 10 }, (_, at) => `loop_${61 - at}`))
    expect(found.map(({ agent_id }) => agent_id)).toEqual([null, ...Array(9).fill('bot')])
  })
})

describe('assumption_drift', () => {
  const wrong = (days: number) => ({ invalidated: 1, invalidated_at: ago(days * DAY) })
  test.each([
    [1, []],
    [2, [['amber', 'Decision basis degrading: bot (2 assumptions invalidated)']]],
    [3, [['amber', 'Decision basis degrading: bot (3 assumptions invalidated)']]],
    [4, [['red', 'Decision basis degrading: bot (4 assumptions invalidated)']]],
  ])('of %d within a week', async (count, expected) => {
    const local = server()
    many(local, 1, { agent_id: 'bot' })
    for (let at = 0; at < count; at++) assumption(local, at, wrong(6.9))
    for (let at = 0; at < 3; at++) assumption(local, 10 + at, wrong(7.1))
    // One that was registered as wrong has no time of it.
    for (let at = 0; at < 3; at++) assumption(local, 20 + at, { invalidated: 1 })
    expect(brief(await signals(local))).toEqual(expected)
  })
})

describe('stale_assumption', () => {
  test.each([
    [13.9, {}, []],
    [14.1, {}, [['amber', 'Unverified decision basis (14d): true']]],
    [30.4, {}, [['amber', 'Unverified decision basis (30d): true']]],
    [30.6, {}, [['red', 'Unverified decision basis (31d): true']]],
    [40, { validated: 1 }, []],
    [40, { invalidated: 1 }, []],
  ])('of %d days', async (days, fields, expected) => {
    const local = server()
    assumption(local, days, fields)
    expect(brief(await signals(local))).toEqual(expected)
  })

  test('holds the ten oldest', async () => {
    const local = server()
    for (let at = 0; at < 12; at++) assumption(local, 15 + at)
    const ids = (await signals(local)).map(({ assumption_id }) => assumption_id)
    expect(ids).toEqual(Array.from({ length: 10 }, (_, at) => `asm_${26 - at}`))
  })
})

describe('stale_running_action', () => {
  test.each([
    [3.9, {}, []],
    [4.1, {}, [['amber', 'Stalled decision (4h): Ship']]],
    [24.4, {}, [['amber', 'Stalled decision (24h): Ship']]],
    [24.6, {}, [['red', 'Stalled decision (25h): Ship']]],
    [5, { declared_goal: 'z'.repeat(70) }, [['amber', `Stalled decision (5h): ${'z'.repeat(60)}`]]],
    [5, { declared_goal: '' }, [['amber', 'Stalled decision (5h): Unknown goal']]],
    [5, { status: 'pending_approval' }, []],
  ])('of %d hours', async (hours, fields, expected) => {
    const local = server()
    many(local, 1, { status: 'running', timestamp_start: ago(hours * HOUR), ...fields })
    expect(brief(await signals(local))).toEqual(expected)
  })

  test('holds the ten that started first', async () => {
    const local = server()
    for (let at = 0; at < 12; at++) many(local, 1, { status: 'running', timestamp_start: ago((5 + at) * HOUR) }, at)
    const ids = (await signals(local)).map(({ action_id }) => action_id)
    expect(ids).toEqual(Array.from({ length: 10 }, (_, at) => `act_${11 - at}`))
  })
})

test('red signals come first, each colour in the order of the types, with counts', async () => {
  const local = server()
  beat(local, 20, { current_task_id: 't' })
  beat(local, 20, { agent_id: 'idle' })
  many(local, 21, { status: 'failed', agent_id: 'a', declared_goal: 'f' })
  many(local, 4, { status: 'failed', agent_id: 'b' }, 30)
  many(local, 1, { status: 'running', reversible: 0, risk_score: 95, timestamp_start: ago(30 * HOUR) }, 50)
  loop(local, 50)
  for (const days of [50, 20]) assumption(local, days)
  const { signals: found, ...rest } = (
    await send<{ signals: Signal[]; counts: object; lastUpdated: string }>(local, 'GET', '/api/actions/signals')
  ).body
  expect(found.map(({ severity, type }) => `${severity} ${type}`)).toEqual([
    'red agent_silent',
    'red autonomy_spike',
    'red high_impact_low_oversight',
    'red repeated_failures',
    'red stale_assumption',
    'red stale_running_action',
    'amber agent_silent',
    'amber repeated_failures',
    'amber stale_loop',
    'amber stale_assumption',
  ])
  expect(rest.counts).toEqual({ red: 6, amber: 4, total: 10 })
  for (const { detail, help } of found) expect([detail, help]).not.toContain('')
  expect((await signals(local, '?agent_id=b')).map(({ type }) => type)).toEqual(['repeated_failures'])
  expect(await signals(local, '?agent_id=nobody')).toEqual([])
})

test('a start that is no date breaks them all on 2.0; newer servers pass over it', async () => {
  for (const [version, status] of [
    ['2.0', 500],
    ['2.10', 200],
  ] as const) {
    const local = server(version)
    many(local, 1, { timestamp_start: 'soon', status: 'running' })
    beat(local, 20)
    const answer = await send<{ signals: Signal[] }>(local, 'GET', '/api/actions/signals')
    expect([answer.status, answer.body.signals.length]).toEqual([status, status === 200 ? 1 : 0])
  }
})

test('have a path of their own on newer servers only', async () => {
  expect((await send(server('2.10'), 'GET', '/api/signals')).status).toBe(200)
  expect((await send(server(), 'GET', '/api/signals')).status).toBe(404)
})
