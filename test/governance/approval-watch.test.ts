/** When the watch asks for what: on a clock and a network that the test holds in its hands. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { sharedOf } from '../../src/core/core.ts'
import { ApprovalDeniedError } from '../../src/core/errors.ts'
import type { FetchResponse } from '../../src/core/types.ts'

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> }

beforeEach(() => {
  vi.useFakeTimers()
  // Delays are without jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

function rig({ stream: streams = true, total }: { stream?: boolean; total?: number } = {}) {
  const start = Date.now()
  /** What was asked, as `seconds path?query`. */
  const asked: string[] = []
  const states = new Map<string, string>()
  /** Answers in place of the usual one, in turn. */
  const instead: (Answer | Promise<Answer>)[] = []
  let live: ReadableStreamDefaultController<Uint8Array> | undefined
  let atOnce = 0
  let most = 0
  const text = (data: unknown) => new TextEncoder().encode(`event: action.updated\ndata: ${JSON.stringify(data)}\n\n`)
  const respond = ({ status = 200, body, headers = {} }: Answer) =>
    new Response(JSON.stringify(body), { status, headers }) as unknown as FetchResponse
  const row = (action_id: string) => ({ action_id, status: states.get(action_id) ?? 'pending_approval' })
  const claw = new DashClaw({
    baseUrl: 'https://claw.test',
    apiKey: 'test-key',
    agentId: 'agent-1',
    logger: false,
    async fetch(url, init) {
      const { pathname, searchParams } = new URL(url)
      if (init.method !== 'GET') return respond({ body: { action: { ...row('act_1'), status: 'cancelled' } } })
      if (pathname === '/api/stream') {
        if (!streams) return respond({ status: 404, body: { error: 'none' } })
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            live = controller
            init.signal?.addEventListener('abort', () => {
              try {
                controller.error(new Error('aborted'))
              } catch {
                // Closed already.
              }
            })
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } }) as unknown as FetchResponse
      }
      const offset = searchParams.get('offset')
      const id = pathname.replace('/api/actions', '').slice(1)
      asked.push(`${(Date.now() - start) / 1000} ${id || `queue ${offset}`}`)
      most = Math.max(most, ++atOnce)
      // The answer takes a moment.
      await Promise.resolve()
      try {
        const other = instead.shift()
        if (other) return respond(await other)
        if (id) return respond({ body: { action: row(id) } })
        const pending = [...states].filter(([, status]) => status.startsWith('pending')).map(([one]) => row(one))
        const page = pending.slice(Number(offset), Number(offset) + 200)
        return respond({ body: { actions: page, total: total ?? pending.length } })
      } finally {
        atOnce--
      }
    },
  })
  return {
    claw,
    asked,
    instead,
    states,
    most: () => most,
    closers: () => sharedOf(claw).closers.size,
    connect: async () => {
      live!.enqueue(new TextEncoder().encode('event: connected\ndata: {}\n\n'))
      await vi.advanceTimersByTimeAsync(0)
    },
    /** A whole row, as far as the watch looks at it. */
    event: async (row: { action_id: string; status: string }) => {
      live!.enqueue(text({ agent_id: 'agent-1', ...row }))
      await vi.advanceTimersByTimeAsync(0)
    },
    /** What newer servers send in place of a row. */
    hint: async (data: unknown) => {
      live!.enqueue(text(data))
      await vi.advanceTimersByTimeAsync(0)
    },
    breakOff: async () => {
      live!.close()
      await vi.advanceTimersByTimeAsync(0)
    },
    wait(id: string, options: Parameters<DashClaw['waitForApproval']>[1] = {}) {
      if (!states.has(id)) states.set(id, 'pending_approval')
      const state: { end?: unknown } = {}
      claw.waitForApproval(id, { timeout: 10_000_000, interval: 1000, ...options }).then(
        ({ action }) => {
          state.end = action.status
        },
        (error: Error) => {
          state.end = error.name
        },
      )
      return state
    },
  }
}
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('without a stream', () => {
  test('looks once an interval', async () => {
    const { asked, wait } = rig({ stream: false })
    wait('act_1', { interval: 5000 })
    await after(16_000)
    // The stream's refusal is the first reason to look.
    expect(asked).toEqual(['0 act_1', '5 act_1', '10 act_1', '15 act_1'])
  })
  test.each([
    [0, 0.8],
    [1, 1.2],
  ])('with jitter: random %d gives %d of it', async (random, factor) => {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const { asked, wait } = rig({ stream: false })
    wait('act_1', { interval: 10_000 })
    await after(10_000 * factor + 1)
    expect(asked).toEqual(['0 act_1', `${10 * factor} act_1`])
  })
  test('each wait is looked at by its own interval, 5 s where none is given, whatever the others ask for', async () => {
    const { asked, wait } = rig({ stream: false })
    wait('act_1', { interval: undefined })
    await after(5001)
    expect(asked).toEqual(['0 act_1', '5 act_1'])
    wait('act_2', { interval: 2000 })
    await after(8000)
    const looks = (id: string) => asked.filter((entry) => entry.endsWith(id)).map(Number.parseFloat)
    expect(looks('act_1')).toEqual([0, 5, 10])
    expect(looks('act_2')).toEqual([7.001, 9.001, 11.001, 13.001])
  })
  test('no interval is below a millisecond', async () => {
    const { asked, wait } = rig({ stream: false })
    wait('act_1', { interval: 0.001 })
    await after(10)
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.length).toBeLessThan(13)
  })
  test('is twice as far apart after each failure, up to a minute, and as before after an answer', async () => {
    const { asked, instead, wait } = rig({ stream: false })
    instead.push(...Array.from({ length: 8 }, () => ({ status: 500, body: { error: 'down' } })))
    wait('act_1', { interval: 1000 })
    await after(250_000)
    const times = asked.map((entry) => Number.parseFloat(entry))
    const gaps = times.slice(1).map((time, at) => time - times[at]!)
    expect(gaps.slice(0, 9)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 1])
  })
  test('does not double for ever where the interval is short', async () => {
    const { asked, instead, wait } = rig({ stream: false })
    instead.push(...Array.from({ length: 12 }, () => ({ status: 500, body: { error: 'down' } })))
    wait('act_1', { interval: 100 })
    await after(60_000)
    const times = asked.map((entry) => Number.parseFloat(entry))
    expect(Math.max(...times.slice(1).map((time, at) => time - times[at]!))).toBeCloseTo(6.4)
  })
  test('comes when the server said', async () => {
    const { asked, instead, wait } = rig({ stream: false })
    instead.push({ status: 429, body: { error: 'slow' }, headers: { 'retry-after': '7' } })
    wait('act_1', { interval: 1000 })
    await after(8500)
    expect(asked).toEqual(['0 act_1', '7 act_1', '8 act_1'])
  })
  test('a refusal ends all waits, what may pass does not', async () => {
    const { instead, wait, closers } = rig({ stream: false })
    instead.push({ status: 408, body: { error: 'late' } }, { status: 404, body: '<html>' as never })
    const [one, two] = [wait('act_1'), wait('act_2')]
    await after(10)
    // One of both was answered with 404 without JSON text of the server: its route is not there.
    expect([one.end, two.end].filter(Boolean)).toHaveLength(1)
    instead.push({ status: 403, body: { error: 'no' } })
    await after(10_000)
    expect([one.end, two.end].filter(Boolean)).toHaveLength(2)
    expect(closers()).toBe(0)
  })
  test('a refusal of the queue ends all who wait', async () => {
    const { asked, instead, wait } = rig({ stream: false })
    instead.push({ status: 401, body: { error: 'Unauthorized' } })
    const all = ['a', 'b', 'c'].map((id) => wait(id))
    await after(1)
    expect(asked).toEqual(['0 queue 0'])
    expect(all.map(({ end }) => end)).toEqual(Array(3).fill('AuthenticationError'))
  })
  test('two are read one by one, three by the queue', async () => {
    const { asked, wait } = rig({ stream: false })
    wait('a')
    wait('b')
    await after(1)
    expect(asked).toEqual(['0 a', '0 b'])
    wait('c')
    await after(1000)
    expect(asked.slice(2)).toEqual(['1 queue 0'])
  })
  test('a page of the queue a look, then those that were not in it, one for each second of the interval', async () => {
    const { asked, states, wait } = rig({ stream: false })
    for (let n = 0; n < 201; n++) wait(`p${n}`, { interval: 3000 })
    for (let n = 0; n < 5; n++) wait(`done${n}`, { interval: 3000 })
    for (let n = 0; n < 5; n++) states.set(`done${n}`, 'pending_other')
    states.forEach((_, id) => {
      if (id.startsWith('done')) states.set(id, 'running')
    })
    await after(13_000)
    expect(asked).toEqual([
      '0 queue 0',
      '3 queue 200',
      '3 done0',
      '3 done1',
      '3 done2',
      // The queue is read once more for what was left over.
      '6 queue 201',
      '6 done3',
      '6 done4',
      '9 queue 0',
      '12 queue 200',
    ])
  })
  test('below a second, one a look', async () => {
    const { asked, states, wait } = rig({ stream: false })
    for (const id of ['a', 'b', 'c', 'd']) wait(id, { interval: 500 })
    states.set('a', 'running')
    states.set('b', 'failed')
    await after(1)
    expect(asked).toEqual(['0 queue 0', '0 a'])
  })
  test('an answer without a list counts as a failure', async () => {
    const { asked, instead, wait } = rig({ stream: false })
    instead.push({ body: {} }, { body: { actions: [] } })
    for (const id of ['a', 'b', 'c']) wait(id)
    await after(2001)
    expect(asked.slice(0, 2)).toEqual(['0 queue 0', '2 queue 0'])
    // An empty queue without a total is at its end: all three are read by themselves.
    expect(asked.slice(2)).toEqual(['2 a'])
  })
  test('what only one wait was refused is no matter of the others', async () => {
    const { instead, wait } = rig({ stream: false })
    const [one, two] = [wait('a'), wait('b')]
    instead.push({ status: 404, body: { error: 'Action not found' } })
    await after(1)
    expect([one.end, two.end]).toEqual(['NotFoundError', undefined])
  })
})

