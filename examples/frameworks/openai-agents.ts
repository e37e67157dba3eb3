/** An agent of the OpenAI Agents SDK whose payment waits for a person: the run ends, is stored, and goes on once they said yes. */
import { Agent, type Model, type ModelRequest, Runner, RunState, setTracingDisabled, tool, Usage } from '@openai/agents'
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
import { governTools, observe, resolveInterruptions } from 'dashclaw/openai-agents'
import { z } from 'zod'

setTracingDisabled(true)
const server = createLocalServer({
  policies: [{ name: 'Payments', policy_type: 'require_approval', rules: { action_types: ['payment'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'billing-bot', fetch: server.fetch })

/** Stands in for a model: looks the invoice up, pays it, and says so. */
const steps: [string, object][] = [
  ['look_up', { invoice: 'A-17' }],
  ['pay', { invoice: 'A-17', cents: 4200 }],
]
const model: Model = {
  async getResponse({ input }: ModelRequest) {
    const answers = Array.isArray(input) ? input.filter((item) => item.type === 'function_call_result').length : 0
    const usage = new Usage({ requests: 1, inputTokens: 50, outputTokens: 10, totalTokens: 60 })
    const step = steps[answers]
    if (step) {
      const [name, args] = step
      return { usage, output: [{ type: 'function_call', callId: name, name, arguments: JSON.stringify(args) }] }
    }
    const content = [{ type: 'output_text' as const, text: 'Invoice A-17 is paid.' }]
    return { usage, output: [{ type: 'message', role: 'assistant', status: 'completed', content }] }
  },
  async *getStreamedResponse() {},
}

const lookUp = tool({
  name: 'look_up',
  description: 'Looks an invoice up',
  parameters: z.object({ invoice: z.string() }),
  execute: async () => '42.00 EUR, due today',
})
const pay = tool({
  name: 'pay',
  description: 'Pays an invoice',
  parameters: z.object({ invoice: z.string(), cents: z.number() }),
  execute: async ({ invoice, cents }) => {
    console.log(`paying ${cents} cents for ${invoice}`)
    return 'paid'
  },
})
const tools = governTools(claw, [lookUp, pay], { wait: false, actionTypes: { pay: 'payment' } })
const agent = new Agent({ name: 'Billing', model, tools })
const runner = new Runner()
const stop = observe(claw, runner)

const first = await runner.run(agent, 'Pay invoice A-17')
console.log(`waiting for a person: ${first.interruptions.map(({ name }) => name).join()}`)
const stored = JSON.stringify(first.state)

// Later, in another process. A person decides in the dashboard; here the same client does.
const state = await RunState.fromString(agent, stored)
const [waiting] = await resolveInterruptions(claw, state, { wait: false })
await claw.approveAction(`${waiting?.action_id}`, { decision: 'allow', reasoning: 'It is due' })
await resolveInterruptions(claw, state)
console.log((await runner.run(agent, state)).finalOutput)

await stop()
for (const { declared_goal, status } of (await claw.getActions()).actions) console.log(`${declared_goal}: ${status}`)
await claw.close()
