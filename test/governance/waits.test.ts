/** Several waits beside each other: what one does is no other's business. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { HELD, rejection, setup } from '../support/local.ts'

type Row = Record<string, unknown>
type Server = ReturnType<typeof setup>['server']
const ship = { action_type: 'deploy', declared_goal: 'Ship' } as const
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const statusOf = (server: Server) => (server.snapshot()['actions'] as Row[]).map(({ status }) => status)
const held = async (options: Parameters<typeof setup>[0] = {}) => {
  const { server } = setup({}, { policies: [HELD] })
  const { claw, logger } = setup(options, server)
  const { action_id } = await claw.createAction(ship)
  return { server, claw, logger, action_id }
}
/** A server without event streams. */
const noStream = (server: Server) =>
  (async (url: string, init: object) =>
    url.includes('/api/stream') ? new Response('no', { status: 404 }) : server.fetch(url, init)) as never

describe('two waits for one action', () => {
  test.each([{}, { cancelOnAbort: true }])('giving up one leaves the other: %j', async (options) => {
    const { server, claw, action_id } = await held()
    const agent = claw.waitForApproval(action_id)
    const reason = await rejection(claw.waitForApproval(action_id, { signal: AbortSignal.timeout(20), ...options }))
    expect(reason.name).toBe('TimeoutError')
    await claw.flush()
    expect(statusOf(server)).toEqual(['pending_approval'])
    server.approve(action_id)
    expect((await agent).action.status).toBe('running')
    await claw.close()
  })
  test('the last one to give up cancels the action where it asks for that, and leaves it where not', async () => {
    const { server, claw, action_id } = await held()
    await rejection(claw.waitForApproval(action_id, { signal: AbortSignal.timeout(20) }))
    await claw.flush()
    expect(statusOf(server)).toEqual(['pending_approval'])
    await rejection(claw.waitForApproval(action_id, { signal: AbortSignal.timeout(20), cancelOnAbort: true }))
    await claw.flush()
    expect(statusOf(server)).toEqual(['cancelled'])
  })
  test('an aborted track records its own action as cancelled', async () => {
    const { server } = setup({}, { policies: [HELD] })
    const { claw } = setup({ hitlMode: 'wait' }, server)
    const work = vi.fn()
    await rejection(claw.track(ship, work, { signal: AbortSignal.timeout(60) }))
    await claw.flush()
    expect(statusOf(server)).toEqual(['cancelled'])
    expect(work).not.toHaveBeenCalled()
  })
})

describe('a client for another agent', () => {
  test('ends only what it began when it is closed', async () => {
    const { server, claw, action_id } = await held()
    const child = claw.forAgent('b')
    const mine = claw.waitForApproval(action_id)
    const its = rejection(child.waitForApproval(action_id))
    const events = claw.events()
    const itsEvents = child.events()
    const seen: string[] = []
    events.on('*', (_data, { type }) => void seen.push(type))
    itsEvents.on('*', () => {})
    await eventually(() => expect(seen).toContain('connected'))
    await child.close()
    expect(await its).toMatchObject({ message: expect.stringContaining('was closed') })
    await itsEvents.done
    server.approve(action_id)
    expect((await mine).action_id).toBe(action_id)
    await eventually(() => expect(seen).toContain('action.updated'))
    claw.background('report', async () => void seen.push('report'))
    await claw.flush()
    expect(seen).toContain('report')
    await claw.close()
    await events.done
  })
  test('ends with the client that it was made from', async () => {
    const { claw, action_id } = await held()
    const its = rejection(claw.forAgent('b').waitForApproval(action_id))
    await claw.close()
    expect(await its).toMatchObject({ name: 'DashClawError' })
  })
})

