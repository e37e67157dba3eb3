import { DashClawAutoGenIntegration } from 'dashclaw/autogen'
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rejection, rows, setup } from '../support/local.ts'
import { BLOCK, HOLD } from '../support/tool-policies.ts'

interface Message {
  content: string
  source: string
  modelsUsage?: { promptTokens: number; completionTokens: number } | null
}

/** In the shape of AutoGen 0.2: agents that send messages to each other. */
class ConversableAgent {
  readonly chat: [string, string][] = []
  readonly name: string
  readonly functionMap: Record<string, (...args: never[]) => unknown>
  constructor(name: string, functionMap: Record<string, (...args: never[]) => unknown> = {}) {
    this.name = name
    this.functionMap = functionMap
  }
  async send(message: string, recipient: ConversableAgent, requestReply = true): Promise<void> {
    await recipient.receive(message, this, requestReply)
  }
  async receive(message: string, sender: ConversableAgent, requestReply = true): Promise<void> {
    this.chat.push([sender.name, message])
    if (!requestReply) return
    const reply = await this.generateReply([{ role: 'user', content: message }], sender)
    if (reply) await this.send(reply, sender, false)
  }
  async generateReply(messages: { role: string; content: string }[], _sender?: ConversableAgent): Promise<string> {
    const [, tool, argument] = /^(\w+)\((\w+)\)$/.exec(messages.at(-1)!.content) ?? []
    if (!tool) return `You said: ${messages.at(-1)!.content}`
    return `Result: ${await this.functionMap[tool]!(argument as never)}`
  }
}

/** In the shape of AutoGen 0.4: `run` asks `onMessages`, `runStream` asks `onMessagesStream`. */
class ChatAgent {
  readonly #history: Message[] = []
  asked = 0
  constructor(readonly name: string) {}
  async onMessages(messages: Message[], _token?: { signal?: AbortSignal }) {
    this.asked++
    this.#history.push(...messages)
    const thought = { content: 'thinking', source: this.name, modelsUsage: { promptTokens: 7, completionTokens: 3 } }
    const chatMessage = {
      content: `Answer ${this.#history.length}`,
      source: this.name,
      modelsUsage: { promptTokens: 40, completionTokens: 2 },
    }
    return { chatMessage, innerMessages: [thought] }
  }
  async *onMessagesStream(messages: Message[]) {
    const response = await this.onMessages(messages)
    yield* response.innerMessages
    yield response
  }
  async run(task: string) {
    const first = { content: task, source: 'user' }
    const { innerMessages, chatMessage } = await this.onMessages([first])
    return { messages: [first, ...innerMessages, chatMessage] }
  }
  async *runStream(task: string) {
    yield* this.onMessagesStream([{ content: task, source: 'user' }])
  }
}

describe('an agent that replies', () => {
  test('replies as an action, its messages are recorded, and it is the same agent', async () => {
    const { claw, server } = setup()
    const [user, assistant] = [new ConversableAgent('user'), new ConversableAgent('assistant')]
    const integration = new DashClawAutoGenIntegration(claw)
    expect(integration.instrumentAgent(assistant)).toBe(assistant)
    await user.send('Hello, password: hunter22', assistant)
    expect(user.chat).toEqual([['assistant', 'You said: Hello, password: hunter22']])
    await claw.flush()
    const reply = {
      agent_id: 'agent-1',
      agent_name: 'assistant',
      action_type: 'tool',
      declared_goal: 'assistant: Hello, password: [REDACTED]',
      status: 'completed',
      output_summary: 'You said: Hello, password: [REDACTED]',
      duration_ms: expect.any(Number),
    }
    const message = {
      agent_name: 'assistant',
      action_type: 'message',
      declared_goal: 'assistant: message from user',
      input_summary: 'Hello, password: [REDACTED]',
      status: 'completed',
    }
    expect(rows(server)).toHaveLength(2)
    expect(rows(server)).toEqual(
      expect.arrayContaining([expect.objectContaining(reply), expect.objectContaining(message)]),
    )
  })

  test('does not reply when that is blocked, and says so in place of a reply', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    const [user, assistant] = [new ConversableAgent('user'), new ConversableAgent('assistant')]
    const replies = vi.spyOn(assistant, 'generateReply')
    new DashClawAutoGenIntegration(claw).instrumentAgent(assistant)
    await user.send('Hello', assistant)
    expect(replies).not.toHaveBeenCalled()
    expect(user.chat).toEqual([['assistant', expect.stringMatching(/"assistant" did not run: it is not allowed/)]])
  })

  test('throws instead where that is asked for', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    const agent = new DashClawAutoGenIntegration(claw, { onDeny: 'throw' }).instrumentAgent(new ConversableAgent('a'))
    expect(await rejection(agent.generateReply([{ role: 'user', content: 'Hi' }]))).toMatchObject({ decision: 'block' })
  })

  test('is not broken by messages that can not be recorded', async () => {
    const { claw, logger } = setup({ fetch: () => Promise.reject(new TypeError('offline')), maxRetries: 0 })
    const assistant = new ConversableAgent('assistant')
    new DashClawAutoGenIntegration(claw, { tasks: { skip: () => true } }).instrumentAgent(assistant)
    await new ConversableAgent('user').send('Hello', assistant, false)
    await claw.flush()
    expect(assistant.chat).toEqual([['user', 'Hello']])
    expect(logger.texts.join()).toContain('assistant: message from user')
  })

  test('is refused when the messages change while a person decides', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const messages = [{ role: 'user', content: 'Hello' }]
    const agent = new ConversableAgent('assistant')
    const onPending = ({ action_id }: { action_id: string }) => {
      messages[0]!.content = 'Pay everything'
      server.approve(action_id)
    }
    new DashClawAutoGenIntegration(claw, { onPending, onDeny: 'throw' }).instrumentAgent(agent)
    expect(await rejection(agent.generateReply(messages))).toMatchObject({ decision: 'changed' })
  })
})

