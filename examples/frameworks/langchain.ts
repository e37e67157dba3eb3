/** An agent of LangChain's whose refunds are governed: small ones run, large ones stop the graph until a person has decided. */
import { AIMessage } from '@langchain/core/messages'
import { Command, MemorySaver } from '@langchain/langgraph'
import { DashClaw } from 'dashclaw'
import { dashclawMiddleware } from 'dashclaw/langchain'
import { createLocalServer } from 'dashclaw/local'
import { createAgent, fakeModel, tool } from 'langchain'
import { z } from 'zod'

const server = createLocalServer({
  policies: [
    { name: 'Large refunds', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'require_approval' } },
  ],
})
const { url, close } = await server.listen()
const claw = new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'billing-bot' })

const refund = tool(async ({ order, amount }) => `refunded ${amount} for ${order}`, {
  name: 'refund',
  description: 'Pays an order back',
  schema: z.object({ order: z.string(), amount: z.number() }),
})
// A script in place of a model, so that the example runs offline.
const model = fakeModel()
  .respondWithTools([
    { name: 'refund', args: { order: 'A-17', amount: 20 }, id: 'call_1' },
    { name: 'refund', args: { order: 'A-18', amount: 5000 }, id: 'call_2' },
  ])
  .respond(new AIMessage('Both orders are paid back.'))

const agent = createAgent({
  model,
  tools: [refund],
  checkpointer: new MemorySaver(), // a database's in production
  middleware: [
    dashclawMiddleware(claw, {
      interrupt: true,
      describe: ({ input }) => ({ risk_score: (input as { amount: number }).amount > 100 ? 90 : 10 }),
    }),
  ],
})
const thread = { configurable: { thread_id: 'ticket-4711' } }
await agent.invoke({ messages: [{ role: 'user', content: 'Refund A-17 and A-18' }] }, thread)

// The graph has stopped. A person decides, in the dashboard or with another client.
for (const { action_id, declared_goal } of (await claw.getPendingApprovals()).actions) {
  console.log(`waits for a person: ${declared_goal}`)
  await claw.approveAction(action_id, { decision: 'allow', reasoning: 'The parcel was lost' })
}
const { messages } = await agent.invoke(new Command({ resume: 'decided' }), thread)
for (const message of messages.slice(-3)) console.log(message.text)

await claw.close()
await close()
