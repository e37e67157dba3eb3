import { setTimeout as delay } from 'node:timers/promises'
import {
  generateText,
  type LanguageModelMiddleware,
  type ModelMessage,
  stepCountIs,
  streamText,
  type Telemetry,
  ToolLoopAgent,
  tool,
  wrapLanguageModel,
} from 'ai'
import { MockLanguageModelV3, MockLanguageModelV4, simulateReadableStream } from 'ai/test'
import { DashClaw, type DashClawOptions } from 'dashclaw'
import { governTools, telemetry, toolApproval, usageMiddleware } from 'dashclaw/ai-sdk'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { resume, type Ticket } from 'dashclaw/tools'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** An embedded server over HTTP, and clients of it. */
async function setup(policies: NonNullable<Parameters<typeof createLocalServer>[0]>['policies'] = []) {
  const server = createLocalServer({ policies })
  const listening = await server.listen()
  opened.push(() => listening.close())
  const client = (agentId = 'agent-1', options: DashClawOptions = {}) => {
    const claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId, ...options })
    opened.push(() => claw.close())
    return claw
  }
  return { server, client, claw: client(), url: listening.url }
}

type Row = Record<string, unknown>
const rows = (server: LocalServer) => (server.snapshot()['actions'] ?? []) as Row[]
/** The reports; the server adds a row for the whole organization to each. */
const reports = (server: LocalServer) =>
  ((server.snapshot()['token_reports'] ?? []) as Row[])
    .filter(({ agent_id }) => agent_id !== null)
    .map(({ agent_id, tokens_in, tokens_out, model }) => ({ agent_id, tokens_in, tokens_out, model }))
const HOLD = { name: 'Mail', policy_type: 'require_approval', rules: { action_types: ['tool'] } } as const
const BLOCK = { name: 'Mail', policy_type: 'block_action_type', rules: { action_types: ['tool'] } } as const

/** A mail tool that remembers what it was run with. */
function mailer() {
  const runs: unknown[] = []
  const send = tool({
    description: 'Sends a mail',
    inputSchema: z.object({ to: z.string(), body: z.string().optional() }),
    execute: async ({ to, body }) => {
      runs.push({ to, body })
      return `sent to ${to}`
    },
  })
  return { runs, tools: { send } }
}

