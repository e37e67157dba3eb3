/** A Claude agent whose mail waits for a person. The model is a script on a loopback port, so that nothing leaves this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk'
import { DashClaw } from 'dashclaw'
import { dashclawHooks, observeQuery } from 'dashclaw/claude-agent'
import { createLocalServer } from 'dashclaw/local'
import { z } from 'zod'

const server = createLocalServer({
  policies: [{ name: 'Mail', policy_type: 'require_approval', rules: { action_types: ['message'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'mail-bot', fetch: server.fetch })

const send = tool('send', 'Sends a mail', { to: z.string() }, async ({ to }) => {
  console.log(`sending to ${to}`)
  return { content: [{ type: 'text', text: 'sent' }] }
})

/** Stands in for the API: asks for the tool once, then says that it is done. */
const api = createServer(async (request, response) => {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  const done = text.includes('"tool_result"')
  const [content_block, delta] = done
    ? [
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'The mail is sent.' },
      ]
    : [
        { type: 'tool_use', id: 'toolu_1', name: 'mcp__desk__send', input: {} },
        { type: 'input_json_delta', partial_json: '{"to":"ann@example.com"}' },
      ]
  const usage = { input_tokens: 50, output_tokens: 1 }
  const message = {
    id: `msg_${done}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [],
    usage,
  }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: done ? 'end_turn' : 'tool_use' }, usage: { output_tokens: 10 } },
    { type: 'message_stop' },
  ]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
})
await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
const home = mkdtempSync(join(tmpdir(), 'claude-'))

const messages = query({
  prompt: 'Mail ann@example.com',
  options: {
    hooks: dashclawHooks(claw, {
      actionTypes: { mcp__desk__send: 'message' },
      onPending({ action_id, declared_goal }) {
        console.log(`waiting for a person: ${declared_goal}`)
        // A person decides in the dashboard; here the same client does.
        void claw.approveAction(action_id, { decision: 'allow' })
      },
    }),
    mcpServers: { desk: createSdkMcpServer({ name: 'desk', tools: [send] }) },
    allowedTools: ['mcp__desk__send'],
    tools: [],
    model: 'claude-sonnet-4-5',
    settingSources: [],
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      ANTHROPIC_API_KEY: 'local',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
  },
})
for await (const message of observeQuery(claw, messages)) {
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result)
}
for (const { declared_goal, status } of (await claw.getActions()).actions) console.log(`${declared_goal}: ${status}`)
await claw.close()
api.closeAllConnections()
api.close()
rmSync(home, { recursive: true, force: true, maxRetries: 5 })
