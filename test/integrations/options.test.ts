/** Options of every integration: an unknown name is refused when the tool is wrapped, not when it is called. */
import { telemetry, toolApproval, usageMiddleware, governTools as vercelTools } from 'dashclaw/ai-sdk'
import { DashClawAutoGenIntegration } from 'dashclaw/autogen'
import { canUseTool, dashclawHooks as claudeHooks, observeQuery } from 'dashclaw/claude-agent'
import { DashClawCrewIntegration } from 'dashclaw/crewai'
import { DashClawCallbackHandler, dashclawMiddleware } from 'dashclaw/langchain'
import { dashclawHooks as mastraHooks } from 'dashclaw/mastra'
import { governClient, governHandler, governServer } from 'dashclaw/mcp'
import { needsApproval, observe, governTool as openaiTool } from 'dashclaw/openai-agents'
import { governTool, governTools, resume } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rejection, setup } from '../support/local.ts'

type Claw = ReturnType<typeof setup>['claw']
const execute = () => 'ran'
const tool = { name: 'x', execute }
const query = { next: async () => ({ done: true, value: undefined }), [Symbol.asyncIterator]: () => query }

const entries: [string, (claw: Claw, options: never) => unknown][] = [
  ['client: governTool of a tool', (claw, options) => claw.governTool(tool, options)],
  ['client: governTool of a function', (claw, options) => claw.governTool('x', execute, options)],
  ['tools: governTool', (claw, options) => governTool(claw, tool, options)],
  ['tools: governTools', (claw, options) => governTools(claw, [tool], options)],
  ['ai-sdk: governTools', (claw, options) => vercelTools(claw, { x: { execute } }, options)],
  ['ai-sdk: toolApproval', (claw, options) => toolApproval(claw, options)],
  ['ai-sdk: usageMiddleware', (claw, options) => usageMiddleware(claw, options)],
  ['ai-sdk: telemetry', (claw, options) => telemetry(claw, options)],
  ['autogen', (claw, options) => new DashClawAutoGenIntegration(claw, options)],
  ['crewai', (claw, options) => new DashClawCrewIntegration(claw, options)],
  ['claude-agent: dashclawHooks', (claw, options) => claudeHooks(claw, options)],
  ['claude-agent: canUseTool', (claw, options) => canUseTool(claw, options)],
  ['claude-agent: observeQuery', (claw, options) => observeQuery(claw, query as never, options)],
  ['langchain: handler', (claw, options) => new DashClawCallbackHandler(claw, options)],
  ['langchain: middleware', (claw, options) => dashclawMiddleware(claw, options)],
  ['mastra', (claw, options) => mastraHooks(claw, options)],
  ['mcp: governHandler', (claw, options) => governHandler(claw, 'x', () => 1, options)],
  ['mcp: governServer', (claw, options) => governServer(claw, { registerTool() {} } as never, options)],
  ['mcp: governClient', (claw, options) => governClient(claw, { callTool() {} } as never, options)],
  ['openai-agents: needsApproval', (claw, options) => needsApproval(claw, 'x', options)],
  ['openai-agents: observe', (claw, options) => observe(claw, { on() {}, off() {} } as never, options)],
  [
    'openai-agents: governTool',
    (claw, options) => openaiTool(claw, { type: 'function', name: 'x', invoke: async () => 1 } as never, options),
  ],
]

describe.each(entries)('%s', (_name, make) => {
  test.each([{ riskScore: 95 }, { wiat: false }, { declaredGoal: 'x' }, { on_deny: 'throw' }, { Skip: () => true }])(
    'refuses %o',
    (options) => {
      const { claw } = setup()
      expect(() => make(claw, options as never)).toThrow(/has no option (riskScore|wiat|declaredGoal|on_deny|Skip)/)
    },
  )
})

