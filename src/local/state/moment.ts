/** A day in milliseconds. */
export const DAY = 86_400_000

const ZONE = /(?:z|[+-]\d\d(?::?\d\d)?)$/i

/** Milliseconds since 1970 of a time as the database reads it: a text without a zone is UTC. NaN for what is no time. */
export function instant(value: unknown): number {
  const text = String(value)
  // `Date.parse` stops at it, the database does not.
  if (text.includes('\0')) return Number.NaN
  return Date.parse(text.includes(':') && !ZONE.test(text) ? `${text}Z` : text)
}

/** A time column as it comes back, ISO 8601 in UTC. Undefined for what is no time. */
export function moment(value: unknown): string | undefined {
  const time = instant(value)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** Database text of a time, as some `updated_at` columns come: `2026-11-22 14:11:26.746+00`. */
export const databaseTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '000+00')

/** Today in UTC by the server's clock. */
export const today = ({ iso }: { iso(): string }): string => iso().slice(0, 10)
