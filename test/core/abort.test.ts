import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { abortReason, onAbort, throwIfAborted } from '../../src/core/abort.ts'
import { DashClaw } from '../../src/index.ts'

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

describe('waiting for a signal', () => {
  test('calls everybody who waits, once, in their order, with one listener on the signal', () => {
    const { signal, abort } = withAbort()
    const order: number[] = []
    const releases = [1, 2, 3].map((n) => onAbort(signal, () => order.push(n)))
    expect(listeners(signal)).toBe(1)
    releases[1]!()
    abort()
    expect(order).toEqual([1, 3])
  })

  test('leaves the signal when the last one has gone, whoever goes twice', () => {
    const { signal, abort } = withAbort()
    const run = vi.fn()
    const [one, two] = [onAbort(signal, () => {}), onAbort(signal, run)]
    one()
    one()
    expect(listeners(signal)).toBe(1)
    two()
    expect(listeners(signal)).toBe(0)
    abort()
    expect(run).not.toHaveBeenCalled()
  })

  test('begins anew after everybody has gone', () => {
    const { signal, abort } = withAbort()
    onAbort(signal, () => {})()
    const run = vi.fn()
    onAbort(signal, run)
    abort()
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('takes that those who are called leave, and leave others', () => {
    const { signal, abort } = withAbort()
    const order: string[] = []
    const first = onAbort(signal, () => {
      order.push('first')
      first()
      second()
    })
    const second = onAbort(signal, () => order.push('second'))
    const third = onAbort(signal, () => {
      order.push('third')
      third()
    })
    abort()
    expect(order).toEqual(['first', 'third'])
    expect(listeners(signal)).toBe(0)
  })

  test('keeps signals apart', () => {
    const [one, two] = [withAbort(), withAbort()]
    const order: string[] = []
    onAbort(one.signal, () => order.push('one'))
    onAbort(two.signal, () => order.push('two'))
    two.abort()
    expect(order).toEqual(['two'])
  })
})

test('a reason is the caller’s, and an AbortError where a runtime keeps none', () => {
  const reason = new Error('enough')
  expect(abortReason(AbortSignal.abort(reason))).toBe(reason)
  const bare = { aborted: true } as AbortSignal
  expect(abortReason(bare)).toMatchObject({ name: 'AbortError', message: 'Aborted.' })
  expect(() => throwIfAborted(bare)).toThrow('Aborted.')
  expect(() => throwIfAborted(undefined)).not.toThrow()
  expect(() => throwIfAborted(new AbortController().signal)).not.toThrow()
})

test('a signal that ends a hundred calls at once has one listener, and Node warns of none', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  const { signal, abort } = withAbort()
  const claw = new DashClaw({
    baseUrl: 'http://abort.test',
    apiKey: 'oc_live_abort',
    agentId: 'a',
    fetch: (_url, init) =>
      new Promise((_resolve, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason))),
  })
  const calls = Array.from({ length: 100 }, () => claw.request({ method: 'GET', path: '/api/x' }, { signal }))
  const ends = Promise.allSettled(calls)
  await Promise.resolve()
  expect(listeners(signal)).toBe(1)
  abort('enough')
  for (const end of await ends) expect(end).toEqual({ status: 'rejected', reason: 'enough' })
  expect(listeners(signal)).toBe(0)
  // Node tells of it in a later turn.
  await new Promise((resolve) => setTimeout(resolve))
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})

function withAbort() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) }
}
