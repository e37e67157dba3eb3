import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import { InputError, SigningError } from '../../src/core/errors.ts'
import { importSigningKey, type JwkLike } from '../../src/core/keys.ts'
import { sign, signedBody } from '../../src/core/signing.ts'
import { contract } from '../support/fixtures.ts'

interface Signing {
  test_key: { private_jwk: JwkLike; public_key_pem: string }
  vectors: { name: string; payload: Record<string, unknown>; canonical: string; signature: string }[]
}
const { test_key, vectors } = contract('transport')['signing'] as Signing
const key = test_key.private_jwk
const publicKey = createPublicKey(test_key.public_key_pem)

/** What the server does with a body: parse, take the signature out, write the rest canonically, verify. */
function serverAccepts(body: string): boolean {
  const { _signature, ...rest } = JSON.parse(body) as { _signature: string }
  return verify('sha256', Buffer.from(canonicalJson(rest)), publicKey, Buffer.from(_signature, 'base64'))
}
const signed = (value: unknown) => signedBody(value, (text) => sign(text, key))

afterEach(() => {
  vi.restoreAllMocks()
})

describe('signing', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'gives the signature that a server verified: %s',
    async (_name, vector) => {
      expect(await sign(vector.canonical, key)).toBe(vector.signature)
      const body = await signed(vector.payload)
      expect(JSON.parse(body)).toEqual({ ...vector.payload, _signature: vector.signature })
      expect(serverAccepts(body)).toBe(true)
    },
  )

  it('sends the very text that it signs, and one member more', async () => {
    let text = ''
    const body = await signedBody({ b: new Date(0), a: 'é"', gone: undefined }, async (canonical) => {
      text = canonical
      return 'c2ln'
    })
    expect(text).toBe('{"a":"é\\"","b":"1970-01-01T00:00:00.000Z"}')
    expect(body).toBe('{"a":"é\\"","b":"1970-01-01T00:00:00.000Z","_signature":"c2ln"}')
  })

  it('signs an object without members', async () => {
    expect(await signedBody({}, async () => 'c2ln')).toBe('{"_signature":"c2ln"}')
    expect(serverAccepts(await signed({ a: undefined }))).toBe(true)
  })

  it("replaces a signature of the caller's, and keeps members of that name further in", async () => {
    const body = await signed({ a: 1, _signature: 'stale', deep: { _signature: 'kept' } })
    expect(body.match(/stale/)).toBeNull()
    expect(JSON.parse(body).deep).toEqual({ _signature: 'kept' })
    expect(serverAccepts(body)).toBe(true)
    expect(serverAccepts(await signed({ toJSON: () => ({ a: 1, _signature: 'stale' }) }))).toBe(true)
  })

  it('can not be steered by the text of a signer', async () => {
    const body = await signedBody({ a: 1 }, async () => '","a":2,"x":"')
    expect(JSON.parse(body)).toEqual({ a: 1, _signature: '","a":2,"x":"' })
  })

  it.each([[[1]], ['text'], [5], [null]])('refuses what is no object before it signs: %j', async (value) => {
    const signer = vi.fn(async () => 'c2ln')
    await expect(signedBody(value, signer)).rejects.toBeInstanceOf(InputError)
    expect(signer).not.toHaveBeenCalled()
  })

  it('never gives a body without a signature', async () => {
    await expect(signedBody({ a: 1 }, async () => '')).rejects.toBeInstanceOf(SigningError)
    await expect(signedBody({ a: 1 }, (text) => sign(text, 'no key'))).rejects.toBeInstanceOf(SigningError)
    await expect(signedBody({ a: 1n }, (text) => sign(text, key))).rejects.toMatchObject({
      name: 'InputError',
      field: 'a',
    })
  })

  it('reports a failure of the runtime as one, with its cause', async () => {
    const cause = new Error('token removed')
    vi.spyOn(globalThis.crypto.subtle, 'sign').mockRejectedValueOnce(cause)
    await expect(sign('x', key)).rejects.toMatchObject({ name: 'SigningError', cause })
  })

  it('runs signatures beside each other', async () => {
    await importSigningKey(key)
    const real = globalThis.crypto.subtle.sign.bind(globalThis.crypto.subtle)
    let running = 0
    let most = 0
    vi.spyOn(globalThis.crypto.subtle, 'sign').mockImplementation(async (...args) => {
      most = Math.max(most, ++running)
      const signature = await real(...args)
      running--
      return signature
    })
    await Promise.all(Array.from({ length: 8 }, (_, i) => sign(`${i}`, key)))
    expect(most).toBe(8)
  })

  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
  const value = fc.dictionary(fc.string({ unit, maxLength: 8 }), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }))

  it('verifies for any JSON object once the server has parsed what was sent', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (payload) => {
        const body = await signed(payload)
        expect(serverAccepts(body)).toBe(true)
        const { _signature, ...rest } = JSON.parse(body)
        const { _signature: dropped, ...given } = JSON.parse(JSON.stringify(payload))
        expect(rest).toEqual(given)
        expect([_signature, dropped]).not.toContain('')
      }),
      { numRuns: 100 },
    )
  })

  it('verifies for text that UTF-8 has no bytes for, since it travels escaped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit }), async (text) => {
        const body = await signed({ text })
        expect(serverAccepts(Buffer.from(body).toString())).toBe(true)
        expect(JSON.parse(body).text).toBe(text)
      }),
      { numRuns: 100 },
    )
  })

  it('never verifies when a byte has changed', async () => {
    await fc.assert(
      fc.asyncProperty(value, fc.nat(), fc.integer({ min: 1, max: 255 }), async (payload, at, flip) => {
        const text = canonicalJson(payload)
        const signature = Buffer.from(await sign(text, key), 'base64')
        const bytes = Buffer.from(text)
        expect(verify('sha256', bytes, publicKey, signature)).toBe(true)
        bytes[at % bytes.length]! ^= flip
        expect(verify('sha256', bytes, publicKey, signature)).toBe(false)
        bytes[at % bytes.length]! ^= flip
        signature[at % signature.length]! ^= flip
        expect(verify('sha256', bytes, publicKey, signature)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })
})
