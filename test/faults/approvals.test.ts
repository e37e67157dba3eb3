import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { HELD } from '../support/local.ts'
import { figure } from './support/figures.ts'
import { type Crowd, crowd, hold, median } from './support/waiters.ts'

const HOUR = 3_600_000
let at: Crowd | undefined

afterEach(async () => {
  vi.useRealTimers()
  await at?.close()
  at = undefined
})

/** Waits for all actions at once, and gives the results once each wait knows that its action is pending. */
async function waiting({ claw, ids }: Crowd, options: (index: number) => object = () => ({})) {
  let told = 0
  const results = ids.map((id, index) =>
    claw.waitForApproval(id, { timeout: HOUR, onPending: () => void told++, ...options(index) }).then(
      ({ action }) => `${action.action_id} ${action.status}`,
      (error: Error) => error.name,
    ),
  )
  await expect.poll(() => told, { timeout: 60_000 }).toBe(ids.length)
  return { results, told: () => told }
}

test.each([1000, 10_000])(
  '%i waits of one client take one stream and the pages of the queue, resume at once, and end each by itself',
  async (count) => {
    at = await crowd(count)
    const { server, proxy, claw, ids } = at
    const controllers = ids.map(() => new AbortController())
    const { results } = await waiting(at, (index) => ({
      signal: controllers[index]!.signal,
      cancelOnAbort: true,
    }))
    expect([proxy.streams.opened, at.lists, at.reads.size]).toEqual([1, Math.ceil(count / 200), 0])

    const latencies: number[] = []
    for (let index = 0; index < 200; index++) {
      const start = performance.now()
      server.approve(ids[index]!)
      expect(await results[index]).toBe(`${ids[index]} running`)
      latencies.push(performance.now() - start)
    }
    // A second wait for the same action, with a time limit of its own, leaves the first alone.
    const short = await Promise.all(
      ids.slice(200, 300).map((id) => claw.waitForApproval(id, { timeout: 20 }).catch((error: Error) => error.name)),
    )
    expect(new Set(short)).toEqual(new Set(['ApprovalTimeoutError']))

    const expected = ids.map((id, index) => {
      if (index < 200) return `${id} running`
      if (index % 10 === 1) return 'ApprovalDeniedError'
      return index % 20 === 2 && index < 4000 ? 'AbortError' : `${id} running`
    })
    // In an order of its own, so that no wait hangs on the one before it.
    for (const index of ids.keys()) {
      const other = (index * 7919) % count
      if (other < 200) continue
      if (expected[other] === 'AbortError') controllers[other]!.abort()
      else if (expected[other] === 'ApprovalDeniedError') server.deny(ids[other]!)
      else server.approve(ids[other]!)
    }
    expect(await Promise.all(results)).toEqual(expected)
    expect(proxy.streams.opened).toBe(1)
    expect(Math.max(0, ...at.reads.values())).toBeLessThanOrEqual(1)
    // The stream goes with the last wait, and no listener stays.
    await expect.poll(() => proxy.streams.open).toBe(0)
    expect(controllers.filter(({ signal }) => getEventListeners(signal, 'abort').length)).toEqual([])
    await claw.flush()
    const cancelled = (server.snapshot()['actions'] as { status: string }[]).filter(
      ({ status }) => status === 'cancelled',
    )
    expect(cancelled).toHaveLength(expected.filter((end) => end === 'AbortError').length)
    figure(`${count} waiters: streams, queue pages, single reads`, `1, ${at.lists}, ${at.reads.size}`)
    figure(`${count} waiters: median ms from approval to resume`, Number(median(latencies).toFixed(2)))
    expect(median(latencies)).toBeLessThan(50)
  },
)

test('a stream that dies again and again loses no decision, and is opened one at a time', async () => {
  at = await crowd(1000)
  const { server, proxy, ids } = at
  const { results } = await waiting(at)
  for (let round = 0; round < 10; round++) {
    const part = ids.slice(round * 100, round * 100 + 100)
    // Before, while and after the connection breaks.
    for (const id of part.slice(0, 30)) server.approve(id)
    proxy.cut(round % 2 ? 'reset' : 'end')
    for (const id of part.slice(30, 60)) server.deny(id)
    await pause(10)
    for (const id of part.slice(60)) server.approve(id)
    expect(await Promise.all(results.slice(round * 100, round * 100 + 100))).toEqual(
      part.map((id, index) => (index >= 30 && index < 60 ? 'ApprovalDeniedError' : `${id} running`)),
    )
  }
  expect(proxy.streams.most).toBe(1)
  expect(Math.max(...at.reads.values(), 0)).toBeLessThanOrEqual(1)
  figure(
    '1000 waiters, 10 breaks: streams, queue pages, single reads',
    `${proxy.streams.opened}, ${at.lists}, ${at.reads.size}`,
  )
}, 60_000)

test('more decisions than a server sends again are found by reading, each once', async () => {
  at = await crowd(1000)
  const { server, proxy, ids, reads } = at
  const count = proxy.plan
  const { results } = await waiting(at)
  proxy.plan = (passing) => {
    count(passing)
    return passing.path.startsWith('/api/stream') ? { kind: 'drop-before' } : undefined
  }
  proxy.cut()
  await expect.poll(() => proxy.streams.open).toBe(0)
  for (const id of ids.slice(0, 700)) server.approve(id)
  proxy.plan = count
  expect(await Promise.all(results.slice(0, 700))).toEqual(ids.slice(0, 700).map((id) => `${id} running`))
  expect(Math.max(...reads.values(), 0)).toBeLessThanOrEqual(1)
  for (const id of ids.slice(700)) server.approve(id)
  await Promise.all(results)
  expect(proxy.streams.most).toBe(1)
}, 60_000)

