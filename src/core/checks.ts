import { InputError } from './errors.ts'

/** A name without what people mistake most: case, `_` and `-`. */
export const letters = (name: string): string => name.replace(/[\W_]/g, '').toLowerCase()

/** An object of fields: `{}`, or one without a prototype; of any realm. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const proto = Object.getPrototypeOf(value) as object | null
  return proto === null || Object.getPrototypeOf(proto) === null
}

/**
 * Refuses an unknown name. Options only mean something to this package, so one that it does not know is a mistake.
 *
 * @param owner - Who takes the options, such as `new DashClaw()`.
 * @throws {InputError} Naming the nearest known name.
 */
export function checkNames(owner: string, options: object | null | undefined, known: readonly string[]): void {
  for (const name in options) if (!known.includes(name)) throw unknownName(owner, 'option', name, known)
}

/**
 * Refuses options that are no plain object, and unknown names in them.
 *
 * @param method - Name of the method, such as `events`.
 * @param example - The call as it should be.
 * @throws {InputError} Showing the call, or naming the nearest known name.
 */
export function checkOptions(method: string, options: unknown, known: readonly string[], example: string): void {
  if (!isPlain(options)) throw new InputError(`${method} takes an object of options: ${example}.`, 'options')
  checkNames(method, options, known)
}

/** The error of a name that is not known, with the known one that looks most like it. */
export function unknownName(
  owner: string,
  kind: 'option' | 'field' | 'table',
  name: string,
  known: readonly string[],
): InputError {
  const wanted = letters(name)
  let nearest = ''
  let least = Infinity
  for (const other of known) {
    const theirs = letters(other)
    const apart = distance(wanted, theirs)
    // `retries` for `maxRetries` is a part, however much is missing.
    const steps = theirs.includes(wanted) || wanted.includes(theirs) ? Math.min(apart, 2) : apart
    if (steps < least) {
      least = steps
      nearest = other
    }
  }
  const near = least <= Math.max(2, wanted.length / 3)
  return new InputError(
    `${owner} has no ${kind} ${name}${near ? `; did you mean ${nearest}?` : `. It has: ${known.join(', ')}.`}`,
    name,
  )
}

/** How many letters have to be added, dropped or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** The error of an option or argument that is not what is needed. */
export function mismatch(name: string, needed: string, value: unknown): InputError {
  return new InputError(`${name} must be ${needed}; got ${describe(value)}.`, name)
}

/** Names a wrong value without repeating more of it than a reader needs: it may hold a secret. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value)
  }
  if (Array.isArray(value)) return `an array of ${value.length} items`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || !value) return typeof value === 'bigint' ? `the BigInt ${value}` : String(value)
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise: an await is missing'
  if (isPlain(value)) return 'an object'
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  return kind === 'Object' ? 'an instance of a class: spread it, { ...value }' : `an object of type ${kind}`
}
