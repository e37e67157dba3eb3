/** On the real Claude Code, which the package brings, with the answers of a script. */
import {
  createSdkMcpServer,
  type Options,
  query,
  type SDKMessage,
  type SDKUserMessage,
  tool,
} from '@anthropic-ai/claude-agent-sdk'
import { DashClaw } from 'dashclaw'
import { canUseTool, dashclawHooks, observeQuery } from 'dashclaw/claude-agent'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { CLAUDE_USAGE, startClaude, type Turn } from './support/claude-server.ts'
import { admin, BLOCK, claw, HOLD, listening, pending, rows, serverPerTest, tokens } from './support/server.ts'

serverPerTest()
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const IN = CLAUDE_USAGE.input_tokens + CLAUDE_USAGE.cache_creation_input_tokens + CLAUDE_USAGE.cache_read_input_tokens
const OUT = CLAUDE_USAGE.output_tokens

/** An agent with one tool of its own, `send`, and the answers of a script. */
async function agent(
  turns: Turn[] | ((answers: number, prompt: string) => Turn),
  result: (to: string) => unknown = (to) => `sent to ${to}`,
) {
  const claude = await startClaude(Array.isArray(turns) ? (answers) => turns[answers] ?? 'done' : turns)
  closing.push(claude.close)
  const send = vi.fn(async ({ to }: { to: string; body?: string | undefined }) => ({
    content: [{ type: 'text' as const, text: `${await result(to)}` }],
  }))
  const desk = createSdkMcpServer({
    name: 'desk',
    tools: [tool('send', 'Sends a mail', { to: z.string(), body: z.string().optional() }, send)],
  })
  const options: Options = {
    ...claude.options,
    settingSources: [],
    mcpServers: { desk },
    tools: [],
    allowedTools: ['mcp__desk__send'],
  }
  const start = (more: Options) => query({ prompt: 'Mail ann', options: { ...options, ...more } })
  const run = async (more: Options) => {
    const messages: SDKMessage[] = []
    for await (const message of start(more)) messages.push(message)
    return messages
  }
  return { claude, send, start, run }
}
const SEND = 'mcp__desk__send'
const ONE: Turn[] = [[[SEND, { to: 'ann' }]], 'Sent.']

