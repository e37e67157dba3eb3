/** Servers and proxies whose streams and reads break in every way: a wait asks them with back-off, and within the default rate limit. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import type { FetchResponse } from '../../src/core/types.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

type Answer = (n: number) => Response
const text = (body: string, end: 'ends' | 'resets' | 'stays' = 'ends') => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (body) controller.enqueue(new TextEncoder().encode(body))
      if (end === 'ends') controller.close()
    },
    pull(controller) {
      if (end === 'resets') controller.error(new Error('reset'))
    },
  })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
}
const connected = 'event: connected\ndata: {"status":"ok","replayed":0}\n\n'
const json = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: 'no' }, { status, headers })

const STREAMS: [string, Answer][] = [
  ['ends after its first event', () => text(connected)],
  [
    'ends after an event that is new each time',
    (n) => text(`${connected}id: mem-${n}\nevent: goal.created\ndata: {}\n\n`),
  ],
  ['is reset after its first event', () => text(connected, 'resets')],
  ['ends before any event', () => text('')],
  ['asks to be opened again at once', () => text(`retry: 0\n${connected}`)],
  ['asks for that, with a new event each time', (n) => text(`retry: 0\nid: mem-${n}\n${connected}`)],
  ['is a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ['is nothing', () => new Response(null, { status: 204 })],
  ['is over the rate limit, and says to come back at once', () => json(429, { 'retry-after': '0' })],
  ['is not there for the moment', () => json(503)],
  ['is not there at all', () => json(404)],
  [
    'can not be reached',
    () => {
      throw new TypeError('fetch failed')
    },
  ],
  ['says again and again that it is connected', () => text(connected.repeat(500), 'stays')],
]
const READS: [string, Answer | undefined][] = [
  ['answers', undefined],
  ['is over the rate limit, and says to come back at once', () => json(429, { 'retry-after': '0' })],
  ['fails', () => json(500)],
  ['answers nonsense', () => Response.json({ action: null, actions: [null, 5, {}, { action_id: 7 }], total: 1e9 })],
]

/** Requests in each stretch of time, while `count` waits wait. */
async function storm(stream: Answer, read: Answer | undefined, count: number, stretches: readonly number[]) {
  let streams = 0
  let requests = 0
  const claw = new DashClaw({
    baseUrl: 'https://claw.test',
    apiKey: 'test-key',
    agentId: 'agent-1',
    logger: false,
    async fetch(url) {
      requests++
      const { pathname, searchParams } = new URL(url)
      if (pathname === '/api/stream') return stream(streams++) as unknown as FetchResponse
      if (read) return read(requests) as unknown as FetchResponse
      const id = pathname.split('/')[3]
      const row = (action_id: string) => ({ action_id, status: 'pending_approval' })
      const offset = Number(searchParams.get('offset'))
      const actions = Array.from({ length: count }, (_, n) => row(`act_${n}`)).slice(offset, offset + 200)
      return Response.json(id ? { action: row(id) } : { actions, total: count }) as unknown as FetchResponse
    },
  })
  const waits = Array.from({ length: count }, (_, n) =>
    claw.waitForApproval(`act_${n}`, { timeout: 3_600_000 }).catch(() => {}),
  )
  const seen: number[] = []
  for (const ms of stretches) {
    const before = requests
    await vi.advanceTimersByTimeAsync(ms)
    seen.push(requests - before)
  }
  await claw.close()
  await Promise.all(waits)
  expect(vi.getTimerCount()).toBe(0)
  return seen
}

describe.each(STREAMS)('a stream that %s', (_stream, stream) => {
  test.each(READS)('while the state %s: 20 requests in 10 s at most, 60 a minute', async (_read, read) => {
    const [first] = await storm(stream, read, 1, [10_000])
    expect(first).toBeLessThanOrEqual(20)
    const minutes = await storm(stream, read, 1, [60_000, 60_000, 60_000])
    expect(Math.max(...minutes)).toBeLessThanOrEqual(60)
  })
  test('makes a thousand waits no storm either', async () => {
    expect(Math.max(...(await storm(stream, undefined, 1000, [60_000, 60_000, 60_000])))).toBeLessThanOrEqual(100)
  })
})

test('whatever the dice say', async () => {
  for (const random of [0.3, 0.5, 0.999]) {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    for (const [, stream] of STREAMS) {
      const [start, ...minutes] = await storm(stream, undefined, 1, [10_000, 50_000, 60_000])
      expect(start).toBeLessThanOrEqual(16)
      expect(Math.max(...minutes)).toBeLessThanOrEqual(100)
    }
  }
})
