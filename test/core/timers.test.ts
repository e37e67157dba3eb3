import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { longTimeout } from '../../src/core/timers.ts'

const LONGEST = 2_147_483_647

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([0, 1, 60_000, LONGEST, LONGEST + 1, 3_000_000_000, 3 * LONGEST])(
  'a timer of %d ms fires then, once, and not before',
  (ms) => {
    const run = vi.fn()
    longTimeout(run, ms)
    if (ms) vi.advanceTimersByTime(ms - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(ms ? 1 : 0)
    expect(run).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  },
)
test('a timer without an end never fires, and can be ended', () => {
  const run = vi.fn()
  const end = longTimeout(run, Infinity)
  vi.advanceTimersByTime(10 * LONGEST)
  expect(run).not.toHaveBeenCalled()
  end()
  expect(vi.getTimerCount()).toBe(0)
})
test('a timer can be ended after it was set again', () => {
  const run = vi.fn()
  const end = longTimeout(run, 2 * LONGEST)
  vi.advanceTimersByTime(LONGEST + 5)
  end()
  vi.advanceTimersByTime(2 * LONGEST)
  expect(run).not.toHaveBeenCalled()
})
test('a timer holds a process open, unless told not to', () => {
  vi.useRealTimers()
  const set = vi.spyOn(globalThis, 'setTimeout')
  const ends = [longTimeout(() => {}, 1000), longTimeout(() => {}, Infinity, false)]
  const timers = set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())
  for (const end of ends) end()
  set.mockRestore()
  expect(timers).toEqual([true, false])
})
