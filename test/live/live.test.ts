/**
 * The main flows against any real server: DASHCLAW_BASE_URL and DASHCLAW_API_KEY (an admin key). Everything that is made
 * here has its own agent and names, and policies are removed again.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { generateKeyPair } from '../../src/core/keys.ts'

const { DASHCLAW_BASE_URL: baseUrl, DASHCLAW_API_KEY: apiKey } = process.env
const configured = Boolean(baseUrl && apiKey)
if (!configured)
  console.log('Live tests are skipped: set DASHCLAW_BASE_URL and DASHCLAW_API_KEY (an admin key) to run them.')

describe.skipIf(!configured)(
  `a real server${configured ? '' : ' (skipped: DASHCLAW_BASE_URL and DASHCLAW_API_KEY are not set)'}`,
  () => {
    const agentId = `live-${Date.now().toString(36)}`
    const name = `${agentId} deploys need a person`
    let claw: DashClaw
    let policyId: string

    beforeAll(async () => {
      claw = new DashClaw({ baseUrl, apiKey, agentId })
      const { policy_id } = await claw.createPolicy({
        name,
        policy_type: 'require_approval',
        rules: { action_types: ['deploy'] },
      })
      policyId = policy_id
    })
    afterAll(async () => {
      await claw.deletePolicy(policyId)
      await claw.deleteActions({ agent_id: agentId })
      await claw.close()
    })

    test('guard resolves with allow and require_approval', async () => {
      expect((await claw.guard({ action_type: 'research' })).decision).toMatch(/^(allow|warn)$/)
      expect((await claw.guard({ action_type: 'deploy' })).decision).toBe('require_approval')
    })
    test('enforce blocks what is held', async () => {
      const strict = new DashClaw({ baseUrl, apiKey, agentId, guardMode: 'enforce' })
      await expect(strict.createAction({ action_type: 'deploy', declared_goal: 'Live test' })).rejects.toMatchObject({
        name: 'GuardBlockedError',
      })
    })
    test('track runs and records', async () => {
      expect(await claw.track({ action_type: 'research', declared_goal: 'Live test' }, () => 42)).toBe(42)
      const { actions } = await claw.getActions({ agent_id: agentId, status: 'completed' })
      expect(actions[0]).toMatchObject({ output_summary: '42' })
    })
    test('an approval without reasoning lets the work go on', async () => {
      const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Live test' })
      const wait = claw.waitForApproval(action_id, { timeout: 25_000, interval: 1000 })
      await claw.approveAction(action_id, { decision: 'allow' })
      expect((await wait).action.status).toBe('running')
    })
    test('the id of a loop resolves it, and loops are filtered by agent', async () => {
      const { action_id } = await claw.createAction({ action_type: 'research', declared_goal: 'Live test' })
      const { loop } = await claw.registerOpenLoop({ action_id, loop_type: 'followup', description: 'Live test' })
      expect((await claw.getOpenLoops({ agent_id: agentId })).loops.map(({ id }) => id)).toContain(loop.id)
      expect((await claw.resolveOpenLoop(loop.id, { status: 'resolved' })).loop.status).toBe('resolved')
    })
    test('a signed action ends verified', async () => {
      const keys = await generateKeyPair()
      await claw.registerIdentity({ agent_id: agentId, public_key: keys.publicKeyPem })
      const signer = new DashClaw({ baseUrl, apiKey, agentId, privateKey: keys.privateKey })
      expect(
        (await signer.createAction({ action_type: 'research', declared_goal: 'Signed live test' })).action.verified,
      ).toBe(true)
    })
    test('events arrive', async () => {
      const stream = claw.events({ types: ['action.created'] })
      const first = (async () => {
        for await (const event of stream) {
          if (event.type === 'action.created' && (event.data as { agent_id: string }).agent_id === agentId) return event
        }
        return undefined
      })()
      await new Promise<void>((resolve) => stream.on('connected', () => resolve()))
      await claw.createAction({ action_type: 'research', declared_goal: 'Live event' })
      expect(await first).toMatchObject({ type: 'action.created' })
      await stream.close()
    })
  },
)