test('options of tasks and tools inside of those of an agent are checked too', () => {
  const { claw } = setup()
  expect(() => new DashClawCrewIntegration(claw, { tools: { riskScore: 5 } } as never)).toThrow(
    'did you mean risk_score',
  )
})
test('of resume, before anything is asked', async () => {
  const { claw, server } = setup()
  expect(await rejection(resume(claw, {} as never, () => 1, { waits: true } as never))).toMatchObject({
    name: 'InputError',
  })
  expect(server.requests).toEqual([])
})

describe('a policy on the type tool, on a 2.0 server, which does not record that type', () => {
  const policy = (policy_type: string, rules: object) => ({ name: 'Tools', policy_type, rules })
  const blocks = policy('block_action_type', { action_types: ['tool'] })
  const holds = policy('require_approval', { action_types: ['tool'] })
  const ways: [string, (claw: Claw, run: () => string) => () => Promise<unknown>][] = [
    ['dashclaw/tools', (claw, run) => governTool(claw, { name: 'x', execute: run }).execute as never],
    ['claw.governTool', (claw, run) => claw.governTool({ name: 'x', execute: run }).execute as never],
    ['claw.governTool of a function', (claw, run) => () => claw.governTool('x', run)()],
    ['mcp', (claw, run) => governHandler(claw, 'x', run as never, { onDeny: 'throw' }) as never],
  ]
  test.each(ways)('%s: blocks, twice as well', async (_name, make) => {
    const { claw, server } = setup({}, { version: '2.0', policies: [blocks] })
    const run = vi.fn(() => 'ran')
    const call = make(claw, run)
    for (let i = 0; i < 2; i++) expect(await rejection(call())).toMatchObject({ name: 'GuardBlockedError' })
    expect(run).not.toHaveBeenCalled()
    expect(server.snapshot()['actions'] ?? []).toEqual([])
  })
  test.each(ways)('%s: holds until a reviewer decides', async (_name, make) => {
    for (const decide of ['approve', 'deny'] as const) {
      const { claw, server } = setup({}, { version: '2.0', policies: [holds] })
      const run = vi.fn(() => 'ran')
      const call = make(claw, run)().then(
        () => 'ran',
        ({ name }: Error) => name,
      )
      const rows = () => (server.snapshot()['actions'] ?? []) as { action_id: string; status: string }[]
      await eventually(() => expect(rows().map(({ status }) => status)).toEqual(['pending_approval']))
      expect(run).not.toHaveBeenCalled()
      server[decide](rows()[0]!.action_id)
      expect(await call).toBe(decide === 'approve' ? 'ran' : 'ApprovalDeniedError')
      await claw.close()
    }
  })
  test.each(ways)('%s: runs where nothing matches, and is recorded as other', async (_name, make) => {
    const { claw, server } = setup({}, { version: '2.0' })
    await make(claw, () => 'ran')()
    expect(server.snapshot()['actions']).toMatchObject([{ action_type: 'other', status: 'completed' }])
  })
  test('a guard that can not be asked lets nothing run', async () => {
    const { claw, server } = setup({ maxRetries: 0 }, { version: '2.0' })
    server.failNext({ path: '/api/guard', status: 503 }, 9)
    const run = vi.fn(() => 'ran')
    await rejection(governTool(claw, { name: 'x', execute: run }).execute())
    expect(run).not.toHaveBeenCalled()
  })
  test('a client without the guard lets nothing run', async () => {
    const { claw } = setup({}, { version: '2.0' })
    const run = vi.fn(() => 'ran')
    await rejection(governTool({ track: claw.track.bind(claw) } as never, { name: 'x', execute: run }).execute())
    expect(run).not.toHaveBeenCalled()
  })
})

