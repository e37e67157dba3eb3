import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { isDashClawError } from '../src/core/errors.ts'
import {
  type GuardEvaluationEvent,
  type UnlistedWebhookEvent,
  type VerifyGuardWebhookInput,
  type VerifyWebhookInput,
  verifyGuardWebhook,
  verifyWebhook,
  type WebhookEvent,
  type WebhookFault,
  type WebhookHeaders,
  type WebhookSignal,
  WebhookVerificationError,
} from '../src/webhooks.ts'
import { contract } from './support/fixtures.ts'

interface Vector {
  kind: 'delivery' | 'guard'
  name: string
  secret: string
  body: string
  body_bytes?: number
  headers: Record<string, string>
  wrong_if_secret_is_hex_decoded?: string
  wrong_if_body_is_reserialized?: string
}
const vectors = contract('webhooks')['signature_vectors'] as Vector[]
const deliveries = vectors.filter(({ kind }) => kind === 'delivery')
const guard = vectors.find(({ kind }) => kind === 'guard')!
const guardTime = Number(guard.headers['X-DashClaw-Timestamp'])

const secret = 'a shared secret, ü'
const hmac = (data: string | Uint8Array, by = secret) => createHmac('sha256', by).update(data).digest('hex')
const delivery = (body: string, more: Partial<VerifyWebhookInput> = {}): VerifyWebhookInput => ({
  body,
  signature: hmac(body),
  secret,
  ...more,
})
const question = (body: string, more: Partial<VerifyGuardWebhookInput> = {}): VerifyGuardWebhookInput => ({
  body,
  signature: `v1=${hmac(`1000000.${body}`)}`,
  timestamp: '1000000',
  secret,
  now: 1_000_000,
  ...more,
})
const event = JSON.stringify({ event: 'test', org_id: 'org_1', timestamp: '2026-01-02T03:04:05.678Z', signals: [] })
const evaluation = JSON.stringify({ event: 'guard.evaluation', org_id: 'org_1', context: {} })

