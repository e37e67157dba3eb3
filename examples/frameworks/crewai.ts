/** A team of KaibanJS whose tasks and tools run only when they are allowed. Its model is scripted: it needs no key and no network. */

import { tool } from '@langchain/core/tools'
import { FakeListChatModel } from '@langchain/core/utils/testing'
import { DashClaw } from 'dashclaw'
import { DashClawCrewIntegration } from 'dashclaw/crewai'
import { createLocalServer } from 'dashclaw/local'
import { z } from 'zod'

// KaibanJS reads this when it is loaded; without it, it sends telemetry, and ends a process that is offline.
process.env['KAIBAN_TELEMETRY_OPT_OUT'] = 'true'
const { Agent, Task, Team } = await import('kaibanjs')

const server = createLocalServer({
  policies: [{ name: 'No mail', policy_type: 'block_action_type', rules: { action_types: ['message'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'newsroom', fetch: server.fetch })

const search = tool(async ({ query }) => `Three articles about ${query}`, {
  name: 'search',
  description: 'Searches the archive',
  schema: z.object({ query: z.string() }),
})
const sendMail = tool(async ({ to }) => `Sent to ${to}`, {
  name: 'send_mail',
  description: 'Sends the report',
  schema: z.object({ to: z.string() }),
})
const model = new FakeListChatModel({
  responses: [
    { thought: 'I look it up', action: 'search', actionInput: { query: 'otters' } },
    { thought: 'I send it', action: 'send_mail', actionInput: { to: 'all@example.com' } },
    { thought: 'Mail is not allowed', finalAnswer: 'The report is ready, and was not sent.' },
  ].map((answer) => JSON.stringify(answer)),
})

// KaibanJS has types of another LangChain than this one; it takes both.
const reporter = new Agent({
  name: 'Ada',
  role: 'Reporter',
  goal: 'Write reports',
  background: 'Biology',
  tools: [search, sendMail] as never[],
  llmInstance: model as never,
})
new DashClawCrewIntegration(claw, { actionTypes: { Ada: 'research', send_mail: 'message' } }).instrumentAgent(reporter)

const task = new Task({ description: 'Report on {topic}', expectedOutput: 'A report', agent: reporter })
const team = new Team({ name: 'Newsroom', agents: [reporter], tasks: [task], logLevel: 'error' })
const { result } = await team.start({ topic: 'otters' })

const { actions } = await claw.getActions()
for (const { declared_goal, status } of actions.reverse()) console.log(`${status}: ${declared_goal}`)
console.log(result)
await claw.close()
