import { afterEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { lineOf } from '../../src/core/core.ts'
import { lineOfAddress, rememberLine } from '../../src/core/line.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { rejection, warnings } from '../support/local.ts'

const json = (body: unknown, status = 200) => Response.json(body, { status })
const decision = { decision: 'allow', reasons: [], warnings: [], matched_policies: [], risk_score: 0 }

/** A client of a server that answers by path; the last answer stays. */
function client(answers: Record<string, Response[]>, options: Partial<DashClawOptions> = {}) {
  const asked: string[] = []
  const fetch = (async (url: string | URL, init?: RequestInit) => {
    const { pathname } = new URL(url)
    asked.push(`${init?.method} ${pathname}`)
    const left = answers[pathname] ?? [new Response('<html>', { status: 404 })]
    return (left.length > 1 ? left.shift()! : left[0]!).clone()
  }) as typeof globalThis.fetch
  const logger = warnings()
  const claw = new DashClaw({ baseUrl: 'http://a.local', apiKey: 'k', agentId: 'a', logger, fetch, ...options })
  return { claw, asked, logger, fetch }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the line of a server', () => {
  test.each([
    ['a guard answer with a decision_id', { ...decision, decision_id: 'gd_1' }, '5'],
    ['a guard answer without one', { ...decision, agent_risk_score: 5 }, '2'],
  ])('is learned from %s', async (_what, answer, line) => {
    const { claw } = client({ '/api/guard': [json(answer)] })
    expect(lineOf(claw)).toBeUndefined()
    await claw.guard({ action_type: 'api' })
    expect(lineOf(claw)).toBe(line)
    expect(lineOf(claw.forAgent('b'))).toBe(line)
  })

  test.each([
    ['5.37.0', '5'],
    ['v5.0', '5'],
    ['12.1.0', '5'],
    ['2.10.0', '2'],
    ['4.3.1', '2'],
    ['demo', undefined],
  ])('is that of version %s', async (version, line) => {
    const { claw } = client({ '/api/health': [json({ status: 'healthy', timestamp: 't', version })] })
    expect((await claw.getHealth()).line).toBe(line)
    expect(lineOf(claw)).toBe(line)
  })

  test('is read from a server that is degraded, at the first try', async () => {
    const body = { status: 'degraded', timestamp: 't', version: '5.36.0', mode: 'live', checks: {} }
    const { claw, asked } = client({ '/api/health': [json(body, 503)] })
    expect(await claw.getHealth()).toEqual({ ...body, line: '5' })
    expect(asked).toEqual(['GET /api/health'])
  })

  test.each([
    [500, { version: '5.36.0' }, 'ServerError'],
    [503, { error: 'busy' }, 'ServerError'],
    [503, null, 'ServerError'],
    [200, { status: 'healthy' }, 'APIError'],
  ])('is no line of something else: %j', async (status, body, name) => {
    const { claw } = client({ '/api/health': [json(body, status)] })
    expect((await rejection(claw.getHealth())).name).toBe(name)
    expect(lineOf(claw)).toBeUndefined()
  })

  test('is corrected by the next answer of a server that was upgraded', async () => {
    const { claw, asked } = client({
      '/api/guard': [json(decision), json({ ...decision, decision_id: 'gd_1' })],
      '/api/actions/loops': [json({ loops: [], total: 0, stats: {}, lastUpdated: 't' })],
    })
    await claw.guard({ action_type: 'api' })
    await claw.getOpenLoops()
    await claw.guard({ action_type: 'api' })
    expect((await rejection(claw.getOpenLoops())).name).toBe('RouteNotFoundError')
    expect(asked.filter((one) => one.includes('loops'))).toHaveLength(1)
  })

  test('may be fixed, whatever is answered', async () => {
    const { claw, asked } = client({ '/api/guard': [json(decision)] }, { line: '5' })
    await claw.guard({ action_type: 'api' })
    expect(lineOf(claw)).toBe('5')
    expect((await rejection(claw.createHandoff({ summary: 's' }))).message).toBe(
      'createHandoff has no route on servers of the 5 line: POST /api/handoffs is gone since 5.0.',
    )
    expect(asked).toEqual(['POST /api/guard'])
    expect(() => client({}, { line: '3' as never })).toThrow(/line must be one of: auto, 2, 5/)
  })

  test('is kept for an address, but not behind a fetch of the caller’s', async () => {
    const { fetch } = client({ '/api/guard': [json({ ...decision, decision_id: 'gd_1' })] })
    vi.stubGlobal('fetch', fetch)
    const options = { baseUrl: 'http://kept.local', apiKey: 'k', agentId: 'a', logger: false } as const
    await new DashClaw(options).guard({ action_type: 'api' })
    expect(lineOf(new DashClaw(options))).toBe('5')
    expect(lineOf(new DashClaw({ ...options, fetch }))).toBeUndefined()
    expect(lineOf(new DashClaw({ ...options, line: '2' }))).toBe('2')
  })

  test('is kept for 100 addresses at most, the oldest goes first', () => {
    for (let at = 0; at < 101; at++) rememberLine(`http://${at}.local`, '2')
    expect(lineOfAddress('http://0.local')).toBeUndefined()
    expect(lineOfAddress('http://1.local')).toBe('2')
    expect(lineOfAddress('http://100.local')).toBe('2')
  })
})

