// What a secret looks like, as data, and how far it goes. Every repetition in a pattern has a bound: an open one reads a long text
// over and over, or overflows the stack. How far a value goes is searched for from its start, and each part is passed once.

const MASK = '[REDACTED]'

/** Shapes of keys: the least that follows a prefix, and the prefixes. The rest of a key is what follows without a gap. */
const KEYS: readonly (readonly [least: string, prefixes: string])[] = [
  [
    '[\\w-]{16}',
    '[prs]k[-_]|gh[oprsu]_|github_pat_|gl(?:pat|ptt|[dfr]t|cbt|agent|soat|imt|oas)-|AIza|ya29\\.|GOCSPX-|pypi-|xai-|lin_(?:api|oauth)_|sb_secret_|SG\\.[\\w-]{20,24}\\.|hv[bs]\\.|dp\\.[a-z]{2,5}\\.|dckr_pat_',
  ],
  ['[\\w-]{8}', 'xox[abceoprs](?:\\.xox[a-z])?-|xapp-|eyJ|oc_live_'],
  ['[a-z\\d]{20}', 'npm_|hf_|gsk_|r8_|pplx-|ntn_|secret_|vc[a-z]_|cf[au]t_|sbp_|do[opr]_v1_|shp[a-z]{2,3}_'],
  ['[a-f\\d]{32}', 'AC|SK|key-|dapi'],
  ['[A-Z\\d]{16}(?![A-Z\\d])', 'A(?:KIA|SIA)'],
  ['[\\w-]{33}', '(?:bot)?\\d{8,10}:AA'],
  ['[\\w.~-]{30}', '\\w{3}\\dQ~'],
  ['\\.[\\w-]{6}\\.[\\w-]{27}', '[MNO][\\w-]{23,27}'],
  ['[\\w.~+/-]{12}', 'bearer(?:\\s{1,4}|%20|\\+)'],
  ['[\\w+/]{16}', 'whsec_'],
  ['/\\w', 'hooks\\.slack\\.com/(?:services|workflows|triggers)|discord(?:app)?\\.com/api/webhooks'],
]
const KEY_END = /[^\w./~+=-]|[./](?![\w./~+=-])/g

