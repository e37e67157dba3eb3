import { afterEach, describe, expect, test, vi } from 'vitest'
import { type CreateActionInput, generateKeyPair } from '../../src/index.ts'
import { HELD, rejection, setup } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const build = { action_type: 'build', declared_goal: 'Build it' } as const
const json = (body: unknown, status = 200) => Response.json(body, { status })

afterEach(() => {
  vi.unstubAllGlobals()
})

test.each(['output_summary', 'error_message'] as const)('a new action has its %s cut with a mark', async (field) => {
  const { claw, server } = setup()
  await claw.createAction({ ...build, status: 'failed', [field]: 'x'.repeat(4001) })
  const body = server.requests[0]!.body as Record<string, string>
  expect(body[field]).toMatch(/^x+… \[cut, 4001 characters\]$/)
  expect(body[field]).toHaveLength(4000)
})

test('what the guard was asked about is what is recorded, whatever the caller does to the object meanwhile', async () => {
  const { claw, server } = setup({ guardMode: 'enforce' })
  server.failNext({ path: '/api/guard', delay: 30 })
  const input: CreateActionInput = {
    action_type: 'build',
    declared_goal: 'Build it',
    risk_score: 10,
    systems_touched: ['api'],
  }
  const created = claw.createAction(input)
  input.action_type = 'deploy'
  input.risk_score = 99
  ;(input.systems_touched as string[]).push('db')
  const same = { action_type: 'build', risk_score: 10, systems_touched: ['api'] }
  await created
  expect(server.requests.map(({ body }) => body)).toEqual([
    expect.objectContaining(same),
    expect.objectContaining(same),
  ])
  expect(input).not.toHaveProperty('action_id')
})

test('a signed action says when the server could not verify it, and only then', async () => {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const { claw, server, logger } = setup({ privateKey: privateKeyPem })
  const unknown = await claw.createAction(build)
  expect(unknown.action.verified).not.toBe(true)
  expect(logger.texts).toEqual([
    expect.stringMatching(/^dashclaw: action act_\S+ was signed, but .* public key of agent "agent-1"/),
  ])
  await setup({}, server).claw.registerIdentity({ agent_id: 'agent-1', public_key: publicKeyPem })
  const known = await claw.createAction(build)
  expect(known.action.verified).toBe(true)
  await setup({}, server).claw.createAction(build)
  expect(logger.texts).toHaveLength(1)
})

describe('a try whose answer was lost, with an id of the caller’s', () => {
  const mine = { ...build, action_id: 'mine' }
  test('is the action that is stored', async () => {
    const { claw, server } = setup()
    server.failNext({ method: 'POST', path: '/api/actions', kind: 'lost' })
    expect(await claw.createAction(mine)).toMatchObject({ action_id: 'mine', decision: null })
  })
  test.each([
    ['another agent', {}, 'agent-2'],
    ['another type', { action_type: 'deploy' }, 'agent-1'],
  ])('stays a conflict when the id is that of %s', async (_name, other, agent) => {
    const { claw, server } = setup()
    await claw.forAgent(agent).createAction({ ...mine, ...other })
    server.failNext({ method: 'POST', path: '/api/actions', kind: 'network' })
    expect(await rejection(claw.createAction(mine))).toMatchObject({ name: 'ConflictError', attempts: 2 })
  })
  test.each([
    [404, 'ConflictError'],
    [403, 'PermissionDeniedError'],
  ])('ends as what is known, when reading it is answered with %i', async (status, name) => {
    const answers = [json({}, 503), json({ error: 'taken' }, 409), json({ error: 'no' }, status)]
    const { claw } = setup({ fetch: async () => answers.shift()! })
    expect(await rejection(claw.createAction(mine))).toMatchObject({ name })
    expect(answers).toEqual([])
  })
})

