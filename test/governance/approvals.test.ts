import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { verdict } from '../../src/governance/approval-state.ts'
import type { LocalServer } from '../../src/local/index.ts'
import { asked, HELD, rejection, setup } from '../support/local.ts'

const deploy = { action_type: 'deploy', declared_goal: 'Ship' } as const
const hold = async (claw: DashClaw) => (await claw.createAction(deploy)).action_id
const count = (server: LocalServer, what: string) => asked(server).filter((entry) => entry === what).length
/** No event stream on this server. */
const noStream = (server: LocalServer) => server.failNext({ path: '/api/stream', status: 404, body: '<html>' }, 9999)

test.each([
  ['running', undefined, true],
  ['completed', undefined, true],
  ['running', null, true],
  ['failed', undefined, false],
  ['cancelled', undefined, false],
  ['expired', undefined, false],
  ['blocked', undefined, false],
  ['failed', 'usr_1', false],
  ['pending_approval', undefined, undefined],
  ['pending_approval', 'usr_1', undefined],
  ['pending', undefined, undefined],
  ['pending_second_approval', 'usr_1', undefined],
  ['waiting', undefined, undefined],
  ['unblocked', undefined, undefined],
  ['failed_over', undefined, undefined],
  ['waiting', 'usr_1', true],
  ['', undefined, undefined],
  [null, undefined, undefined],
  [7, undefined, undefined],
])('status %j with approved_by %j is %j', (status, approved_by, expected) => {
  expect(verdict({ status, ...(approved_by !== undefined && { approved_by }) } as never)).toBe(expected)
})
test('no row is no decision', () => {
  expect([verdict(undefined), verdict(null), verdict({} as never)]).toEqual([undefined, undefined, undefined])
})

describe.each(['2.0', '2.10'] as const)('waiting on a %s server', (version) => {
  test('ends with the action when it is allowed, whoever comes first', async () => {
    const { claw, server } = setup({}, { version, policies: [HELD] })
    const late = await hold(claw)
    const pending = vi.fn()
    const wait = claw.waitForApproval(late, { onPending: pending })
    await expect.poll(() => pending.mock.calls.length).toBe(1)
    expect(pending.mock.calls[0]![0]).toMatchObject({
      action_id: late,
      status: 'pending_approval',
      declared_goal: 'Ship',
    })
    server.approve(late, { reasoning: 'ok' })
    expect(await wait).toMatchObject({
      action_id: late,
      action: { status: 'running', reasoning: expect.stringContaining('Reason: ok') },
    })
    const early = await hold(claw)
    server.approve(early)
    expect((await claw.waitForApproval(early)).action.status).toBe('running')
  })
  test('is refused when it is denied or cancelled, with the reason', async () => {
    const { claw, server } = setup({}, { version, policies: [HELD] })
    const [one, two] = [await hold(claw), await hold(claw)]
    const waits = [rejection(claw.waitForApproval(one)), rejection(claw.waitForApproval(two))]
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    server.deny(one, { reasoning: 'not today' })
    await claw.updateOutcome(two, { status: 'cancelled' })
    expect(await waits[0]).toMatchObject({
      name: 'ApprovalDeniedError',
      status: 'failed',
      action_id: one,
      message: /not today/,
    })
    expect(await waits[1]).toMatchObject({ name: 'ApprovalDeniedError', status: 'cancelled' })
  })
})

