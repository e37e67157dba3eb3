/** How routes read queries and bodies. */
import { MOST_INTEGER } from '../state/columns.ts'

/** Reads `limit` and `offset` as the platform's lists do: cut at the maximum; 0 and words give the default where `zero` says so. */
export function page(
  query: Record<string, string>,
  { limit: fallback = 50, max = 200, zero = false }: { limit?: number; max?: number; zero?: boolean } = {},
): { limit: number; offset: number } | undefined {
  const limit = query['limit'] === undefined || query['limit'] === '' ? fallback : Number.parseInt(query['limit'], 10)
  const offset = query['offset'] === undefined || query['offset'] === '' ? 0 : Number.parseInt(query['offset'], 10)
  if (zero) {
    const asked = limit || fallback
    const skip = offset || 0
    return asked < 0 || skip < 0 ? undefined : { limit: Math.min(asked, max), offset: skip }
  }
  // The database refuses these, and the route answers 500.
  if (Number.isNaN(limit) || Number.isNaN(offset) || limit < 0 || offset < 0) return undefined
  return { limit: Math.min(limit, max), offset }
}

/** One text a field that is too long, in the order of `limits`; other values than texts have no length. */
export function tooLong(fields: Record<string, unknown>, limits: Record<string, number>): string[] {
  return Object.entries(limits).flatMap(([name, max]) => {
    const value = fields[name]
    return typeof value === 'string' && value.length > max ? [`${name} exceeds max length of ${max}`] : []
  })
}

/** A number of days as the platform's POSTs read it: 0, null and absent give the default; `undefined` for what makes no time. */
export function days(value: unknown, fallback: number): number | undefined {
  if (typeof value === 'object' && value !== null) return undefined
  const number = Number(value || fallback)
  return Math.abs(number) <= MOST_INTEGER ? number : undefined
}