describe('with a stream', () => {
  test('waits for it a moment, reads each state once it is there, and then asks no more', async () => {
    const { asked, connect, event, wait, closers } = rig()
    const [one, two] = [wait('a'), wait('b')]
    await after(999)
    expect(asked).toEqual([])
    await connect()
    expect(asked).toEqual(['0.999 a', '0.999 b'])
    await after(40_000)
    expect(asked).toHaveLength(2)
    await event({ action_id: 'b', status: 'running' })
    expect([one.end, two.end]).toEqual([undefined, 'running'])
    await event({ action_id: 'a', status: 'failed' })
    expect([one.end, two.end]).toEqual(['ApprovalDeniedError', 'running'])
    expect(closers()).toBe(0)
  })
  describe('whose frames do not hold the row', () => {
    test.each([
      ['null', null],
      ['an outcome, whose status is not that of the action', { action_id: 'a', status: 'completed', summary: 's' }],
      ['a part without a status', { action_id: 'a' }],
      ['nothing known', {}],
      ['a string', 'bulk'],
    ])('%s decides nothing, and the action is read within 5 s', async (_what, data) => {
      const { asked, connect, hint, states, wait } = rig()
      const one = wait('a')
      await connect()
      expect(asked).toHaveLength(1)
      await hint(data)
      expect(one.end).toBeUndefined()
      await after(5000)
      expect(asked).toHaveLength(2)
      expect(one.end).toBeUndefined()
      states.set('a', 'running')
      await hint(data)
      await after(5000)
      expect(one.end).toBe('running')
      expect(vi.getTimerCount()).toBe(0)
    })
    test('a part of another action makes no look', async () => {
      const { asked, connect, hint, wait } = rig()
      wait('a')
      await connect()
      await hint({ action_id: 'other', status: 'cancelled' })
      await after(20_000)
      expect(asked).toHaveLength(1)
    })
    test.each([0, 0.001, 0.5, 0.999, undefined])(
      'many make a look every 5 s at most, whatever the dice say: %s',
      async (dice) => {
        vi.mocked(Math.random).mockRestore()
        if (dice !== undefined) vi.spyOn(Math, 'random').mockReturnValue(dice)
        const { asked, connect, hint, wait } = rig()
        wait('a')
        await connect()
        for (let n = 0; n < 600; n++) {
          await hint(n % 2 ? null : { action_id: 'a', status: 'completed' })
          await after(100)
        }
        // A minute of frames: the first look, and one every 5 s.
        expect(asked.length).toBeGreaterThan(5)
        expect(asked.length).toBeLessThanOrEqual(14)
      },
    )
  })
  test('an action that expired is its own error', async () => {
    const { claw, states } = rig({ stream: false })
    states.set('a', 'expired')
    const failed = claw.waitForApproval('a', { interval: 1000 }).catch((reason: unknown) => reason)
    await after(2000)
    const error = await failed
    expect(error).toBeInstanceOf(ApprovalDeniedError)
    expect(error).toMatchObject({
      name: 'ApprovalExpiredError',
      action_id: 'a',
      status: 'expired',
      message: expect.stringMatching(
        /^Action a expired on the server .* Create it again, and wait longer with approvalTimeout\.$/,
      ),
    })
  })
  test('looks in spite of it when it does not come', async () => {
    const { asked, wait } = rig()
    wait('a')
    await after(1001)
    expect(asked).toEqual(['1 a'])
  })
  test('reads a state that is new at once, and no other again', async () => {
    const { asked, connect, wait } = rig()
    wait('a')
    await connect()
    await after(1000)
    wait('b')
    await after(1000)
    expect(asked).toEqual(['0 a', '1 b'])
  })
  test('reads the queue to its end at once, then whoever is not in it, eight at a time', async () => {
    const { asked, connect, most, states, wait } = rig()
    const done = Array.from({ length: 20 }, (_, n) => wait(`done${n}`))
    for (let n = 0; n < 20; n++) states.set(`done${n}`, 'running')
    for (let n = 0; n < 400; n++) wait(`p${n}`)
    await connect()
    await after(0)
    expect(asked.filter((entry) => entry.includes('queue'))).toEqual(['0 queue 0', '0 queue 200'])
    expect(asked).toHaveLength(22)
    expect(most()).toBe(8)
    expect(done.every(({ end }) => end === 'running')).toBe(true)
    await after(40_000)
    expect(asked).toHaveLength(22)
  })
  test('reads no more pages than it has use for, whatever the total', async () => {
    const { asked, connect, wait } = rig({ total: 1000 })
    for (let n = 0; n < 210; n++) wait(`p${n}`)
    await connect()
    await after(0)
    expect(asked).toEqual(['0 queue 0', '0 queue 200'])
  })
  test('reads all states again, soon when it breaks off, and at once when it is back', async () => {
    const { asked, breakOff, connect, wait } = rig()
    wait('a', { interval: 60_000 })
    await connect()
    await after(10_000)
    await breakOff()
    await after(1000)
    expect(asked.slice(1)).toEqual(['10.5 a'])
    // The stream connects anew by itself.
    await after(4000)
    await connect()
    expect(asked.slice(2)).toEqual(['15 a'])
    await after(40_000)
    expect(asked).toHaveLength(3)
  })
  test('a failure under the stream is tried again later, and at once when the stream is back', async () => {
    const { asked, breakOff, connect, instead, wait } = rig()
    wait('a', { interval: 10_000 })
    instead.push({ status: 500, body: { error: 'down' } }, { status: 500, body: { error: 'down' } })
    await connect()
    await after(19_999)
    expect(asked).toEqual(['0 a'])
    await after(1)
    expect(asked).toEqual(['0 a', '20 a'])
    // After failures, a broken stream is no reason to hurry.
    await breakOff()
    await after(2000)
    expect(asked).toHaveLength(2)
    await connect()
    expect(asked).toEqual(['0 a', '20 a', '22 a'])
  })
  test('looks again for what came while a look was under way', async () => {
    const { asked, connect, instead, wait } = rig()
    let answer!: (answer: Answer) => void
    instead.push(new Promise((resolve) => (answer = resolve)))
    wait('a')
    await connect()
    wait('b')
    await after(10_000)
    expect(asked).toEqual(['0 a'])
    answer({ body: { action: { action_id: 'a', status: 'pending_approval' } } })
    await after(0)
    expect(asked).toEqual(['0 a', '10 b'])
    await after(30_000)
    expect(asked).toHaveLength(2)
  })
  test('does not believe an answer that was on the way before the stream was there', async () => {
    const { asked, connect, instead, states, wait } = rig()
    let answer!: (answer: Answer) => void
    instead.push(new Promise((resolve) => (answer = resolve)))
    const one = wait('a')
    await after(1000)
    expect(asked).toEqual(['1 a'])
    // The person decides after the server has read the row, and before the stream could tell of it.
    states.set('a', 'running')
    await connect()
    answer({ body: { action: { action_id: 'a', status: 'pending_approval' } } })
    await after(0)
    expect(asked).toEqual(['1 a', '1 a'])
    expect(one.end).toBe('running')
  })
  test('does not believe a queue that was on the way either', async () => {
    const { asked, connect, instead, states, wait } = rig()
    let answer!: (answer: Answer) => void
    instead.push(new Promise((resolve) => (answer = resolve)))
    const all = ['a', 'b', 'c'].map((id) => wait(id))
    await after(1000)
    states.set('a', 'failed')
    await connect()
    const actions = ['a', 'b', 'c'].map((action_id) => ({ action_id, status: 'pending_approval' }))
    answer({ body: { actions, total: 3 } })
    await after(0)
    expect(asked).toEqual(['1 queue 0', '1 queue 0', '1 a'])
    expect(all.map(({ end }) => end)).toEqual(['ApprovalDeniedError', undefined, undefined])
    await after(30_000)
    expect(asked).toHaveLength(3)
  })
  test('an answer that comes after the end has nothing to do with the next watch', async () => {
    const { asked, connect, instead, wait } = rig()
    let answer!: (answer: Answer) => void
    instead.push(new Promise((resolve) => (answer = resolve)))
    const abort = new AbortController()
    const first = ['a', 'b', 'c'].map((id) => wait(id, { signal: abort.signal }))
    await connect()
    abort.abort(new Error('enough'))
    await after(1)
    expect(first.map(({ end }) => end)).toEqual(['Error', 'Error', 'Error'])
    const second = ['x', 'y', 'z'].map((id) => wait(id))
    await connect()
    answer({ body: { actions: [{ action_id: 'x', status: 'pending_approval' }], total: 500 } })
    await after(10)
    const later = asked.slice(1)
    expect(later[0]).toMatch(/queue 0$/)
    expect(later.filter((entry) => entry.includes('queue 1'))).toEqual([])
    expect(second.map(({ end }) => end)).toEqual([undefined, undefined, undefined])
  })
})

