/** Wait for a person: one client asks, another one decides. */
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const server = createLocalServer({
  policies: [{ name: 'Deploys', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }],
})
const { url } = await server.listen()
const agent = new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'deploy-bot' })
const operator = new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'operator' })

const { action_id, action } = await agent.createAction({ action_type: 'deploy', declared_goal: 'Ship v2.0' })
console.log(`${action_id} is ${action.status}`)

const approved = agent.waitForApproval(action_id, {
  timeout: 60_000, // milliseconds
  onPending: ({ declared_goal }) => console.log(`"${declared_goal}" waits for a person`),
})
const { actions } = await operator.getPendingApprovals()
for (const { action_id } of actions)
  await operator.approveAction(action_id, { decision: 'allow', reasoning: 'Looks good' })

console.log(`now ${(await approved).action.status}`)
await agent.updateOutcome(action_id, { status: 'completed', output_summary: 'v2.0 is live' })

await Promise.all([agent.close(), operator.close(), server.close()])
