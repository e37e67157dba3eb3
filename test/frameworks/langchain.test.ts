import { InMemoryCache } from '@langchain/core/caches'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { DashClaw, type DashClawOptions } from 'dashclaw'
import { DashClawCallbackHandler, type DashClawMiddlewareOptions, dashclawMiddleware } from 'dashclaw/langchain'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { type AgentMiddleware, createAgent, createMiddleware, fakeModel, tool, toolRetryMiddleware } from 'langchain'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { WireModel, type WireOptions } from './langchain-model.ts'
import { startLLM, USAGE } from './llm-server.ts'

type Row = Record<string, unknown>
const HOLD = { name: 'Tools', policy_type: 'require_approval', rules: { action_types: ['tool'] } } as const
const BLOCK = { name: 'Tools', policy_type: 'block_action_type', rules: { action_types: ['tool'] } } as const
const NOT_ALLOWED =
  'The call of the tool "send_mail" did not run: it is not allowed (Tools: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.'

let server: LocalServer
let listening: Awaited<ReturnType<LocalServer['listen']>>
let clients: DashClaw[]
const client = (options: Partial<DashClawOptions> = {}) => {
  const claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1', ...options })
  clients.push(claw)
  return claw
}
const start = async (options: Parameters<typeof createLocalServer>[0] = {}) => {
  server = createLocalServer(options)
  listening = await server.listen()
}
beforeEach(() => {
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.map((claw) => claw.close()))
  await listening.close()
  await server.close()
})

const rows = () => (server.snapshot()['actions'] ?? []) as Row[]
const tools = () => rows().filter((row) => row['action_type'] === 'tool')
const asked = (path: string) => server.requests.filter((request) => request.method === 'POST' && request.path === path)
async function reports() {
  await Promise.all(clients.map((claw) => claw.flush()))
  return asked('/api/tokens').map(({ body }) => body)
}
/** A message of the model, as the packages' types do not let it be written under `exactOptionalPropertyTypes`. */
const said = (fields: object) => new AIMessage(fields as ConstructorParameters<typeof AIMessage>[0])
async function all(stream: AsyncIterable<unknown>) {
  for await (const _chunk of stream);
}
const toolTexts = (messages: BaseMessage[]) => messages.filter((m) => m instanceof ToolMessage).map((m) => m.content)

/** A tool that remembers what it was run with. */
function mailer(work: (input: { to: string; body?: string | undefined }) => unknown = ({ to }) => `sent to ${to}`) {
  const runs: object[] = []
  const mail = tool(
    async (input) => {
      runs.push(input)
      return work(input)
    },
    {
      name: 'send_mail',
      description: 'Sends a mail',
      schema: z.object({ to: z.string(), body: z.string().optional() }),
    },
  )
  return { mail, runs }
}
const call = (id: string, args: Record<string, unknown> = { to: 'ann' }, name = 'send_mail') => ({ id, name, args })
/** A model that asks for calls, then says that it is done. */
const scripted = (...calls: ReturnType<typeof call>[]) =>
  fakeModel()
    .respond(
      said({
        content: '',
        tool_calls: calls,
        usage_metadata: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
        response_metadata: { model_name: 'scripted' },
      }),
    )
    .respond(said({ content: 'done', usage_metadata: { input_tokens: 20, output_tokens: 1, total_tokens: 21 } }))
const TOKENS = [
  { agent_id: 'agent-1', tokens_in: 11, tokens_out: 7, model: 'scripted' },
  { agent_id: 'agent-1', tokens_in: 20, tokens_out: 1 },
]
const ask = { messages: [{ role: 'user' as const, content: 'Mail Ann' }] }

