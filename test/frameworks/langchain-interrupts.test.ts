import { AIMessage } from '@langchain/core/messages'
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import { type DashClawMiddlewareOptions, dashclawMiddleware } from 'dashclaw/langchain'
import { createAgent, fakeModel } from 'langchain'
import { describe, expect, test } from 'vitest'
import {
  ask,
  asked,
  call,
  client,
  HOLD,
  mailer,
  type Row,
  reports,
  rows,
  scripted,
  server,
  start,
  tools,
  toolTexts,
} from './support/langchain.ts'

describe('a held call that interrupts the graph', () => {
  const config = { configurable: { thread_id: 'thread-1' } }
  const graph = (
    model: ReturnType<typeof fakeModel>,
    mail: ReturnType<typeof mailer>['mail'],
    checkpointer = new MemorySaver(),
    options: DashClawMiddlewareOptions = {},
    claw = client(),
  ) =>
    createAgent({
      model,
      tools: [mail],
      checkpointer,
      middleware: [dashclawMiddleware(claw, { interrupt: true, ...options })],
    })
  const interrupts = (answer: object) => (answer as { __interrupt__?: { value: Row }[] }).__interrupt__ ?? []

  test('stops the graph, runs once after the approval, and is asked for and recorded once', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const agent = graph(model, mail, undefined, {}, client({ guardMode: 'enforce', hitlMode: 'wait' }))
    const stopped = await agent.invoke(ask, config)
    const [action] = rows()
    expect(interrupts(stopped)).toMatchObject([
      { value: { type: 'dashclaw_approval', action_id: action!['action_id'], tool: 'send_mail', tool_call_id: 'c1' } },
    ])
    expect(action).toMatchObject({ status: 'pending_approval' })

    const early = await agent.invoke(new Command({ resume: { approved: true } }), config)
    expect(interrupts(early)).toHaveLength(1)
    expect(runs).toEqual([])

    server.approve(action!['action_id'] as string)
    const { messages } = await agent.invoke(new Command({ resume: true }), config)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
    expect(rows()).toMatchObject([{ status: 'completed', output_summary: 'sent to ann' }])
    expect([asked('/api/actions').length, asked('/api/guard').length]).toEqual([1, 1])
    expect(await reports()).toHaveLength(2)
  })

  test.each(['2.0', '2.10'] as const)(
    'is resumed by another process that shares the checkpoints only (%s)',
    async (version) => {
      const held = { ...HOLD, rules: { action_types: ['tool', 'other'] } }
      await start({ version, policies: [held] })
      const checkpointer = new MemorySaver()
      const first = mailer()
      await graph(scripted(call('c1')), first.mail, checkpointer).invoke(ask, config)
      server.approve(rows()[0]!['action_id'] as string)
      const second = mailer()
      const model = fakeModel().respond(new AIMessage('done'))
      const { messages } = await graph(model, second.mail, checkpointer).invoke(new Command({ resume: true }), config)
      expect(messages.at(-1)!.content).toBe('done')
      expect([first.runs.length, second.runs.length]).toEqual([0, 1])
      expect(rows()).toMatchObject([{ status: 'completed' }])
      // A 2.0 server refuses the type of the first one.
      expect(asked('/api/actions')).toHaveLength(version === '2.0' ? 2 : 1)
    },
  )

  test('tells the model when it was denied', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const model = scripted(call('c1'))
    const agent = graph(model, mail)
    await agent.invoke(ask, config)
    server.deny(rows()[0]!['action_id'] as string, { reasoning: 'not to Ann' })
    await agent.invoke(new Command({ resume: true }), config)
    expect(model.calls[1]!.messages.at(-1)!.content).toMatch(/a person denied it \(.*not to Ann/)
    expect(runs).toEqual([])
  })

  test('holds parallel calls each for itself, and runs the others once', async () => {
    await start({ policies: [HOLD] })
    const { mail, runs } = mailer()
    const agent = graph(
      scripted(call('c1', { to: 'ann' }), call('c2', { to: 'bob' }), call('c3', { to: 'cleo' })),
      mail,
      undefined,
      {
        describe: ({ input }) => ((input as { to: string }).to === 'bob' ? { action_type: 'message' } : {}),
      },
    )
    const stopped = await agent.invoke(ask, config)
    expect(interrupts(stopped)).toHaveLength(2)
    expect(runs).toEqual([{ to: 'bob' }])
    for (const row of tools()) server.approve(row['action_id'] as string)
    const resume = Object.fromEntries(
      (stopped as unknown as { __interrupt__: { id: string }[] }).__interrupt__.map(({ id }) => [id, true]),
    )
    const { messages } = await agent.invoke(new Command({ resume }), config)
    expect(toolTexts(messages)).toEqual(['sent to ann', 'sent to bob', 'sent to cleo'])
    expect(runs).toHaveLength(3)
    expect(asked('/api/actions')).toHaveLength(3)
  })

  test('that is allowed at once does not stop', async () => {
    await start()
    const { mail, runs } = mailer()
    const { messages } = await graph(scripted(call('c1')), mail).invoke(ask, config)
    expect(toolTexts(messages)).toEqual(['sent to ann'])
    expect(runs).toHaveLength(1)
  })

  test('keeps calls with the same id and arguments in one thread apart', async () => {
    await start()
    const { mail, runs } = mailer()
    const checkpointer = new MemorySaver()
    await graph(scripted(call('c1')), mail, checkpointer).invoke(ask, config)
    await graph(scripted(call('c1')), mail, checkpointer).invoke(ask, config)
    expect(runs).toHaveLength(2)
    expect(rows()).toHaveLength(2)
  })

  test('without a thread is refused, and nothing runs', async () => {
    await start()
    const { mail, runs } = mailer()
    const bare = createAgent({
      model: scripted(call('c1')),
      tools: [mail],
      middleware: [dashclawMiddleware(client(), { interrupt: true })],
    })
    await expect(bare.invoke(ask)).rejects.toMatchObject({ cause: { name: 'InputError', message: /thread_id/ } })
    expect(runs).toEqual([])
  })

  test.each([
    ['waited for', false],
    ['held by an interrupt', true],
  ])('of a tool that interrupts the graph itself stays one action when it is %s', async (_how, held) => {
    await start({ policies: held ? [HOLD] : [] })
    const seen: unknown[] = []
    const { mail, runs } = mailer(() => {
      const answer = interrupt('Which account?')
      seen.push(answer)
      return `sent with ${answer}`
    })
    const agent = graph(scripted(call('c1')), mail, undefined, { interrupt: held })
    let answer = await agent.invoke(ask, config)
    if (held) {
      server.approve(rows()[0]!['action_id'] as string)
      answer = await agent.invoke(new Command({ resume: 'go' }), config)
    }
    expect(interrupts(answer)).toMatchObject([{ value: 'Which account?' }])
    expect(rows()).toMatchObject([{ status: 'running' }])
    const { messages } = await agent.invoke(new Command({ resume: 'work' }), config)
    expect(seen).toEqual(['work'])
    expect(runs).toHaveLength(2)
    expect(toolTexts(messages)).toEqual(['sent with work'])
    expect(rows()).toMatchObject([{ status: 'completed' }])
    expect(asked('/api/actions')).toHaveLength(1)
  })
})