describe('a call of a tool', () => {
  test('runs as an action', async () => {
    const { claude, send, run } = await agent([[[SEND, { to: 'ann', body: 'password: hunter22' }]], 'Sent.'])
    const messages = await run({ hooks: dashclawHooks(claw, { risk_score: 20 }) })
    expect(messages.at(-1)).toMatchObject({ type: 'result', subtype: 'success', result: 'Sent.' })
    expect(send).toHaveBeenCalledOnce()
    expect(claude.told()).toEqual([expect.stringContaining('sent to ann')])
    expect(rows()).toEqual([
      expect.objectContaining({
        agent_id: 'agent-1',
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^mcp__desk__send\(/),
        risk_score: 20,
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:mcp__desk__send sha256:[0-9a-f]{64}$/),
        status: 'completed',
        output_summary: '[{"type":"text","text":"sent to ann"}]',
        duration_ms: expect.any(Number),
      }),
    ])
  })
  test.each([{}, { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true }] satisfies Options[])(
    'that is blocked does not run, though the session allows it, and the model is told %o',
    async (mode) => {
      await admin.createPolicy(BLOCK)
      const { claude, send, run } = await agent(ONE)
      // Claude Code bypasses permissions for root in a sandbox only.
      await run({ hooks: dashclawHooks(claw), env: { ...claude.options.env, IS_SANDBOX: '1' }, ...mode })
      expect(send).not.toHaveBeenCalled()
      expect(claude.told()).toEqual([
        expect.stringContaining('did not run: it is not allowed (Tools: Action type \\"tool\\" is blocked by policy)'),
      ])
    },
  )
  test.each(['allow', 'deny'] as const)('waits for a person, who may say %s', async (decision) => {
    await admin.createPolicy(HOLD)
    const { claude, send, run } = await agent(ONE)
    const running = run({ hooks: dashclawHooks(claw) })
    const [id] = await pending()
    expect(send).not.toHaveBeenCalled()
    await admin.approveAction(id!, { decision, reasoning: 'because of ann' })
    await running
    expect(send).toHaveBeenCalledTimes(decision === 'allow' ? 1 : 0)
    expect(claude.told()).toEqual([
      expect.stringContaining(decision === 'allow' ? 'sent to ann' : 'a person denied it (because of ann)'),
    ])
  })
  test('is held without a wait, with a ticket', async () => {
    await admin.createPolicy(HOLD)
    const { claude, send, run } = await agent(ONE)
    const onHeld = vi.fn()
    await run({ hooks: dashclawHooks(claw, { wait: false, onHeld }) })
    expect(send).not.toHaveBeenCalled()
    expect(onHeld).toHaveBeenCalledWith(expect.objectContaining({ tool: SEND, input: { to: 'ann' } }))
    expect(claude.told()).toEqual([expect.stringContaining('it waits for the approval of a person')])
  })
  test('does not run when the hook itself fails', async () => {
    await admin.createPolicy(HOLD)
    const { send, run } = await agent(ONE)
    const onHeld = () => Promise.reject(new Error('the queue is full'))
    await run({ hooks: dashclawHooks(claw, { wait: false, onHeld }) })
    expect(send).not.toHaveBeenCalled()
  })
  test('does not run while the guard is away', async () => {
    const away = new DashClaw({ baseUrl: 'http://127.0.0.1:9', apiKey: 'local', agentId: 'a', maxRetries: 0 })
    const { claude, send, run } = await agent(ONE)
    await run({ hooks: dashclawHooks(away) })
    expect(send).not.toHaveBeenCalled()
    expect(claude.told()).toEqual([expect.stringContaining('it could not be checked')])
  })
  test('of one turn is decided apart from the others', async () => {
    await admin.createPolicy(HOLD)
    const { claude, send, run } = await agent([
      [
        [SEND, { to: 'ann' }],
        [SEND, { to: 'bob' }],
      ],
      'Half.',
    ])
    const running = run({ hooks: dashclawHooks(claw) })
    const decided = new Set<string>()
    while (decided.size < 2) {
      for (const id of (await pending()).filter((one) => !decided.has(one))) {
        const row = rows().find(({ action_id }) => action_id === id)
        await admin.approveAction(id, { decision: `${row?.['input_summary']}`.includes('ann') ? 'allow' : 'deny' })
        decided.add(id)
      }
    }
    await running
    expect(send.mock.calls.map(([input]) => input)).toEqual([{ to: 'ann' }])
    expect(claude.told()).toEqual([
      expect.stringContaining('sent to ann'),
      expect.stringContaining('a person denied it'),
    ])
  })
  test('that throws has failed', async () => {
    const { run } = await agent(ONE, () => Promise.reject(new Error('smtp is down')))
    await run({ hooks: dashclawHooks(claw) })
    expect(rows()).toEqual([
      expect.objectContaining({ status: 'failed', error_message: expect.stringContaining('smtp is down') }),
    ])
  })
  test('is left out by skip', async () => {
    await admin.createPolicy(BLOCK)
    const { send, run } = await agent(ONE)
    await run({ hooks: dashclawHooks(claw, { skip: ({ name }) => name === SEND }) })
    expect(send).toHaveBeenCalledOnce()
    expect(rows()).toEqual([])
  })
  test('is asked for once when the hooks are registered twice', async () => {
    const { send, run } = await agent(ONE)
    const [one, two] = [dashclawHooks(claw), dashclawHooks(claw)]
    await run({ hooks: { PreToolUse: [...one.PreToolUse, ...two.PreToolUse], PostToolUse: one.PostToolUse } })
    expect(send).toHaveBeenCalledOnce()
    expect(rows()).toEqual([expect.objectContaining({ status: 'completed' })])
  })
  test('that a rule of the session refuses afterwards is cancelled', async () => {
    const { claude, send, run } = await agent(ONE)
    await run({
      hooks: dashclawHooks(claw),
      allowedTools: [],
      canUseTool: async () => ({ behavior: 'deny', message: 'Not today' }),
    })
    expect(send).not.toHaveBeenCalled()
    expect(claude.told()).toEqual([expect.stringContaining('Not today')])
    expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })])
  })
  test('that waits is cancelled with the query', async () => {
    await admin.createPolicy(HOLD)
    const { send, start } = await agent(ONE)
    const abortController = new AbortController()
    const running = (async () => {
      for await (const _ of observeQuery(claw, start({ hooks: dashclawHooks(claw), abortController })));
    })()
    await pending()
    abortController.abort()
    await running.catch(() => {})
    await eventually(() => expect(rows()).toEqual([expect.objectContaining({ status: 'cancelled' })]))
    expect(send).not.toHaveBeenCalled()
  })
  test('of one client is not mixed up with that of another, also with the same id', async () => {
    const other = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-2' })
    const script: Turn[] = [[[SEND, { to: 'ann' }, 'toolu_same']], 'Sent.']
    const [left, right] = await Promise.all([agent(script), agent(script)])
    await Promise.all([left.run({ hooks: dashclawHooks(claw) }), right.run({ hooks: dashclawHooks(other) })])
    expect(
      rows()
        .map((row) => `${row['agent_id']} ${row['status']}`)
        .sort(),
    ).toEqual(['agent-1 completed', 'agent-2 completed'])
    await other.close()
  })
  test('that another hook gave other arguments has failed', async () => {
    const { send, run } = await agent(ONE)
    const { PreToolUse, ...hooks } = dashclawHooks(claw)
    const change = async () => ({
      hookSpecificOutput: { hookEventName: 'PreToolUse' as const, updatedInput: { to: 'mallory' } },
    })
    await run({ hooks: { ...hooks, PreToolUse: [...PreToolUse, { hooks: [change] }] } })
    expect(send.mock.calls[0]?.[0]).toEqual({ to: 'mallory' })
    expect(rows()).toEqual([
      expect.objectContaining({
        status: 'failed',
        error_message: expect.stringContaining('no longer those that were allowed'),
      }),
    ])
  })
  test('of Bash is governed as well', async () => {
    const { claude, run } = await agent([[['Bash', { command: 'echo hi there', description: 'Says hi' }]], 'Done.'])
    await run({
      hooks: dashclawHooks(claw, { actionTypes: { Bash: 'shell' } }),
      tools: ['Bash'],
      allowedTools: ['Bash'],
    })
    expect(claude.told()).toEqual([expect.stringContaining('hi there')])
    expect(rows()).toEqual([
      expect.objectContaining({
        action_type: 'shell',
        status: 'completed',
        output_summary: expect.stringContaining('"stdout":"hi there"'),
      }),
    ])
  })
  test('of a subagent is a child of the call that started it', async () => {
    const { send, run } = await agent((answers, prompt) => {
      if (prompt.includes('You mail')) return ONE[answers] ?? 'done'
      return answers === 0
        ? [
            [
              'Agent',
              { subagent_type: 'mailer', description: 'Mail', prompt: 'You mail ann', run_in_background: false },
            ],
          ]
        : 'All done.'
    })
    await run({
      hooks: dashclawHooks(claw),
      tools: ['Agent'],
      allowedTools: ['Agent', SEND],
      agents: { mailer: { description: 'Mails', prompt: 'You send mails.', tools: [SEND] } },
    })
    expect(send).toHaveBeenCalledOnce()
    const [outer, inner] = rows()
    expect([outer, inner]).toEqual([
      expect.objectContaining({
        declared_goal: expect.stringMatching(/^Agent\(/),
        status: 'completed',
        parent_action_id: null,
      }),
      expect.objectContaining({ declared_goal: expect.stringContaining(`${SEND}(`), status: 'completed' }),
    ])
    expect(inner?.['parent_action_id']).toBe(outer?.['action_id'])
  })
})

