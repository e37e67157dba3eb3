import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { eventually } from '../../support/eventually.ts'
import { HELD } from '../../support/local.ts'
import { send } from '../../support/seeds.ts'

const goal = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }
const create = (local: LocalServer, action_id = 'one') => send(local, 'POST', '/api/actions', { ...goal, action_id })
const stored = (local: LocalServer) => (local.snapshot()['actions'] ?? []).length
const at = (local: LocalServer, path: string, init: RequestInit = {}) =>
  local.fetch(local.baseUrl + path, { ...init, headers: { 'x-api-key': 'local' } })

afterEach(() => void vi.useRealTimers())

describe('a planned failure', () => {
  test.each([
    ['network', 0],
    ['lost', 1],
  ] as const)('of kind %s gives no answer, and leaves %d rows', async (kind, rows) => {
    const local = createLocalServer()
    local.failNext(kind)
    const failed = await create(local).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(TypeError)
    expect(failed).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } })
    expect(stored(local)).toBe(rows)
    expect((await create(local)).status).toBe(rows ? 409 : 201)
  })

  test('of kind malformed acts, and cuts the answer in half', async () => {
    const local = createLocalServer()
    local.failNext('malformed')
    const { status, text, body } = await create(local)
    expect([status, body, text.startsWith('{"action":')]).toEqual([201, undefined, true])
    expect(stored(local)).toBe(1)
  })

  test('of kind malformed ends a stream, and leaves an answer without a body alone', async () => {
    vi.useFakeTimers()
    const local = createLocalServer()
    local.failNext('malformed', 2)
    const text = await (await at(local, '/api/stream')).text()
    expect(text.startsWith('event: connec')).toBe(true)
    expect(text.endsWith('\n\n')).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
    expect((await at(local, '/api/actions', { method: 'PUT' })).status).toBe(405)
  })

  test('of kind lost leaves no listener behind', async () => {
    vi.useFakeTimers()
    const local = createLocalServer()
    local.failNext('lost')
    await expect(at(local, '/api/stream')).rejects.toThrow('fetch failed')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('with a status answers without acting, in JSON, text or nothing', async () => {
    const local = createLocalServer()
    local.failNext({ status: 503, headers: { 'retry-after': '2' } })
    local.failNext({ status: 502, body: '<html>Bad gateway' })
    local.failNext({ status: 429, body: { error: 'Slow down' } })
    local.failNext({ status: 204 })
    const answers = []
    for (let call = 0; call < 4; call++) answers.push(await create(local))
    expect(answers.map(({ status, headers, text }) => [status, headers.get('content-type'), text])).toEqual([
      [503, 'application/json', '{"error":"Planned failure"}'],
      [502, 'text/html', '<html>Bad gateway'],
      [429, 'application/json', '{"error":"Slow down"}'],
      [204, 'application/json', ''],
    ])
    expect(answers[0]!.headers.get('retry-after')).toBe('2')
    expect(stored(local)).toBe(0)
  })

  test('comes to as many requests as asked, of its method and path', async () => {
    const local = createLocalServer()
    local.failNext({ status: 500, method: 'POST', path: '/api/actions' }, 2)
    local.failNext({ status: 418, path: /actions\/one$/g }, 2)
    const statuses = [
      await at(local, '/api/actions'),
      await create(local),
      await at(local, '/api/actions/one'),
      await at(local, '/api/actions/one'),
      await at(local, '/api/actions/one'),
      await create(local),
      await create(local),
    ].map(({ status }) => status)
    expect(statuses).toEqual([200, 500, 418, 418, 404, 500, 201])
  })

  test('with a delay answers later, and ends with its request', async () => {
    vi.useFakeTimers()
    const local = createLocalServer()
    local.failNext({ delay: 1000 }, 2)
    const answer = create(local)
    await vi.advanceTimersByTimeAsync(999)
    expect(stored(local)).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect((await answer).status).toBe(201)
    const controller = new AbortController()
    const aborted = at(local, '/api/actions', { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a request', () => {
  test('is written down as it came, oldest first', async () => {
    const local = createLocalServer({ now: '2026-01-02T03:04:05Z' })
    await send(
      local,
      'POST',
      '/api/guard?include_signals=true&x=1&x=2',
      { action_type: 'a' },
      { headers: { 'X-Own': 'v' } },
    )
    await send(local, 'POST', '/api/guard', 'no JSON', { key: null })
    local.failNext('network')
    await at(local, '/api/actions').catch(() => {})
    expect(local.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/guard',
        query: { include_signals: 'true', x: '1' },
        headers: { 'x-api-key': 'local', 'x-own': 'v' },
        body: { action_type: 'a' },
        bodyText: '{"action_type":"a"}',
      },
      { body: undefined, bodyText: 'no JSON' },
      { method: 'GET', path: '/api/actions', body: undefined, bodyText: '' },
    ])
    expect(local.requests[0]!.time - Date.parse('2026-01-02T03:04:05Z')).toBeLessThan(60_000)
  })

  test('may be a Request, a URL or a text', async () => {
    const local = createLocalServer()
    const url = `${local.baseUrl}/api/actions`
    const init = { headers: { 'x-api-key': 'local' } }
    const answers = [
      await local.fetch(url, init),
      await local.fetch(new URL(url), init),
      await local.fetch(new Request(url, init)),
      await local.fetch(new Request(url), init),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  test('that was aborted before is not seen', async () => {
    const local = createLocalServer()
    const reason = new Error('never mind')
    await expect(at(local, '/api/actions', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(local.requests).toEqual([])
  })

  test('that is aborted while the server is busy ends at once, and the server goes on', async () => {
    let answered = (_response: Response) => {}
    const webhookFetch = () => new Promise<Response>((resolve) => (answered = resolve))
    const rules = { url: 'https://hooks.example.com/guard' }
    const local = createLocalServer({ webhookFetch, policies: [{ name: 'H', policy_type: 'webhook_check', rules }] })
    const controller = new AbortController()
    const reason = new Error('enough')
    const answer = at(local, '/api/actions', { method: 'POST', body: JSON.stringify(goal), signal: controller.signal })
    await eventually(() => expect(local.requests).toHaveLength(1))
    await Promise.resolve()
    controller.abort(reason)
    await expect(answer).rejects.toBe(reason)
    answered(Response.json({}))
    await eventually(() => expect(stored(local)).toBe(1))
  })
})

describe('the clock', () => {
  test('starts where it is told, moves, and runs on', async () => {
    vi.useFakeTimers()
    const local = createLocalServer({ now: new Date('2030-01-01T00:00:00Z') })
    const time = () => new Date(local.clock.now()).toISOString()
    expect(time()).toBe('2030-01-01T00:00:00.000Z')
    local.clock.advance(1500)
    expect(time()).toBe('2030-01-01T00:00:01.500Z')
    vi.advanceTimersByTime(500)
    expect(time()).toBe('2030-01-01T00:00:02.000Z')
    local.clock.set('2020-02-02')
    expect(time()).toBe('2020-02-02T00:00:00.000Z')
    expect((await create(local)).body).toMatchObject({ action: { created_at: '2020-02-02T00:00:00.000Z' } })
    expect(() => local.clock.set('soon')).toThrow("The clock can't be set to soon: that is no time.")
    expect(() => createLocalServer({ now: Number.NaN })).toThrow(/no time/)
  })

  test('is the real one when nothing is said', () => {
    vi.useFakeTimers()
    expect(createLocalServer().clock.now()).toBe(Date.now())
  })
})

describe('what is stored', () => {
  test('can be seeded and looked at, in copies, an organization apart', async () => {
    const local = createLocalServer({ keys: [{ key: 'other', org: 'org_other' }] })
    const rows = [{ id: 'lrec_1', hints: { a: 1 } }]
    local.seed('recommendations', rows, 'org_other')
    rows[0]!.hints.a = 2
    const seen = local.snapshot('org_other')
    expect(seen).toEqual({ recommendations: [{ id: 'lrec_1', hints: { a: 1 } }] })
    seen['recommendations']!.length = 0
    expect(local.snapshot('org_other')['recommendations']).toHaveLength(1)
    expect(local.snapshot()['recommendations']).toBeUndefined()
  })

  test('is gone after a reset, but for what the options said', async () => {
    vi.useFakeTimers()
    const local = createLocalServer({
      version: '2.0',
      now: '2026-01-01T00:00:00Z',
      policies: [HELD],
      keys: [{ key: 'reader', role: 'readonly' }],
      rateLimit: { limit: 3 },
    })
    await create(local)
    await send(local, 'PATCH', '/api/policies', {
      id: (local.snapshot()['policies']![0] as { id: string }).id,
      active: 0,
    })
    const stream = await at(local, '/api/stream')
    local.failNext('network', 5)
    local.clock.advance(1000)
    local.reset()
    expect(await stream.text()).toMatch(/^event: connected/)
    expect(local.requests).toEqual([])
    expect(local.clock.now()).toBe(Date.parse('2026-01-01T00:00:00Z'))
    expect(vi.getTimerCount()).toBe(0)
    expect(Object.keys(local.snapshot())).toEqual(['policies'])
    expect((await send(local, 'GET', '/api/policies', undefined, { key: 'reader' })).body).toMatchObject({
      policies: [{ name: 'Held', active: 1 }],
    })
    expect((await create(local)).status).toBe(201)
    local.emit('loop.updated', {})
    const reader = (await at(local, '/api/stream?lastEventId=mem-0')).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^id: mem-1\nevent: guard/)
    await reader.cancel()
  })
})

test('options that make no sense are refused', () => {
  expect(() => createLocalServer({ version: '3' as never })).toThrow("version must be '2.0' or '2.10'.")
  expect(() => createLocalServer({ policies: [{ name: 'x', policy_type: 'risk_threshold', rules: {} }] })).toThrow(
    'policy "x": risk_threshold policy requires rules.threshold (0-100)',
  )
  expect(() => createLocalServer({ policies: [{ name: 'x', policy_type: 'risk_threshold', rules: 'null' }] })).toThrow(
    'policy "x": rules must be an object',
  )
})

test('a row that no route can read is a 500, not a broken connection', async () => {
  const local = createLocalServer()
  local.seed('actions', [{ action_id: 'one', agent_id: 'a', systems_touched: 5 }])
  local.seed('loops', [{ action_id: 'one', status: 'open', created_at: '2020-01-01' }])
  expect(await send(local, 'GET', '/api/actions/signals')).toMatchObject({
    status: 500,
    body: { error: 'Internal server error' },
  })
})
