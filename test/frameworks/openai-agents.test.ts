import {
  Agent,
  type AgentInputItem,
  type Model,
  type ModelRequest,
  OpenAIProvider,
  Runner,
  RunState,
  type StreamEvent,
  setTracingDisabled,
  shellTool,
  tool,
  Usage,
  webSearchTool,
} from '@openai/agents'
import { DashClaw } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { governTool, governTools, needsApproval, observe, resolveInterruptions } from 'dashclaw/openai-agents'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { startLLM, USAGE } from './llm-server.ts'

setTracingDisabled(true)

let server: LocalServer
let listening: Awaited<ReturnType<LocalServer['listen']>>
let claw: DashClaw
/** The operator's own client. */
let admin: DashClaw

beforeEach(async () => {
  server = createLocalServer()
  listening = await server.listen()
  claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1' })
  admin = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'operator' })
})
afterEach(async () => {
  await claw.close()
  await admin.close()
  await listening.close()
  await server.close()
})

const rules = { action_types: ['tool'] }
const HOLD = { name: 'Tools', policy_type: 'require_approval' as const, rules }
const BLOCK = { name: 'Tools', policy_type: 'block_action_type' as const, rules }

type Row = Record<string, unknown>
/** In the order in which they began. */
const rows = () => [...((server.snapshot()['actions'] ?? []) as Row[])]
const tokens = () => server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body as Row)
async function pending(): Promise<string[]> {
  let ids: string[] = []
  await vi.waitFor(async () => {
    ids = (await admin.getPendingApprovals()).actions.map(({ action_id }) => action_id)
    expect(ids.length).toBeGreaterThan(0)
  })
  return ids
}

type Call = [name: string, args: object, id?: string]
/** Gives what the script says, turn by turn, and remembers what it was asked. Each turn uses 10 tokens in and 5 out. */
class Scripted implements Model {
  requests: ModelRequest[] = []
  #ids = 0
  constructor(readonly turns: (string | Call[])[]) {}
  #next(request: ModelRequest) {
    this.requests.push({ ...request, input: structuredClone(request.input) })
    const turn = this.turns[this.requests.length - 1] ?? 'done'
    const output =
      typeof turn === 'string'
        ? [
            {
              type: 'message' as const,
              role: 'assistant' as const,
              status: 'completed' as const,
              content: [{ type: 'output_text' as const, text: turn }],
            },
          ]
        : turn.map(([name, args, id]) => ({
            type: 'function_call' as const,
            callId: id ?? `call_${++this.#ids}`,
            name,
            arguments: JSON.stringify(args),
            status: 'completed' as const,
          }))
    return { output, usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }
  }
  async getResponse(request: ModelRequest) {
    const { output, usage } = this.#next(request)
    return { output, usage: new Usage({ requests: 1, ...usage }) }
  }
  async *getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent> {
    const { output, usage } = this.#next(request)
    yield { type: 'response_started' }
    yield { type: 'response_done', response: { id: `r${this.requests.length}`, output, usage } }
  }
  /** What the model was told about its calls at the last turn. */
  get told(): unknown[] {
    const input = this.requests.at(-1)?.input as AgentInputItem[]
    return input.flatMap((item) =>
      item.type === 'function_call_result' ? [(item.output as { text?: string }).text ?? item.output] : [],
    )
  }
}

const mail = (extra: { timeoutMs?: number; errorFunction?: null; result?: (to: string) => unknown } = {}) => {
  const { result = (to: string) => `sent to ${to}`, ...options } = extra
  const execute = vi.fn(async ({ to }: { to: string; body?: string | undefined }) => result(to))
  return {
    execute,
    tool: tool({
      name: 'send_mail',
      description: 'Sends a mail',
      parameters: z.object({ to: z.string(), body: z.string().optional() }),
      ...options,
      execute,
    }),
  }
}