test('a server that comes back with new event ids is read again', async () => {
  at = await crowd(300)
  const { server, proxy, claw, ids } = at
  const { results } = await waiting(at)
  for (const id of ids.slice(0, 50)) server.approve(id)
  await Promise.all(results.slice(0, 50))
  // What is decided while nobody can tell: a new process over the same rows, whose events begin at 1 again.
  const next = createLocalServer({ policies: [HELD] })
  for (const id of ids.slice(50, 100)) server.deny(id)
  next.seed('actions', server.snapshot()['actions']!)
  await at.move(next)
  await server.close()
  for (const id of ids.slice(100, 150)) next.approve(id)
  proxy.cut()
  expect(await Promise.all(results.slice(50, 150))).toEqual([
    ...Array(50).fill('ApprovalDeniedError'),
    ...ids.slice(100, 150).map((id) => `${id} running`),
  ])
  for (const id of ids.slice(150)) next.approve(id)
  expect(await Promise.all(results.slice(150))).toEqual(ids.slice(150).map((id) => `${id} running`))
  expect((await claw.getPendingApprovals()).actions).toEqual([])
}, 60_000)

test('events that come twice, late, for others or as nonsense decide nothing and end nothing', async () => {
  at = await crowd(100)
  const { server, ids } = at
  const stale = server.snapshot()['actions'] as { action_id: string; status: string }[]
  const { results, told } = await waiting(at)
  const emit = (data: unknown) => server.emit('action.updated', data)
  for (const nonsense of [null, 7, 'text', [], {}, { action_id: 7 }, { action_id: null, status: 'running' }])
    emit(nonsense)
  for (const row of stale) {
    emit({ ...row, action_id: `${row.action_id}x`, status: 'running' })
    for (const status of [7, null, '', 'paused', 'RUNNING', 'pending_second_approval']) emit({ ...row, status })
    emit(row)
  }
  await pause(100)
  expect(await Promise.race([...results, 'none'])).toBe('none')
  for (const [index, id] of ids.entries()) {
    if (index % 2) server.deny(id)
    else server.approve(id)
    // Late and twice: the row as it was before, and what was said already.
    emit(stale[index])
    emit({ ...stale[index], status: 'running' })
    emit({ ...stale[index], status: 'failed' })
  }
  expect(await Promise.all(results)).toEqual(
    ids.map((id, index) => (index % 2 ? 'ApprovalDeniedError' : `${id} running`)),
  )
  expect(told()).toBe(100)
})

test('a stream that falls silent in the middle of a frame is given up after 45 s, and what came meanwhile is read', async () => {
  at = await crowd(300)
  const { server, proxy, ids } = at
  const count = proxy.plan
  let streams = 0
  proxy.plan = (passing) => {
    count(passing)
    // The first frame is the one that says "connected".
    return passing.path.startsWith('/api/stream') && !streams++ ? { kind: 'stall-body', bytes: 400 } : undefined
  }
  const { results } = await waiting(at)
  for (const id of ids) server.approve(id)
  expect(await Promise.all(results)).toEqual(ids.map((id) => `${id} running`))
  expect([streams, proxy.streams.most]).toEqual([2, 1])
}, 90_000)

test.each([1000, 10_000])(
  '%i waits without streams take one request an interval, and never more than 100 a minute',
  async (count) => {
    const server = createLocalServer({ policies: [HELD], rateLimit: { limit: 100 } })
    const ids = await hold(server, count)
    server.failNext({ path: '/api/stream', status: 404, body: '<html>' }, 9999)
    vi.useFakeTimers()
    const { fetch, baseUrl } = server
    const claw = new DashClaw({ baseUrl, apiKey: 'local', agentId: 'agent-1', fetch, logger: false })
    let ended = 0
    const waits = ids.map((id) => claw.waitForApproval(id, { timeout: 100 * HOUR }).then(() => void ended++))
    let worst = 0
    const minutes = async (most: number, until: () => boolean) => {
      for (let minute = 0; minute < most && !until(); minute++) {
        server.requests.length = 0
        await vi.advanceTimersByTimeAsync(60_000)
        worst = Math.max(worst, server.requests.length)
      }
      expect(until()).toBe(true)
    }
    await minutes(10, () => server.requests.length > 0)
    for (const id of ids.slice(0, 300)) server.approve(id)
    await minutes(60, () => ended === 300)
    figure(`${count} waiters without streams: most requests in a minute`, worst)
    expect(worst).toBeLessThanOrEqual(100)
    const settled = Promise.allSettled(waits)
    await claw.close()
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(300)
    expect(vi.getTimerCount()).toBe(0)
  },
)

test('a limit of 10 requests a minute is kept to by waiting longer', async () => {
  const server = createLocalServer({ policies: [HELD], rateLimit: { limit: 10 } })
  const ids = await hold(server, 400)
  server.failNext({ path: '/api/stream', status: 404, body: '<html>' }, 9999)
  vi.useFakeTimers()
  const { fetch, baseUrl } = server
  const claw = new DashClaw({ baseUrl, apiKey: 'local', agentId: 'agent-1', fetch, logger: false })
  const waits = Promise.all(ids.slice(0, 20).map((id) => claw.waitForApproval(id, { timeout: HOUR })))
  let ended = false
  void waits.then(() => {
    ended = true
  })
  for (const id of ids.slice(0, 20)) server.approve(id)
  let worst = 0
  for (let minute = 0; minute < 60 && !ended; minute++) {
    server.requests.length = 0
    await vi.advanceTimersByTimeAsync(60_000)
    worst = Math.max(worst, server.requests.length)
  }
  expect(ended).toBe(true)
  // Ten that are answered, and what was under way when the first refusal came: one page and five reads.
  expect(worst).toBeLessThanOrEqual(16)
})
