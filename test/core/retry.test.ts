import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { neverSent, refusedForGood, retryAfter, retryableStatus, retryDelay, sleep } from '../../src/core/retry.ts'
import { clientOver, ok } from '../support/client.ts'
import { rejection } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

describe('Retry-After', () => {
  test.each([
    ['seconds', '2', 2000],
    ['a fraction', '0.5', 500],
    ['an HTTP date', 'Thu, 01 Jan 1970 00:00:05 GMT', 5000],
    ['a date that has passed', 'Wed, 31 Dec 1969 00:00:00 GMT', 0],
    ['more than a minute', '3600', 60_000],
    ['a negative number', '-5', undefined],
    ['a word', 'soon', undefined],
    ['nothing', null, undefined],
    ['an empty text', '', undefined],
  ])('as %s', (_label, header, expected) => {
    const ms = retryAfter(header, 0)
    // V8 reads "-5" as a date in May 2001; the cap is what counts there.
    if (header === '-5') expect(ms === undefined || (ms >= 0 && ms <= 60_000)).toBe(true)
    else expect(ms).toBe(expected)
  })

  test.each([
    [null, undefined],
    ['', undefined],
    ['7', 7000],
    [' 12 ', 12_000],
    ['1.25', 1250],
    ['120', 60_000],
    ['7x', undefined],
    ['soon', undefined],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30_000],
    ['Wed, 01 Jan 2025 00:00:00 GMT', 0],
    ['Tue, 31 Dec 2024 23:00:00 GMT', 0],
  ])('%j is %s ms', (header, ms) => {
    expect(retryAfter(header, Date.UTC(2025, 0, 1))).toBe(ms)
  })

  test('is never negative, never above the cap, whatever the header', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (header, now) => {
        const ms = retryAfter(header, now)
        return ms === undefined || (ms >= 0 && ms <= 60_000)
      }),
    )
  })
})

describe('the delay before a retry', () => {
  test('doubles from half a second to eight seconds, with full jitter', () => {
    expect([0, 1, 2, 3, 4, 5, 20].map((attempt) => retryDelay(attempt, undefined, () => 1))).toEqual([
      500, 1000, 2000, 4000, 8000, 8000, 8000,
    ])
    expect(retryDelay(3, undefined, () => 0)).toBe(0)
    expect(retryDelay(3, undefined, () => 0.25)).toBe(1000)
  })
  test('is what the server asked for, when it did', () => {
    expect(retryDelay(0, 1234, () => 0.5)).toBe(1234)
    // One that asks for none gets the usual pause all the same.
    expect(retryDelay(3, 0, () => 0.5)).toBe(2000)
    expect(retryDelay(0, 0, () => 1)).toBe(500)
  })
})

test.each([
  // status, repeatable, Retry-After, retried
  [408, true, undefined, true],
  [429, true, undefined, true],
  [500, true, undefined, true],
  [502, true, undefined, true],
  [503, true, undefined, true],
  [504, true, undefined, true],
  [501, true, undefined, false],
  [505, true, undefined, false],
  [400, true, undefined, false],
  [401, true, undefined, false],
  [403, true, undefined, false],
  [404, true, undefined, false],
  [409, true, undefined, false],
  [200, true, undefined, false],
  [408, false, undefined, false],
  [429, false, undefined, true],
  [500, false, undefined, false],
  [502, false, undefined, false],
  [503, false, undefined, false],
  [503, false, 0, true],
  [503, false, 1000, true],
  [504, false, 1000, false],
])('status %i, repeatable %s, Retry-After %s: retried %s', (status, repeatable, asked, expected) => {
  expect(retryableStatus(status, repeatable, asked)).toBe(expected)
})

test.each([
  [new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }), true],
  [new TypeError('fetch failed', { cause: { errors: [{ code: 'ECONNREFUSED' }] } }), true],
  [new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } }), true],
  [new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } }), false],
  [new TypeError('fetch failed', { cause: { code: 'UND_ERR_SOCKET' } }), false],
  [new TypeError('Failed to fetch'), false],
  [null, false],
])('tells whether a failed connection can have carried the request (%#)', (error, expected) => {
  expect(neverSent(error)).toBe(expected)
})

test.each([
  [399, false],
  [400, true],
  [404, true],
  [408, false],
  [429, false],
  [499, true],
  [500, false],
])('%d is a refusal for good: %s', (status, is) => {
  expect(refusedForGood(status)).toBe(is)
})

test('a connection that nobody took is known by the whole of its code', () => {
  const by = (code: string) => neverSent({ cause: { code } })
  expect([by('ECONNREFUSED'), by('XECONNREFUSED'), by('ECONNREFUSEDX')]).toEqual([true, false, false])
  expect(neverSent({ cause: { errors: [{ code: 'ENOTFOUND' }] } })).toBe(true)
  expect([neverSent({ cause: { errors: [] } }), neverSent({ cause: {} }), neverSent(undefined)]).toEqual([
    false,
    false,
    false,
  ])
})

describe('gateways', () => {
  retryAtOnce()
  test.each([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530])(
    '%i is repeated, and a ServerError when it stays',
    async (status) => {
      const fetch = vi.fn(async () => new Response('<html>', { status }))
      const { claw } = clientOver(fetch, { maxRetries: 1 })
      expect(await rejection(claw.getActions())).toMatchObject({ name: 'ServerError', status, attempts: 2 })
      expect(fetch).toHaveBeenCalledTimes(2)
    },
  )
  test.each([501, 505, 511, 519, 531])('%i is not', async (status) => {
    const fetch = vi.fn(async () => new Response('{}', { status }))
    await rejection(clientOver(fetch, { maxRetries: 2 }).claw.getActions())
    expect(fetch).toHaveBeenCalledTimes(1)
  })
  test('Retry-After in the past is none', async () => {
    const fetch = vi
      .fn()
      .mockResolvedValueOnce(
        new Response('{}', { status: 429, headers: { 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' } }),
      )
      .mockResolvedValue(ok({ actions: [], total: 0 }))
    vi.spyOn(Math, 'random').mockReturnValue(0.2)
    const start = performance.now()
    await clientOver(fetch, { maxRetries: 1 }).claw.getActions()
    expect(performance.now() - start).toBeGreaterThan(80)
  })
})

describe('sleep', () => {
  test('ends at once on abort, with the reason, and leaves neither timer nor listener', async () => {
    vi.useFakeTimers()
    try {
      const controller = new AbortController()
      const wait = sleep(60_000, controller.signal)
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(wait).rejects.toBe(reason)
      expect(vi.getTimerCount()).toBe(0)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
      await expect(sleep(1, controller.signal)).rejects.toBe(reason)
    } finally {
      vi.useRealTimers()
    }
  })
  test('leaves no listener when the time is over', async () => {
    const controller = new AbortController()
    await sleep(1, controller.signal)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
})
