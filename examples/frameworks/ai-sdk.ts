/** An agent of the AI SDK whose tools run only when they are allowed. The model is a script, so that it runs offline. */
import { generateText, stepCountIs, tool, wrapLanguageModel } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { DashClaw } from 'dashclaw'
import { governTools, usageMiddleware } from 'dashclaw/ai-sdk'
import { createLocalServer } from 'dashclaw/local'
import { z } from 'zod'

const server = createLocalServer({
  policies: [
    { name: 'Large refunds', policy_type: 'require_approval', rules: { action_types: ['payment'] } },
    { name: 'No deletions', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } },
  ],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'support-bot', fetch: server.fetch })

const tools = governTools(
  claw,
  {
    refund: tool({
      description: 'Refunds an order',
      inputSchema: z.object({ order: z.string(), cents: z.number() }),
      execute: async ({ order, cents }) => `refunded ${cents} for ${order}`,
    }),
    delete_order: tool({
      description: 'Deletes an order',
      inputSchema: z.object({ order: z.string() }),
      execute: async ({ order }) => `deleted ${order}`,
    }),
  },
  {
    actionTypes: { refund: 'payment', delete_order: 'cleanup' },
    onPending({ action_id }) {
      console.log('held: a person decides')
      server.approve(action_id) // in real life a person, on the dashboard or in Slack
    },
  },
)

const call = (toolName: string, input: object) =>
  ({ type: 'tool-call', toolCallId: `call-${toolName}`, toolName, input: JSON.stringify(input) }) as const
const script = [
  [call('refund', { order: 'A-17', cents: 90_000 }), call('delete_order', { order: 'A-17' })],
  [{ type: 'text', text: 'Refunded. I may not delete orders.' } as const],
]
const usage = {
  inputTokens: { total: 120, noCache: 100, cacheRead: 20, cacheWrite: 0 },
  outputTokens: { total: 30, text: 30, reasoning: 0 },
}
const scripted = new MockLanguageModelV4({
  modelId: 'script-1',
  doGenerate: async () => {
    const content = script.shift() ?? []
    const unified = content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
    return { content, finishReason: { unified, raw: unified }, usage, warnings: [] }
  },
})

const { text, steps } = await generateText({
  model: wrapLanguageModel({ model: scripted, middleware: usageMiddleware(claw) }),
  prompt: 'Refund order A-17 and delete it',
  tools,
  stopWhen: stepCountIs(5),
})
for (const part of steps[0]?.content ?? []) {
  if (part.type === 'tool-result') console.log(`${part.toolName}: ${part.output}`)
  if (part.type === 'tool-error') console.log(`${part.toolName}: ${(part.error as Error).message}`)
}
console.log(text)
await claw.close()
