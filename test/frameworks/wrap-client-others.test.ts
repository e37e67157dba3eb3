import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { DashClaw } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { observe } from '../support/provider.ts'
import { startLLM } from './support/llm-server.ts'

let llm: Awaited<ReturnType<typeof startLLM>>
let server: LocalServer
let claw: DashClaw

beforeAll(async () => {
  llm = await startLLM()
  server = createLocalServer()
  claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'agent-1', fetch: server.fetch })
})
afterAll(async () => {
  await claw.close()
  await server.close()
  await llm.close()
})

async function reports() {
  await claw.flush()
  const counts = server.requests.flatMap(({ path, body }) => (path === '/api/tokens' ? body : []))
  server.requests.length = 0
  return (counts as { tokens_in: number; tokens_out: number }[]).map((count) => [count.tokens_in, count.tokens_out])
}

async function last<T>(stream: AsyncIterable<T>) {
  let item: T | undefined
  for await (item of stream);
  return item
}

const messages = [{ role: 'user' as const, content: 'Hi' }]
const chat = { model: 'm', messages }
const tokens = { model: 'm', max_tokens: 50, messages }
const asked = { stream_options: { include_usage: true } }
const stream = true as const
const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1`, maxRetries: 0 })
const anthropic = () => new Anthropic({ apiKey: 'k', baseURL: llm.url, maxRetries: 0 })
const google = () => new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: llm.url } })

type Case<Client> = [string, string, (client: Client) => Promise<unknown>, [number, number]]
const CHAT: [number, number] = [11, 7]
const RESPONSES: [number, number] = [21, 9]
const MESSAGES: [number, number] = [133, 17]

function both<Client extends object>(make: () => Client, cases: Case<Client>[]) {
  test.each(cases)('%s', async (_name, method, call, count) => {
    const plain = await call(make())
    for (const build of [
      (seen: string[]) => claw.wrapClient(observe(make(), seen)),
      (seen: string[]) => observe(claw.wrapClient(make()), seen),
      (seen: string[]) => claw.wrapClient(observe(claw.wrapClient(make()), seen)),
    ]) {
      const seen: string[] = []
      const client = build(seen)
      seen.length = 0
      expect(await call(client)).toEqual(plain)
      expect(seen.filter((name) => name === method)).toEqual([method])
      expect(await reports()).toEqual([count])
    }
  })
}

describe('openai, over and under a tool that observes it through a proxy: seen once, counted once', () => {
  both(openai, [
    ['chat', 'create', (c) => c.chat.completions.create(chat), CHAT],
    ['withResponse', 'create', async (c) => (await c.chat.completions.create(chat).withResponse()).data, CHAT],
    ['asResponse', 'create', async (c) => (await c.chat.completions.create(chat).asResponse()).json(), CHAT],
    ['a stream', 'create', async (c) => last(await c.chat.completions.create({ ...chat, stream })), CHAT],
    ['parse', 'parse', (c) => c.chat.completions.parse(chat), CHAT],
    ['the helper', 'stream', (c) => c.chat.completions.stream({ ...chat, ...asked }).finalContent(), CHAT],
    ['responses', 'create', (c) => c.responses.create({ model: 'm', input: 'Hi' }), RESPONSES],
    ['responses.parse', 'parse', (c) => c.responses.parse({ model: 'm', input: 'Hi' }), RESPONSES],
    ['a copy', 'withOptions', (c) => c.withOptions({ timeout: 5000 }).chat.completions.create(chat), CHAT],
  ])
  test('two DashClaw clients each count once, and a host that refuses stream_options gets the call as it was', async () => {
    const other = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'agent-2', fetch: server.fetch })
    const client = other.wrapClient(claw.wrapClient(openai()))
    await client.chat.completions.parse(chat)
    await client.chat.completions.stream(chat).finalContent()
    await other.close()
    expect(await reports()).toEqual([CHAT, CHAT, CHAT, CHAT])
    const strict = other.wrapClient(claw.wrapClient(openai()))
    const text = await (await strict.chat.completions.create({ ...chat, model: 'strict', stream }).asResponse()).text()
    expect(text).toContain('[DONE]')
  })
})
describe('anthropic, over and under a tool that observes it through a proxy: seen once, counted once', () => {
  both(anthropic, [
    ['messages', 'create', (c) => c.messages.create(tokens), MESSAGES],
    ['beta messages', 'create', (c) => c.beta.messages.create(tokens), MESSAGES],
    ['a stream', 'create', async (c) => last(await c.messages.create({ ...tokens, stream })), MESSAGES],
    ['parse', 'parse', (c) => c.messages.parse(tokens), MESSAGES],
    ['the helper', 'stream', (c) => c.messages.stream(tokens).finalText(), MESSAGES],
    ['the beta helper', 'stream', (c) => c.beta.messages.stream(tokens).finalText(), MESSAGES],
  ])
})
describe('google, over and under a tool that observes it through a proxy: seen once, counted once', () => {
  const contents = { model: 'm', contents: 'Hi' }
  both(google, [
    ['content', 'generateContent', async (c) => (await c.models.generateContent(contents)).text, [33, 17]],
    [
      'a stream',
      'generateContentStream',
      async (c) => (await last(await c.models.generateContentStream(contents)))?.text,
      [33, 17],
    ],
  ])
})