describe('onPending', () => {
  test('runs in the async context of its own call', async () => {
    const tenant = new AsyncLocalStorage<string>()
    const { server } = setup({}, { policies: [HELD] })
    const { claw } = setup({ hitlMode: 'wait' }, server)
    const seen: Record<string, string | undefined> = {}
    const request = (name: string) =>
      tenant.run(name, () =>
        claw.track(ship, () => tenant.getStore(), {
          onPending: ({ action_id }) => {
            seen[name] = tenant.getStore()
            setTimeout(() => server.approve(action_id), 50)
          },
        }),
      )
    expect(await Promise.all(['A', 'B', 'C'].map(request))).toEqual(['A', 'B', 'C'])
    expect(seen).toEqual({ A: 'A', B: 'B', C: 'C' })
    await claw.close()
  })
  test('of the client is called unless the call has its own', async () => {
    const ofClient = vi.fn()
    const ofCall = vi.fn()
    const { claw, action_id, logger } = await held({ onPending: ofClient })
    void claw.waitForApproval(action_id).catch(() => {})
    await eventually(() => expect(ofClient).toHaveBeenCalledTimes(1))
    void claw.waitForApproval(action_id, { onPending: ofCall }).catch(() => {})
    await eventually(() => expect(ofCall).toHaveBeenCalledTimes(1))
    expect(ofClient).toHaveBeenCalledTimes(1)
    expect(logger.texts).toEqual([])
    await claw.close()
  })
  test('without one the log says what waits and where to decide, once', async () => {
    const { claw, action_id, logger } = await held()
    const waits = [1, 2, 3].map(() => claw.waitForApproval(action_id).catch(() => {}))
    await eventually(() => expect(logger.texts).toHaveLength(1))
    expect(logger.texts[0]).toMatch(/"Ship" of "agent-1" waits for a reviewer .*approveAction\('act_/)
    expect(logger.texts[0]).toContain(claw.baseUrl)
    await claw.close()
    await Promise.all(waits)
    expect(logger.texts).toHaveLength(1)
  })
  test.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['rejects with nothing', () => Promise.reject()],
  ])('that %s changes nothing', async (_name, onPending) => {
    const { server, claw, action_id, logger } = await held()
    const wait = claw.waitForApproval(action_id, { onPending })
    await eventually(() => expect(logger.texts).toEqual(['dashclaw: onPending threw.']))
    server.approve(action_id)
    expect((await wait).action_id).toBe(action_id)
    await claw.close()
  })
})

describe('the end of a wait', () => {
  test('looks once more: a decision that came meanwhile counts', async () => {
    const { server, action_id } = await held()
    const { claw } = setup({ fetch: noStream(server) }, server)
    const wait = claw.waitForApproval(action_id, { timeout: 400 })
    await pause(100)
    server.approve(action_id)
    expect((await wait).action.status).toBe('running')
    await claw.close()
  })
  test('says so where the state could not be read', async () => {
    const { server, action_id } = await held()
    const { claw } = setup({ fetch: (() => Promise.reject(new TypeError('down'))) as never, maxRetries: 0 }, server)
    expect(await rejection(claw.waitForApproval(action_id, { timeout: 60 }))).toMatchObject({
      name: 'ApprovalTimeoutError',
      message: expect.stringContaining('could not be read'),
    })
    await claw.close()
  })
  test('does not hang with a server that does', async () => {
    const { server, action_id } = await held()
    const { claw } = setup({ fetch: (() => new Promise(() => {})) as never, maxRetries: 0 }, server)
    const start = performance.now()
    expect(await rejection(claw.waitForApproval(action_id, { timeout: 50 }))).toMatchObject({
      name: 'ApprovalTimeoutError',
    })
    expect(performance.now() - start).toBeLessThan(15_000)
    await claw.close()
  }, 20_000)
  test.each([Number.POSITIVE_INFINITY, 3_000_000_000])('is not at once with a timeout of %d', async (timeout) => {
    const { server, claw, action_id } = await held()
    const wait = claw.waitForApproval(action_id, { timeout, interval: Number.POSITIVE_INFINITY })
    await pause(50)
    server.approve(action_id)
    expect((await wait).action_id).toBe(action_id)
    await claw.close()
  })
  test.each([
    [{ timeout: Number.NaN }, 'timeout'],
    [{ timeout: -1 }, 'timeout'],
    [{ interval: 0 }, 'interval'],
    [{ interval: Number.NaN }, 'interval'],
    [{ approvalTimeout: 5 }, 'approvalTimeout'],
    [{ onpending: () => {} }, 'onpending'],
    [5000, 'options'],
    ['x', 'options'],
  ])('%j is refused', async (options, field) => {
    const { claw, server } = setup()
    expect(await rejection(claw.waitForApproval('act_1', options as never))).toMatchObject({
      name: 'InputError',
      field,
    })
    expect(server.requests).toEqual([])
  })
})

test.each([
  ['after its first event', 'event: connected\ndata: {"status":"ok","replayed":0}\n\n', 200],
  ['after two events', 'event: connected\ndata: {}\n\nevent: action.updated\ndata: null\n\n', 200],
  ['before any event', '', 200],
  ['with retry: 0', 'retry: 0\nevent: connected\ndata: {}\n\n', 200],
  ['with a 503', '', 503],
])(
  'a stream that ends %s is asked for with back-off, and the reads stay few',
  async (_name, body, status) => {
    const { server, action_id } = await held()
    let requests = 0
    const { claw } = setup(
      {
        fetch: (async (url: string, init: object) => {
          requests++
          if (!url.includes('/api/stream')) return server.fetch(url, init)
          return new Response(body, { status, headers: { 'content-type': 'text/event-stream', 'retry-after': '0' } })
        }) as never,
      },
      server,
    )
    await rejection(claw.waitForApproval(action_id, { timeout: 6_000 }))
    await claw.close()
    // 100 a minute are 10 in 6 s; a last look comes on top, and the pauses are random.
    expect(requests).toBeLessThanOrEqual(14)
  },
  20_000,
)