describe('a 403', () => {
  test.each([[null], [{ error: 'readonly key' }], [{ decision: 'block' }], [{ decision: null }]])(
    'without a decision is a role’s refusal: %j',
    async (body) => {
      const { claw } = setup({ fetch: async () => json(body, 403) })
      expect(await rejection(claw.createAction(build))).toMatchObject({
        name: 'PermissionDeniedError',
        status: 403,
        body,
      })
    },
  )
  test('with a decision is a policy’s', async () => {
    const decision = { decision: 'block', reasons: ['Policy: no'], matched_policies: ['gp_1'] }
    const { claw } = setup({ fetch: async () => json({ error: 'no', decision }, 403) })
    expect(await rejection(claw.createAction(build))).toMatchObject({
      name: 'GuardBlockedError',
      status: 403,
      ...decision,
    })
  })
  test('is that only of a 403', async () => {
    const { claw } = setup({ fetch: async () => json({ error: 'no', decision: { decision: 'block' } }, 400) })
    expect(await rejection(claw.createAction(build))).toMatchObject({ name: 'ValidationError' })
  })
})

describe('work that is not started says why', () => {
  const answer = (status: string, decision: unknown) => async () =>
    json({ action: { action_id: 'act_1', status }, action_id: 'act_1', decision }, 201)
  test.each([
    ['failed', { decision: 'allow' }, { decision: 'failed', reasons: ['action act_1 is failed'] }],
    ['cancelled', null, { decision: 'cancelled', reasons: ['action act_1 is cancelled'] }],
    ['running', { decision: 'block', reasons: ['P: no'] }, { decision: 'block', reasons: ['P: no'] }],
    ['failed', { decision: 'block', reasons: ['P: no'] }, { decision: 'block', reasons: ['P: no'] }],
    ['running', { decision: 'require_approval', reasons: ['P'] }, { decision: 'require_approval', reasons: ['P'] }],
  ])('a row that is %s, with the decision %j', async (status, decision, said) => {
    const { claw } = setup({ fetch: answer(status, decision) })
    const work = vi.fn()
    expect(await rejection(claw.track({ ...build, action_id: 'act_1' }, work))).toMatchObject({
      name: 'GuardBlockedError',
      ...said,
    })
    expect(work).not.toHaveBeenCalled()
  })
  test.each([
    [{ decision: 'block', reasons: ['P: no'] }, false],
    [{ decision: 'unknown' }, false],
    [{ decision: 'require_approval' }, true],
    [{ decision: 'warn' }, true],
    [null, true],
  ])('after a wait, with the decision %j, it starts: %s', async (decision, starts) => {
    const { claw } = setup({ fetch: answer('running', decision) })
    const work = vi.fn(() => 'done')
    await claw.track({ ...build, action_id: 'act_1' }, work, { wait: true }).catch(() => {})
    expect(work).toHaveBeenCalledTimes(starts ? 1 : 0)
    await claw.close()
  })
  test('an action that waits names itself, and what to do', async () => {
    const { claw } = setup({}, { policies: [HELD] })
    const error = await rejection(claw.track({ action_type: 'deploy', declared_goal: 'Ship' }, () => 1))
    expect(error).toMatchObject({ name: 'ApprovalPendingError', action_id: expect.stringMatching(/^act_/) })
    expect(error.message).toMatch(/^"Ship" was not started: .*waitForApproval\('act_/)
  })
})

test('events need a runtime with streams, unless the caller’s own fetch may do better', async () => {
  vi.stubGlobal('ReadableStream', undefined)
  const fetch = vi.fn(async () => new Response(null, { status: 204 }))
  vi.stubGlobal('fetch', fetch)
  const first = async (claw: ReturnType<typeof setup>['claw']) => claw.events()[Symbol.asyncIterator]().next()
  expect(await rejection(first(setup({ fetch: undefined }).claw))).toMatchObject({ message: /streaming answers/ })
  expect(fetch).not.toHaveBeenCalled()
  expect(await first(setup({ fetch }).claw)).toEqual({ done: true, value: undefined })
  expect(fetch).toHaveBeenCalledTimes(1)
})
