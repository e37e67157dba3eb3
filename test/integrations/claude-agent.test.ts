/** What needs no Claude Code; the rest is in test/frameworks, on the real one. */
import { type ClaudeHookInput, type ClaudeHooks, canUseTool, dashclawHooks, observeQuery } from 'dashclaw/claude-agent'
import { describe, expect, test } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { eventually } from '../support/eventually.ts'
import { setup } from '../support/local.ts'
import { BLOCK } from '../support/tool-policies.ts'

type Row = Record<string, unknown>
const { signal } = new AbortController()

function session(hooks: ClaudeHooks, session_id = 's1') {
  return (hook_event_name: keyof ClaudeHooks, more: Partial<ClaudeHookInput> = {}) =>
    hooks[hook_event_name][0]!.hooks[0]!({ hook_event_name, session_id, ...more }, more.tool_use_id, { signal })
}
const bash = (tool_use_id: string, more: Partial<ClaudeHookInput> = {}) => ({
  tool_name: 'Bash',
  tool_input: { command: 'ls' },
  tool_use_id,
  ...more,
})
/** A client that keeps what it is told, with as many actions at once as one likes. */
function recorder() {
  const ended: unknown[] = []
  const begun: Row[] = []
  const track = async (input: Row, work: (action: object) => Promise<unknown>) => {
    begun.push(input)
    const action_id = `act_${begun.length}`
    await work({ action: { action_id } }).then(
      (output) => ended.push([action_id, output]),
      (error: Error) => ended.push([action_id, error.message]),
    )
  }
  return { claw: { track } as unknown as DashClaw, begun, ended }
}

describe('the hooks', () => {
  test('block the tool when they fail, and may take longer than the person', () => {
    const { claw } = setup()
    expect(dashclawHooks(claw).PreToolUse[0]).toMatchObject({ onFailure: 'block', timeout: 86_400 })
    expect(dashclawHooks(claw, { approvalTimeout: 90_500 }).PreToolUse[0]).toMatchObject({ timeout: 211 })
    expect(() => dashclawHooks({} as DashClaw)).toThrow('claw must be a client')
  })
  test('end what is open of an agent when it stops, and of a session with its end', async () => {
    const { claw, ended } = recorder()
    const hooks = dashclawHooks(claw)
    const [one, two] = [session(hooks), session(hooks, 's2')]
    await one('PreToolUse', bash('t1'))
    await one('PreToolUse', bash('t2', { agent_id: 'a1' }))
    await two('PreToolUse', bash('t1'))
    await one('Stop')
    expect(ended).toEqual([['act_1', 'Nobody told how it ended.']])
    await one('SubagentStop', { agent_id: 'a1' })
    expect(ended).toHaveLength(2)
    await two('PostToolUse', bash('t1', { tool_response: 'files' }))
    expect(ended[2]).toEqual(['act_3', 'files'])
    await one('PreToolUse', bash('t4', { agent_id: 'a1' }))
    await one('SessionEnd')
    expect(ended).toHaveLength(4)
  })
  test('record a refusal by the rules as cancelled, and an interrupted call too', async () => {
    const { claw, server } = setup()
    const event = session(dashclawHooks(claw))
    await event('PreToolUse', bash('t1'))
    await event('PermissionDenied', bash('t1', { reason: 'the classifier said no' }))
    await event('PreToolUse', bash('t2'))
    await event('PostToolUseFailure', bash('t2', { error: 'stopped', is_interrupt: true }))
    await event('PreToolUse', bash('t3'))
    await event('PostToolUseFailure', bash('t3', { error: 'exit 1' }))
    await event('PostToolUse', bash('t4', { tool_response: 'of a call that was left out' }))
    expect((server.snapshot()['actions'] as Row[]).map(({ status, error_message }) => [status, error_message])).toEqual(
      [
        ['cancelled', 'the classifier said no'],
        ['cancelled', 'stopped'],
        ['failed', 'exit 1'],
      ],
    )
  })
  test('give each of two subagents of one kind a call of its own as parent', async () => {
    const { claw, begun } = recorder()
    const event = session(dashclawHooks(claw))
    const input = { subagent_type: 'mailer', prompt: 'Mail' }
    await event('PreToolUse', { tool_name: 'Agent', tool_input: input, tool_use_id: 't1' })
    await event('PreToolUse', { tool_name: 'Agent', tool_input: input, tool_use_id: 't2' })
    for (const agent_id of ['a1', 'a2']) await event('SubagentStart', { agent_id, agent_type: 'mailer' })
    await event('SubagentStart', { agent_id: 'a3', agent_type: 'mailer' })
    for (const agent_id of ['a2', 'a1', 'a3']) await event('PreToolUse', bash(`b${agent_id}`, { agent_id }))
    expect(begun.slice(2).map(({ parent_action_id }) => parent_action_id)).toEqual(['act_2', 'act_1', undefined])
  })
  test('hold a bounded number of open calls', async () => {
    const { claw, ended } = recorder()
    const event = session(dashclawHooks(claw))
    for (let i = 0; i < 10_002; i++) await event('PreToolUse', bash(`t${i}`))
    await eventually(() => expect(ended).toHaveLength(2))
    expect(ended.map((one) => (one as string[])[0])).toEqual(['act_1', 'act_2'])
  }, 30_000)
  test('forget a call that is denied, so that it is asked for again', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const event = session(dashclawHooks(claw))
    const denied = { hookSpecificOutput: expect.objectContaining({ permissionDecision: 'deny' }) }
    expect(await event('PreToolUse', bash('t1'))).toEqual(denied)
    const asked = server.requests.length
    expect(await event('PreToolUse', bash('t1'))).toEqual(denied)
    expect(server.requests.length).toBe(2 * asked)
  })
})