describe('the middleware of createAgent', () => {
  const agent = (
    model: ReturnType<typeof fakeModel>,
    mail: ReturnType<typeof mailer>['mail'],
    options?: DashClawMiddlewareOptions,
  ) => createAgent({ model, tools: [mail], middleware: [dashclawMiddleware(clients[0] ?? client(), options)] })

  test('lets an allowed tool run as an action, with secrets masked and tokens counted', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 'ann', body: 'password: hunter22' }))
    const { messages } = await agent(model, mail).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    expect(rows()).toEqual([
      expect.objectContaining({
        action_type: 'tool',
        declared_goal: 'Use tool send_mail',
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        output_summary: 'sent to ann',
        status: 'completed',
        duration_ms: expect.any(Number),
      }),
    ])
    expect(await reports()).toEqual(TOKENS)
  })

  test('does not run a blocked tool, and tells the model with a message of status error', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const { messages } = await agent(model, mail).invoke(ask)
    expect(runs).toEqual([])
    const told = model.calls[1]!.messages.at(-1) as ToolMessage
    expect(told).toBeInstanceOf(ToolMessage)
    expect(told).toMatchObject({ content: NOT_ALLOWED, tool_call_id: 'c1', name: 'send_mail', status: 'error' })
    expect(JSON.parse(JSON.stringify(told)).kwargs.status).toBe('error')
    expect(messages.at(-1)!.content).toBe('done')
  })

  test('ends the run of a blocked tool where that is asked for', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const run = agent(scripted(call('c1')), mail, { onDeny: 'throw' }).invoke(ask)
    await expect(run).rejects.toMatchObject({ name: 'GuardBlockedError', cause: { name: 'GuardBlockedError' } })
    expect(runs).toEqual([])
  })

  test('runs a held tool only after a person approved it', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const person = client({ agentId: 'person' })
    const held: string[] = []
    clients.reverse()
    client()
    const { messages } = await createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [
        dashclawMiddleware(client(), {
          onPending({ action_id }) {
            held.push(action_id)
            expect(runs).toEqual([])
            void person.approveAction(action_id, { decision: 'allow' })
          },
        }),
      ],
    }).invoke(ask)
    expect(held).toHaveLength(1)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([{ action_id: held[0], status: 'completed' }])
  })

  test('does not run a denied tool, and tells the model why', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    await agent(model, mail, {
      onPending: ({ action_id }) => void server.deny(action_id, { reasoning: 'not to Ann' }),
    }).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not run: a person denied it \(.*not to Ann/)
  })

  test('runs nothing when the guard can not be reached', async () => {
    await start()
    const { mail, runs } = mailer()
    const away = { baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }
    const model = scripted(call('c1'))
    const enforced = dashclawMiddleware(client({ ...away, guardMode: 'enforce' }))
    await createAgent({ model, tools: [mail], middleware: [enforced] }).invoke(ask)
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not run: the guard .* could not be asked/)
    const bare = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(client(away))],
    })
    await expect(bare.invoke(ask)).rejects.toMatchObject({
      name: 'ConnectionError',
      cause: { name: 'ConnectionError' },
    })
    expect(runs).toEqual([])
  })

  test('keeps parallel calls apart: one is blocked, the others run', async () => {
    await start({
      policies: [{ name: 'Risk', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'block' } }],
    })
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 'ann' }), call('c2', { to: 'eve' }), call('c3', { to: 'bob' }))
    const { messages } = await agent(model, mail, {
      describe: ({ input }) => ({ risk_score: (input as { to: string }).to === 'eve' ? 90 : 10 }),
    }).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent to ann', expect.stringMatching(/not allowed \(Risk/), 'sent to bob'])
    expect(runs).toHaveLength(2)
  })

  test('records what a tool throws as its failure, and throws it on', async () => {
    await start()
    const { mail } = mailer(() => {
      throw new Error('smtp is down')
    })
    await expect(agent(scripted(call('c1')), mail).invoke(ask)).rejects.toThrow('smtp is down')
    expect(rows()).toMatchObject([{ status: 'failed', error_message: 'smtp is down' }])
  })

  test('goes with other middleware: the tries of a retry are one action, an error for the model is a failure', async () => {
    await start()
    let tries = 0
    const { mail } = mailer(() => {
      if (++tries < 3) throw new Error('smtp is down')
      return 'sent'
    })
    // Its own type does not fit `middleware` under `exactOptionalPropertyTypes`.
    const retry = toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 1 }) as AgentMiddleware
    const first = dashclawMiddleware(client())
    const { messages } = await createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [first, retry],
    }).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent'])
    expect(rows()).toMatchObject([{ status: 'completed' }])
    tries = -5
    const telling = createMiddleware({
      name: 'Telling',
      wrapToolCall: async (request, handler) => {
        try {
          return await handler(request)
        } catch (error) {
          return new ToolMessage({ content: `${error}`, tool_call_id: request.toolCall.id!, status: 'error' })
        }
      },
    })
    const told = createAgent({ model: scripted(call('c1')), tools: [mail], middleware: [first, telling] })
    const answer = await told.invoke(ask)
    expect(toolTexts(answer.messages)[0]).toContain('smtp is down')
    expect(rows()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ status: 'failed', error_message: expect.stringContaining('smtp') }),
      ]),
    )
  })

  test('leaves arguments that do not fit the schema to LangChain, and records that nothing came of them', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 17 }))
    await agent(model, mail).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not match expected schema/)
    expect(rows()).toMatchObject([{ status: 'failed', error_message: expect.stringContaining('schema') }])
  })

  test('refuses arguments that change after they were allowed', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const meddling = createMiddleware({
      name: 'Meddling',
      wrapToolCall: (request, handler) =>
        handler({ ...request, toolCall: { ...request.toolCall, args: { to: 'eve' } } }),
    })
    await createAgent({ model, tools: [mail], middleware: [dashclawMiddleware(client()), meddling] }).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/arguments are no longer those that were allowed/)
    expect(rows()).toMatchObject([{ status: 'failed' }])
  })

  test('ends the wait for a person when the run is aborted, and records the action as cancelled', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const abort = new AbortController()
    const run = agent(scripted(call('c1')), mail, { onPending: () => abort.abort() }).invoke(ask, {
      signal: abort.signal,
    })
    await expect(run).rejects.toThrow(/abort/i)
    await vi.waitFor(() => expect(rows()).toMatchObject([{ status: 'cancelled' }]))
    expect(runs).toEqual([])
  })

  test('makes the calls of an agent inside of a tool the children of that tool', async () => {
    await start()
    const claw = client()
    const { mail } = mailer()
    const inner = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(claw.forAgent('inner'))],
    })
    const delegate = tool(async () => (await inner.invoke(ask)).messages.at(-1)!.content as string, {
      name: 'delegate',
      description: 'Asks another agent',
      schema: z.object({}),
    })
    await createAgent({
      model: scripted(call('c1', {}, 'delegate')),
      tools: [delegate],
      middleware: [dashclawMiddleware(claw, { parent_action_id: 'act_root' })],
    }).invoke(ask)
    const [outer, child] = ['delegate', 'send_mail'].map((name) =>
      rows().find((row) => row['declared_goal'] === `Use tool ${name}`),
    )
    expect(outer).toMatchObject({ agent_id: 'agent-1', parent_action_id: 'act_root' })
    expect(child).toMatchObject({ agent_id: 'inner', parent_action_id: outer!['action_id'] })
    expect((await reports()).map((body) => (body as Row)['agent_id']).sort()).toEqual([
      'agent-1',
      'agent-1',
      'inner',
      'inner',
    ])
  })

  test('skips what it is told to skip', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    await agent(scripted(call('c1')), mail, { skip: ({ name }) => name === 'send_mail' }).invoke(ask)
    expect(runs).toHaveLength(1)
    expect(rows()).toEqual([])
  })

  test('of two agents with their own clients does not mix them up', async () => {
    await start()
    const names = ['red', 'blue', 'green']
    const done = names.map((agentId) => {
      const { mail } = mailer()
      const middleware = [dashclawMiddleware(client({ agentId }))]
      return createAgent({ model: scripted(call('c1', { to: agentId })), tools: [mail], middleware }).invoke(ask)
    })
    await Promise.all(done)
    expect(
      rows()
        .map((row) => [row['agent_id'], row['output_summary']])
        .sort(),
    ).toEqual(names.map((name) => [name, `sent to ${name}`]).sort())
    expect((await reports()).map((body) => (body as Row)['agent_id']).sort()).toEqual(
      names.flatMap((n) => [n, n]).sort(),
    )
  })
})

