import { DashClawCallbackHandler, dashclawMiddleware, type ToolRequest } from 'dashclaw/langchain'
import { createLocalServer } from 'dashclaw/local'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { asked, rejection, rows, setup } from '../support/local.ts'
import { HOLD } from '../support/tool-policies.ts'

const tool = { id: ['langchain', 'tools', 'DynamicTool'] }
const start = (handler: DashClawCallbackHandler, runId: string, input = '{"to":"ann"}', parent?: string) =>
  handler.handleToolStart(tool, input, runId, parent, [], {}, 'send_mail')

describe('the callback handler of LangChain', () => {
  test('has the flags without which LangChain runs the tool in spite of an error', () => {
    const { claw } = setup()
    const block = new DashClawCallbackHandler(claw)
    expect(block).toMatchObject({ name: 'DashClawCallbackHandler', awaitHandlers: true, raiseError: true })
    expect(block.copy()).toBe(block)
    expect(new DashClawCallbackHandler(claw, { mode: 'observe' })).toMatchObject({
      awaitHandlers: true,
      raiseError: false,
    })
  })
  test('refuses what is no client and what is no mode', () => {
    expect(() => new DashClawCallbackHandler({} as never)).toThrow(/claw must be a client/)
    expect(() => new DashClawCallbackHandler(setup().claw, { mode: 'watch' as never })).toThrow(/mode must be/)
  })
  test('takes the name of a tool from its run, and its arguments from JSON or as the text they are', async () => {
    const { claw, server } = setup()
    const handler = new DashClawCallbackHandler(claw, { describe: ({ input }) => ({ trigger: typeof input }) })
    await start(handler, 'run-1')
    await start(handler, 'run-2', '{not json')
    await handler.handleToolStart(tool, '17', 'run-3')
    expect(rows(server).map((row) => [row['declared_goal'], row['input_summary'], row['trigger']])).toEqual([
      ["send_mail({ to: 'ann' })", '{"to":"ann"}', 'object'],
      ["send_mail('{not json')", '{not json', 'string'],
      ["DynamicTool('17')", '17', 'string'],
    ])
  })
  test('records a tool message that tells of an error as a failure, and an interrupt as none', async () => {
    const { claw, server } = setup()
    const handler = new DashClawCallbackHandler(claw)
    await start(handler, 'run-1')
    await handler.handleToolEnd({ content: 'no such mailbox', status: 'error' }, 'run-1')
    await start(handler, 'run-2')
    await handler.handleToolError(
      Object.assign(new Error('x'), { name: 'GraphInterrupt', is_bubble_up: true }),
      'run-2',
    )
    expect(rows(server)).toMatchObject([
      { status: 'failed', error_message: 'no such mailbox' },
      { status: 'completed', output_summary: 'GraphInterrupt: goes on in the graph' },
    ])
  })
  test('ends the oldest of calls that never end once there are ten thousand', async () => {
    const { claw, server } = setup()
    const handler = new DashClawCallbackHandler(claw)
    await start(handler, 'left')
    for (let i = 0; i < 10_000; i++) handler.handleChainStart({}, {}, `chain-${i}`)
    await eventually(() =>
      expect(rows(server)).toMatchObject([
        { status: 'failed', error_message: expect.stringContaining('No end was seen') },
      ]),
    )
    await handler.handleToolEnd('late', 'left')
    expect(rows(server)).toMatchObject([{ status: 'failed' }])
  })
  test('counts what providers say in either place, and nothing where they say nothing', async () => {
    const { claw, server } = setup()
    const handler = new DashClawCallbackHandler(claw, { recordModels: false })
    await handler.handleLLMStart({}, ['Hi'], 'llm-1', undefined, {}, [], { ls_model_name: 'small' })
    const tokenUsage = { promptTokens: 3, completionTokens: 4 }
    await handler.handleLLMEnd({ generations: [[{ text: 'Hello' }]], llmOutput: { tokenUsage } }, 'llm-1')
    await handler.handleLLMEnd({ generations: [[{ text: 'Hello' }]] }, 'llm-2')
    await handler.handleLLMEnd({ generations: [] }, 'llm-3')
    await claw.flush()
    expect(server.requests.map(({ path, body }) => [path, body])).toEqual([
      ['/api/tokens', { agent_id: 'agent-1', tokens_in: 3, tokens_out: 4, model: 'small' }],
    ])
  })
})

/** A call as LangChain hands it to the middleware, of a graph whose interrupts are counted as LangGraph counts them. */
function requested(answers: unknown[] = [], overrides: Partial<ToolRequest> = {}) {
  const runs: unknown[] = []
  let index = 0
  const request: ToolRequest = {
    toolCall: { name: 'send_mail', args: { to: 'ann' }, id: 'call_1' },
    tool: { name: 'send_mail', invoke: (input: { args: unknown }) => void runs.push(input.args) },
    state: { messages: [{ id: 'message_1', tool_calls: [{ id: 'call_1' }] }] },
    runtime: {
      configurable: { thread_id: 'thread_1' },
      interrupt(value) {
        if (index < answers.length) return answers[index++]
        throw Object.assign(new Error('stopped'), {
          is_bubble_up: true,
          name: 'GraphInterrupt',
          interrupts: [{ value }],
        })
      },
    },
    ...overrides,
  }
  const handler = async ({ tool, toolCall }: ToolRequest) => {
    const content = await (tool as { invoke(input: unknown, config: object): unknown }).invoke(toolCall, {})
    return { content: content ?? 'sent', status: 'success', lc_kwargs: {} }
  }
  return { request, handler, runs }
}