describe('one watch for all', () => {
  test('1,000 waits take one stream and few requests, and each ends by itself', async () => {
    const { claw, server } = setup({}, { version: '2.0', policies: [HELD] })
    const ids: string[] = []
    for (let i = 0; i < 1000; i++) ids.push(await hold(claw))
    const before = server.requests.length
    const results = Promise.allSettled(ids.map((id) => claw.waitForApproval(id)))
    await expect.poll(() => server.requests.length - before).toBeGreaterThanOrEqual(6)
    ids.forEach((id, at) => {
      if (at % 10 === 0) server.deny(id)
      else server.approve(id)
    })
    const settled = await results
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(900)
    expect(
      settled.filter((result) => result.status === 'rejected' && result.reason.name === 'ApprovalDeniedError'),
    ).toHaveLength(100)
    expect(asked(server).slice(before)).toEqual(['GET /api/stream', ...Array(5).fill('GET /api/actions')])
    expect(server.requests.slice(before + 1).map(({ query }) => query)).toEqual(
      [0, 200, 400, 600, 800].map((offset) => ({ status: 'pending_approval', limit: '200', offset: String(offset) })),
    )
  }, 20_000)

  test('clients for other agents share it', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const other = claw.forAgent('agent-2')
    const [one, two] = [await hold(claw), await hold(other)]
    const waits = Promise.all([claw.waitForApproval(one), other.waitForApproval(two)])
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    server.approve(one)
    server.approve(two)
    await waits
    expect(count(server, 'GET /api/stream')).toBe(1)
  })

  test('goes on by polling while the stream is answered by nobody, as behind a proxy that buffers', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    server.failNext({ path: '/api/stream', delay: 60_000 })
    const wait = claw.waitForApproval(id, { interval: 10 })
    await expect.poll(() => count(server, 'GET /api/actions/:id')).toBeGreaterThan(1)
    server.approve(id)
    expect((await wait).action.action_id).toBe(id)
  })

  test('is over with the last wait, and leaves no stream behind', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const url = await server.listen()
    const http = setup({ baseUrl: url.url, fetch: undefined }, server).claw
    const id = await hold(claw)
    const wait = http.waitForApproval(id)
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    server.approve(id)
    await wait
    const again = await hold(claw)
    const second = http.waitForApproval(again)
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(2)
    server.approve(again)
    await second
    await server.close()
  })

  test('a decision between two connections is not missed', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const { url, close } = await server.listen()
    const { port } = new URL(url)
    const http = setup({ baseUrl: url, fetch: undefined }, server).claw
    const id = await hold(claw)
    const wait = http.waitForApproval(id, { interval: 50 })
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    await close()
    server.approve(id)
    const back = await server.listen(Number(port))
    expect((await wait).action.status).toBe('running')
    await back.close()
  })

  test('an event of an action that nobody waits for, or with a status that nobody knows, changes nothing', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    let settled = false
    const wait = claw.waitForApproval(id).finally(() => {
      settled = true
    })
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    for (const data of [
      {},
      { action_id: 'x', status: 'running' },
      { action_id: id },
      { action_id: id, status: 'approved?' },
      'text',
      5,
      [],
    ]) {
      server.emit('action.updated', data)
    }
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(settled).toBe(false)
    server.approve(id)
    await wait
  })
})

describe('without a stream', () => {
  test('a single wait reads its action at intervals', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    noStream(server)
    const id = await hold(claw)
    const wait = claw.waitForApproval(id, { interval: 20 })
    await expect.poll(() => count(server, 'GET /api/actions/:id')).toBeGreaterThan(2)
    server.approve(id)
    expect((await wait).action.status).toBe('running')
    expect(count(server, 'GET /api/actions')).toBe(0)
  })

  test('many waits share one request an interval, and stay within 100 requests a minute', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    noStream(server)
    const ids: string[] = []
    for (let i = 0; i < 450; i++) ids.push(await hold(claw))
    vi.useFakeTimers()
    try {
      const results = Promise.all(ids.map((id) => claw.waitForApproval(id, { timeout: 3_600_000 })))
      await vi.advanceTimersByTimeAsync(1000)
      const before = server.requests.length
      await vi.advanceTimersByTimeAsync(60_000)
      const minute = server.requests.length - before
      expect(minute).toBeGreaterThanOrEqual(9)
      expect(minute).toBeLessThanOrEqual(20)
      for (const id of ids) server.approve(id)
      let worst = 0
      for (let i = 0; i < 30; i++) {
        const start = server.requests.length
        await vi.advanceTimersByTimeAsync(60_000)
        worst = Math.max(worst, server.requests.length - start)
      }
      expect(worst).toBeLessThanOrEqual(100)
      await results
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  }, 20_000)

  test('many decisions in a long queue are read one look after the other, not a few each time the queue was read', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    noStream(server)
    const ids: string[] = []
    for (let i = 0; i < 1000; i++) ids.push(await hold(claw))
    vi.useFakeTimers()
    try {
      let ended = 0
      const waits = ids.map((id) => claw.waitForApproval(id, { timeout: 3_600_000 }).then(() => void ended++))
      const results = Promise.allSettled(waits)
      for (const id of ids.slice(0, 40)) server.approve(id)
      // Five pages, then five reads a look.
      await vi.advanceTimersByTimeAsync(14 * 6000)
      expect(ended).toBe(40)
      const late = await hold(claw)
      waits.push(claw.waitForApproval(late, { timeout: 3_600_000 }).then(() => void ended++))
      server.approve(late)
      await vi.advanceTimersByTimeAsync(14 * 6000)
      expect(ended).toBe(41)
      await claw.close()
      await results
    } finally {
      vi.useRealTimers()
    }
  }, 20_000)

  test('trouble of the server is waited out; a refusal is not', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    noStream(server)
    const id = await hold(claw)
    const wait = claw.waitForApproval(id, { interval: 10 })
    server.failNext({ path: /act_/, status: 500 }, 1)
    server.failNext({ path: /act_/, kind: 'network' }, 1)
    server.failNext({ path: /act_/, status: 429, headers: { 'retry-after': '0' } }, 1)
    await expect.poll(() => count(server, 'GET /api/actions/:id')).toBeGreaterThan(3)
    server.approve(id)
    await wait
    expect(await rejection(claw.waitForApproval('act_unknown'))).toMatchObject({ name: 'NotFoundError' })
    const wrong = setup({ apiKey: 'wrong' }, server).claw
    expect(await rejection(wrong.waitForApproval(id))).toMatchObject({ name: 'AuthenticationError' })
  })
})

