import { stepCountIs, tool } from 'ai'
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test'
import { DashClaw, type DashClawOptions } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { afterEach } from 'vitest'
import { z } from 'zod'

/** What to close after the test. */
export const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** An embedded server over HTTP, and clients of it. */
export async function setup(policies: NonNullable<Parameters<typeof createLocalServer>[0]>['policies'] = []) {
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

export type Row = Record<string, unknown>
export const rows = (server: LocalServer) => (server.snapshot()['actions'] ?? []) as Row[]
/** The reports; the server adds a row for the whole organization to each. */
export const reports = (server: LocalServer) =>
  ((server.snapshot()['token_reports'] ?? []) as Row[])
    .filter(({ agent_id }) => agent_id !== null)
    .map(({ agent_id, tokens_in, tokens_out, model }) => ({ agent_id, tokens_in, tokens_out, model }))
export const HOLD = { name: 'Mail', policy_type: 'require_approval', rules: { action_types: ['tool'] } } as const
export const BLOCK = { name: 'Mail', policy_type: 'block_action_type', rules: { action_types: ['tool'] } } as const

/** A mail tool that remembers what it was run with. */
export function mailer() {
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

export const USAGE = {
  inputTokens: { total: 11, noCache: 7, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
}
export type Generated = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>
export type Content = Generated['content'][number]
export const call = (to: string, id = 'call-1', toolName = 'send', more: object = {}): Content => ({
  type: 'tool-call',
  toolCallId: id,
  toolName,
  input: JSON.stringify({ to, ...more }),
})
export const DONE: Content[] = [{ type: 'text', text: 'done' }]

/** A model that says what its script says, in one piece and as a stream, and keeps what it was asked. */
export function scripted(...script: Content[][]) {
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
export type Chunk =
  Awaited<ReturnType<MockLanguageModelV4['doStream']>>['stream'] extends ReadableStream<infer C> ? C : never

/** What the model was told about its calls, at its last turn. */
export const told = (model: MockLanguageModelV4) => {
  const { prompt } = [...model.doGenerateCalls, ...model.doStreamCalls].at(-1)!
  return prompt.flatMap(({ role, content }) =>
    role === 'tool' ? content.flatMap((part) => (part.type === 'tool-result' ? [part.output] : [])) : [],
  )
}
export const stopWhen = stepCountIs(5)
export const prompt = 'Mail Ann'
