/**
 * Reads the YAML that policies are written in: block and flow lists and maps, plain and quoted texts, `|` and `>` texts, comments.
 * Anchors, tags and more than one document are refused.
 */
export function parseYaml(text: string): unknown {
  const reader = new Reader(text)
  const value = reader.block(0)
  reader.end()
  return value
}

interface Line {
  indent: number
  text: string
}

const MAX_DEPTH = 100
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/

const wrong = (text: string): SyntaxError => new SyntaxError(text)

const isItem = (text: string) => text === '-' || text.startsWith('- ')

class Reader {
  #lines: string[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    if (CONTROL.test(text)) throw wrong('it holds a control character')
    this.#lines = text.split(/\r?\n/)
    if (this.#peek()?.text === '---') this.#at++
  }

  /** The value whose lines are indented by at least so much; null when there are none. */
  block(least: number): unknown {
    if (this.#depth >= MAX_DEPTH) throw wrong('it is nested too deep')
    this.#depth++
    const value = this.#value(least)
    this.#depth--
    return value
  }

  #value(least: number): unknown {
    const line = this.#peek()
    if (!line || line.indent < least) return null
    if (isItem(line.text)) return this.#list(line.indent)
    if (keyEnd(line.text) >= 0) return this.#map(line.indent)
    this.#at++
    return this.#inline(line.text, least - 1)
  }

  end(): void {
    const line = this.#peek()
    if (line) throw wrong(`unexpected: ${line.text}`)
  }

  #peek(): Line | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]!
      const text = line.trim()
      if (text === '' || text.startsWith('#')) continue
      const indent = line.length - line.trimStart().length
      if (line.slice(0, indent).includes('\t')) throw wrong('a tab indents a line')
      return { indent, text }
    }
    return undefined
  }

  #list(indent: number): unknown[] {
    const items: unknown[] = []
    for (let line = this.#peek(); line?.indent === indent && isItem(line.text); line = this.#peek()) {
      // What follows the dash is a block of its own, as far in as it stands.
      const rest = line.text.slice(1)
      this.#lines[this.#at] = ' '.repeat(indent + 1) + rest
      items.push(this.block(indent + 1))
    }
    return items
  }

  #map(indent: number): Record<string, unknown> {
    const entries = new Map<string, unknown>()
    for (let line = this.#peek(); line?.indent === indent; line = this.#peek()) {
      const end = keyEnd(line.text)
      if (end < 0 || isItem(line.text)) throw wrong(`a key is missing: ${line.text}`)
      const key = String(new Flow(line.text.slice(0, end)).only())
      if (entries.has(key)) throw wrong(`${key} is there twice`)
      const rest = withoutComment(line.text.slice(end + 1).trim())
      this.#at++
      if (rest !== '') {
        entries.set(key, this.#inline(rest, indent))
        continue
      }
      const next = this.#peek()
      entries.set(key, next?.indent === indent && isItem(next.text) ? this.#list(indent) : this.block(indent + 1))
    }
    const line = this.#peek()
    if (line && line.indent > indent) throw wrong(`indented too far: ${line.text}`)
    // Not an object literal: `__proto__` becomes a key like any other.
    return Object.fromEntries(entries)
  }

  #inline(text: string, indent: number): unknown {
    if (/^[|>]/.test(text)) return this.#literal(text, indent)
    if (/^["'[{]/.test(text)) return new Flow(text, () => this.#lines[this.#at++]).only()
    let whole = withoutComment(text)
    for (let line = this.#peek(); line && line.indent > indent; line = this.#peek()) {
      if (keyEnd(line.text) >= 0) throw wrong(`a key inside of a text: ${line.text}`)
      whole += ` ${withoutComment(line.text)}`
      this.#at++
    }
    return scalar(whole)
  }

  #literal(header: string, indent: number): string {
    const [, style, end] = /^([|>])([+-]?)$/.exec(header) ?? []
    if (!style) throw wrong(`unknown text style: ${header}`)
    const lines: string[] = []
    let base: number | undefined
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]!
      if (line.trim() === '') {
        lines.push('')
        continue
      }
      const own = line.length - line.trimStart().length
      if (own <= indent) break
      base ??= own
      if (own < base) throw wrong(`indented too little: ${line.trim()}`)
      lines.push(line.slice(base))
    }
    let kept = lines.length
    while (kept && lines[kept - 1] === '') kept--
    const body = lines.slice(0, kept)
    let text = body[0] ?? ''
    for (let at = 1; at < body.length; at++) {
      const folds = style === '>' && body[at] !== '' && body[at - 1] !== ''
      text += (folds ? ' ' : style === '>' && body[at] !== '' ? '' : '\n') + body[at]
    }
    return end === '-' || !kept ? text : text + (end === '+' ? '\n'.repeat(lines.length - kept + 1) : '\n')
  }
}

