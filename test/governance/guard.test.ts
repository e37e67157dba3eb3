import { describe, expect, test } from 'vitest'
import * as errors from '../../src/core/errors.ts'
import { asked, BLOCKED, HELD, rejection, setup, WARNED } from '../support/local.ts'

const policies = [HELD, BLOCKED, WARNED]

describe.each(['2.0', '2.10'] as const)('guard() against a %s server', (version) => {
  test.each([
    ['build', 'allow'],
    ['cleanup', 'block'],
    ['deploy', 'require_approval'],
  ])('resolves for %s with %s, whatever the status code', async (action_type, decision) => {
    const { claw } = setup({}, { version, policies: [HELD, BLOCKED] })
    const answer = await claw.guard({ action_type })
    expect(answer).toMatchObject({ decision, warnings: [], agent_risk_score: null })
    expect(answer.reasons).toHaveLength(decision === 'allow' ? 0 : 1)
    expect(answer.matched_policies).toHaveLength(decision === 'allow' ? 0 : 1)
  })
  test('asks for signals when told to', async () => {
    const { claw, server } = setup({}, { version })
    for (let i = 0; i < 11; i++) await claw.createAction({ action_type: 'build', declared_goal: 'spike' })
    const { warnings } = await claw.guard({ action_type: 'build' }, { include_signals: true })
    expect(warnings).toEqual([expect.stringMatching(/^Active signal: autonomy_spike — /)])
    expect(server.requests.at(-1)!.query).toEqual({ include_signals: 'true' })
  })
  test('a readonly key is a refusal, not a decision', async () => {
    const { claw } = setup({ apiKey: 'reader' }, { version, keys: [{ key: 'reader', role: 'readonly' }] })
    expect(await rejection(claw.guard({ action_type: 'build' }))).toBeInstanceOf(errors.PermissionDeniedError)
  })
})

test.each([
  [200, {}],
  [200, { decision: '' }],
  [200, { decision: 7 }],
  [200, []],
  [200, null],
  [200, 'allow'],
  [403, { decision: null }],
  [403, { error: 'Forbidden - readonly API key' }],
])('an answer without a decision (%i %o) never reads as go', async (status, body) => {
  const { claw, server } = setup({ maxRetries: 0 })
  server.failNext({ path: '/api/guard', status, body: JSON.stringify(body) })
  expect(await rejection(claw.guard({ action_type: 'build' }))).toBeInstanceOf(errors.APIError)
})

type Fault = [name: string, plan: Parameters<ReturnType<typeof setup>['server']['failNext']>[0]]
const faults: Fault[] = [
  ['no connection', { path: '/api/guard', kind: 'network' }],
  ['500', { path: '/api/guard', status: 500 }],
  ['503', { path: '/api/guard', status: 503 }],
  ['429', { path: '/api/guard', status: 429, headers: { 'retry-after': '0' } }],
  ['401', { path: '/api/guard', status: 401 }],
  ['404 page', { path: '/api/guard', status: 404, body: '<html>' }],
  ['HTML', { path: '/api/guard', status: 200, body: '<html>' }],
  ['cut answer', { path: '/api/guard', kind: 'malformed' }],
  ['no decision', { path: '/api/guard', status: 200, body: '{}' }],
  ['stall', { path: '/api/guard', delay: 5000 }],
]
const unknown: Fault = [
  'unknown decision',
  { path: '/api/guard', status: 200, body: '{"decision":"allow_maybe","reasons":[]}' },
]

describe('before an action', () => {
  const input = { action_type: 'build', declared_goal: 'Build it' } as const
  const run = async (mode: 'off' | 'warn' | 'enforce', onGuardError: 'block' | 'allow', plan?: Fault[1]) => {
    const { claw, server, logger } = setup({ guardMode: mode, onGuardError, maxRetries: 0, timeout: 40 }, { policies })
    if (plan) server.failNext(plan)
    let ran = 0
    const error = await claw
      .track(input, () => void ran++)
      .then(
        () => undefined,
        (reason: Error) => reason,
      )
    await claw.close()
    return { error, ran, server, logger, stored: server.snapshot()['actions']?.length ?? 0 }
  }

  test.each(faults)(
    '%s in enforce mode: nothing runs, nothing is recorded, and the error says why',
    async (_name, plan) => {
      const { error, ran, stored } = await run('enforce', 'block', plan)
      expect(error).toBeInstanceOf(errors.GuardBlockedError)
      expect(error).toMatchObject({
        decision: 'unavailable',
        reasons: [expect.stringMatching(/^the guard could not be asked: /)],
      })
      expect(error!.cause).toBeInstanceOf(errors.DashClawError)
      expect([ran, stored]).toEqual([0, 0])
    },
  )
  const refusals = faults.filter(([name]) => /^40[0-9]/.test(name))
  test('refusals of the guard are among the faults', () => expect(refusals.length).toBeGreaterThan(1))
  test.each(refusals)('%s is a refusal, so nothing runs in enforce mode that allows', async (_name, plan) => {
    const { error, ran, stored } = await run('enforce', 'allow', plan)
    expect(error).toMatchObject({ name: 'GuardBlockedError', decision: 'unavailable' })
    expect([ran, stored]).toEqual([0, 0])
  })
  test.each(faults.filter((fault) => !refusals.includes(fault)))(
    '%s in enforce mode that allows: it runs, and is reported',
    async (_name, plan) => {
      const { error, ran, stored, logger } = await run('enforce', 'allow', plan)
      expect([error, ran, stored]).toEqual([undefined, 1, 1])
      expect(logger.texts).toEqual([expect.stringMatching(/could not be asked about "Build it"; it goes on unguarded/)])
    },
  )
  test.each(faults)('%s in warn mode: it runs, and is reported', async (_name, plan) => {
    const { error, ran, stored, logger } = await run('warn', 'block', plan)
    expect([error, ran, stored, logger.texts.length]).toEqual([undefined, 1, 1, 1])
  })
  test('a decision that is not known blocks in enforce mode, whatever onGuardError says, and is reported in warn mode', async () => {
    for (const onGuardError of ['block', 'allow'] as const) {
      const { error, ran, stored } = await run('enforce', onGuardError, unknown[1])
      expect(error).toMatchObject({ name: 'GuardBlockedError', decision: 'allow_maybe' })
      expect([ran, stored]).toEqual([0, 0])
    }
    const warned = await run('warn', 'block', unknown[1])
    expect([warned.error, warned.ran, warned.logger.texts.length]).toEqual([undefined, 1, 1])
  })
  test('off mode does not ask', async () => {
    const { server } = await run('off', 'block')
    expect(asked(server)).toEqual(['POST /api/actions', 'PATCH /api/actions/:id'])
  })
})

