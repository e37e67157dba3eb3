import type { LocalServer } from 'dashclaw/local'
import { governCall, renderDenial, resume, type Ticket, type ToolHeldError } from 'dashclaw/tools'
import { describe, expect, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rejection, setup } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

type Row = Record<string, unknown>
const table = (server: LocalServer, name: string) => (server.snapshot()[name] ?? []) as Row[]
const HOLD = { name: 'Pay', policy_type: 'require_approval', rules: { action_types: ['tool'] } } as const

/** A call that is held, and its ticket after a trip through a queue. */
async function heldCall(options: { ticketLifetime?: number; version?: '2.0' } = {}) {
  const { version, ...rest } = options
  const { claw, server } = setup(
    {},
    { policies: [{ ...HOLD, rules: { action_types: ['tool', 'other'] } }], ...(version && { version }) },
  )
  const error = (await rejection(
    governCall(claw, { name: 'pay', input: { to: 'ann', cents: 500 } }, () => 'paid at once', { wait: false, ...rest }),
  )) as ToolHeldError
  const ticket = JSON.parse(JSON.stringify(error.ticket)) as Ticket<{ to: string; cents: number }>
  // The process that resumes has a client of its own.
  const other = setup({ agentId: 'agent-2' }, server)
  return {
    server,
    ticket,
    claw: other.claw,
    logger: other.logger,
    run: vi.fn((_input: { to: string; cents: number }) => 'paid'),
  }
}

