import { createLocalServer, type LocalServer } from 'dashclaw/local'
import {
  governCall,
  governTool,
  governTools,
  openCall,
  renderDenial,
  type StandardSchema,
  type ToolHeldError,
} from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { eventually } from '../support/eventually.ts'
import { asked, rejection, setup } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'
import { BLOCK, HOLD } from '../support/tool-policies.ts'

retryAtOnce()

type Row = Record<string, unknown>
const rows = (server: LocalServer) => (server.snapshot()['actions'] ?? []) as Row[]

/** A tool that remembers what it was run with. */
function mailer(result: unknown = { sent: true }) {
  const runs: unknown[] = []
  return {
    runs,
    name: 'send_mail',
    description: 'Sends a mail',
    execute(input: { to: string; body?: string }, _context?: { abortSignal?: AbortSignal }): unknown {
      runs.push(input)
      return result
    },
  }
}

describe('a governed tool', () => {
  test('runs as an action, with its arguments, its result and a digest of what was allowed', async () => {
    const { claw, server } = setup()
    const tool = mailer()
    const governed = governTool(claw, tool)
    expect(governed.description).toBe('Sends a mail')
    await expect(governed.execute({ to: 'ann', body: 'password: hunter22' })).resolves.toEqual({ sent: true })
    expect(tool.runs).toEqual([{ to: 'ann', body: 'password: hunter22' }])
    expect(rows(server)).toEqual([
      expect.objectContaining({
        action_type: 'tool',
        declared_goal: expect.stringMatching(/^send_mail\(/),
        systems_touched: '["send_mail"]',
        risk_score: 30,
        input_summary: '{"to":"ann","body":"password: [REDACTED]"}',
        authorization_scope: expect.stringMatching(/^tool:send_mail sha256:[0-9a-f]{64}$/),
        status: 'completed',
        output_summary: '{"sent":true}',
        duration_ms: expect.any(Number),
      }),
    ])
  })
  test('takes fields of the action from the options, from a map of types, and from the call', async () => {
    const { claw, server } = setup()
    const [mail, pay] = governTools(claw, [mailer(), { ...mailer(), name: 'pay' }], {
      risk_score: 10,
      reversible: false,
      authorization_scope: 'inbox only',
      actionTypes: { send_mail: 'message' },
      describe: ({ name, input }) =>
        name === 'pay' ? { action_type: 'api', risk_score: 80, trigger: `${(input as { to: string }).to}` } : {},
    })
    await mail!.execute({ to: 'ann' })
    await pay!.execute({ to: 'bob' })
    expect(rows(server)).toEqual([
      expect.objectContaining({
        action_type: 'message',
        risk_score: 10,
        reversible: 0,
        authorization_scope: expect.stringMatching(/^inbox only sha256:/),
      }),
      expect.objectContaining({ action_type: 'api', risk_score: 80, trigger: 'bob' }),
    ])
  })
  test('of an object of tools goes by its key, and keeps the rest of the tool and its this', async () => {
    const { claw, server } = setup()
    const adder = {
      base: 1,
      execute(input: number) {
        return this.base + input
      },
    }
    const tools = governTools(claw, { add: adder })
    expect(tools.add.base).toBe(1)
    expect(await tools.add.execute(2)).toBe(3)
    expect(rows(server)[0]).toMatchObject({ declared_goal: expect.stringMatching(/^add\(/), input_summary: '2' })
  })
  test('leaves out what skip names', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const tool = governTool(claw, mailer(), { skip: ({ name }) => name === 'send_mail' })
    await expect(tool.execute({ to: 'ann' })).resolves.toEqual({ sent: true })
    expect(server.requests).toEqual([])
  })
  test('that is blocked does not run, and throws', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    const tool = mailer()
    await expect(governTool(claw, tool).execute({ to: 'ann' })).rejects.toMatchObject({
      name: 'GuardBlockedError',
      decision: 'block',
    })
    expect(tool.runs).toEqual([])
  })
  test('tells the model about a denial instead, where that is asked for', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    const tool = mailer()
    await expect(governTool(claw, tool, { onDeny: 'message' }).execute({ to: 'ann' })).resolves.toBe(
      'The call of the tool "send_mail" did not run: it is not allowed (Tools: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.',
    )
    expect(tool.runs).toEqual([])
  })
  test('throws its own errors also then, and they are recorded', async () => {
    const { claw, server } = setup()
    const error = new Error('smtp is down')
    const tool = { name: 'send_mail', execute: () => Promise.reject(error) }
    expect(await rejection(governTool(claw, tool, { onDeny: 'message' }).execute())).toBe(error)
    expect(rows(server)[0]).toMatchObject({ status: 'failed', error_message: 'smtp is down' })
  })
  test('waits for a person without being told to, and runs once they said yes', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const tool = mailer()
    const pending = vi.fn(({ action_id }: { action_id: string }) => {
      expect(tool.runs).toEqual([])
      server.approve(action_id)
    })
    await expect(governTool(claw, tool, { onPending: pending }).execute({ to: 'ann' })).resolves.toEqual({ sent: true })
    expect(pending).toHaveBeenCalledTimes(1)
    expect(tool.runs).toEqual([{ to: 'ann' }])
    expect(rows(server)[0]).toMatchObject({ status: 'completed' })
  })
  test('does not run when they said no', async () => {
    const { claw, server } = setup({ guardMode: 'enforce' }, { policies: [HOLD] })
    const tool = mailer()
    const error = await rejection(
      governTool(claw, tool, {
        onPending: ({ action_id }) => void server.deny(action_id, { reasoning: 'not to Ann' }),
      }).execute({
        to: 'ann',
      }),
    )
    expect(error.name).toBe('ApprovalDeniedError')
    expect(renderDenial(error, 'send_mail')).toMatch(
      /^The call of the tool "send_mail" did not run: a person denied it \(not to Ann\)\./,
    )
    expect(tool.runs).toEqual([])
  })
  test('refuses arguments that were changed while it waited', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const tool = mailer()
    const input = { to: 'ann' }
    const call = governTool(claw, tool, {
      onPending({ action_id }) {
        input.to = 'eve'
        server.approve(action_id)
      },
    }).execute(input)
    await expect(call).rejects.toMatchObject({ name: 'GuardBlockedError', decision: 'changed' })
    expect(tool.runs).toEqual([])
    expect(rows(server)[0]).toMatchObject({
      status: 'failed',
      error_message: expect.stringContaining('no longer those that were allowed'),
    })
  })
  test('gives the wait up with the signal of the call', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const tool = mailer()
    const stop = new AbortController()
    const reason = new Error('stop')
    const call = governTool(claw, tool, { onPending: () => stop.abort(reason) }).execute(
      { to: 'ann' },
      { abortSignal: stop.signal },
    )
    expect(await rejection(call)).toBe(reason)
    expect(tool.runs).toEqual([])
    await eventually(() => expect(rows(server)[0]).toMatchObject({ status: 'cancelled' }))
  })
  test('is another type where the server does not know tools, and asks only once for that', async () => {
    const { claw, server } = setup({}, { version: '2.0' })
    const tool = mailer()
    await governTool(claw, tool).execute({ to: 'ann' })
    await governTool(claw, tool).execute({ to: 'bob' })
    expect(tool.runs).toEqual([{ to: 'ann' }, { to: 'bob' }])
    expect(rows(server).map((row) => row['action_type'])).toEqual(['other', 'other'])
    expect(asked(server).filter((call) => call === 'POST /api/actions')).toHaveLength(3)
  })
  test('keeps a type that was given, also when the server refuses it', async () => {
    const { claw } = setup({}, { version: '2.0' })
    const tool = mailer()
    await expect(governTool(claw, tool, { action_type: 'mail' }).execute({ to: 'ann' })).rejects.toThrow(
      /action_type must be one of/,
    )
    expect(tool.runs).toEqual([])
  })
  test('that streams is open until it was read', async () => {
    const { claw, server } = setup()
    const tool = {
      name: 'count',
      async *execute() {
        yield 1
        yield 2
      },
    }
    const seen: unknown[] = []
    for await (const part of await governTool(claw, tool).execute()) {
      expect(rows(server)[0]).toMatchObject({ status: 'running' })
      seen.push(part)
    }
    expect(seen).toEqual([1, 2])
    expect(rows(server)[0]).toMatchObject({ status: 'completed', output_summary: '2' })
  })
  test('that breaks off while it streams has failed', async () => {
    const { claw, server } = setup()
    const tool = {
      name: 'count',
      async *execute() {
        yield 1
        throw new Error('no more')
      },
    }
    const stream = await governTool(claw, tool).execute()
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toThrow('no more')
    expect(rows(server)[0]).toMatchObject({ status: 'failed', error_message: 'no more' })
  })
  test.each([
    ['a client without actions', () => governTool({} as never, mailer()), 'claw must be a client'],
    [
      'a tool without a name',
      () => governTool(setup().claw, { ...mailer(), name: '' }),
      'A tool is an object with a name and a function',
    ],
    ['a tool without execute', () => governTool(setup().claw, { name: 'x' } as never), 'has no execute function'],
  ])('%s is refused when it is wrapped', (_what, wrap, message) => {
    expect(wrap).toThrow(message)
  })
  test('is refused without a request when its arguments have no JSON form', async () => {
    const { claw, server } = setup()
    const tool = mailer()
    const loop: Row = {}
    loop['self'] = loop
    await expect(governTool(claw, tool).execute(loop as never)).rejects.toMatchObject({ name: 'InputError' })
    expect([tool.runs, server.requests]).toEqual([[], []])
  })
})

