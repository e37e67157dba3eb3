/** What is unclear never starts work, and leaves no record that looks as if work were going on. */
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { HELD, rejection, rows, setup } from '../support/local.ts'

const build = { action_type: 'build', declared_goal: 'Build it' } as const
type Server = ReturnType<typeof setup>['server']
type FetchOf = Server['fetch']

describe('an answer about something else', () => {
  test('a create that is answered with another row does not start the work', async () => {
    const { server } = setup()
    let stale: string | undefined
    const fetch: FetchOf = async (url, init) => {
      const response = await server.fetch(url, init)
      if ((init as { method?: string }).method !== 'POST') return response
      const text = await response.text()
      stale ??= text
      return new Response(stale, { status: 201 }) as never
    }
    const { claw } = setup({ fetch: fetch as never, maxRetries: 0 }, server)
    await claw.track(build, () => 1)
    const work = vi.fn()
    expect(await rejection(claw.track(build, work))).toMatchObject({
      name: 'ServerError',
      message: expect.stringContaining('about another action'),
    })
    expect(work).not.toHaveBeenCalled()
    // The row that was really stored does not look as if the work went on.
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['completed', 'cancelled'])
    await claw.close()
  })
  test.each([403, 400, 500, 503])('an allow inside of a %i does not start the work', async (status) => {
    const body = JSON.stringify({
      action: { action_id: 'act_1', status: 'running' },
      decision: { decision: 'allow', reasons: [] },
    })
    const { claw, server } = setup({ maxRetries: 0 })
    server.failNext({ path: '/api/actions', status, body })
    const work = vi.fn()
    const error = await rejection(claw.track({ ...build, action_id: 'act_1' }, work))
    expect(error).toMatchObject({ status })
    expect((error as Error).name).not.toBe('GuardBlockedError')
    expect(work).not.toHaveBeenCalled()
  })
  test.each(['allow', 'warn'])('a guard that says %s in a 403 has not allowed anything', async (decision) => {
    const { claw, server } = setup({ maxRetries: 0, guardMode: 'enforce' })
    server.failNext({ path: '/api/guard', status: 403, body: JSON.stringify({ decision, reasons: [] }) }, 2)
    expect(await rejection(claw.guard({ action_type: 'build' }))).toMatchObject({ name: 'PermissionDeniedError' })
    const work = vi.fn()
    expect(await rejection(claw.track(build, work))).toMatchObject({ name: 'GuardBlockedError' })
    expect(work).not.toHaveBeenCalled()
  })
})