describe('ending a wait', () => {
  test('after the time limit, each by its own', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const [one, two] = [await hold(claw), await hold(claw)]
    const slow = claw.waitForApproval(two)
    const error = await rejection(claw.waitForApproval(one, { timeout: 30 }))
    expect(error).toMatchObject({
      name: 'ApprovalTimeoutError',
      action_id: one,
      message: /within 30 ms. It still waits/,
    })
    server.approve(two)
    await slow
    expect((await claw.getAction(one)).action.status).toBe('pending_approval')
  })

  test('by the signal of a runtime that keeps no reasons: with an AbortError', async () => {
    const { claw } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    const controller = new AbortController()
    Object.defineProperty(controller.signal, 'reason', { value: undefined })
    const wait = rejection(claw.waitForApproval(id, { signal: controller.signal, cancelOnAbort: true }))
    controller.abort()
    expect(await wait).toMatchObject({ name: 'AbortError' })
    await claw.flush()
    expect((await claw.getAction(id)).action.status).toBe('cancelled')
  })

  test('by the caller’s signal: the reason comes out, the action waits on, nothing stays behind', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const [one, two] = [await hold(claw), await hold(claw)]
    const other = claw.waitForApproval(two)
    const controller = new AbortController()
    const wait = rejection(claw.waitForApproval(one, { signal: controller.signal }))
    await expect.poll(() => count(server, 'GET /api/stream')).toBe(1)
    const reason = new Error('no longer needed')
    controller.abort(reason)
    expect(await wait).toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    await claw.flush()
    expect((await claw.getAction(one)).action.status).toBe('pending_approval')
    server.approve(two)
    await other
    expect(await rejection(claw.waitForApproval(one, { signal: controller.signal }))).toBe(reason)
  })

  test('by closing the client', async () => {
    const { claw } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    const wait = rejection(claw.waitForApproval(id))
    await claw.close()
    expect(await wait).toMatchObject({ name: 'DashClawError', message: /client was closed/ })
  })

  test('a callback that throws does not end it', async () => {
    const { claw, server, logger } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    const wait = claw.waitForApproval(id, {
      onPending() {
        throw new Error('mine')
      },
    })
    await expect.poll(() => logger.texts).toEqual(['dashclaw: onPending threw.'])
    server.approve(id)
    await wait
  })

  test('wrong ids and options are refused before any request', async () => {
    const { claw, server } = setup()
    for (const [id, options, field] of [
      ['', {}, 'action_id'],
      ['..', {}, 'action_id'],
      [undefined, {}, 'action_id'],
      ['act_1', { timeout: -1 }, 'timeout'],
      ['act_1', { timeout: 'soon' }, 'timeout'],
      ['act_1', { interval: 0 }, 'interval'],
      ['act_1', { onPending: 5 }, 'onPending'],
    ] as const) {
      expect(await rejection(claw.waitForApproval(id as never, options as never))).toMatchObject({
        name: 'InputError',
        field,
      })
    }
    expect(server.requests).toHaveLength(0)
  })
})

test('hitlMode wait: the work runs after the approval, and never after a denial, a time limit or an abort', async () => {
  const { claw, server } = setup({ hitlMode: 'wait', approvalTimeout: 60_000 }, { policies: [HELD] })
  const rows = () => (server.snapshot()['actions'] ?? []) as { action_id: string; status: string }[]
  const order: string[] = []
  const allowed = claw.track(deploy, () => order.push('ran'))
  await expect.poll(() => rows().length).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(order).toEqual([])
  order.push('approved')
  server.approve(rows()[0]!.action_id)
  await allowed
  expect(order).toEqual(['approved', 'ran'])

  const work = vi.fn()
  const denied = rejection(claw.track(deploy, work))
  await expect.poll(() => rows().length).toBe(2)
  server.deny(rows()[1]!.action_id)
  expect(await denied).toMatchObject({ name: 'ApprovalDeniedError' })
  const late = rejection(claw.track(deploy, work, { approvalTimeout: 50 }))
  expect(await late).toMatchObject({ name: 'ApprovalTimeoutError' })
  const controller = new AbortController()
  const aborted = rejection(claw.track(deploy, work, { signal: controller.signal }))
  await expect.poll(() => rows().length).toBe(4)
  controller.abort(new Error('stop'))
  expect(await aborted).toMatchObject({ message: 'stop' })
  expect(work).not.toHaveBeenCalled()
})