describe('a governed tool', () => {
  test.each([false, true])('runs as an action, stream %s', async (stream) => {
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann', body: 'password: hunter22' }]], 'Sent.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool, { risk_score: 20 })] })
    const runner = new Runner()
    if (stream) {
      const result = await runner.run(agent, 'Mail ann', { stream: true })
      await result.completed
      expect(result.finalOutput).toBe('Sent.')
    } else expect((await runner.run(agent, 'Mail ann')).finalOutput).toBe('Sent.')
    expect(execute).toHaveBeenCalledOnce()
    expect(model.told).toEqual(['sent to ann'])
    expect(rows()).toEqual([
      expect.objectContaining({
        agent_id: 'agent-1',
        action_type: 'tool',
        declared_goal: 'Use tool send_mail',
        risk_score: 20,
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:send_mail sha256:[0-9a-f]{64}$/),
        status: 'completed',
        output_summary: 'sent to ann',
        duration_ms: expect.any(Number),
      }),
    ])
  })
  test('that is blocked does not run, and the model is told', async () => {
    await admin.createPolicy(BLOCK)
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    const agent = new Agent({ name: 'Bot', model, tools: governTools(claw, [tool]) })
    expect((await new Runner().run(agent, 'Mail ann')).finalOutput).toBe('Sorry.')
    expect(execute).not.toHaveBeenCalled()
    expect(model.told).toEqual([
      'The call of the tool "send_mail" did not run: it is not allowed (Tools: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.',
    ])
  })
  test('fails the run when it is blocked, where that is asked for', async () => {
    await admin.createPolicy(BLOCK)
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]]])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool, { onDeny: 'throw' })] })
    await expect(new Runner().run(agent, 'Mail ann')).rejects.toMatchObject({ error: { name: 'GuardBlockedError' } })
    expect(execute).not.toHaveBeenCalled()
  })
  test('waits for a person; their time is not the time of the tool', async () => {
    await admin.createPolicy(HOLD)
    const { tool, execute } = mail({ timeoutMs: 100 })
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sent.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    const run = new Runner().run(agent, 'Mail ann')
    const [id] = await pending()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(execute).not.toHaveBeenCalled()
    await admin.approveAction(id!, { decision: 'allow' })
    await run
    expect(execute).toHaveBeenCalledOnce()
    expect(rows()[0]).toMatchObject({ action_id: id, status: 'completed' })
  })
  test('does not run when a person says no, and the model gets their reason', async () => {
    await admin.createPolicy(HOLD)
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    const run = new Runner().run(agent, 'Mail ann')
    await admin.approveAction((await pending())[0]!, { decision: 'deny', reasoning: 'Ann is on leave' })
    await run
    expect(execute).not.toHaveBeenCalled()
    expect(model.told).toEqual([expect.stringContaining('a person denied it (Ann is on leave)')])
  })
  test('does not run while the guard is away', async () => {
    const away = new DashClaw({ baseUrl: 'http://127.0.0.1:9', apiKey: 'local', agentId: 'a', maxRetries: 0 })
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]]])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(away, tool)] })
    await expect(new Runner().run(agent, 'Mail ann')).rejects.toMatchObject({ error: { name: 'ConnectionError' } })
    expect(execute).not.toHaveBeenCalled()
    const enforced = new DashClaw({
      baseUrl: 'http://127.0.0.1:9',
      apiKey: 'local',
      agentId: 'a',
      maxRetries: 0,
      guardMode: 'enforce',
    })
    const again = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    await new Runner().run(new Agent({ name: 'Bot', model: again, tools: [governTool(enforced, tool)] }), 'Mail ann')
    expect(again.told).toEqual([expect.stringContaining('the guard that has to allow it could not be asked')])
    expect(execute).not.toHaveBeenCalled()
  })
  test('calls of one turn run side by side, each as its own action', async () => {
    await admin.createPolicy(HOLD)
    const { tool, execute } = mail()
    const model = new Scripted([
      [
        ['send_mail', { to: 'ann' }],
        ['send_mail', { to: 'bob' }],
      ],
      'Half.',
    ])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    const run = new Runner().run(agent, 'Mail both')
    await vi.waitFor(async () => expect(await pending()).toHaveLength(2))
    for (const row of rows()) {
      const decision = `${row['input_summary']}`.includes('ann') ? 'allow' : 'deny'
      await admin.approveAction(`${row['action_id']}`, { decision })
    }
    await run
    expect(execute.mock.calls.map(([input]) => input)).toEqual([{ to: 'ann' }])
    expect(model.told).toEqual(['sent to ann', expect.stringContaining('a person denied it')])
  })
  test.each([
    ['the text that the framework makes of it', {}],
    ['an error of the run', { errorFunction: null }],
  ])('that throws has failed, also as %s', async (_as, extra) => {
    const { tool } = mail({
      ...extra,
      result: () => {
        throw new Error('smtp is down')
      },
    })
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    await new Runner().run(agent, 'Mail ann').catch(() => {})
    expect(rows()).toEqual([expect.objectContaining({ status: 'failed' })])
  })
  test('says by itself whether it failed', async () => {
    const { tool } = mail({ result: () => 'ERROR: no such address' })
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    const governed = governTool(claw, tool, { failed: (output) => `${output}`.startsWith('ERROR') })
    await new Runner().run(new Agent({ name: 'Bot', model, tools: [governed] }), 'Mail ann')
    expect(rows()).toEqual([
      expect.objectContaining({ status: 'failed', error_message: 'ERROR: no such address', output_summary: null }),
    ])
  })
  test('that takes too long has failed', async () => {
    const { tool } = mail({ timeoutMs: 30, result: () => new Promise((resolve) => setTimeout(resolve, 400)) })
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    await new Runner().run(new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] }), 'Mail ann')
    expect(model.told).toEqual([expect.stringContaining('timed out')])
    await vi.waitFor(() => expect(rows()).toEqual([expect.objectContaining({ status: 'failed' })]))
  })
  test('is cancelled with its run', async () => {
    const controller = new AbortController()
    const { tool } = mail({
      result: () => {
        controller.abort()
        return new Promise((resolve) => setTimeout(resolve, 400))
      },
    })
    const model = new Scripted([[['send_mail', { to: 'ann' }]]])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    await new Runner().run(agent, 'Mail ann', { signal: controller.signal }).catch(() => {})
    await vi.waitFor(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
  })
  test('gives the wait up with the signal of its run', async () => {
    await admin.createPolicy(HOLD)
    const controller = new AbortController()
    const { signal } = controller
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]]])
    const governed = governTool(claw, tool, {
      context: (run) => ({ signal: (run.context as { signal: AbortSignal }).signal }),
    })
    const agent = new Agent<{ signal: AbortSignal }>({ name: 'Bot', model, tools: [governed] })
    const run = new Runner().run(agent, 'Mail ann', { signal, context: { signal } }).catch(() => {})
    await pending()
    controller.abort()
    await run
    expect(execute).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
  })
  test('runs nothing when a run is aborted between the guard and the tool, and says so', async () => {
    const controller = new AbortController()
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]]])
    const governed = governTool(claw, tool)
    const agent = new Agent({ name: 'Bot', model, tools: [governed] })
    const runner = new Runner()
    const last = governed.inputGuardrails!.at(-1)!
    const { run } = last
    last.run = async (data) => {
      const answer = await run(data)
      controller.abort()
      return answer
    }
    await runner.run(agent, 'Mail ann', { signal: controller.signal }).catch(() => {})
    expect(execute).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
  })
  test('refuses arguments that are not those that were allowed', async () => {
    const { tool, execute } = mail()
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] })
    const runner = new Runner()
    runner.on('agent_tool_start', (_run, _agent, _tool, { toolCall }) => {
      ;(toolCall as { arguments: string }).arguments = '{"to":"mallory"}'
    })
    await runner.run(agent, 'Mail ann')
    expect(execute).not.toHaveBeenCalled()
    expect(model.told).toEqual([expect.stringContaining('no longer those that were allowed')])
    expect(rows()).toEqual([expect.objectContaining({ status: 'failed' })])
  })
  test('runs after the guardrails that it has', async () => {
    const { tool, execute } = mail()
    tool.inputGuardrails = [
      {
        type: 'tool_input',
        name: 'own',
        run: async () => ({ behavior: { type: 'rejectContent', message: 'Not on Sundays' } }),
      },
    ]
    const model = new Scripted([[['send_mail', { to: 'ann' }]], 'Sorry.'])
    await new Runner().run(new Agent({ name: 'Bot', model, tools: [governTool(claw, tool)] }), 'Mail ann')
    expect(model.told).toEqual(['Not on Sundays'])
    expect(execute).not.toHaveBeenCalled()
    expect(rows()).toEqual([])
  })
  test('of one agent is not mixed up with that of another, also for calls with the same id', async () => {
    const other = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-2' })
    const [left, right] = [mail(), mail()]
    const script = () => new Scripted([[['send_mail', { to: 'ann' }, 'call_same']], 'Sent.'])
    await Promise.all([
      new Runner().run(new Agent({ name: 'A', model: script(), tools: [governTool(claw, left.tool)] }), 'Mail'),
      new Runner().run(new Agent({ name: 'B', model: script(), tools: [governTool(other, right.tool)] }), 'Mail'),
    ])
    expect(left.execute).toHaveBeenCalledOnce()
    expect(right.execute).toHaveBeenCalledOnce()
    expect(
      rows()
        .map(({ agent_id, status }) => `${agent_id} ${status}`)
        .sort(),
    ).toEqual(['agent-1 completed', 'agent-2 completed'])
    await other.close()
  })
  test('is governed once, and hosted tools not at all', () => {
    const { tool } = mail()
    const governed = governTool(claw, tool)
    expect(governTool(claw, governed)).toBe(governed)
    expect(governed).not.toBe(tool)
    expect(() => governTools(claw, [webSearchTool() as never])).toThrow('The tool "web_search" is no function tool')
  })
})

