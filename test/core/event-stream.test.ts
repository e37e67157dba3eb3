import { getEventListeners } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { type Connection, EventStream, type EventStreamOptions, type StreamEvent } from '../../src/core/event-stream.ts'

interface Events {
  a: { n: number }
  b: string
}

/** A server side of streams: each connection is one that the test writes to. */
function wire() {
  const connections: {
    last: string | undefined
    write(text: string): void
    end(): void
    fail(error: unknown): void
    open: boolean
  }[] = []
  const connect = async (
    last: string | undefined,
    signal: { addEventListener: AbortSignal['addEventListener'] },
  ): Promise<Connection> => {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    const entry = {
      last,
      open: true,
      write: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
      end: () => {
        entry.open = false
        controller.close()
      },
      fail: (error: unknown) => {
        entry.open = false
        controller.error(error)
      },
    }
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given
      },
      cancel() {
        entry.open = false
      },
    })
    signal.addEventListener('abort', () => {
      if (entry.open) entry.fail(new Error('aborted'))
    })
    connections.push(entry)
    return { status: 200, contentType: 'text/event-stream; charset=utf-8', body }
  }
  return { connections, connect }
}

const make = (options: Partial<EventStreamOptions> & Pick<EventStreamOptions, 'connect'>) =>
  new EventStream<Events>({ random: () => 0, ...options } as EventStreamOptions)

const fakeTimers = () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const event = (type: string, data: unknown, id?: string) =>
  `${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`

describe('listening', () => {
  fakeTimers()

  test('connects with the first handler only, and gives typed data to the handlers of a type and of all', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    await settle()
    expect(connections).toHaveLength(0)
    const seen: unknown[] = []
    stream.on('a', (data) => seen.push(['a', data.n]))
    stream.on('*', (data, { type, id }) => seen.push([type, id, data]))
    await settle()
    connections[0]!.write(
      event('a', { n: 1 }, 'mem-1') + event('b', 'text') + 'event: b\ndata: null\n\nevent: b\ndata: not json\n\n',
    )
    await settle()
    expect(seen).toEqual([
      ['a', 1],
      ['a', 'mem-1', { n: 1 }],
      ['b', 'mem-1', 'text'],
      ['b', 'mem-1', 'not json'],
    ])
    await stream.close()
  })

  test('a handler that throws or rejects is logged, and the others go on', async () => {
    const { connections, connect } = wire()
    const warn = vi.fn()
    const stream = make({ connect, logger: { warn } })
    const seen: number[] = []
    stream.on('a', () => {
      throw new Error('one')
    })
    stream.on('a', async () => {
      throw new Error('two')
    })
    stream.on('a', ({ n }) => seen.push(n))
    await settle()
    connections[0]!.write(event('a', { n: 1 }) + event('a', { n: 2 }))
    await settle()
    expect(seen).toEqual([1, 2])
    expect(warn).toHaveBeenCalledTimes(4)
    await stream.close()
  })

  test('taking the last handler off ends the stream', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const off = stream.on('a', () => {})
    await settle()
    off()
    await expect(stream.done).resolves.toBeUndefined()
    expect(connections[0]!.open).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a handler that is given twice is called twice, and may put itself on again while it runs', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const twice = vi.fn()
    const off = stream.on('b', twice)
    stream.on('b', twice)
    const again = vi.fn(() => {
      offAgain()
      offAgain = stream.on('b', again)
    })
    let offAgain = stream.on('b', again)
    await settle()
    connections[0]!.write(event('b', 1))
    await settle()
    for (let i = 0; i < 4; i++) off()
    connections[0]!.write(event('b', 2))
    await settle()
    expect(twice.mock.calls.map(([data]) => data)).toEqual([1, 1, 2])
    expect(again).toHaveBeenCalledTimes(2)
    await stream.close()
  })

  test('nothing is handed out after close, so it does not count as seen', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const seen: unknown[] = []
    stream.on('b', (data) => {
      seen.push(data, stream.lastEventId)
      void stream.close()
    })
    stream.on('b', () => seen.push('another handler'))
    await settle()
    connections[0]!.write(event('b', 1, 'mem-1') + event('b', 2, 'mem-2'))
    await settle()
    expect(seen).toEqual([1, 'mem-1'])
    expect(stream.lastEventId).toBe('mem-1')
  })

  test('events that are named * or error reach the handlers of all, once', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const all = vi.fn()
    const failed = vi.fn()
    stream.on('error', failed)
    stream.on('*', all)
    await settle()
    connections[0]!.write(event('*', 1) + event('error', 2))
    await settle()
    expect(all.mock.calls.map(([data]) => data)).toEqual([1, 2])
    expect(failed).not.toHaveBeenCalled()
    await stream.close()
  })

  test('comparing the type of an event types its data; the others are texts with unknown data', () => {
    const read = (given: StreamEvent<Events>): string => {
      if (given.type === 'a') expectTypeOf(given.data).toEqualTypeOf<{ n: number }>()
      else if (given.type === 'b') expectTypeOf(given.data).toEqualTypeOf<string>()
      else expectTypeOf(given.data).toEqualTypeOf<unknown>()
      return given.type
    }
    expect(read({ type: 'b', id: null, data: '' })).toBe('b')
  })

  test('only the types that were asked for arrive, or that have a handler of their own; no other is parsed', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect, types: ['b'] })
    const seen: unknown[] = []
    stream.on('*', (_data, { type }) => seen.push(type))
    stream.on('later', (data) => seen.push(data))
    const parse = vi.spyOn(JSON, 'parse')
    onTestFinished(() => parse.mockRestore())
    await settle()
    connections[0]!.write(event('a', { n: 1 }) + event('b', 'x') + event('later', 'y'))
    await settle()
    expect(seen).toEqual(['b', 'y'])
    expect(parse.mock.calls.map(([text]) => text)).toEqual(['"x"', '"y"'])
    await stream.close()
  })
})

