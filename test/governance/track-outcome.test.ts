/** What `track` says about how the work ended, and how long it took. */
import { describe, expect, test, vi } from 'vitest'
import { asked, HELD, rejection, setup } from '../support/local.ts'

const build = { action_type: 'build', declared_goal: 'Build it' } as const
type Row = Record<string, unknown>
const rows = (server: ReturnType<typeof setup>['server']) => (server.snapshot()['actions'] ?? []) as Row[]
const named = (name: string, message = 'stop') => Object.assign(new Error(message), { name })

describe('an end by the signal', () => {
  /** Work that throws `thrown`, once its signal is aborted with `reason`. */
  async function ended(thrown: unknown, reason?: unknown) {
    const { claw, server } = setup()
    const controller = new AbortController()
    const work = () => {
      if (reason !== undefined) controller.abort(reason)
      throw thrown
    }
    await expect(claw.track(build, work, { signal: controller.signal })).rejects.toBe(thrown)
    return rows(server)[0]!['status']
  }
  test('is cancelled where the work throws the reason, or an AbortError', async () => {
    const reason = new Error('enough')
    expect(await ended(reason, reason)).toBe('cancelled')
    expect(await ended(named('AbortError'), reason)).toBe('cancelled')
    expect(await ended('why', 'why')).toBe('cancelled')
  })
  test('is failed where the work throws anything else, or nobody aborted', async () => {
    const reason = new Error('enough')
    expect(await ended(new Error('disk full'), reason)).toBe('failed')
    expect(await ended(null, reason)).toBe('failed')
    expect(await ended(named('AbortError'))).toBe('failed')
    expect(await ended(undefined)).toBe('failed')
  })
  test('is failed without a signal', async () => {
    const { claw, server } = setup()
    await rejection(claw.track(build, () => Promise.reject(named('AbortError', 'of another call'))))
    expect(rows(server)[0]).toMatchObject({ status: 'failed', error_message: 'of another call' })
  })
  test('before the work starts runs nothing, and cancels the action', async () => {
    const { server } = setup()
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = vi.fn()
    const { fetch } = server
    const aborting = setup(
      {
        async fetch(url, init) {
          const response = await fetch(url, init)
          if (init.method === 'POST') controller.abort(reason)
          return response
        },
      },
      server,
    ).claw
    expect(await rejection(aborting.track(build, work, { signal: controller.signal }))).toBe(reason)
    expect(work).not.toHaveBeenCalled()
    await aborting.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
  })
})

describe('the duration', () => {
  const took = async (from: number, to: number) => {
    const { claw, server } = setup()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(from)
    try {
      await claw.track(build, () => void clock.mockReturnValue(to))
    } finally {
      clock.mockRestore()
    }
    return server.requests.find(({ method }) => method === 'PATCH')!.body as Row
  }
  test('is in whole milliseconds, from the call on', async () => {
    expect(await took(1000, 1234.6)).toMatchObject({ duration_ms: 235 })
  })
  test('is no more than the server can store', async () => {
    expect(await took(0, 3e9)).toMatchObject({ duration_ms: 2_147_483_647 })
  })
  test('comes from the wall clock where there is no other', async () => {
    vi.stubGlobal('performance', undefined)
    const { claw, server } = setup()
    const start = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(start)
    try {
      await claw.track(build, () => void clock.mockReturnValue(start + 5000))
    } finally {
      clock.mockRestore()
      vi.unstubAllGlobals()
    }
    expect(server.requests.find(({ method }) => method === 'PATCH')!.body).toMatchObject({ duration_ms: 5000 })
  })
})

describe('governTool', () => {
  test('describes each call by its name and arguments, unless it is told to do otherwise', async () => {
    const { claw, server } = setup()
    const seen: unknown[] = []
    const plain = claw.governTool('deploy', (args: { to: string }, { action_id }) => {
      seen.push(action_id)
      return `to ${args.to}`
    })
    expect(await plain({ to: 'prod' })).toBe('to prod')
    const told = claw.governTool('deploy', (args: number) => args + 1, {
      action_type: 'deploy',
      declared_goal: 'Ship',
      risk_score: 20,
      input_summary: 'a number',
      describe: (args) => ({ risk_score: args, systems_touched: [`db${args}`] }),
    })
    expect(await told(70)).toBe(71)
    const bodies = server.requests.filter(({ method }) => method === 'POST').map(({ body }) => body as Row)
    expect(bodies[0]).toMatchObject({
      action_type: 'tool',
      declared_goal: expect.stringMatching(/^deploy\(/),
      systems_touched: ['deploy'],
      input_summary: '{"to":"prod"}',
    })
    expect(seen).toEqual([rows(server)[0]!['action_id']])
    expect(bodies[1]).toMatchObject({
      action_type: 'deploy',
      declared_goal: 'Ship',
      risk_score: 70,
      input_summary: 'a number',
      systems_touched: ['db70'],
    })
  })
  test('takes options for one call', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const deploy = claw.governTool('deploy', () => 1, { action_type: 'deploy' })
    expect(await rejection(deploy({}, { wait: false }))).toMatchObject({ name: 'ToolHeldError' })
    expect(await rejection(deploy({}, { wait: true, approvalTimeout: 20 }))).toMatchObject({
      name: 'ApprovalTimeoutError',
    })
    expect(asked(server).filter((one) => one === 'POST /api/actions')).toHaveLength(2)
  })
})

test('work that is no function is refused before any request', async () => {
  const { claw, server } = setup()
  expect(await rejection(claw.track(build, 'work' as never))).toMatchObject({ name: 'InputError', field: 'fn' })
  expect(server.requests).toEqual([])
})