describe('an approval that outlives the run', () => {
  const durable = (turns: (string | Call[])[]) => {
    const { tool, execute } = mail()
    const model = new Scripted(turns)
    return {
      model,
      execute,
      agent: new Agent({ name: 'Bot', model, tools: [governTool(claw, tool, { wait: false })] }),
    }
  }
  const ONE: (string | Call[])[] = [[['send_mail', { to: 'ann' }]], 'Sent.']

  test('interrupts the run, and the call goes on when a person has said yes', async () => {
    await admin.createPolicy(HOLD)
    const { agent, execute, model } = durable(ONE)
    const runner = new Runner()
    const result = await runner.run(agent, 'Mail ann')
    expect(result.interruptions).toHaveLength(1)
    expect(execute).not.toHaveBeenCalled()
    expect(await resolveInterruptions(claw, result, { wait: false })).toEqual([
      { callId: 'call_1', tool: 'send_mail', decision: 'pending', action_id: rows()[0]!['action_id'] },
    ])
    const resolved = resolveInterruptions(claw, result)
    await admin.approveAction((await pending())[0]!, { decision: 'allow' })
    expect(await resolved).toEqual([expect.objectContaining({ decision: 'approved' })])
    expect((await runner.run(agent, result.state)).finalOutput).toBe('Sent.')
    expect(execute).toHaveBeenCalledOnce()
    expect(model.told).toEqual(['sent to ann'])
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
    expect(JSON.stringify(result.state.toJSON().context)).not.toContain('dashclaw')
  })
  test('tells the model why a person said no', async () => {
    await admin.createPolicy(HOLD)
    const { agent, execute, model } = durable(ONE)
    const runner = new Runner()
    const result = await runner.run(agent, 'Mail ann')
    await admin.approveAction((await pending())[0]!, { decision: 'deny', reasoning: 'Ann is on leave' })
    expect(await resolveInterruptions(claw, result)).toEqual([
      expect.objectContaining({ decision: 'denied', message: expect.stringContaining('Ann is on leave') }),
    ])
    await runner.run(agent, result.state)
    expect(execute).not.toHaveBeenCalled()
    expect(model.told).toEqual([expect.stringContaining('a person denied it (Ann is on leave)')])
  })
  test('does not interrupt for what is allowed, or blocked', async () => {
    const { agent, execute } = durable(ONE)
    expect((await new Runner().run(agent, 'Mail ann')).finalOutput).toBe('Sent.')
    expect(execute).toHaveBeenCalledOnce()
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed' })])
    await admin.createPolicy(BLOCK)
    const blocked = durable(ONE)
    expect((await new Runner().run(blocked.agent, 'Mail ann')).interruptions).toEqual([])
    expect(blocked.execute).not.toHaveBeenCalled()
    expect(blocked.model.told).toEqual([expect.stringContaining('it is not allowed')])
  })
  test('goes on from a stored state in another process, with one action, and never twice', async () => {
    await admin.createPolicy(HOLD)
    const first = durable(ONE)
    const result = await new Runner().run(first.agent, 'Mail ann', { context: { user: 'u1' } })
    const stored = result.state.toString()
    // Other objects throughout, as in another process.
    const other = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1' })
    const resumed = async () => {
      const { tool, execute } = mail()
      const model = new Scripted(['Sent.'])
      const agent = new Agent({ name: 'Bot', model, tools: [governTool(other, tool, { wait: false })] })
      return { execute, model, agent, state: await RunState.fromString(agent, stored) }
    }
    const second = await resumed()
    expect(await resolveInterruptions(other, second.state, { wait: false })).toEqual([
      expect.objectContaining({ decision: 'pending' }),
    ])
    expect(rows()).toHaveLength(1)
    await admin.approveAction((await pending())[0]!, { decision: 'allow' })
    expect(await resolveInterruptions(other, second.state)).toEqual([expect.objectContaining({ decision: 'approved' })])
    await new Runner().run(second.agent, second.state)
    expect(second.execute).toHaveBeenCalledOnce()
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
    // The stored state is still the old one: a worker that takes it up again runs nothing.
    const third = await resumed()
    await resolveInterruptions(other, third.state)
    await new Runner().run(third.agent, third.state)
    expect(third.execute).not.toHaveBeenCalled()
    expect(third.model.told).toEqual([expect.stringContaining('never runs twice')])
    expect(rows()).toHaveLength(1)
    await other.close()
  })
  test('is asked for where the tool wants one by itself: approved at once when no policy holds it', async () => {
    const execute = vi.fn(async () => 'ok')
    const own = tool({ name: 'wipe', description: 'w', parameters: z.object({}), needsApproval: true, execute })
    const model = new Scripted([[['wipe', {}]], 'Done.'])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, own)] })
    const runner = new Runner()
    const result = await runner.run(agent, 'Wipe')
    expect(result.interruptions).toHaveLength(1)
    expect(await resolveInterruptions(claw, result)).toEqual([
      { callId: 'call_1', tool: 'wipe', decision: 'approved', action_id: expect.stringMatching(/^act_/) },
    ])
    await runner.run(agent, result.state)
    expect(execute).toHaveBeenCalledOnce()
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'ok' })])
  })
  test('several of one turn are settled together, each with its own decision', async () => {
    await admin.createPolicy(HOLD)
    const { agent, execute, model } = durable([
      [
        ['send_mail', { to: 'ann' }],
        ['send_mail', { to: 'bob' }],
      ],
      'Half.',
    ])
    const runner = new Runner()
    const result = await runner.run(agent, 'Mail both')
    expect(result.interruptions).toHaveLength(2)
    for (const row of rows()) {
      const decision = `${row['input_summary']}`.includes('ann') ? 'allow' : 'deny'
      await admin.approveAction(`${row['action_id']}`, { decision })
    }
    expect((await resolveInterruptions(claw, result)).map(({ decision }) => decision)).toEqual(['approved', 'denied'])
    await runner.run(agent, result.state)
    expect(execute.mock.calls.map(([input]) => input)).toEqual([{ to: 'ann' }])
    expect([...model.told].sort()).toEqual([expect.stringContaining('a person denied it'), 'sent to ann'].sort())
  })
  test('interrupts also where the runner checks guardrails first, and runs nothing that only the state approves', async () => {
    await admin.createPolicy(HOLD)
    const { agent, execute, model } = durable(ONE)
    const runner = new Runner({ toolExecution: { preApprovalInputGuardrails: true } })
    const result = await runner.run(agent, 'Mail ann')
    expect(result.interruptions).toHaveLength(1)
    // Not by resolveInterruptions: nobody has decided in DashClaw.
    result.state.approve(result.interruptions[0]!)
    await runner.run(agent, result.state)
    expect(execute).not.toHaveBeenCalled()
    expect(model.told).toEqual([expect.stringContaining('it waits for the approval of a person')])
    expect(rows()).toHaveLength(1)
  })
  test('is settled once, however often it is asked for', async () => {
    await admin.createPolicy(HOLD)
    const { agent, execute } = durable(ONE)
    const runner = new Runner({ toolExecution: { preApprovalInputGuardrails: true } })
    const result = await runner.run(agent, 'Mail ann')
    await admin.approveAction((await pending())[0]!, { decision: 'allow' })
    for (const _ of [1, 2]) {
      expect(await resolveInterruptions(claw, result)).toEqual([expect.objectContaining({ decision: 'approved' })])
    }
    expect((await runner.run(agent, result.state)).finalOutput).toBe('Sent.')
    expect(execute).toHaveBeenCalledOnce()
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
  })
  test('of an agent that is a tool of another agent reaches the outer run', async () => {
    await admin.createPolicy(HOLD)
    const inner = durable([[['send_mail', { to: 'ann' }, 'call_inner']], 'Sent.'])
    const model = new Scripted([[['mailer', { input: 'Mail ann' }]], 'Done.'])
    const outer = new Agent({
      name: 'Boss',
      model,
      tools: [governTool(claw, inner.agent.asTool({ toolName: 'mailer' }), { action_type: 'review' })],
    })
    const runner = new Runner()
    const result = await runner.run(outer, 'Have ann mailed')
    expect(result.interruptions).toHaveLength(1)
    const stored = result.state.toString()
    const state = await RunState.fromString(outer, stored)
    await admin.approveAction((await pending())[0]!, { decision: 'allow' })
    expect(await resolveInterruptions(claw, state)).toEqual([expect.objectContaining({ decision: 'approved' })])
    expect((await runner.run(outer, state)).finalOutput).toBe('Done.')
    expect(inner.execute).toHaveBeenCalledOnce()
  })
})

