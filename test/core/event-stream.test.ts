import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Connection, EventStream, type EventStreamOptions } from '../../src/core/event-stream.ts'

interface Events {
  a: { n: number }
  b: string
}

/** A server side of streams: each connection is one that the test writes to. */
function wire() {
  const connections: {
    last: string
    write(text: string): void
    end(): void
    fail(error: unknown): void
    open: boolean
  }[] = []
  const connect = async (
    last: string,
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

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const settle = () => vi.advanceTimersByTimeAsync(0)
const event = (type: string, data: unknown, id?: string) =>
  `${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`

describe('listening', () => {
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

  test('only the types that were asked for arrive', async () => {
    const { connections, connect } = wire()
    const stream = make({ connect, types: ['b'] })
    const seen: unknown[] = []
    stream.on('*', (_data, { type }) => seen.push(type))
    await settle()
    connections[0]!.write(event('a', { n: 1 }) + event('b', 'x'))
    await settle()
    expect(seen).toEqual(['b'])
    await stream.close()
  })
})

describe('iterating', () => {
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
    expect(seen).toEqual([4, 5, 6])
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('an abort throws the reason and leaves nothing on the signal', async () => {
    const { connect, connections } = wire()
    const controller = new AbortController()
    const stream = make({ connect, signal: controller.signal as never })
    const step = stream[Symbol.asyncIterator]().next()
    await settle()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(step).rejects.toBe(reason)
    await expect(stream.done).rejects.toBe(reason)
    expect(connections[0]!.open).toBe(false)
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

  test('waits longer after each failure, up to the limit, and starts over after an event', async () => {
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
    await settle()
    const before = Date.now()
    good.connections[0]!.end()
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
    await vi.advanceTimersByTimeAsync(44_000)
    expect(connections).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(8000)
    expect(connections).toHaveLength(2)
    await stream.close()
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
    [{ status: 200, contentType: 'text/event-stream', body: null }, /no streaming answers/],
  ] satisfies [Connection, RegExp][])('an answer that is no stream is final (%#)', async (connection, message) => {
    const stream = make({ connect: async () => connection })
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(message)
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
