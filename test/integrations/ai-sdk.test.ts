import {
  governTools,
  type TicketStore,
  type ToolApprovalEvent,
  telemetry,
  toolApproval,
  usageMiddleware,
} from 'dashclaw/ai-sdk'
import { resume, type Ticket } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import type { TokenReport } from '../../src/domains/tokens-report.ts'
import { eventually } from '../support/eventually.ts'
import { asked, rows, setup } from '../support/local.ts'
import { HOLD } from '../support/tool-policies.ts'

interface Context {
  toolCallId: string
  abortSignal?: AbortSignal
}
function mailer() {
  const runs: unknown[] = []
  const execute = async (input: { to: string }, _context: Context) => {
    runs.push(input)
    return `sent to ${input.to}`
  }
  return { runs, tools: { send: { description: 'Sends a mail', execute }, ask: { description: 'Asks the user' } } }
}
const event = (input: unknown, tools: object, more: Partial<ToolApprovalEvent> = {}): ToolApprovalEvent => ({
  toolCall: { toolCallId: 'call-1', toolName: 'send', input },
  tools,
  messages: [{ role: 'user', content: 'Mail Ann' }],
  ...more,
})
const context: Context = { toolCallId: 'call-1' }

describe('governTools', () => {
  test('gives a copy that keeps what it does not govern', () => {
    const { claw } = setup()
    const { tools } = mailer()
    const governed = governTools(claw, tools)
    expect(governed.send.description).toBe('Sends a mail')
    expect(governed.send.execute).not.toBe(tools.send.execute)
    expect(governed.ask).toBe(tools.ask)
    expect(governTools(claw, governed).send).toBe(governed.send)
    expect(governTools(setup().claw, governed).send).not.toBe(governed.send)
  })
  test('refuses a client that cannot record', () => {
    expect(() => governTools({} as DashClaw, {})).toThrow('claw must be a client')
  })
  test('refuses arguments that were changed while the call waited', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const { runs, tools } = mailer()
    const input = { to: 'ann' }
    const governed = governTools(claw, tools, {
      onPending: ({ action_id }) => {
        input.to = 'eve'
        server.approve(action_id)
      },
    })
    await expect(governed.send.execute(input, context)).rejects.toMatchObject({ decision: 'changed' })
    expect(runs).toEqual([])
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'failed' })])
  })
  test('says to the model what the client says to the program', async () => {
    const { claw } = setup({}, { policies: [{ ...HOLD, policy_type: 'block_action_type' }] })
    const { tools } = mailer()
    const error = await governTools(claw, tools)
      .send.execute({ to: 'ann' }, context)
      .catch((error: Error) => error)
    expect(error).toMatchObject({
      message: expect.stringMatching(/^The call of the tool "send" did not run: it is not allowed/),
      cause: { name: 'GuardBlockedError', decision: 'block' },
    })
  })
  test('passes errors that are no denial as they are', async () => {
    const { claw } = setup()
    const { runs, tools } = mailer()
    const run = governTools(claw, tools).send.execute({ to: 1n } as never, context)
    await expect(run).rejects.toMatchObject({ name: 'InputError' })
    expect(runs).toEqual([])
  })
  test('asks for a call by itself when it is not the one that was approved', async () => {
    const { claw, server } = setup()
    const { runs, tools } = mailer()
    const governed = governTools(claw, tools)
    expect(await toolApproval(claw)(event({ to: 'ann' }, governed))).toBe('approved')
    await governed.send.execute({ to: 'eve' }, context)
    await governed.send.execute({ to: 'ann' }, { toolCallId: 'call-2' })
    await governed.send.execute({ to: 'ann' }, context)
    expect(runs.length).toBe(3)
    expect(rows(server).map(({ input_summary, status }) => [input_summary, status])).toEqual([
      ['{"to":"ann"}', 'completed'],
      ['{"to":"eve"}', 'completed'],
      ['{"to":"ann"}', 'completed'],
    ])
  })
  test('does not use an approval twice', async () => {
    const { claw, server } = setup()
    const { tools } = mailer()
    const governed = governTools(claw, tools)
    await toolApproval(claw)(event({ to: 'ann' }, governed))
    await governed.send.execute({ to: 'ann' }, context)
    await governed.send.execute({ to: 'ann' }, context)
    expect(rows(server).length).toBe(2)
  })
})