describe('iterating', () => {
  fakeTimers()

  test('gives events in order to every iteration, and leaving the loop ends the stream', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const read = async (count: number) => {
      const seen: unknown[] = []
      for await (const { data } of stream) if (seen.push(data) === count) break
      return seen
    }
    const both = Promise.all([read(2), read(3)])
    await settle()
    connections[0]!.write(event('b', 1) + event('b', 2))
    await settle()
    connections[0]!.write(event('b', 3))
    await settle()
    expect(await both).toEqual([
      [1, 2],
      [1, 2, 3],
    ])
    await stream.done
    expect(connections[0]!.open).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps a bounded number of events for one that falls behind, and says so once', async () => {
    const { connections, connect } = wire()
    const warn = vi.fn()
    const stream = make({ connect, maxQueue: 3, logger: { warn } })
    const iterator = stream[Symbol.asyncIterator]()
    const first = iterator.next()
    await settle()
    connections[0]!.write([1, 2, 3, 4, 5, 6].map((n) => event('b', n)).join(''))
    await settle()
    await stream.close()
    const seen: unknown[] = [(await first).value?.data]
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) seen.push(step.value.data)
    expect(seen).toEqual([1, 4, 5, 6])
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('what was read does not count as behind', async () => {
    const { connections, connect } = wire()
    const warn = vi.fn()
    const stream = make({ connect, maxQueue: 3, logger: { warn } })
    const iterator = stream[Symbol.asyncIterator]()
    const read = async () => (await iterator.next()).value?.data
    const first = read()
    await settle()
    connections[0]!.write([1, 2, 3, 4].map((n) => event('b', n)).join(''))
    await settle()
    expect([await first, await read(), await read()]).toEqual([1, 2, 3])
    connections[0]!.write(event('b', 5) + event('b', 6))
    await settle()
    await stream.close()
    expect([await read(), await read(), await read(), await read()]).toEqual([4, 5, 6, undefined])
    expect(warn).not.toHaveBeenCalled()
  })

  test('several steps may be asked for at once', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    const iterator = stream[Symbol.asyncIterator]()
    const steps = Promise.all([iterator.next(), iterator.next(), iterator.next()])
    await settle()
    connections[0]!.write(event('b', 1) + event('b', 2))
    await settle()
    await stream.close()
    expect((await steps).map(({ value }) => value?.data)).toEqual([1, 2, undefined])
  })

  test('events that came before a refusal are given before it is thrown', async () => {
    const { connections, connect } = wire()
    const refusal = Object.assign(new Error('no'), { status: 401 })
    const stream = make({
      connect: (last, signal) => (connections.length ? Promise.reject(refusal) : connect(last, signal as never)),
    })
    const iterator = stream[Symbol.asyncIterator]()
    const failed = vi.fn()
    stream.on('error', failed)
    const first = iterator.next()
    await settle()
    connections[0]!.write(event('b', 1) + event('b', 2))
    connections[0]!.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(failed.mock.calls).toEqual([[refusal, undefined]])
    expect([(await first).value?.data, (await iterator.next()).value?.data]).toEqual([1, 2])
    await expect(iterator.next()).rejects.toBe(refusal)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  test('an abort throws the reason and leaves nothing on the signal', async () => {
    const { connect, connections } = wire()
    const controller = new AbortController()
    const stream = make({ connect, signal: controller.signal as never })
    const iterator = stream[Symbol.asyncIterator]()
    const behind = stream[Symbol.asyncIterator]()
    const first = iterator.next()
    const failed = vi.fn()
    stream.on('error', failed)
    await settle()
    connections[0]!.write(event('b', 1))
    expect((await first).value?.data).toBe(1)
    const step = iterator.next()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(step).rejects.toBe(reason)
    await expect(behind.next()).rejects.toBe(reason)
    await expect(stream.done).rejects.toBe(reason)
    expect(connections[0]!.open).toBe(false)
    expect(failed).not.toHaveBeenCalled()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
    const late = make({ connect, signal: controller.signal as never })
    await expect(late[Symbol.asyncIterator]().next()).rejects.toBe(reason)
  })

  test('close ends it normally', async () => {
    const { connect } = wire()
    const stream = make({ connect })
    const step = stream[Symbol.asyncIterator]().next()
    await settle()
    await stream[Symbol.asyncDispose]()
    expect(await step).toEqual({ done: true, value: undefined })
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })
})

describe('connecting again', () => {
  fakeTimers()

  test('resumes after the last complete event', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect, lastEventId: 'mem-0' })
    stream.on('b', () => {})
    await settle()
    connections[0]!.write(`${event('b', 1, 'mem-1')}id: mem-2\nevent: b\ndata: 2\n`)
    await settle()
    connections[0]!.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(connections.map(({ last }) => last)).toEqual(['mem-0', 'mem-1'])
    connections[1]!.fail(new Error('reset'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(connections[2]!.last).toBe('mem-1')
    await stream.close()
  })

  test('waits longer after each failure, up to the limit, and starts over after a connection that lasted', async () => {
    const times: number[] = []
    const good = wire()
    let working = false
    const stream = make({
      random: () => 1,
      async connect(last, signal) {
        times.push(Date.now())
        if (!working) throw Object.assign(new Error('down'), { status: 503 })
        return good.connect(last, signal as never)
      },
    })
    stream.on('b', () => {})
    await vi.advanceTimersByTimeAsync(200_000)
    const gaps = times.slice(1).map((time, at) => time - times[at]!)
    expect(gaps.slice(0, 6)).toEqual([1000, 1900, 3700, 7300, 14_500, 27_100])
    expect(Math.max(...gaps)).toBeLessThanOrEqual(27_100)
    working = true
    await vi.advanceTimersByTimeAsync(30_000)
    good.connections[0]!.write(event('b', 1))
    await vi.advanceTimersByTimeAsync(5000)
    const before = Date.now()
    good.connections[0]!.fail(new Error('reset'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(times.at(-1)! - before).toBe(1000)
    await stream.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps to the wait that the server asks for', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    stream.on('b', () => {})
    await settle()
    connections[0]!.write('retry: 20000\n\n')
    await settle()
    connections[0]!.end()
    await vi.advanceTimersByTimeAsync(1999)
    expect(connections).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(connections).toHaveLength(2)
    await stream.close()
  })

  test.each([
    ['thrown', async () => Promise.reject(Object.assign(new Error('busy'), { status: 503, retryAfter: 7000 }))],
    ['answered', async () => ({ status: 503, contentType: 'text/plain', body: null, retryAfter: 7000 })],
  ])('a refusal for the moment (%s) is tried again when the server asked to', async (_title, refuse) => {
    const connect = vi.fn<EventStreamOptions['connect']>(refuse)
    const stream = make({ connect })
    stream.on('b', () => {})
    await vi.advanceTimersByTimeAsync(6999)
    expect(connect).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(connect).toHaveBeenCalledTimes(2)
    await stream.close()
  })

  test('a server that asks for no wait gets no loop without one', async () => {
    const { connections, connect } = wire()
    const stream = make({
      connect: async (last, signal) => {
        const connection = await connect(last, signal as never)
        connections.at(-1)!.write('retry: 0\n\n')
        connections.at(-1)!.end()
        return connection
      },
    })
    stream.on('b', () => {})
    await vi.advanceTimersByTimeAsync(1000)
    expect(connections.length).toBeLessThanOrEqual(101)
    await stream.close()
    const busy = vi.fn(async () => Promise.reject(Object.assign(new Error('busy'), { status: 503, retryAfter: 0 })))
    const other = make({ connect: busy })
    other.on('b', () => {})
    await vi.advanceTimersByTimeAsync(1000)
    expect(busy.mock.calls.length).toBeLessThanOrEqual(11)
    await other.close()
  })

  test('tells of each connection, and lets go of one that came after the end', async () => {
    const { connections, connect } = wire()
    const onOpen = vi.fn()
    const stream = make({
      onOpen,
      async connect(last, signal) {
        if (connections.length) await new Promise((resolve) => setTimeout(resolve, 5000))
        return connect(last, { ...signal, addEventListener() {} })
      },
    })
    stream.on('b', () => {})
    await settle()
    connections[0]!.end()
    await vi.advanceTimersByTimeAsync(1000)
    await stream.close()
    await vi.advanceTimersByTimeAsync(5000)
    expect(connections).toHaveLength(2)
    expect(connections[1]!.open).toBe(false)
    expect(onOpen).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([
    ['connected only', () => event('connected', {})],
    ['something new each time', (n: number) => event('b', n, `mem-${n}`)],
    ['and a wish for haste', (n: number) => `retry: 0\n${event('b', n, `mem-${n}`)}`],
  ])('a stream that ends after each event (%s) is opened with longer waits, up to 5 s', async (_what, says) => {
    const { connections, connect } = wire()
    const times: number[] = []
    const stream = make({
      random: () => 0.5,
      async connect(last, signal) {
        times.push(Date.now())
        const connection = await connect(last, signal as never)
        connections.at(-1)!.write(says(times.length))
        connections.at(-1)!.end()
        return connection
      },
    })
    stream.on('b', () => {})
    await vi.advanceTimersByTimeAsync(60_000)
    const gaps = times.slice(1).map((time, at) => time - times[at]!)
    expect(gaps.every((gap, at) => gap >= (gaps[at - 1] ?? 0))).toBe(true)
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(2250)
    expect(gaps.at(-1)).toBeLessThanOrEqual(5000)
    expect(times.length).toBeLessThanOrEqual(35)
    stream.close()
  })

  test.each([Infinity, 3_000_000_000])('an idleTimeout of %d ms is long', async (idleTimeout) => {
    const { connections, connect } = wire()
    const stream = make({ connect, idleTimeout })
    stream.on('b', () => {})
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(connections).toHaveLength(1)
    expect(connections[0]!.open).toBe(true)
    stream.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a logger that throws ends nothing', async () => {
    const { connections, connect } = wire()
    const hostile = () => {
      throw new Error('full disk')
    }
    const stream = make({ connect, maxQueue: 1, logger: { warn: hostile, debug: hostile } })
    const iterator = stream[Symbol.asyncIterator]()
    const seen: number[] = []
    stream.on('a', ({ n }) => {
      seen.push(n)
      throw new Error('mine')
    })
    await settle()
    connections[0]!.write(event('a', { n: 1 }) + event('a', { n: 2 }) + event('a', { n: 3 }))
    await settle()
    connections[0]!.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(connections).toHaveLength(2)
    connections[1]!.write(event('a', { n: 4 }))
    await settle()
    expect(seen).toEqual([1, 2, 3, 4])
    expect((await iterator.next()).value).toMatchObject({ data: { n: 4 } })
    stream.close()
  })

  test('45 silent seconds are a dead connection; comments keep it alive', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    stream.on('b', () => {})
    await settle()
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(15_000)
      connections[0]!.write(': heartbeat\n\n')
    }
    expect(connections).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(44_999)
    expect(connections[0]!.open).toBe(true)
    await vi.advanceTimersByTimeAsync(1)
    expect(connections[0]!.open).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(connections).toHaveLength(2)
    await stream.close()
  })

  test('silence is seen also when the clock is set back', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    stream.on('b', () => {})
    await settle()
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(46_000)
    expect(connections).toHaveLength(2)
    await stream.close()
  })

  test('one timer watches a connection, however many chunks arrive', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect })
    stream.on('b', () => {})
    await settle()
    const set = vi.spyOn(globalThis, 'setTimeout')
    const interval = vi.spyOn(globalThis, 'setInterval')
    for (let n = 0; n < 100; n++) {
      connections[0]!.write(event('b', n))
      await settle()
    }
    const timers = set.mock.calls.length + interval.mock.calls.length
    // While the clock is still the fake one: restored later, they would bring it back.
    vi.restoreAllMocks()
    expect(timers).toBe(0)
    expect(vi.getTimerCount()).toBe(1)
    await stream.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([401, 403, 404])('a refusal with %i is final', async (status) => {
    const refusal = Object.assign(new Error('no'), { status })
    const connect = vi.fn(async () => {
      throw refusal
    })
    const stream = make({ connect })
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe(refusal)
    await vi.advanceTimersByTimeAsync(100_000)
    expect(connect).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('204 ends it for good', async () => {
    const connect = vi.fn(async (): Promise<Connection> => ({ status: 204, contentType: null, body: null }))
    const stream = make({ connect })
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
    await vi.advanceTimersByTimeAsync(100_000)
    expect(connect).toHaveBeenCalledTimes(1)
  })

  test.each([
    [{ status: 200, contentType: 'text/html', body: null }, /came as text\/html/],
    [{ status: 200, contentType: 'text/event-stream', body: null }, /need streaming answers/],
  ] satisfies [Connection, RegExp][])('an answer that is no stream is final (%#)', async (connection, message) => {
    const stream = make({ connect: async () => connection })
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(message)
    await expect(stream.done).rejects.toMatchObject({ name: 'DashClawError', final: true })
  })

  test('the body of an answer that is no stream is let go', async () => {
    const { connections, connect } = wire()
    const page = async () => ({ ...(await connect(undefined, { addEventListener() {} })), contentType: 'text/html' })
    const stream = make({ connect: page })
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(/came as text\/html/)
    expect(connections[0]!.open).toBe(false)
  })

  test('does not happen when it is not wanted', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect, reconnect: false })
    stream.on('b', () => {})
    await settle()
    connections[0]!.end()
    await expect(stream.done).resolves.toBeUndefined()
    expect(connections).toHaveLength(1)
  })
})