describe('one shape', () => {
  test.each([{}, null, 'x', { name: '' }, { name: 'x' }, { execute }, { name: 5, execute }])(
    'of the client and of dashclaw/tools refuses %o at once',
    (wrong) => {
      const { claw } = setup()
      expect(() => claw.governTool(wrong as never)).toThrow(expect.objectContaining({ name: 'InputError' }))
      expect(() => governTool(claw, wrong as never)).toThrow(expect.objectContaining({ name: 'InputError' }))
    },
  )
  test('a tool without arguments is called without any', async () => {
    const { claw } = setup()
    expect(await claw.governTool('ping', () => 'pong')()).toBe('pong')
    expect(await claw.governTool({ name: 'ping', execute: () => 'pong' }).execute()).toBe('pong')
  })
  test('a held call of the client can be resumed', async () => {
    const { claw, server } = setup(
      {},
      { policies: [{ name: 'T', policy_type: 'require_approval', rules: { action_types: ['tool'] } }] },
    )
    const run = vi.fn((input: { n: number }) => input.n * 2)
    const double = claw.governTool({ name: 'double', execute: run }, { wait: false })
    const error = (await rejection(double.execute({ n: 21 }))) as Error & { ticket: never }
    expect(error).toMatchObject({ name: 'ToolHeldError', message: expect.stringContaining('resume(') })
    expect(run).not.toHaveBeenCalled()
    server.approve((server.snapshot()['actions'] as { action_id: string }[])[0]!.action_id)
    expect(await resume(claw, error.ticket, run)).toBe(42)
    await claw.close()
  })
  test('reviewers see the arguments in the goal, bounded and masked', async () => {
    const { claw, server } = setup()
    const tool = claw.governTool({ name: 'delete_file', execute: (_input: object) => 'gone' })
    await tool.execute({ path: '/etc/hosts' })
    await tool.execute({ password: 'hunter22', note: "it's", list: [1, null], text: 'x'.repeat(5000) })
    const goals = (server.snapshot()['actions'] as { declared_goal: string }[]).map((row) => row.declared_goal)
    expect(goals[0]).toBe("delete_file({ path: '/etc/hosts' })")
    expect(goals[1]).toMatch(/^delete_file\(\{ .{0,12}\[REDACTED[^,]*, note: 'it\\'s', list: \[1, null\], text: 'xx/)
    expect(goals[1]!.length).toBeLessThan(300)
  })
  test.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['is async', async () => ({})],
    ['gives a string', () => 'x'],
    ['gives a misspelt field', () => ({ riskScore: 95 })],
  ])('a describe that %s lets nothing run', async (_name, describe) => {
    const { claw, server } = setup()
    const run = vi.fn(() => 'ran')
    await rejection(claw.governTool({ name: 'x', execute: run }, { describe: describe as never }).execute())
    expect(run).not.toHaveBeenCalled()
    expect(server.snapshot()['actions'] ?? []).toEqual([])
  })
  test('long strings and NUL of describe are no reason to refuse', async () => {
    const { claw, server } = setup()
    const describe = () => ({
      declared_goal: 'g\0'.repeat(3000),
      reasoning: 'r'.repeat(9000),
      systems_touched: Array(80).fill('s'),
    })
    expect(await claw.governTool({ name: 'x', execute }, { describe }).execute()).toBe('ran')
    const [row] = server.snapshot()['actions'] as { declared_goal: string; reasoning: string; status: string }[]
    expect(row!.status).toBe('completed')
    expect(row!.declared_goal).toMatch(/^g\ufffd.*\[cut, 6000 characters\]$/s)
    expect(row!.reasoning.length).toBeLessThanOrEqual(4000)
  })
  test.each([
    ['is async', async () => true],
    ['rejects', async () => Promise.reject(new Error('mine'))],
  ])('a skip that %s lets nothing run', async (_name, skip) => {
    const { claw, server } = setup()
    const run = vi.fn(() => 'ran')
    const error = await rejection(claw.governTool({ name: 'x', execute: run }, { skip: skip as never }).execute())
    expect(error).toMatchObject({ name: 'InputError', field: 'skip' })
    expect(run).not.toHaveBeenCalled()
    expect(server.snapshot()['actions'] ?? []).toEqual([])
  })
  test('a skip that throws lets nothing run', async () => {
    const { claw } = setup()
    const run = vi.fn(() => 'ran')
    const skip = () => {
      throw new Error('mine')
    }
    await rejection(claw.governTool({ name: 'x', execute: run }, { skip }).execute())
    expect(run).not.toHaveBeenCalled()
  })
})
