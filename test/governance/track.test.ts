import { describe, expect, test, vi } from 'vitest'
import { asked, BLOCKED, HELD, rejection, rows, setup } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const build = { action_type: 'build', declared_goal: 'Build it' } as const
type Row = Record<string, unknown>

describe('track', () => {
  test('gives what the work gave, and writes the outcome with its duration and a summary', async () => {
    const { claw, server } = setup()
    const value = { pods: 3, token: 'ghp_abcdefghijklmnopqrstuvwxyz0123456789' }
    await expect(claw.track(build, async () => value)).resolves.toBe(value)
    const [row] = rows(server)
    expect(row).toMatchObject({
      status: 'completed',
      error_message: null,
      timestamp_end: expect.stringMatching(/^20.*Z$/),
    })
    expect(row!['output_summary']).toBe('{"pods":3,"token":"[REDACTED]"}')
    expect(row!['duration_ms']).toEqual(expect.any(Number))
    expect(asked(server)).toEqual(['POST /api/actions', 'PATCH /api/actions/:id'])
  })
  test('throws what the work threw, and records the failure, cut and masked', async () => {
    const { claw, server } = setup()
    const error = new Error(`password=hunter22 ${'x'.repeat(9000)}`)
    expect(await rejection(claw.track(build, () => Promise.reject(error)))).toBe(error)
    const [row] = rows(server)
    expect(row!['status']).toBe('failed')
    expect(row!['error_message']).toMatch(/^password=\[REDACTED\] x+… \[cut, \d+ characters\]$/)
    expect((row!['error_message'] as string).length).toBeLessThanOrEqual(4000)
  })
  test.each([undefined, null, 0, '', 'text', () => 1])('whatever is thrown comes out unchanged: %o', async (thrown) => {
    const { claw, server } = setup()
    await expect(
      claw.track(build, () => {
        throw thrown
      }),
    ).rejects.toBe(thrown)
    expect(rows(server)[0]!['status']).toBe('failed')
  })
  test('a work that the caller aborted is recorded as cancelled', async () => {
    const { claw, server } = setup()
    const controller = new AbortController()
    const reason = new Error('user pressed stop')
    const call = claw.track(
      build,
      () => {
        controller.abort(reason)
        throw reason
      },
      { signal: controller.signal },
    )
    expect(await rejection(call)).toBe(reason)
    expect(rows(server)[0]!['status']).toBe('cancelled')
  })
  test('hands the work its action and calls that are tied to it', async () => {
    const { claw, server } = setup()
    await claw.track(build, async (action) => {
      expect(action.action.action_id).toBe(action.action_id)
      expect(action.decision?.decision).toBe('allow')
      await action.recordAssumption({ assumption: 'a' })
      await action.registerOpenLoop({ loop_type: 'followup', description: 'l' })
      await action.updateOutcome({ cost_estimate: 0.5 })
    })
    const { actions, assumptions, loops } = server.snapshot() as Record<string, Row[]>
    expect(assumptions![0]!['action_id']).toBe(actions![0]!['action_id'])
    expect(loops![0]!['action_id']).toBe(actions![0]!['action_id'])
    expect(actions![0]).toMatchObject({ status: 'completed', cost_estimate: 0.5 })
  })

  test.each([
    ['blocked by a policy', 'cleanup', 'GuardBlockedError'],
    ['held, and nobody waits', 'deploy', 'ApprovalPendingError'],
  ])('never runs work that is %s', async (_title, action_type, name) => {
    for (const version of ['2.0', '2.10'] as const) {
      const { claw } = setup({}, { version, policies: [HELD, BLOCKED] })
      const work = vi.fn()
      const error = await rejection(claw.track({ action_type, declared_goal: 'g' }, work))
      expect(error).toMatchObject({ name })
      if (name === 'ApprovalPendingError') expect(error.message).toMatch(/waits for a reviewer.*waitForApproval\('act_/)
      expect(work).not.toHaveBeenCalled()
    }
  })
  test.each(['pending_approval', 'pending', 'failed', 'cancelled', 'expired', 'blocked', 'approved', 'RUNNING', ''])(
    'never runs for a stored action that is %j',
    async (status) => {
      const { claw, server } = setup({ maxRetries: 0 })
      server.failNext({
        path: '/api/actions',
        status: 201,
        body: JSON.stringify({
          action: { action_id: 'act_1', status },
          action_id: 'act_1',
          decision: { decision: 'allow', reasons: [] },
        }),
      })
      const work = vi.fn()
      await rejection(claw.track(build, work))
      expect(work).not.toHaveBeenCalled()
    },
  )
  test.each(['block', 'require_approval', 'unknown', ''])(
    'never runs for a running action whose decision is %j',
    async (decision) => {
      const { claw, server } = setup({ maxRetries: 0 })
      server.failNext({
        path: '/api/actions',
        status: 201,
        body: JSON.stringify({
          action: { action_id: 'act_1', status: 'running' },
          action_id: 'act_1',
          decision: { decision, reasons: [] },
        }),
      })
      const work = vi.fn()
      expect(await rejection(claw.track({ ...build, action_id: 'act_1' }, work))).toMatchObject({
        name: 'GuardBlockedError',
      })
      expect(work).not.toHaveBeenCalled()
    },
  )
  test.each([{}, { action: null }, { action: { status: 'running' } }, [], null, 'ok'])(
    'never runs when the answer holds no action: %o',
    async (body) => {
      const { claw, server } = setup({ maxRetries: 0 })
      server.failNext({ path: '/api/actions', status: 201, body: JSON.stringify(body) })
      const work = vi.fn()
      await rejection(claw.track(build, work))
      expect(work).not.toHaveBeenCalled()
    },
  )
  test('bad input is refused before the guard is asked', async () => {
    const { claw, server } = setup({ guardMode: 'enforce', autoRecommend: 'enforce' })
    const bad: [Row, string][] = [
      [{ declared_goal: 'g' }, 'action_type'],
      [{ action_type: 'build' }, 'declared_goal'],
      [{ ...build, riskScore: 95 }, 'riskScore'],
      [{ ...build, risk_score: 'high' }, 'risk_score'],
      [{ ...build, reversible: 'yes' }, 'reversible'],
      [{ ...build, status: 5 }, 'status'],
      [{ ...build, timestamp_start: 'yesterday' }, 'timestamp_start'],
      [{ ...build, systems_touched: 'db' }, 'systems_touched'],
      [{ ...build, reasoning: () => 'x' }, 'reasoning'],
    ]
    for (const [input, field] of bad) {
      expect(await rejection(claw.track(input as never, () => {}))).toMatchObject({ name: 'InputError', field })
    }
    expect(server.requests).toHaveLength(0)
  })
})

describe('an outcome that can not be delivered', () => {
  test('goes on in the background, is reported, and leaves with flush()', async () => {
    const undelivered: unknown[] = []
    const { claw, server } = setup({ onUndelivered: ({ what, final }) => undelivered.push([what, final]) })
    server.failNext({ method: 'PATCH', status: 503 }, 3)
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 50 })
    try {
      const done = claw.track(build, () => 'result')
      await vi.advanceTimersByTimeAsync(10_000)
      await expect(done).resolves.toBe('result')
    } finally {
      vi.useRealTimers()
    }
    await claw.flush()
    expect(rows(server)[0]).toMatchObject({ status: 'completed', output_summary: 'result' })
    expect(undelivered).toEqual([[`outcome completed of ${rows(server)[0]!['action_id']}`, false]])
  })
  test('never hides the work’s own error', async () => {
    const { claw, server, logger } = setup({ maxRetries: 0 })
    server.failNext({ method: 'PATCH', status: 404 }, 99)
    const error = new Error('mine')
    expect(
      await rejection(
        claw.track(build, () => {
          throw error
        }),
      ),
    ).toBe(error)
    expect(logger.texts).toEqual([expect.stringMatching(/outcome failed of act_.* was not delivered and is given up/)])
  })
})

