import { governClient, governHandler, governServer } from 'dashclaw/mcp'
import { resume, type Ticket } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { rows, setup } from '../support/local.ts'
import { BLOCK } from '../support/tool-policies.ts'

const ok = { content: [{ type: 'text', text: 'ok' }] }

describe('governHandler', () => {
  test('refuses what is no client and no handler', () => {
    const { claw } = setup()
    expect(() => governHandler({} as DashClaw, 'a', () => ok)).toThrow('claw must be a client')
    expect(() => governHandler(claw, 'a', undefined as never)).toThrow('handler must be a function')
  })
  test('takes a lone argument for what comes with the request, not for arguments', async () => {
    const { claw, server } = setup()
    const handler = governHandler(claw, 'count', (extra: { signal: AbortSignal }) => ({ ...ok, extra }))
    const { signal } = new AbortController()
    expect(await handler({ signal })).toMatchObject({ extra: { signal } })
    expect(rows(server)).toEqual([expect.objectContaining({ input_summary: '{}' })])
  })
  test('hands out the ticket of a held call, which runs it later, once', async () => {
    const { claw, server } = setup({}, { policies: [{ ...BLOCK, policy_type: 'require_approval' }] })
    const tickets: Ticket[] = []
    const send = vi.fn(({ to }: { to: string }, _extra: object) => ({ content: [{ type: 'text', text: `to ${to}` }] }))
    const handler = governHandler(claw, 'send', send, { wait: false, onTicket: (ticket) => tickets.push(ticket) })
    expect(await handler({ to: 'ann' }, {})).toMatchObject({ isError: true })
    expect(send).not.toHaveBeenCalled()
    server.approve(tickets[0]!.action_id)
    const run = () => resume(claw, tickets[0]!, (input) => send(input as { to: string }, {}))
    expect(await run()).toMatchObject({ content: [{ text: 'to ann' }] })
    await expect(run()).rejects.toMatchObject({ decision: 'already_run' })
    expect(send).toHaveBeenCalledTimes(1)
  })
  test('does not call its own error a denial', async () => {
    const { claw, server } = setup({}, { policies: [BLOCK] })
    const inner = governHandler(claw, 'inner', () => ok, { onDeny: 'throw' })
    const outer = governHandler(claw, 'outer', () => inner(), { action_type: 'research' })
    await expect(outer()).rejects.toMatchObject({ name: 'GuardBlockedError' })
    expect(rows(server).find(({ declared_goal }) => String(declared_goal).startsWith('outer('))).toMatchObject({
      status: 'failed',
    })
  })
  test.each([
    [
      'its texts',
      { isError: true, content: [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }] },
      'a\nb',
    ],
    ['no text', { isError: true, content: [] }, 'The tool gave an error.'],
    ['no content', { isError: true }, 'The tool gave an error.'],
  ])('records a result that is an error with %s', async (_name, result, error_message) => {
    const { claw, server } = setup()
    expect(await governHandler(claw, 'a', () => result)()).toBe(result)
    expect(rows(server)).toEqual([expect.objectContaining({ status: 'failed', error_message })])
  })
})

describe('governServer', () => {
  test('refuses what is no server', () => {
    expect(() => governServer(setup().claw, {} as never)).toThrow('server must be an McpServer')
  })
  test('passes what a registration gives, also where it gives nothing', () => {
    const registerTool = vi.fn((_name: string, _config: object, _handler: () => unknown) => undefined)
    const server = governServer(setup().claw, { registerTool })
    expect(server.registerTool('a', {}, () => ok)).toBeUndefined()
    expect(registerTool).toHaveBeenCalledWith('a', {}, expect.any(Function))
  })
})

describe('governClient', () => {
  test('refuses what is no client of a server', () => {
    expect(() => governClient(setup().claw, {} as never)).toThrow('client must have callTool()')
  })
  test('that cannot be changed is refused each time', () => {
    const client = Object.freeze({ callTool: async () => ok })
    expect(() => governClient(setup().claw, client)).toThrow(TypeError)
    expect(() => governClient(setup().claw, client)).toThrow(TypeError)
  })
  test('records a call without arguments as one with none, and sends it as it was', async () => {
    const { claw, server } = setup()
    const callTool = vi.fn(async (_params: { name: string }) => ok)
    const client = governClient(claw, { callTool })
    expect(await client.callTool({ name: 'count' })).toBe(ok)
    expect(callTool).toHaveBeenCalledWith({ name: 'count' })
    expect(rows(server)).toEqual([expect.objectContaining({ input_summary: '{}' })])
  })
})
