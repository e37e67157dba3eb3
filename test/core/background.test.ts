import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Background } from '../../src/core/background.ts'
import { APIError } from '../../src/core/errors.ts'
import { readOptions, type Undelivered } from '../../src/core/options.ts'
import { warnings } from '../support/local.ts'

const MIB = 1_048_576
const away = () => Promise.reject(new Error('away'))

function queue(told?: (entry: Undelivered) => void) {
  const logger = warnings()
  const settings = readOptions({ baseUrl: 'http://x.test', apiKey: 'k', agentId: 'a', logger, onUndelivered: told })
  return { background: new Background(settings), logger }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('what waits for delivery', () => {
  test('is bounded by its bytes: the oldest goes, and who asked for it is told of each with the count', async () => {
    const given: string[] = []
    const { background, logger } = queue(({ what, error, final }) => {
      if (final) given.push(`${what}: ${(error as Error).message}`)
    })
    for (let n = 0; n < 6; n++) background.deliver(`report ${n}`, away, MIB)
    await vi.advanceTimersByTimeAsync(0)
    expect(given).toEqual([
      'report 0: more than 1000 reports or 4 MiB wait for delivery; 1 of the oldest are dropped.',
      'report 1: more than 1000 reports or 4 MiB wait for delivery; 2 of the oldest are dropped.',
    ])
    expect(logger.texts).toEqual([
      'dashclaw: more than 1000 reports or 4 MiB wait for delivery; 1 of the oldest are dropped.',
    ])
    expect(vi.getTimerCount()).toBe(4)
    // One that is larger than all of them is still tried.
    let tries = 0
    background.deliver('large', async () => void tries++, 9 * MIB)
    await vi.advanceTimersByTimeAsync(0)
    expect([tries, vi.getTimerCount(), given.length]).toEqual([1, 0, 6])
  })
  test('makes room again when it is delivered or refused for good', async () => {
    const { background, logger } = queue()
    const refused = new APIError('no', { status: 404, method: 'PATCH', path: '/', body: null })
    for (let n = 0; n < 50; n++) {
      background.deliver('ok', async () => {}, MIB)
      background.deliver('refused', () => Promise.reject(refused), MIB)
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(logger.texts.filter((text) => /oldest/.test(text))).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
  test('says how many were dropped at the first, the tenth and the hundredth, not at each', async () => {
    const { background, logger } = queue()
    for (let n = 0; n < 1150; n++) background.deliver(`report ${n}`, () => new Promise(() => {}))
    expect(logger.texts).toEqual(
      [1, 10, 100].map(
        (count) => `dashclaw: more than 1000 reports or 4 MiB wait for delivery; ${count} of the oldest are dropped.`,
      ),
    )
  })
  test('is not reported again when it was dropped while it was under way', async () => {
    const told: string[] = []
    const { background } = queue(({ what, final }) => void told.push(`${what} ${final}`))
    let fail = (_: Error) => {}
    background.deliver('slow', () => new Promise((_, reject) => (fail = reject)), 4 * MIB)
    background.deliver('next', async () => {}, MIB)
    fail(new Error('away'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toEqual(['slow true'])
    expect(vi.getTimerCount()).toBe(0)
  })
  test('is tried for as long as the process lives, at most a minute apart', async () => {
    const told: boolean[] = []
    const { background } = queue(({ final }) => void told.push(final))
    let tries = 0
    background.deliver('outcome', () => {
      tries++
      return away()
    })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tries).toBeGreaterThanOrEqual(5)
    const before = tries
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(tries - before).toBeGreaterThanOrEqual(24 * 60)
    expect(tries - before).toBeLessThanOrEqual(24 * 121)
    expect(told).toEqual([false])
  })
})
