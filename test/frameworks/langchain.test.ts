import { ToolMessage } from '@langchain/core/messages'
import { type DashClawMiddlewareOptions, dashclawMiddleware } from 'dashclaw/langchain'
import {
  type AgentMiddleware,
  createAgent,
  createMiddleware,
  type fakeModel,
  tool,
  toolRetryMiddleware,
} from 'langchain'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import {
  ask,
  BLOCK,
  call,
  client,
  HOLD,
  mailer,
  NOT_ALLOWED,
  type Row,
  reports,
  rows,
  scripted,
  server,
  start,
  TOKENS,
  toolTexts,
} from './support/langchain.ts'

describe('the middleware of createAgent', () => {
  const agent = (
    model: ReturnType<typeof fakeModel>,
    mail: ReturnType<typeof mailer>['mail'],
    options?: DashClawMiddlewareOptions,
  ) => createAgent({ model, tools: [mail], middleware: [dashclawMiddleware(client(), options)] })

  test('lets an allowed tool run as an action, with secrets masked and tokens counted', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 'ann', body: 'password: hunter22' }))
    const { messages } = await agent(model, mail).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    expect(rows()).toEqual([
      expect.objectContaining({
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^send_mail\(/),
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        output_summary: 'sent to ann',
        status: 'completed',
        duration_ms: expect.any(Number),
      }),
    ])
    expect(await reports()).toEqual(TOKENS)
  })

  test('does not run a blocked tool, and tells the model with a message of status error', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const { messages } = await agent(model, mail).invoke(ask)
    expect(runs).toEqual([])
    const told = model.calls[1]!.messages.at(-1) as ToolMessage
    expect(told).toBeInstanceOf(ToolMessage)
    expect(told).toMatchObject({ content: NOT_ALLOWED, tool_call_id: 'c1', name: 'send_mail', status: 'error' })
    expect(JSON.parse(JSON.stringify(told)).kwargs.status).toBe('error')
    expect(messages.at(-1)!.content).toBe('done')
  })

  test('ends the run of a blocked tool where that is asked for', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    const run = agent(scripted(call('c1')), mail, { onDeny: 'throw' }).invoke(ask)
    await expect(run).rejects.toMatchObject({ name: 'GuardBlockedError', cause: { name: 'GuardBlockedError' } })
    expect(runs).toEqual([])
  })

  test('runs a held tool only after a person approved it', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const held: string[] = []
    const claw = client()
    const person = client({ agentId: 'person' })
    const middleware = dashclawMiddleware(claw, {
      onPending({ action_id }) {
        held.push(action_id)
        expect(runs).toEqual([])
        void person.approveAction(action_id, { decision: 'allow' })
      },
    })
    const { messages } = await createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [middleware],
    }).invoke(ask)
    expect(held).toHaveLength(1)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([{ action_id: held[0], status: 'completed' }])
  })

  test('does not run a denied tool, and tells the model why', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    await agent(model, mail, {
      onPending: ({ action_id }) => void server.deny(action_id, { reasoning: 'not to Ann' }),
    }).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not run: a person denied it \(.*not to Ann/)
  })

  test('runs nothing when the guard can not be reached', async () => {
    await start()
    const { mail, runs } = mailer()
    const away = { baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }
    const model = scripted(call('c1'))
    const enforced = dashclawMiddleware(client({ ...away, guardMode: 'enforce' }))
    await createAgent({ model, tools: [mail], middleware: [enforced] }).invoke(ask)
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not run: the guard .* could not be asked/)
    const bare = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(client(away))],
    })
    await expect(bare.invoke(ask)).rejects.toMatchObject({
      name: 'ConnectionError',
      cause: { name: 'ConnectionError' },
    })
    expect(runs).toEqual([])
  })

  test('keeps parallel calls apart: one is blocked, the others run', async () => {
    await start({
      policies: [{ name: 'Risk', policy_type: 'risk_threshold', rules: { threshold: 70, action: 'block' } }],
    })
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 'ann' }), call('c2', { to: 'eve' }), call('c3', { to: 'bob' }))
    const { messages } = await agent(model, mail, {
      describe: ({ input }) => ({ risk_score: (input as { to: string }).to === 'eve' ? 90 : 10 }),
    }).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent to ann', expect.stringMatching(/not allowed \(Risk/), 'sent to bob'])
    expect(runs).toHaveLength(2)
  })

  test('records what a tool throws as its failure, and throws it on', async () => {
    await start()
    const { mail } = mailer(() => {
      throw new Error('smtp is down')
    })
    await expect(agent(scripted(call('c1')), mail).invoke(ask)).rejects.toThrow('smtp is down')
    expect(rows()).toMatchObject([{ status: 'failed', error_message: 'smtp is down' }])
  })

  test('goes with other middleware: the tries of a retry are one action, an error for the model is a failure', async () => {
    await start()
    let tries = 0
    const { mail } = mailer(() => {
      if (++tries < 3) throw new Error('smtp is down')
      return 'sent'
    })
    // Its own type does not fit `middleware` under `exactOptionalPropertyTypes`.
    const retry = toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 1 }) as AgentMiddleware
    const first = dashclawMiddleware(client())
    const { messages } = await createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [first, retry],
    }).invoke(ask)
    expect(toolTexts(messages)).toEqual(['sent'])
    expect(rows()).toMatchObject([{ status: 'completed' }])
    tries = -5
    const telling = createMiddleware({
      name: 'Telling',
      wrapToolCall: async (request, handler) => {
        try {
          return await handler(request)
        } catch (error) {
          return new ToolMessage({ content: `${error}`, tool_call_id: request.toolCall.id!, status: 'error' })
        }
      },
    })
    const told = createAgent({ model: scripted(call('c1')), tools: [mail], middleware: [first, telling] })
    const answer = await told.invoke(ask)
    expect(toolTexts(answer.messages)[0]).toContain('smtp is down')
    expect(rows()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ status: 'failed', error_message: expect.stringContaining('smtp') }),
      ]),
    )
  })

  test('leaves arguments that do not fit the schema to LangChain, and records that nothing came of them', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1', { to: 17 }))
    await agent(model, mail).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/did not match expected schema/)
    expect(rows()).toMatchObject([{ status: 'failed', error_message: expect.stringContaining('schema') }])
  })

  test('refuses arguments that change after they were allowed', async () => {
    await start()
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const meddling = createMiddleware({
      name: 'Meddling',
      wrapToolCall: (request, handler) =>
        handler({ ...request, toolCall: { ...request.toolCall, args: { to: 'eve' } } }),
    })
    await createAgent({ model, tools: [mail], middleware: [dashclawMiddleware(client()), meddling] }).invoke(ask)
    expect(runs).toEqual([])
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/arguments are no longer those that were allowed/)
    expect(rows()).toMatchObject([{ status: 'failed' }])
  })

  test('ends the wait for a person when the run is aborted, and records the action as cancelled', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const abort = new AbortController()
    const run = agent(scripted(call('c1')), mail, { onPending: () => abort.abort() }).invoke(ask, {
      signal: abort.signal,
    })
    await expect(run).rejects.toThrow(/abort/i)
    await eventually(() => expect(rows()).toMatchObject([{ status: 'cancelled' }]))
    expect(runs).toEqual([])
  })

  test('makes the calls of an agent inside of a tool the children of that tool', async () => {
    await start()
    const claw = client()
    const { mail } = mailer()
    const inner = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(claw.forAgent('inner'))],
    })
    const delegate = tool(async () => (await inner.invoke(ask)).messages.at(-1)!.content as string, {
      name: 'delegate',
      description: 'Asks another agent',
      schema: z.object({}),
    })
    await createAgent({
      model: scripted(call('c1', {}, 'delegate')),
      tools: [delegate],
      middleware: [dashclawMiddleware(claw, { parent_action_id: 'act_root' })],
    }).invoke(ask)
    const [outer, child] = ['delegate', 'send_mail'].map((name) =>
      rows().find((row) => String(row['declared_goal']).startsWith(`${name}(`)),
    )
    expect(outer).toMatchObject({ agent_id: 'agent-1', parent_action_id: 'act_root' })
    expect(child).toMatchObject({ agent_id: 'inner', parent_action_id: outer!['action_id'] })
    expect((await reports()).map((body) => (body as Row)['agent_id']).sort()).toEqual([
      'agent-1',
      'agent-1',
      'inner',
      'inner',
    ])
  })

  test('skips what it is told to skip', async () => {
    await start({ policies: [BLOCK] })
    const { mail, runs } = mailer()
    await agent(scripted(call('c1')), mail, { skip: ({ name }) => name === 'send_mail' }).invoke(ask)
    expect(runs).toHaveLength(1)
    expect(rows()).toEqual([])
  })

  test('of two agents with their own clients does not mix them up', async () => {
    await start()
    const names = ['red', 'blue', 'green']
    const done = names.map((agentId) => {
      const { mail } = mailer()
      const middleware = [dashclawMiddleware(client({ agentId }))]
      return createAgent({ model: scripted(call('c1', { to: agentId })), tools: [mail], middleware }).invoke(ask)
    })
    await Promise.all(done)
    expect(
      rows()
        .map((row) => [row['agent_id'], row['output_summary']])
        .sort(),
    ).toEqual(names.map((name) => [name, `sent to ${name}`]).sort())
    expect((await reports()).map((body) => (body as Row)['agent_id']).sort()).toEqual(
      names.flatMap((n) => [n, n]).sort(),
    )
  })
})