describe('a method that the line has no route for', () => {
  test('says what to use', async () => {
    const { claw } = client({}, { line: '5' })
    expect((await rejection(claw.getCapability('c'))).message).toMatch(/ is gone since 5\.0\. Use listCapabilities\.$/)
  })

  test('is told from an input that is wrong', async () => {
    const { claw } = client({}, { line: '5' })
    expect((await rejection(claw.createHandoff({} as never))).name).toBe('InputError')
  })

  test.each([
    ['405', new Response(null, { status: 405 })],
    ['the answer of the route that swallows it', json({ error: 'Action not found' }, 404)],
  ])('is known by %s while the line is not', async (_what, answer) => {
    const { claw } = client({ '/api/actions/loops': [answer] })
    const error = await rejection(claw.getOpenLoops())
    expect(error).toMatchObject({ name: 'RouteNotFoundError', status: answer.status, attempts: 1 })
    expect(error.cause).toMatchObject({ status: answer.status })
  })

  test.each([
    ['a server of the 2 line', { line: '2' } as const, '/api/actions/loops', json({ error: 'Action not found' }, 404)],
    ['another reason', {}, '/api/actions/loops', json({ error: 'Organization not found' }, 404)],
  ])('is not what a refusal of %s means', async (_what, options, path, answer) => {
    const { claw } = client({ [path]: [answer] }, options)
    expect((await rejection(claw.getOpenLoops())).name).toBe('NotFoundError')
  })

  test('an unknown loop is not a route that is gone', async () => {
    const { claw } = client({ '/api/actions/loops/l': [json({ error: 'Action not found' }, 404)] })
    expect((await rejection(claw.getOpenLoop('l'))).name).toBe('NotFoundError')
  })
})

test('heartbeats end with one warning where the line has none', async () => {
  const { claw, asked, logger } = client({}, { line: '5' })
  claw.startHeartbeat({ interval: 1000 })
  await expect.poll(() => logger.texts.length).toBe(1)
  expect(logger.texts).toEqual(['dashclaw: this server takes no heartbeats, so those of a end.'])
  // It may be started again, and says so again.
  claw.startHeartbeat({ interval: 1000 })
  await expect.poll(() => logger.texts.length).toBe(2)
  expect(asked).toEqual([])
  await claw.close()
})

test.each([
  ['has none', [404], 3],
  ['lost its server for a moment', [404, 200, 404], 5],
])('heartbeats to a gateway that %s end after the third refusal in a row', async (_what, statuses, beats) => {
  vi.useFakeTimers()
  const answers = statuses.map((status) => (status === 200 ? json({ status: 'ok' }) : new Response('<p>', { status })))
  const { asked, claw, logger } = client({ '/api/agents/heartbeat': answers })
  claw.startHeartbeat({ interval: 1000 })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked).toHaveLength(beats)
  expect(logger.texts.at(-1)).toBe('dashclaw: this server takes no heartbeats, so those of a end.')
  expect(vi.getTimerCount()).toBe(0)
})

test('token reports end with one warning where the line has none', async () => {
  const { claw, asked, logger } = client({}, { line: '5' })
  claw.queueTokenUsage({ tokens_in: 1, tokens_out: 1 })
  claw.queueTokenUsage({ tokens_in: 1, tokens_out: 1 })
  await claw.flush()
  expect(logger.texts).toEqual(['dashclaw: this server takes no token reports, so none are sent.'])
  expect(asked).toEqual([])
})
