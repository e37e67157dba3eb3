/** Cuts a text to a limit of UTF-16 units, with a mark that says so, and never inside a surrogate pair. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text
  const mark = `… [cut, ${text.length} characters]`
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

// Each alternative is anchored by a literal or a bounded class, so matching stays linear.
const SECRETS =
  /\b(?:sk|pk|rk)[-_](?:live_|test_|ant-|proj-)?[\w-]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bA(?:KIA|SIA)[A-Z0-9]{16}\b|\bxox[abeoprs]-[\w-]{10,}|\boc_live_[0-9a-f]{8,}|\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?|\bbearer\s{1,4}[\w.~+/-]{12,}=*|\b[a-z][a-z+]{2,20}:\/\/[^\s/:@]{1,200}:[^\s/@]{1,200}@/gi
const NAMED =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization|cookie)["']?\s{0,4}[:=]\s{0,4}["']?)([^\s"',;}&]{4,})/gi

/** Masks what looks like a secret in a text that the SDK writes by itself: summaries, errors, tool inputs. */
export function scrub(text: string): string {
  return text.replace(SECRETS, '[REDACTED]').replace(NAMED, '$1[REDACTED]')
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
  return cutText(scrub(text), limit)
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
  return cutText(scrub(text as string), limit)
}