describe('tools that can not be wrapped', () => {
  const shell = () => ({
    run: vi.fn(async () => ({
      output: [{ stdout: 'hi', stderr: '', outcome: { type: 'exit' as const, exitCode: 0 } }],
    })),
  })
  const script = (callId = 'call_1') => {
    const model = new Scripted([])
    const getResponse = model.getResponse.bind(model)
    model.getResponse = async (request) => {
      const answer = await getResponse(request)
      if (model.requests.length > 1) return answer
      return {
        ...answer,
        output: [{ type: 'shell_call', callId, status: 'completed', action: { commands: ['echo hi'] } }] as never,
      }
    }
    return model
  }
  test('run when the guard allows them', async () => {
    const sh = shell()
    const agent = new Agent({
      name: 'Bot',
      model: script(),
      tools: [shellTool({ shell: sh, needsApproval: needsApproval(claw, 'shell') })],
    })
    await new Runner().run(agent, 'Say hi')
    expect(sh.run).toHaveBeenCalledOnce()
    expect(rows()).toEqual([
      expect.objectContaining({
        declared_goal: 'Use tool shell',
        input_summary: '{"commands":["echo hi"]}',
        status: 'completed',
      }),
    ])
  })
  test.each(['allow', 'deny'] as const)('wait for a person, who may say %s', async (decision) => {
    await admin.createPolicy(HOLD)
    const sh = shell()
    const agent = new Agent({
      name: 'Bot',
      model: script(),
      tools: [shellTool({ shell: sh, needsApproval: needsApproval(claw, 'shell') })],
    })
    const runner = new Runner()
    const result = await runner.run(agent, 'Say hi')
    expect(sh.run).not.toHaveBeenCalled()
    await admin.approveAction((await pending())[0]!, { decision })
    expect(await resolveInterruptions(claw, result)).toEqual([expect.objectContaining({ tool: 'shell' })])
    await runner.run(agent, result.state)
    expect(sh.run).toHaveBeenCalledTimes(decision === 'allow' ? 1 : 0)
    expect(rows()).toEqual([expect.objectContaining({ status: decision === 'allow' ? 'completed' : 'failed' })])
  })
  test('do not run when they are blocked', async () => {
    await admin.createPolicy(BLOCK)
    const sh = shell()
    const agent = new Agent({
      name: 'Bot',
      model: script(),
      tools: [shellTool({ shell: sh, needsApproval: needsApproval(claw, 'shell') })],
    })
    const runner = new Runner()
    const result = await runner.run(agent, 'Say hi')
    expect(await resolveInterruptions(claw, result)).toEqual([
      { callId: 'call_1', tool: 'shell', decision: 'denied', message: expect.stringContaining('it is not allowed') },
    ])
    await runner.run(agent, result.state)
    expect(sh.run).not.toHaveBeenCalled()
  })
})

