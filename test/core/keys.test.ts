import { createPrivateKey, generateKeyPairSync, type webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { fromBase64, toBase64, toBase64Url, toHex, utf8 } from '../../src/core/encoding.ts'
import { SigningError } from '../../src/core/errors.ts'
import {
  generateKeyPair,
  importSigningKey,
  type JwkLike,
  publicKeyPemFromPrivateJwk,
  type SigningKey,
} from '../../src/core/keys.ts'
import { sign } from '../../src/core/signing.ts'
import { contract } from '../support/fixtures.ts'

interface Vectors {
  test_key: {
    private_jwk: Record<'kty' | 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', string>
    public_jwk: JwkLike
    public_key_pem: string
  }
  vectors: { canonical: string; signature: string }[]
}
const { test_key, vectors } = contract('transport')['signing'] as Vectors
const jwk = test_key.private_jwk
const vector = vectors[0]!
const nodeKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
const pem = nodeKey.export({ type: 'pkcs8', format: 'pem' }) as string
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const { subtle } = globalThis.crypto

const importJwk = (usages: KeyUsage[] = ['sign'], how: AlgorithmIdentifier = algorithm as Algorithm) =>
  subtle.importKey('jwk', { ...jwk }, how, true, usages)

async function refusalOf(key: unknown): Promise<string> {
  const error = await importSigningKey(key as SigningKey).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(SigningError)
  const { message } = error as SigningError
  // No run of base64 or hex that could come from a key.
  expect(message).not.toMatch(/[A-Za-z0-9+/_-]{24}/)
  return message
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('a signing key', () => {
  const forms: [string, () => SigningKey | Promise<SigningKey>][] = [
    ['a CryptoKey', () => importJwk()],
    ['a private JWK', () => ({ ...jwk })],
    ['a JWK as WebCrypto exports it', async () => subtle.exportKey('jwk', await importJwk())],
    ['PKCS#8 PEM', () => pem],
    ['PEM with CRLF', () => pem.replace(/\n/g, '\r\n')],
    ['PEM with white space around and inside', () => `\uFEFF \n\t${pem.replace(/\n/g, ' \n  ')}\n\n`],
    ['PEM without line breaks in its base64', () => pem.replace(/(?<=[^-])\n(?=[^-])/g, '')],
    ['PEM from an environment variable, line breaks as two characters', () => pem.replace(/\n/g, '\\n')],
    ['PEM after a certificate', () => `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pem}`],
  ]
  it.each(forms)('makes the same signature in every form: %s', async (_name, make) => {
    expect(await sign(vector.canonical, await make())).toBe(vector.signature)
  })

  it('takes the key types of the DOM and of Node', () => {
    expectTypeOf<CryptoKey>().toExtend<SigningKey>()
    expectTypeOf<JsonWebKey>().toExtend<SigningKey>()
    expectTypeOf<webcrypto.CryptoKey>().toExtend<SigningKey>()
    expectTypeOf<webcrypto.JsonWebKey>().toExtend<SigningKey>()
  })

  it('is imported once for all clients, also when each of them parses its own copy', async () => {
    const { privateJwk, privateKeyPem } = await generateKeyPair()
    const imports = vi.spyOn(subtle, 'importKey')
    const first = await importSigningKey(privateJwk)
    for (let i = 0; i < 3; i++) expect(await importSigningKey(JSON.parse(JSON.stringify(privateJwk)))).toBe(first)
    expect(imports).toHaveBeenCalledTimes(1)
    const fromPem = await importSigningKey(privateKeyPem)
    expect(await importSigningKey(` ${privateKeyPem}`.slice(1))).toBe(fromPem)
    expect(imports).toHaveBeenCalledTimes(2)
  })

  it('is not mistaken for another one when a JWK object changes', async () => {
    const [a, b] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const held = { ...a.privateJwk }
    const before = await sign('x', held)
    Object.assign(held, b.privateJwk)
    expect(await sign('x', held)).not.toBe(before)
    expect(await sign('x', held)).toBe(await sign('x', b.privateKey))
  })

  it('may be used for the first time by several calls at once', async () => {
    const { privateJwk, publicKey } = await generateKeyPair()
    const signatures = await Promise.all(Array.from({ length: 5 }, (_, i) => sign(`text ${i}`, privateJwk)))
    for (const [i, signature] of signatures.entries()) {
      expect(await subtle.verify(algorithm.name, publicKey, fromBase64(signature)!, utf8(`text ${i}`))).toBe(true)
    }
  })

  it('is forgotten when many others came after it, and imported again', async () => {
    const { privateKeyPem } = await generateKeyPair()
    const imports = vi.spyOn(subtle, 'importKey')
    await importSigningKey(privateKeyPem)
    for (let i = 0; i < 40; i++) await importSigningKey(privateKeyPem + '\n'.repeat(i + 1))
    expect(imports).toHaveBeenCalledTimes(41)
    await importSigningKey(privateKeyPem + '\n'.repeat(40))
    expect(imports).toHaveBeenCalledTimes(41)
    await importSigningKey(privateKeyPem)
    expect(imports).toHaveBeenCalledTimes(42)
  })

  it('that failed is not remembered as failed', async () => {
    const { privateJwk } = await generateKeyPair()
    vi.spyOn(subtle, 'importKey').mockRejectedValueOnce(new Error('busy'))
    await expect(importSigningKey(privateJwk)).rejects.toBeInstanceOf(SigningError)
    expect((await importSigningKey(privateJwk)).type).toBe('private')
  })

  it('stays out of reach: imported keys can not be exported', async () => {
    expect((await importSigningKey({ ...jwk })).extractable).toBe(false)
    expect((await importSigningKey(pem)).extractable).toBe(false)
  })
})

describe('what is no signing key is refused with the way out', () => {
  const text = (type: 'rsa' | 'ed25519' | 'ec' | 'rsa-pss') => {
    if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey
    if (type === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    return generateKeyPairSync(type as 'rsa', { modulusLength: 2048 }).privateKey
  }
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const

  it.each<[string, () => unknown, RegExp]>([
    [
      'a public CryptoKey',
      async () => subtle.importKey('jwk', test_key.public_jwk as JsonWebKey, algorithm, true, ['verify']),
      /public CryptoKey.*needed is a private one/,
    ],
    [
      'a secret CryptoKey',
      async () => subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']),
      /secret CryptoKey for HMAC/,
    ],
    [
      'an RSA-PSS CryptoKey',
      () => importJwk(['sign'], { name: 'RSA-PSS', hash: 'SHA-256' } as Algorithm),
      /RSA-PSS.*RSASSA-PKCS1-v1_5/,
    ],
    [
      'a SHA-512 CryptoKey',
      () => importJwk(['sign'], { ...algorithm, hash: 'SHA-512' } as Algorithm),
      /SHA-512.*SHA-256/,
    ],
    [
      'a CryptoKey for another use',
      () => importJwk(['decrypt'], { name: 'RSA-OAEP', hash: 'SHA-256' } as Algorithm),
      /RSA-OAEP/,
    ],
    [
      'something like a CryptoKey that may not sign',
      () => ({ type: 'private', algorithm: { ...algorithm, hash: { name: 'SHA-256' } }, usages: [] }),
      /private CryptoKey for RSASSA-PKCS1-v1_5 with SHA-256 to {0,1};.*to sign/,
    ],
    ['a public JWK', () => test_key.public_jwk, /public half/],
    ['an EC JWK', () => text('ec').export({ format: 'jwk' }), /kty EC;.*RSA/],
    ['a secret JWK', () => ({ kty: 'oct', k: 'c2VjcmV0' }), /kty oct/],
    ['a JWK with parts missing', () => ({ ...jwk, q: undefined, qi: undefined }), /whose q,qi is missing/],
    ['a JWK for another algorithm', () => ({ ...jwk, alg: 'PS256' }), /alg must be RS256/],
    ['a JWK for encryption', () => ({ ...jwk, use: 'enc' }), /use sig/],
    ['a JWK that may only verify', () => ({ ...jwk, key_ops: ['verify'] }), /key_ops hold sign/],
    ['a damaged JWK', () => ({ ...jwk, n: '!!!' }), /whose n is missing or damaged/],
    ['a key pair', () => generateKeyPair(), /pass its privateKey/],
    ['a Node KeyObject', () => nodeKey, /key\.export\(\{ format: 'jwk' \}\)/],
    ['bytes', () => Buffer.from(pem), /PKCS#8 PEM text/],
    ['an empty object', () => ({}), /must be a private CryptoKey, a private RSA JWK object or PKCS#8/],
    ['null', () => null, /must be/],
    ['a number', () => 5, /must be/],
    ['PKCS#1 PEM', () => nodeKey.export({ type: 'pkcs1', format: 'pem' }), /PKCS#1.*openssl pkey/],
    [
      'encrypted PEM',
      () => nodeKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }),
      /ENCRYPTED PRIVATE KEY.*decrypt.*openssl pkey/,
    ],
    ['public PEM', () => test_key.public_key_pem, /form PUBLIC KEY.*Pass the private key/],
    [
      'a certificate',
      () => '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      /form CERTIFICATE.*Pass the private key/,
    ],
    ['an EC key in its own form', () => text('ec').export({ type: 'sec1', format: 'pem' }), /form EC PRIVATE KEY/],
    ['an EC key in PKCS#8', () => text('ec').export(pkcs8), /can't be read as an RSA key.*EC/],
    ['an Ed25519 key', () => text('ed25519').export(pkcs8), /can't be read as an RSA key.*Ed25519/],
    ['an RSA-PSS key', () => text('rsa-pss').export(pkcs8), /RSA-PSS/],
    [
      'an OpenSSH key',
      () => '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----',
      /ssh-keygen -p -m PKCS8/,
    ],
    ['PEM of an unknown kind', () => '-----BEGIN CMS-----\nb3Bl\n-----END CMS-----', /form CMS/],
    ['PEM that is cut off', () => pem.slice(0, 900), /damaged or cut off/],
    ['PEM with nothing in it', () => '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----', /damaged or cut off/],
    ['PEM with bad base64', () => pem.replace(/\n.{8}/, '\n********'), /damaged or cut off/],
    [
      'PEM with other bytes in it',
      () => `-----BEGIN PRIVATE KEY-----\n${toBase64(utf8('hello'))}\n-----END PRIVATE KEY-----`,
      /can't be read as an RSA key/,
    ],
    ['a JWK as text', () => JSON.stringify(jwk), /a JWK goes in as an object/],
    ['base64 alone', () => pem.split('\n').slice(1, -2).join(''), /without a BEGIN PRIVATE KEY line/],
    ['the name of a file', () => './key.pem', /name of a file/],
    ['an empty text', () => '', /BEGIN PRIVATE KEY/],
  ])('%s', async (_name, make, expected) => {
    expect(await refusalOf(await make())).toMatch(expected)
  })

  it('reads a long hostile text in linear time', async () => {
    expect(await refusalOf('-----BEGIN '.repeat(200_000))).toMatch(/without a BEGIN PRIVATE KEY line/)
  })

  it('and a runtime without WebCrypto is named as such', async () => {
    vi.stubGlobal('crypto', undefined)
    await expect(importSigningKey({ ...jwk, d: `${jwk.d.slice(1)}A` })).rejects.toThrow(
      /no crypto\.subtle.*https.*Node 20/,
    )
    await expect(generateKeyPair()).rejects.toThrow(/no crypto\.subtle/)
    vi.stubGlobal('crypto', { getRandomValues: () => {} })
    await expect(publicKeyPemFromPrivateJwk(jwk)).rejects.toBeInstanceOf(SigningError)
  })
})

describe('a new key pair', () => {
  it('is RSA of 2048 bits with exponent 65537, and all its forms belong together', async () => {
    const pair = await generateKeyPair()
    expect(pair.privateKey.algorithm).toMatchObject({
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      hash: { name: 'SHA-256' },
    })
    expect(pair.privateJwk.e).toBe('AQAB')
    const { d, ...publicHalf } = pair.publicJwk
    expect(d).toBeUndefined()
    expect(publicHalf.n).toBe(pair.privateJwk.n)
    const signature = await sign('x', pair.privateKey)
    expect(await sign('x', pair.privateJwk)).toBe(signature)
    expect(await sign('x', pair.privateKeyPem)).toBe(signature)
    expect(await subtle.verify(algorithm.name, pair.publicKey, fromBase64(signature)!, utf8('x'))).toBe(true)
    expect(createPrivateKey(pair.privateKeyPem).export({ type: 'pkcs8', format: 'pem' })).toBe(pair.privateKeyPem)
    expect(await publicKeyPemFromPrivateJwk(pair.privateJwk)).toBe(pair.publicKeyPem)
  })
})

describe('the public half of a JWK', () => {
  const { public_key_pem, ...half } = contract('pairing')['jwk_vector'] as JwkLike & { public_key_pem: string }

  it('is the PEM that a pairing registers', async () => {
    expect(await publicKeyPemFromPrivateJwk(half)).toBe(public_key_pem)
    expect(await publicKeyPemFromPrivateJwk(jwk)).toBe(test_key.public_key_pem)
  })

  it('does not depend on private members, nor on what the key may be used for', async () => {
    expect(await publicKeyPemFromPrivateJwk({ ...half, d: 'x', alg: 'PS256', key_ops: ['decrypt'] })).toBe(
      public_key_pem,
    )
  })

  it.each<[string, unknown, RegExp]>([
    ['an EC key, which could be registered but never verify', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, /kty EC/],
    ['a key without a modulus', { kty: 'RSA', e: 'AQAB' }, /whose n is missing/],
    ['a modulus that is no base64url', { kty: 'RSA', n: '?', e: 'AQAB' }, /whose n is missing or damaged/],
    ['nothing', undefined, /kty/],
  ])('is refused for %s', async (_name, key, expected) => {
    const answer = publicKeyPemFromPrivateJwk(key as JwkLike)
    await expect(answer).rejects.toThrow(expected)
    await expect(answer).rejects.toBeInstanceOf(SigningError)
  })
})

describe('encodings', () => {
  it('come back as they went, and agree with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const node = Buffer.from(bytes)
        expect(toBase64(bytes)).toBe(node.toString('base64'))
        expect(toBase64Url(bytes)).toBe(node.toString('base64url'))
        expect(toHex(bytes)).toBe(node.toString('hex'))
        for (const text of [toBase64(bytes), toBase64Url(bytes), toBase64(bytes).replace(/.{5}/g, '$& \r\n')]) {
          expect(fromBase64(text)).toEqual(new Uint8Array(bytes))
        }
      }),
    )
  })

  it('take megabytes', () => {
    const bytes = new Uint8Array(3_000_001).map((_, i) => (i * 31) & 255)
    const text = toBase64(bytes)
    expect(text).toBe(Buffer.from(bytes).toString('base64'))
    expect(Buffer.compare(fromBase64(text)!, bytes)).toBe(0)
  })

  it('know what is none of theirs', () => {
    for (const text of ['a', 'ab*d', 'ab=c', 'é']) expect(fromBase64(text)).toBeUndefined()
  })
})
