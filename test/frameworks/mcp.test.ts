import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createMCPClient, type MCPTransport } from '@ai-sdk/mcp'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { generateText } from 'ai'
import type { DashClaw } from 'dashclaw'
import { governClient, governHandler, governServer, type McpGovernOptions } from 'dashclaw/mcp'
import { resume, type ToolHeldError } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { BLOCK, call, DONE, HOLD, opened, rows, scripted, setup, stopWhen, told } from './support/ai-sdk.ts'

/** A server with a mail tool that remembers what it was run with. */
function mailServer(prepare: (server: McpServer) => void = () => {}) {
  const runs: unknown[] = []
  const server = new McpServer({ name: 'mail', version: '1' })
  prepare(server)
  server.registerTool(
    'send',
    {
      description: 'Sends a mail',
      inputSchema: { to: z.string(), body: z.string().optional() },
      outputSchema: { sent: z.string() },
    },
    async (args) => {
      runs.push(args)
      if (args.to === 'nobody') return { content: [{ type: 'text', text: 'no such person' }], isError: true }
      if (args.to === 'broken') throw new Error('smtp is down')
      return { content: [{ type: 'text', text: `sent to ${args.to}` }], structuredContent: { sent: args.to } }
    },
  )
  return { server, runs }
}

async function connect(server: McpServer) {
  const [near, far] = InMemoryTransport.createLinkedPair()
  const client = new Client({ name: 'agent', version: '1' })
  await Promise.all([server.connect(far), client.connect(near)])
  opened.push(() => client.close())
  return client
}

const textOf = (result: unknown) =>
  ((result as CallToolResult).content as { text: string }[]).map(({ text }) => text).join('\n')

type Side = [string, (claw: DashClaw, options?: McpGovernOptions) => Promise<{ client: Client; runs: unknown[] }>]
const SIDES: Side[] = [
  [
    'a governed client',
    async (claw, options) => {
      const { server, runs } = mailServer()
      const client = await connect(server)
      expect(governClient(claw, client, options)).toBe(client)
      return { client: governClient(claw, client, options), runs }
    },
  ],
  [
    'a governed server',
    async (claw, options) => {
      const { server, runs } = mailServer((server) => {
        expect(governServer(claw, governServer(claw, server, options), options)).toBe(server)
      })
      return { client: await connect(server), runs }
    },
  ],
  [
    'a server that is governed after its tools were registered',
    async (claw, options) => {
      const { server, runs } = mailServer()
      return { client: await connect(governServer(claw, server, options)), runs }
    },
  ],
]

