import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Block = Record<string, unknown> & { type: string }
interface Body {
  model: string
  tools?: { name: string }[]
  messages: { role: string; content: string | Block[] }[]
}
/** A text, or calls of tools: name, arguments, id. */
export type Turn = string | [name: string, input: object, id?: string][]

/** What each answer uses, as it stands on the wire. */
export const CLAUDE_USAGE = {
  input_tokens: 13,
  cache_creation_input_tokens: 20,
  cache_read_input_tokens: 100,
  output_tokens: 17,
}

/**
 * The API that Claude Code talks to, on a loopback port, with the answers of a script; and what Claude Code needs to know nothing
 * of this machine's user.
 *
 * @param script - The answer to a conversation: how many answers it has had, and its first prompt.
 */
export async function startClaude(script: (answers: number, prompt: string) => Turn) {
  const home = mkdtempSync(join(tmpdir(), 'claude-'))
  const bodies: Body[] = []
  let ids = 0
  const server = createServer(async (incoming, outgoing) => {
    let text = ''
    for await (const part of incoming.setEncoding('utf8')) text += part
    if (!incoming.url?.startsWith('/v1/messages?')) {
      outgoing.writeHead(404, { 'content-type': 'application/json' })
      return void outgoing.end('{"type":"error","error":{"type":"not_found_error","message":"no route"}}')
    }
    const body = JSON.parse(text) as Body
    bodies.push(body)
    const answers = body.messages.filter(({ role }) => role === 'assistant').length
    const turn = script(answers, JSON.stringify(body.messages[0]?.content))
    const blocks: [object, object][] =
      typeof turn === 'string'
        ? [
            [
              { type: 'text', text: '' },
              { type: 'text_delta', text: turn },
            ],
          ]
        : turn.map(([name, input, id]) => [
            { type: 'tool_use', id: id ?? `toolu_${++ids}`, name, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(input) },
          ])
    const message = { id: `msg_${++ids}`, type: 'message', role: 'assistant', model: body.model, content: [] }
    const usage = { ...CLAUDE_USAGE, output_tokens: 1 }
    const stop_reason = typeof turn === 'string' ? 'end_turn' : 'tool_use'
    const events = [
      { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
      ...blocks.flatMap(([content_block, delta], index) => [
        { type: 'content_block_start', index, content_block },
        { type: 'content_block_delta', index, delta },
        { type: 'content_block_stop', index },
      ]),
      {
        type: 'message_delta',
        delta: { stop_reason, stop_sequence: null },
        usage: { output_tokens: CLAUDE_USAGE.output_tokens },
      },
      { type: 'message_stop' },
    ]
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    outgoing.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    bodies,
    /** What the model was told about its calls, in order. */
    told: (): string[] =>
      (bodies.at(-1)?.messages ?? []).flatMap(({ content }) =>
        typeof content === 'string'
          ? []
          : content.flatMap((block) => (block.type === 'tool_result' ? [JSON.stringify(block['content'])] : [])),
      ),
    /** For `options` of `query()`: nothing of the user, nothing of the network. */
    options: {
      model: 'claude-sonnet-4-5',
      settingSources: [],
      cwd: home,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        CLAUDE_CONFIG_DIR: join(home, '.claude'),
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ANTHROPIC_API_KEY: 'sk-test',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
        DISABLE_AUTOUPDATER: '1',
      },
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
