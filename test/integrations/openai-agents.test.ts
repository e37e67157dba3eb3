/** What needs no framework; the rest is in test/frameworks, on the real one. */
import { governTool, governTools, needsApproval, observe, resolveInterruptions } from 'dashclaw/openai-agents'
import { describe, expect, test, vi } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { eventually } from '../support/eventually.ts'
import { setup } from '../support/local.ts'
import { BLOCK, HOLD } from '../support/tool-policies.ts'

type Row = Record<string, unknown>

const mailer = () => ({
  type: 'function' as const,
  name: 'send_mail',
  needsApproval: async (_run: object, _input: object, _id?: string) => false,
  invoke: vi.fn(async (_run: object, input: string, _details?: { signal?: AbortSignal }) => `sent ${input}`),
})
const invoke = (
  tool: { invoke(run: never, input: string, details?: never): Promise<unknown> },
  run: object,
  id = 'call_1',
) => tool.invoke(run as never, '{"to":"ann"}', { toolCall: { callId: id } } as never)

describe('a governed tool', () => {
  test('asks when it is invoked where no guardrails run', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const tool = mailer()
    await expect(invoke(governTool(claw, tool), {})).resolves.toContain('it is not allowed')
    expect(tool.invoke).not.toHaveBeenCalled()
    const open = setup()
    await expect(invoke(governTool(open.claw, tool), {})).resolves.toBe('sent {"to":"ann"}')
    expect(open.server.snapshot()['actions']).toEqual([expect.objectContaining({ status: 'completed' })])
    expect(server.snapshot()['actions'] ?? []).not.toContainEqual(expect.objectContaining({ status: 'completed' }))
  })
  test('throws the denial where that is asked for', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    await expect(invoke(governTool(claw, mailer(), { onDeny: 'throw' }), {})).rejects.toMatchObject({
      decision: 'block',
    })
  })
  test('asks nothing that skip names', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const tool = governTool(claw, mailer(), { skip: ({ name }) => name === 'send_mail', wait: false })
    expect(await tool.needsApproval({} as never, { to: 'ann' } as never, 'call_1')).toBe(false)
    await expect(invoke(tool, {})).resolves.toContain('sent')
    expect(server.requests).toEqual([])
  })
  test('keeps the action of a person open for one call id only', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const tool = governTool(claw, mailer(), { wait: false })
    const run = { context: {} as Row }
    const ask = (input: object, id: string) => tool.needsApproval(run as never, input as never, id)
    expect(await ask({ to: 'ann' }, 'call_1')).toBe(true)
    expect(await ask({ to: 'ann' }, 'call_1')).toBe(true)
    expect(server.snapshot()['actions']).toHaveLength(1)
    // Another call that happens to have the same id has an action of its own.
    expect(await ask({ to: 'bob' }, 'call_1')).toBe(true)
    expect(server.snapshot()['actions']).toHaveLength(2)
    expect(run.context['dashclaw_calls']).toEqual({
      call_1: { action_id: expect.any(String), digest: expect.any(String), expires_at: expect.any(String) },
    })
  })
  test.each([['a text'], [undefined], [Object.freeze({})]])(
    'knows held calls of a run with the context %o',
    async (context) => {
      const { claw, server } = setup({}, { policies: [HOLD] })
      const tool = governTool(claw, mailer(), { wait: false })
      const run = { context }
      for (const _ of [1, 2])
        expect(await tool.needsApproval(run as never, { to: 'ann' } as never, 'call_1')).toBe(true)
      expect(server.snapshot()['actions']).toHaveLength(1)
    },
  )
  test('asks the policy of the tool first', async () => {
    const { claw, server } = setup()
    const own = mailer()
    own.needsApproval = async () => true
    expect(await governTool(claw, own, { wait: false }).needsApproval({}, {}, 'call_1')).toBe(true)
    expect(server.requests).toEqual([])
  })
  test('of an agent is changed in place, any other copied', () => {
    const { claw } = setup()
    const plain = mailer()
    const agent = { ...mailer(), on: () => {} }
    expect(governTools(claw, [plain, agent])).toEqual([expect.not.objectContaining({ invoke: plain.invoke }), agent])
    expect(governTool(claw, plain)).not.toBe(plain)
    expect(governTool(claw, agent)).toBe(agent)
  })
  test('is refused where nothing could stop it', () => {
    const { claw } = setup()
    const hosted = { ...mailer(), type: 'hosted_tool' }
    expect(() => governTool(claw, hosted)).toThrow('The tool "send_mail" is no function tool')
    expect(() => governTool({} as DashClaw, mailer())).toThrow('claw must be a client')
    expect(() => needsApproval(claw, '')).toThrow('tool must be the name of the tool')
  })
})

