import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { compose } from '../../src/core/compose.ts'
import { Core } from '../../src/core/core.ts'
import * as errors from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { Guard } from '../../src/domains/guard.ts'
import { capture } from '../support/capture.ts'
import { domainClasses } from '../support/client.ts'
import { rejection, setup, warnings } from '../support/local.ts'

const KEY = 'oc_live_0123456789abcdef0123456789abcdef'
const good = { baseUrl: 'https://claw.test', apiKey: KEY, agentId: 'bot' }

describe('options', () => {
  test.each([
    [{ baseUrl: '' }, 'baseUrl', /baseUrl is missing: pass \{ baseUrl.*DASHCLAW_BASE_URL/],
    [{ baseUrl: 'claw.test' }, 'baseUrl', /absolute http\(s\) URL/],
    [{ baseUrl: 'ftp://claw.test' }, 'baseUrl', /absolute http\(s\) URL/],
    [{ baseUrl: 'https://user:pw@claw.test' }, 'baseUrl', /no user name/],
    [{ baseUrl: 'https://claw.test?x=1' }, 'baseUrl', /no user name, password, query/],
    [{ baseUrl: 7 }, 'baseUrl', /absolute/],
    [{ apiKey: '' }, 'apiKey', /printable ASCII|apiKey is missing/],
    [{ apiKey: `${KEY}\n` }, 'apiKey', /without spaces or line breaks/],
    [{ apiKey: 'clé' }, 'apiKey', /printable ASCII/],
    [{ apiKey: undefined }, 'apiKey', /apiKey is missing.*DASHCLAW_API_KEY/],
    [{ agentId: undefined }, 'agentId', /agentId must be.*DASHCLAW_AGENT_ID/],
    [{ agentId: 'x'.repeat(129) }, 'agentId', /1 to 128/],
    [{ agentName: 5 }, 'agentName', /must be a string/],
    [{ guardMode: 'strict' }, 'guardMode', /one of: off, warn, enforce; got "strict"/],
    [{ onGuardError: 'open' }, 'onGuardError', /one of: block, allow/],
    [{ hitlMode: 'on' }, 'hitlMode', /one of: off, wait/],
    [{ autoRecommend: true }, 'autoRecommend', /one of: off, warn, enforce/],
    [{ timeout: -1 }, 'timeout', /0 or more/],
    [{ timeout: '30s' }, 'timeout', /got "30s"/],
    [{ maxRetries: Number.NaN }, 'maxRetries', /0 or more/],
    [{ fetch: {} }, 'fetch', /must be a function/],
    [{ redact: true }, 'redact', /must be a function/],
    [{ logger: {} }, 'logger', /warn\(message\)/],
    [{ headers: { 'x-a': 'b\r\nc' } }, 'x-a', /without spaces or line breaks/],
    [{ authToken: 'a b\n' }, 'authToken', /printable ASCII/],
  ])('%o is refused with a sentence that names %s', (wrong, field, message) => {
    const make = () => new DashClaw({ ...good, ...wrong } as DashClawOptions)
    expect(make).toThrow(errors.InputError)
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect((error as errors.InputError).field).toBe(field)
      expect(String(error)).not.toContain(KEY)
    }
  })
  test('must be an object', () => {
    expect(() => new DashClaw(null as never)).toThrow(/takes an object of options/)
    expect(() => new DashClaw('https://claw.test' as never)).toThrow(/takes an object of options/)
  })
  test('fall back to the environment, one by one', () => {
    vi.stubEnv('DASHCLAW_BASE_URL', ' https://env.test/ ')
    vi.stubEnv('DASHCLAW_API_KEY', `${KEY}\n`)
    vi.stubEnv('DASHCLAW_AGENT_ID', 'env-bot')
    const claw = new DashClaw()
    expect([claw.baseUrl, claw.agentId]).toEqual(['https://env.test', 'env-bot'])
    expect(new DashClaw({ agentId: 'mine' }).agentId).toBe('mine')
    vi.unstubAllEnvs()
  })
  test('need no environment', () => {
    vi.stubGlobal('process', undefined)
    expect(new DashClaw(good).agentId).toBe('bot')
    vi.stubGlobal('process', {
      get env() {
        throw new Error('not allowed')
      },
    })
    expect(() => new DashClaw({ ...good, agentId: undefined })).toThrow(/agentId/)
    vi.unstubAllGlobals()
  })
  test.each([
    ['http://claw.example.com', 1],
    ['http://127.0.0.1.evil.test', 1],
    ['http://localhost.evil.test', 1],
    ['http://localhost:3000', 0],
    ['http://localhost', 0],
    ['http://127.0.0.1:3000/x', 0],
    ['http://[::1]:3000', 0],
    ['https://claw.example.com', 0],
  ])('%s warns %i times', (baseUrl, times) => {
    const logger = warnings()
    const claw = new DashClaw({ ...good, baseUrl, logger })
    claw.forAgent('other')
    expect(logger.texts).toHaveLength(times)
  })
})