const PEM = /-----BEGIN [A-Z\d ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----/g
const PEM_END = /-----END [A-Z\d ]{0,50}-----|["'`<>]/g

/** Where the login of a URL starts, and what ends the URL. */
const URL_START = /:(?:\\{0,63}\/){2}/g
const URL_END = /[\s"<>`]|'(?=[\s,:;)\]}]|$)/
/** `user:` or `user@`, but no host with a port, and no `git@`, which everybody has. */
const LOGIN = /^(?!git@|[\w.-]+:\d{2,5}(?:[/?#,;)\]\\]|$))[^/?#@:[\]\\',;()]*[:@]/
/** Up to the last `@` before what is a host for sure. */
const BEFORE_HOST = /^.*@(?=(?:(?:[\w-]+\.)+[a-z]{2,}|localhost)(?::\d+)?(?:[/?#\\]|$))/i

/** A name that tells of a secret, the rest of the name, the quote that ends it, and what leads to the value. */
const NAMED =
  /(pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|auth(?:orization|(?![\w-]))|cookie|(?:api|access|account|auth|client|encryption|functions|master|private|service|signing|subscription)[-_ ]?key|[?&](?:sig|key|x-(?:amz|goog)-signature)(?==))([\w-]{0,64})(\\{0,63}["'`]|%22)?(\]?[ \t]{0,64}(?:=>|:=|[:=]{1,3}|%3[ad])[ \t]{0,64}|(?:[\s,]|\\{1,63}[nr]){1,32}\\{0,63}["']?value\\{0,63}["']?[ \t]{0,9}[:=][ \t]{0,9}|,\s{0,64}|[ \t]{1,64}|>)/gi
/** What comes before `pass` and makes another word of it. */
const OTHER = /(?:by|com|over|sur|tres|under)$/i
/** What comes after the word and tells that the value is only about the secret. */
const ABOUT =
  /^s?[-_]?(?:(?:at|exp|in|out|per)(?![a-z])|budget|count|enabled|endpoint|expir|field|file|length|lifetime|limit|max|min|name|path|polic|rate|require|scope|size|status|total|ttl|type|ur[il]|usage|used|version)/i
const LITERAL = /(?:null|true|false|none|undefined)(?!\w)/iy
const NUMBER = /["']?[-\d.]{1,32}["']?(?![^\s,;}\]])/y
/** What opens a quoted value, with a call or a prefix before it: `'`, `\"`, `b'`, `Secret("`. */
const OPEN = /(?:[\w.]{1,40}\()?[$@bfru]{0,2}(\\{0,63})(["'`])/iy
const LIST = /[[(]\s{0,32}\\{0,63}["'`]/y

/** Options that hold a login if the value has a `:`, a cookie if it has a `=`, and a password as they are. */
const OPTIONS =
  /(?:^|[^\w-]|\\[nrt])(?:(-[uU]|--(?:(?:proxy-)?user|auth)(?![\w-]))|(-b)|(?:mysql\w{0,9}|mariadb\w{0,9}|sshpass|login)\b[^\n;|&]{0,99}?[\s"']-p)(?:\\{0,63}["'],\s{0,64}|=|[ \t]{1,64})?/g

/** Where a value without quotes ends: at a space or quote, at a separator that something new follows, at `\n` inside of JSON. */
const BARE_END =
  /\\[\\nrt"'`]|[\s"`]|<\/|'(?=[\s,;&|\]}>"\\]|\)[\s,;&]|$)|[)\]}](?=[)\]}]{0,9}(?:[\s,;"\\]|$))|[,;&|](?=[\s,;&|\\"'`]|$|(?:[\w.-]{1,64}|\[REDACTED])["'`]?\s?[:=])|[;&|](?=[\w./-]{1,64}\s)/g
/** Where the value of a header ends: with the line, or at a quote that is not one of `name="value"`. */
const PHRASE_END = /=\\{0,63}"[^"\r\n]{0,2000}"(?=[\s,;\\"]|$)|\\[\\nrt"]|[\r\n"]/g
const FORM_END = /\\[\\nrt"]|[\r\n"&]/g
const LINE_START = /(?:^|[\r\n]|(\\{1,63})[nr])[ \t>*+-]*(?:export +)?$/
const LINE_END = /[\r\n]/g
const WORD_END = /\s/g
const REST_OF_LINE = /[ \t]{0,64}(?:[\r\n]|$)/y
/** `'\''` of a shell; like `''` of SQL it is a quote in the text. */
const SHELL_QUOTE = /'\\{1,63}''/y
const QUOTE = /\\[\\nr]|["'`]/g
const BRACKET = /[[\](){}"'`]/g

type Span = readonly [start: number, end: number]

/**
 * Masks what looks like a secret in a string that the SDK writes by itself: summaries, errors, tool inputs. It never throws, and takes
 * time in proportion to the length.
 */
export function scrub(text: string): string {
  // In JSON `\n` ends a line, and an even `"` ends every text; elsewhere they may be a part of a secret.
  const json = /^\s{0,99}[[{][\s[{]{0,99}"/.test(text)
  let out = replace(text, PEM, ({ 0: head, index }, whole) => {
    PEM_END.lastIndex = index + head.length
    const end = PEM_END.exec(whole)
    return [index, end ? end.index + (end[0].length > 1 ? end[0].length : 0) : whole.length]
  })
  out = replace(out, URL_START, ({ 0: head, index }, whole) => {
    const start = index + head.length
    const near = whole.slice(start, start + 512)
    return near.includes('@') ? [start, start + login(near.split(URL_END, 1)[0]!)] : undefined
  })
  out = replace(out, OPTIONS, (match, whole) => optionValue(whole, match, json))
  out = replace(out, NAMED, (match, whole) => named(whole, match, json))
  keys ??= new RegExp(
    `(^|\\\\[bfnrt]|%[\\da-f]{2}|\\W)(?:${KEYS.map(([least, prefixes]) => `(?:${prefixes})${least}`).join('|')})`,
    'gi',
  )
  return replace(out, keys, ({ 0: head, 1: edge, index }, whole) => [
    index + edge!.length,
    until(whole, index + head.length, KEY_END, true),
  ])
}

let keys: RegExp | undefined

/** Puts the mask in place of each span; goes on after it, or after the first group of a match that has none. */
function replace(
  text: string,
  pattern: RegExp,
  spanOf: (match: RegExpExecArray, text: string) => Span | undefined,
): string {
  let out = ''
  let last = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [start, end] = spanOf(match, text) ?? [0, 0]
    if (end > start) {
      out += text.slice(last, start) + MASK
      last = pattern.lastIndex = end
    } else pattern.lastIndex = match.index + (match[1]?.length || 1)
  }
  return last ? out + text.slice(last) : text
}

/** How long the login at the start of a URL without its scheme is. */
function login(url: string): number {
  const user = LOGIN.exec(url)?.[0]
  if (!user) return 0
  const [path] = url.split(/[?#][\w.-]+=/, 1)
  const whole = user.endsWith('@')
    ? /^[^/?#]*@/.exec(url)
    : (BEFORE_HOST.exec(path!) ?? /^.*@/.exec(path!) ?? /^.*@/.exec(url))
  return whole ? whole[0].length - 1 : 0
}

/** The value beside a name that tells of a secret. */
function named(text: string, match: RegExpExecArray, json: boolean): Span | undefined {
  const [whole, word = '', suffix = '', close, lead = ''] = match
  if (!/^s?(?![a-z])/.test(suffix) || ABOUT.test(suffix)) return undefined
  let head = match.index
  while (head > 0 && match.index - head < 64 && /[\w-]/.test(text[head - 1]!)) head--
  if (head < match.index && text[head - 1] === '\\') head++
  const short = word.length === 4
  if (short && OTHER.test(text.slice(head, match.index))) return undefined

  const at = match.index + whole.length
  const option = text[head] === '-'
  const header = /^(?:authorization|cookie)/i.test(word) && /^s?2?$/i.test(suffix)
  const plural = /^s$/i.test(suffix)
  const sign = lead.trim()[0]
  if (!sign && (close || (option ? text[at] === '-' : text[at] !== "'"))) return undefined
  if (sign === ',' && !/value/i.test(lead) && !(close && (option || header))) return undefined
  if (sign === '>') return /[<:]/.test(text[head - 1] ?? '') ? [at, until(text, at, /</g, json)] : undefined
  if (text.startsWith(MASK, at) || has(LITERAL, text, at)) return undefined
  if ((plural || (short && !suffix)) && has(NUMBER, text, at)) return undefined

  // The quote that the name comes right after, as in -H "Authorization: …"; in JSON also that around a text whose line it starts.
  const line = close || /value/i.test(lead) ? undefined : lineStart(text, head, json)
  let outer = close ? undefined : /["'`]/.exec(text[head - 1] ?? '')?.[0]
  let depth = outer ? backslashes(text, head - 1, 0) : 0
  if (!outer && json && line !== undefined) {
    outer = '"'
    depth = line && line - 1
  }
  OPEN.lastIndex = at
  const open = OPEN.exec(text)
  const colon = lead.includes(':')
  // On a line `a('b` is no call.
  if (open && !(colon && (outer || line !== undefined) && open[0].includes('('))) {
    // "password: " has no value: the quote ends what the name is in.
    const [, escapes = '', quote] = open
    const ends =
      quote === outer ? escapes.length === depth : json && !close && quote === '"' && escapes.length % 2 === 0
    return ends ? undefined : quoted(text, open, json)
  }
  if ((/^auth$/i.test(word) || (plural && /^token$/i.test(word))) && !has(LIST, text, at)) return undefined
  if (/[[{(]/.test(text[at] ?? '')) return [at, until(text, bracketEnd(text, at, json), BARE_END, json)]

  if (colon) {
    if (outer) return [at, closing(text, at, outer, depth, json, json)[0]]
    if (line !== undefined) return [at, until(text, at, LINE_END, json)]
  }
  if (header) return [at, until(text, at, lead.includes('=') ? FORM_END : PHRASE_END, json)]
  if (!json && line !== undefined) {
    // A line of an environment file: all of it, unless more than the value is on the line.
    const end = until(text, at, WORD_END, json)
    if (has(REST_OF_LINE, text, end) && !/&\w{1,64}=/.test(text.slice(at, end))) return [at, end]
  }
  return [at, until(text, at, BARE_END, json)]
}

/** The value of an option such as `-u`, if it is what the option has a secret in. */
function optionValue(text: string, match: RegExpExecArray, json: boolean): Span | undefined {
  const at = match.index + match[0].length
  OPEN.lastIndex = at
  if (text.startsWith(MASK, at)) return undefined
  const open = OPEN.exec(text)
  const span = open ? quoted(text, open, json) : ([at, until(text, at, BARE_END, json)] as const)
  const value = text.slice(...span)
  const [, login, cookie] = match
  const secret = login
    ? /^[^:]*:(?!\/\/)/.test(value) && !/^\d+:\d+$/.test(value)
    : cookie
      ? value.includes('=')
      : !value.startsWith('-')
  return secret ? span : undefined
}

const has = (pattern: RegExp, text: string, at: number): boolean => {
  pattern.lastIndex = at
  return pattern.test(text)
}

/** Where the first thing stands that ends a value. Escaped backslashes and `name="value"` do not. */
function until(text: string, from: number, end: RegExp, json: boolean): number {
  end.lastIndex = from
  for (let match = end.exec(text); match; match = end.exec(text)) {
    const [found] = match
    if (found !== '\\\\' && found[0] !== '=' && (json || !/^\\[nrt]/.test(found))) return match.index
  }
  return text.length
}

/**
 * Whether a line starts here, but for its indentation, a mark of a list, or `export`: undefined if not, else the number of backslashes of
 * the `\n` of a JSON text that ends the line before, which tells how deep that text is.
 */
function lineStart(text: string, head: number, json: boolean): number | undefined {
  const match = LINE_START.exec(text.slice(Math.max(0, head - 64), head))
  const escapes = match?.[1]?.length ?? 0
  return match && (json || !escapes) ? escapes : undefined
}

/** How many backslashes stand before a place. */
function backslashes(text: string, at: number, from: number): number {
  let count = 0
  while (at - count > from && text[at - count - 1] === '\\') count++
  return count
}

/** What stands in quotes; with a call around it all of it, which may be no call. */
function quoted(text: string, { 0: head, 1: escapes, 2: quote, index }: RegExpExecArray, json: boolean): Span {
  const start = index + head.length
  const [end, next] = closing(text, start, quote!, escapes!.length, json)
  return head.includes('(') ? [index, until(text, next, BARE_END, json)] : [start, end]
}

/** JSON inside of JSON: n backslashes before a quote are those of the depth that n + 1 has as its lowest bit. */
const low = (count: number): number => (count + 1) & -(count + 1)

/** Where a quoted text ends, and where what follows starts: at its own quote, that of a text around it, or with its first line. */
function closing(text: string, from: number, quote: string, depth: number, json: boolean, lines = false): Span {
  QUOTE.lastIndex = from
  for (let match = QUOTE.exec(text); match; match = QUOTE.exec(text)) {
    const { 0: found, index } = match
    if (found[1]) {
      if (lines && found !== '\\\\') return [index, index]
      continue
    }
    const count = backslashes(text, index, from)
    if (found !== quote) {
      if (json && found === '"' && count % 2 === 0) return [index, index]
    } else if (quote === "'" && has(SHELL_QUOTE, text, index)) QUOTE.lastIndex = SHELL_QUOTE.lastIndex
    else if (!count && text[index + 1] === quote) QUOTE.lastIndex = index + 2
    else if (quote === '"' ? low(count) <= low(depth) : count <= depth) {
      return [index - (quote === '"' ? low(count) - 1 : count), index + 1]
    }
  }
  return [text.length, text.length]
}

/** Where an array or object ends. */
function bracketEnd(text: string, from: number, json: boolean): number {
  let depth = 0
  BRACKET.lastIndex = from
  for (let match = BRACKET.exec(text); match; match = BRACKET.exec(text)) {
    const { 0: found, index } = match
    if (/["'`]/.test(found)) {
      BRACKET.lastIndex = closing(text, index + 1, found, backslashes(text, index, from), json)[1]
    } else if (/[[{(]/.test(found)) depth++
    else if (!--depth) return index + 1
  }
  return text.length
}
