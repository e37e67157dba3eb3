import { AIMessage } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { DashClawCallbackHandler, dashclawMiddleware } from 'dashclaw/langchain'
import { createAgent, fakeModel, tool } from 'langchain'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import {
  ask,
  BLOCK,
  call,
  client,
  clients,
  HOLD,
  mailer,
  NOT_ALLOWED,
  rows,
  said,
  scripted,
  server,
  start,
  toolTexts,
} from './support/langchain.ts'

describe('the callback handler', () => {
  const wait = (options: object) => new DashClawCallbackHandler(client(), options)
  let warn: ReturnType<typeof vi.spyOn>
  beforeEach(() => {
    warn = vi.spyOn(console, 'error').mockImplementation(() => {})
  })
  afterEach(() => warn.mockRestore())

  test('records a tool that is allowed', async () => {
    await start()
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    await expect(mail.invoke({ to: 'ann', body: 'password: hunter22' }, { callbacks })).resolves.toBe('sent to ann')
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([
      {
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^send_mail\(/),
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        output_summary: 'sent to ann',
        status: 'completed',
      },
    ])
  })

  test('stops a blocked tool, also in an agent, whose model reads why', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    const refused = { name: 'GuardBlockedError', decision: 'block', message: NOT_ALLOWED }
    await expect(mail.invoke({ to: 'ann' }, { callbacks })).rejects.toMatchObject(refused)
    const model = scripted(call('c1'))
    await createAgent({ model, tools: [mail] }).invoke(ask, { callbacks })
    expect(model.calls[1]!.messages.at(-1)!.content).toContain(NOT_ALLOWED)
    expect(runs).toEqual([])
  })

  test("stops a blocked tool in a graph of one's own as well", async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('tools', new ToolNode([mail]))
      .addEdge(START, 'tools')
      .compile()
    const messages = [said({ content: '', tool_calls: [call('c1'), call('c2', { to: 'bob' })] })]
    const answer = await graph.invoke({ messages }, { callbacks: [new DashClawCallbackHandler(client())] })
    expect(toolTexts(answer.messages)).toEqual([
      expect.stringContaining(NOT_ALLOWED),
      expect.stringContaining(NOT_ALLOWED),
    ])
    expect(runs).toEqual([])
  })

  test('waits for a person', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const pending = vi.fn(({ action_id }: { action_id: string }) => {
      expect(runs).toEqual([])
      server.approve(action_id)
    })
    await mail.invoke({ to: 'ann' }, { callbacks: [wait({ onPending: pending })] })
    expect(pending).toHaveBeenCalledTimes(1)
    expect(runs).toHaveLength(1)
    const denied = wait({ onPending: ({ action_id }: { action_id: string }) => void server.deny(action_id) })
    await expect(mail.invoke({ to: 'ann' }, { callbacks: [denied] })).rejects.toThrow(/did not run: a person denied it/)
    const abort = new AbortController()
    const left = wait({ signal: abort.signal, onPending: () => abort.abort() })
    await expect(mail.invoke({ to: 'ann' }, { callbacks: [left] })).rejects.toThrow(/abort/i)
    expect(runs).toHaveLength(1)
    await eventually(() =>
      expect(
        rows()
          .map((row) => row['status'])
          .sort(),
      ).toEqual(['cancelled', 'completed', 'failed']),
    )
  })

  test('runs nothing when the guard can not be reached', async () => {
    await start()
    const { mail, runs } = mailer()
    const callbacks = [new DashClawCallbackHandler(client({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }))]
    await expect(mail.invoke({ to: 'ann' }, { callbacks })).rejects.toMatchObject({ name: 'ConnectionError' })
    await expect(scripted().invoke('Hi', { callbacks })).rejects.toMatchObject({ name: 'ConnectionError' })
    expect(runs).toEqual([])
  })

  test('records calls of models, and stops those that are blocked', async () => {
    await start({ policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['planning'] } }] })
    const model = fakeModel().respond(new AIMessage('Hello'))
    const callbacks = [new DashClawCallbackHandler(client())]
    await expect(model.invoke('Hi', { callbacks })).rejects.toMatchObject({ name: 'GuardBlockedError' })
    expect(model.calls).toEqual([])
    const [policy] = (await clients[0]!.listPolicies()).policies
    await clients[0]!.updatePolicy(policy!.id, { active: 0 })
    await model.invoke('My password: hunter22', { callbacks })
    expect(rows()).toMatchObject([
      { action_type: 'planning', status: 'blocked' },
      {
        action_type: 'planning',
        risk_score: 10,
        input_summary: 'My password: [REDACTED]',
        output_summary: 'Hello',
        status: 'completed',
      },
    ])
  })

  test('works on servers that know few types of actions', async () => {
    await start({ version: '2.0' })
    const { mail } = mailer()
    const callbacks = [new DashClawCallbackHandler(client())]
    await createAgent({ model: scripted(call('c1')), tools: [mail] }).invoke(ask, { callbacks })
    expect(rows().map((row) => [row['action_type'], row['status']])).toEqual(
      Array.from({ length: 3 }, () => ['other', 'completed']),
    )
  })

  test('makes what runs inside of a tool its children, through chains', async () => {
    await start()
    const { mail } = mailer()
    const outer = tool(
      async (_input, config) => RunnableLambda.from(() => mail.invoke({ to: 'ann' })).invoke('x', config),
      {
        name: 'outer',
        description: 'Calls another tool',
        schema: z.object({}),
      },
    )
    const callbacks = [new DashClawCallbackHandler(client(), { parent_action_id: 'act_root' })]
    await RunnableLambda.from(() => outer.invoke({})).invoke('x', { callbacks })
    const named = (name: string) => rows().find((row) => String(row['declared_goal']).startsWith(`${name}(`))
    expect(named('outer')).toMatchObject({ parent_action_id: 'act_root', status: 'completed' })
    expect(named('send_mail')).toMatchObject({ parent_action_id: named('outer')!['action_id'], status: 'completed' })
  })

  test('finds the tool of the middleware around a call before tools further out', async () => {
    await start()
    const claw = client()
    const { mail } = mailer()
    const wrap = (name: string, work: () => Promise<unknown>) =>
      tool(async () => `${await work()}`, { name, description: 'Works', schema: z.object({}) })
    const delegate = wrap('delegate', () => mail.invoke({ to: 'ann' }))
    const model = scripted(call('c1', {}, 'delegate'))
    const agent = createAgent({ model, tools: [delegate], middleware: [dashclawMiddleware(claw)] })
    const outer = wrap('outer', () => agent.invoke(ask))
    await outer.invoke({}, { callbacks: [new DashClawCallbackHandler(claw, { recordModels: false })] })
    const named = (name: string) => rows().find((row) => String(row['declared_goal']).startsWith(`${name}(`))
    expect(rows()).toHaveLength(3)
    expect(named('send_mail')).toMatchObject({ parent_action_id: named('delegate')!['action_id'] })
  })

  test('that observes lets all run at once, and records what it can', async () => {
    await start({
      policies: [{ name: 'Mail', policy_type: 'block_action_type', rules: { action_types: ['message'] } }],
    })
    const { mail, runs } = mailer()
    const logger = { warn: vi.fn() }
    const claw = client({ logger })
    const observe = new DashClawCallbackHandler(claw, { mode: 'observe' })
    await mail.invoke({ to: 'ann' }, { callbacks: [observe] })
    const blocked = new DashClawCallbackHandler(claw, { mode: 'observe', action_type: 'message' })
    await mail.invoke({ to: 'bob' }, { callbacks: [blocked] })
    expect(runs).toHaveLength(2)
    await claw.flush()
    expect(rows()).toMatchObject([
      { input_summary: '{"to":"ann"}', status: 'completed', output_summary: 'sent to ann' },
      { input_summary: '{"to":"bob"}', status: 'blocked' },
    ])
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(String(logger.warn.mock.calls[0]![0])).toContain('record of send_mail')
  })

  test('that observes is not held up by a server that is away', async () => {
    await start()
    const { mail, runs } = mailer()
    server.failNext({ path: '/api/actions', delay: 60_000 })
    const warn = vi.fn()
    const claw = client({ logger: { warn }, timeout: 1500, maxRetries: 0 })
    await mail.invoke({ to: 'ann' }, { callbacks: [new DashClawCallbackHandler(claw, { mode: 'observe' })] })
    expect(runs).toHaveLength(1)
    // The tool was over while the record was still waited for.
    expect(warn).not.toHaveBeenCalled()
    await eventually(() => expect(warn).toHaveBeenCalled())
  })
})