test('a client never shows its keys', () => {
  const secret = '-----BEGIN PRIVATE KEY-----\nMIIEsecret\n-----END PRIVATE KEY-----'
  const claw = new DashClaw({
    ...good,
    authToken: 'jwt.secret.token',
    privateKey: secret,
    headers: { 'x-secret': 'header-secret' },
  })
  const shown = [
    JSON.stringify(claw),
    inspect(claw, { depth: 10, showHidden: true }),
    String(claw),
    ...Object.keys(claw),
    JSON.stringify({ ...claw }),
  ].join()
  for (const hidden of [KEY, 'jwt.secret', 'MIIEsecret', 'header-secret']) expect(shown).not.toContain(hidden)
  expect(JSON.parse(JSON.stringify(claw))).toEqual({ baseUrl: 'https://claw.test', agentId: 'bot' })
})

describe('forAgent', () => {
  test('speaks for another agent over the same settings', async () => {
    const { claw, server } = setup({ agentName: 'First', swarmId: 's1' })
    const other = claw.forAgent('agent-2', { agentName: 'Second' })
    await claw.createAction({ action_type: 'build', declared_goal: 'a' })
    await other.createAction({ action_type: 'build', declared_goal: 'b' })
    await claw.forAgent('agent-3').createAction({ action_type: 'build', declared_goal: 'c' })
    expect(server.snapshot()['actions']).toMatchObject([
      { agent_id: 'agent-1', agent_name: 'First', swarm_id: 's1' },
      { agent_id: 'agent-2', agent_name: 'Second', swarm_id: 's1' },
      { agent_id: 'agent-3', agent_name: null, swarm_id: 's1' },
    ])
    expect(other).toBeInstanceOf(DashClaw)
    expect(() => claw.forAgent('')).toThrow(/agentId/)
  })
  test('shares background work: closing one flushes all', async () => {
    const { claw, server } = setup()
    claw.forAgent('agent-2').startHeartbeat({ interval: 1000 })
    await expect.poll(() => server.requests.length).toBe(1)
    await claw.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(server.requests).toHaveLength(1)
  })
})

describe('redact', () => {
  test('sees every text of a body with its field, and what it returns is sent', async () => {
    const { fetch, sent } = capture([{ decision: 'allow' }])
    const claw = new DashClaw({
      ...good,
      fetch,
      redact: (text, field) => (field === 'declared_goal' ? text.replace(/\d+/g, '#') : text),
    })
    await claw.guard({ action_type: 'api', declared_goal: 'Refund 4711', systems_touched: ['pay 1'] })
    expect(sent[0]!.body).toEqual({
      action_type: 'api',
      declared_goal: 'Refund #',
      systems_touched: ['pay 1'],
      agent_id: 'bot',
    })
  })
  test('that throws keeps the text in, and the call goes out', async () => {
    const { fetch, sent } = capture([{ decision: 'allow' }])
    const logger = warnings()
    const claw = new DashClaw({
      ...good,
      fetch,
      logger,
      redact(text, field) {
        if (field === 'declared_goal') throw new Error('broken')
        return text
      },
    })
    await claw.guard({ action_type: 'api', declared_goal: 'secret' })
    expect(sent[0]!.body).toMatchObject({ declared_goal: '[REDACTED]', action_type: 'api' })
    expect(logger.texts).toEqual(['dashclaw: the redact option failed; [REDACTED] was sent in place of declared_goal.'])
  })
})

describe('background work', () => {
  test('is handed to waitUntil, and flush waits for it', async () => {
    const handed: Promise<unknown>[] = []
    const { claw, server } = setup({ waitUntil: (work) => void handed.push(work), maxRetries: 0 })
    server.failNext({ method: 'PATCH', status: 500 }, 2)
    await claw.track({ action_type: 'build', declared_goal: 'b' }, () => 1)
    expect((server.snapshot()['actions']![0] as { status: string }).status).toBe('running')
    await claw.flush()
    expect(handed).toHaveLength(1)
    await expect(Promise.all(handed)).resolves.toBeDefined()
    expect((server.snapshot()['actions']![0] as { status: string }).status).toBe('completed')
  })
  test('is given up on close, and reported', async () => {
    const reports: boolean[] = []
    const { claw, server } = setup({ maxRetries: 0, onUndelivered: ({ final }) => reports.push(final) })
    server.failNext({ method: 'PATCH', kind: 'network' }, 99)
    await claw.track({ action_type: 'build', declared_goal: 'b' }, () => 1)
    await claw[Symbol.asyncDispose]()
    expect(reports).toEqual([false, true])
  })
  test('is bounded: the oldest is dropped, and said once', async () => {
    const { claw, server, logger } = setup({ maxRetries: 0, onUndelivered() {} })
    server.failNext({ method: 'PATCH', kind: 'network' }, 9999)
    const controller = new AbortController()
    server.failNext({ path: '/api/stream', status: 404, body: '' }, 9)
    const waits = Array.from({ length: 1005 }, (_, at) =>
      claw.waitForApproval(`act_${at}`, { signal: controller.signal, cancelOnAbort: true }).catch(() => {}),
    )
    controller.abort()
    await Promise.all(waits)
    expect(logger.texts.filter((text) => /more than 1000 reports/.test(text))).toHaveLength(1)
    await claw.close()
  })
})