describe('observing', () => {
  const summary = () => rows().map((row) => `${row['declared_goal']}: ${row['status']}`)
  const parentNames = () => {
    const all = rows()
    const goal = (id: unknown) => all.find((row) => row['action_id'] === id)?.['declared_goal'] ?? null
    return Object.fromEntries(all.map((row) => [row['declared_goal'], goal(row['parent_action_id'])]))
  }
  test.each([false, true])('records agents, their tools below them, and the tokens once; stream %s', async (stream) => {
    const [own, plain] = [
      mail(),
      tool({ name: 'clock', description: 'c', parameters: z.object({}), execute: async () => '12:00' }),
    ]
    const model = new Scripted([
      [
        ['send_mail', { to: 'ann' }],
        ['clock', {}],
      ],
      'Sent.',
    ])
    const agent = new Agent({ name: 'Bot', model, tools: [governTool(claw, own.tool), plain] })
    const runner = new Runner()
    const stop = observe(claw, runner, { model: 'scripted-1' })
    const result = stream ? await runner.run(agent, 'Mail ann', { stream: true }) : await runner.run(agent, 'Mail ann')
    if ('completed' in result) await result.completed
    await stop()
    await claw.flush()
    expect(summary().sort()).toEqual([
      'Run agent Bot: completed',
      'Use tool clock: completed',
      'Use tool send_mail: completed',
    ])
    expect(parentNames()).toEqual({
      'Run agent Bot': null,
      'Use tool clock': 'Run agent Bot',
      'Use tool send_mail': 'Run agent Bot',
    })
    expect(rows().find((row) => row['declared_goal'] === 'Run agent Bot')).toMatchObject({
      action_type: 'other',
      risk_score: 10,
      output_summary: 'Sent.',
    })
    const sent = tokens()
    expect(sent.every((report) => report['model'] === 'scripted-1')).toBe(true)
    const sum = (field: string) => sent.reduce((all, report) => all + Number(report[field]), 0)
    expect([sum('tokens_in'), sum('tokens_out')]).toEqual([20, 10])
  })
  test('of one agent does the same', async () => {
    const plain = tool({ name: 'clock', description: 'c', parameters: z.object({}), execute: async () => '12:00' })
    const agent = new Agent({ name: 'Bot', model: new Scripted([[['clock', {}]], 'Noon.']), tools: [plain] })
    const stop = observe(claw, agent)
    await new Runner().run(agent, 'Time?')
    await stop()
    expect(summary().sort()).toEqual(['Run agent Bot: completed', 'Use tool clock: completed'])
    expect(parentNames()['Use tool clock']).toBe('Run agent Bot')
  })
  test('follows handoffs', async () => {
    const second = new Agent({ name: 'Second', model: new Scripted(['Hello.']) })
    const first = new Agent({ name: 'First', model: new Scripted([[['transfer_to_Second', {}]]]), handoffs: [second] })
    const runner = new Runner()
    const stop = observe(claw, runner)
    await runner.run(first, 'Hi')
    await stop()
    expect(rows().map((row) => [row['declared_goal'], row['status'], row['output_summary']])).toEqual([
      ['Run agent First', 'completed', 'Handed off to Second'],
      ['Run agent Second', 'completed', 'Hello.'],
    ])
    expect(parentNames()['Run agent Second']).toBe('Run agent First')
  })
  test('ends the action of a run that fails, and of no other', async () => {
    const runner = new Runner()
    const stop = observe(claw, runner)
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow = tool({
      name: 'slow',
      description: 's',
      parameters: z.object({}),
      execute: () => gate.then(() => 'ok'),
    })
    const good = runner.run(
      new Agent({ name: 'Good', model: new Scripted([[['slow', {}]], 'Fine.']), tools: [slow] }),
      'Hi',
    )
    const broken = new Scripted([])
    broken.getResponse = async () => {
      throw new Error('model is down')
    }
    await expect(runner.run(new Agent({ name: 'Bad', model: broken }), 'Hi')).rejects.toThrow('model is down')
    await vi.waitFor(() => expect(summary()).toContain('Run agent Bad: failed'))
    expect(summary()).toContain('Run agent Good: running')
    go()
    await good
    await stop()
    expect(summary()).toContain('Run agent Good: completed')
  })
  test('counts what was used before an approval where it was used, and the rest where the run goes on', async () => {
    await admin.createPolicy(HOLD)
    const make = (turns: (string | Call[])[]) =>
      new Agent({ name: 'Bot', model: new Scripted(turns), tools: [governTool(claw, mail().tool, { wait: false })] })
    const runner = new Runner()
    const stop = observe(claw, runner)
    const result = await runner.run(make([[['send_mail', { to: 'ann' }]]]), 'Mail ann')
    await claw.flush()
    expect(tokens()).toEqual([expect.objectContaining({ tokens_in: 10, tokens_out: 5 })])
    await stop()
    const agent = make(['Sorry.'])
    const state = await RunState.fromString(agent, result.state.toString())
    await admin.approveAction((await pending())[0]!, { decision: 'deny' })
    await resolveInterruptions(claw, state)
    const other = new Runner()
    const end = observe(claw, other)
    await other.run(agent, state)
    await end()
    await claw.flush()
    expect(tokens().map((report) => report['tokens_in'])).toEqual([10, 10])
  })
  test('ends with what it gave', async () => {
    const runner = new Runner()
    const { run } = runner
    const stop = observe(claw, runner)
    expect(runner.run).not.toBe(run)
    await stop()
    expect(runner.run).toBe(run)
    await runner.run(new Agent({ name: 'Bot', model: new Scripted(['Hi.']) }), 'Hi')
    expect(rows()).toEqual([])
    expect(tokens()).toEqual([])
  })
  test('stops nothing, and says what it could not record', async () => {
    await admin.createPolicy({ ...BLOCK, rules: { action_types: ['other'] } })
    const errors: unknown[] = []
    const runner = new Runner()
    const stop = observe(claw, runner, { onError: (error) => errors.push(error) })
    expect((await runner.run(new Agent({ name: 'Bot', model: new Scripted(['Hi.']) }), 'Hi')).finalOutput).toBe('Hi.')
    await stop()
    expect(errors).toEqual([expect.objectContaining({ name: 'GuardBlockedError' })])
  })
})

