import { error, fault, json } from './answers.ts'
import type { Context } from './route.ts'

/** What a profile or a risk template can be. */
export const STATUSES = ['active', 'archived']

/** The database's refusal of a row, in its own words. */
export const refused = (table: string, check: string) =>
  error(500, `new row for relation "${table}" violates check constraint "${table}_${check}_check"`)

/** What JSON.parse says to a body, which is what the platform answers with. */
export function parseFault(ctx: Context): Response {
  try {
    JSON.parse(ctx.bodyText)
  } catch (problem) {
    return error(500, (problem as Error).message)
  }
  return fault()
}

/** Dimensions in the order of their positions; those without one come last, as the database has it. */
export const byPosition = (a: { sort_order: number | null }, b: { sort_order: number | null }): number =>
  a.sort_order === b.sort_order ? 0 : (a.sort_order ?? Infinity) - (b.sort_order ?? Infinity)

/** The database's refusal of what is no whole number; nothing for whole ones and for what is not given. */
export const notWhole = (value: unknown): Response | undefined =>
  value == null || Number.isInteger(Number(value))
    ? undefined
    : error(
        500,
        `invalid input syntax for type integer: "${typeof value === 'object' ? JSON.stringify(value) : String(value)}"`,
      )

/** A member of a row that is made: what is not given is the default, and null stays null. */
export const member = <T>(fields: Record<string, unknown>, name: string, fallback: T): T =>
  fields[name] === undefined ? fallback : (fields[name] as T)

/** Self-hosted servers of the older line hand JSON columns out as text. */
export const column = (ctx: Context, value: unknown): unknown => (ctx.version === '2.0' ? JSON.stringify(value) : value)

/** Takes a row out by its id; 404 with the text when there is none. */
export function remove<T extends { id: string }>(rows: T[], id: string | undefined, text: string): Response {
  const at = rows.findIndex((row) => row.id === id)
  if (at < 0) return error(404, text)
  rows.splice(at, 1)
  return json(200, { deleted: true })
}