describe('heartbeats', () => {
  test('are sent at once and at intervals, also after a failure, until they are stopped', async () => {
    vi.useFakeTimers()
    try {
      const { claw, server, logger } = setup({ maxRetries: 0 })
      claw.startHeartbeat({ interval: 60_000, status: 'busy', current_task_id: 't1', metadata: { v: 1 } })
      claw.startHeartbeat({ interval: 1000 })
      await vi.advanceTimersByTimeAsync(0)
      server.failNext({ path: '/api/agents/heartbeat', status: 500 }, 2)
      await vi.advanceTimersByTimeAsync(180_000)
      expect(server.requests).toHaveLength(4)
      expect(server.requests[3]!.body).toEqual({
        agent_id: 'agent-1',
        status: 'busy',
        current_task_id: 't1',
        metadata: { v: 1 },
      })
      expect(logger.texts).toEqual([expect.stringMatching(/heartbeat of agent-1 failed; the next one follows/)])
      claw.stopHeartbeat()
      claw.stopHeartbeat()
      await vi.advanceTimersByTimeAsync(600_000)
      expect(server.requests).toHaveLength(4)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
  test('refuse an interval that is no number of milliseconds', () => {
    const { claw } = setup()
    for (const interval of [5, 0, -1, Number.NaN, '60s'])
      expect(() => claw.startHeartbeat({ interval: interval as number })).toThrow(/1,000 or more/)
  })
})

describe('errors', () => {
  test('are told apart by kind, also when they come from another copy of the package', async () => {
    vi.resetModules()
    const copy = (await import('../../src/core/errors.ts')) as typeof errors
    expect(copy.NotFoundError).not.toBe(errors.NotFoundError)
    const error = new copy.RouteNotFoundError('no', { status: 404, method: 'GET', path: '/', body: '' })
    expect(error instanceof errors.NotFoundError).toBe(false)
    for (const kind of ['RouteNotFoundError', 'NotFoundError', 'APIError', 'DashClawError'] as const) {
      expect(errors.isDashClawError(error, kind)).toBe(true)
    }
    expect(errors.isDashClawError(error, 'ConflictError')).toBe(false)
    expect(errors.isDashClawError(error)).toBe(true)
  })
  test.each([undefined, null, 'text', 7, {}, new Error('plain'), { name: 'APIError', status: 404 }])(
    '%o is none of ours',
    (value) => {
      expect(errors.isDashClawError(value)).toBe(false)
      expect(errors.isDashClawError(value, 'APIError')).toBe(false)
    },
  )
  test('have their class name, and can be written as JSON', () => {
    for (const [name, Kind] of Object.entries(errors)) {
      if (!name.endsWith('Error') || name === 'isDashClawError') continue
      const error = Reflect.construct(
        Kind as never,
        name === 'GuardBlockedError' ? [{ decision: 'block' }, 'goal'] : ['text', { status: 400 }],
      )
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(name)
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name, message: expect.any(String) })
    }
  })
})

describe('composition', () => {
  test('domains have methods only, and no two share a name', async () => {
    const owners = new Map<string, string>()
    for (const domain of await domainClasses()) {
      expect(
        Object.getOwnPropertyNames(domain).filter((name) => !['length', 'name', 'prototype'].includes(name)),
      ).toEqual([])
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(domain.prototype))) {
        if (name === 'constructor') continue
        expect(typeof descriptor.value).toBe('function')
        expect(owners.get(name) ?? 'nobody').toBe('nobody')
        expect(name in Core.prototype).toBe(false)
        owners.set(name, domain.name)
      }
    }
    expect(owners.size).toBeGreaterThan(20)
  })
  test('makes a client of the domains that are named, which can be subclassed', async () => {
    const Small = compose(Guard)
    class Mine extends Small {
      async allowed(action_type: string) {
        return (await this.guard({ action_type })).decision === 'allow'
      }
    }
    const { fetch } = capture([{ decision: 'allow' }])
    const mine = new Mine({ ...good, fetch })
    expect(await mine.allowed('build')).toBe(true)
    expect('createAction' in mine).toBe(false)
    expect(mine.forAgent('x')).toBeInstanceOf(Mine)
  })
})

test('events arrive typed through the client, and close ends them', async () => {
  const { claw, server } = setup()
  const seen: string[] = []
  const stream = claw.events({ types: ['action.created'] })
  const reading = (async () => {
    for await (const event of stream)
      if (event.type === 'action.created') seen.push((event.data as { status: string }).status)
  })()
  await expect.poll(() => server.requests.length).toBe(1)
  await claw.createAction({ action_type: 'build', declared_goal: 'b' })
  await expect.poll(() => seen).toEqual(['running'])
  await claw.close()
  await reading
  expect(await rejection(claw.request({ method: 'TRACE' as never, path: '/api/x' }))).toMatchObject({ field: 'method' })
  expect(() => claw.events({ types: [] })).toThrow(/types must be an array/)
  expect(() => claw.events({ lastEventId: 5 as never })).toThrow(/lastEventId/)
})
