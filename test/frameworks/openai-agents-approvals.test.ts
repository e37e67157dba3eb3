import { Agent, Runner, RunState, tool } from '@openai/agents'
import { DashClaw } from 'dashclaw'
import { governTool, resolveInterruptions } from 'dashclaw/openai-agents'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import {
  admin,
  BLOCK,
  type Call,
  claw,
  HOLD,
  listening,
  mail,
  pending,
  rows,
  Scripted,
} from './support/openai-agents.ts'

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
