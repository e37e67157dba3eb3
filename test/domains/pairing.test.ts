import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { contract } from '../support/fixtures.ts'

const is = (status: string) => ({ pairing: { id: 'pair_1', status } })
const refused = (status: number, body: object, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })

/** Waits with a fake clock and tells when each look was, in milliseconds. */
async function wait(answers: unknown[], options: object = {}) {
  const { fetch, sent } = capture(answers)
  const started = Date.now()
  const looks: number[] = []
  const claw = await anyClient({
    fetch: (url, init) => {
      looks.push(Date.now() - started)
      return fetch(url, init)
    },
  })
  const outcome = claw['waitForPairing']!('pair_1', options).then(
    (pairing) => ({ pairing, error: undefined }),
    (error: unknown) => ({ pairing: undefined, error }),
  )
  return { claw, looks, sent, outcome }
}

describe('the public half of a private key', () => {
  const { kty, n, e, public_key_pem } = contract('pairing')['jwk_vector'] as Record<string, string>

  test('is all that leaves this machine', async () => {
    const { fetch, inits } = capture()
    const claw = await anyClient({ fetch, agentName: 'Bot' })
    await claw['createPairingFromPrivateJwk']!({ kty, n, e, d: 'private-exponent', p: 'prime' })
    expect(JSON.parse(inits[0]!.body!)).toEqual({
      agent_id: 'agent-x',
      agent_name: 'Bot',
      public_key: public_key_pem,
      algorithm: 'RSASSA-PKCS1-v1_5',
    })
    expect(inits[0]!.body).not.toContain('private-exponent')
  })

  test.each([{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }, { kty: 'RSA', e: 'AQAB' }, 'a text', undefined])(
    'is refused before any request when the key is %j',
    async (key) => {
      const { fetch, sent } = capture()
      const error = await (await anyClient({ fetch }))['createPairingFromPrivateJwk']!(key).catch(
        (reason: unknown) => reason,
      )
      expect(isDashClawError(error, 'SigningError')).toBe(true)
      expect(sent).toEqual([])
    },
  )
})

test('takes the name of the key on the wire as well as the documented one', async () => {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch })
  await claw['createPairing']!({ public_key: 'pem' })
  expect(sent[0]!.body).toEqual({ agent_id: 'agent-x', public_key: 'pem' })
})