const USAGE = {
  inputTokens: { total: 11, noCache: 7, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
}
type Generated = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>
type Content = Generated['content'][number]
const call = (to: string, id = 'call-1', toolName = 'send', more: object = {}): Content => ({
  type: 'tool-call',
  toolCallId: id,
  toolName,
  input: JSON.stringify({ to, ...more }),
})
const DONE: Content[] = [{ type: 'text', text: 'done' }]

/** A model that says what its script says, in one piece and as a stream, and keeps what it was asked. */
function scripted(...script: Content[][]) {
  let turn = 0
  const next = () => script[Math.min(turn++, script.length - 1)]!
  const reason = (content: Content[]) => {
    const unified = content.some(({ type }) => type === 'tool-call') ? ('tool-calls' as const) : ('stop' as const)
    return { unified, raw: unified }
  }
  const response = { modelId: 'm-2026' }
  return new MockLanguageModelV4({
    modelId: 'm',
    doGenerate: async () => {
      const content = next()
      return { content, finishReason: reason(content), usage: USAGE, warnings: [], response }
    },
    doStream: async () => {
      const content = next()
      const parts = content.flatMap((part): Chunk[] => {
        if (part.type === 'tool-call') return [part]
        const { text } = part as { text: string }
        return [
          { type: 'text-start', id: 't' },
          { type: 'text-delta', id: 't', delta: text },
          { type: 'text-end', id: 't' },
        ]
      })
      return {
        stream: simulateReadableStream<Chunk>({
          chunks: [
            { type: 'stream-start', warnings: [] },
            { type: 'response-metadata', ...response },
            ...parts,
            { type: 'finish', usage: USAGE, finishReason: reason(content) },
          ],
        }),
      }
    },
  })
}
type Chunk = Awaited<ReturnType<MockLanguageModelV4['doStream']>>['stream'] extends ReadableStream<infer C> ? C : never

/** What the model was told about its calls, at its last turn. */
const told = (model: MockLanguageModelV4) => {
  const { prompt } = [...model.doGenerateCalls, ...model.doStreamCalls].at(-1)!
  return prompt.flatMap(({ role, content }) =>
    role === 'tool' ? content.flatMap((part) => (part.type === 'tool-result' ? [part.output] : [])) : [],
  )
}
const stopWhen = stepCountIs(5)
const prompt = 'Mail Ann'

type Place = [
  string,
  (claw: DashClaw, tools: ReturnType<typeof mailer>['tools'], options: Options) => Parameters<typeof generateText>[0],
]
type Options = Parameters<typeof governTools>[2]
const model = scripted()
/** The three places that can stop a tool, and all of them at once. */
const PLACES: Place[] = [
  ['governTools', (claw, tools, options) => ({ model, prompt, tools: governTools(claw, tools, options) })],
  [
    'toolApproval with governTools',
    (claw, tools, options) => ({
      model,
      prompt,
      tools: governTools(claw, tools, options),
      toolApproval: toolApproval(claw, options),
    }),
  ],
  [
    'telemetry',
    (claw, tools, options) => ({
      model,
      prompt,
      tools,
      telemetry: { integrations: [telemetry(claw, { usage: false, ...options })] },
    }),
  ],
  [
    'toolApproval with telemetry',
    (claw, tools, options) => ({
      model,
      prompt,
      tools,
      toolApproval: toolApproval(claw, options),
      telemetry: { integrations: [telemetry(claw, { usage: false, ...options })] },
    }),
  ],
  [
    'all together',
    (claw, tools, options) => ({
      model,
      prompt,
      tools: governTools(claw, governTools(claw, tools, options), options),
      toolApproval: toolApproval(claw, options),
      telemetry: { integrations: telemetry(claw, { usage: false, ...options }) },
    }),
  ],
]
type Run = [string, (settings: Parameters<typeof generateText>[0]) => PromiseLike<string>]
const RUNS: Run[] = [
  ['generateText', async (settings) => (await generateText({ ...settings, stopWhen })).text],
  ['streamText', (settings) => streamText({ ...(settings as Parameters<typeof streamText>[0]), stopWhen }).text],
  [
    'ToolLoopAgent',
    async ({ prompt: _, ...settings }) =>
      (await new ToolLoopAgent({ ...(settings as { model: typeof model }), stopWhen }).generate({ prompt })).text,
  ],
]
const CASES = PLACES.flatMap(([place, make]) => RUNS.map(([name, run]) => ({ place, name, make, run })))

describe.each(CASES)('$place in $name', ({ make, run }) => {
  test('lets an allowed call run once, asked for once and recorded once', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const model = scripted([call('ann', 'call-1', 'send', { body: 'password: hunter22' })], DONE)
    expect(await run({ ...make(claw, tools, { risk_score: 12 }), model } as never)).toBe('done')
    expect(runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    expect(told(model)).toEqual([{ type: 'text', value: 'sent to ann' }])
    expect(rows(server)).toEqual([
      expect.objectContaining({
        action_type: 'tool',
        declared_goal: 'Use tool send',
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:send sha256:[0-9a-f]{64}$/),
        risk_score: 12,
        status: 'completed',
        output_summary: 'sent to ann',
        duration_ms: expect.any(Number),
      }),
    ])
    expect(server.requests.filter(({ path }) => path === '/api/guard').length).toBeLessThan(2)
  })
  test('stops a blocked call, and tells the model', async () => {
    const { server, claw } = await setup([BLOCK])
    const { runs, tools } = mailer()
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, {}), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain(
      'The call of the tool \\"send\\" did not run: it is not allowed (Mail: Action type \\"tool\\" is blocked by policy). Do not repeat',
    )
    expect(rows(server).filter(({ status }) => status === 'completed')).toEqual([])
  })
  test('holds a call until another client approves it', async () => {
    const { server, claw, client } = await setup([HOLD])
    const { runs, tools } = mailer()
    const operator = client('operator')
    const onPending = vi.fn(async ({ action_id }: { action_id: string }) => {
      await delay(20)
      expect(runs).toEqual([])
      await operator.approveAction(action_id, { decision: 'allow' })
    })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, { onPending: (action) => void onPending(action) }), model } as never)).toBe(
      'done',
    )
    expect(onPending).toHaveBeenCalledTimes(1)
    expect(runs.length).toBe(1)
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
  })
  test('tells the model why a person said no, and does not run', async () => {
    const { server, claw } = await setup([HOLD])
    const { runs, tools } = mailer()
    const onPending = ({ action_id }: { action_id: string }) => void server.deny(action_id, { reasoning: 'not to Ann' })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, { onPending }), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain('a person denied it (not to Ann)')
  })
  test('runs nothing while the guard cannot be reached', async () => {
    const { client } = await setup()
    const { runs, tools } = mailer()
    const claw = client('agent-1', { baseUrl: 'http://127.0.0.1:9', guardMode: 'enforce', maxRetries: 0 })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, {}), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain('the guard that has to allow it could not be asked')
  })
  test('keeps the calls of one step apart, also with the same arguments', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const model = scripted([call('ann', 'a'), call('bob', 'b'), call('bob', 'c')], DONE)
    await run({ ...make(claw, tools, {}), model } as never)
    expect(runs.length).toBe(3)
    expect(
      rows(server)
        .map(({ input_summary, output_summary }) => [input_summary, output_summary])
        .sort(),
    ).toEqual([
      ['{"to":"ann"}', 'sent to ann'],
      ['{"to":"bob"}', 'sent to bob'],
      ['{"to":"bob"}', 'sent to bob'],
    ])
  })
  test('records the failure of a tool, which the model sees as before', async () => {
    const { server, claw } = await setup()
    const send = tool({
      inputSchema: z.object({ to: z.string() }),
      execute: async (): Promise<string> => Promise.reject(new Error('smtp is down')),
    })
    const model = scripted([call('ann')], DONE)
    await run({ ...make(claw, { send } as never, {}), model } as never)
    expect(told(model)).toEqual([{ type: 'error-text', value: expect.stringMatching(/^(Error: )?smtp is down$/) }])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'failed', error_message: 'smtp is down' })])
  })
  test('leaves out what skip names, and gives the parent to the rest', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const { action } = await claw.createAction({ action_type: 'research', declared_goal: 'Whole run' })
    const model = scripted([call('ann', 'a'), call('bob', 'b')], DONE)
    const options: Options = {
      parent_action_id: action.action_id,
      skip: ({ input }) => (input as { to: string }).to === 'ann',
    }
    await run({ ...make(claw, tools, options), model } as never)
    expect(runs.length).toBe(2)
    expect(rows(server).slice(1)).toEqual([
      expect.objectContaining({ parent_action_id: action.action_id, input_summary: '{"to":"bob"}' }),
    ])
  })
  test('does not mix two agents that make the same call', async () => {
    const { server, client } = await setup()
    const { runs, tools } = mailer()
    await Promise.all(
      ['one', 'two'].map((agent) =>
        run({ ...make(client(agent), tools, {}), model: scripted([call('ann')], DONE) } as never),
      ),
    )
    expect(runs.length).toBe(2)
    expect(
      rows(server)
        .map(({ agent_id, status }) => `${agent_id} ${status}`)
        .sort(),
    ).toEqual(['one completed', 'two completed'])
  })
})

