/** Callbacks of the caller's that do the worst they can. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { guarded, report, settled } from '../../src/core/callbacks.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { clientOver, ok } from '../support/client.ts'

type Init = Parameters<NonNullable<DashClawOptions['fetch']>>[1]

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

describe('callbacks of a client never change a result', () => {
  test.each(HOSTILE)('one that %s', async (how, callback) => {
    const server = createLocalServer()
    const claw = new DashClaw({
      baseUrl: server.baseUrl,
      apiKey: 'local',
      agentId: 'bot',
      maxRetries: 0,
      guardMode: 'warn',
      autoRecommend: 'warn',
      logger: { warn: callback, error: callback, debug: callback, info: callback } as never,
      guardCallback: callback as never,
      recommendationCallback: callback as never,
      waitUntil: callback as never,
      onUndelivered: callback as never,
      fetch: async (url, init) =>
        init.method === 'PATCH' ? (new Response('{}', { status: 500 }) as never) : server.fetch(url, init),
    })
    expect(await claw.track({ action_type: 'build', declared_goal: 'g' }, () => 'done')).toBe('done')
    // Work is awaited, and a promise that is waited for in this way never ends, whoever waits.
    if (!how.endsWith('whose then rejects')) claw.background('report', callback as never)
    await claw.flush()
    await claw.close()
  })
  test.each([
    ['a promise', async (text: string) => text],
    ['undefined', () => undefined],
    ['an object', () => ({})],
    ['a rejection', () => Promise.reject(new Error('mine'))],
    [
      'a throw',
      () => {
        throw new Error('mine')
      },
    ],
  ])('redact that gives %s sends [REDACTED], with a warning', async (_name, redact) => {
    const bodies: string[] = []
    const { claw, logger } = clientOver(
      async (_url: string, { body }: Init) => {
        bodies.push(body!)
        return ok()
      },
      { redact: redact as never },
    )
    await claw.guard({ action_type: 'build', declared_goal: 'secret plan' })
    expect(bodies[0]).toContain('"declared_goal":"[REDACTED]"')
    expect(bodies[0]).not.toContain('secret plan')
    expect(logger.texts[0]).toContain('redact')
  })
})
