/**
 * One agent, governed end to end over real HTTP: allowed once, blocked once, held for approval once.
 *
 * Without a server it starts the embedded one. DASHCLAW_BASE_URL and DASHCLAW_API_KEY (an admin key) point it at yours.
 */
import { DashClaw, isDashClawError } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const { DASHCLAW_BASE_URL, DASHCLAW_API_KEY } = process.env
const local = DASHCLAW_BASE_URL && DASHCLAW_API_KEY ? undefined : createLocalServer()
const http = await local?.listen()
const baseUrl = http?.url ?? DASHCLAW_BASE_URL!
const apiKey = http ? 'local' : DASHCLAW_API_KEY!

const agentId = `demo-agent-${Date.now().toString(36)}`
const agent = new DashClaw({ baseUrl, apiKey, agentId, agentName: 'Demo agent', hitlMode: 'wait' })
const operator = new DashClaw({ baseUrl, apiKey, agentId: 'demo-operator' })

console.log(`Server   ${baseUrl} (${http ? 'embedded, keeps nothing' : 'yours'})`)
console.log(`Agent    ${agentId}\n`)

// The policies of the demo are its own, and go with it.
const policies = await Promise.all([
  operator.createPolicy({
    name: `Demo: deploys need a person (${agentId})`,
    policy_type: 'require_approval',
    rules: { action_types: ['deploy'] },
  }),
  operator.createPolicy({
    name: `Demo: no clean-ups (${agentId})`,
    policy_type: 'block_action_type',
    rules: { action_types: ['cleanup'] },
  }),
])

try {
  // 1. Allowed: nothing stands against it.
  const sum = await agent.track({ action_type: 'research', declared_goal: 'Add up the open invoices' }, () => 19 + 23)
  console.log(`allowed  the work ran and gave ${sum}`)

  // 2. Blocked: the work never starts.
  try {
    await agent.track({ action_type: 'cleanup', declared_goal: 'Delete all backups', risk_score: 95 }, () => {
      throw new Error('this must not run')
    })
  } catch (error) {
    if (!isDashClawError(error, 'GuardBlockedError')) throw error
    console.log(`blocked  ${error.reasons.join('; ')}`)
  }

  // 3. Held: a person decides, here a second client that listens to the events.
  const events = operator.events({ types: ['action.created'] })
  events.on('action.created', async ({ action_id, agent_id, declared_goal, status }) => {
    if (agent_id !== agentId || status !== 'pending_approval') return
    console.log(`held     "${declared_goal}" waits for a person …`)
    await operator.approveAction(action_id, { decision: 'allow', reasoning: 'Change window is open' })
  })
  await new Promise<void>((connected) => events.on('connected', () => connected()))
  const url = await agent.track(
    { action_type: 'deploy', declared_goal: 'Ship v2.0', risk_score: 60, reversible: true },
    async (action) => {
      console.log('approved the work starts')
      await action.recordAssumption({ assumption: 'The staging tests are green', basis: 'Last pipeline' })
      return 'https://shop.example.com'
    },
  )
  console.log(`done     ${url}\n`)
  await events.close()

  console.log('Trail, as the server keeps it')
  const { actions } = await operator.getActions({ agent_id: agentId })
  for (const { timestamp_start, action_type, status, declared_goal, output_summary } of actions.reverse()) {
    console.log(
      `  ${timestamp_start}  ${action_type.padEnd(9)} ${status.padEnd(10)} ${declared_goal}${output_summary ? ` → ${output_summary}` : ''}`,
    )
  }
  const { decisions } = await operator.getGuardDecisions({ agent_id: agentId })
  for (const { created_at, action_type, decision, reason } of decisions.reverse()) {
    console.log(`  ${created_at}  guard     ${decision.padEnd(16)} ${action_type}${reason ? ` (${reason})` : ''}`)
  }
} finally {
  await Promise.all(policies.map(({ policy_id }) => operator.deletePolicy(policy_id)))
  await Promise.all([agent.close(), operator.close()])
  await local?.close()
}
