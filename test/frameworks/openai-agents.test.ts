import { Agent, Runner, shellTool, webSearchTool } from '@openai/agents'
import { DashClaw } from 'dashclaw'
import { governTool, governTools, needsApproval, resolveInterruptions } from 'dashclaw/openai-agents'
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { admin, BLOCK, claw, HOLD, listening, mail, pending, rows, Scripted } from './support/openai-agents.ts'

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
        declared_goal: expect.stringMatching(/^send_mail\(/),
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
    await eventually(async () => expect(await pending()).toHaveLength(2))
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
    await eventually(() => expect(rows()).toEqual([expect.objectContaining({ status: 'failed' })]))
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
    await eventually(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
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
    await eventually(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
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
    await eventually(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
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
        declared_goal: expect.stringMatching(/^shell\(/),
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
