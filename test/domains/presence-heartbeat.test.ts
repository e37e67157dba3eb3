import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sharedOf } from '../../src/core/core.ts'
import { setup, thrown } from '../support/local.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const agents = ({ requests }: ReturnType<typeof setup>['server']) =>
  requests.map(({ body }) => (body as { agent_id: string }).agent_id)

describe('heartbeats', () => {
  test('are sent at once and at intervals, also after a failure, until they are stopped', async () => {
    const { claw, server, logger } = setup({ maxRetries: 0 })
    claw.startHeartbeat({ interval: 60_000, status: 'busy', current_task_id: 't1', metadata: { v: 1 } })
    claw.startHeartbeat({ interval: 1000 })
    await vi.advanceTimersByTimeAsync(0)
    server.failNext({ path: '/api/agents/heartbeat', status: 500 }, 2)
    await vi.advanceTimersByTimeAsync(180_000)
    expect(server.requests).toHaveLength(4)
    expect(server.requests[3]!.body).toEqual({
      agent_id: 'agent-1',
      status: 'busy',
      current_task_id: 't1',
      metadata: { v: 1 },
    })
    expect(logger.texts).toEqual([expect.stringMatching(/heartbeat of agent-1 failed; the next one follows/)])
    claw.stopHeartbeat()
    claw.stopHeartbeat()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(server.requests).toHaveLength(4)
    expect(vi.getTimerCount()).toBe(0)
  })
  test('come every minute where no interval is given, and say that the agent is online', async () => {
    const { claw, server } = setup({ agentName: 'Bot' })
    claw.startHeartbeat()
    await after(59_999)
    expect(server.requests).toHaveLength(1)
    await after(2)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[1]!.body).toEqual({ agent_id: 'agent-1', agent_name: 'Bot', status: 'online' })
    await claw.close()
  })
  test('may come every second, and no sooner', async () => {
    const { claw, server } = setup()
    for (const interval of [999, 5, 0, -1, Number.NaN, '60s']) {
      const error = thrown(() => claw.startHeartbeat({ interval: interval as number }))
      expect(error).toMatchObject({
        name: 'InputError',
        field: 'interval',
        message: expect.stringMatching(/1,000 or more/),
      })
    }
    claw.startHeartbeat({ interval: 1000 })
    await after(2500)
    expect(server.requests).toHaveLength(3)
    await claw.close()
  })
  test.each([Infinity, 3_000_000_000])('may be %d ms apart, which is not one millisecond', async (interval) => {
    const { claw, server } = setup()
    claw.startHeartbeat({ interval })
    await after(3_600_000)
    expect(server.requests).toHaveLength(1)
    await claw.close()
    expect(vi.getTimerCount()).toBe(0)
  })
  test('go on when the logger throws', async () => {
    const logger = {
      warn() {
        throw new Error('full disk')
      },
    }
    const { claw, server } = setup({ maxRetries: 0, logger })
    server.failNext({ path: '/api/agents/heartbeat', status: 500 }, 2)
    claw.startHeartbeat({ interval: 1000 })
    await after(2500)
    expect(server.requests).toHaveLength(3)
    await claw.close()
  })
  test('warn at the first failure of a row, and again after a success', async () => {
    const { claw, server, logger } = setup({ maxRetries: 0 })
    claw.startHeartbeat({ interval: 1000 })
    await after(0)
    server.failNext({ path: '/api/agents/heartbeat', status: 500 }, 2)
    await after(3000)
    expect(logger.texts).toEqual(['dashclaw: a heartbeat of agent-1 failed; the next one follows in 1000 ms.'])
    server.failNext({ path: '/api/agents/heartbeat', status: 500 }, 1)
    await after(1000)
    expect(logger.texts).toHaveLength(2)
    await claw.close()
  })
  test('of the agents of one connection each go their own way', async () => {
    const { claw, server } = setup()
    const other = claw.forAgent('agent-2')
    claw.startHeartbeat({ interval: 1000 })
    other.startHeartbeat({ interval: 1000 })
    claw.forAgent('agent-2').startHeartbeat({ interval: 1000 })
    await after(0)
    expect(agents(server)).toEqual(['agent-1', 'agent-2'])
    expect(sharedOf(claw).closers.size).toBe(2)
    claw.stopHeartbeat()
    expect(sharedOf(claw).closers.size).toBe(1)
    await after(1000)
    expect(agents(server)).toEqual(['agent-1', 'agent-2', 'agent-2'])
    claw.startHeartbeat({ interval: 1000 })
    await after(0)
    expect(agents(server)).toEqual(['agent-1', 'agent-2', 'agent-2', 'agent-1'])
    await claw.close()
    expect(vi.getTimerCount()).toBe(0)
  })
  test('that are stopped while one is under way are not planned again', async () => {
    const { claw, server } = setup()
    server.failNext({ path: '/api/agents/heartbeat', delay: 500 })
    claw.startHeartbeat({ interval: 1000 })
    await after(100)
    claw.stopHeartbeat()
    await after(10_000)
    expect(server.requests).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
  test('do not start on a client that is closed', async () => {
    const { claw, server } = setup()
    await claw.close()
    claw.startHeartbeat({ interval: 1000 })
    claw.stopHeartbeat()
    await after(5000)
    expect(server.requests).toEqual([])
  })
})