describe('toolApproval', () => {
  /** A generation that ends with a request for an approval, as the app sees it. */
  async function held(more: Parameters<typeof toolApproval>[1] = {}) {
    const world = await setup([HOLD])
    const { runs, tools } = mailer()
    const database = new Map<string, string>()
    const tickets = {
      get: async (id: string): Promise<Ticket | null> => JSON.parse(database.get(id) ?? 'null'),
      set: (id: string, ticket: Ticket) => void database.set(id, JSON.stringify(ticket)),
    }
    const options = { wait: false, tickets, resume, ...more }
    const first = await generateText({
      model: scripted([call('ann')], DONE),
      messages: [{ role: 'user', content: prompt }],
      tools: governTools(world.claw, tools),
      toolApproval: toolApproval(world.claw, options),
    })
    const request = first.content.find((part) => part.type === 'tool-approval-request')!
    const history = (approved: boolean): ModelMessage[] => [
      { role: 'user', content: prompt },
      ...first.response.messages,
      {
        role: 'tool',
        content: [{ type: 'tool-approval-response', approvalId: request.approvalId, approved }],
      },
    ]
    /** The app comes back with the answer of its user, to another process. */
    async function back(messages = history(true), streamed = false) {
      const claw = world.client()
      const model = scripted(DONE)
      const settings = {
        model,
        messages,
        tools: governTools(claw, tools),
        toolApproval: toolApproval(claw, options),
      }
      if (streamed) await streamText(settings).text
      else await generateText(settings)
      return JSON.stringify(told(model))
    }
    const action_id = () => rows(world.server)[0]!['action_id'] as string
    return { ...world, runs, request, history, back, database, action_id, finishReason: first.finishReason }
  }

  test('ends the generation with a request where nobody waits, and nothing has run', async () => {
    const { runs, request, server, database, action_id } = await held()
    expect(request).toMatchObject({ toolCall: { toolCallId: 'call-1' }, reason: 'It needs an approval.' })
    expect(runs).toEqual([])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'pending_approval' })])
    expect(JSON.parse(database.get('call-1')!)).toMatchObject({ action_id: action_id(), tool: 'send' })
  })
  test.each([false, true])('runs once the action is approved too, and never again (streamed: %s)', async (streamed) => {
    const { runs, back, history, server, client, action_id } = await held()
    await client('operator').approveAction(action_id(), { decision: 'allow' })
    expect(await back(history(true), streamed)).toContain('sent to ann')
    expect(runs).toEqual([{ to: 'ann' }])
    expect(await back(history(true), streamed)).toContain('did not run: it is not allowed (action act_')
    expect(runs.length).toBe(1)
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
  })
  test('does not run when the app says yes and the action still waits', async () => {
    const { runs, back, server } = await held()
    expect(await back()).toContain('it waits for the approval of a person')
    expect(runs).toEqual([])
    expect(rows(server).length).toBe(1)
  })
  test('does not run when the app says yes and the action was denied', async () => {
    const { runs, back, server, action_id } = await held()
    server.deny(action_id(), { reasoning: 'not to Ann' })
    expect(await back()).toContain('a person denied it (not to Ann)')
    expect(runs).toEqual([])
  })
  test('does not run when its ticket is lost: it is held again', async () => {
    const { runs, back, database, server } = await held()
    database.clear()
    expect(await back()).toContain('it waits for the approval of a person')
    expect(runs).toEqual([])
    expect(rows(server).length).toBe(2)
  })
  test('does not run other arguments than the approved ones', async () => {
    const { runs, back, history, client, action_id } = await held()
    await client('operator').approveAction(action_id(), { decision: 'allow' })
    const forged = JSON.parse(JSON.stringify(history(true)).replaceAll('"ann"', '"eve"')) as ModelMessage[]
    expect(JSON.stringify(forged)).toContain('"eve"')
    expect(await back(forged)).toContain('the arguments are no longer those that were allowed')
    expect(runs).toEqual([])
  })
  test('is not asked when the user of the app says no', async () => {
    const { runs, back, history } = await held()
    expect(await back(history(false))).toContain('execution-denied')
    expect(runs).toEqual([])
  })
  test('ends the action at once where nothing sees the run', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    await generateText({
      model: scripted([call('ann')], DONE),
      prompt,
      tools,
      stopWhen,
      toolApproval: toolApproval(claw),
    })
    expect(runs.length).toBe(1)
    expect(rows(server)).toEqual([
      expect.objectContaining({ status: 'completed', output_summary: 'Allowed. Its run was not seen.' }),
    ])
  })
  test('stops also a tool that runs in the browser', async () => {
    const { claw } = await setup([BLOCK])
    const tools = { ask: tool({ inputSchema: z.object({ to: z.string() }), outputSchema: z.string() }) }
    const model = scripted([call('ann', 'call-1', 'ask')], DONE)
    const { text } = await generateText({ model, prompt, tools, stopWhen, toolApproval: toolApproval(claw) })
    expect(text).toBe('done')
    expect(JSON.stringify(told(model))).toContain('it is not allowed')
  })
  test('stops waiting when the signal it was given ends, and the generation fails', async () => {
    const { server, claw } = await setup([HOLD])
    const { runs, tools } = mailer()
    const controller = new AbortController()
    const { signal } = controller
    const onPending = () => void setTimeout(() => controller.abort(), 20)
    await expect(
      generateText({
        model: scripted([call('ann')], DONE),
        prompt,
        tools,
        stopWhen,
        abortSignal: signal,
        toolApproval: toolApproval(claw, { signal, onPending }),
      }),
    ).rejects.toMatchObject({ name: 'AbortError' })
    expect(runs).toEqual([])
    await vi.waitFor(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
  })
})