async function faultOf(answer: Promise<unknown>, reason: WebhookFault): Promise<string> {
  const error = await answer.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(WebhookVerificationError)
  expect(error).toMatchObject({ reason, name: 'WebhookVerificationError' })
  expect(isDashClawError(error)).toBe(true)
  const { message } = error as Error
  expect(message).not.toContain(secret)
  return message
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a delivery', () => {
  it.each(deliveries.map((vector) => [vector.name, vector] as const))('verifies: %s', async (_name, vector) => {
    const { body, headers } = vector
    const bytes = new TextEncoder().encode(body)
    if (vector.body_bytes) expect(bytes.length).toBe(vector.body_bytes)
    const parsed = JSON.parse(body)
    expect(await verifyWebhook({ body, headers, secret: vector.secret })).toEqual(parsed)
    expect(await verifyWebhook({ body: bytes, headers: new Headers(headers), secret: vector.secret })).toEqual(parsed)
    expect(await verifyWebhook({ body: bytes.buffer, headers, secret: [vector.secret] })).toEqual(parsed)
    for (const wrong of [vector.wrong_if_secret_is_hex_decoded, vector.wrong_if_body_is_reserialized]) {
      if (wrong) await faultOf(verifyWebhook({ body, signature: wrong, secret: vector.secret }), 'signature_mismatch')
    }
  })

  it('is typed by its event, and open for those of newer servers', async () => {
    const seen = await verifyWebhook(delivery(event))
    if (seen.event === 'signals.detected') expectTypeOf(seen.signals).toEqualTypeOf<WebhookSignal[]>()
    switch (seen.event) {
      case 'signals.detected':
      case 'test':
        expectTypeOf(seen.signals).toEqualTypeOf<WebhookSignal[]>()
        break
      case 'approval_pending':
      case 'approval_granted':
      case 'approval_denied':
        expectTypeOf(seen.approval_url).toEqualTypeOf<string | undefined>()
        break
      default:
        expectTypeOf(seen).toEqualTypeOf<UnlistedWebhookEvent>()
    }
    expectTypeOf<WebhookEvent['event']>().toExtend<string>()
    const newer = await verifyWebhook(delivery('{"event":"budget.exceeded","amount":5}'))
    expect(newer).toEqual({ event: 'budget.exceeded', amount: 5 })
  })

  const signature = hmac(event)
  it.each<[string, WebhookHeaders]>([
    ['a Headers object', new Headers({ 'X-DashClaw-Signature': signature })],
    ["Node's headers", { 'x-dashclaw-signature': signature, 'set-cookie': ['a', 'b'] } satisfies IncomingHttpHeaders],
    ['a record as it was sent', { 'X-DashClaw-Signature': signature }],
    ['a record of lists', { 'X-DASHCLAW-SIGNATURE': [signature] }],
    ['a record with a header called get', { get: 'x', 'x-dashclaw-signature': signature }],
  ])('has its signature read from %s', async (_name, headers) => {
    expect(await verifyWebhook({ body: event, headers, secret })).toEqual(JSON.parse(event))
  })

  it('verifies when its signature is in upper case', async () => {
    expect(await verifyWebhook(delivery(event, { signature: signature.toUpperCase() }))).toEqual(JSON.parse(event))
  })

  it('is checked as the bytes it had when it was handed over', async () => {
    const body = Buffer.from(event)
    const answer = verifyWebhook({ body, signature, secret })
    body.fill(0)
    expect(await answer).toEqual(JSON.parse(event))
  })

  it('is taken out of a larger buffer, and from another realm', async () => {
    const pool = Buffer.from(`xx${event}yy`)
    expect(await verifyWebhook({ body: pool.subarray(2, -2), signature, secret })).toEqual(JSON.parse(event))
    const shared = new Uint8Array(new SharedArrayBuffer(event.length))
    shared.set(Buffer.from(event))
    expect(await verifyWebhook({ body: shared, signature, secret })).toEqual(JSON.parse(event))
    const foreign = runInNewContext('new Uint8Array(codes)', {
      codes: [...Buffer.from(event)],
    }) as Uint8Array<ArrayBuffer>
    expect(await verifyWebhook({ body: foreign, signature, secret })).toEqual(JSON.parse(event))
    expect(await verifyWebhook({ body: foreign.buffer, signature, secret })).toEqual(JSON.parse(event))
  })

  it('may start with a byte order mark, which is signed with the rest', async () => {
    expect(await verifyWebhook(delivery(`\uFEFF${event}`))).toEqual(JSON.parse(event))
  })

  it('verifies with either secret while one replaces the other', async () => {
    expect(await verifyWebhook(delivery(event, { secret: ['new', secret] }))).toEqual(JSON.parse(event))
    expect(await verifyWebhook(delivery(event, { secret: [secret, 'new'] }))).toEqual(JSON.parse(event))
    await faultOf(verifyWebhook(delivery(event, { secret: ['new', 'newer'] })), 'signature_mismatch')
  })

  it.each<[string, unknown]>([
    ['empty', ''],
    ['undefined', undefined],
    ['null', null],
    ['an empty list', []],
    ['a list of nothing', ['', undefined]],
  ])('is refused when the secret is %s', async (_name, given) => {
    const answer = verifyWebhook({ body: event, signature: hmac(event, ''), secret: given as string })
    expect(await faultOf(answer, 'missing_secret')).toContain('environment variable')
  })

  it.each<[string, Partial<VerifyWebhookInput>]>([
    ['no headers', { signature: undefined }],
    ['null', { signature: null }],
    ['an empty one', { signature: '' }],
    ['headers without it', { signature: null, headers: new Headers({ 'x-other': '1' }) }],
    ['a record without it', { signature: null, headers: { 'x-dashclaw-signature': undefined } }],
  ])('without a signature is refused: %s', async (_name, more) => {
    expect(await faultOf(verifyWebhook(delivery(event, more)), 'missing_signature')).toContain('X-DashClaw-Signature')
  })

  it.each([
    ['too short', signature.slice(2)],
    ['too long', `${signature}00`],
    ['not hex', `z${signature.slice(1)}`],
    ['base64', Buffer.from(signature, 'hex').toString('base64')],
    ['given twice', `${signature}, ${signature}`],
    ['with a space', `${signature} `],
    ['with a prefix', `sha256=${signature}`],
  ])('with a malformed signature is refused: %s', async (_name, given) => {
    await faultOf(verifyWebhook(delivery(event, { signature: given })), 'malformed_signature')
  })

  it('is told from a guard webhook', async () => {
    const { body, headers } = guard
    expect(await faultOf(verifyWebhook({ body, headers, secret: guard.secret }), 'malformed_signature')).toContain(
      'verifyGuardWebhook',
    )
  })

  it('that a framework parsed is refused with the way out', async () => {
    const parsed = JSON.parse(event)
    expect(await faultOf(verifyWebhook({ body: parsed, signature, secret }), 'invalid_body')).toMatch(
      /raw body.*express\.raw/,
    )
    await faultOf(verifyWebhook({ body: undefined as unknown as string, signature, secret }), 'invalid_body')
    const again = JSON.stringify(parsed, null, 1)
    expect(await faultOf(verifyWebhook({ body: again, signature, secret }), 'signature_mismatch')).toContain(
      'JSON.stringify',
    )
  })

  it.each(['', 'not json', '{"event":"test"', '"test"', 'null', '[]', '{}', '{"event":5}'])(
    'that is signed but no event is refused: %s',
    async (body) => {
      const message = await faultOf(verifyWebhook(delivery(body)), 'invalid_body')
      if (body.length > 2) expect(message).not.toContain(body)
    },
  )

  it('that is signed but no UTF-8 is refused', async () => {
    const body = Buffer.concat([Buffer.from('{"event":"'), Buffer.from([0xff]), Buffer.from('"}')])
    await faultOf(verifyWebhook({ body, signature: hmac(body), secret }), 'invalid_body')
  })

  it('can be limited in age by the time that is signed inside it', async () => {
    const at = Date.parse('2026-01-02T03:04:05.678Z')
    const check = (now: number, body = event) => verifyWebhook(delivery(body, { toleranceMs: 1000, now }))
    for (const now of [at - 1000, at, at + 1000]) expect(await check(now)).toEqual(JSON.parse(event))
    expect(await faultOf(check(at + 1001), 'timestamp_out_of_tolerance')).toContain('1001 ms before this clock')
    expect(await faultOf(check(at - 1001), 'timestamp_out_of_tolerance')).toContain('1001 ms ahead of this clock')
    await faultOf(verifyWebhook(delivery(event, { toleranceMs: 0, now: at + 1 })), 'timestamp_out_of_tolerance')
    await faultOf(check(at, '{"event":"test"}'), 'missing_timestamp')
    await faultOf(check(at, '{"event":"test","timestamp":"today"}'), 'timestamp_out_of_tolerance')
    await faultOf(
      verifyWebhook(delivery(event, { signature: hmac('other'), toleranceMs: 1000, now: at + 5000 })),
      'signature_mismatch',
    )
  })

  it('is never accepted when a byte of it, of its signature or of its secret has changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (text, at, flip) => {
        const body = Buffer.from(JSON.stringify({ event: 'test', text }))
        const proof = createHmac('sha256', secret).update(body).digest()
        expect(await verifyWebhook({ body, signature: proof.toString('hex'), secret })).toEqual({ event: 'test', text })
        const mutate = (bytes: Buffer) => {
          const copy = Buffer.from(bytes)
          copy[at % copy.length]! ^= flip
          return copy
        }
        await faultOf(
          verifyWebhook({ body: mutate(body), signature: proof.toString('hex'), secret }),
          'signature_mismatch',
        )
        await faultOf(verifyWebhook({ body, signature: mutate(proof).toString('hex'), secret }), 'signature_mismatch')
        const other = `${secret.slice(0, -1)}${String.fromCharCode(0x100 + flip)}`
        await faultOf(verifyWebhook({ body, signature: proof.toString('hex'), secret: other }), 'signature_mismatch')
      }),
      { numRuns: 50 },
    )
  })

  it('needs WebCrypto, and says so', async () => {
    vi.stubGlobal('crypto', {})
    await expect(verifyWebhook(delivery(event))).rejects.toThrow(/no crypto\.subtle/)
  })
})