describe('over HTTP', () => {
  const timeouts = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  /** A server that answers each connection with the next script, and the last one from then on. */
  async function serve(...scripts: ((response: ServerResponse) => void)[]) {
    const seen: (string | null)[] = []
    let open = 0
    const server = createServer((request, response) => {
      const script = scripts[Math.min(seen.length, scripts.length - 1)]!
      seen.push(new URL(request.url!, 'http://localhost').searchParams.get('lastEventId'))
      open++
      response.on('close', () => open--)
      script(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const controller = new AbortController()
    const base = timeouts()
    const stream = new EventStream<Events>({
      minDelay: 10,
      maxDelay: 20,
      idleTimeout: 500,
      signal: controller.signal as never,
      async connect(last, signal) {
        const { port } = server.address() as AddressInfo
        const query = last ? `?lastEventId=${encodeURIComponent(last)}` : ''
        const { status, headers, body } = await fetch(`http://127.0.0.1:${port}/api/stream${query}`, {
          signal: signal as AbortSignal,
        })
        return { status, contentType: headers.get('content-type'), body }
      },
    })
    /** Nothing is left behind: no listener, no timer, no connection. */
    const clean = async () => {
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
      for (let i = 0; i < 200 && (open || timeouts() > base); i++)
        await new Promise((resolve) => setTimeout(resolve, 5))
      expect(open).toBe(0)
      expect(timeouts()).toBeLessThanOrEqual(base)
    }
    return { stream, seen, controller, clean }
  }

  const streaming = (then: (response: ServerResponse) => void) => (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    then(response)
  }
  const refusing = (status: number) => (response: ServerResponse) => void response.writeHead(status).end()

  test('resumes after a drop, a stall, a reset and a moment of refusal, without losing or repeating an event', async () => {
    const { stream, seen, clean } = await serve(
      streaming((response) => response.end(`${event('b', 1, 'mem-1')}id: mem-2\nevent: b\ndata: 2`)),
      streaming((response) => response.write(`: heartbeat\n\n${event('b', 2, 'mem-2')}`)),
      refusing(503),
      streaming((response) => response.write(event('b', 3, 'mem-3'), () => setTimeout(() => response.destroy(), 20))),
      streaming((response) => response.write(event('b', 4, 'mem-4').replaceAll('\n', '\r\n'))),
    )
    const data: unknown[] = []
    for await (const step of stream) if (data.push(step.data) === 4) break
    expect(data).toEqual([1, 2, 3, 4])
    expect(seen).toEqual([null, 'mem-1', 'mem-2', 'mem-2', 'mem-3'])
    expect(stream.lastEventId).toBe('mem-4')
    await clean()
  })

  test.each([401, 403, 404])('a refusal with %i is thrown, told to the error handler, and final', async (status) => {
    const { stream, seen, clean } = await serve(refusing(status))
    const failed = vi.fn()
    stream.on('error', failed)
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status })
    expect(failed.mock.calls).toMatchObject([[{ status }, undefined]])
    await clean()
    expect(seen).toHaveLength(1)
  })

  test('204 ends it normally', async () => {
    const { stream, seen, clean } = await serve(refusing(204))
    for await (const _ of stream) expect.unreachable()
    await expect(stream.done).resolves.toBeUndefined()
    await clean()
    expect(seen).toHaveLength(1)
  })

  test.each(['close', 'abort'])('a live connection is let go on %s', async (how) => {
    const { stream, controller, clean } = await serve(streaming((response) => response.write(event('b', 1, 'mem-1'))))
    const iterator = stream[Symbol.asyncIterator]()
    expect(await iterator.next()).toMatchObject({ value: { type: 'b', id: 'mem-1', data: 1 } })
    const step = iterator.next()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    if (how === 'close') await stream.close()
    else controller.abort(new Error('enough'))
    if (how === 'close') expect(await step).toEqual({ done: true, value: undefined })
    else await expect(step).rejects.toThrow('enough')
    await clean()
  })
})
