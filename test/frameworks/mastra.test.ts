import { Agent, type AgentExecutionOptions } from '@mastra/core/agent'
import { RequestContext } from '@mastra/core/request-context'
import { createTool } from '@mastra/core/tools'
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test'
import { type ActionRecord, DashClaw, type DashClawOptions } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { dashclawHooks, dashclawUsage, type MastraHooksOptions, type Ticket } from 'dashclaw/mastra'
import { resume } from 'dashclaw/tools'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { BLOCK, HOLD } from './support/server.ts'

const USAGE = {
  inputTokens: { total: 120, noCache: 40, cacheRead: 70, cacheWrite: 10 },
  outputTokens: { total: 30, text: 20, reasoning: 10 },
}

type AgentModel = ConstructorParameters<typeof Agent>[0]['model']
type Result = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>
type Part = Result['content'][number]
type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never

const call = (toolName: string, input: object, toolCallId = 'call-1'): Part => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input: JSON.stringify(input),
})
const say = (text: string): Part => ({ type: 'text', text })

/** A model that gives these answers one after the other, whole or as a stream. */
function scripted(...answers: Part[][]) {
  let next = 0
  const answer = (): Result => {
    const content = answers[next++]
    if (!content) throw new Error('The model was asked once more than it has answers.')
    const unified = content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
    return { content, finishReason: { unified, raw: undefined }, usage: USAGE, warnings: [] }
  }
  const model = new MockLanguageModelV4({
    modelId: 'mock-2026',
    doGenerate: async () => answer(),
    doStream: async () => {
      const { content, finishReason, usage } = answer()
      const parts = content.flatMap((part): StreamPart[] =>
        part.type === 'text'
          ? [
              { type: 'text-start', id: 't' },
              { type: 'text-delta', id: 't', delta: part.text },
              { type: 'text-end', id: 't' },
            ]
          : part.type === 'tool-call'
            ? [part]
            : [],
      )
      const stream = convertArrayToReadableStream<StreamPart>([
        { type: 'stream-start', warnings: [] },
        ...parts,
        { type: 'finish', finishReason, usage },
      ])
      return { stream }
    },
  })
  /** What the model was told about its calls, by the id of the call. */
  const told = () => {
    const last = [...model.doGenerateCalls, ...model.doStreamCalls].at(-1)?.prompt ?? []
    const results = last.flatMap(({ role, content }) =>
      role === 'tool' ? content.flatMap((part) => (part.type === 'tool-result' ? [part] : [])) : [],
    )
    return Object.fromEntries(results.map(({ toolCallId, output }) => [toolCallId, output]))
  }
  return { model, told }
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function setup(options: Parameters<typeof createLocalServer>[0] = {}) {
  const server = createLocalServer(options)
  const { url, close } = await server.listen()
  closing.push(() => server.close(), close)
  return { server, client: (more: DashClawOptions = {}) => client(url, more) }
}
function client(baseUrl: string, more: DashClawOptions = {}) {
  const claw = new DashClaw({ baseUrl, apiKey: 'local', agentId: 'mastra-bot', logger: { warn() {} }, ...more })
  closing.push(() => claw.close())
  return claw
}
const rows = (server: LocalServer) => (server.snapshot()['actions'] ?? []) as unknown as ActionRecord[]

/** An agent with one tool that remembers what it was run with. */
function bot(
  claw: DashClaw,
  model: MockLanguageModelV4,
  options?: MastraHooksOptions,
  execute: (to: string) => unknown = (to) => `sent to ${to}`,
) {
  const runs: unknown[] = []
  const sendMail = createTool({
    id: 'send_mail',
    description: 'Sends a mail',
    inputSchema: z.object({ to: z.string(), apiKey: z.string().optional() }),
    execute: async (input) => {
      runs.push(input)
      return execute(input.to)
    },
  })
  const agent = new Agent({
    id: 'bot',
    name: 'Bot',
    instructions: 'Do what you are told.',
    // The types that Mastra bundles are some releases of the provider's specification behind.
    model: model as unknown as AgentModel,
    tools: { send_mail: sendMail },
    hooks: dashclawHooks(claw, options),
    inputProcessors: [dashclawUsage(claw)],
  })
  return { agent, runs, sendMail }
}

type RunOptions = Pick<AgentExecutionOptions, 'abortSignal' | 'hooks' | 'requestContext'>
const ways: [string, (agent: Agent, options?: RunOptions) => Promise<string>][] = [
  ['generate', async (agent, options = {}) => (await agent.generate('Write to Ann.', options)).text],
  [
    'stream',
    async (agent, options = {}) => {
      const output = await agent.stream('Write to Ann.', options)
      await output.consumeStream()
      return output.text
    },
  ],
]

describe.each(ways)('an agent of Mastra, by %s', (_way, run) => {
  test('runs what is allowed, records it, and counts the tokens of each answer once', async () => {
    const { server, client } = await setup()
    const claw = client()
    const { model, told } = scripted(
      [call('send_mail', { to: 'ann', apiKey: 'sk-abcdefghijklmnopqrstuvwx' })],
      [say('Done.')],
    )
    const { agent, runs } = bot(claw, model)
    expect(await run(agent)).toBe('Done.')
    expect(runs).toHaveLength(1)
    expect(told()).toEqual({ 'call-1': { type: 'text', value: 'sent to ann' } })
    expect(rows(server)).toEqual([
      expect.objectContaining({
        agent_id: 'mastra-bot',
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^send_mail\(/),
        input_summary: '{"to":"ann","apiKey":"[REDACTED]"}',
        status: 'completed',
        output_summary: 'sent to ann',
        duration_ms: expect.any(Number),
      }),
    ])
    await claw.flush()
    const report = { agent_id: 'mastra-bot', tokens_in: 120, tokens_out: 30, model: 'mock-2026' }
    expect(server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)).toEqual([
      report,
      report,
    ])
  })

  test('does not run what is blocked, and tells the model why', async () => {
    const { server, client } = await setup({ policies: [BLOCK] })
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('I may not.')])
    const { agent, runs } = bot(client({ guardMode: 'enforce' }), model)
    expect(await run(agent)).toBe('I may not.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toEqual({
      type: 'text',
      value:
        'The call of the tool "send_mail" did not run: it is not allowed (Tools: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.',
    })
    expect(rows(server).filter(({ status }) => status !== 'blocked')).toEqual([])
  })

  test('holds a call until a person has approved it, elsewhere', async () => {
    const { server, client } = await setup({ policies: [HOLD] })
    const operator = client({ agentId: 'operator' })
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('Done.')])
    const { agent, runs } = bot(client(), model, {
      onPending: async ({ action_id }) => {
        expect(runs).toEqual([])
        expect(rows(server)).toMatchObject([{ status: 'pending_approval' }])
        await operator.approveAction(action_id, { decision: 'allow' })
      },
    })
    expect(await run(agent)).toBe('Done.')
    expect(runs).toEqual([{ to: 'ann' }])
    expect(told()).toEqual({ 'call-1': { type: 'text', value: 'sent to ann' } })
    expect(rows(server)).toMatchObject([{ status: 'completed' }])
  })

  test('does not run what a person denied, and passes on what they said', async () => {
    const { server, client } = await setup({ policies: [HOLD] })
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('Denied.')])
    const { agent, runs } = bot(client(), model, {
      onPending: ({ action_id }) => void server.deny(action_id, { reasoning: 'not to Ann' }),
    })
    expect(await run(agent)).toBe('Denied.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ value: expect.stringContaining('a person denied it (not to Ann)') })
  })

  test('does not run when the guard can not be asked', async () => {
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('Not now.')])
    const claw = client('http://127.0.0.1:9', { guardMode: 'enforce', maxRetries: 0 })
    const { agent, runs } = bot(claw, model)
    expect(await run(agent)).toBe('Not now.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ type: 'text', value: expect.stringContaining('could not be asked') })
  })

  test('does not run when the record can not be written, with any guard mode', async () => {
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('Not now.')])
    const { agent, runs } = bot(client('http://127.0.0.1:9', { maxRetries: 0 }), model)
    expect(await run(agent)).toBe('Not now.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ type: 'error-text' })
  })

  test('throws a denial as an error of the tool where that is asked for', async () => {
    const { client } = await setup({ policies: [BLOCK] })
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('I may not.')])
    const { agent, runs } = bot(client({ guardMode: 'enforce' }), model, { onDeny: 'throw' })
    expect(await run(agent)).toBe('I may not.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ type: 'error-text', value: expect.stringContaining('blocked') })
  })

  test('records what a tool throws', async () => {
    const { server, client } = await setup()
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('It failed.')])
    const { agent } = bot(client(), model, {}, () => {
      throw new Error('smtp is down')
    })
    expect(await run(agent)).toBe('It failed.')
    expect(told()['call-1']).toEqual({ type: 'error-text', value: 'smtp is down' })
    expect(rows(server)).toMatchObject([
      { status: 'failed', error_message: 'smtp is down', duration_ms: expect.any(Number) },
    ])
  })

  test('tells apart calls in parallel, one of them blocked', async () => {
    const { server, client } = await setup({
      policies: [{ name: 'Risk', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'block' } }],
    })
    const { model } = scripted(
      ['ann', 'bob', 'eve'].map((to) => call('send_mail', { to }, to)),
      [say('Done.')],
    )
    const claw = client({ guardMode: 'enforce' })
    const risk = ({ input }: { input: unknown }) => ({ risk_score: (input as { to: string }).to === 'eve' ? 90 : 10 })
    const { agent, runs } = bot(claw, model, { describe: risk }, async (to) => {
      await new Promise((resolve) => setTimeout(resolve, to === 'ann' ? 60 : 5))
      if (to === 'bob') throw new Error('no such Bob')
      return `sent to ${to}`
    })
    await run(agent)
    expect(runs).toHaveLength(2)
    const ended = rows(server).map(({ input_summary, status, output_summary, error_message }) =>
      [input_summary, status, output_summary ?? error_message].join(' '),
    )
    expect(ended.filter((row) => !row.includes('blocked')).sort()).toEqual([
      '{"to":"ann"} completed sent to ann',
      '{"to":"bob"} failed no such Bob',
    ])
  })

  test('cancels a held call when the run is aborted', async () => {
    const { server, client } = await setup({ policies: [HOLD] })
    const { model } = scripted([call('send_mail', { to: 'ann' })], [say('Never said.')])
    const controller = new AbortController()
    const { agent, runs } = bot(client(), model, { onPending: () => controller.abort() })
    await run(agent, { abortSignal: controller.signal }).catch(() => {})
    await eventually(() => expect(rows(server)).toMatchObject([{ status: 'cancelled' }]))
    expect(runs).toEqual([])
  })

  test('gives a ticket for a held call, which runs it later and once', async () => {
    const { server, client } = await setup({ policies: [HOLD] })
    const claw = client()
    const { model, told } = scripted([call('send_mail', { to: 'ann' })], [say('It waits.')])
    const tickets: string[] = []
    const { agent, runs } = bot(claw, model, {
      wait: false,
      onHeld: (ticket) => void tickets.push(JSON.stringify(ticket)),
    })
    expect(await run(agent)).toBe('It waits.')
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ value: expect.stringContaining('waits for the approval of a person') })
    const ticket = JSON.parse(tickets[0]!) as Ticket<{ to: string }>
    server.approve(ticket.action_id)
    const send = vi.fn(({ to }: { to: string }) => `sent to ${to}`)
    expect(await resume(client(), ticket, send)).toBe('sent to ann')
    await expect(resume(client(), ticket, send)).rejects.toMatchObject({ decision: 'already_run' })
    expect(send).toHaveBeenCalledTimes(1)
  })

  test('ties its calls to the action of the run', async () => {
    const { server, client } = await setup()
    const claw = client()
    const { action_id } = await claw.createAction({ action_type: 'other', declared_goal: 'Mail everybody' })
    const { model } = scripted([call('send_mail', { to: 'ann' })], [say('Done.')])
    const { agent } = bot(claw, model)
    await run(agent, { requestContext: new RequestContext([['parent_action_id', action_id]]) })
    expect(rows(server).find((row) => row.action_id !== action_id)).toMatchObject({ parent_action_id: action_id })
  })

  test('with hooks of one run governs that run by them', async () => {
    const { server, client } = await setup()
    const [own, other] = [client(), client({ agentId: 'other-bot' })]
    const { model } = scripted(
      [call('send_mail', { to: 'ann' })],
      [say('1')],
      [call('send_mail', { to: 'bob' })],
      [say('2')],
    )
    const { agent } = bot(own, model)
    await run(agent)
    await run(agent, { hooks: dashclawHooks(other, { risk_score: 5 }) })
    expect(rows(server).map(({ agent_id, risk_score, status }) => [agent_id, risk_score, status])).toEqual([
      ['mastra-bot', 30, 'completed'],
      ['other-bot', 5, 'completed'],
    ])
  })

  test('records arguments that the schema of the tool refuses as a failure', async () => {
    const { server, client } = await setup()
    const { model, told } = scripted([call('send_mail', { to: 5, apiKey: 'hunter2' })], [say('Wrong.')])
    const { agent, runs } = bot(client(), model)
    await run(agent)
    expect(runs).toEqual([])
    expect(told()['call-1']).toMatchObject({ value: { error: true } })
    const [{ status, error_message } = {}] = rows(server)
    expect(status).toBe('failed')
    expect(error_message).toContain('expected string, received number')
    expect(error_message).not.toContain('hunter2')
  })
})

test('two agents at once do not mix, and each reports its own', async () => {
  const { server, client } = await setup()
  const names = ['one', 'two']
  await Promise.all(
    names.map(async (agentId) => {
      const { model } = scripted([call('send_mail', { to: agentId })], [say('Done.')])
      await bot(client({ agentId }), model).agent.generate('Go.')
    }),
  )
  for (const agentId of names) {
    expect(rows(server).filter(({ agent_id }) => agent_id === agentId)).toMatchObject([
      { input_summary: `{"to":"${agentId}"}`, output_summary: `sent to ${agentId}`, status: 'completed' },
    ])
  }
})
