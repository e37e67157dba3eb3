/** What waits for reviewers owe those who wait: each its own wait, callback, interval, limit, and the truth at the end. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { generateKeyPair } from '../../src/core/keys.ts'
import type { Fetch } from '../../src/core/types.ts'
import { createLocalServer, type LocalServer } from '../../src/local/index.ts'
import { asked, HELD, rejection, setup } from '../support/local.ts'

const deploy = { action_type: 'deploy', declared_goal: 'Ship' } as const
const hold = async (claw: DashClaw) => (await claw.createAction(deploy)).action_id
const state = (server: LocalServer, id: string) =>
  (server.snapshot()['actions'] as { action_id: string; status: string }[]).find((row) => row.action_id === id)?.status
const noStream = (server: LocalServer) => server.failNext({ path: '/api/stream', status: 404, body: '<html>' }, 9999)

const unhandled = vi.fn()
beforeEach(() => {
  unhandled.mockReset()
  process.on('unhandledRejection', unhandled)
})
afterEach(() => {
  vi.useRealTimers()
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

describe('giving up one of several waits', () => {
  test.each<[string, { signal?: () => AbortSignal; cancelOnAbort?: boolean; timeout?: number }]>([
    ['an abort', { signal: () => AbortSignal.timeout(20) }],
    ['an abort with cancelOnAbort', { signal: () => AbortSignal.timeout(20), cancelOnAbort: true }],
    ['a signal that is aborted already', { signal: () => AbortSignal.abort() }],
    ['one that is aborted already, with cancelOnAbort', { signal: () => AbortSignal.abort(), cancelOnAbort: true }],
    ['a time limit', { timeout: 20 }],
  ])('by %s leaves the action to the others', async (_how, { signal, ...options }) => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    const other = claw.waitForApproval(id)
    await rejection(claw.waitForApproval(id, { ...options, signal: signal?.() }))
    await claw.flush()
    expect(state(server, id)).toBe('pending_approval')
    server.approve(id)
    expect((await other).action.status).toBe('running')
  })
  test.each([20, 0])('the last one with cancelOnAbort cancels it (abort after %d ms)', async (ms) => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    const signal = ms ? AbortSignal.timeout(ms) : AbortSignal.abort()
    await rejection(claw.waitForApproval(id, { signal, cancelOnAbort: true }))
    await claw.flush()
    expect(state(server, id)).toBe('cancelled')
  })
  test('who wanted it cancelled gets that once the others have given up too, and not when they go on', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const [one, two] = [await hold(claw), await hold(claw)]
    const other = new AbortController()
    const waits = [
      rejection(claw.waitForApproval(one, { signal: AbortSignal.timeout(10), cancelOnAbort: true })),
      rejection(claw.waitForApproval(one, { signal: other.signal })),
      rejection(claw.waitForApproval(two, { signal: AbortSignal.timeout(10), cancelOnAbort: true })),
      claw.waitForApproval(two),
    ]
    await pause(30)
    other.abort()
    server.approve(two)
    await Promise.all(waits)
    await claw.flush()
    expect([state(server, one), state(server, two)]).toEqual(['cancelled', 'running'])
    // A wait of later has nothing to do with it.
    const three = await hold(claw)
    await rejection(claw.waitForApproval(three, { signal: AbortSignal.timeout(10) }))
    await claw.flush()
    expect(state(server, three)).toBe('pending_approval')
  })
  test('an aborted track, and an aborted createAction that waits, record their action as cancelled', async () => {
    const { claw, server } = setup({ hitlMode: 'wait' }, { policies: [HELD] })
    const work = vi.fn()
    await rejection(claw.track(deploy, work, { signal: AbortSignal.timeout(30) }))
    await rejection(claw.createAction(deploy, { signal: AbortSignal.timeout(30) }))
    await claw.flush()
    const rows = server.snapshot()['actions'] as { status: string }[]
    expect(rows.map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
    expect(work).not.toHaveBeenCalled()
  })
})

describe('the last look', () => {
  /** A server whose stream is connected and tells nothing. */
  const mute =
    (server: LocalServer): Fetch =>
    async (url, init) => {
      if (!url.includes('/api/stream')) return server.fetch(url, init)
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('event: connected\ndata: {}\n\n')),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } }) as never
    }

  test.each(['no stream', 'a stream that tells nothing'])('finds a decision that nobody told of: %s', async (how) => {
    const server = createLocalServer({ policies: [HELD] })
    if (how === 'no stream') noStream(server)
    const { claw } = setup(how === 'no stream' ? {} : { fetch: mute(server) }, server)
    const ids = [await hold(claw), await hold(claw), await hold(claw), await hold(claw)]
    const waits = ids.map((id) => claw.waitForApproval(id, { timeout: 100, interval: 60_000 }).catch((error) => error))
    await pause(50)
    server.approve(ids[0]!)
    server.deny(ids[1]!)
    server.approve(ids[2]!)
    const ends = await Promise.all(waits)
    expect(ends[0]).toMatchObject({ action: { status: 'running' } })
    expect(ends[1]).toMatchObject({ name: 'ApprovalDeniedError' })
    expect(ends[2]).toMatchObject({ action: { status: 'running' } })
    expect(ends[3]).toMatchObject({ name: 'ApprovalTimeoutError', message: /^Nobody decided/ })
    await claw.close()
  })
  test('a time limit of 0 is one look', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const [one, two] = [await hold(claw), await hold(claw)]
    server.approve(one)
    expect((await claw.waitForApproval(one, { timeout: 0 })).action.status).toBe('running')
    expect(await rejection(claw.waitForApproval(two, { timeout: 0 }))).toMatchObject({ name: 'ApprovalTimeoutError' })
  })
  test.each(['act_', 'status=pending'])(
    'says that the state could not be read, with the reason, when %s fails',
    async (path) => {
      const { claw, server } = setup({}, { policies: [HELD] })
      noStream(server)
      const ids: string[] = []
      for (let n = path === 'act_' ? 1 : 40; n; n--) ids.push(await hold(claw))
      server.failNext({ path: /\/api\/actions/, status: 500, method: 'GET' } as never, 999)
      const ends = await Promise.all(ids.map((id) => rejection(claw.waitForApproval(id, { timeout: 30 }))))
      for (const end of ends) {
        expect(end).toMatchObject({
          name: 'ApprovalTimeoutError',
          message: /state could not be read/,
          cause: { name: 'ServerError' },
        })
        expect(end.message).not.toMatch(/Nobody decided|still waits/)
      }
    },
  )
  test('takes a few seconds at most when the server hangs', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const id = await hold(claw)
    server.failNext({ path: /\/api\//, delay: 60_000 }, 999)
    vi.useFakeTimers()
    try {
      const start = Date.now()
      const end = rejection(claw.waitForApproval(id, { timeout: 1000 }))
      await vi.advanceTimersByTimeAsync(4000)
      expect(await end).toMatchObject({ name: 'ApprovalTimeoutError', message: /could not be read/ })
      expect(Date.now() - start).toBeLessThanOrEqual(4000)
    } finally {
      vi.useRealTimers()
    }
  })
  test('of a thousand waits that end together is a few requests', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const first = await hold(claw)
    const [row] = server.snapshot()['actions'] as { id: number }[]
    server.seed(
      'actions',
      Array.from({ length: 999 }, (_, n) => ({ ...row, id: n + 10, action_id: `act_${n}` })),
    )
    const ids = [first, ...Array.from({ length: 999 }, (_, n) => `act_${n}`)]
    server.requests.length = 0
    const ends = await Promise.all(ids.map((id) => rejection(claw.waitForApproval(id, { timeout: 300 }))))
    expect(new Set(ends.map(({ name }) => name))).toEqual(new Set(['ApprovalTimeoutError']))
    expect(asked(server).filter((entry) => entry.startsWith('GET /api/actions')).length).toBeLessThanOrEqual(30)
  })
})

