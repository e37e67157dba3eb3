import Anthropic from '@anthropic-ai/sdk'
import { type CallableTool, GoogleGenAI } from '@google/genai'
import { DashClaw } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLLM, USAGE } from './support/llm-server.ts'

let llm: Awaited<ReturnType<typeof startLLM>>
let server: LocalServer
let listening: Awaited<ReturnType<LocalServer['listen']>>
let claw: DashClaw

beforeAll(async () => {
  llm = await startLLM()
  server = createLocalServer()
  listening = await server.listen()
  claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1' })
})
afterAll(async () => {
  await claw.close()
  await listening.close()
  await server.close()
  await llm.close()
})

const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1`, maxRetries: 0 })
const anthropic = () => new Anthropic({ apiKey: 'k', baseURL: llm.url, maxRetries: 0 })
const google = () => new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: llm.url } })

/** What arrived at the platform since the last look. */
async function reports() {
  await claw.flush()
  const bodies = server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)
  server.requests.length = 0
  return bodies
}
const report = (tokens_in: number, tokens_out: number, model = 'm', partial?: true) => ({
  agent_id: 'agent-1',
  tokens_in,
  tokens_out,
  model: `${model}-2026`,
  ...(partial && { partial }),
})
const CHAT = report(USAGE.chat.prompt_tokens, USAGE.chat.completion_tokens)
const RESPONSES = report(USAGE.responses.input_tokens, USAGE.responses.output_tokens)
const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = USAGE.messages
const MESSAGES_IN = input_tokens + cache_creation_input_tokens + cache_read_input_tokens
const MESSAGES = report(MESSAGES_IN, output_tokens)
const GEMINI_IN = USAGE.gemini.promptTokenCount + USAGE.gemini.toolUsePromptTokenCount
const GEMINI = report(GEMINI_IN, USAGE.gemini.candidatesTokenCount + USAGE.gemini.thoughtsTokenCount)

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of stream) list.push(item)
  return list
}
const lines = async (stream: ReadableStream<Uint8Array>) =>
  (await new Response(stream).text()).split('\n').filter(Boolean)
const shown = (value: unknown) => JSON.parse(JSON.stringify(value ?? null))
const parts = async (answer: Promise<{ data: unknown; request_id: unknown; response: Response }>) => {
  const { data, request_id, response } = await answer
  return { data, request_id, status: response.status, url: response.url }
}

const chat = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }
const tokens = { model: 'm', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hi' }] }
const input = { model: 'm', input: 'Hi' }
const contents = { model: 'm', contents: 'Hi' }
const stream = true as const
const json = { type: 'json_schema' as const, json_schema: { name: 'x', schema: {} } }
const output_config = { format: { type: 'json_schema' as const, schema: {} } }
const add = {
  type: 'function' as const,
  function: { name: 'add', description: 'Adds', parameters: {}, parse: JSON.parse, function: () => '2' },
}

type Style<Client> = [string, (client: Client) => Promise<unknown>, object[]]

const openaiStyles: Style<OpenAI>[] = [
  ['chat.completions.create', (c) => c.chat.completions.create(chat), [CHAT]],
  ['a chat completion, withResponse', (c) => parts(c.chat.completions.create(chat).withResponse()), [CHAT]],
  ['a chat completion, asResponse', async (c) => (await c.chat.completions.create(chat).asResponse()).json(), [CHAT]],
  ['a chat completion, finally', (c) => c.chat.completions.create(chat).finally(() => {}), [CHAT]],
  ['chat.completions.parse', (c) => c.chat.completions.parse({ ...chat, response_format: json }), [CHAT]],
  ['a chat stream', async (c) => all(await c.chat.completions.create({ ...chat, stream })), [CHAT]],
  [
    'a chat stream with usage',
    async (c) => all(await c.chat.completions.create({ ...chat, stream, stream_options: { include_usage: true } })),
    [CHAT],
  ],
  [
    'a chat stream, withResponse',
    async (c) => all((await c.chat.completions.create({ ...chat, stream }).withResponse()).data),
    [CHAT],
  ],
  [
    'a chat stream, text of asResponse',
    async (c) => (await c.chat.completions.create({ ...chat, stream }).asResponse()).text(),
    [CHAT],
  ],
  [
    'a chat stream, body of asResponse',
    async (c) => lines((await c.chat.completions.create({ ...chat, stream }).asResponse()).body!),
    [CHAT],
  ],
  [
    'a chat stream, tee',
    async (c) => {
      const [left, right] = (await c.chat.completions.create({ ...chat, stream })).tee()
      return [await all(left), await all(right)]
    },
    [CHAT],
  ],
  [
    'a chat stream, toReadableStream',
    async (c) => lines((await c.chat.completions.create({ ...chat, stream })).toReadableStream() as never),
    [CHAT],
  ],
  ['chat.completions.stream', (c) => c.chat.completions.stream(chat).finalChatCompletion(), [CHAT]],
  ['chat.completions.stream, its chunks', (c) => all(c.chat.completions.stream(chat)), [CHAT]],
  [
    'chat.completions.stream with a parsed format',
    (c) => c.chat.completions.stream({ ...chat, response_format: json }).finalChatCompletion(),
    [CHAT],
  ],
  [
    'chat.completions.runTools',
    (c) => c.chat.completions.runTools({ ...chat, tools: [add] }).finalContent(),
    [CHAT, CHAT],
  ],
  [
    'chat.completions.runTools, streamed',
    (c) => c.chat.completions.runTools({ ...chat, stream, tools: [add] }).finalContent(),
    [CHAT, CHAT],
  ],
  ['completions.create', (c) => c.completions.create({ model: 'm', prompt: 'Hi' }), [CHAT]],
  [
    'a stream of completions.create',
    async (c) => all(await c.completions.create({ model: 'm', prompt: 'Hi', stream })),
    [CHAT],
  ],
  ['responses.create', async (c) => (await c.responses.create(input)).output_text, [RESPONSES]],
  ['a response, withResponse', (c) => parts(c.responses.create(input).withResponse()), [RESPONSES]],
  ['responses.parse', (c) => c.responses.parse({ ...input, text: { format: { type: 'json_object' } } }), [RESPONSES]],
  ['a stream of responses.create', async (c) => all(await c.responses.create({ ...input, stream })), [RESPONSES]],
  ['responses.stream', (c) => c.responses.stream(input).finalResponse(), [RESPONSES]],
  ['embeddings.create', (c) => c.embeddings.create({ model: 'm', input: 'Hi' }), [report(8, 0)]],
  ['withOptions, a call', (c) => c.withOptions({ timeout: 5000 }).chat.completions.create(chat), [CHAT]],
  [
    'withOptions twice, a stream',
    async (c) =>
      all(
        await c
          .withOptions({})
          .withOptions({})
          .chat.completions.create({ ...chat, stream }),
      ),
    [CHAT],
  ],
]

const anthropicStyles: Style<Anthropic>[] = [
  ['messages.create', (c) => c.messages.create(tokens), [MESSAGES]],
  ['a message, withResponse', (c) => parts(c.messages.create(tokens).withResponse()), [MESSAGES]],
  ['a message, asResponse', async (c) => (await c.messages.create(tokens).asResponse()).json(), [MESSAGES]],
  ['a message stream', async (c) => all(await c.messages.create({ ...tokens, stream })), [MESSAGES]],
  [
    'a message stream, asResponse',
    async (c) => (await c.messages.create({ ...tokens, stream }).asResponse()).text(),
    [MESSAGES],
  ],
  [
    'a message stream, tee',
    async (c) => {
      const [left, right] = (await c.messages.create({ ...tokens, stream })).tee()
      return Promise.all([all(left), all(right)])
    },
    [MESSAGES],
  ],
  ['messages.stream, finalMessage', (c) => c.messages.stream(tokens).finalMessage(), [MESSAGES]],
  ['messages.stream, finalText', (c) => c.messages.stream(tokens).finalText(), [MESSAGES]],
  ['messages.stream, its events', (c) => all(c.messages.stream(tokens)), [MESSAGES]],
  [
    'messages.stream, withResponse',
    async (c) => all((await c.messages.stream(tokens).withResponse()).data),
    [MESSAGES],
  ],
  ['messages.parse', (c) => c.messages.parse({ ...tokens, output_config }), [MESSAGES]],
  ['beta.messages.create', (c) => c.beta.messages.create(tokens), [MESSAGES]],
  ['beta.messages.stream', (c) => c.beta.messages.stream(tokens).finalMessage(), [MESSAGES]],
  ['beta.messages.parse', (c) => c.beta.messages.parse({ ...tokens, output_config }), [MESSAGES]],
  ['beta.messages.toolRunner', (c) => c.beta.messages.toolRunner({ ...tokens, tools: [] }).runUntilDone(), [MESSAGES]],
  ['withOptions, a call', (c) => c.withOptions({ timeout: 5000 }).messages.create(tokens), [MESSAGES]],
]

const tool = (): CallableTool => ({
  tool: async () => ({ functionDeclarations: [{ name: 'add' }] }),
  callTool: async () => [{ functionResponse: { name: 'add', response: { sum: 2 } } }],
})
const googleStyles: Style<GoogleGenAI>[] = [
  ['models.generateContent', async (c) => (await c.models.generateContent(contents)).text, [GEMINI]],
  [
    'models.generateContentStream',
    async (c) => (await all(await c.models.generateContentStream(contents))).map(({ text }) => text),
    [GEMINI],
  ],
  ['chats', async (c) => (await c.chats.create({ model: 'm' }).sendMessage({ message: 'Hi' })).text, [GEMINI]],
  [
    'chats, streamed',
    async (c) => (await all(await c.chats.create({ model: 'm' }).sendMessageStream({ message: 'Hi' }))).length,
    [GEMINI],
  ],
  [
    'models.generateContent that calls a tool by itself',
    async (c) => (await c.models.generateContent({ ...contents, config: { tools: [tool()] } })).text,
    [GEMINI, GEMINI],
  ],
]

function styles<Client>(name: string, make: () => Client, list: Style<Client>[]): void {
  describe(`a wrapped client of ${name} gives what it gave before, and reports the tokens of the wire once`, () => {
    test.each(list)('%s', async (_style, call, expected) => {
      const before = shown(await call(make()))
      expect(await reports()).toEqual([])
      const client = make()
      expect(claw.wrapClient(client)).toBe(client)
      expect(claw.wrapClient(client)).toBe(client)
      expect(shown(await call(client))).toEqual(before)
      expect(await reports()).toEqual(expected)
    })
  })
}
styles('openai', openai, openaiStyles)
styles('@anthropic-ai/sdk', anthropic, anthropicStyles)
styles('@google/genai', google, googleStyles)

describe('a wrapped client', () => {
  test('gives promises and streams of the same classes, and lists the same members', async () => {
    const kinds = async (client: OpenAI) => {
      const promise = client.chat.completions.create({ ...chat, stream })
      const chunks = await promise
      await all(chunks)
      const members = [client, client.chat.completions, promise, chunks].map((value) => Object.keys(value).sort())
      return { classes: [promise.constructor, chunks.constructor, chunks.controller.constructor], members }
    }
    const plain = await kinds(openai())
    const wrapped = await kinds(claw.wrapClient(openai()))
    expect(wrapped.classes).toEqual(plain.classes)
    expect(wrapped.members.filter((_, at) => at !== 2)).toEqual(plain.members.filter((_, at) => at !== 2))
    const client = claw.wrapClient(anthropic())
    expect(client).toBeInstanceOf(Anthropic)
    const [one, other] = [client.messages.create(tokens), anthropic().messages.create(tokens)]
    expect(one.constructor).toBe(other.constructor)
    await Promise.all([one, other])
    const chunks = await claw.wrapClient(google()).models.generateContentStream(contents)
    expect(chunks[Symbol.asyncIterator]()).toBe(chunks)
    await all(chunks)
    expect(await reports()).toEqual([CHAT, MESSAGES, GEMINI])
  })
  test('does not change what the caller passes in', async () => {
    const stream_options = Object.freeze({ include_obfuscation: false })
    const body = Object.freeze({ ...chat, stream, stream_options })
    llm.requests.length = 0
    const client = claw.wrapClient(openai())
    await all(await client.chat.completions.create(body))
    await client.chat.completions.stream(body).done()
    for (const request of llm.requests) {
      expect(request.body['stream_options']).toEqual({ include_obfuscation: false, include_usage: true })
    }
    expect(body).toEqual({ ...chat, stream, stream_options: { include_obfuscation: false } })
    expect(await reports()).toEqual([CHAT, CHAT])
  })
  test('shows the usage chunk to those who asked for it, and to nobody else', async () => {
    const client = claw.wrapClient(openai())
    const plain = await all(await client.chat.completions.create({ ...chat, stream }))
    expect(plain.some((chunk) => 'usage' in chunk || !chunk.choices.length)).toBe(false)
    const stream_options = { include_usage: true }
    const asked = await all(await client.chat.completions.create({ ...chat, stream, stream_options }))
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: USAGE.chat })
    const refused = await all(
      await client.chat.completions.create({ ...chat, stream, stream_options: { include_usage: false } }),
    )
    expect(refused).toEqual(plain)
    const text = await (await client.chat.completions.create({ ...chat, stream }).asResponse()).text()
    expect(text).not.toContain('usage')
    expect(text).toContain('[DONE]')
    expect(await reports()).toEqual([CHAT, CHAT, CHAT, CHAT])
  })
  test('lets an answer be looked at as a response first and read as an object afterwards', async () => {
    const client = claw.wrapClient(openai())
    const whole = client.chat.completions.create(chat)
    expect((await whole.asResponse()).headers.get('x-request-id')).toBe('req_1')
    expect((await whole).choices[0]!.message.content).toBe('Hello')
    const streamed = client.chat.completions.create({ ...chat, stream })
    expect((await streamed.asResponse()).status).toBe(200)
    expect((await all(await streamed)).length).toBe(4)
    expect(await reports()).toEqual([CHAT, CHAT])
  })
  test('sends the call as it was written to a host that refuses stream_options, and does not ask it again', async () => {
    const strict = { ...chat, model: 'strict', stream }
    const client = claw.wrapClient(openai())
    llm.requests.length = 0
    expect((await all(await client.chat.completions.create(strict))).length).toBe(4)
    const completion = await client.chat.completions.stream(strict).finalChatCompletion()
    expect(completion.choices[0]!.message.content).toBe('Hello')
    expect(llm.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false])
    const fresh = () => claw.wrapClient(openai()).chat.completions
    expect(await fresh().stream(strict).finalContent()).toBe('Hello')
    const { data, response } = await fresh().create(strict).withResponse()
    expect([response.status, (await all(data)).length]).toEqual([200, 4])
    expect(await (await fresh().create(strict).asResponse()).text()).toContain('[DONE]')
    expect(await reports()).toEqual([])
  })
  test('sends no call twice once the host has taken stream_options', async () => {
    const client = claw.wrapClient(openai())
    await all(await client.chat.completions.create({ ...chat, stream }))
    llm.requests.length = 0
    await expect(client.chat.completions.create({ ...chat, model: 'bad', stream })).rejects.toThrow('No such model')
    expect(llm.requests.length).toBe(1)
    expect(await reports()).toEqual([CHAT])
  })
  test.each([
    ['openai', () => claw.wrapClient(openai()).chat.completions.create({ ...chat, model: 'bad' })],
    ['openai, streamed', () => claw.wrapClient(openai()).chat.completions.create({ ...chat, model: 'bad', stream })],
    [
      'openai, the helper',
      () =>
        claw
          .wrapClient(openai())
          .chat.completions.stream({ ...chat, model: 'bad' })
          .done(),
    ],
    ['openai, responses', () => claw.wrapClient(openai()).responses.create({ ...input, model: 'bad', stream })],
    ['anthropic', () => claw.wrapClient(anthropic()).messages.create({ ...tokens, model: 'bad' })],
    [
      'anthropic, the helper',
      () =>
        claw
          .wrapClient(anthropic())
          .messages.stream({ ...tokens, model: 'bad' })
          .done(),
    ],
    ['google', () => claw.wrapClient(google()).models.generateContent({ ...contents, model: 'bad' })],
    ['google, streamed', () => claw.wrapClient(google()).models.generateContentStream({ ...contents, model: 'bad' })],
  ])('passes errors of the provider as they are: %s', async (_name, call: () => Promise<unknown>) => {
    await expect(call()).rejects.toMatchObject({ status: 400 })
    expect(await reports()).toEqual([])
  })
  test('reports for the agent of the client that wrapped it, and the server adds it up', async () => {
    const client = claw.forAgent('agent-2').wrapClient(openai())
    await client.chat.completions.create(chat)
    expect(await reports()).toEqual([{ ...CHAT, agent_id: 'agent-2' }])
    const rows = server.snapshot()['token_reports'] as Record<string, unknown>[]
    const row = rows.find(({ agent_id }) => agent_id === 'agent-2')
    expect(row).toMatchObject({ tokens_in: 11, tokens_out: 7, model: 'm-2026' })
  })
})

describe('a stream that does not come to its end', () => {
  const start = (model = 'm') => report(MESSAGES_IN, 2, model, true)
  const streamed = (model = 'm') => claw.wrapClient(anthropic()).messages.create({ ...tokens, model, stream })

  test('reports what is known as partial on break, and the request ends as before', async () => {
    const events = await streamed()
    for await (const event of events) if (event.type === 'content_block_start') break
    expect(events.controller.signal.aborted).toBe(true)
    expect(await reports()).toEqual([start()])
  })
  test('is not partial when it is left after its last counts', async () => {
    for await (const event of await streamed()) if (event.type === 'message_delta') break
    for await (const event of await claw.wrapClient(openai()).responses.create({ ...input, stream })) {
      if (event.type === 'response.completed') break
    }
    expect(await reports()).toEqual([MESSAGES, RESPONSES])
  })
  test('passes what the loop of the caller throws, and is partial', async () => {
    const events = await streamed()
    const work = async () => {
      for await (const _ of events) throw new Error('mine')
    }
    await expect(work()).rejects.toThrow('mine')
    expect(await reports()).toEqual([start()])
  })
  test('is partial after an abort, whether it is read at that moment or not', async () => {
    const idle = await streamed('hangs')
    await idle[Symbol.asyncIterator]().next()
    idle.controller.abort()
    expect(await reports()).toEqual([start('hangs')])
    const controller = new AbortController()
    const events = await claw
      .wrapClient(anthropic())
      .messages.create({ ...tokens, model: 'hangs', stream }, { signal: controller.signal })
    const seen: string[] = []
    for await (const event of events) {
      seen.push(event.type)
      if (event.type === 'content_block_start') setTimeout(() => controller.abort(), 5)
    }
    expect(seen).toEqual(['message_start', 'content_block_start'])
    expect(await reports()).toEqual([start('hangs')])
  })
  test('is partial after abort() of the helper', async () => {
    const events = claw.wrapClient(anthropic()).messages.stream({ ...tokens, model: 'hangs' })
    events.on('streamEvent', (event) => {
      if (event.type === 'content_block_start') events.abort()
    })
    await expect(events.done()).rejects.toThrow(/abort/i)
    expect(await reports()).toEqual([start('hangs')])
  })
  test.each(['breaks', 'cut'])('passes an error in the middle, and is partial: %s', async (model) => {
    await expect(streamed(model).then(all)).rejects.toThrow()
    await expect(
      claw
        .wrapClient(anthropic())
        .messages.stream({ ...tokens, model })
        .finalMessage(),
    ).rejects.toThrow()
    expect(await reports()).toEqual([start(model), start(model)])
  })
  test('reports nothing where no count is known yet', async () => {
    const chunks = await claw.wrapClient(openai()).chat.completions.create({ ...chat, stream })
    for await (const _ of chunks) break
    expect(chunks.controller.signal.aborted).toBe(true)
    const broken = claw.wrapClient(openai()).chat.completions.create({ ...chat, model: 'breaks', stream })
    await expect(broken.then(all)).rejects.toThrow('Overloaded')
    expect(await reports()).toEqual([])
  })
  test('is whole while one branch of a tee is read to the end', async () => {
    const [left, right] = (await streamed()).tee()
    for await (const _ of left) break
    await all(right)
    expect(await reports()).toEqual([MESSAGES])
  })
  test('a tee whose branches are both left is partial', async () => {
    const chunks = await claw.wrapClient(openai()).chat.completions.create({
      ...chat,
      stream,
      stream_options: { include_usage: true },
    })
    const [left, right] = chunks.tee()
    for await (const _ of left) break
    for await (const _ of right) break
    expect(chunks.controller.signal.aborted).toBe(true)
    expect(await reports()).toEqual([])
    const events = await streamed('hangs')
    const branches = events.tee()
    for (const branch of branches) for await (const _ of branch) break
    events.controller.abort()
    expect(await reports()).toEqual([start('hangs')])
  })
  test('of Gemini reports the counts of the last chunk that was read', async () => {
    for await (const _ of await claw.wrapClient(google()).models.generateContentStream(contents)) break
    expect(await reports()).toEqual([report(GEMINI_IN, 6, 'm', true)])
  })
  test('is partial when its raw body is cancelled', async () => {
    const client = claw.wrapClient(anthropic())
    const response = await client.messages.create({ ...tokens, model: 'hangs', stream }).asResponse()
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('message_start')
    await reader.cancel()
    expect(await reports()).toEqual([start('hangs')])
  })
})