describe('a guard webhook', () => {
  const { body, headers } = guard

  it('verifies, and is typed', async () => {
    const seen = await verifyGuardWebhook({ body, headers, secret: guard.secret, now: guardTime })
    expect(seen).toEqual(JSON.parse(body))
    expectTypeOf(seen).toEqualTypeOf<GuardEvaluationEvent>()
    expect(seen.context.risk_score).toBe(80)
    const input = { body: Buffer.from(body), headers: new Headers(headers), secret: guard.secret, now: guardTime }
    expect(await verifyGuardWebhook(input)).toEqual(JSON.parse(body))
  })

  it('takes signature and timestamp by themselves, the time as a number too', async () => {
    const signature = headers['X-DashClaw-Signature']
    const input = { body, signature, timestamp: guardTime, secret: guard.secret, now: guardTime }
    expect(await verifyGuardWebhook(input)).toEqual(JSON.parse(body))
  })

  it('may be five minutes off the clock, either way, and no more', async () => {
    const check = (now: number) => verifyGuardWebhook({ body, headers, secret: guard.secret, now })
    for (const now of [guardTime - 300_000, guardTime + 300_000]) expect(await check(now)).toEqual(JSON.parse(body))
    expect(await faultOf(check(guardTime + 300_001), 'timestamp_out_of_tolerance')).toMatch(
      /300001 ms before.*limit is 300000 ms.*replay/,
    )
    expect(await faultOf(check(guardTime - 300_001), 'timestamp_out_of_tolerance')).toContain('300001 ms ahead of')
  })

  it('is measured by the clock unless a time is given', async () => {
    const check = () => verifyGuardWebhook({ body, headers, secret: guard.secret })
    vi.useFakeTimers({ now: guardTime + 1000, toFake: ['Date'] })
    expect(await check()).toEqual(JSON.parse(body))
    vi.setSystemTime(guardTime + 600_000)
    await faultOf(check(), 'timestamp_out_of_tolerance')
  })

  it('has the tolerance that is asked for', async () => {
    const check = (toleranceMs: number, off: number) =>
      verifyGuardWebhook(question(evaluation, { toleranceMs, now: 1_000_000 + off }))
    expect(await check(0, 0)).toEqual(JSON.parse(evaluation))
    expect(await check(Infinity, 1e12)).toEqual(JSON.parse(evaluation))
    await faultOf(check(0, 1), 'timestamp_out_of_tolerance')
    await faultOf(check(0, -1), 'timestamp_out_of_tolerance')
    await faultOf(check(Number.NaN, 0), 'timestamp_out_of_tolerance')
  })

  it('is refused when its time was changed, also within the tolerance', async () => {
    await faultOf(verifyGuardWebhook(question(evaluation, { timestamp: '1000001' })), 'signature_mismatch')
  })

  it('is refused when its time and body are cut apart elsewhere', async () => {
    const text = `${guardTime}.${body}`
    const at = text.indexOf('.', text.indexOf('.') + 1)
    const parts = { timestamp: text.slice(0, at), body: text.slice(at + 1) }
    const answer = verifyGuardWebhook({
      ...parts,
      signature: headers['X-DashClaw-Signature'],
      secret: guard.secret,
      now: guardTime,
    })
    expect(await faultOf(answer, 'timestamp_out_of_tolerance')).toContain('not a time')
  })

  it('without a time is refused', async () => {
    for (const timestamp of [undefined, null, '']) {
      await faultOf(verifyGuardWebhook(question(evaluation, { timestamp })), 'missing_timestamp')
    }
  })

  it('without a signature is refused, and the message tells when the guard signs', async () => {
    const answer = verifyGuardWebhook({ body, headers: { 'x-dashclaw-event': 'guard.evaluation' }, secret: 'x' })
    expect(await faultOf(answer, 'missing_signature')).toContain('guard webhook secret')
  })

  it.each(['', 'v2=', 'V1=', 'v1:'])('with the prefix "%s" is refused', async (prefix) => {
    const signature = prefix + hmac(`1000000.${evaluation}`)
    expect(await faultOf(verifyGuardWebhook(question(evaluation, { signature })), 'malformed_signature')).toContain(
      'v1=',
    )
  })

  it('without a secret is refused', async () => {
    await faultOf(verifyGuardWebhook(question(evaluation, { secret: '' })), 'missing_secret')
  })

  it('is not a delivery that was signed the same way', async () => {
    expect(await faultOf(verifyGuardWebhook(question(event)), 'invalid_body')).toContain('verifyWebhook')
    await faultOf(verifyGuardWebhook(question('nonsense')), 'invalid_body')
  })

  it('is never accepted when a byte of it has changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: evaluation.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(evaluation)
        bytes[at]! ^= flip
        await faultOf(verifyGuardWebhook({ ...question(evaluation), body: bytes }), 'signature_mismatch')
      }),
      { numRuns: 50 },
    )
  })
})
