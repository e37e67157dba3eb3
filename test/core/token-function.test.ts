/** `authToken` as a function: a token per try. */
import { describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { capture } from '../support/capture.ts'
import { rejection } from '../support/local.ts'

const health = { method: 'GET', path: '/api/health' } as const

function client(
  authToken: DashClawOptions['authToken'],
  answers: unknown[] = [{}],
  more: Partial<DashClawOptions> = {},
) {
  const wire = capture(answers)
  const claw = new DashClaw({
    baseUrl: 'https://claw.test',
    agentId: 'a',
    logger: false,
    authToken,
    fetch: wire.fetch,
    ...more,
  })
  return { ...wire, claw }
}

/** Tokens one after another, as a function gives them. */
function tokens() {
  let count = 0
  return () => `token-${++count}-abcdefgh`
}

const seen = (inits: readonly { headers?: unknown }[]) =>
  inits.map(({ headers }) => (headers as Record<string, string>)['authorization'])

describe('a function as authToken', () => {
  test.each([
    ['plain', tokens()],
    [
      'async',
      (() => {
        const next = tokens()
        return async () => next()
      })(),
    ],
  ])('is asked before every try, and needs no key: %s', async (_what, give) => {
    const busy = Response.json({ error: 'busy' }, { status: 429, headers: { 'retry-after': '0.01' } })
    const { claw, inits } = client(give, [busy, {}])
    await claw.request(health)
    await claw.request(health)
    expect(seen(inits)).toEqual([1, 2, 3].map((n) => `Bearer token-${n}-abcdefgh`))
  })

  test('is that of a client for another agent too', async () => {
    const { claw, inits } = client(tokens())
    await claw.forAgent('b').request(health)
    expect(seen(inits)).toEqual(['Bearer token-1-abcdefgh'])
  })

  test.each([
    [
      'fails',
      () => Promise.reject(new Error('vault is sealed')),
      /^The authToken function failed, so nothing was sent/,
    ],
    ['gives nothing', () => '', /gave no token, so nothing was sent/],
    ['gives null', () => null as never, /gave no token, so nothing was sent/],
    ['gives two lines', () => 'a\nb', /authToken must be a string of printable ASCII/],
    ['gives the word Bearer', () => 'Bearer abc', /begins with "Bearer"/],
  ])('that %s sends nothing, and is not repeated', async (_what, give, message) => {
    let asked = 0
    const { claw, sent } = client(() => {
      asked++
      return give()
    })
    const error = await rejection(claw.request(health))
    expect([error.name, asked, sent]).toEqual(['InputError', 1, []])
    expect(error.message).toMatch(message)
    if (/failed/.test(error.message)) expect(error.cause).toMatchObject({ message: 'vault is sealed' })
  })

  test('that never answers is ended by the timeout and by the signal', async () => {
    const never = () => new Promise<string>(() => {})
    const { claw, sent } = client(never)
    expect((await rejection(claw.request(health, { timeout: 20, maxRetries: 0 }))).name).toBe('TimeoutError')
    const controller = new AbortController()
    const gone = rejection(claw.request(health, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect((await gone).message).toBe('enough')
    expect(sent).toEqual([])
  })

  test('gives tokens that no error shows', async () => {
    const echo = (token: string) => Response.json({ error: `bad token ${token}` }, { status: 401 })
    const { claw } = client(tokens(), [echo('token-1-abcdefgh'), echo('token-1-abcdefgh')])
    for (let call = 0; call < 2; call++) {
      const error = await rejection(claw.request(health))
      expect(error.message).toContain('bad token [REDACTED]')
      expect(JSON.stringify(error)).not.toContain('abcdefgh')
    }
  })
})