describe('createAction', () => {
  test('whose answer is lost is found again, and never stored twice', async () => {
    for (const kind of ['lost', 'malformed'] as const) {
      const { claw, server } = setup()
      server.failNext({ method: 'POST', path: '/api/actions', kind })
      const created = await claw.createAction(build)
      expect(created).toMatchObject({ action_id: created.action.action_id, decision: null, security: null })
      expect(rows(server)).toHaveLength(1)
      expect(asked(server)).toEqual(['POST /api/actions', 'POST /api/actions', 'GET /api/actions/:id'])
    }
  })
  test('with an id that is taken is a conflict on the first try', async () => {
    const { claw } = setup()
    await claw.createAction({ ...build, action_id: 'mine' })
    expect(await rejection(claw.createAction({ ...build, action_id: 'mine' }))).toMatchObject({
      name: 'ConflictError',
      attempts: 1,
    })
  })
  test('with an own id whose earlier action is another one stays a conflict after a lost try', async () => {
    const { claw, server } = setup()
    await claw.createAction({ action_type: 'test', declared_goal: 'other', action_id: 'mine' })
    server.failNext({ method: 'POST', path: '/api/actions', kind: 'network' })
    expect(await rejection(claw.createAction({ ...build, action_id: 'mine' }))).toMatchObject({ name: 'ConflictError' })
  })
  test('puts an action with status pending into the approval queue', async () => {
    const { claw } = setup()
    expect((await claw.createAction({ ...build, status: 'pending' })).action.status).toBe('pending_approval')
    expect((await claw.getPendingApprovals()).total).toBe(1)
  })
  test('gives the id also after a wait', async () => {
    const { claw, server } = setup({ hitlMode: 'wait' }, { policies: [HELD] })
    const call = claw.createAction({ action_type: 'deploy', declared_goal: 'd' })
    await expect.poll(() => server.snapshot()['actions']?.length).toBe(1)
    await claw.approveAction(rows(server)[0]!['action_id'] as string, { decision: 'allow' })
    const { action, action_id, decision } = await call
    expect([action.status, action_id, decision?.decision]).toEqual(['running', action.action_id, 'require_approval'])
  })
})

