/** What the platform's database does with values of a request. */

/** The database refuses a value, with its own text; the route answers 500. */
export class Unstorable extends Error {
  constructor(text = 'invalid byte sequence for encoding "UTF8": 0x00') {
    super(text)
  }
}

/** The largest whole number of a column. */
export const MOST_INTEGER = 2_147_483_647

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
  if (!Number.isInteger(number) || Math.abs(number) > MOST_INTEGER) throw new Unstorable()
  return number
}

/** A column of JSON as text: null for whatever counts as false. */
export const jsonColumn = (value: unknown): string | null => (value ? text(JSON.stringify(value)) : null)

/** Whether a text at any depth holds what the database can't store. */
export const hasNul = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes('\0')
    : typeof value === 'object' && value !== null && Object.values(value).some(hasNul)
