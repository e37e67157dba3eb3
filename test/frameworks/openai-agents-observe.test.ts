import { Agent, OpenAIProvider, Runner, RunState, tool } from '@openai/agents'
import { governTool, observe, resolveInterruptions } from 'dashclaw/openai-agents'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { startLLM, USAGE } from './support/llm-server.ts'
import { admin, BLOCK, type Call, claw, HOLD, mail, pending, rows, Scripted, tokens } from './support/openai-agents.ts'

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
      'clock(): completed',
      "send_mail({ to: 'ann' }): completed",
    ])
    expect(parentNames()).toEqual({
      'Run agent Bot': null,
      'clock()': 'Run agent Bot',
      "send_mail({ to: 'ann' })": 'Run agent Bot',
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
    expect(summary().sort()).toEqual(['Run agent Bot: completed', 'clock(): completed'])
    expect(parentNames()['clock()']).toBe('Run agent Bot')
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
    await eventually(() => expect(summary()).toContain('Run agent Bad: failed'))
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
