import { setTimeout as delay } from 'node:timers/promises'
import { generateText, streamText, ToolLoopAgent, tool } from 'ai'
import type { DashClaw } from 'dashclaw'
import { governTools, telemetry, toolApproval } from 'dashclaw/ai-sdk'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { BLOCK, call, DONE, HOLD, mailer, prompt, rows, scripted, setup, stopWhen, told } from './support/ai-sdk.ts'

type Place = [
  string,
  (claw: DashClaw, tools: ReturnType<typeof mailer>['tools'], options: Options) => Parameters<typeof generateText>[0],
]
type Options = Parameters<typeof governTools>[2]
const model = scripted()
/** The three places that can stop a tool, and all of them at once. */
const PLACES: Place[] = [
  ['governTools', (claw, tools, options) => ({ model, prompt, tools: governTools(claw, tools, options) })],
  [
    'toolApproval with governTools',
    (claw, tools, options) => ({
      model,
      prompt,
      tools: governTools(claw, tools, options),
      toolApproval: toolApproval(claw, options),
    }),
  ],
  [
    'telemetry',
    (claw, tools, options) => ({
      model,
      prompt,
      tools,
      telemetry: { integrations: [telemetry(claw, { usage: false, ...options })] },
    }),
  ],
  [
    'toolApproval with telemetry',
    (claw, tools, options) => ({
      model,
      prompt,
      tools,
      toolApproval: toolApproval(claw, options),
      telemetry: { integrations: [telemetry(claw, { usage: false, ...options })] },
    }),
  ],
  [
    'all together',
    (claw, tools, options) => ({
      model,
      prompt,
      tools: governTools(claw, governTools(claw, tools, options), options),
      toolApproval: toolApproval(claw, options),
      telemetry: { integrations: telemetry(claw, { usage: false, ...options }) },
    }),
  ],
]
type Run = [string, (settings: Parameters<typeof generateText>[0]) => PromiseLike<string>]
const RUNS: Run[] = [
  ['generateText', async (settings) => (await generateText({ ...settings, stopWhen })).text],
  ['streamText', (settings) => streamText({ ...(settings as Parameters<typeof streamText>[0]), stopWhen }).text],
  [
    'ToolLoopAgent',
    async ({ prompt: _, ...settings }) =>
      (await new ToolLoopAgent({ ...(settings as { model: typeof model }), stopWhen }).generate({ prompt })).text,
  ],
]
const CASES = PLACES.flatMap(([place, make]) => RUNS.map(([name, run]) => ({ place, name, make, run })))

describe.each(CASES)('$place in $name', ({ make, run }) => {
  test('lets an allowed call run once, asked for once and recorded once', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const model = scripted([call('ann', 'call-1', 'send', { body: 'password: hunter22' })], DONE)
    expect(await run({ ...make(claw, tools, { risk_score: 12 }), model } as never)).toBe('done')
    expect(runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    expect(told(model)).toEqual([{ type: 'text', value: 'sent to ann' }])
    expect(rows(server)).toEqual([
      expect.objectContaining({
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^send\(/),
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:send sha256:[0-9a-f]{64}$/),
        risk_score: 12,
        status: 'completed',
        output_summary: 'sent to ann',
        duration_ms: expect.any(Number),
      }),
    ])
    expect(server.requests.filter(({ path }) => path === '/api/guard').length).toBeLessThan(2)
  })
  test('stops a blocked call, and tells the model', async () => {
    const { server, claw } = await setup([BLOCK])
    const { runs, tools } = mailer()
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, {}), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain(
      'The call of the tool \\"send\\" did not run: it is not allowed (Mail: Action type \\"tool\\" is blocked by policy). Do not repeat',
    )
    expect(rows(server).filter(({ status }) => status === 'completed')).toEqual([])
  })
  test('holds a call until another client approves it', async () => {
    const { server, claw, client } = await setup([HOLD])
    const { runs, tools } = mailer()
    const operator = client('operator')
    const onPending = vi.fn(async ({ action_id }: { action_id: string }) => {
      await delay(20)
      expect(runs).toEqual([])
      await operator.approveAction(action_id, { decision: 'allow' })
    })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, { onPending: (action) => void onPending(action) }), model } as never)).toBe(
      'done',
    )
    expect(onPending).toHaveBeenCalledTimes(1)
    expect(runs.length).toBe(1)
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent to ann' })])
  })
  test('tells the model why a person said no, and does not run', async () => {
    const { server, claw } = await setup([HOLD])
    const { runs, tools } = mailer()
    const onPending = ({ action_id }: { action_id: string }) => void server.deny(action_id, { reasoning: 'not to Ann' })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, { onPending }), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain('a person denied it (not to Ann)')
  })
  test('runs nothing while the guard cannot be reached', async () => {
    const { client } = await setup()
    const { runs, tools } = mailer()
    const claw = client('agent-1', { baseUrl: 'http://127.0.0.1:9', guardMode: 'enforce', maxRetries: 0 })
    const model = scripted([call('ann')], DONE)
    expect(await run({ ...make(claw, tools, {}), model } as never)).toBe('done')
    expect(runs).toEqual([])
    expect(JSON.stringify(told(model))).toContain('the guard that has to allow it could not be asked')
  })
  test('keeps the calls of one step apart, also with the same arguments', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const model = scripted([call('ann', 'a'), call('bob', 'b'), call('bob', 'c')], DONE)
    await run({ ...make(claw, tools, {}), model } as never)
    expect(runs.length).toBe(3)
    expect(
      rows(server)
        .map(({ input_summary, output_summary }) => [input_summary, output_summary])
        .sort(),
    ).toEqual([
      ['{"to":"ann"}', 'sent to ann'],
      ['{"to":"bob"}', 'sent to bob'],
      ['{"to":"bob"}', 'sent to bob'],
    ])
  })
  test('records the failure of a tool, which the model sees as before', async () => {
    const { server, claw } = await setup()
    const send = tool({
      inputSchema: z.object({ to: z.string() }),
      execute: async (): Promise<string> => Promise.reject(new Error('smtp is down')),
    })
    const model = scripted([call('ann')], DONE)
    await run({ ...make(claw, { send } as never, {}), model } as never)
    expect(told(model)).toEqual([{ type: 'error-text', value: expect.stringMatching(/^(Error: )?smtp is down$/) }])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'failed', error_message: 'smtp is down' })])
  })
  test('leaves out what skip names, and gives the parent to the rest', async () => {
    const { server, claw } = await setup()
    const { runs, tools } = mailer()
    const { action } = await claw.createAction({ action_type: 'research', declared_goal: 'Whole run' })
    const model = scripted([call('ann', 'a'), call('bob', 'b')], DONE)
    const options: Options = {
      parent_action_id: action.action_id,
      skip: ({ input }) => (input as { to: string }).to === 'ann',
    }
    await run({ ...make(claw, tools, options), model } as never)
    expect(runs.length).toBe(2)
    expect(rows(server).slice(1)).toEqual([
      expect.objectContaining({ parent_action_id: action.action_id, input_summary: '{"to":"bob"}' }),
    ])
  })
  test('does not mix two agents that make the same call', async () => {
    const { server, client } = await setup()
    const { runs, tools } = mailer()
    await Promise.all(
      ['one', 'two'].map((agent) =>
        run({ ...make(client(agent), tools, {}), model: scripted([call('ann')], DONE) } as never),
      ),
    )
    expect(runs.length).toBe(2)
    expect(
      rows(server)
        .map(({ agent_id, status }) => `${agent_id} ${status}`)
        .sort(),
    ).toEqual(['one completed', 'two completed'])
  })
})