describe('those who wait', () => {
  test('for one action read it together, are told once each, and end by themselves', async () => {
    const { asked, event, connect, wait, closers } = rig()
    const told = [vi.fn(), vi.fn()]
    const abort = new AbortController()
    const [one, two] = told.map((onPending, n) => wait('a', { onPending, ...(n && { signal: abort.signal }) }))
    await connect()
    expect(asked).toEqual(['0 a'])
    await event({ action_id: 'a', status: 'pending_approval' })
    for (const callback of told) {
      expect(callback).toHaveBeenCalledExactlyOnceWith({ action_id: 'a', status: 'pending_approval' })
    }
    abort.abort()
    await after(0)
    expect([one!.end, two!.end]).toEqual([undefined, 'AbortError'])
    expect(closers()).toBe(1)
    await event({ action_id: 'a', status: 'completed' })
    expect(one!.end).toBe('completed')
    expect(closers()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
  test('wait no longer than they are told to, and for 5 minutes where they are not', async () => {
    const { connect, wait } = rig()
    const [one, two] = [wait('a', { timeout: undefined }), wait('b', { timeout: 301_000 })]
    await connect()
    await after(299_999)
    expect(one.end).toBeUndefined()
    await after(1)
    expect([one.end, two.end]).toEqual(['ApprovalTimeoutError', undefined])
    await after(1000)
    expect(two.end).toBe('ApprovalTimeoutError')
  })
  test('may wait for longer than a timer of the runtime can', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const { wait } = rig()
    const one = wait('a', { timeout: Number.POSITIVE_INFINITY })
    await after(100)
    expect(one.end).toBeUndefined()
    expect(Math.max(...set.mock.calls.map(([, ms]) => ms ?? 0))).toBe(2_147_483_647)
    set.mockRestore()
  })
  test('hear why it was denied, also where nobody said', async () => {
    const { claw, states } = rig({ stream: false })
    states.set('a', 'failed')
    const error = claw.waitForApproval('a').catch((error: Error) => error)
    await after(1)
    expect(await error).toMatchObject({
      name: 'ApprovalDeniedError',
      message: 'Action a was not approved (failed): no reason given',
      status: 'failed',
      action: { action_id: 'a', status: 'failed' },
    })
  })
  test('end when the client closes, and leave nothing behind', async () => {
    const { claw, connect, wait, closers } = rig()
    const all = ['a', 'b', 'c'].map((id) => wait(id))
    await connect()
    expect(closers()).toBe(1)
    await claw.close()
    expect(all.map(({ end }) => end)).toEqual(Array(3).fill('DashClawError'))
    expect(vi.getTimerCount()).toBe(0)
  })
})