describe('a held call that interrupts the graph', () => {
  const config = { configurable: { thread_id: 'thread-1' } }
  const graph = (
    model: ReturnType<typeof fakeModel>,
    mail: ReturnType<typeof mailer>['mail'],
    checkpointer = new MemorySaver(),
    options: DashClawMiddlewareOptions = {},
    claw = client(),
  ) =>
    createAgent({
      model,
      tools: [mail],
      checkpointer,
      middleware: [dashclawMiddleware(claw, { interrupt: true, ...options })],
    })
  const interrupts = (answer: object) => (answer as { __interrupt__?: { value: Row }[] }).__interrupt__ ?? []

  test('stops the graph, runs once after the approval, and is asked for and recorded once', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const agent = graph(model, mail, undefined, {}, client({ guardMode: 'enforce', hitlMode: 'wait' }))
    const stopped = await agent.invoke(ask, config)
    const [action] = rows()
    expect(interrupts(stopped)).toMatchObject([
      { value: { type: 'dashclaw_approval', action_id: action!['action_id'], tool: 'send_mail', tool_call_id: 'c1' } },
    ])
    expect(action).toMatchObject({ status: 'pending_approval' })

    const early = await agent.invoke(new Command({ resume: { approved: true } }), config)
    expect(interrupts(early)).toHaveLength(1)
    expect(runs).toEqual([])

    server.approve(action!['action_id'] as string)
    const { messages } = await agent.invoke(new Command({ resume: true }), config)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([{ status: 'completed', output_summary: 'sent to ann' }])
    expect([asked('/api/actions').length, asked('/api/guard').length]).toEqual([1, 1])
    expect(await reports()).toHaveLength(2)
  })

  test.each(['2.0', '2.10'] as const)(
    'is resumed by another process that shares the checkpoints only (%s)',
    async (version) => {
      const held = { ...HOLD, rules: { action_types: ['tool', 'other'] } }
      await start({ version, policies: [held] })
      const checkpointer = new MemorySaver()
      const first = mailer()
      await graph(scripted(call('c1')), first.mail, checkpointer).invoke(ask, config)
      server.approve(rows()[0]!['action_id'] as string)
      const second = mailer()
      const model = fakeModel().respond(new AIMessage('done'))
      const { messages } = await graph(model, second.mail, checkpointer).invoke(new Command({ resume: true }), config)
      expect(messages.at(-1)!.content).toBe('done')
      expect([first.runs.length, second.runs.length]).toEqual([0, 1])
      expect(rows()).toMatchObject([{ status: 'completed' }])
      // A 2.0 server refuses the type of the first one.
      expect(asked('/api/actions')).toHaveLength(version === '2.0' ? 2 : 1)
    },
  )

  test('tells the model when it was denied', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const agent = graph(model, mail)
    await agent.invoke(ask, config)
    server.deny(rows()[0]!['action_id'] as string, { reasoning: 'not to Ann' })
    await agent.invoke(new Command({ resume: true }), config)
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/a person denied it \(.*not to Ann/)
    expect(runs).toEqual([])
  })

  test('holds parallel calls each for itself, and runs the others once', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const agent = graph(
      scripted(call('c1', { to: 'ann' }), call('c2', { to: 'bob' }), call('c3', { to: 'cleo' })),
      mail,
      undefined,
      {
        describe: ({ input }) => ((input as { to: string }).to === 'bob' ? { action_type: 'message' } : {}),
      },
    )
    const stopped = await agent.invoke(ask, config)
    expect(interrupts(stopped)).toHaveLength(2)
    expect(runs).toEqual([{ to: 'bob' }])
    for (const row of tools()) server.approve(row['action_id'] as string)
    const resume = Object.fromEntries(
      (stopped as unknown as { __interrupt__: { id: string }[] }).__interrupt__.map(({ id }) => [id, true]),
    )
    const { messages } = await agent.invoke(new Command({ resume }), config)
    expect(toolTexts(messages)).toEqual(['sent to ann', 'sent to bob', 'sent to cleo'])
    expect(runs).toHaveLength(3)
    expect(asked('/api/actions')).toHaveLength(3)
  })

  test('that is allowed at once does not stop', async () => {
    await start()
    const { mail, runs } = mailer()
    const { messages } = await graph(scripted(call('c1')), mail).invoke(ask, config)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
  })

  test('keeps calls with the same id and arguments in one thread apart', async () => {
    await start()
    const { mail, runs } = mailer()
    const checkpointer = new MemorySaver()
    await graph(scripted(call('c1')), mail, checkpointer).invoke(ask, config)
    await graph(scripted(call('c1')), mail, checkpointer).invoke(ask, config)
    expect(runs).toHaveLength(2)
    expect(rows()).toHaveLength(2)
  })

  test('without a thread is refused, and nothing runs', async () => {
    await start()
    const { mail, runs } = mailer()
    const bare = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(client(), { interrupt: true })],
    })
    await expect(bare.invoke(ask)).rejects.toMatchObject({ cause: { name: 'InputError', message: /thread_id/ } })
    expect(runs).toEqual([])
  })

  test.each([
    ['waited for', false],
    ['held by an interrupt', true],
  ])('of a tool that interrupts the graph itself stays one action when it is %s', async (_how, held) => {
    await start({ policies: held ? [HOLD] : [] })
    const seen: unknown[] = []
    const { mail, runs } = mailer(() => {
      const answer = interrupt('Which account?')
      seen.push(answer)
      return `sent with ${answer}`
    })
    const agent = graph(scripted(call('c1')), mail, undefined, { interrupt: held })
    let answer = await agent.invoke(ask, config)
    if (held) {
      server.approve(rows()[0]!['action_id'] as string)
      answer = await agent.invoke(new Command({ resume: 'go' }), config)
    }
    expect(interrupts(answer)).toMatchObject([{ value: 'Which account?' }])
    expect(rows()).toMatchObject([{ status: 'running' }])
    const { messages } = await agent.invoke(new Command({ resume: 'work' }), config)
    expect(seen).toEqual(['work'])
    expect(runs).toHaveLength(2)
    expect(toolTexts(messages)).toEqual(['sent with work'])
    expect(rows()).toMatchObject([{ status: 'completed' }])
    expect(asked('/api/actions')).toHaveLength(1)
  })
})

