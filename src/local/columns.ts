/** What the platform's database does with values of a request, and what several routes do with it. */
import { type Context, error, type Handler } from './router.ts'

/** The database refuses a value, with its own text; the route answers 500. */
export class Unstorable extends Error {
  constructor(text = 'invalid byte sequence for encoding "UTF8": 0x00') {
    super(text)
  }
}

/** Answers 500 with the route's text when the body is no JSON, or a value can't be stored. */
export function saving(fault: string, handler: Handler): Handler {
  const checked: Handler = (ctx) => (ctx.bodyOk ? handler(ctx) : error(500, fault))
  return Object.assign(checked, { fault })
}

/** A text column: null stays, other values are written as text. */
export function text(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const written = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (written.includes('\0')) throw new Unstorable()
  return written
}

/** A text column that takes no empty text: null instead. */
export const filled = (value: unknown): string | null => text(value || null)

/** A whole-number column; texts that are numbers are fine. */
export function integer(value: unknown): number {
  const number = typeof value === 'number' || (typeof value === 'string' && value.trim()) ? Number(value) : Number.NaN
  if (!Number.isInteger(number) || Math.abs(number) > 2_147_483_647) throw new Unstorable()
  return number
}

/** A column of JSON as text: null for whatever counts as false. */
export const jsonColumn = (value: unknown): string | null => (value ? text(JSON.stringify(value)) : null)

/** One text a field that is too long, in the order of `limits`; other values than texts have no length. */
export function tooLong(fields: Record<string, unknown>, limits: Record<string, number>): string[] {
  return Object.entries(limits).flatMap(([name, max]) => {
    const value = fields[name]
    return typeof value === 'string' && value.length > max ? [`${name} exceeds max length of ${max}`] : []
  })
}

/** Whether a text holds what is looked for, as `ILIKE '%…%'` says: capitals ignored, `%` for any text, `_` for one character. */
export function holds(value: string | null, wanted: string): boolean {
  if (value === null) return false
  const text = value.toLowerCase()
  const pattern = `%${wanted.toLowerCase()}%`
  // Two pointers and the last `%`: never more than text times pattern steps.
  let at = 0
  let next = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    const escaped = pattern[next] === '\\' && next + 1 < pattern.length - 1
    const sign = escaped ? pattern[next + 1] : pattern[next]
    if (!escaped && sign === '%') {
      star = next++
      mark = at
    } else if (sign === text[at] || (!escaped && sign === '_')) {
      next += escaped ? 2 : 1
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[next] === '%') next++
  return next === pattern.length
}

/** Sorts by a time, newest first. */
export const newest =
  <T>(time: (row: T) => string) =>
  (a: T, b: T): number =>
    time(a) < time(b) ? 1 : time(a) > time(b) ? -1 : 0

/** Today in UTC by the server's clock. */
export const today = (ctx: Context): string => ctx.iso().slice(0, 10)