describe('onPending', () => {
  const tenant = new AsyncLocalStorage<string>()

  test.each([true, false])(
    'runs in the async context of its own call, and what waited goes on in it (stream: %s)',
    async (streams) => {
      const { claw, server } = setup({ hitlMode: 'wait' }, { policies: [HELD] })
      // Without a stream the first look comes after seconds.
      const hurry = setImmediate
      if (!streams) {
        noStream(server)
        vi.useFakeTimers()
      }
      const seen: Record<string, unknown[]> = {}
      const names = ['A', 'B', 'C', 'D']
      const all = Promise.all(
        names.map((name) =>
          tenant.run(name, async () => {
            const told = new Promise<string>((resolve) => {
              const onPending = ({ action_id }: { action_id: string }) => {
                seen[name] = [tenant.getStore()]
                resolve(action_id)
              }
              claw
                .track(deploy, () => seen[name]!.push(tenant.getStore()), { onPending })
                .then(() => seen[name]!.push(tenant.getStore()))
            })
            server.approve(await told)
          }),
        ),
      )
      const done = () => names.every((name) => seen[name]?.length === 3)
      while (!streams && !done()) {
        await vi.advanceTimersByTimeAsync(100)
        await new Promise((resolve) => hurry(resolve))
      }
      vi.useRealTimers()
      await all
      await expect.poll(done).toBe(true)
      for (const name of names) expect(seen[name]).toEqual([name, name, name])
      await claw.close()
    },
    10_000,
  )

  const error = new Error('mine')
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw error
      },
    ],
    ['rejects', async () => Promise.reject(error)],
    ['rejects with nothing', () => Promise.reject()],
    [
      'returns what throws when it is awaited',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is the case
        then: () => {
          throw error
        },
      }),
    ],
  ])('that %s is logged and changes nothing', async (_how, onPending) => {
    for (const where of ['call', 'client']) {
      const { claw, server, logger } = setup(where === 'client' ? { onPending } : {}, { policies: [HELD] })
      const id = await hold(claw)
      const wait = claw.waitForApproval(id, where === 'call' ? { onPending } : {})
      await expect.poll(() => logger.texts).toEqual(['dashclaw: onPending threw.'])
      server.approve(id)
      expect((await wait).action.status).toBe('running')
    }
  })
  test('that throws under a logger that throws changes nothing', async () => {
    const warn = () => {
      throw new Error('full disk')
    }
    const { claw, server } = setup({ logger: { warn } }, { policies: [HELD] })
    const id = await hold(claw)
    const onPending = vi.fn(() => Promise.reject())
    const wait = claw.waitForApproval(id, { onPending })
    await expect.poll(() => onPending.mock.calls.length).toBe(1)
    const [two, three] = [await hold(claw), await hold(claw)]
    const more = [claw.waitForApproval(two), claw.waitForApproval(three)]
    await pause(20)
    for (const each of [id, two, three]) server.approve(each)
    await Promise.all([wait, ...more])
  })
  test('of the client is told each action once, unless the call has its own', async () => {
    const told = vi.fn()
    const { claw, server, logger } = setup({ onPending: told, hitlMode: 'wait' }, { policies: [HELD] })
    const own = vi.fn()
    const tracked = claw.track(deploy, () => 1)
    const other = claw.createAction({ ...deploy, declared_goal: 'Mine' }, { onPending: own })
    await expect.poll(() => [told.mock.calls.length, own.mock.calls.length]).toEqual([1, 1])
    const [{ action_id }] = told.mock.calls[0] as [{ action_id: string }]
    const again = claw.forAgent('agent-2').waitForApproval(action_id)
    await pause(30)
    for (const row of server.snapshot()['actions'] as { action_id: string }[]) server.approve(row.action_id)
    await Promise.all([tracked, other, again])
    expect([told.mock.calls.length, own.mock.calls.length]).toEqual([1, 1])
    expect(logger.texts).toEqual([])
  })
})

