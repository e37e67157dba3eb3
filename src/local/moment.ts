const ZONE = /(?:z|[+-]\d\d(?::?\d\d)?)$/i

/** A time column as it comes back, ISO 8601 in UTC; a text without a zone is taken as UTC. Undefined for what is no time. */
export function moment(value: unknown): string | undefined {
  const text = String(value)
  const time = Date.parse(text.includes(':') && !ZONE.test(text) ? `${text}Z` : text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