/** Where the key of a line ends: the position of its colon; -1 when the line has no key. */
function keyEnd(text: string): number {
  let at = 0
  const quote = text[0]
  if (quote === '"' || quote === "'") {
    for (at = 1; at < text.length && text[at] !== quote; at++) if (quote === '"' && text[at] === '\\') at++
    return /^\s*:(\s|$)/.test(text.slice(at + 1)) ? text.indexOf(':', at + 1) : -1
  }
  if (quote === '[' || quote === '{') return -1
  for (; at < text.length; at++) {
    if (text[at] === '#' && text[at - 1] === ' ') return -1
    if (text[at] === ':' && (at + 1 === text.length || text[at + 1] === ' ' || text[at + 1] === '\t')) return at
  }
  return -1
}

function withoutComment(text: string): string {
  if (/^["'[{]/.test(text)) return text
  if (text.startsWith('#')) return ''
  const at = text.indexOf(' #')
  return at < 0 ? text : text.slice(0, at).trimEnd()
}

/** A plain text as a value. */
function scalar(text: string): unknown {
  if (/^[&*!%@`]/.test(text)) throw wrong(`not supported: ${text}`)
  if (text === '' || text === '~' || /^(null|Null|NULL)$/.test(text)) return null
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) || /^0x[\da-fA-F]+$/.test(text)) return Number(text)
  return text
}

/** Reads what stands within a line: quoted texts and `[…]`, `{…}`, which may run on over further lines. */
class Flow {
  #text: string
  #at = 0
  #more: () => string | undefined
  #depth = 0

  constructor(text: string, more: () => string | undefined = () => undefined) {
    this.#text = text
    this.#more = more
  }

  /** The value, after which nothing but a comment may follow. */
  only(): unknown {
    const value = this.#value()
    const rest = this.#text.slice(this.#at).trim()
    if (rest !== '' && !rest.startsWith('#')) throw wrong(`unexpected: ${rest}`)
    return value
  }

  /** Goes on to the next character that counts, and gives it. */
  #next(): string {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) this.#pull()
      else if (char === ' ' || char === '\t') this.#at++
      else if (char === '#') this.#pull()
      else return char
    }
  }

  #pull(): void {
    const line = this.#more()
    if (line === undefined) throw wrong('it ends too early')
    this.#text = line.trim()
    this.#at = 0
  }

  #value(): unknown {
    const char = this.#next()
    if (char === '"' || char === "'") return this.#quoted(char)
    if (char !== '[' && char !== '{') return scalar(this.#plain())
    if (++this.#depth > MAX_DEPTH) throw wrong('it is nested too deep')
    const value = char === '[' ? this.#items() : this.#fields()
    this.#depth--
    return value
  }

  #plain(): string {
    const from = this.#at
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[++this.#at]) {
      const after = this.#text[this.#at + 1]
      if (',[]{}'.includes(char) || (char === ':' && (after === undefined || ' \t,[]{}'.includes(after)))) break
      if (char === '#' && this.#text[this.#at - 1] === ' ') break
    }
    const text = this.#text.slice(from, this.#at).trimEnd()
    if (text === '') throw wrong('a value is missing')
    return text
  }

  #quoted(quote: string): string {
    let text = ''
    for (this.#at++; ; this.#at++) {
      const char = this.#text[this.#at]
      if (char === undefined) {
        this.#pull()
        this.#at = -1
        text = `${text.trimEnd()} `
      } else if (char === quote) {
        if (quote === '"' || this.#text[this.#at + 1] !== "'") break
        text += "'"
        this.#at++
      } else if (quote === '"' && char === '\\') {
        text += char + (this.#text[++this.#at] ?? '')
      } else {
        text += quote === '"' && char < ' ' ? ' ' : char
      }
    }
    this.#at++
    if (quote === "'") return text
    try {
      return JSON.parse(`"${text}"`) as string
    } catch {
      throw wrong(`unknown escape: "${text}"`)
    }
  }

  #items(): unknown[] {
    const items: unknown[] = []
    this.#at++
    while (this.#next() !== ']') {
      items.push(this.#value())
      if (this.#next() === ',') this.#at++
      else if (this.#next() !== ']') throw wrong('a comma is missing')
    }
    this.#at++
    return items
  }

  #fields(): Record<string, unknown> {
    const entries = new Map<string, unknown>()
    this.#at++
    while (this.#next() !== '}') {
      const char = this.#next()
      const key = char === '"' || char === "'" ? this.#quoted(char) : this.#plain()
      if (entries.has(key)) throw wrong(`${key} is there twice`)
      let value: unknown = null
      if (this.#next() === ':') {
        this.#at++
        if (!',}'.includes(this.#next())) value = this.#value()
      }
      entries.set(key, value)
      if (this.#next() === ',') this.#at++
      else if (this.#next() !== '}') throw wrong('a comma is missing')
    }
    this.#at++
    return Object.fromEntries(entries)
  }
}
