import { type Context, error } from './router.ts'
import { table } from './state.ts'
import type { TableName } from './tables.ts'

/** Studio came with this line of servers. */
export const STUDIO = { versions: ['2.10'] } as const
export const FAULT = 'Internal server error'

/** When a row was made and changed, in ISO 8601. */
export interface Dated {
  created_at: string
  updated_at: string
}

/** What the platform answers where its database or code gives up. */
export const fault = (): Response => error(500, FAULT)

/** The body's fields; nothing when the body is no JSON object. */
export const fieldsOf = ({ bodyOk, body, fields }: Context): Record<string, unknown> | undefined =>
  bodyOk && typeof body === 'object' && !Array.isArray(body) ? fields : undefined

/** Reads a name as most Studio routes do. */
export function nameProblem(name: unknown): Response | undefined {
  if (!name) return error(400, 'name is required')
  return typeof name === 'string' ? undefined : fault()
}

/** Brings a text into the form of a slug. */
export function slugOf(text: unknown, prefix: string, now: number): string {
  const slug = String(text)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80)
  return slug || `${prefix}-${now}`
}

/** Whether an id is taken in any organization. */
export const taken = (ctx: Context, name: TableName, key: string, id: unknown): boolean =>
  [...ctx.server.orgs.values()].some((org) => table<Record<string, unknown>>(org, name).some((row) => row[key] === id))

/** Rows that match, last changed first. */
export const newestFirst = <T extends Dated>(rows: readonly T[]): T[] =>
  [...rows].reverse().sort((a, b) => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : 0))

/** Text as SQL's ILIKE finds it anywhere: `%` stands for any text, `_` for one character. */
export function contains(text: string, search: string): boolean {
  const value = text.toLowerCase()
  const pattern = `%${search.toLowerCase()}%`
  let at = 0
  let from = 0
  let star = -1
  let kept = 0
  while (at < value.length) {
    if (pattern[from] === '%') {
      star = from++
      kept = at
    } else if (pattern[from] === '_' || pattern[from] === value[at]) {
      at++
      from++
    } else if (star >= 0) {
      from = star + 1
      at = ++kept
    } else return false
  }
  while (pattern[from] === '%') from++
  return from === pattern.length
}