describe.each(SIDES)('%s', (side, make) => {
  const remote = side !== 'a governed client'
  const to = (name: string, body?: string) => ({ name: 'send', arguments: { to: name, ...(body && { body }) } })

  test('lets an allowed call run, and records it', async () => {
    const { server, claw } = await setup()
    const { client, runs } = await make(claw, { risk_score: 12 })
    const result = await client.callTool(to('ann', 'password: hunter22'))
    expect(result).toEqual({
      content: [{ type: 'text', text: 'sent to ann' }],
      structuredContent: { sent: 'ann' },
    })
    expect(runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    await eventually(() => expect(rows(server)[0]?.['status']).toBe('completed'))
    expect(rows(server)).toEqual([
      expect.objectContaining({
        declared_goal: expect.stringMatching(/^send\(/),
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:send sha256:[0-9a-f]{64}$/),
        output_summary: expect.stringContaining('sent to ann'),
        risk_score: 12,
        duration_ms: expect.any(Number),
      }),
    ])
  })
  test('stops a blocked call, with a result that tells the model why', async () => {
    const { claw } = await setup([BLOCK])
    const { client, runs } = await make(claw)
    await client.listTools() // from here on the client checks results against the output schema
    expect(await client.callTool(to('ann'))).toEqual({
      content: [
        {
          type: 'text',
          text: 'The call of the tool "send" did not run: it is not allowed (Mail: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.',
        },
      ],
      isError: true,
    })
    expect(runs).toEqual([])
  })
  test('holds a call until another client approves it', async () => {
    const { server, claw, client: another } = await setup([HOLD])
    const operator = another('operator')
    const onPending = vi.fn(async ({ action_id }: { action_id: string }) => {
      await delay(20)
      expect(runs).toEqual([])
      await operator.approveAction(action_id, { decision: 'allow' })
    })
    const { client, runs } = await make(claw, { onPending: (action) => void onPending(action) })
    expect(textOf(await client.callTool(to('ann')))).toBe('sent to ann')
    expect(onPending).toHaveBeenCalledTimes(1)
    expect(runs.length).toBe(1)
    await eventually(() => expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed' })]))
  })
  test('tells the model why a person said no', async () => {
    const { server, claw } = await setup([HOLD])
    const onPending = ({ action_id }: { action_id: string }) => void server.deny(action_id, { reasoning: 'not to Ann' })
    const { client, runs } = await make(claw, { onPending })
    const result = await client.callTool(to('ann'))
    expect(result.isError).toBe(true)
    expect(textOf(result)).toContain('a person denied it (not to Ann)')
    expect(runs).toEqual([])
  })
  test('runs nothing while the guard cannot be reached', async () => {
    const { client: another } = await setup()
    const claw = another('agent-1', { baseUrl: 'http://127.0.0.1:9', guardMode: 'enforce', maxRetries: 0 })
    const { client, runs } = await make(claw)
    expect(textOf(await client.callTool(to('ann')))).toContain('the guard that has to allow it could not be asked')
    expect(runs).toEqual([])
  })
  test('throws the denial where that is asked for', async () => {
    const { claw } = await setup([BLOCK])
    const { client, runs } = await make(claw, { onDeny: 'throw' })
    const answer = client.callTool(to('ann'))
    if (remote) expect(await answer).toMatchObject({ isError: true })
    else await expect(answer).rejects.toMatchObject({ name: 'GuardBlockedError', decision: 'block' })
    expect(runs).toEqual([])
  })
  test('records a result that says it is an error as a failure, and passes it on', async () => {
    const { server, claw } = await setup()
    const { client } = await make(claw)
    expect(await client.callTool(to('nobody'))).toEqual({
      content: [{ type: 'text', text: 'no such person' }],
      isError: true,
    })
    expect(textOf(await client.callTool(to('broken')))).toBe('smtp is down')
    await eventually(() =>
      expect(rows(server)).toEqual([
        expect.objectContaining({ status: 'failed', error_message: 'no such person' }),
        expect.objectContaining({ status: 'failed', error_message: 'smtp is down' }),
      ]),
    )
  })
  test('keeps parallel calls apart, leaves out what skip names, and gives the parent to the rest', async () => {
    const { server, claw } = await setup()
    const { action } = await claw.createAction({ action_type: 'research', declared_goal: 'Whole run' })
    const { client, runs } = await make(claw, {
      parent_action_id: action.action_id,
      skip: ({ input }) => (input as { to: string }).to === 'ann',
    })
    const results = await Promise.all(['ann', 'bob', 'cid'].map((name) => client.callTool(to(name))))
    expect(results.map(textOf)).toEqual(['sent to ann', 'sent to bob', 'sent to cid'])
    expect(runs.length).toBe(3)
    await eventually(() =>
      expect(
        rows(server)
          .slice(1)
          .map(({ input_summary, status, parent_action_id }) => [input_summary, status, parent_action_id])
          .sort(),
      ).toEqual([
        ['{"to":"bob"}', 'completed', action.action_id],
        ['{"to":"cid"}', 'completed', action.action_id],
      ]),
    )
  })
  test('stops waiting when the caller gives up, and does not run', async () => {
    const { server, claw } = await setup([HOLD])
    const controller = new AbortController()
    const { client, runs } = await make(claw, { onPending: () => void setTimeout(() => controller.abort(), 20) })
    await expect(client.callTool(to('ann'), undefined, { signal: controller.signal })).rejects.toThrow(/abort/i)
    await eventually(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
    expect(runs).toEqual([])
  })
})

describe('governClient', () => {
  test('gives a ticket where nobody waits, and runs the call later', async () => {
    const { server, claw } = await setup([HOLD])
    const { server: mail, runs } = mailServer()
    const client = governClient(claw, await connect(mail), { wait: false, onDeny: 'throw' })
    const error = (await client
      .callTool({ name: 'send', arguments: { to: 'ann' } })
      .catch((error: unknown) => error)) as ToolHeldError
    expect(runs).toEqual([])
    server.approve(error.ticket.action_id)
    const other = await connect(mailServer().server)
    const run = (input: unknown) => other.callTool({ name: 'send', arguments: input as Record<string, unknown> })
    expect(textOf(await resume(claw, error.ticket, run))).toBe('sent to ann')
  })
  test('refuses arguments that were changed while the call waited', async () => {
    const { server, claw } = await setup([HOLD])
    const { server: mail, runs } = mailServer()
    const params = { name: 'send', arguments: { to: 'ann' } }
    const onPending = ({ action_id }: { action_id: string }) => {
      params.arguments = { to: 'eve' }
      server.approve(action_id)
    }
    const client = governClient(claw, await connect(mail), { onPending })
    expect(textOf(await client.callTool(params))).toContain('the arguments are no longer those that were allowed')
    expect(runs).toEqual([])
  })
  test('leaves the other methods as they are', async () => {
    const { server, claw } = await setup([BLOCK])
    const client = governClient(claw, await connect(mailServer().server))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['send'])
    expect(await client.ping()).toEqual({})
    expect(server.requests).toEqual([])
  })
  test('does not mix two agents', async () => {
    const { server, client: another } = await setup()
    const clients = await Promise.all(
      ['one', 'two'].map(async (agent) => governClient(another(agent), await connect(mailServer().server))),
    )
    await Promise.all(clients.map((client) => client.callTool({ name: 'send', arguments: { to: 'ann' } })))
    expect(
      rows(server)
        .map(({ agent_id, status }) => `${agent_id} ${status}`)
        .sort(),
    ).toEqual(['one completed', 'two completed'])
  })
  test.each([false, true])('governs the tools that the AI SDK makes of a server (blocked: %s)', async (blocked) => {
    const { server, claw } = await setup(blocked ? [BLOCK] : [])
    const { server: mail, runs } = mailServer()
    const [near, far] = InMemoryTransport.createLinkedPair()
    await mail.connect(far)
    const client = governClient(claw, await createMCPClient({ transport: near as MCPTransport }))
    opened.push(() => client.close())
    const model = scripted([call('ann')], DONE)
    const { text } = await generateText({ model, prompt: 'Mail Ann', stopWhen, tools: await client.tools() })
    expect(text).toBe('done')
    expect(JSON.stringify(told(model))).toContain(blocked ? 'it is not allowed' : 'sent to ann')
    expect(runs).toEqual(blocked ? [] : [{ to: 'ann' }])
    const done = rows(server).filter(({ status }) => status === 'completed')
    expect(done.map(({ input_summary }) => input_summary)).toEqual(blocked ? [] : ['{"to":"ann"}'])
  })
})

describe('governServer', () => {
  test('asks after the arguments were checked against the schema', async () => {
    const { server, claw } = await setup()
    const { server: mail, runs } = mailServer((server) => void governServer(claw, server))
    const client = await connect(mail)
    expect(await client.callTool({ name: 'send', arguments: { to: 7 } })).toMatchObject({ isError: true })
    expect(runs).toEqual([])
    expect(server.requests).toEqual([])
  })
  test('governs a tool without arguments, the old tool(), and callbacks that are put in later', async () => {
    const { server, claw } = await setup()
    const mail = governServer(claw, new McpServer({ name: 'mail', version: '1' }))
    const says = (text: string) => (): CallToolResult => ({ content: [{ type: 'text', text }] })
    mail.registerTool('count', {}, says('three'))
    const old = mail.tool('list', 'Lists', says('ann'))
    const client = await connect(mail)
    expect(textOf(await client.callTool({ name: 'count' }))).toBe('three')
    old.update({ callback: says('bob') })
    old.update({ name: 'list_all', callback: says('cid') })
    expect(textOf(await client.callTool({ name: 'list_all' }))).toBe('cid')
    await eventually(() =>
      expect(rows(server).map(({ declared_goal, status }) => [declared_goal, status])).toEqual([
        ['count()', 'completed'],
        ['list_all()', 'completed'],
      ]),
    )
  })
  test('governs the start of a task', async () => {
    const { claw } = await setup([BLOCK])
    const created = vi.fn()
    const mail = governServer(
      claw,
      new McpServer(
        { name: 'mail', version: '1' },
        {
          capabilities: { tasks: { requests: { tools: { call: {} } } } },
          taskStore: new InMemoryTaskStore(),
        },
      ),
    )
    mail.experimental.tasks.registerToolTask(
      'send',
      { inputSchema: { to: z.string() }, execution: { taskSupport: 'optional' } },
      {
        createTask: async (_args, { taskStore }) => {
          created()
          return { task: await taskStore.createTask({ ttl: 1000 }) }
        },
        getTask: async (_args, { taskId, taskStore }) => await taskStore.getTask(taskId),
        getTaskResult: async (_args, { taskId, taskStore }) =>
          (await taskStore.getTaskResult(taskId)) as CallToolResult,
      },
    )
    const client = await connect(mail)
    const result = await client.callTool({ name: 'send', arguments: { to: 'ann' } })
    expect(result.isError).toBe(true)
    expect(created).not.toHaveBeenCalled()
  })
  test('works over HTTP', async () => {
    const { claw, server } = await setup()
    const http = createServer(async (request, response) => {
      const { server: mail } = mailServer((server) => void governServer(claw, server))
      const transport = new StreamableHTTPServerTransport({})
      response.on('close', () => void transport.close())
      await mail.connect(transport as Transport)
      await transport.handleRequest(request, response)
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    opened.push(() => new Promise((resolve) => http.close(resolve)))
    const { port } = http.address() as AddressInfo
    const client = new Client({ name: 'agent', version: '1' })
    await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}`)) as Transport)
    opened.push(() => client.close())
    expect(textOf(await client.callTool({ name: 'send', arguments: { to: 'ann' } }))).toBe('sent to ann')
    await claw.createPolicy({ ...BLOCK, rules: { action_types: ['tool'] } })
    expect(textOf(await client.callTool({ name: 'send', arguments: { to: 'bob' } }))).toContain('it is not allowed')
    expect(rows(server).filter(({ status }) => status === 'completed').length).toBe(1)
  })
})

describe('governHandler', () => {
  test('keeps the type and the arguments of a handler', async () => {
    const { claw } = await setup()
    const handler = governHandler(claw, 'add', async ({ a }: { a: number }, extra: { sessionId?: string }) => ({
      content: [{ type: 'text' as const, text: `${a} ${extra.sessionId}` }],
    }))
    expect(textOf(await handler({ a: 1 }, { sessionId: 's' }))).toBe('1 s')
    expect(governHandler(claw, 'add', handler)).toBe(handler)
  })
})