describe('the permission that the session asks for', () => {
  test('is given for what the hooks let through, and asks nothing more', async () => {
    const { send, run } = await agent(ONE)
    await run({ hooks: dashclawHooks(claw), canUseTool: canUseTool(claw), allowedTools: [] })
    expect(send).toHaveBeenCalledOnce()
    expect(rows()).toEqual([
      expect.objectContaining({ status: 'completed', output_summary: expect.stringContaining('sent') }),
    ])
  })
  test('is not given for arguments that another hook has changed', async () => {
    const { claude, send, run } = await agent(ONE)
    const { PreToolUse, ...hooks } = dashclawHooks(claw)
    const change = async () => ({
      hookSpecificOutput: { hookEventName: 'PreToolUse' as const, updatedInput: { to: 'mallory' } },
    })
    await run({
      hooks: { ...hooks, PreToolUse: [...PreToolUse, { hooks: [change] }] },
      canUseTool: canUseTool(claw),
      allowedTools: [],
    })
    expect(send).not.toHaveBeenCalled()
    expect(claude.told()).toEqual([expect.stringContaining('no longer those that were allowed')])
  })
  test.each(['allow', 'deny'] as const)('waits for a person without the hooks, who may say %s', async (decision) => {
    await admin.createPolicy(HOLD)
    const { claude, send, run } = await agent(ONE)
    const running = run({ canUseTool: canUseTool(claw), allowedTools: [] })
    await admin.approveAction((await pending())[0]!, { decision })
    await running
    expect(send).toHaveBeenCalledTimes(decision === 'allow' ? 1 : 0)
    expect(claude.told()).toEqual([
      expect.stringContaining(decision === 'allow' ? 'sent to ann' : 'a person denied it'),
    ])
  })
  test('is refused while the guard is away', async () => {
    const away = new DashClaw({ baseUrl: 'http://127.0.0.1:9', apiKey: 'local', agentId: 'a', maxRetries: 0 })
    const { claude, send, run } = await agent(ONE)
    await run({ canUseTool: canUseTool(away), allowedTools: [] })
    expect(send).not.toHaveBeenCalled()
    expect(claude.told()).toEqual([expect.stringContaining('it could not be checked')])
  })
})