describe('the callback handler', () => {
  const wait = (options: object) => new DashClawCallbackHandler(client(), options)
  let warn: ReturnType<typeof vi.spyOn>
  beforeEach(() => {
    warn = vi.spyOn(console, 'error').mockImplementation(() => {})
  })
  afterEach(() => warn.mockRestore())

  test('records a tool that is allowed', async () => {
    await start()
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    await expect(mail.invoke({ to: 'ann', body: 'password: hunter22' }, { callbacks })).resolves.toBe('sent to ann')
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([
      {
        action_type: 'tool',
        declared_goal: 'Use tool send_mail',
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        output_summary: 'sent to ann',
        status: 'completed',
      },
    ])
  })

  test('stops a blocked tool, also in an agent, whose model reads why', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    const refused = { name: 'GuardBlockedError', decision: 'block', message: NOT_ALLOWED }
    await expect(mail.invoke({ to: 'ann' }, { callbacks })).rejects.toMatchObject(refused)
    const model = scripted(call('c1'))
    await createAgent({ model, tools: [mail] }).invoke(ask, { callbacks })
    expect(model.calls[1]!.messages.at(-1)!.content).toContain(NOT_ALLOWED)
    expect(runs).toEqual([])
  })

  test("stops a blocked tool in a graph of one's own as well", async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('tools', new ToolNode([mail]))
      .addEdge(START, 'tools')
      .compile()
    const messages = [said({ content: '', tool_calls: [call('c1'), call('c2', { to: 'bob' })] })]
    const answer = await graph.invoke({ messages }, { callbacks: [new DashClawCallbackHandler(client())] })
    expect(toolTexts(answer.messages)).toEqual([
      expect.stringContaining(NOT_ALLOWED),
      expect.stringContaining(NOT_ALLOWED),
    ])
    expect(runs).toEqual([])
  })

  test('waits for a person', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const pending = vi.fn(({ action_id }: { action_id: string }) => {
      expect(runs).toEqual([])
      server.approve(action_id)
    })
    await mail.invoke({ to: 'ann' }, { callbacks: [wait({ onPending: pending })] })
    expect(pending).toHaveBeenCalledTimes(1)
    expect(runs).toHaveLength(1)
    const denied = wait({ onPending: ({ action_id }: { action_id: string }) => void server.deny(action_id) })
    await expect(mail.invoke({ to: 'ann' }, { callbacks: [denied] })).rejects.toThrow(/did not run: a person denied it/)
    const abort = new AbortController()
    const left = wait({ signal: abort.signal, onPending: () => abort.abort() })
    await expect(mail.invoke({ to: 'ann' }, { callbacks: [left] })).rejects.toThrow(/abort/i)
    expect(runs).toHaveLength(1)
    await vi.waitFor(() =>
      expect(
        rows()
          .map((row) => row['status'])
          .sort(),
      ).toEqual(['cancelled', 'completed', 'failed']),
    )
  })

  test('runs nothing when the guard can not be reached', async () => {
    await start()
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }))]
    await expect(mail.invoke({ to: 'ann' }, { callbacks })).rejects.toMatchObject({ name: 'ConnectionError' })
    await expect(scripted().invoke('Hi', { callbacks })).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(runs).toEqual([])
  })

  test('records calls of models, and stops those that are blocked', async () => {
    await start({ policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['planning'] } }] })
    const model = fakeModel().respond(new AIMessage('Hello'))
    const callbacks = [new DashClawCallbackHandler(client())]
    await expect(model.invoke('Hi', { callbacks })).rejects.toMatchObject({ name: 'GuardBlockedError' })
    expect(model.calls).toEqual([])
    const [policy] = (await clients[0]!.listPolicies()).policies
    await clients[0]!.updatePolicy(policy!.id, { active: 0 })
    await model.invoke('My password: hunter22', { callbacks })
    expect(rows()).toMatchObject([
      { action_type: 'planning', status: 'blocked' },
      {
        action_type: 'planning',
        risk_score: 10,
        input_summary: 'My password: [REDACTED]',
        output_summary: 'Hello',
        status: 'completed',
      },
    ])
  })

  test('works on servers that know few types of actions', async () => {
    await start({ version: '2.0' })
    const { mail } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    await createAgent({ model: scripted(call('c1')), tools: [mail] }).invoke(ask, { callbacks })
    expect(rows().map((row) => [row['action_type'], row['status']])).toEqual(
      Array.from({ length: 3 }, () => ['other', 'completed']),
    )
  })

  test('makes what runs inside of a tool its children, through chains', async () => {
    await start()
    const { mail } = mailer()
    const outer = tool(
      async (_input, config) => RunnableLambda.from(() => mail.invoke({ to: 'ann' })).invoke('x', config),
      {
        name: 'outer',
        description: 'Calls another tool',
        schema: z.object({}),
      },
    )
    const callbacks = [new DashClawCallbackHandler(client(), { parent_action_id: 'act_root' })]
    await RunnableLambda.from(() => outer.invoke({})).invoke('x', { callbacks })
    const named = (name: string) => rows().find((row) => row['declared_goal'] === `Use tool ${name}`)
    expect(named('outer')).toMatchObject({ parent_action_id: 'act_root', status: 'completed' })
    expect(named('send_mail')).toMatchObject({ parent_action_id: named('outer')!['action_id'], status: 'completed' })
  })

  test('finds the tool of the middleware around a call before tools further out', async () => {
    await start()
    const claw = client()
    const { mail } = mailer()
    const wrap = (name: string, work: () => Promise<unknown>) =>
      tool(async () => `${await work()}`, { name, description: 'Works', schema: z.object({}) })
    const delegate = wrap('delegate', () => mail.invoke({ to: 'ann' }))
    const model = scripted(call('c1', {}, 'delegate'))
    const agent = createAgent({ model, tools: [delegate], middleware: [dashclawMiddleware(claw)] })
    const outer = wrap('outer', () => agent.invoke(ask))
    await outer.invoke({}, { callbacks: [new DashClawCallbackHandler(claw, { recordModels: false })] })
    const named = (name: string) => rows().find((row) => row['declared_goal'] === `Use tool ${name}`)
    expect(rows()).toHaveLength(3)
    expect(named('send_mail')).toMatchObject({ parent_action_id: named('delegate')!['action_id'] })
  })

  test('that observes lets all run at once, and records what it can', async () => {
    await start({
      policies: [{ name: 'Mail', policy_type: 'block_action_type', rules: { action_types: ['message'] } }],
    })
    const { mail, runs } = mailer()
    const logger = { warn: vi.fn() }
    const claw = client({ logger })
    const observe = new DashClawCallbackHandler(claw, { mode: 'observe' })
    await mail.invoke({ to: 'ann' }, { callbacks: [observe] })
    const blocked = new DashClawCallbackHandler(claw, { mode: 'observe', action_type: 'message' })
    await mail.invoke({ to: 'bob' }, { callbacks: [blocked] })
    expect(runs).toHaveLength(2)
    await claw.flush()
    expect(rows()).toMatchObject([
      { input_summary: '{"to":"ann"}', status: 'completed', output_summary: 'sent to ann' },
      { input_summary: '{"to":"bob"}', status: 'blocked' },
    ])
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(String(logger.warn.mock.calls[0]![0])).toContain('record of send_mail')
  })

  test('that observes is not held up by a server that is away', async () => {
    await start()
    const { mail, runs } = mailer()
    server.failNext({ path: '/api/actions', delay: 5_000 })
    const claw = client({ logger: { warn: () => {} }, timeout: 300, maxRetries: 0 })
    const began = performance.now()
    await mail.invoke({ to: 'ann' }, { callbacks: [new DashClawCallbackHandler(claw, { mode: 'observe' })] })
    expect(performance.now() - began).toBeLessThan(250)
    expect(runs).toHaveLength(1)
  })
})

