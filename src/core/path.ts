import { mismatch } from './checks.ts'
import { InputError } from './errors.ts'

/**
 * Encodes one id for a path. A URL parser folds `.` and `..`, also when they are percent-encoded, so these are refused:
 * `/api/actions/../approve` would reach another route.
 *
 * @throws {InputError} When the id is not a string, is empty, is `.` or `..`, or has half of a surrogate pair.
 */
export function pathPart(name: string, value: unknown): string {
  if (typeof value !== 'string' || !value || value === '.' || value === '..') {
    throw mismatch(name, 'a non-empty string' + (value === '.' || value === '..' ? ' that is no path' : ''), value)
  }
  try {
    return encodeURIComponent(value)
  } catch (cause) {
    throw new InputError(`${name} holds half of a surrogate pair, which can't go into a path.`, name, { cause })
  }
}

/**
 * Builds a query text with its `?`, or nothing when no field is left: `undefined` and `null` are dropped, 0, false and '' are kept.
 *
 * @throws {InputError} When a value is an object or an array: a query holds strings, numbers, booleans and dates.
 */
export function queryText(query: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const name of Object.keys(query)) {
    let value = query[name]
    if (value == null) continue
    if (value instanceof Date && !Number.isNaN(+value)) value = value.toISOString()
    if (
      typeof value === 'object' ||
      typeof value === 'function' ||
      typeof value === 'symbol' ||
      (typeof value === 'number' && !Number.isFinite(value))
    ) {
      throw mismatch(name, 'a string, a number, true or false', value)
    }
    text += (text ? '&' : '?') + encodeURIComponent(name) + '=' + pathSafe(name, String(value))
  }
  return text
}

function pathSafe(name: string, value: string): string {
  try {
    return encodeURIComponent(value)
  } catch (cause) {
    throw new InputError(`${name} holds half of a surrogate pair, which can't go into a query.`, name, { cause })
  }
}
