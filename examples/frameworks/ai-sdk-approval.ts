/** A call that a person decides about while nothing waits: the generation ends, and goes on with their answer, in any process. */
import { generateText, type ModelMessage, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { DashClaw } from 'dashclaw'
import { governTools, toolApproval } from 'dashclaw/ai-sdk'
import { createLocalServer } from 'dashclaw/local'
import { resume, type Ticket } from 'dashclaw/tools'
import { z } from 'zod'

const server = createLocalServer({
  policies: [{ name: 'Payments', policy_type: 'require_approval', rules: { action_types: ['payment'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'billing-bot', fetch: server.fetch })

const usage = {
  inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 3, text: 3, reasoning: 0 },
}
const model = new MockLanguageModelV4({
  doGenerate: [
    {
      content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'pay', input: '{"cents":500}' }],
      finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      usage,
      warnings: [],
    },
    {
      content: [{ type: 'text', text: 'Paid.' }],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      warnings: [],
    },
  ],
})

const tickets = new Map<string, Ticket>() // a table in real life
const agent = {
  model,
  tools: governTools(claw, {
    pay: tool({
      inputSchema: z.object({ cents: z.number() }),
      execute: async ({ cents }) => {
        console.log(`paying ${cents}`)
        return 'ok'
      },
    }),
  }),
  toolApproval: toolApproval(claw, { action_type: 'payment', wait: false, tickets, resume }),
}

const messages: ModelMessage[] = [{ role: 'user', content: 'Pay the bill' }]
const first = await generateText({ ...agent, messages })
messages.push(...first.response.messages)
for (const part of first.content) {
  if (part.type !== 'tool-approval-request') continue
  const ticket = tickets.get(part.toolCall.toolCallId)
  if (!ticket) continue
  console.log(`held: ${ticket.tool}`)
  // Your user says yes: that decides the action, and tells the AI SDK to go on.
  await claw.approveAction(ticket.action_id, { decision: 'allow', reasoning: 'the bill is right' })
  messages.push({
    role: 'tool',
    content: [{ type: 'tool-approval-response', approvalId: part.approvalId, approved: true }],
  })
}
const last = await generateText({ ...agent, messages })
console.log(last.text)
await claw.close()