describe('toolApproval', () => {
  test('needs a place for tickets and what redeems them, where nobody waits', () => {
    const { claw } = setup()
    expect(() => toolApproval(claw, { wait: false })).toThrow('wait: false needs tickets')
    expect(() => toolApproval(claw, { wait: false, tickets: new Map() })).toThrow('wait: false needs tickets')
    expect(toolApproval(claw, { wait: false, tickets: new Map(), resume })).toBeTypeOf('function')
  })
  test('ends the action of a call that is run by a provider, or by nobody here', async () => {
    const { claw, server } = setup()
    const { tools } = mailer()
    const approve = toolApproval(claw)
    const governed = governTools(claw, tools)
    const toolCall = { toolCallId: 'call-1', toolName: 'send', input: {}, providerExecuted: true }
    expect(await approve(event({}, governed, { toolCall }))).toBe('approved')
    expect(await approve(event({}, tools))).toBe('approved')
    expect(await approve(event({}, {}, { tools: undefined }))).toBe('approved')
    expect(rows(server).map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  })
  test('passes errors that are no denial, so nothing runs', async () => {
    const { claw } = setup()
    const input = { big: 1n }
    await expect(toolApproval(claw)(event(input, mailer().tools))).rejects.toMatchObject({ name: 'InputError' })
  })
  test('keeps tickets in a store of any kind, and fails where the store does', async () => {
    const { claw } = setup({}, { policies: [HOLD] })
    const kept = vi.fn<TicketStore['set']>()
    const tickets: TicketStore = { get: async () => null, set: kept }
    const approve = toolApproval(claw, { wait: false, tickets, resume })
    expect(await approve(event({ to: 'ann' }, {}))).toMatchObject({ type: 'user-approval' })
    expect(kept).toHaveBeenCalledWith('call-1', expect.objectContaining<Partial<Ticket>>({ tool: 'send' }))
    kept.mockRejectedValueOnce(new Error('disk full'))
    await expect(approve(event({ to: 'ann' }, {}))).rejects.toThrow('disk full')
  })
  test('ends the oldest of more than 10,000 calls that were allowed and never run', async () => {
    const ends: unknown[] = []
    const claw = {
      track: (_input: unknown, work: (action: object) => Promise<unknown>) =>
        work({}).catch((error: unknown) => void ends.push(error)),
    } as unknown as DashClaw
    const governed = governTools(claw, mailer().tools)
    const approve = toolApproval(claw)
    for (let n = 0; n < 10_002; n++) await approve(event({ n }, governed))
    await eventually(() => expect(ends.length).toBe(2))
    expect(ends[0]).toMatchObject({ message: 'Allowed. Its run was not seen.' })
  })
})

describe('telemetry', () => {
  test('does not run a tool whose name it cannot tell when tools are blocked', async () => {
    const { claw } = setup({}, { policies: [{ ...HOLD, policy_type: 'block_action_type' }] })
    const execute = vi.fn(async () => 1)
    await expect(telemetry(claw).executeTool({ callId: 'c', toolCallId: 't', execute })).rejects.toThrow('not allowed')
    expect(execute).not.toHaveBeenCalled()
  })
  test('leaves no leave to run behind', async () => {
    const { claw, server } = setup()
    const { tools } = mailer()
    const input = { to: 'ann' }
    const toolCall = { toolCallId: 'call-1', toolName: 'send', input }
    await telemetry(claw).executeTool({ callId: 'c', toolCallId: 'call-1', toolCall, execute: async () => {} })
    await governTools(claw, tools).send.execute(input, context)
    expect(rows(server).length).toBe(2)
  })
  test('ends a run with what it gave, and asks nothing more at its end', async () => {
    const { claw, server } = setup()
    const { executeTool, onToolExecutionEnd } = telemetry(claw)
    const toolCall = { toolCallId: 't', toolName: 'send', input: { to: 'ann' } }
    await executeTool({ callId: 'c', toolCallId: 't', toolCall, execute: async () => {} })
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'running' })])
    const end = { callId: 'c', toolCall, toolOutput: { type: 'tool-result', output: 'sent' } }
    await onToolExecutionEnd(end)
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'completed', output_summary: 'sent' })])
    const before = asked(server).length
    await onToolExecutionEnd(end)
    expect(asked(server).length).toBe(before)
  })
})

describe('usageMiddleware', () => {
  const count = async (usage: object, response?: { modelId?: string }) => {
    const reports: TokenReport[] = []
    const claw = { queueTokenUsage: (report: TokenReport) => void reports.push(report) }
    const result = { usage, ...(response && { response }) }
    const { wrapGenerate } = usageMiddleware(claw)
    expect(await wrapGenerate({ doGenerate: async () => result, model: { modelId: 'm' } })).toBe(result)
    return reports
  }
  test.each([
    ['of versions 3 and 4', { inputTokens: { total: 11, cacheRead: 4 }, outputTokens: { total: 7, reasoning: 3 } }],
    ['of version 2', { inputTokens: 11, outputTokens: 7, totalTokens: 18 }],
  ])('takes the counts %s', async (_name, usage) => {
    expect(await count(usage)).toEqual([{ tokens_in: 11, tokens_out: 7, model: 'm' }])
    expect(await count(usage, { modelId: 'm-2026' })).toMatchObject([{ model: 'm-2026' }])
  })
  test('reports one count where the other one is not known, and nothing where none is', async () => {
    expect(await count({ inputTokens: 0, outputTokens: { total: 7 } })).toMatchObject([{ tokens_in: 0, tokens_out: 7 }])
    expect(await count({ inputTokens: 11, outputTokens: undefined })).toMatchObject([{ tokens_in: 11, tokens_out: 0 }])
    expect(await count({ inputTokens: { total: undefined }, outputTokens: undefined })).toEqual([])
    expect(await count({})).toEqual([])
  })
})
