/**
 * What secrets look like, and how they are masked in strings that the SDK writes by itself. Every pattern here either succeeds as soon
 * as its beginning is found or fails within a bounded number of characters, and what was looked at is not looked at again: the time
 * is in proportion to the length, whatever the string.
 */

const MASK = '[REDACTED]'

/** Keys by how their issuers write them: what they begin with, the characters that follow, and how many: at least (`16,`) or exactly. */
const SHAPES: readonly (readonly [prefix: string, alphabet: string, length: string])[] = [
  ['[spr]k[-_](?:live_|test_|ant-|proj-)?', '\\w-', '16,'], // OpenAI, Anthropic, Stripe, DeepSeek, OpenRouter
  ['whsec_', '\\w+/=', '16,'],
  ['gh[pousr]_', '\\w', '20,'], // GitHub
  ['github_pat_', '\\w', '20,'],
  ['gl(?:pat|dt|rt|cbt|ptt|ft|soat)-', '\\w-', '16,'], // GitLab
  ['A(?:KIA|SIA)', 'A-Z0-9', '16'], // Amazon
  ['AIza', '\\w-', '30,'], // Google
  ['ya29\\.', '\\w-', '20,'],
  ['GOCSPX-', '\\w-', '20,'],
  ['xox[abeoprs]-', '\\w-', '10,'], // Slack
  ['xapp-', '\\w-', '10,'],
  ['hooks\\.slack\\.com/services/', '\\w/', '20,'],
  ['SG\\.', '\\w.-', '20,'], // SendGrid
  ['(?:SK|AC)', '0-9a-f', '32,'], // Twilio
  ['npm_', '\\w', '30,'],
  ['pypi-', '\\w-', '20,'],
  ['hf_', '\\w', '20,'], // Hugging Face
  ['gsk_', '\\w', '20,'], // Groq
  ['xai-', '\\w-', '20,'],
  ['r8_', '\\w', '20,'], // Replicate
  ['pplx-', '\\w', '20,'], // Perplexity
  ['dapi', '0-9a-f', '32,'], // Databricks
  ['do[opr]_v1_', '0-9a-f', '32,'], // DigitalOcean
  ['shp[a-z]{2}_', '0-9a-fA-F', '32,'], // Shopify
  ['lin_(?:api|oauth)_', '\\w', '20,'], // Linear
  ['ntn_', '\\w', '20,'], // Notion
  ['secret_', 'A-Za-z0-9', '32,'],
  ['sb[p]_', '0-9a-f', '32,'], // Supabase
  ['sb_secret_', '\\w-', '16,'],
  ['key-', '0-9a-f', '32,'], // Mailgun
  ['dckr_pat_', '\\w-', '20,'], // Docker
  ['glsa_', '\\w', '30,'], // Grafana
  ['hv[sb]\\.', '\\w-', '20,'], // Vault
  ['tskey-', '\\w-', '16,'], // Tailscale
  ['PMAK-', '\\w-', '30,'], // Postman
  ['AGE-SECRET-KEY-1', 'A-Z0-9', '40,'],
  ['\\d{8,10}:AA', '\\w-', '30,'], // Telegram
  ['oc_live_', '0-9a-f', '8,'], // DashClaw
]

/** Names whose values are secrets, whatever stands around them: `DB_PASSWORD`, `clientSecret`, `x-api-key`. */
const NAMES =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|(?:api|access|private|secret|account|signing|encryption)[-_ ]?key|signature|auth(?:orization)?|cookie'
/** Headers whose values go on to the end of the line. */
const TO_THE_END = /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?)$/i
/** What may follow a name and keep it one: `tokenValue`, `password_2`, `secrets`; not `secretary`, `tokenizer`, `author`. */
const SUFFIX = /^(?:s?(?:[-_0-9].*)?|s|[A-Z].*)$/
/** Counts and kinds of tokens are no secrets. */
const NO_SECRET =
  /tokens|tokens?[-_]?(?:count|limit|usage|type|budget|size|s_|in|out|index)$|(?:max|min|num|total|prompt|completion|input|output)[-_]?tokens?$/i

let patterns: { shapes: RegExp; names: RegExp; flags: RegExp } | undefined

