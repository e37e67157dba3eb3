/** The main flows over real HTTP, against both lines of servers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DashClaw } from '../src/client.ts'
import { generateKeyPair } from '../src/core/keys.ts'
import type { DashClawOptions } from '../src/core/options.ts'
import { createLocalServer, type LocalServer } from '../src/local/index.ts'
import { BLOCKED, HELD, rejection } from './support/local.ts'

describe.each(['2.0', '2.10'] as const)('a %s server over real HTTP', (version) => {
  let server: LocalServer
  let url: string
  const client = (options: DashClawOptions = {}) =>
    new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'flow-bot', logger: false, ...options })

  beforeAll(async () => {
    server = createLocalServer({ version, policies: [HELD, BLOCKED], keys: [{ key: 'member-key', role: 'member' }] })
    url = (await server.listen()).url
  })
  afterAll(() => server.close())

  test('guard resolves with block and require_approval, and enforce blocks', async () => {
    const claw = client()
    expect((await claw.guard({ action_type: 'cleanup' })).decision).toBe('block')
    expect((await claw.guard({ action_type: 'deploy' })).decision).toBe('require_approval')
    const strict = client({ guardMode: 'enforce' })
    for (const action_type of ['cleanup', 'deploy']) {
      expect(await rejection(strict.createAction({ action_type, declared_goal: 'g' }))).toMatchObject({
        name: 'GuardBlockedError',
      })
    }
  })

  test('an approval without reasoning lets the work run; a denial does not', async () => {
    const operator = client({ agentId: 'operator' })
    const agent = client({ hitlMode: 'wait' })
    const decide = async (decision: 'allow' | 'deny') => {
      await expect.poll(async () => (await operator.getPendingApprovals()).total).toBe(1)
      const { actions } = await operator.getPendingApprovals()
      await operator.approveAction(actions[0]!.action_id, { decision })
    }
    const [value] = await Promise.all([
      agent.track({ action_type: 'deploy', declared_goal: 'one' }, () => 'ran'),
      decide('allow'),
    ])
    expect(value).toBe('ran')
    const [error] = await Promise.all([
      rejection(
        agent.track({ action_type: 'deploy', declared_goal: 'two' }, () => {
          throw new Error('must not run')
        }),
      ),
      decide('deny'),
    ])
    expect(error).toMatchObject({ name: 'ApprovalDeniedError', status: 'failed', message: /Denied by human operator/ })
    const member = client({ apiKey: 'member-key' })
    expect(await rejection(member.approveAction('act_1', { decision: 'allow' }))).toMatchObject({
      name: 'PermissionDeniedError',
    })
    await agent.close()
  })

  test('loops are filtered by agent, and loop.loop.id resolves the loop', async () => {
    const claw = client()
    const other = client({ agentId: 'other-bot' })
    const own = await claw.createAction({ action_type: 'build', declared_goal: 'g' })
    const theirs = await other.createAction({ action_type: 'build', declared_goal: 'g' })
    const registered = await claw.registerOpenLoop({
      action_id: own.action_id,
      loop_type: 'followup',
      description: 'own',
    })
    await other.registerOpenLoop({ action_id: theirs.action_id, loop_type: 'followup', description: 'theirs' })
    const { loops, total } = await claw.getOpenLoops({ agent_id: 'flow-bot' })
    expect([loops.map(({ description }) => description), total]).toEqual([['own'], 1])
    const { loop } = await claw.resolveOpenLoop(registered.loop.id, { status: 'resolved' })
    expect(loop).toMatchObject({ id: registered.loop_id, status: 'resolved', resolution: 'Resolved' })
    const { assumption } = await claw.registerAssumption({ action_id: own.action_id, assumption: 'a' })
    await claw.validateAssumption(assumption.id, { validated: false })
    const report = await claw.getDriftReport({ agent_id: 'flow-bot' })
    expect(report.invalidated.map(({ id }) => id)).toEqual([assumption.id])
  })

  test('a signed action ends verified with every form of key, and a bad key sends nothing', async () => {
    const keys = await generateKeyPair()
    const admin = client()
    await admin.registerIdentity({ agent_id: 'signer', public_key: keys.publicKeyPem })
    const input = { action_type: 'build', declared_goal: 'Sign 日本語 😀', systems_touched: ['db'], cost_estimate: 0.1 }
    for (const privateKey of [keys.privateKey, keys.privateJwk, keys.privateKeyPem]) {
      const { action } = await client({ agentId: 'signer', privateKey }).createAction(input)
      expect([action.verified, action.declared_goal]).toEqual([true, input.declared_goal])
    }
    const before = server.requests.length
    for (const privateKey of ['nonsense', keys.publicKeyPem, { kty: 'RSA' }, keys.publicKey]) {
      const bad = client({ agentId: 'signer', privateKey: privateKey as never, guardMode: 'enforce' })
      expect(await rejection(bad.createAction(input))).toMatchObject({ name: 'SigningError' })
    }
    expect(server.requests).toHaveLength(before)
  })

  test('pages are walked once and to the end, while rows are added', async () => {
    const claw = client({ agentId: 'pager' })
    for (let i = 0; i < 25; i++) await claw.createAction({ action_type: 'test', declared_goal: `goal ${i}` })
    const seen: string[] = []
    for await (const { declared_goal } of claw.iterateActions({ agent_id: 'pager', limit: 10 })) {
      if (seen.push(declared_goal) === 5) await claw.createAction({ action_type: 'test', declared_goal: 'late' })
    }
    expect(seen).toHaveLength(25)
    expect(new Set(seen).size).toBe(25)
    const controller = new AbortController()
    const walk = async () => {
      for await (const _action of claw.iterateActions({ agent_id: 'pager', limit: 2 }, { signal: controller.signal }))
        controller.abort(new Error('stop'))
    }
    expect(await rejection(walk())).toMatchObject({ message: 'stop' })
  })

  test('nothing is left behind: the process could end', async () => {
    const claw = client({ hitlMode: 'wait', guardMode: 'warn', approvalTimeout: 20 })
    claw.startHeartbeat({ interval: 1000 })
    await rejection(claw.track({ action_type: 'deploy', declared_goal: 'g' }, () => 1))
    const stream = claw.events()
    stream.on('*', () => {})
    await new Promise((resolve) => setTimeout(resolve, 30))
    await claw.close()
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, { timeout: 3000 })
      .toBeLessThanOrEqual(2)
  })
})