describe('an action whose creation is given up', () => {
  /** A fetch that loses the answer of the first create, in the way that `lose` says. */
  const losing = (server: Server, lose: (init: { signal: AbortSignal }) => Promise<never>): FetchOf => {
    let lost = false
    return (async (url: string, init: { method: string; signal: AbortSignal }) => {
      const response = await server.fetch(url, { ...init, signal: undefined })
      if (init.method !== 'POST' || lost) return response
      lost = true
      return lose(init)
    }) as never
  }
  test('by an abort is recorded as cancelled', async () => {
    const { server } = setup()
    const giveUp = new AbortController()
    const { claw } = setup(
      {
        fetch: losing(server, async ({ signal }) => {
          giveUp.abort()
          throw signal.reason
        }) as never,
      },
      server,
    )
    const work = vi.fn()
    expect(await rejection(claw.track(build, work, { signal: giveUp.signal }))).toMatchObject({ name: 'AbortError' })
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
    expect(work).not.toHaveBeenCalled()
  })
  test('by a timeout is recorded as cancelled', async () => {
    const { server } = setup()
    const { claw } = setup(
      {
        timeout: 50,
        maxRetries: 0,
        fetch: losing(
          server,
          ({ signal }) =>
            new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ) as never,
      },
      server,
    )
    expect(await rejection(claw.createAction(build))).toMatchObject({ name: 'TimeoutError' })
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
  })
  test('leaves the approval queue', async () => {
    const { server } = setup({}, { policies: [HELD] })
    const { claw } = setup(
      { maxRetries: 0, fetch: losing(server, () => Promise.reject(new TypeError('terminated'))) as never },
      server,
    )
    expect(await rejection(claw.createAction({ ...build, action_type: 'deploy' }))).toMatchObject({
      name: 'ConnectionError',
    })
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
  })
  test('and that arrives later than its cancellation is cancelled then', async () => {
    const { server } = setup()
    let late: (() => Promise<unknown>) | undefined
    const { claw } = setup(
      {
        maxRetries: 0,
        onUndelivered: () => {},
        fetch: (async (url: string, init: { method: string }) => {
          if (init.method !== 'POST') return server.fetch(url, init)
          late = () => server.fetch(url, { ...init, signal: undefined })
          throw new TypeError('terminated')
        }) as never,
      },
      server,
    )
    await rejection(claw.createAction(build))
    await eventually(() => expect(server.requests.map(({ method }) => method)).toContain('PATCH'))
    await late!()
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
  })
  test('before it was sent, or refused, has nothing to cancel', async () => {
    const { claw, server } = setup({ maxRetries: 0 })
    server.failNext({ path: '/api/actions', status: 400 })
    await rejection(claw.createAction(build))
    await rejection(claw.createAction(build, { signal: AbortSignal.abort() }))
    await claw.flush()
    expect(server.requests.map(({ method }) => method)).toEqual(['POST'])
  })
  test('under an id of the caller’s own is left alone: it may be another call’s', async () => {
    const { claw, server } = setup({ maxRetries: 0 })
    server.failNext({ path: '/api/actions', kind: 'lost' })
    await rejection(claw.createAction({ ...build, action_id: 'act_mine' }))
    await claw.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['running'])
  })
})

describe('an outcome', () => {
  test.each([undefined, {}, { status: undefined }])('of no field is refused: %o', async (outcome) => {
    const { claw, server } = setup()
    expect(await rejection(claw.updateOutcome('act_1', outcome as never))).toMatchObject({
      name: 'InputError',
      message: 'updateOutcome needs at least one field: updateOutcome(id, { status: … }).',
    })
    expect(server.requests).toEqual([])
  })
  test('counts the time of the work alone, not the wait for a reviewer', async () => {
    const { server } = setup({}, { policies: [HELD] })
    const { claw } = setup({ hitlMode: 'wait' }, server)
    const done = claw.track({ ...build, action_type: 'deploy' }, () => 'shipped')
    await eventually(() => expect(rows(server)).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 300))
    server.approve(rows(server)[0]!['action_id'] as string)
    expect(await done).toBe('shipped')
    expect(rows(server)[0]!['duration_ms']).toBeLessThan(250)
    await claw.close()
  })
  test('that hangs holds the result of the work back 2 s at most, and is delivered afterwards', async () => {
    const { server } = setup()
    let release: (() => void) | undefined
    const open = new Promise<void>((resolve) => {
      release = resolve
    })
    const { claw } = setup(
      {
        fetch: (async (url: string, init: { method: string }) => {
          if (init.method === 'PATCH') await open
          return server.fetch(url, init)
        }) as never,
      },
      server,
    )
    vi.useFakeTimers()
    try {
      const ended = vi.fn()
      const result = claw.track(build, () => 'done').finally(ended)
      await vi.advanceTimersByTimeAsync(1990)
      expect(ended).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(20)
      expect(await result).toBe('done')
    } finally {
      vi.useRealTimers()
    }
    expect(rows(server)[0]!['status']).toBe('running')
    release!()
    await claw.flush()
    expect(rows(server)[0]!['status']).toBe('completed')
    // The try that was under way is the delivery: no second one.
    expect(server.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1)
  })
})

test('a decision without an agent_risk_score has a null there', async () => {
  const { claw } = setup({}, { version: '2.0' })
  expect((await claw.createAction(build)).decision).toMatchObject({ agent_risk_score: null })
})
