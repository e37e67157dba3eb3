import { canonicalJson } from '../core/canonical-json.ts'
import { GuardBlockedError } from '../core/errors.ts'

/** A call of a tool, as a model asks for it. */
export interface ToolCall<I = unknown> {
  /** Name of the tool. */
  name: string
  /** Its arguments. */
  input: I
  /** The framework's id of this call, where it has one. */
  id?: string | undefined
}

/** What a call was when it was allowed. */
export interface Pinned {
  /** SHA-256 of the tool's name and arguments in hexadecimal; undefined where the host has no WebCrypto. */
  digest: string | undefined
  /** @throws {GuardBlockedError} With decision `changed` when this is another call. */
  check(call: ToolCall): void
}

const text = ({ name, input }: ToolCall): string => canonicalJson({ name, input })

/** Hexadecimal SHA-256 of a text; undefined where the host has no WebCrypto. */
export async function sha256(value: string): Promise<string | undefined> {
  const bytes = await globalThis.crypto?.subtle?.digest('SHA-256', new TextEncoder().encode(value))
  return bytes && Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Notes what a call is, so that what is allowed is what runs.
 *
 * @throws {InputError} When the arguments can't be written as JSON.
 */
export async function pin(call: ToolCall): Promise<Pinned> {
  const allowed = text(call)
  return {
    digest: await sha256(allowed),
    check(now) {
      if (text(now) !== allowed) throw changed(call.name)
    },
  }
}

export const changed = (name: string): GuardBlockedError =>
  new GuardBlockedError({ decision: 'changed', reasons: ['the arguments are no longer those that were allowed'] }, name)