test.each([true, false])(
  'over the wire of OpenAI, with the numbers of the wire; responses %s',
  async (useResponses) => {
    const llm = await startLLM()
    const { tool, execute } = mail()
    const add = { ...governTool(claw, tool), name: 'add' }
    const provider = new OpenAIProvider({ apiKey: 'k', baseURL: `${llm.url}/v1`, useResponses })
    const runner = new Runner({ modelProvider: provider })
    const stop = observe(claw, runner)
    const agent = new Agent({ name: 'Bot', model: 'm', ...(useResponses ? {} : { tools: [add] }) })
    expect((await runner.run(agent, 'Hi')).finalOutput).toBe('Hello')
    await stop()
    await claw.flush()
    const [input, output] = useResponses
      ? [USAGE.responses.input_tokens, USAGE.responses.output_tokens]
      : [2 * USAGE.chat.prompt_tokens, 2 * USAGE.chat.completion_tokens]
    const sum = (field: string) => tokens().reduce((all, report) => all + Number(report[field]), 0)
    expect([sum('tokens_in'), sum('tokens_out')]).toEqual([input, output])
    expect(tokens()[0]).toMatchObject({ model: 'm' })
    // The server's call has no address, so the tool's own schema refuses it.
    expect(execute).not.toHaveBeenCalled()
    await llm.close()
  },
)