describe('waiting for a pairing', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('looks every two seconds and gives the pairing itself', async () => {
    const { looks, outcome } = await wait([is('pending'), is('pending'), is('approved')])
    await vi.runAllTimersAsync()
    expect((await outcome).pairing).toEqual({ id: 'pair_1', status: 'approved' })
    expect(looks).toEqual([0, 2000, 4000])
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each(['expired', 'denied'])('ends at once when the pairing is %s', async (status) => {
    const { looks, outcome } = await wait([is('pending'), is(status)])
    await vi.runAllTimersAsync()
    const { error } = await outcome
    expect(isDashClawError(error, 'PairingError') && error.status).toBe(status)
    expect(looks).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('goes on at a status that it does not know', async () => {
    const { outcome } = await wait([is('in_review'), is('approved')])
    await vi.runAllTimersAsync()
    expect((await outcome).error).toBeUndefined()
  })

  test('gives up after the timeout in milliseconds, five minutes by default', async () => {
    const { looks, outcome } = await wait([is('pending')], { interval: 60_000 })
    await vi.runAllTimersAsync()
    const { error } = await outcome
    expect(isDashClawError(error, 'PairingError') && error.status).toBe('pending')
    expect((error as Error).message).toContain('300000 ms')
    expect(Date.now()).toBe(300_000)
    // The last look is at the end of the time.
    expect(looks).toEqual([0, 60_000, 120_000, 180_000, 240_000, 300_000])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('gives up soon after the timeout also while an answer is awaited', async () => {
    const claw = await anyClient({
      fetch: (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    })
    const outcome = claw['waitForPairing']!('pair_1', { timeout: 1000 }).catch((error: unknown) => error)
    await vi.runAllTimersAsync()
    expect(isDashClawError(await outcome, 'PairingError')).toBe(true)
    expect(Date.now()).toBe(4000)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('finds at the end of the time what was approved since the look before', async () => {
    const { looks, outcome } = await wait([is('pending'), is('approved')], { timeout: 1500 })
    await vi.runAllTimersAsync()
    expect((await outcome).pairing).toMatchObject({ status: 'approved' })
    expect(looks).toEqual([0, 1500])
  })

  test('says that it could not be read at the end, and why', async () => {
    const { outcome } = await wait([is('pending'), refused(500, { error: 'Failed to fetch pairing' })], {
      timeout: 1500,
    })
    await vi.runAllTimersAsync()
    const { error } = await outcome
    expect(error).toMatchObject({
      name: 'PairingError',
      message: /could not be read at the end/,
      cause: { status: 500 },
    })
  })

  test('asks nothing with a timeout of 0', async () => {
    const { looks, outcome } = await wait([is('approved')], { timeout: 0 })
    expect(isDashClawError((await outcome).error, 'PairingError')).toBe(true)
    expect(looks).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('waits forever when told so', async () => {
    const { outcome } = await wait([is('pending'), is('approved')], { timeout: Infinity })
    await vi.advanceTimersByTimeAsync(2000)
    expect((await outcome).pairing).toMatchObject({ status: 'approved' })
  })

  test('slows down while looks fail, and goes back to its pace when one succeeds', async () => {
    const { looks, outcome } = await wait([
      refused(500, { error: 'Failed to fetch pairing' }),
      refused(502, {}),
      refused(503, {}),
      is('pending'),
      is('approved'),
    ])
    await vi.runAllTimersAsync()
    expect((await outcome).pairing).toMatchObject({ status: 'approved' })
    expect(looks).toEqual([0, 4000, 12_000, 28_000, 30_000])
  })

  test('never slows down beyond half a minute, and names the last failure when time is over', async () => {
    const { looks, outcome } = await wait([refused(500, { error: 'Failed to fetch pairing' })])
    await vi.runAllTimersAsync()
    const { error } = await outcome
    expect(isDashClawError(error, 'PairingError') && error.cause).toMatchObject({ name: 'ServerError', status: 500 })
    expect(Math.max(...looks.slice(1).map((at, index) => at - looks[index]!))).toBe(30_000)
  })

  test('waits as long as a rate limit asks for', async () => {
    const { looks, outcome } = await wait([
      refused(429, { error: 'Rate limit exceeded.' }, { 'retry-after': '60' }),
      is('approved'),
    ])
    await vi.runAllTimersAsync()
    await outcome
    expect(looks).toEqual([0, 60_000])
  })

  test('survives a lost connection', async () => {
    let first = true
    const claw = await anyClient({
      fetch: async () => {
        if (first) {
          first = false
          throw new TypeError('fetch failed')
        }
        return Response.json(is('approved'))
      },
    })
    const outcome = claw['waitForPairing']!('pair_1')
    await vi.runAllTimersAsync()
    await expect(outcome).resolves.toMatchObject({ status: 'approved' })
  })

  test.each([
    [404, 'NotFoundError'],
    [401, 'AuthenticationError'],
    [403, 'PermissionDeniedError'],
  ])('ends at once with the error of a %i', async (status, name) => {
    const { looks, outcome } = await wait([refused(status, { error: 'no' })])
    await vi.runAllTimersAsync()
    expect((await outcome).error).toMatchObject({ name })
    expect(looks).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends with the reason of the caller and leaves no listener and no timer behind', async () => {
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = vi.spyOn(signal, 'addEventListener').mockImplementation(function (this: AbortSignal, ...args) {
      listeners++
      return EventTarget.prototype.addEventListener.apply(this, args as never)
    })
    const remove = vi.spyOn(signal, 'removeEventListener').mockImplementation(function (this: AbortSignal, ...args) {
      listeners--
      return EventTarget.prototype.removeEventListener.apply(this, args as never)
    })
    const { looks, outcome } = await wait([is('pending')], { signal })
    await vi.advanceTimersByTimeAsync(5000)
    expect(listeners).toBe(1)
    const reason = new Error('not any more')
    controller.abort(reason)
    expect((await outcome).error).toBe(reason)
    expect(looks).toHaveLength(3)
    expect(listeners).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    expect(add).toHaveBeenCalledTimes(remove.mock.calls.length)
  })

  test('asks nothing when the signal is aborted before', async () => {
    const { looks, outcome } = await wait([is('approved')], { signal: AbortSignal.abort('early') })
    expect((await outcome).error).toBe('early')
    expect(looks).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends when the client is closed', async () => {
    const { claw, outcome } = await wait([is('pending')])
    await vi.advanceTimersByTimeAsync(1000)
    await claw.close()
    expect(isDashClawError((await outcome).error, 'DashClawError')).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})
