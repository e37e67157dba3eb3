/** A kind of secret that the platform looks for in texts. */
export interface SecretPattern {
  name: string
  category: 'api_key' | 'cloud_credential' | 'token' | 'private_key' | 'password' | 'connection_string'
  severity: 'critical' | 'high'
  pattern: RegExp | ((text: string) => Span[])
}

/** Where a match starts and ends. */
export type Span = readonly [start: number, end: number]

/** The platform's 13 patterns, in its order. */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    name: 'api_key_generic',
    category: 'api_key',
    severity: 'critical',
    pattern: /api[_-]?key\s*[:=]\s*["']?[\w-]{16,}["']?/gi,
  },
  { name: 'aws_access_key', category: 'cloud_credential', severity: 'critical', pattern: /AKIA[0-9A-Z]{16}/g },
  {
    name: 'aws_secret_key',
    category: 'cloud_credential',
    severity: 'critical',
    pattern: /(?:aws)?[_-]?secret[_-]?(?:access)?[_-]?key\s*[:=]\s*["']?[A-Za-z0-9/+=]{40}["']?/gi,
  },
  { name: 'github_token', category: 'token', severity: 'critical', pattern: /gh[pousr]_\w{36,}/g },
  { name: 'openai_key', category: 'api_key', severity: 'critical', pattern: /sk-[A-Za-z0-9]{20,}/g },
  { name: 'anthropic_key', category: 'api_key', severity: 'critical', pattern: /sk-ant-[\w-]{20,}/g },
  { name: 'stripe_key', category: 'api_key', severity: 'critical', pattern: /[sp]k_(?:live|test)_[A-Za-z0-9]{24,}/g },
  { name: 'slack_token', category: 'token', severity: 'critical', pattern: /xox[bpsar]-[A-Za-z0-9-]{10,}/g },
  { name: 'jwt_token', category: 'token', severity: 'high', pattern: tokens },
  {
    name: 'private_key',
    category: 'private_key',
    severity: 'critical',
    pattern: /-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----/g,
  },
  {
    name: 'password_field',
    category: 'password',
    severity: 'high',
    pattern: /(?:password|passwd|pwd)\s*[:=]\s*["'][^"']{6,}["']?/gi,
  },
  { name: 'bearer_token', category: 'token', severity: 'high', pattern: /Bearer\s+[\w.-]{20,}/g },
  {
    name: 'database_url',
    category: 'connection_string',
    severity: 'critical',
    pattern: /(?:postgres|mysql|mongodb|redis):\/\/[^\s"']{10,}/gi,
  },
]

/** Every place where a kind of secret stands. */
export function spansOf(text: string, { pattern }: SecretPattern): Span[] {
  if (typeof pattern === 'function') return pattern(text)
  return Array.from(text.matchAll(pattern), ({ 0: found, index }) => [index, index + found.length] as const)
}

/**
 * Three parts joined by dots, of 10 characters each, the first two after `eyJ`. One pattern for all of it would read a long
 * part again from each `eyJ` in it, so the parts are read once, by their dots.
 */
function tokens(text: string): Span[] {
  const found: Span[] = []
  for (const { 0: chain, index } of text.matchAll(/[\w-]+(?:\.[\w-]+)*/g)) {
    const parts = chain.split('.')
    let at = index
    for (let part = 0; part < parts.length; part++) {
      const head = parts[part]!.indexOf('eyJ')
      const [second, third] = [parts[part + 1] ?? '', parts[part + 2] ?? '']
      const first = parts[part]!.length
      if (head >= 0 && first - head >= 13 && /^eyJ.{10}/.test(second) && third.length >= 10) {
        const end = at + first + second.length + third.length + 2
        found.push([at + head, end])
        at = end + 1
        part += 2
      } else at += first + 1
    }
  }
  return found
}

/** What was masked in one request. */
export interface SecuritySummary {
  clean: boolean
  findings_count: number
  critical_count: number
  categories: string[]
}

/** Masks secrets in texts at any depth and counts them over one request. */
export class Redactor {
  #findings: SecretPattern[] = []

  /** A copy of the value with `[REDACTED:<name>]` in place of each match. */
  mask<T>(value: T): T {
    if (typeof value === 'string') return this.#text(value) as T
    if (Array.isArray(value)) return value.map((item) => this.mask(item)) as T
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.mask(item)])) as T
    }
    return value
  }

  #text(text: string): string {
    // Patterns look at the text as it came, so one text may be found by several.
    let masked = text
    for (const entry of SECRET_PATTERNS) {
      const found = spansOf(text, entry)
      if (!found.length) continue
      for (const _match of found) this.#findings.push(entry)
      let out = ''
      let last = 0
      for (const [start, end] of masked === text ? found : spansOf(masked, entry)) {
        out += `${masked.slice(last, start)}[REDACTED:${entry.name}]`
        last = end
      }
      masked = out + masked.slice(last)
    }
    return masked
  }

  summary(): SecuritySummary {
    return {
      clean: this.#findings.length === 0,
      findings_count: this.#findings.length,
      critical_count: this.#findings.filter(({ severity }) => severity === 'critical').length,
      categories: [...new Set(this.#findings.map(({ category }) => category))],
    }
  }
}
