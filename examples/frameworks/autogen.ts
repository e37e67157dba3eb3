/** Two agents that talk, in the shape of AutoGen: replies and functions run only when they are allowed, and messages are recorded. */
import { DashClaw } from 'dashclaw'
import { DashClawAutoGenIntegration } from 'dashclaw/autogen'
import { createLocalServer } from 'dashclaw/local'

interface Message {
  role: 'user'
  content: string
}

class ConversableAgent {
  constructor(
    readonly name: string,
    readonly functionMap: Record<string, (argument: string) => unknown> = {},
  ) {}
  async send(content: string, recipient: ConversableAgent, requestReply = true): Promise<void> {
    await recipient.receive(content, this, requestReply)
  }
  async receive(content: string, sender: ConversableAgent, requestReply = true): Promise<void> {
    console.log(`${sender.name} to ${this.name}: ${content}`)
    if (requestReply) await this.send(await this.generateReply([{ role: 'user', content }]), sender, false)
  }
  /** Where a model would say which function to call. */
  async generateReply(messages: Message[]): Promise<string> {
    const [, name = '', argument = ''] = /^(\w+) (.*)/.exec(messages.at(-1)?.content ?? '') ?? []
    return `${await this.functionMap[name]?.(argument)}`
  }
}

const server = createLocalServer({
  policies: [{ name: 'No deletes', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'ops-bot', fetch: server.fetch })

const user = new ConversableAgent('user')
const ops = new ConversableAgent('ops', { list: () => 'a.txt, b.txt', remove: (file) => `${file} is gone` })
new DashClawAutoGenIntegration(claw, { actionTypes: { remove: 'cleanup' } }).instrumentAgent(ops)

await user.send('list files', ops)
await user.send('remove a.txt', ops)
await claw.close()