test('the permission is always an answer', async () => {
  const { claw } = setup({ fetch: () => Promise.reject(new TypeError('refused')), maxRetries: 0 })
  const ask = canUseTool(claw, { skip: ({ name }) => name === 'Read' })
  const context = { signal, toolUseID: 't1' }
  expect(await ask('Read', { file: 'a' }, context)).toEqual({ behavior: 'allow', updatedInput: { file: 'a' } })
  expect(await ask('Bash', { command: 'ls' }, context)).toEqual({
    behavior: 'deny',
    message: expect.stringContaining('it could not be checked'),
  })
  expect(await ask('Bash', { count: 1n } as never, context)).toMatchObject({ behavior: 'deny' })
})

describe('an observed query', () => {
  const usage = (inputTokens: number, outputTokens: number) => ({
    inputTokens,
    outputTokens,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
  })
  const result = (modelUsage: object) => ({ type: 'result', session_id: 's1', modelUsage })
  function observed(messages: object[], before?: Record<string, ReturnType<typeof usage>>) {
    const { claw, ended } = recorder()
    const tokens: object[] = []
    const client = Object.assign(claw, { queueTokenUsage: (report: object) => void tokens.push(report) })
    async function* give() {
      yield* messages
    }
    return { query: observeQuery(client, give(), { before }), tokens, ended, claw }
  }
  const drain = async (query: AsyncIterable<object>) => {
    for await (const _ of query);
  }
  test('counts running totals by model once, and anew after the session was cleared', async () => {
    const { query, tokens } = observed([
      result({ a: usage(10, 1) }),
      result({ a: usage(10, 1), b: usage(5, 2) }),
      result({ a: usage(4, 1), b: usage(5, 2) }),
      result({}),
    ])
    await drain(query)
    expect(tokens).toEqual([
      { tokens_in: 10, tokens_out: 1, model: 'a' },
      { tokens_in: 5, tokens_out: 2, model: 'b' },
      { tokens_in: 4, tokens_out: 1, model: 'a' },
    ])
  })
  test('goes on from what was counted before', async () => {
    const { query, tokens } = observed([result({ a: usage(12, 3) })], { a: usage(10, 1) })
    await drain(query)
    expect(tokens).toEqual([{ tokens_in: 2, tokens_out: 2, model: 'a' }])
  })
  test('tells of answers without a result as partial, each once', async () => {
    const message = { id: 'm1', model: 'a', usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 1 } }
    const { query, tokens } = observed([
      { type: 'assistant', message },
      { type: 'assistant', message },
    ])
    await drain(query)
    expect(tokens).toEqual([{ tokens_in: 7, tokens_out: 1, model: 'a', partial: true }])
  })
  test('ends what its sessions left open', async () => {
    const { query, claw, ended } = observed([{ type: 'system', session_id: 's1' }])
    const hooks = dashclawHooks(claw)
    await session(hooks)('PreToolUse', bash('t1'))
    await session(hooks, 'other')('PreToolUse', bash('t1'))
    await drain(query)
    expect(ended).toEqual([['act_1', 'Nobody told how it ended.']])
  })
  test('must be one', () => {
    const { claw } = setup()
    expect(() => observeQuery(claw, {} as never)).toThrow('query must be what query() gives')
  })
})