describe('guardMode', () => {
  test('enforce throws what the guard decided, with its reasons, and asks with the facts of the action', async () => {
    const { claw, server } = setup({ guardMode: 'enforce' }, { version: '2.0', policies })
    const error = await rejection(
      claw.createAction({
        action_type: 'cleanup',
        declared_goal: 'Delete backups',
        risk_score: 60,
        systems_touched: ['db'],
        reversible: false,
        reasoning: 'not for the guard',
      }),
    )
    expect(error).toMatchObject({
      name: 'GuardBlockedError',
      decision: 'block',
      reasons: ['Blocked: Action type "cleanup" is blocked by policy'],
      warnings: ['Warned: Risk score 60 >= threshold 50'],
      risk_score: 60,
    })
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]!.body).toEqual({
      action_type: 'cleanup',
      risk_score: 60,
      systems_touched: ['db'],
      reversible: false,
      declared_goal: 'Delete backups',
      agent_id: 'agent-1',
    })
  })
  test('enforce throws for require_approval, unless hitlMode waits: then the server holds the action', async () => {
    const strict = setup({ guardMode: 'enforce' }, { policies })
    expect(await rejection(strict.claw.createAction({ action_type: 'deploy', declared_goal: 'd' }))).toMatchObject({
      name: 'GuardBlockedError',
      decision: 'require_approval',
    })
    const { claw, server } = setup({ guardMode: 'enforce', hitlMode: 'wait' }, { policies })
    const created = claw.createAction({ action_type: 'deploy', declared_goal: 'd' })
    await expect.poll(() => asked(server)).toContain('GET /api/stream')
    server.approve((server.snapshot()['actions']![0] as { action_id: string }).action_id)
    expect((await created).action.status).toBe('running')
  })
  test('the callback is told every decision, and what it throws is logged', async () => {
    const decisions: string[] = []
    const { claw, logger } = setup(
      {
        guardMode: 'warn',
        guardCallback: ({ decision }) => {
          decisions.push(decision)
          throw new Error('callback')
        },
      },
      { policies },
    )
    await claw.createAction({ action_type: 'build', declared_goal: 'b' })
    expect(decisions).toEqual(['allow'])
    expect(logger.texts).toEqual(['dashclaw: guardCallback threw.'])
  })
  test('what the callback does to the decision decides nothing', async () => {
    const { claw } = setup(
      { guardMode: 'enforce', guardCallback: (told) => void Object.assign(told, { decision: 'allow' }) },
      { policies },
    )
    const error = await rejection(claw.createAction({ action_type: 'cleanup', declared_goal: 'c' }))
    expect(error).toMatchObject({ name: 'GuardBlockedError', decision: 'block', status: undefined })
  })
  test('a policy’s 403 of the action itself is a GuardBlockedError in every mode', async () => {
    for (const version of ['2.0', '2.10'] as const) {
      for (const guardMode of ['off', 'warn', 'enforce'] as const) {
        const { claw } = setup({ guardMode }, { version, policies })
        const error = await rejection(claw.createAction({ action_type: 'cleanup', declared_goal: 'c' }))
        expect(error).toMatchObject({
          name: 'GuardBlockedError',
          decision: 'block',
          status: guardMode === 'enforce' ? undefined : 403,
        })
        expect(errors.isDashClawError(error, 'APIError')).toBe(false)
      }
    }
  })
  test('the caller’s abort is no answer of the guard', async () => {
    const { claw, server } = setup({ guardMode: 'enforce', onGuardError: 'allow' })
    server.failNext({ path: '/api/guard', delay: 10_000 })
    const controller = new AbortController()
    const call = rejection(
      claw.createAction({ action_type: 'build', declared_goal: 'b' }, { signal: controller.signal }),
    )
    await expect.poll(() => server.requests.length).toBe(1)
    const reason = new Error('stop')
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(asked(server)).toEqual(['POST /api/guard'])
  })
})
