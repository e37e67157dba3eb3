import { InputError } from './errors.ts'

/** Everything outside this set is written as it is; JSON.stringify knows how to escape the rest. */
const UNSAFE = /["\\\u0000-\u001f\ud800-\udfff]/

/** Above this many keys the built-in sort beats the insertion sort. */
const FEW_KEYS = 32

/**
 * Canonical JSON (RFC 8785) of what `JSON.stringify(value)` would send: keys sorted by UTF-16 code units at every level, no spaces,
 * `toJSON` called, members that JSON has no form for left out. Parsing the text and writing it again gives the same text.
 *
 * @param value - Anything that JSON.stringify takes.
 * @param omit - A member of the outermost object to leave out.
 * @throws {InputError} When the value has no JSON form (undefined, a function, a symbol), holds a BigInt or refers back to itself,
 * is nested too deeply, or when its own `toJSON` or getter throws. `field` is the path to the spot.
 */
export function canonicalJson(value: unknown, omit?: string): string {
  const parents: object[] = []
  let text: string
  try {
    text = write(value, '', parents, false, omit)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw isOverflow(cause)
      ? refusal(parents.slice(0, 1), '', 'is nested too deeply for JSON', cause)
      : refusal(parents, undefined, `can't be read: ${reason(cause)}`, cause)
  }
  if (!text) {
    throw new InputError(
      `A value of type ${typeof value} has no JSON form here; pass an object, a list, a text, a number, true, false or null.`,
    )
  }
  return text
}

/**
 * Text of one value, '' when it has none. `parsed` marks what came out of JSON.parse: `toJSON` was called on it already, and must
 * not be again where somebody has put one on a built-in prototype.
 */
function write(value: unknown, key: string, parents: object[], parsed: boolean, omit?: string): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return value - value === 0 ? '' + value : 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value !== 'object') {
    return typeof value === 'bigint' || typeof value === 'function' ? writeOdd(value, key, parents, omit) : ''
  }
  const list = Array.isArray(value)
  // Only plain objects and lists are walked here. What a Date, a boxed value, a class instance, an object of another realm or raw
  // JSON turns into is for JSON.stringify to say.
  if (!parsed && (list ? hasToJson(value) : !isPlain(value))) return writeOdd(value, key, parents, omit)
  for (let i = 0; i < parents.length; i++) {
    if (parents[i] === value) throw refusal(parents, key, 'refers back to an object that contains it')
  }
  parents.push(value)
  const text = list
    ? writeList(value, parents, parsed)
    : writeObject(value as Record<string, unknown>, parents, parsed, omit)
  parents.pop()
  return text
}

function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

/** Own members are asked for toJSON, not the chain: a failed look-up along it is slow when no two objects have the same keys. */
function isPlain(value: object): boolean {
  return (
    Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, 'toJSON') && !hasToJson(Object.prototype)
  )
}

function writeList(list: readonly unknown[], parents: object[], parsed: boolean): string {
  let text = '['
  for (let i = 0, { length } = list; i < length; i++) {
    if (i) text += ','
    const item = list[i]
    if (typeof item === 'string') text += quote(item)
    else if (typeof item === 'number') text += item - item === 0 ? item : 'null'
    else text += write(item, '' + i, parents, parsed) || 'null'
  }
  return text + ']'
}

function writeObject(object: Record<string, unknown>, parents: object[], parsed: boolean, omit?: string): string {
  const names = Object.keys(object)
  const keys = sorted(omit === undefined ? names : names.filter((name) => name !== omit))
  let text = ''
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const member = object[key]
    let part: string
    if (typeof member === 'string') part = quote(member)
    else if (typeof member === 'number') part = member - member === 0 ? '' + member : 'null'
    else if (typeof member === 'boolean') part = member ? 'true' : 'false'
    else if (member === null) part = 'null'
    else {
      part = write(member, key, parents, parsed)
      if (!part) continue
    }
    text += (text ? ',' : '{') + quote(key) + ':' + part
  }
  return text ? text + '}' : '{}'
}

/** Lets JSON.stringify decide, then writes its plain answer. */
function writeOdd(value: unknown, key: string, parents: object[], omit?: string): string {
  let text: string
  try {
    // Inside a holder, so that toJSON gets its key; without a prototype, so that the holder has no toJSON itself.
    text = JSON.stringify({ __proto__: null, [key]: value })
  } catch (cause) {
    if (isOverflow(cause)) throw cause
    const what =
      typeof value === 'bigint'
        ? 'is a BigInt, which JSON has no form for: send Number(value) or String(value)'
        : `can't be written as JSON: ${reason(cause)}`
    throw refusal(parents, key, what, cause)
  }
  return text === '{}' ? '' : write((JSON.parse(text) as Record<string, unknown>)[key], key, parents, true, omit)
}

function quote(text: string): string {
  return UNSAFE.test(text) ? JSON.stringify(text) : '"' + text + '"'
}

/** Sorts in place; `<` on texts and the built-in sort both go by UTF-16 code units. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW_KEYS) return keys.sort()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let j = i - 1
    for (; j >= 0 && (keys[j] as string) > key; j--) keys[j + 1] = keys[j] as string
    keys[j + 1] = key
  }
  return keys
}

/** Engines agree on neither class nor words for a full stack, and user code throws RangeErrors too (an invalid date). */
function isOverflow(cause: unknown): boolean {
  return cause instanceof Error && /call stack|recursion/i.test(cause.message)
}

/** First line: engines draw a picture of a cycle below it. */
function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] as string
}

/** An error that names the spot: the parents are still those of the value at fault. */
function refusal(parents: readonly object[], last: string | undefined, what: string, cause?: unknown): InputError {
  const steps = parents.map((parent, i) => {
    const child = parents[i + 1]
    const key = child ? Object.keys(parent).find((name) => (parent as Record<string, unknown>)[name] === child) : last
    if (key === undefined) return child ? '.?' : ''
    return Array.isArray(parent) ? `[${key}]` : `.${key}`
  })
  const path = (steps.length > 8 ? '…' + steps.slice(-8).join('') : steps.join('')).replace(/^\./, '')
  return new InputError(`${path || 'The value'} ${what}.`, path || undefined, { cause })
}
