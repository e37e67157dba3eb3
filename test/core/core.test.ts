import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { compose } from '../../src/core/compose.ts'
import { Core, isClosed, sharedOf } from '../../src/core/core.ts'
import { Guard } from '../../src/domains/guard.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'
import { domainClasses, GOOD, KEY } from '../support/client.ts'
import { rejection, setup, warnings } from '../support/local.ts'

test('a client never shows its keys', () => {
  const secret = '-----BEGIN PRIVATE KEY-----\nMIIEsecret\n-----END PRIVATE KEY-----'
  const claw = new DashClaw({
    ...GOOD,
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
      ...GOOD,
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
      ...GOOD,
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
  test('sees texts at any depth, and no body is none', async () => {
    const bodies: (string | undefined)[] = []
    const claw = new Core({
      ...GOOD,
      redact: (text) => text.toUpperCase(),
      fetch: async (_url, { body }) => {
        bodies.push(body)
        return Response.json({}) as never
      },
    })
    await claw.request({ method: 'POST', path: '/x', body: { a: 'b', n: 1, deep: ['c'] } })
    await claw.request({ method: 'POST', path: '/x' })
    expect(bodies).toEqual(['{"a":"B","n":1,"deep":["C"]}', undefined])
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
  test('is delivered by flush, and a closed client is closed for all that share it', async () => {
    const claw = new Core({ ...GOOD, fetch: async () => Response.json({}) as never })
    const work = vi.fn(async () => {})
    claw.background('report', work)
    await claw.flush()
    expect(work).toHaveBeenCalledTimes(1)
    const stop = vi.fn()
    const child = claw.forAgent('agent-2')
    sharedOf(child).closers.add(stop)
    expect(isClosed(child)).toBe(false)
    await claw.close()
    expect(isClosed(child)).toBe(true)
    expect(stop).toHaveBeenCalledTimes(1)
  })
})

describe('request', () => {
  const fetch = async () => Response.json({ ok: true }) as never
  test.each([
    '/api/..',
    '/..',
    '/.',
    '/api/.',
    '/api/%2E./x',
    '/api/..?a=1',
    '/api/.?a',
    '../x',
    'api/x',
    '//evil.test/api',
    '/api/../x',
    '/api/%2e%2E/x',
    '/api/x#y',
    '/api/a b',
    '/\\evil.test',
    '',
    5,
    undefined,
  ])('refuses the path %s', async (path) => {
    const fetch = vi.fn()
    const claw = new Core({ ...GOOD, fetch })
    await expect(claw.request({ method: 'GET', path: path as string })).rejects.toMatchObject({ field: 'path' })
    expect(fetch).not.toHaveBeenCalled()
  })
  test.each(['/api/...', '/api/a.b', '/.well-known/x', '/api/x..'])('takes the path %s', async (path) => {
    await expect(new Core({ ...GOOD, fetch }).request({ method: 'GET', path })).resolves.toEqual({ ok: true })
  })
  test.each(['XGET', 'GETX', 'get', 'TRACE', undefined])('refuses the method %s', async (method) => {
    const claw = new Core({ ...GOOD, fetch })
    await expect(claw.request({ method: method as 'GET', path: '/x' })).rejects.toMatchObject({ field: 'method' })
  })
})

test('a client can be disposed of, and its disposer replaced', async () => {
  const key = (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')) as keyof Core
  expect(Object.getOwnPropertyDescriptor(Core.prototype, key)).toMatchObject({ configurable: true, writable: true })
})

describe('a client inside of a proxy', () => {
  /** What Vue's `reactive` does: every object that is read is wrapped as well. */
  const reactive = <T extends object>(object: T): T =>
    new Proxy(object, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        return typeof value === 'object' && value !== null ? reactive(value) : value
      },
    })
  test('works: guard, track, forAgent, flush, close', async () => {
    const server = createLocalServer()
    const claw = reactive(
      new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'bot', fetch: server.fetch, logger: false }),
    )
    expect(claw.agentId).toBe('bot')
    expect((await claw.guard({ action_type: 'x' })).decision).toBe('allow')
    expect(await claw.track({ action_type: 'build', declared_goal: 'g' }, () => 'done')).toBe('done')
    expect(claw.forAgent('b').agentId).toBe('b')
    claw.background('x', async () => {})
    await claw.flush()
    await claw.close()
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
    const mine = new Mine({ ...GOOD, fetch })
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
