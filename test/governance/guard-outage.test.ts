import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as errors from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { asked, rejection, setup } from '../support/local.ts'

const START = Date.parse('2026-05-01T10:00:00.000Z')
const input = { action_type: 'build', declared_goal: 'Build it' } as const
const dead = { path: '/api/guard', kind: 'network' } as const

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
const after = (ms: number) => vi.setSystemTime(Date.now() + ms)

function guarded(options: Partial<DashClawOptions> = {}) {
  const { claw, server, logger } = setup({ guardMode: 'enforce', maxRetries: 0, ...options })
  return {
    claw,
    server,
    logger,
    /** How often the guard was asked. */
    guards: () => asked(server).filter((route) => route === 'POST /api/guard').length,
    act: () => claw.createAction(input),
    blocked: () => rejection(claw.createAction(input)),
  }
}

describe('a guard that can not be reached', () => {
  test('is not asked again at once: the next action is told since when, why, and when it is asked again', async () => {
    const { server, blocked, guards } = guarded()
    server.failNext(dead)
    const first = await blocked()
    after(3000)
    const second = await blocked()
    expect(guards()).toBe(1)
    expect(second).toMatchObject({ name: 'GuardBlockedError', decision: 'unavailable' })
    expect(second.cause).toBeInstanceOf(errors.ConnectionError)
    expect((second.cause as Error).message).toBe(
      `POST /api/guard was not asked: no answer since 2026-05-01T10:00:00.000Z (${(first.cause as Error).message}). Next try in 7 s.`,
    )
    expect((second.cause as Error).cause).toBe(first.cause)
    expect(server.snapshot()['actions'] ?? []).toEqual([])
  })
  test.each([
    ['no connection', dead],
    ['502', { path: '/api/guard', status: 502 }],
    ['503', { path: '/api/guard', status: 503 }],
    ['504', { path: '/api/guard', status: 504 }],
    ['no answer in time', { path: '/api/guard', delay: 5000 }],
  ] as const)('%s counts as one, and costs one request', async (_name, plan) => {
    const { server, blocked, guards } = guarded({ timeout: 30 })
    server.failNext(plan, 9)
    for (let i = 0; i < 5; i++) expect(await blocked()).toMatchObject({ decision: 'unavailable' })
    expect(guards()).toBe(1)
  })
  test('counts only after all tries', async () => {
    const { server, act, guards } = guarded({ maxRetries: 2 })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    server.failNext(dead, 2)
    await act()
    await act()
    expect(guards()).toBe(4)
  })
  test('is asked after 10 s, then twice as long each time up to 60 s, always by one action', async () => {
    const { server, blocked, act, guards } = guarded()
    server.failNext(dead, 6)
    await blocked()
    for (const [index, wait] of [10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
      after(wait - 1)
      await blocked()
      expect(guards()).toBe(index + 1)
      after(1)
      const all = await Promise.all([blocked(), blocked(), blocked()])
      expect(guards()).toBe(index + 2)
      expect(all.filter(({ cause }) => /Next try in 0 s\.$/.test((cause as Error).message))).toHaveLength(2)
    }
    after(60_000)
    expect((await act()).action.status).toBe('running')
    // What was learned is forgotten: the next outage begins with 10 s.
    server.failNext(dead)
    await blocked()
    after(10_000)
    await act()
    expect(guards()).toBe(9)
  })
  test('applies onGuardError and guardMode as any failure does', async () => {
    for (const mode of [{ guardMode: 'enforce', onGuardError: 'allow' }, { guardMode: 'warn' }] as const) {
      const { claw, server, act, logger, guards } = guarded(mode)
      server.failNext(dead)
      await act()
      await act()
      expect(await claw.track(input, () => 'done')).toBe('done')
      expect(guards()).toBe(1)
      expect(logger.texts).toHaveLength(3)
      for (const text of logger.texts) expect(text).toMatch(/could not be asked about "Build it"; it goes on unguarded/)
    }
  })
  test('is known to the clients of other agents, and to no other client', async () => {
    const { claw, server, blocked, guards } = guarded()
    server.failNext(dead)
    await blocked()
    expect(await rejection(claw.forAgent('other').createAction(input))).toMatchObject({ decision: 'unavailable' })
    expect(guards()).toBe(1)
    await setup({ guardMode: 'enforce' }, server).claw.createAction(input)
    expect(guards()).toBe(2)
  })
  test('is asked by guard() all the same, whose answer ends the pause', async () => {
    const { claw, server, act, blocked, guards } = guarded()
    server.failNext(dead, 2)
    await blocked()
    expect(await rejection(claw.guard(input))).toBeInstanceOf(errors.ConnectionError)
    expect((await claw.guard(input)).decision).toBe('allow')
    await act()
    expect(guards()).toBe(4)
  })
  test('that answers a call begun before the outage was seen is alive', async () => {
    const { server, act, blocked, guards } = guarded()
    server.failNext({ path: '/api/guard', delay: 30 })
    const slow = act()
    server.failNext(dead)
    await blocked()
    await slow
    await act()
    expect(guards()).toBe(3)
  })
  test('that fails calls begun before the outage was seen waits 10 s all the same', async () => {
    const { server, act, blocked } = guarded()
    server.failNext(dead, 5)
    await Promise.all([1, 2, 3, 4, 5].map(blocked))
    after(10_000)
    await act()
  })
  test('is asked when the clock was set back', async () => {
    const { server, act, blocked } = guarded()
    server.failNext(dead)
    await blocked()
    after(-3_600_000)
    await act()
  })
})

describe('a guard that answers is asked by the next action', () => {
  test.each([
    ['500', { path: '/api/guard', status: 500 }],
    ['429', { path: '/api/guard', status: 429, headers: { 'retry-after': '0' } }],
    ['401', { path: '/api/guard', status: 401 }],
    ['404 page', { path: '/api/guard', status: 404, body: '<html>' }],
    ['HTML', { path: '/api/guard', status: 200, body: '<html>' }],
    ['no decision', { path: '/api/guard', status: 200, body: '{}' }],
  ] as const)('after %s, also when that ends an outage', async (_name, plan) => {
    const { server, act, blocked, guards } = guarded()
    server.failNext(plan)
    await blocked()
    await act()
    server.failNext(dead)
    await blocked()
    after(10_000)
    server.failNext(plan)
    await blocked()
    await act()
    expect(guards()).toBe(5)
  })
  test('after a call that was aborted or ran into a time limit of its own', async () => {
    const { claw, server, act, guards } = guarded()
    server.failNext({ path: '/api/guard', delay: 5000 }, 2)
    const reason = new Error('stop')
    expect(await rejection(claw.createAction(input, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const controller = new AbortController()
    const aborted = rejection(claw.createAction(input, { signal: controller.signal }))
    await expect.poll(guards).toBe(1)
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    expect(await rejection(claw.createAction(input, { timeout: 20 }))).toMatchObject({ decision: 'unavailable' })
    await act()
    expect(guards()).toBe(3)
  })
  test('after such a call that was to find out whether it is back', async () => {
    const { claw, server, act, blocked, guards } = guarded()
    server.failNext(dead)
    await blocked()
    after(10_000)
    server.failNext({ path: '/api/guard', delay: 5000 }, 2)
    const controller = new AbortController()
    const aborted = rejection(claw.createAction(input, { signal: controller.signal }))
    await expect.poll(guards).toBe(2)
    controller.abort()
    await aborted
    await rejection(claw.createAction(input, { timeout: 20 }))
    await act()
    expect(guards()).toBe(4)
  })
})
