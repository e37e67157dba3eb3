/** Callbacks of the caller's that do the worst they can. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { guarded, report, settled } from '../../src/core/callbacks.ts'

const unhandled = vi.fn()
beforeEach(() => void process.on('unhandledRejection', unhandled))
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

const error = new Error('mine')
const HOSTILE: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw error
    },
  ],
  ['rejects', () => Promise.reject(error)],
  ['rejects with nothing', () => Promise.reject()],
  [
    'throws nothing',
    () => {
      throw undefined
    },
  ],
  [
    'rejects later',
    async () => {
      await null
      throw error
    },
  ],
  [
    'returns a thenable that throws',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the case
      then() {
        throw error
      },
    }),
  ],
  [
    'returns a thenable whose then rejects',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the case
      async then() {
        throw error
      },
    }),
  ],
  [
    'returns an object whose then can not be read',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the case
      get then() {
        throw error
      },
    }),
  ],
]

test.each(HOSTILE)('a callback that %s is logged, once, and nothing else happens', async (_how, run) => {
  const warn = vi.fn()
  expect(guarded({ warn }, 'onPending', run)).toBeUndefined()
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn.mock.calls[0]![0]).toBe('dashclaw: onPending threw.')
})
test.each(HOSTILE)('a logger that %s changes nothing', (_how, run) => {
  report({ warn: run }, 'warn', 'a line')
  guarded({ warn: run }, 'onPending', () => {
    throw new Error('also')
  })
  guarded({ warn: run }, 'onPending', () => Promise.reject())
})
test.each([undefined, null, 0, 'text', {}, Promise.resolve()])('%j is no failure', async (answer) => {
  const failed = vi.fn()
  settled(answer, failed)
  await null
  expect(failed).not.toHaveBeenCalled()
})
test('a logger without the level is left alone', () => {
  const warn = vi.fn()
  report({ warn }, 'debug', 'a line')
  report(undefined, 'warn', 'a line')
  expect(warn).not.toHaveBeenCalled()
})
