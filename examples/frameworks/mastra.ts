/** An agent of Mastra whose tools run only when they are allowed. Its model is scripted, so it needs no key and no network. */
import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
import { dashclawHooks, dashclawUsage } from 'dashclaw/mastra'
import { z } from 'zod'

const server = createLocalServer({
  policies: [{ name: 'Spending limit', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'block' } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'billing-bot', fetch: server.fetch })

const refund = createTool({
  id: 'refund',
  description: 'Pays money back',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: async ({ order, amount }) => `Refunded ${amount} for ${order}`,
})

const agent = new Agent({
  id: 'billing',
  name: 'Billing',
  instructions: 'Refund what customers ask for.',
  model: scripted(['{"order":"A-17","amount":20}', '{"order":"A-18","amount":5000}']),
  tools: { refund },
  hooks: dashclawHooks(claw, {
    describe: ({ input }) => ({ risk_score: (input as { amount: number }).amount > 100 ? 90 : 10 }),
  }),
  inputProcessors: [dashclawUsage(claw)],
})

const { text, steps } = await agent.generate('Refund A-17 and A-18.')
for (const { toolResults } of steps) for (const { payload } of toolResults) console.log(payload.result)
console.log(text)
await claw.close()

/** A model that calls the tool with each of these arguments, and then sums up. */
function scripted(calls: string[]) {
  const usage = {
    inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 20, text: 20, reasoning: 0 },
  }
  return {
    specificationVersion: 'v3' as const,
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    async doGenerate() {
      const input = calls.shift()
      const call = {
        type: 'tool-call' as const,
        toolCallId: `call-${calls.length}`,
        toolName: 'refund',
        input: input ?? '',
      }
      return {
        content: [input ? call : { type: 'text' as const, text: 'One refund is made, the other needs your manager.' }],
        finishReason: { unified: input ? ('tool-calls' as const) : ('stop' as const), raw: undefined },
        usage,
        warnings: [],
      }
    },
    async doStream(): Promise<never> {
      throw new Error('This model does not stream.')
    },
  }
}