describe('tokens', () => {
  let llm: Awaited<ReturnType<typeof startLLM>>
  beforeEach(async () => {
    llm = await startLLM()
    await start()
  })
  afterEach(() => llm.close())
  const chat = (options: Partial<WireOptions> = {}) => new WireModel({ url: llm.url, maxRetries: 0, ...options })
  const streamer = { name: 'streamer', lc_prefer_streaming: true, awaitHandlers: true, copy: () => streamer } as never
  const used = { tokens_in: USAGE.chat.prompt_tokens, tokens_out: USAGE.chat.completion_tokens }
  const counting = () => [new DashClawCallbackHandler(client(), { recordModels: false })]

  test.each<[string, (model: WireModel, callbacks: DashClawCallbackHandler[]) => Promise<unknown>]>([
    ['invoke', (model, callbacks) => model.invoke('Hi', { callbacks })],
    ['stream', async (model, callbacks) => all(await model.stream('Hi', { callbacks }))],
    ['several answers', (_model, callbacks) => chat({ n: 2 }).invoke('Hi', { callbacks })],
    ['a streaming model', (model, callbacks) => model.invoke('Hi', { callbacks: [...callbacks, streamer] })],
  ])('of %s are those of the wire, counted once', async (_style, run) => {
    await run(chat(), counting())
    expect(await reports()).toEqual([{ agent_id: 'agent-1', ...used, model: 'm-2026' }])
  })

  test('of a stream that is left or aborted are none, and a later call counts as ever', async () => {
    const callbacks = counting()
    for await (const _chunk of await chat().stream('Hi', { callbacks })) break
    const abort = new AbortController()
    const hung = all(await chat({ model: 'hangs' }).stream('Hi', { callbacks, signal: abort.signal }))
    abort.abort()
    await expect(hung).rejects.toThrow(/abort/i)
    expect(await reports()).toEqual([])
    await chat().invoke('Hi', { callbacks })
    expect(await reports()).toHaveLength(1)
  })

  test('of a batch are counted for each request', async () => {
    await chat().batch(['Hi', 'Ho', 'Hu'], { callbacks: counting() })
    expect(await reports()).toHaveLength(3)
  })

  test('of answers from a cache are not counted', async () => {
    const model = chat({ cache: new InMemoryCache() })
    const callbacks = counting()
    await model.invoke('Hi', { callbacks })
    await model.invoke('Hi', { callbacks })
    expect(llm.requests).toHaveLength(1)
    expect(await reports()).toHaveLength(1)
  })

  const add = tool(({ a }) => `${a}`, { name: 'add', description: 'Adds', schema: z.object({ a: z.number() }) })
  test.each([
    ['the middleware', true, false],
    ['the handler', false, true],
    ['the handler and the middleware of one client', true, true],
  ])('of an agent are counted once by %s, streamed or not', async (_by, middleware, handler) => {
    const claw = client()
    const agent = createAgent({ model: chat(), tools: [add], middleware: middleware ? [dashclawMiddleware(claw)] : [] })
    const callbacks = handler ? [new DashClawCallbackHandler(claw)] : []
    await agent.invoke(ask, { callbacks })
    await all(await agent.stream(ask, { callbacks, streamMode: 'messages' }))
    expect(llm.requests).toHaveLength(4)
    expect(await reports()).toEqual(
      Array.from({ length: 4 }, () => ({ agent_id: 'agent-1', ...used, model: 'm-2026' })),
    )
    // Each tool is one action as well, whoever asks first.
    expect(tools()).toHaveLength(2)
    expect(tools()).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
  })

  test('of a model that is refused are none, and the action fails', async () => {
    const callbacks = [new DashClawCallbackHandler(client())]
    await expect(chat({ model: 'bad' }).invoke('Hi', { callbacks })).rejects.toThrow(/No such model/)
    expect(await reports()).toEqual([])
    expect(rows()).toMatchObject([{ action_type: 'planning', declared_goal: 'Call model bad', status: 'failed' }])
  })
})
