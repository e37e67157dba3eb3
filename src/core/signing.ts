import { canonicalJson } from './canonical-json.ts'
import { subtle, toBase64, utf8 } from './encoding.ts'
import { InputError, SigningError } from './errors.ts'
import { importSigningKey, type SigningKey } from './keys.ts'

/** The body's member that carries the signature. */
const FIELD = '_signature'

/**
 * Signs the UTF-8 bytes of a text with RSASSA-PKCS1-v1_5 and SHA-256. Signatures run beside each other; none waits for another.
 *
 * @returns The signature as standard base64 with padding.
 * @throws {SigningError} When the key can't sign, or the runtime has no WebCrypto.
 */
export async function sign(text: string, key: SigningKey): Promise<string> {
  const cryptoKey = await importSigningKey(key)
  const crypto = subtle()
  let signature: ArrayBuffer
  try {
    signature = await crypto.sign(cryptoKey.algorithm.name, cryptoKey, utf8(text))
  } catch (cause) {
    throw new SigningError('The runtime could not sign with this key; RSA of 2048 bits is needed.', {
      cause,
    })
  }
  return toBase64(new Uint8Array(signature))
}

/**
 * JSON text of a body with its signature. The text that is signed is the very text that is sent, with `_signature` put in, so
 * the two can't differ. A `_signature` of the caller's is dropped.
 *
 * @param value - The body: anything that JSON.stringify turns into an object.
 * @param signText - Gets the canonical text and answers its signature, such as `(text) => sign(text, key)`.
 * @throws {InputError} When the value has no JSON form or is not an object.
 * @throws {SigningError} When signing fails. A body is never sent without a signature in its place.
 */
export async function signedBody(value: unknown, signText: (text: string) => Promise<string>): Promise<string> {
  const text = canonicalJson(value, FIELD)
  if (text[0] !== '{') throw new InputError('Only an object can be signed: the signature is one of its members.')
  const signature = await signText(text)
  if (!signature) throw new SigningError('The signature is empty; nothing was sent.')
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"${FIELD}":${JSON.stringify(signature)}}`
}
