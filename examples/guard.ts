/** Ask before acting: the guard's decision decides what runs. */
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const server = createLocalServer({
  policies: [{ name: 'High risk', policy_type: 'risk_threshold', rules: { threshold: 80, action: 'block' } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'ops-bot', fetch: server.fetch })

for (const risk_score of [20, 90]) {
  const { decision, reasons } = await claw.guard({ action_type: 'config', declared_goal: 'Change a flag', risk_score })
  console.log(`risk ${risk_score}: ${decision}${reasons.length ? ` (${reasons.join('; ')})` : ''}`)
}
await claw.close()
