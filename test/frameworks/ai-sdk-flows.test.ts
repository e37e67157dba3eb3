import {
  generateText,
  type LanguageModelMiddleware,
  type ModelMessage,
  streamText,
  type Telemetry,
  tool,
  wrapLanguageModel,
} from 'ai'
import { MockLanguageModelV3, MockLanguageModelV4, simulateReadableStream } from 'ai/test'
import type { DashClaw } from 'dashclaw'
import { governTools, telemetry, toolApproval, usageMiddleware } from 'dashclaw/ai-sdk'
import { resume, type Ticket } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import {
  BLOCK,
  type Chunk,
  call,
  DONE,
  HOLD,
  mailer,
  prompt,
  reports,
  rows,
  scripted,
  setup,
  stopWhen,
  told,
  USAGE,
} from './support/ai-sdk.ts'

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
    expect(await back(history(true), streamed)).toContain('did not run: it is not allowed (it was started before')
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
  test('does not run other arguments than the approved ones, which can still run', async () => {
    const { runs, back, history, client, action_id } = await held()
    await client('operator').approveAction(action_id(), { decision: 'allow' })
    const forged = JSON.parse(JSON.stringify(history(true)).replaceAll('"ann"', '"eve"')) as ModelMessage[]
    expect(JSON.stringify(forged)).toContain('"eve"')
    expect(await back(forged)).toContain('the arguments are no longer those that were allowed')
    expect(runs).toEqual([])
    expect(await back()).toContain('sent to ann')
    expect(runs).toEqual([{ to: 'ann' }])
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
    await eventually(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
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
    await eventually(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
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
  test('records no arguments and no output where the AI SDK keeps them back', async () => {
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
    await eventually(() => expect(cancelled).toHaveBeenCalledTimes(1))
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
