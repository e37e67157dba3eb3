import { SigningError } from './errors.ts'

/** Bytes in memory of their own: what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>

/** `String.fromCharCode` takes its characters as arguments, and their number is limited by the stack. */
const CHUNK = 8192

/** UTF-8 bytes of a text; half of a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text)
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode.apply(null, bytes.subarray(i, i + CHUNK) as unknown as number[])
  }
  return btoa(binary)
}

/** base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

/** Reads base64 and base64url, with or without padding, white space ignored; undefined when the text is neither. */
export function fromBase64(text: string): Bytes | undefined {
  let binary: string
  try {
    binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}

/**
 * The runtime's WebCrypto.
 *
 * @throws {SigningError} When it has none.
 */
export function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle
  if (!found) {
    throw new SigningError(
      'This runtime has no crypto.subtle: browsers have it on https pages and localhost only; Node 20+, Deno, Bun and edge workers do; React Native and jsdom need a polyfill.',
    )
  }
  return found
}

/** A string of JSON inside of an answer; null where it is none. */
export function jsonIn(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return null
  }
}