describe('governTools', () => {
  test('stops waiting when the generation is aborted, and does not run', async () => {
    const { server, claw } = await setup([HOLD])
    const { runs, tools } = mailer()
    const controller = new AbortController()
    const run = generateText({
      model: scripted([call('ann')], DONE),
      prompt,
      stopWhen,
      abortSignal: controller.signal,
      tools: governTools(claw, tools, { onPending: () => void setTimeout(() => controller.abort(), 20) }),
    })
    await expect(run).rejects.toMatchObject({ name: 'AbortError' })
    expect(runs).toEqual([])
    await vi.waitFor(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
  })
  test.each([
    ['async function*', [] as string[]],
    ['function that returns an iterable', ['send']],
  ])('passes on what a streaming tool gives: %s', async (kind, streaming) => {
    const { server, claw } = await setup()
    async function* parts() {
      yield 'sending'
      yield 'sent'
    }
    const execute = kind === 'async function*' ? parts : () => parts()
    const tools = { send: tool({ inputSchema: z.object({ to: z.string() }), execute }) }
    const { stream } = streamText({
      model: scripted([call('ann')], DONE),
      prompt,
      stopWhen,
      tools: governTools(claw, tools, { streaming }),
    })
    const seen: unknown[] = []
    for await (const part of stream) if (part.type === 'tool-result') seen.push([part.output, part.preliminary])
    expect(seen).toEqual([
      ['sending', true],
      ['sent', true],
      ['sent', undefined],
    ])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent' })])
  })
  test('gives the last value of a streaming tool that it was not told of', async () => {
    const { server, claw } = await setup()
    const execute = () => simulateReadableStream({ chunks: ['sending', 'sent'] })
    const tools = { send: tool({ inputSchema: z.object({ to: z.string() }), execute }) }
    const model = scripted([call('ann')], DONE)
    await generateText({ model, prompt, stopWhen, tools: governTools(claw, tools) })
    expect(told(model)).toEqual([{ type: 'text', value: 'sent' }])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent' })])
  })
  test('does not start a streaming tool that is blocked', async () => {
    const { claw } = await setup([BLOCK])
    const started = vi.fn()
    async function* execute() {
      started()
      yield 'sending'
    }
    const tools = { send: tool({ inputSchema: z.object({ to: z.string() }), execute }) }
    const model = scripted([call('ann')], DONE)
    await streamText({ model, prompt, stopWhen, tools: governTools(claw, tools) }).text
    expect(started).not.toHaveBeenCalled()
    expect(JSON.stringify(told(model))).toContain('it is not allowed')
  })
  test('gives a ticket where nobody waits, as the cause of the error', async () => {
    const { server, claw } = await setup([HOLD])
    const { runs, tools } = mailer()
    const { steps } = await generateText({
      model: scripted([call('ann')], DONE),
      prompt,
      stopWhen,
      tools: governTools(claw, tools, { wait: false }),
    })
    const failed = steps[0]!.content.find((part) => part.type === 'tool-error')!
    const { ticket } = (failed.error as Error).cause as { ticket: Ticket<{ to: string }> }
    expect(runs).toEqual([])
    server.approve(ticket.action_id)
    expect(await resume(claw, ticket, ({ to }) => `sent to ${to}`)).toBe('sent to ann')
  })
})

describe('telemetry', () => {
  test('keeps to recordInputs and recordOutputs', async () => {
    const { server, claw } = await setup()
    const { tools } = mailer()
    await generateText({
      model: scripted([call('ann')], DONE),
      prompt,
      stopWhen,
      tools,
      telemetry: { integrations: [telemetry(claw)], recordInputs: false, recordOutputs: false },
    })
    expect(JSON.stringify(server.snapshot())).not.toContain('ann')
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed' })])
  })
})

describe('token counts', () => {
  const ONE = { agent_id: 'agent-1', tokens_in: 11, tokens_out: 7, model: 'm-2026' }
  const counted = (claw: DashClaw, model: MockLanguageModelV4 | MockLanguageModelV3) =>
    wrapLanguageModel({ model, middleware: usageMiddleware(claw) satisfies LanguageModelMiddleware })

  test('are the numbers of the provider, one report for each call of the model, streamed or not', async () => {
    const { server, claw } = await setup()
    const { tools } = mailer()
    await generateText({ model: counted(claw, scripted([call('ann')], DONE)), prompt, stopWhen, tools })
    await streamText({ model: counted(claw, scripted([call('ann')], DONE)), prompt, stopWhen, tools }).text
    await claw.flush()
    expect(reports(server)).toEqual([ONE, ONE, ONE, ONE])
  })
  test('come from telemetry too, once', async () => {
    const { server, claw } = await setup()
    const { tools } = mailer()
    const integrations: Telemetry = telemetry(claw)
    const settings = { prompt, stopWhen, tools, telemetry: { integrations } }
    await generateText({ ...settings, model: scripted([call('ann')], DONE) })
    await streamText({ ...settings, model: scripted([call('ann')], DONE) }).text
    await claw.flush()
    expect(reports(server)).toEqual([ONE, ONE, ONE, ONE])
  })
  test('count once where the middleware counts and telemetry is told not to', async () => {
    const { server, claw } = await setup()
    await generateText({
      model: counted(claw, scripted(DONE)),
      prompt,
      telemetry: { integrations: [telemetry(claw, { usage: false })] },
    })
    await claw.flush()
    expect(reports(server)).toEqual([ONE])
  })
  test('go to the agent of the client, or to the one that is named', async () => {
    const { server, client } = await setup()
    const claws = [client('one'), client('two')] as const
    await Promise.all(claws.map((claw) => generateText({ model: counted(claw, scripted(DONE)), prompt })))
    const middleware = usageMiddleware(claws[0], { agent_id: 'three' })
    await generateText({ model: wrapLanguageModel({ model: scripted(DONE), middleware }), prompt })
    for (const claw of claws) await claw.flush()
    expect(
      reports(server)
        .map(({ agent_id }) => agent_id)
        .sort(),
    ).toEqual(['one', 'three', 'two'])
  })
  test('come from models of the older provider interface', async () => {
    const { server, claw } = await setup()
    const model = new MockLanguageModelV3({
      modelId: 'm3',
      doGenerate: {
        content: [{ type: 'text', text: 'done' }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: USAGE,
        warnings: [],
      },
    })
    await generateText({ model: counted(claw, model), prompt })
    await claw.flush()
    expect(reports(server)).toEqual([{ ...ONE, model: 'm3' }])
  })
  test('leave a stream as it is: its parts, its other fields, its cancellation', async () => {
    const { server, claw } = await setup()
    const cancelled = vi.fn()
    const source = scripted(DONE)
    const inner = await source.doStream({} as never)
    const endless = new ReadableStream<Chunk>({
      pull: (controller) => controller.enqueue({ type: 'text-delta', id: 't', delta: 'x' }),
      cancel: cancelled,
    })
    const results = [{ ...inner, request: { body: 'b' } }, { stream: endless }]
    const model = new MockLanguageModelV4({ doStream: async () => results.shift()! })
    const wrapped = counted(claw, model)
    const { stream, request } = await wrapped.doStream({ prompt: [] })
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect(request).toEqual({ body: 'b' })
    expect(types).toEqual(['stream-start', 'response-metadata', 'text-start', 'text-delta', 'text-end', 'finish'])
    for await (const _ of (await wrapped.doStream({ prompt: [] })).stream) break
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1))
    await claw.flush()
    expect(reports(server)).toEqual([ONE])
  })
  test('do not hide the failure of a model', async () => {
    const { server, claw } = await setup()
    const model = new MockLanguageModelV4({ doGenerate: () => Promise.reject(new Error('overloaded')) })
    await expect(generateText({ model: counted(claw, model), prompt, maxRetries: 0 })).rejects.toThrow('overloaded')
    await claw.flush()
    expect(reports(server)).toEqual([])
  })
})