describe('governTool', () => {
  test('runs a function as an action for each call', async () => {
    const { claw, server } = setup()
    const add = claw.governTool('add', ({ a, b }: { a: number; b: number }) => a + b, {
      action_type: 'api',
      risk_score: 5,
      describe: ({ a }) => ({ declared_goal: `Add to ${a}` }),
    })
    expect([await add({ a: 1, b: 2 }), await add({ a: 3, b: 4 })]).toEqual([3, 7])
    expect(rows(server)[0]).toMatchObject({
      action_type: 'api',
      declared_goal: 'Add to 1',
      risk_score: 5,
      input_summary: '{"a":1,"b":2}',
      systems_touched: '["add"]',
      output_summary: '3',
      status: 'completed',
    })
  })
  test('does not run what is blocked', async () => {
    const { claw } = setup({}, { policies: [BLOCKED] })
    const work = vi.fn()
    const tool = claw.governTool('wipe', work, { action_type: 'cleanup' })
    expect(await rejection(tool({ all: true }))).toMatchObject({ name: 'GuardBlockedError' })
    expect(work).not.toHaveBeenCalled()
  })
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

describe('actionContext', () => {
  test('ties calls to an action, and makes none by itself', async () => {
    const { claw, server } = setup()
    const { action_id } = await claw.createAction(build)
    const context = claw.actionContext(action_id)
    expect(server.requests).toHaveLength(1)
    const { loop } = await context.registerOpenLoop({ loop_type: 'review', description: 'd' })
    expect(loop).toMatchObject({ id: expect.stringMatching(/^loop_/), action_id })
    const { assumption } = await context.recordAssumption({ assumption: 'a' })
    expect(assumption).toMatchObject({ id: expect.stringMatching(/^asm_/), action_id })
    await context.updateOutcome({ status: 'completed' })
    expect(rows(server)[0]!['status']).toBe('completed')
  })
  test('with a block records a failure when it throws before an outcome was written, and only then', async () => {
    const { claw, server } = setup()
    const first = await claw.createAction(build)
    const error = new Error('inside')
    const fail = () => Promise.reject(error)
    expect(await rejection(claw.actionContext(first.action_id, fail))).toBe(error)
    expect(rows(server)[0]).toMatchObject({ status: 'failed', error_message: 'inside' })
    const second = await claw.createAction(build)
    await rejection(
      claw.actionContext(second.action_id, async (context) => {
        await context.updateOutcome({ status: 'completed' })
        throw error
      }),
    )
    expect(rows(server)[1]!['status']).toBe('completed')
    await expect(claw.actionContext(second.action_id, () => 5)).resolves.toBe(5)
  })
})

describe('options of one call', () => {
  const deploy = { action_type: 'deploy', declared_goal: 'Ship it' } as const
  test('wait: true waits for a client that does not, and tells of it', async () => {
    const { claw, server } = setup({ guardMode: 'enforce' }, { policies: [HELD] })
    const onPending = vi.fn(({ action_id }: { action_id: string }) => server.approve(action_id))
    await expect(claw.track(deploy, () => 'shipped', { wait: true, onPending })).resolves.toBe('shipped')
    expect(onPending).toHaveBeenCalledTimes(1)
  })
  test('wait: false records a held action and does not wait, also in enforce mode', async () => {
    const { claw, server } = setup({ guardMode: 'enforce', hitlMode: 'wait' }, { policies: [HELD] })
    const run = vi.fn()
    const error = await rejection(claw.track(deploy, run, { wait: false }))
    expect(error).toMatchObject({ name: 'ApprovalPendingError', action_id: rows(server)[0]!['action_id'] })
    expect(run).not.toHaveBeenCalled()
    expect((await claw.createAction(deploy, { wait: false })).action.status).toBe('pending_approval')
  })
  test('wait: false starts nothing that a policy blocks', async () => {
    const { claw, server } = setup({ guardMode: 'enforce' }, { policies: [BLOCKED] })
    const run = vi.fn()
    const cleanup = { action_type: 'cleanup', declared_goal: 'Clean' }
    expect((await rejection(claw.track(cleanup, run, { wait: false }))).name).toBe('GuardBlockedError')
    expect(run).not.toHaveBeenCalled()
    expect(rows(server) ?? []).toEqual([])
  })
  test('approvalTimeout goes over that of the client', async () => {
    const { claw } = setup({ hitlMode: 'wait' }, { policies: [HELD] })
    const call = claw.createAction(deploy, { approvalTimeout: 20 })
    expect((await rejection(call)).name).toBe('ApprovalTimeoutError')
  })
})

test('background work is tried again until it succeeds, and flush waits for it', async () => {
  const { claw, logger } = setup()
  const work = vi.fn(async () => {})
  work.mockRejectedValueOnce(new Error('first'))
  claw.background('cost report', work)
  await claw.flush()
  await claw.flush()
  expect(work).toHaveBeenCalledTimes(2)
  expect(logger.texts).toEqual(['dashclaw: the cost report was not delivered; it is tried again.'])
})
