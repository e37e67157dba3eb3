import { error, fault } from './answers.ts'
import type { Context } from './route.ts'

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