test('each iteration of events goes on in its own async context', async () => {
  const tenant = new AsyncLocalStorage<string>()
  const { claw } = setup()
  const events = claw.events({ types: ['action.created'] })
  const read = (name: string) =>
    tenant.run(name, async () => {
      for await (const { data } of events) return `${tenant.getStore()} ${data.declared_goal}`
      return 'ended'
    })
  const both = Promise.all([read('A'), read('B')])
  await pause(10)
  await tenant.run('C', () => claw.createAction(deploy))
  expect(await both).toEqual(['A Ship', 'B Ship'])
})

describe('without onPending the logger gets', () => {
  test('one line an action: what waits and where to decide', async () => {
    const { claw, server, logger } = setup({}, { policies: [HELD] })
    const { action_id } = await claw.createAction({
      action_type: 'deploy',
      declared_goal: 'Ship v2\nwith password=hunter22222',
      risk_score: 40,
    })
    const waits = [claw.waitForApproval(action_id), claw.waitForApproval(action_id)]
    await expect.poll(() => logger.texts.length).toBe(1)
    await rejection(claw.waitForApproval(action_id, { timeout: 20 }))
    server.approve(action_id)
    await Promise.all(waits)
    expect(logger.texts).toHaveLength(1)
    const [line] = logger.texts as [string]
    expect(line).toMatch(/^dashclaw: action act_\S+ of "agent-1" waits for a reviewer: "Ship v2\\nwith /)
    expect(line).toContain('("deploy", risk 40)')
    expect(line).toContain(`${server.baseUrl}/approvals`)
    expect(line).toContain(`approveAction('${action_id}', { decision: 'allow' })`)
    expect(line).not.toMatch(/hunter22222|\n/)
  })
  test('it as information where it has that, and as a warning of the console, whose information belongs to protocols', async () => {
    const lines = { info: vi.fn(), warn: vi.fn() }
    const own = setup({ logger: lines }, { policies: [HELD] })
    const id = await hold(own.claw)
    const wait = own.claw.waitForApproval(id)
    await expect.poll(() => lines.info.mock.calls.length).toBe(1)
    expect(lines.warn).not.toHaveBeenCalled()
    own.server.approve(id)
    await wait
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const info = vi.spyOn(console, 'info')
    const { claw, server } = setup({ logger: undefined }, { policies: [HELD] })
    const two = await hold(claw)
    const second = claw.waitForApproval(two)
    await expect.poll(() => warn.mock.calls.length).toBe(1)
    expect(info).not.toHaveBeenCalled()
    server.approve(two)
    await second
    vi.restoreAllMocks()
  })
})

describe('what is refused before anything is sent', () => {
  test.each<[unknown, RegExp]>([
    [{ approvalTimout: 5 }, /waitForApproval has no option approvalTimout/],
    [{ time_out: 5 }, /no option time_out; did you mean timeout\?/],
    [{ onpending: () => {} }, /did you mean onPending\?/],
    [{ cancelOnAborted: true }, /did you mean cancelOnAbort\?/],
    [{ cancelOnAbort: 'yes' }, /cancelOnAbort must be true or false/],
    [300, /waitForApproval takes an object of options: waitForApproval\(id, \{ timeout: 300_000 \}\)/],
    ['300', /takes an object of options/],
    [[300], /takes an object of options/],
    [null, /takes an object of options/],
    [new AbortController().signal, /takes an object of options/],
    [{ signal: new AbortController() }, /signal must be an AbortSignal, such as controller.signal/],
    [{ timeout: Number.NaN }, /timeout must be/],
    [{ timeout: -1 }, /timeout must be/],
    [{ interval: Number.NaN }, /interval must be/],
    [{ interval: -5 }, /interval must be/],
    [{ interval: '5000' }, /interval must be/],
  ])('waitForApproval(id, %j)', async (options, message) => {
    const { claw, server } = setup()
    const error = await rejection(claw.waitForApproval('act_1', options as never))
    expect(error).toMatchObject({ name: 'InputError', message: expect.stringMatching(message) })
    expect(server.requests).toEqual([])
  })
  test.each<[unknown, RegExp]>([
    [{ type: ['action.created'] }, /events has no option type; did you mean types\?/],
    [{ last_event_id: 'mem-1' }, /did you mean lastEventId\?/],
    [{ reconnect: 'no' }, /reconnect must be true or false/],
    [{ signal: {} }, /signal must be an AbortSignal/],
    ['action.created', /events takes an object of options: events\(\{ types: \['action.created'\] \}\)/],
    [['action.created'], /takes an object of options/],
    [null, /takes an object of options/],
  ])('events(%j)', (options, message) => {
    const { claw } = setup()
    expect(() => claw.events(options as never)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    )
  })
  test.each<[unknown, RegExp]>([
    [{ intervall: 5000 }, /startHeartbeat has no option intervall; did you mean interval\?/],
    [{ currentTaskId: 'x' }, /did you mean current_task_id\?/],
    [60, /startHeartbeat takes an object of options: startHeartbeat\(\{ interval: 60_000 \}\)/],
    [{ interval: Number.NaN }, /interval must be/],
    [{ interval: '60000' }, /interval must be/],
  ])('startHeartbeat(%j)', async (options, message) => {
    const { claw, server } = setup()
    expect(() => claw.startHeartbeat(options as never)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    )
    await pause(5)
    expect(server.requests).toEqual([])
  })
  test.each<[unknown, RegExp]>([
    [{ timeOut: 5 }, /waitForPairing has no option timeOut; did you mean timeout\?/],
    [300, /waitForPairing takes an object of options/],
    [{ timeout: Number.NaN }, /timeout must be/],
    [{ interval: -1 }, /interval must be/],
  ])('waitForPairing(id, %j)', async (options, message) => {
    const { claw, server } = setup()
    const error = await rejection(claw.waitForPairing('pair_1', options as never))
    expect(error).toMatchObject({ name: 'InputError', message: expect.stringMatching(message) })
    expect(server.requests).toEqual([])
  })
})

test.each([Infinity, 3_000_000_000, 2 ** 31])('times of %d ms are long, and not one millisecond', async (ms) => {
  const warned = vi.fn()
  process.on('warning', warned)
  const { claw, server } = setup({ approvalTimeout: ms, hitlMode: 'wait', logger: false }, { policies: [HELD] })
  noStream(server)
  const { action_id } = await claw.createAction(deploy, { wait: false })
  const { pairing } = await claw.createPairingFromPrivateJwk((await generateKeyPair()).privateJwk)
  server.requests.length = 0
  let ended = 0
  const waits = [
    claw.waitForApproval(action_id, { timeout: ms, interval: ms }),
    claw.track(deploy, () => 1),
    claw.waitForPairing(pairing.id, { timeout: ms, interval: ms }),
  ].map((wait: Promise<unknown>) =>
    wait.then(
      () => ended++,
      () => ended++,
    ),
  )
  claw.startHeartbeat({ interval: ms })
  await pause(100)
  expect(ended).toBe(0)
  const of = (path: RegExp) => asked(server).filter((entry) => path.test(entry)).length
  expect([of(/heartbeat/), of(/pairings/), of(/stream/)]).toEqual([1, 1, 1])
  expect(of(/GET .*actions/)).toBeLessThanOrEqual(3)
  await claw.close()
  await Promise.all(waits)
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})