describe('the functions of an agent', () => {
  const pay = vi.fn((to: string) => `paid ${to}`)

  test('are actions below the reply that calls them', async () => {
    const { claw, server } = setup()
    const functionMap = { pay }
    const agent = new ConversableAgent('assistant', functionMap)
    new DashClawAutoGenIntegration(claw, { tools: { risk_score: 60 } }).instrumentAgent(agent)
    expect(await agent.generateReply([{ role: 'user', content: 'pay(ann)' }])).toBe('Result: paid ann')
    const [reply, tool] = rows(server)
    expect(tool).toMatchObject({
      declared_goal: expect.stringMatching(/^pay\(/),
      input_summary: 'ann',
      risk_score: 60,
      parent_action_id: reply!['action_id'],
    })
    expect(reply).toMatchObject({ risk_score: 30, parent_action_id: null })
    expect(functionMap.pay).toBe(pay)
  })

  test('do not run when they are blocked, and the model is told', async () => {
    pay.mockClear()
    const { claw } = setup({}, { policies: [BLOCK] })
    const agent = new ConversableAgent('assistant', { pay })
    new DashClawAutoGenIntegration(claw, { tasks: { action_type: 'other' } }).instrumentAgent(agent)
    expect(await agent.generateReply([{ role: 'user', content: 'pay(ann)' }])).toMatch(/^Result: .*"pay" did not run/)
    expect(pay).not.toHaveBeenCalled()
  })

  test('may be in a Map, and take several arguments, all of which a person sees', async () => {
    const { claw, server } = setup()
    const add = (a: number, b: number) => a + b
    const agent = { name: 'a', functionMap: new Map([['add', add]]) }
    new DashClawAutoGenIntegration(claw).instrumentAgent(agent)
    expect(await agent.functionMap.get('add')!(1, 2)).toBe(3)
    expect(rows(server)).toMatchObject([{ declared_goal: expect.stringMatching(/^add\(/), input_summary: '[1,2]' }])
  })
})

describe('an agent that is run', () => {
  const list = async <T>(stream: AsyncIterable<T>) => {
    const all: T[] = []
    for await (const item of stream) all.push(item)
    return all
  }
  const tokens = async ({ claw, server }: ReturnType<typeof setup>) => {
    await claw.flush()
    return server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)
  }
  const REPORTS = [
    { agent_id: 'agent-1', tokens_in: 7, tokens_out: 3 },
    { agent_id: 'agent-1', tokens_in: 40, tokens_out: 2 },
  ]

  test('is asked for once, though it calls itself, and its tokens count once', async () => {
    const local = setup()
    const agent = new DashClawAutoGenIntegration(local.claw).instrumentAgent(new ChatAgent('writer'))
    const { messages } = await agent.run('Write a poem')
    expect(messages.at(-1)?.content).toBe('Answer 1')
    expect(rows(local.server)).toMatchObject([{ declared_goal: 'writer: Write a poem', status: 'completed' }])
    expect(await tokens(local)).toEqual(expect.arrayContaining(REPORTS))
    expect(await tokens(local)).toHaveLength(2)
  })

  test('streams what it streamed, as one action, which ends with the stream', async () => {
    const local = setup()
    const plain = await list(new ChatAgent('writer').runStream('Write a poem'))
    const agent = new DashClawAutoGenIntegration(local.claw).instrumentAgent(new ChatAgent('writer'))
    expect(await list(agent.runStream('Write a poem'))).toEqual(plain)
    expect(agent.asked).toBe(1)
    expect(rows(local.server)).toMatchObject([{ declared_goal: 'writer: Write a poem', status: 'completed' }])
    expect(await tokens(local)).toHaveLength(2)
  })

  test('asks for a stream when it is read, and streams nothing that is blocked', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const agent = new DashClawAutoGenIntegration(claw).instrumentAgent(new ChatAgent('writer'))
    const stream = agent.runStream('Write a poem')
    expect(server.requests).toEqual([])
    expect(await rejection(list(stream))).toMatchObject({ name: 'GuardBlockedError' })
    expect(agent.asked).toBe(0)
  })

  test('cancels a held call when its token is', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const controller = new AbortController()
    const onPending = () => controller.abort()
    const agent = new DashClawAutoGenIntegration(claw, { onPending }).instrumentAgent(new ChatAgent('writer'))
    const messages = [{ content: 'Hi', source: 'user' }]
    expect(await rejection(agent.onMessages(messages, { signal: controller.signal }))).toMatchObject({
      name: 'AbortError',
    })
    await eventually(() => expect(rows(server)).toMatchObject([{ status: 'cancelled' }]))
    expect(agent.asked).toBe(0)
  })
})

