/** A server of the Model Context Protocol whose tools run only when they are allowed, and a client that calls it. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
import { governServer } from 'dashclaw/mcp'
import { z } from 'zod'

const server = createLocalServer({
  policies: [{ name: 'No deletions', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }],
})
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'files-mcp', fetch: server.fetch })

const files = governServer(claw, new McpServer({ name: 'files', version: '1.0.0' }), {
  actionTypes: { delete_file: 'cleanup' },
})
for (const verb of ['read', 'delete']) {
  files.registerTool(`${verb}_file`, { inputSchema: { path: z.string() } }, async ({ path }) => ({
    content: [{ type: 'text', text: `${verb} ${path}: done` }],
  }))
}

const [near, far] = InMemoryTransport.createLinkedPair()
const client = new Client({ name: 'agent', version: '1.0.0' })
await Promise.all([files.connect(far), client.connect(near)])
for (const name of ['read_file', 'delete_file']) {
  const { content, isError } = await client.callTool({ name, arguments: { path: 'notes.txt' } })
  console.log(isError ? 'stopped:' : 'ran:', (content as { text: string }[])[0]?.text)
}
await client.close()
await claw.close()