/** Made when the first string is masked, not on import. */
const compiled = () =>
  (patterns ??= {
    shapes: new RegExp(
      `\\beyJ[\\w-]{0,4000}(?:\\.[\\w-]{0,4000}){0,4}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?|\\bbearer\\s{1,4}[\\w.~+/-]{12,4000}={0,2}|\\b(?:${SHAPES.map(([prefix, alphabet, length]) => `${prefix}[${alphabet}]{${length.replace(',', ',4000')}}${length.endsWith(',') ? '' : '\\b'}`).join('|')})`,
      'gi',
    ),
    names: new RegExp(
      `(?:${NAMES})([\\w-]{0,24})(\\\\*["'\`]?\\]?)(\\s{0,4}(?::=|=>|[:=])\\s{0,4}|\\s{0,4},\\s{0,4}(?=\\\\*["'\`])|\\s{1,4})`,
      'gi',
    ),
    flags: /(?:^|[\s"'`])(-u|--(?:proxy-)?user|(?:sshpass|mysql\w{0,8}|mariadb)\s.{0,80}?\s?-p)(=|\s{0,4})(?=\S)/g,
  })

/** Masks what looks like a secret. */
export function maskSecrets(text: string): string {
  const { shapes, names, flags } = compiled()
  let out = maskRanges(text, shapes, ({ 0: found, index }) => {
    // A JSON web token has more than one part.
    if (/^eyJ(?![\w-]{8,}\.[\w-]{4})/.test(found)) return -index - found.length
    // What is longer than the patterns go belongs to it.
    return found.length < 4000 ? index + found.length : until(text, index + found.length, /[^\w.-]/g)
  })
  out = maskUrls(out)
  const urls = out
  out = maskRanges(
    urls,
    flags,
    (found) => {
      const at = after(found)
      const end = valueEnd(urls, at)
      // `-u origin` is no user with a password.
      return found[1]!.endsWith('p') || urls.slice(at, end).includes(':') ? end : at
    },
    after,
  )
  const flagged = out
  return maskRanges(flagged, names, (found) => namedEnd(flagged, found, after(found)), after)
}

const after = (found: RegExpExecArray): number => found.index + found[0].length

/** Masks each match, or what follows it, up to where `endOf` says; nothing where that is where it begins, or negative: then that is skipped. */
function maskRanges(
  text: string,
  pattern: RegExp,
  endOf: (found: RegExpExecArray) => number,
  startOf: (found: RegExpExecArray) => number = ({ index }) => index,
): string {
  let out = ''
  let done = 0
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const at = startOf(found)
    const end = endOf(found)
    if (end > at) {
      const open = OPEN.exec(text.slice(at, at + 80))?.[1] ?? ''
      const closes = open && end - at >= 2 * open.length && text.slice(end - open.length, end) === open
      out += text.slice(done, at) + open + MASK + (closes ? open : '')
      done = end
    }
    pattern.lastIndex = Math.max(Math.abs(end), found.index + 1)
  }
  return done ? out + text.slice(done) : text
}

/** An opening quote, with the backslashes that it has inside of JSON inside of JSON. */
const OPEN = /^(\\*["'`])/

/** Where the value of a name ends. */
function namedEnd(text: string, found: RegExpExecArray, at: number): number {
  const [whole, suffix = '', , separator = ''] = found
  const keyword = whole.slice(0, whole.length - suffix.length - (found[2] ?? '').length - separator.length)
  if (!SUFFIX.test(suffix)) return at
  let start = found.index
  while (start > 0 && found.index - start < 40 && /[\w-]/.test(text[start - 1]!)) start--
  const name = text.slice(start, found.index) + keyword + suffix
  if (NO_SECRET.test(name)) return at
  // A blank alone separates a flag from its value, and nothing else.
  if (/^\s+$/.test(separator) && !/^--?[a-z]/i.test(name)) return at
  // As a part of another word, these are others: `compass`, `author`.
  const before = text.slice(start, found.index)
  if (/^(?:pass|auth)$/i.test(keyword) && !/^$|[-_]$/.test(before) && !/^[PA]/.test(keyword)) return at
  if (/^auth$/i.test(name)) return at
  if (OPEN.test(text.slice(at, at + 80))) return valueEnd(text, at)
  if (/^(?:null|true|false|undefined|None)\b/.test(text.slice(at, at + 10))) return at
  if (text[at] === '[' && !text.startsWith(MASK, at)) return listEnd(text, at)
  if (text[at] === '{') return at
  const end =
    separator.includes(':') && (TO_THE_END.test(name) || /^\s*:\s/.test(separator))
      ? lineEnd(text, at, start)
      : wordEnd(text, at)
  // So short a value is no secret, but a part of a sentence.
  return end - at < 4 ? at : end
}

/** The end of a value without quotes. */
const wordEnd = (text: string, at: number): number =>
  text.startsWith(MASK, at) ? at + MASK.length : until(text, at, /[\s"'`<>,;}&]/g)

const until = (text: string, at: number, stop: RegExp): number => {
  stop.lastIndex = at
  return stop.exec(text)?.index ?? text.length
}

/** The end of a value: of its quoted string, with the closing quote, or of the word. */
function valueEnd(text: string, at: number): number {
  const open = OPEN.exec(text.slice(at, at + 80))?.[1]
  if (!open) return until(text, at, /[\s"'`<>]/g)
  return quoteEnd(text, at + open.length, open)
}

/**
 * The end of a quoted string. Inside of JSON in JSON a quote has 1, 3, 7, … backslashes; one that belongs to the string has twice as many
 * and one more, and one with fewer ends the string that this one is in.
 */
function quoteEnd(text: string, from: number, open: string): number {
  const quote = open.at(-1)!
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    let slashes = 0
    while (at - slashes - 1 >= from && text[at - slashes - 1] === '\\') slashes++
    if (slashes + 1 < open.length) return at - slashes
    if (((slashes + 1) / open.length) % 2 === 1) return at + 1
  }
  return text.length
}

/** The end of a header's value: of its line, or of the quotes that the header stands in. */
function lineEnd(text: string, at: number, start: number): number {
  let before = start
  while (before > 0 && start - before < 10 && /["'`\\]/.test(text[before - 1]!)) before--
  const around = OPEN.exec(text.slice(before, start))?.[1]
  const line = until(text, at, /[\r\n]|\\+[rn]/g)
  if (around) return Math.min(line, inner(text, at, around))
  // Quotes of its own stand behind a `=`; another one ends what the header stands in.
  for (let end = at; end < line; end++) {
    const sign = text[end]!
    if (sign !== '"' && sign !== "'" && sign !== '`') continue
    let open = end
    while (open > at && text[open - 1] === '\\') open--
    if (text[open - 1] !== '=') return open
    end = Math.min(line, quoteEnd(text, end + 1, text.slice(open, end + 1))) - 1
  }
  return line
}

/** Where the string ends that begins with `around`, without its quote. */
const inner = (text: string, at: number, around: string): number => {
  const end = quoteEnd(text, at, around)
  return text.slice(end - around.length, end) === around ? end - around.length : end
}

/** The end of an array of values. */
const listEnd = (text: string, at: number): number => {
  let end = at + 1
  while (end < text.length && text[end] !== ']') {
    end = OPEN.test(text.slice(end, end + 80)) ? valueEnd(text, end) : end + 1
  }
  return Math.min(text.length, end + 1)
}

/** Masks the user and password of every URL. A password may hold `@`, `:` and `/`. */
function maskUrls(text: string): string {
  let out = ''
  let done = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at)) {
    const start = at + 3
    const end = until(text, start, /[\s"'`<>\\]/g)
    at = end
    const rest = text.slice(start, end)
    let scheme = start - 3
    while (start - 3 - scheme < 21 && /[a-z+]/i.test(text[scheme - 1] ?? '')) scheme--
    if (start - 3 - scheme < 3 || rest.startsWith('[')) continue
    const [authority = ''] = /^[^/?#]*/.exec(rest) ?? []
    const colon = authority.indexOf(':')
    // What follows the colon of a host is a port. What follows that of a user may hold anything.
    const login = colon >= 0 && !/^\d*$/.test(authority.slice(colon + 1))
    const path = /^[^?]*/.exec(rest)?.[0] ?? ''
    const last = (login ? (path.includes('@') ? path : rest) : authority).lastIndexOf('@')
    if (last < 0 || (colon < 0 && last < 16)) continue
    out += text.slice(done, scheme) + MASK
    done = start + last + 1
  }
  return done ? out + text.slice(done) : text
}
