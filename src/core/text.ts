import { maskSecrets } from './secrets.ts'

/** Cuts a string to a limit of UTF-16 units, with a mark that says how long it was, and never inside a surrogate pair. */
export function cutText(text: string, limit: number, length: number = text.length): string {
  if (text.length <= limit) return text
  const mark = `… [cut, ${length} characters]`
  let end = limit - mark.length
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end--
  return text.slice(0, end) + mark
}

/** A string that the SDK makes, as every server can store it: without NUL, cut to a limit. */
export function tidy(text: string, limit: number): string {
  return cutText(text.replaceAll('\0', '\ufffd'), limit)
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

/** Masks what looks like a secret in a string that the SDK writes by itself: summaries, errors, tool inputs. */
export function scrub(text: string): string {
  return maskSecrets(text)
}

/** A bounded and masked string. Of a long one only so much is looked at as can be shown. */
function shown(text: string, limit: number): string {
  const most = 4 * limit
  const part = scrub(text.slice(0, most))
  // So much was masked that what comes after it would show.
  const whole = text.length > most && part.length <= limit ? scrub(text) : part
  return cutText(whole.replaceAll('\0', '\ufffd'), limit, text.length > most ? text.length : whole.length)
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