test('an interruption that can not be asked about is not approved', async () => {
  const { claw } = setup({ fetch: () => Promise.reject(new TypeError('refused')), maxRetries: 0 })
  const state = {
    _context: { context: {} },
    getInterruptions: () => [{ name: 'pay', arguments: '{}', rawItem: { callId: 'call_1' }, agent: {} }],
    approve: vi.fn(),
    reject: vi.fn(),
  }
  await expect(resolveInterruptions(claw, state)).rejects.toMatchObject({ name: 'ConnectionError' })
  expect(state.approve).not.toHaveBeenCalled()
  expect(state.reject).not.toHaveBeenCalled()
})

describe('observing', () => {
  function emitter() {
    const listeners = new Map<string, ((...args: unknown[]) => void)[]>()
    return {
      name: 'Bot',
      on: (event: string, listener: never) => void listeners.set(event, [...(listeners.get(event) ?? []), listener]),
      off: (event: string, listener: never) =>
        void listeners.set(
          event,
          (listeners.get(event) ?? []).filter((one) => one !== listener),
        ),
      emit: (event: string, ...args: unknown[]) => listeners.get(event)?.forEach((listener) => void listener(...args)),
    }
  }
  /** A client that keeps what it is told, with as many actions at once as one likes. */
  function recorder() {
    const ended: unknown[] = []
    let ids = 0
    const claw = {
      tokens: [] as object[],
      ended,
      queueTokenUsage: (report: object) => void claw.tokens.push(report),
      track: async (input: Row, work: (action: object) => Promise<unknown>) => {
        const end = (outcome: unknown) => void ended.push([input['declared_goal'], outcome])
        await work({ action: { action_id: `act_${++ids}` } }).then(end, (error: Error) => end(error.message))
      },
    }
    return claw
  }
  test('ends what nobody ended when it stops, and hears nothing more', async () => {
    const agent = emitter()
    const claw = recorder()
    const stop = observe(claw as never, agent)
    agent.emit('agent_start', { usage: { inputTokens: 0, outputTokens: 0 } }, agent, 'Hi')
    await stop()
    agent.emit('agent_start', {}, agent, 'Hi')
    expect(claw.ended).toEqual([['Run agent Bot', 'The observing ended before it did.']])
  })
  test('holds a bounded number of open runs', async () => {
    const agent = emitter()
    const claw = recorder()
    const stop = observe(claw as never, agent)
    for (let i = 0; i < 10_002; i++) agent.emit('agent_start', { i }, agent, i)
    await eventually(() => expect(claw.ended).toHaveLength(2))
    expect(claw.ended).toEqual([
      ['Run agent Bot', 'Nobody told its end.'],
      ['Run agent Bot', 'Nobody told its end.'],
    ])
    await stop()
    expect(claw.ended).toHaveLength(10_002)
  }, 30_000)
  test('counts the usage of a run once, whoever listens', async () => {
    const agent = emitter()
    const claw = recorder()
    const stops = [observe(claw as never, agent), observe(claw as never, agent)]
    const run = { usage: { inputTokens: 0, outputTokens: 0 } }
    agent.emit('agent_start', run, agent, 'Hi')
    Object.assign(run.usage, { inputTokens: 7, outputTokens: 3 })
    agent.emit('agent_end', run, 'Hello')
    for (const stop of stops) await stop()
    expect(claw.tokens).toEqual([{ tokens_in: 7, tokens_out: 3, model: undefined }])
  })
  test('needs events', () => {
    const { claw } = setup()
    expect(() => observe(claw, {} as never)).toThrow('target must be a Runner or an Agent')
  })
})