describe('what is done to an agent', () => {
  test('is done once, and taken back exactly, inherited and own methods alike', async () => {
    const { claw, server } = setup()
    const agent = new ConversableAgent('a', { pay: () => 'paid' })
    const own = vi.fn(async () => 'own')
    Object.defineProperty(agent, 'run', { value: own, enumerable: false, configurable: true, writable: false })
    const before = Object.getOwnPropertyDescriptors(agent)
    const one = new DashClawAutoGenIntegration(claw)
    const other = new DashClawAutoGenIntegration(claw)
    one.instrumentAgent(agent)
    const governed = Object.getOwnPropertyDescriptors(agent)
    other.instrumentAgent(one.instrumentAgent(agent))
    expect(Object.getOwnPropertyDescriptors(agent)).toEqual(governed)
    await agent.generateReply([{ role: 'user', content: 'Hi' }])
    expect(rows(server)).toHaveLength(1)

    expect(other.unInstrument(agent)).toBe(agent)
    expect(Object.getOwnPropertyDescriptors(agent)).toEqual(before)
    expect(Object.keys(Object.getOwnPropertyDescriptors(agent))).toEqual(Object.keys(before))
    expect(agent.generateReply).toBe(ConversableAgent.prototype.generateReply)
    expect(one.unInstrument(agent)).toBe(agent)
    await agent.generateReply([{ role: 'user', content: 'Hi' }])
    expect(rows(server)).toHaveLength(1)
  })

  test('leaves alone what somebody wrapped around it, and lets that through', async () => {
    const { claw, server } = setup()
    const agent = new ConversableAgent('a')
    const integration = new DashClawAutoGenIntegration(claw)
    integration.instrumentAgent(agent)
    const governed = agent.generateReply.bind(agent)
    const theirs: typeof governed = (messages) => governed(messages)
    agent.generateReply = theirs
    integration.unInstrument(agent)
    expect(agent.generateReply).toBe(theirs)
    expect(await agent.generateReply([{ role: 'user', content: 'Hi' }])).toBe('You said: Hi')
    expect(rows(server)).toEqual([])
  })

  test('needs something to govern, and an agent that can be changed', () => {
    const { claw } = setup()
    const integration = new DashClawAutoGenIntegration(claw)
    expect(() => integration.instrumentAgent({ name: 'a' })).toThrow(/nothing to govern/)
    expect(() => integration.instrumentAgent(Object.freeze({ run: () => 1 }))).toThrow(TypeError)
    expect(() => new DashClawAutoGenIntegration({} as never)).toThrow(/claw must be a client/)
  })

  test('does not mix two agents of two clients', async () => {
    const { claw, server } = setup()
    const tool = { name: 'search', execute: (text: string) => `found ${text}` }
    const tools = [tool]
    const [a, b] = ['a', 'b'].map((name) => ({ name, tools, run: async (text: string) => text }))
    new DashClawAutoGenIntegration(claw.forAgent('one')).instrumentAgent(a!)
    new DashClawAutoGenIntegration(claw.forAgent('two')).instrumentAgent(b!)
    await Promise.all([a!.tools[0]!.execute('x'), b!.tools[0]!.execute('y'), b!.run('z')])
    const seen = rows(server).map((row) => [row['agent_id'], row['agent_name'], row['input_summary']])
    expect(seen.sort()).toEqual([
      ['one', 'a', 'x'],
      ['two', 'b', 'y'],
      ['two', 'b', 'z'],
    ])
    expect(tools).toEqual([tool])
    expect(await tool.execute('q')).toBe('found q')
    expect(rows(server)).toHaveLength(3)
  })
})
