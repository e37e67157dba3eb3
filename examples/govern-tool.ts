/** A tool that runs only when it is allowed: each call of the wrapped function is an action. */
import { DashClaw, isDashClawError } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const server = createLocalServer({
  policies: [{ name: 'Spending limit', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'block' } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'billing-bot', fetch: server.fetch })

const refund = claw.governTool(
  'refund',
  async ({ order, amount }: { order: string; amount: number }) => `Refunded ${amount} for ${order}`,
  {
    action_type: 'api',
    describe: ({ order, amount }) => ({ declared_goal: `Refund order ${order}`, risk_score: amount > 100 ? 90 : 10 }),
  },
)

console.log(await refund({ order: 'A-17', amount: 20 }))
try {
  await refund({ order: 'A-18', amount: 5000 })
} catch (error) {
  if (isDashClawError(error, 'GuardBlockedError')) console.log(`not done: ${error.reasons.join('; ')}`)
}
await claw.close()