describe('an observed query', () => {
  const model = 'claude-sonnet-4-5'
  test('gives its messages and keeps its methods, and counts each call of the model once', async () => {
    const { claude, start } = await agent(ONE)
    const plain = start({})
    const observed = observeQuery(claw, plain)
    expect(observeQuery(claw, observed)).toBe(observed)
    expect((await observed.initializationResult()).commands).toBeInstanceOf(Array)
    const types: string[] = []
    for await (const message of observed) types.push(message.type)
    expect(types).toContain('assistant')
    expect(types.at(-1)).toBe('result')
    await claw.flush()
    expect(claude.bodies).toHaveLength(2)
    expect(tokens()).toEqual([expect.objectContaining({ model, tokens_in: 2 * IN, tokens_out: 2 * OUT })])
  })
  test('of many turns counts each of them once, and a resumed session from what was counted before', async () => {
    const { start, claude } = await agent((answers) => `answer ${answers}`)
    let next = () => {}
    async function* prompts(): AsyncGenerator<SDKUserMessage> {
      for (const content of ['one', 'two']) {
        const answered = new Promise<void>((resolve) => {
          next = resolve
        })
        yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null }
        await answered
      }
    }
    const options = { ...claude.options, settingSources: [], tools: [] } satisfies Options
    let last: Extract<SDKMessage, { type: 'result' }> | undefined
    for await (const message of observeQuery(claw, query({ prompt: prompts(), options }))) {
      if (message.type !== 'result') continue
      last = message
      next()
    }
    await claw.flush()
    expect(tokens().map((report) => [report['tokens_in'], report['tokens_out']])).toEqual([
      [IN, OUT],
      [IN, OUT],
    ])
    const again = start({ resume: last!.session_id, mcpServers: {} })
    for await (const _message of observeQuery(claw, again, { before: last!.modelUsage }));
    await claw.flush()
    expect(tokens().map((report) => report['tokens_in'])).toEqual([IN, IN, IN])
  })
  test('that is left early reports what is known', async () => {
    const { start } = await agent(ONE)
    for await (const message of observeQuery(claw, start({}))) if (message.type === 'assistant') break
    await claw.flush()
    expect(tokens()).toEqual([expect.objectContaining({ model, tokens_in: IN, partial: true })])
  })
  test('passes on what it throws', async () => {
    const { start } = await agent(ONE)
    const observed = observeQuery(claw, start({}))
    const error = new Error('enough')
    await expect(observed.throw(error)).rejects.toBe(error)
    await expect(observed.next()).resolves.toMatchObject({ done: true })
  })
})
