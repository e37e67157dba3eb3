import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { sharedOf } from '../../src/core/core.ts'
import type { FetchInit, FetchResponse } from '../../src/core/types.ts'
import { openEvents } from '../../src/governance/stream.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const event = (type: string, id: string, data: unknown = {}) =>
  `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
/** A stream that says so much, and then stays open, or ends. */
const says = (text: string, { ends = false, status = 200, headers = {} } = {}) => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      if (ends) controller.close()
    },
  })
  return new Response(body, { status, headers: { 'content-type': 'text/event-stream', ...headers } })
}
/** A client whose stream is answered with these, in turn. */
function rig(...answers: (Response | Error)[]) {
  const asked: { url: string; init: FetchInit; at: number }[] = []
  const start = Date.now()
  const warn = vi.fn()
  const claw = new DashClaw({
    baseUrl: 'https://claw.test',
    apiKey: 'test-key',
    agentId: 'agent-1',
    logger: { warn },
    async fetch(url, init) {
      asked.push({ url, init, at: Date.now() - start })
      const answer = answers[asked.length - 1] ?? new Error('offline')
      if (answer instanceof Error) throw answer
      return answer as unknown as FetchResponse
    },
  })
  return { claw, asked, warn, closers: () => sharedOf(claw).closers.size }
}

describe('events', () => {
  test('ask with the key and without a body, resume in the query, and are not retried by the transport', async () => {
    const { claw, asked } = rig(says(event('goal.created', 'mem-7'), { ends: true }), new Error('offline'), says(''))
    const seen: string[] = []
    const stream = claw.events({ lastEventId: 'mem-6' })
    stream.on('goal.created', (_data, { id }) => void seen.push(`${id}`))
    await after(0)
    expect(seen).toEqual(['mem-7'])
    await after(150)
    expect(asked.map(({ url }) => url)).toEqual([
      'https://claw.test/api/stream?lastEventId=mem-6',
      'https://claw.test/api/stream?lastEventId=mem-7',
    ])
    // The wait before it is the stream's own.
    expect(asked[1]!.at).toBe(100)
    await after(1000)
    expect(asked[2]!.url).toBe('https://claw.test/api/stream?lastEventId=mem-7')
    expect(asked[0]!.init).toMatchObject({ method: 'GET', headers: { 'x-api-key': 'test-key' } })
    expect(asked[0]!.init).not.toHaveProperty('body')
    await claw.close()
  })
  test('without an id begin with what comes', async () => {
    const { claw, asked } = rig(says(''))
    claw.events().on('goal.created', () => {})
    await after(0)
    expect(asked[0]!.url).toBe('https://claw.test/api/stream')
    await claw.close()
  })
  test('wait as long as a busy server says', async () => {
    const { claw, asked } = rig(
      new Response('{"error":"busy"}', { status: 503, headers: { 'retry-after': '9' } }),
      says(''),
    )
    claw.events().on('goal.created', () => {})
    await after(8999)
    expect(asked).toHaveLength(1)
    await after(1)
    expect(asked).toHaveLength(2)
    await claw.close()
  })
  test('end where the server has none, and where it refuses', async () => {
    const none = rig(new Response(null, { status: 204 }))
    await expect(none.claw.events()[Symbol.asyncIterator]().next()).resolves.toEqual({ done: true, value: undefined })
    expect(none.closers()).toBe(0)
    const refused = rig(new Response('{"error":"Forbidden"}', { status: 403 }))
    const next = refused.claw.events()[Symbol.asyncIterator]().next()
    await expect(next).rejects.toMatchObject({ name: 'PermissionDeniedError' })
    expect(refused.closers()).toBe(0)
    expect(refused.asked).toHaveLength(1)
  })
  test('end at a break where that is asked for', async () => {
    const { claw, asked, closers } = rig(says(event('goal.created', 'mem-1', 1), { ends: true }))
    const stream = claw.events({ reconnect: false })
    const seen: unknown[] = []
    for await (const { data } of stream) seen.push(data)
    expect(seen).toEqual([1])
    await after(0)
    expect(asked).toHaveLength(1)
    expect(closers()).toBe(0)
  })
  test('end with the signal, whose reason an iteration throws', async () => {
    const { claw, closers } = rig(says(''))
    const controller = new AbortController()
    const next = claw.events({ signal: controller.signal })[Symbol.asyncIterator]().next()
    await after(0)
    expect(closers()).toBe(1)
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    expect(closers()).toBe(0)
  })
  test('give the types that are asked for, whatever the caller does with the list afterwards', async () => {
    const text = event('goal.created', 'mem-1', 1) + event('goal.updated', 'mem-2', 2) + event('later', 'mem-3', 3)
    const { claw } = rig(says(text, { ends: true }))
    const types = ['goal.created', 'later']
    const stream = claw.events({ types, reconnect: false })
    types.length = 0
    const seen: unknown[] = []
    for await (const { type } of stream) seen.push(type)
    expect(seen).toEqual(['goal.created', 'later'])
  })
  test('tell the logger of a handler that throws', async () => {
    const { claw, warn } = rig(says(event('goal.created', 'mem-1', 1)))
    const error = new Error('mine')
    claw.events().on('goal.created', () => {
      throw error
    })
    await after(0)
    expect(warn).toHaveBeenCalledExactlyOnceWith('dashclaw: a handler of goal.created events threw.', error)
    await claw.close()
  })
  test.each([
    [{ types: [] }, 'types'],
    [{ types: 'goal.created' }, 'types'],
    [{ types: ['goal.created', 5] }, 'types'],
    [{ lastEventId: 5 }, 'lastEventId'],
    [{ lastEventId: null }, 'lastEventId'],
  ])('refuse %j before any request', (options, field) => {
    const { claw, asked } = rig()
    expect(() => claw.events(options as never)).toThrow(expect.objectContaining({ name: 'InputError', field }))
    expect(asked).toEqual([])
  })
})

describe('openEvents', () => {
  test('tells each time that a connection broke off or could not be had, and whether it had lasted', async () => {
    const onDown = vi.fn()
    const { claw, asked } = rig(says('', { ends: true }), new Error('offline'), says(''))
    const stream = openEvents(claw, {}, { onDown })
    stream.on('goal.created', () => {})
    await after(50)
    expect([asked.length, onDown.mock.calls.length]).toEqual([1, 1])
    await after(100)
    // It connects again, and fails.
    expect([asked.length, onDown.mock.calls.length]).toEqual([2, 2])
    await after(1000)
    expect([asked.length, onDown.mock.calls.length]).toEqual([3, 2])
    expect(onDown.mock.calls).toEqual([[false], [false]])
    stream.close()
  })
  test('tells when the first connection fails', async () => {
    const onDown = vi.fn()
    const { claw } = rig(new Error('offline'))
    const stream = openEvents(claw, {}, { onDown })
    stream.on('goal.created', () => {})
    await after(0)
    expect(onDown).toHaveBeenCalledTimes(1)
    await stream.close()
  })
})
