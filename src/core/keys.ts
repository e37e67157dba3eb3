import { type Bytes, fromBase64, subtle, toBase64 } from './encoding.ts'
import { SigningError } from './errors.ts'

/** What the SDK reads of a `CryptoKey`; the global one and Node's `webcrypto.CryptoKey` fit. */
export interface CryptoKeyLike {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** What the SDK reads of an RSA key in JWK form; the global `JsonWebKey` fits. Base64url texts, unless said otherwise. */
export interface JwkLike {
  /** Must be `RSA`. */
  kty?: string | undefined
  /** Modulus. */
  n?: string | undefined
  /** Public exponent. */
  e?: string | undefined
  /** Private exponent. */
  d?: string | undefined
  /** First prime. */
  p?: string | undefined
  /** Second prime. */
  q?: string | undefined
  /** `d` modulo `p - 1`. */
  dp?: string | undefined
  /** `d` modulo `q - 1`. */
  dq?: string | undefined
  /** Inverse of `q` modulo `p`. */
  qi?: string | undefined
  /** `RS256` or absent. */
  alg?: string | undefined
  /** `sig` or absent. */
  use?: string | undefined
  /** Has `sign` in it, or absent. */
  key_ops?: string[] | undefined
  /** Whether the key may be exported again. */
  ext?: boolean | undefined
}

/**
 * A private RSA key that signs actions: a `CryptoKey` for RSASSA-PKCS1-v1_5 with SHA-256, a JWK object, or PKCS#8 PEM text
 * (`-----BEGIN PRIVATE KEY-----`; line breaks may be the two characters `\n`, as environment variables have them).
 */
export type SigningKey = CryptoKeyLike | JwkLike | string

/** The host's own `CryptoKey` where one is declared. */
export type HostCryptoKey = typeof globalThis extends {
  crypto: { subtle: { importKey(...args: never): Promise<infer K> } }
}
  ? K
  : CryptoKeyLike

/** A new key pair in every form that the SDK takes. Keep all `private…` members secret. */
export interface SigningKeyPair {
  /** Signs; can be exported. */
  privateKey: HostCryptoKey
  /** Verifies. */
  publicKey: HostCryptoKey
  /** The private key for `privateKey` of the client, as an object. */
  privateJwk: JwkLike
  /** The public half as an object. */
  publicJwk: JwkLike
  /** The private key for `privateKey` of the client, as PKCS#8 text. */
  privateKeyPem: string
  /** The public half as SubjectPublicKeyInfo text: what a pairing and an identity register. */
  publicKeyPem: string
}

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const
const MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const
const UNREADABLE = "can't be read as an RSA key: it is damaged, or an EC, Ed25519 or RSA-PSS key"

/**
 * Keys by what they are made of, so that a client a request with a freshly parsed JWK finds its key as well: importing costs a
 * quarter of a signature, and the first two signatures of a new key take twice as long. Keys, not promises: an edge worker must
 * not await what another request began.
 */
const imported = /* @__PURE__ */ new Map<string, CryptoKey>()
const MAX_IMPORTED = 32

/** Keys by the JWK object that was given, for as long as its members are the very texts that they were. */
const given = /* @__PURE__ */ new WeakMap<JwkLike, { members: unknown[]; key: CryptoKey }>()

/**
 * Turns any form of {@link SigningKey} into a key that WebCrypto signs with.
 *
 * @throws {SigningError} When it is not a private RSA key for RSASSA-PKCS1-v1_5 with SHA-256, or the runtime has no WebCrypto.
 * The message names the form that was given and how to convert it, never a part of the key.
 */
export async function importSigningKey(key: SigningKey): Promise<HostCryptoKey> {
  if (typeof key === 'string') {
    return importOnce(key, (crypto) => crypto.importKey('pkcs8', privateKeyDer(key), ALGORITHM, false, ['sign']))
  }
  if (has(key, 'usages')) return checkedCryptoKey(key as CryptoKeyLike)
  if (!has(key, 'kty')) {
    refuse(
      has(key, 'privateKey')
        ? 'is a key pair: pass its privateKey'
        : has(key, 'asymmetricKeyType')
          ? "is a Node KeyObject: pass key.export({ format: 'jwk' })"
          : 'must be a private CryptoKey, a private RSA JWK object or PKCS#8 PEM text',
    )
  }
  const jwk = key as JwkLike
  const { alg = 'RS256', use = 'sig', key_ops = ['sign'] } = jwk
  const known = given.get(jwk)
  const same = known && MEMBERS.every((name, at) => jwk[name] === known.members[at])
  if (!same) checkMembers(jwk, MEMBERS)
  if (alg !== 'RS256' || use !== 'sig' || !key_ops.includes('sign')) {
    refuse('is a JWK for another use: where given, alg must be RS256, use sig, and key_ops hold sign')
  }
  if (same) return known.key
  const members = MEMBERS.map((name) => jwk[name])
  const imported = await importOnce(members.join('.'), (crypto) =>
    crypto.importKey('jwk', jwk as JsonWebKey, ALGORITHM, false, ['sign']),
  )
  given.set(jwk, { members, key: imported })
  return imported
}

/**
 * Makes an RSA key pair (2048 bits, exponent 65537) for signing actions.
 *
 * @throws {SigningError} When the runtime has no WebCrypto.
 * @example
 * const { privateJwk, publicKeyPem } = await generateKeyPair()
 * const claw = new DashClaw({ privateKey: privateJwk })
 * await claw.createPairing({ public_key_pem: publicKeyPem })
 */
export async function generateKeyPair(): Promise<SigningKeyPair> {
  const crypto = subtle()
  const parameters = { ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  const { privateKey, publicKey } = await crypto.generateKey(parameters, true, ['sign', 'verify'])
  const [privateJwk, publicJwk, pkcs8, spki] = await Promise.all([
    crypto.exportKey('jwk', privateKey),
    crypto.exportKey('jwk', publicKey),
    crypto.exportKey('pkcs8', privateKey),
    crypto.exportKey('spki', publicKey),
  ])
  return {
    privateKey,
    publicKey,
    privateJwk,
    publicJwk,
    privateKeyPem: pem('PRIVATE KEY', pkcs8),
    publicKeyPem: pem('PUBLIC KEY', spki),
  }
}

/**
 * The public half of an RSA JWK as SubjectPublicKeyInfo PEM. Only `n` and `e` are read.
 *
 * @throws {SigningError} When the JWK is not an RSA key, lacks `n` or `e` or has them damaged, or the runtime has no WebCrypto.
 */
export async function publicKeyPemFromPrivateJwk(privateJwk: JwkLike): Promise<string> {
  checkMembers(privateJwk, ['n', 'e'])
  const crypto = subtle()
  const { n, e } = privateJwk
  try {
    const key = await crypto.importKey('jwk', { kty: 'RSA', n, e } as JsonWebKey, ALGORITHM, true, ['verify'])
    return pem('PUBLIC KEY', await crypto.exportKey('spki', key))
  } catch (cause) {
    return refuse(UNREADABLE, cause)
  }
}

function refuse(what: string, cause?: unknown): never {
  throw new SigningError(`The key ${what}. generateKeyPair() makes one that fits.`, { cause })
}

function has(key: unknown, name: string): boolean {
  return typeof key === 'object' && key !== null && name in key
}

function checkedCryptoKey(key: CryptoKeyLike): CryptoKey {
  const { name, hash } = key.algorithm as { name: string; hash?: { name: string } }
  // Only a private key of this algorithm can have the usage `sign`.
  if (name !== ALGORITHM.name || hash?.name !== ALGORITHM.hash || !key.usages.includes('sign')) {
    refuse(
      `is a ${key.type} CryptoKey for ${name} with ${hash?.name} to ${key.usages}; needed is a private one for ${ALGORITHM.name} with ${ALGORITHM.hash} to sign`,
    )
  }
  return key as CryptoKey
}

function checkMembers(jwk: JwkLike, needed: readonly (typeof MEMBERS)[number][]): void {
  if (jwk?.kty !== 'RSA') refuse(`is a JWK of kty ${jwk?.kty}; DashClaw verifies RSA signatures only`)
  // Some runtimes skip characters that they can't decode, and so end up with another key.
  const bad = needed.filter((name) => !/^[\w-]+$/.test(jwk[name] ?? ''))
  if (bad[0]) refuse(`is a JWK whose ${bad} is missing or damaged${bad[0] === 'd' ? ': is it the public half?' : ''}`)
}

async function importOnce(id: string, load: (crypto: SubtleCrypto) => Promise<CryptoKey>): Promise<CryptoKey> {
  let key = imported.get(id)
  if (!key) {
    const crypto = subtle()
    try {
      key = await load(crypto)
    } catch (cause) {
      throw cause instanceof SigningError ? cause : refuse(UNREADABLE, cause)
    }
    if (imported.size >= MAX_IMPORTED) imported.delete(imported.keys().next().value as string)
    imported.set(id, key)
  }
  return key
}

function privateKeyDer(text: string): Bytes {
  // Environment variables often hold the line breaks as two characters; base64 has no backslash.
  const lines = text.replace(/\\[rn]/g, '\n')
  const begin = '-----BEGIN PRIVATE KEY-----'
  const start = lines.indexOf(begin)
  if (start < 0) {
    const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(lines)?.[1]
    refuse(
      !label
        ? 'is a text without a BEGIN PRIVATE KEY line: pass PKCS#8 PEM, not the name of a file; a JWK goes in as an object'
        : `is PEM of the form ${label}, not PKCS#8 (PRIVATE KEY). ` +
            (!label.endsWith('PRIVATE KEY')
              ? 'Pass the private key'
              : label[0] === 'O'
                ? 'Convert a copy of it: ssh-keygen -p -m PKCS8 -f copy'
                : 'Convert it (PKCS#1) or decrypt it (ENCRYPTED): openssl pkey -in key.pem -out pkcs8.pem'),
    )
  }
  const end = lines.indexOf('-----END PRIVATE KEY-----', start)
  const der = end < 0 ? undefined : fromBase64(lines.slice(start + begin.length, end))
  return der?.length ? der : refuse('is PEM text that is damaged or cut off')
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = toBase64(new Uint8Array(der)).match(/.{1,64}/g) as string[]
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
