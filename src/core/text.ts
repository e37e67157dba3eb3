import { scrub } from './secrets.ts'

export { scrub }

/**
 * Cuts a string to a limit of UTF-16 units, with a mark that says so, and never inside a surrogate pair.
 *
 * @param length - The length that the mark tells, where some of the string was left out before.
 */
export function cutText(text: string, limit: number, length = text.length): string {
  if (text.length <= limit) return text
  const mark = `… [cut, ${length} characters]`
  let end = limit - mark.length
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end--
  return text.slice(0, end) + mark
}

/**
 * A random id: prefix and UUID v4, also where `crypto.randomUUID` is kept to secure pages or missing.
 *
 * @param prefix - What it begins with, such as `act_` for an action.
 */
export function newId(prefix: string): string {
  const { crypto } = globalThis as { crypto?: Crypto }
  if (crypto?.randomUUID) return prefix + crypto.randomUUID()
  const bytes = new Uint8Array(16)
  if (crypto) crypto.getRandomValues(bytes)
  else for (let i = 0; i < 16; i++) bytes[i] = Math.random() * 256
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  let id = prefix
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) id += '-'
    id += bytes[i]!.toString(16).padStart(2, '0')
  }
  return id
}

/** A string that any server can store: NUL and halves of surrogate pairs replaced, cut to the limit with a mark. It masks nothing. */
export function tidy(text: string, limit: number): string {
  return cutText(wellFormed(text), limit)
}

const wellFormed = (text: string): string => text.replaceAll('\0', '\ufffd').replace(/[\ud800-\udfff]/gu, '\ufffd')

/** The start of a string, tidy and masked. A long one is masked as far as it is shown, and a good piece on: a secret may end there. */
function shown(text: string, limit: number): string {
  const part = text.slice(0, 4 * limit + 32_768)
  let masked = scrub(wellFormed(part))
  if (part.length < text.length && masked.length < limit + 8192) masked = scrub(wellFormed(text))
  return cutText(masked, limit, text.length)
}

/** Text of any value for a summary field: bounded, secrets masked; undefined for nothing. Never throws. */
export function summarize(value: unknown, limit = 4000): string | undefined {
  if (value === undefined || value === null) return undefined
  let text: string | undefined
  try {
    text =
      typeof value === 'string'
        ? value
        : (JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}` : item)) ?? String(value))
  } catch {
    text = `[${typeof value} that can't be written as JSON]`
  }
  return shown(text, limit)
}

/** Message of whatever was thrown: bounded, secrets masked. Never throws. */
export function errorText(error: unknown, limit = 4000): string {
  let text: unknown
  try {
    text = (error as { message?: unknown } | null)?.message
    if (typeof text !== 'string' || !text) text = String(error)
  } catch {
    text = 'an error without a text'
  }
  return shown(text as string, limit)
}
