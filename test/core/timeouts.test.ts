/** The time that a try and a whole call may take. */
import { describe, expect, test, vi } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { sleep } from '../../src/core/retry.ts'
import { clientOver, ok } from '../support/client.ts'
import { rejection } from '../support/local.ts'

describe('times beyond what a timer holds', () => {
  test.each([Number.POSITIVE_INFINITY, 3_000_000_000, Number.MAX_SAFE_INTEGER])(
    'timeout %d is a long one',
    async (timeout) => {
      const slow = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return ok()
      }
      expect((await clientOver(slow).claw.guard({ action_type: 'x' }, { timeout })).decision).toBe('allow')
      expect((await clientOver(slow, { timeout }).claw.guard({ action_type: 'x' })).decision).toBe('allow')
      expect((await clientOver(slow, { totalTimeout: timeout }).claw.guard({ action_type: 'x' })).decision).toBe(
        'allow',
      )
    },
  )
  test('a pause of that length does not end at once', async () => {
    const end = new AbortController()
    const pause = sleep(1e12, end.signal)
    const early = await Promise.race([
      pause.then(() => 'over'),
      new Promise((resolve) => setTimeout(resolve, 30, 'waits')),
    ])
    expect(early).toBe('waits')
    end.abort(new Error('enough'))
    await expect(pause).rejects.toThrow('enough')
  })
  test.each([Number.NaN, -1, '5', null])('a timeout of %o is refused, or none', async (timeout) => {
    const { claw } = clientOver(async () => ok())
    const call = claw.guard({ action_type: 'x' }, { timeout: timeout as never })
    if (timeout === null) expect((await call).decision).toBe('allow')
    else expect(await rejection(call)).toMatchObject({ name: 'InputError', field: 'timeout' })
  })
})

describe('a fetch that does not look at its signal', () => {
  const deaf = () => new Promise<Response>((resolve) => setTimeout(resolve, 5_000, ok()))
  const deafBody = async () => ({
    status: 200,
    headers: new Headers(),
    text: () => new Promise(() => {}),
    arrayBuffer: () => new Promise(() => {}),
  })
  test.each([
    ['before the answer', deaf],
    ['in the body', deafBody],
  ])('is held to the timeout, %s', async (_name, fetch) => {
    const { claw } = clientOver(fetch, { timeout: 30 })
    expect(await rejection(claw.guard({ action_type: 'x' }))).toMatchObject({ name: 'TimeoutError' })
  })
  test.each([
    ['before the answer', deaf],
    ['in the body', deafBody],
  ])('is held to the caller’s signal, %s', async (_name, fetch) => {
    const { claw } = clientOver(fetch)
    const reason = new Error('stop')
    const end = new AbortController()
    setTimeout(() => end.abort(reason), 20)
    expect(await rejection(claw.guard({ action_type: 'x' }, { signal: end.signal }))).toBe(reason)
  })
  test.each([undefined, null, 5, {}, { status: 200 }, { headers: new Headers() }])(
    'one that resolves with %o gives a typed error',
    async (answer) => {
      const { claw } = clientOver(async () => answer)
      expect(isDashClawError(await rejection(claw.getActions()))).toBe(true)
    },
  )
  test('one that throws at once gives a typed error', async () => {
    const { claw } = clientOver(() => {
      throw new Error('no network stack')
    })
    expect(await rejection(claw.getActions())).toMatchObject({ name: 'ConnectionError' })
  })
})

describe('totalTimeout', () => {
  test('bounds all tries and the pauses between them', async () => {
    const fetch = vi.fn(async () => new Response('{}', { status: 503 }))
    const { claw } = clientOver(fetch, { maxRetries: 50, totalTimeout: 700 })
    const start = performance.now()
    const error = await rejection(claw.getActions())
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(['ServerError', 'TimeoutError']).toContain(error.name)
    expect(fetch.mock.calls.length).toBeGreaterThan(0)
  })
  test('ends a try that takes longer, and says so', async () => {
    const { claw } = clientOver(() => new Promise(() => {}))
    expect(await rejection(claw.getActions({}, { totalTimeout: 40 }))).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('totalTimeout of 40 ms'),
    })
  })
  test('a pause that does not fit is not begun: the refusal is what the caller gets', async () => {
    const fetch = vi.fn(async () => new Response('{}', { status: 429, headers: { 'retry-after': '30' } }))
    const { claw } = clientOver(fetch, { maxRetries: 3, totalTimeout: 5_000 })
    expect(await rejection(claw.getActions())).toMatchObject({ name: 'RateLimitError', attempts: 1 })
    expect(fetch).toHaveBeenCalledTimes(1)
  })
})
