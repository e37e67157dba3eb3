import { InMemoryCache } from '@langchain/core/caches'
import { DashClawCallbackHandler, dashclawMiddleware } from 'dashclaw/langchain'
import { createAgent, tool } from 'langchain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { all, ask, client, reports, rows, start, tools } from './support/langchain.ts'
import { WireModel, type WireOptions } from './support/langchain-model.ts'
import { startLLM, USAGE } from './support/llm-server.ts'

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