describe('resume', () => {
  test.each([undefined, '2.0'] as const)(
    'runs an approved call with the arguments of the ticket (server %s)',
    async (version) => {
      const { claw, server, ticket, run } = await heldCall({ ...(version && { version }) })
      server.approve(ticket.action_id)
      await expect(resume(claw, ticket, run)).resolves.toBe('paid')
      expect(run.mock.calls).toEqual([
        [
          { to: 'ann', cents: 500 },
          { action_id: ticket.action_id, signal: undefined },
        ],
      ])
      expect(table(server, 'actions')).toEqual([
        expect.objectContaining({ status: 'completed', output_summary: 'paid', duration_ms: expect.any(Number) }),
      ])
      expect(table(server, 'loops')).toEqual([
        expect.objectContaining({ status: 'resolved', resolution: 'completed', action_id: ticket.action_id }),
      ])
    },
  )
  test('runs nothing while nobody has decided, and gives the ticket back', async () => {
    const { claw, ticket, run } = await heldCall()
    const error = (await rejection(resume(claw, ticket, run))) as ToolHeldError
    expect(error.ticket).toBe(ticket)
    expect(renderDenial(error)).toBe(
      'The call did not run: it waits for the approval of a person. Do not repeat the same call. Tell the user that it waits.',
    )
    expect(run).not.toHaveBeenCalled()
  })
  test('waits where it is told to', async () => {
    const { claw, server, ticket, run } = await heldCall()
    const call = resume(claw, ticket, run, { wait: true })
    await eventually(() => expect(server.requests.some(({ path }) => path === '/api/stream')).toBe(true))
    expect(run).not.toHaveBeenCalled()
    server.approve(ticket.action_id)
    await expect(call).resolves.toBe('paid')
  })
  test('waits no longer than it is told to', async () => {
    const { claw, ticket, run } = await heldCall()
    await expect(resume(claw, ticket, run, { wait: true, approvalTimeout: 30 })).rejects.toMatchObject({
      name: 'ApprovalTimeoutError',
    })
    expect(run).not.toHaveBeenCalled()
  })
  test('runs nothing that was denied', async () => {
    const { claw, server, ticket, run } = await heldCall()
    server.deny(ticket.action_id, { reasoning: 'too much' })
    await expect(resume(claw, ticket, run)).rejects.toMatchObject({ name: 'ApprovalDeniedError' })
    expect(run).not.toHaveBeenCalled()
  })
  test('never runs twice, one after the other', async () => {
    const { claw, server, ticket, run } = await heldCall()
    server.approve(ticket.action_id)
    await resume(claw, ticket, run)
    const error = await rejection(resume(claw, ticket, run))
    expect(error).toMatchObject({ name: 'GuardBlockedError', decision: 'already_run' })
    expect(renderDenial(error)).not.toContain(ticket.action_id)
    expect(run).toHaveBeenCalledTimes(1)
  })
  test('never runs twice, by twenty processes at once', async () => {
    const { server, ticket, run } = await heldCall()
    server.approve(ticket.action_id)
    const calls = Array.from({ length: 20 }, () => resume(setup({}, server).claw, ticket, run))
    const ends = await Promise.allSettled(calls)
    expect(run).toHaveBeenCalledTimes(1)
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ decision: 'already_run' })
  })
  test('does not run again what failed, or what a dead process had begun', async () => {
    const { claw, server, ticket } = await heldCall()
    server.approve(ticket.action_id)
    await expect(resume(claw, ticket, () => Promise.reject(new Error('bank is closed')))).rejects.toThrow(
      'bank is closed',
    )
    expect(table(server, 'actions')[0]).toMatchObject({ status: 'failed', error_message: 'bank is closed' })
    const run = vi.fn()
    await expect(resume(claw, ticket, run)).rejects.toMatchObject({ decision: 'already_run' })

    const dead = await heldCall()
    dead.server.approve(dead.ticket.action_id)
    void resume(dead.claw, dead.ticket, () => new Promise(() => {}))
    await eventually(() => expect(table(dead.server, 'loops')).toHaveLength(1))
    await expect(resume(dead.claw, dead.ticket, run)).rejects.toMatchObject({ decision: 'already_run' })
    expect(run).not.toHaveBeenCalled()
  })
  test('runs once when the answer to its claim is lost', async () => {
    const { claw, server, ticket, run } = await heldCall()
    server.approve(ticket.action_id)
    server.failNext({ kind: 'lost', path: '/api/actions/loops' })
    await expect(resume(claw, ticket, run)).resolves.toBe('paid')
    expect(run).toHaveBeenCalledTimes(1)
    expect(table(server, 'loops')).toHaveLength(1)
  })
  test.each([
    ['arguments', (ticket: Ticket) => ({ ...ticket, input: { to: 'eve', cents: 500 } })],
    ['tool', (ticket: Ticket) => ({ ...ticket, tool: 'refund' })],
    ['digest', (ticket: Ticket) => ({ ...ticket, digest: 'f'.repeat(64) })],
  ])('refuses another %s', async (_what, change) => {
    const { claw, server, ticket, run } = await heldCall()
    server.approve(ticket.action_id)
    await expect(resume(claw, change(ticket), run as never)).rejects.toMatchObject({ decision: 'changed' })
    expect(run).not.toHaveBeenCalled()
  })
  test('refuses a forged ticket whose digest fits its arguments, and that of another action', async () => {
    const { claw, server, ticket, run } = await heldCall()
    const other = (await rejection(
      governCall(claw, { name: 'pay', input: { to: 'eve', cents: 1 } }, run as never, { wait: false }),
    )) as ToolHeldError
    server.approve(ticket.action_id)
    await expect(resume(claw, { ...other.ticket, action_id: ticket.action_id }, run as never)).rejects.toMatchObject({
      decision: 'changed',
    })
    expect(run).not.toHaveBeenCalled()
  })
  test('refuses a ticket that has expired', async () => {
    const { claw, server, ticket, run } = await heldCall({ ticketLifetime: -1 })
    server.approve(ticket.action_id)
    await expect(resume(claw, ticket, run)).rejects.toMatchObject({ name: 'ApprovalTimeoutError' })
    expect(run).not.toHaveBeenCalled()
  })
  test('keeps an outcome that could not be delivered', async () => {
    const { claw, server, ticket } = await heldCall()
    server.approve(ticket.action_id)
    await resume(claw, ticket, () => {
      server.failNext('network', 3)
      return 1
    })
    await claw.flush()
    await claw.flush()
    expect(table(server, 'actions')[0]).toMatchObject({ status: 'completed', output_summary: '1' })
  })
  test.each([
    ['v', { v: 2 }],
    ['action_id', { action_id: 7 }],
    ['digest', { digest: undefined }],
    ['expires_at', { expires_at: 'soon' }],
  ])('says what is wrong with a thing that is no ticket: %s', async (field, change) => {
    const { claw, server, ticket, run } = await heldCall()
    server.requests.length = 0
    const error = await rejection(resume(claw, { ...ticket, ...change } as never, run))
    expect(error).toMatchObject({
      name: 'InputError',
      field,
      message: expect.stringContaining(`${field} is missing or wrong`),
    })
    expect(server.requests).toEqual([])
  })
})