describe('the middleware of LangChain', () => {
  test('refuses what is no client', () => {
    expect(() => dashclawMiddleware({} as never)).toThrow(/claw must be a client/)
  })
  test('never runs a held call twice, whoever resumes it', async () => {
    const server = createLocalServer({ policies: [HOLD] })
    const agents = [1, 2].map(() => dashclawMiddleware(setup({}, server).claw, { interrupt: true }))
    const first = requested()
    const stopped = await rejection(agents[0]!.wrapToolCall(first.request, first.handler))
    expect(stopped).toMatchObject({ interrupts: [{ value: { type: 'dashclaw_approval', tool: 'send_mail' } }] })
    server.approve(rows(server)[0]!['action_id'] as string)
    const again = agents.map(() => requested([true]))
    const answers = await Promise.all(again.map(({ request, handler }, i) => agents[i]!.wrapToolCall(request, handler)))
    expect(again.flatMap(({ runs }) => runs)).toEqual([{ to: 'ann' }])
    expect(answers.map(({ content }) => content).sort()).toEqual([expect.stringContaining('never runs twice'), 'sent'])
    expect(asked(server).filter((route) => route === 'POST /api/actions')).toHaveLength(1)
  })
  test('does not take an approval that came too late', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const agent = dashclawMiddleware(claw, { interrupt: true, ticketLifetime: 1 })
    const held = requested()
    await rejection(agent.wrapToolCall(held.request, held.handler))
    server.approve(rows(server)[0]!['action_id'] as string)
    await new Promise((resolve) => setTimeout(resolve, 5))
    const late = requested([true])
    const { content } = await agent.wrapToolCall(late.request, late.handler)
    expect(content).toMatch(/did not run: nobody approved it in time/)
    expect(late.runs).toEqual([])
  })
  test('lets errors of the platform end the run: they are no answer for a model', async () => {
    const { claw, server } = setup({ maxRetries: 0 })
    server.failNext({ path: '/api/actions', status: 500 })
    const { request, handler, runs } = requested()
    await expect(dashclawMiddleware(claw).wrapToolCall(request, handler)).rejects.toMatchObject({ name: 'ServerError' })
    expect(runs).toEqual([])
  })
  test('does not take a denial inside of a tool for one of the tool', async () => {
    const { claw, server } = setup(
      {},
      { policies: [{ ...HOLD, policy_type: 'block_action_type' as const, rules: { action_types: ['deploy'] } }] },
    )
    const work = () => claw.track({ action_type: 'deploy', declared_goal: 'Ship' }, () => 'shipped')
    const { request, handler } = requested([], { tool: { name: 'ship', invoke: work } })
    await expect(dashclawMiddleware(claw).wrapToolCall(request, handler)).rejects.toMatchObject({
      name: 'GuardBlockedError',
    })
    expect(rows(server)).toMatchObject([{ action_type: 'tool', status: 'failed' }, { action_type: 'deploy' }])
  })
  test('asks for a tool that another middleware brings as well', async () => {
    const { claw, server } = setup()
    const { request } = requested([], { tool: undefined })
    const { content } = await dashclawMiddleware(claw).wrapToolCall(request, async () => ({ content: 'brought' }))
    expect(content).toBe('brought')
    expect(rows(server)).toMatchObject([{ status: 'completed', output_summary: 'brought' }])
  })
  test('takes a command of a graph for the end of the call', async () => {
    const { claw, server } = setup()
    const { request } = requested()
    const jump = Object.assign(new Error(''), { name: 'ParentCommand', is_bubble_up: true })
    expect(await rejection(dashclawMiddleware(claw).wrapToolCall(request, () => Promise.reject(jump)))).toBe(jump)
    expect(rows(server)).toMatchObject([{ status: 'completed', output_summary: 'ParentCommand: goes on in the graph' }])
  })
  test('counts the model of the request where the answer names none, and answers of several messages', async () => {
    const { claw, server } = setup()
    const middleware = dashclawMiddleware(claw)
    const usage_metadata = { input_tokens: 1, output_tokens: 2 }
    const request = { model: { model: 'small' } }
    await middleware.wrapModelCall(request, async () => ({ usage_metadata }))
    await middleware.wrapModelCall(request, async () => ({ messages: [{ usage_metadata }, { content: 'tool' }] }))
    await middleware.wrapModelCall(request, async () => ({ content: 'nothing said' }))
    await claw.flush()
    const report = { agent_id: 'agent-1', tokens_in: 1, tokens_out: 2, model: 'small' }
    expect(server.requests.map(({ body }) => body)).toEqual([report, report])
  })
})