describe('a schema', () => {
  const schema: StandardSchema<{ to: string }> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        const { to } = value as { to?: unknown }
        return typeof to === 'string'
          ? { value: { to: to.trim() } }
          : { issues: [{ message: 'Expected text', path: [{ key: 'to' }] }] }
      },
    },
  }
  test('is asked before the guard, and what it gives is what is recorded and run', async () => {
    const { claw, server } = setup()
    const tool = { ...mailer(), inputSchema: schema }
    await governTool(claw, tool).execute({ to: ' ann ' })
    expect(tool.runs).toEqual([{ to: 'ann' }])
    expect(rows(server)[0]).toMatchObject({ input_summary: '{"to":"ann"}' })
  })
  test('that does not fit asks nothing and runs nothing', async () => {
    const { claw, server } = setup()
    const tool = { ...mailer(), inputSchema: schema }
    await expect(governTool(claw, tool).execute({ to: 7 as never })).rejects.toMatchObject({
      name: 'InputError',
      field: 'to',
      message: 'The arguments of the tool "send_mail" do not fit its schema: to: Expected text.',
    })
    expect([tool.runs, server.requests]).toEqual([[], []])
  })
})

describe('an open call', () => {
  test('ends when it is told to, once', async () => {
    const { claw, server } = setup()
    const open = await openCall(claw, { name: 'fetch', input: { url: 'x' } }, {}, { parent_action_id: 'act_parent' })
    expect(rows(server)[0]).toMatchObject({ status: 'running', parent_action_id: 'act_parent' })
    expect(() => open.check({ name: 'fetch', input: { url: 'y' } })).toThrow('no longer those that were allowed')
    expect(() => open.check({ name: 'other', input: { url: 'x' } })).toThrow('no longer those that were allowed')
    open.check({ name: 'fetch', input: { url: 'x' } })
    await open.end({ output: 'page' })
    await open.end({ error: new Error('late') })
    expect(rows(server)[0]).toMatchObject({ status: 'completed', output_summary: 'page', error_message: null })
  })
  test('of a call that was aborted is recorded as cancelled', async () => {
    const { claw, server } = setup()
    const stop = new AbortController()
    const open = await openCall(claw, { name: 'fetch', input: {} }, {}, { signal: stop.signal })
    stop.abort(new Error('user left'))
    await open.end({ error: new Error('fetch failed') })
    expect(rows(server)[0]).toMatchObject({ status: 'cancelled', error_message: 'user left' })
  })
  test('keeps its outcome when the server is away at that moment', async () => {
    const { claw, server } = setup({ maxRetries: 0 })
    const open = await openCall(claw, { name: 'fetch', input: {} })
    server.failNext('network', 2)
    await open.end({ output: 1 })
    await claw.flush()
    await claw.flush()
    expect(rows(server)[0]).toMatchObject({ status: 'completed' })
  })
})

test('with wait: false a held call gives its ticket, which does not show where the error is printed', async () => {
  const { claw } = setup({ hitlMode: 'wait', guardMode: 'enforce' }, { policies: [HOLD] })
  const run = vi.fn()
  const error = (await rejection(
    governCall(claw, { name: 'pay', input: { card: '4111' } }, run, { wait: false }),
  )) as ToolHeldError
  expect(error.name).toBe('ToolHeldError')
  expect(error.ticket).toMatchObject({ v: 1, tool: 'pay', input: { card: '4111' }, action_id: error.action_id })
  expect(JSON.stringify(error)).not.toContain('4111')
  expect(run).not.toHaveBeenCalled()
})

test('a client whose server cannot be reached runs nothing', async () => {
  const claw = new DashClaw({
    baseUrl: createLocalServer().baseUrl,
    apiKey: 'k',
    agentId: 'a',
    maxRetries: 0,
    fetch: () => Promise.reject(new TypeError('down')),
  })
  const tool = mailer()
  await expect(governTool(claw, tool).execute({ to: 'ann' })).rejects.toMatchObject({ name: 'ConnectionError' })
  expect(tool.runs).toEqual([])
})
