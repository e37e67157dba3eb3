/**
 * How a domain is added: one file `routes/<domain>.ts` that exports its routes, and one line in `routes/index.ts`.
 *
 *     interface Note { id: string; org_id: string; text: string; created_at: string }
 *
 *     export const notes: Route[] = [
 *       route('POST', '/api/notes', (ctx) => {
 *         if (!ctx.bodyOk) return error(500, 'An error occurred while saving the note')
 *         const problems = validate(ctx.fields, { text: { required: true, max: 200 } })   // the platform's texts
 *         if (problems.length) return invalid(problems)
 *         const note: Note = { id: hexId('nt_'), org_id: ctx.org.id, text: ctx.fields['text'] as string, created_at: ctx.iso() }
 *         ctx.table<Note>('notes').push(note)
 *         ctx.publish('note.created', note)
 *         return json(201, { note })
 *       }),
 *       route('DELETE', '/api/notes/:id', handler, { admin: 'Admin access required' }),   // 403 with this text for other roles
 *     ]
 *
 * A route reads the request, and answers with `json`, `error`, `invalid` (answers.ts) or any Response; it may be async. What a
 * field may hold is checked by `validate` (rules/validate.ts), pages and lengths by fields.ts. What a domain does with its rows
 * beyond that stands in `rules/`, which knows nothing of requests: a Context is a Scope, so a rule is called with `ctx`.
 *
 * A route file imports no route file of another domain: what two domains share is a rule.
 */
import type { Role, Scope, ServerVersion } from '../state/server.ts'
import { error } from './answers.ts'

/** One request on its way through a route. */
export interface Context extends Scope {
  role: Role
  key: string
  params: Record<string, string>
  /** Texts; what comes twice is read once. */
  query: Record<string, string>
  headers: Headers
  bodyText: string
  /** Whether the body is JSON other than `null`. */
  bodyOk: boolean
  /** Parsed; undefined when it is no JSON. */
  body: unknown
  /** The body's fields; {} when it is no object. */
  fields: Record<string, unknown>
  /** An answer that goes on holds it: Node cuts its `signal` from the caller's as soon as the request is collected. */
  request: Request
}

export interface Handler {
  (ctx: Context): Response | Promise<Response>
  /** Text of the 500 for what goes wrong in it; null for the database's own text. Default: `Internal server error`. */
  fault?: string | null
}

export interface Route {
  method: string
  path: string
  handler: Handler
  /** Text of the 403 for roles other than admin. */
  admin?: string
  /** Text of the 500, as in {@link Handler}. */
  fault?: string | null | undefined
  /** Lines of servers that have the route; all when absent. */
  versions?: readonly ServerVersion[]
}

export function route(
  method: string,
  path: string,
  handler: Handler,
  extra: Pick<Route, 'admin' | 'fault' | 'versions'> = {},
): Route {
  return { method, path, handler, fault: handler.fault, ...extra }
}

/** What only newer servers have. */
export const NEWER = { versions: ['2.10'] } as const

/** Answers 500 with the route's text when the body is no JSON, or a value can't be stored. */
export function saving(fault: string, handler: Handler): Handler {
  const checked: Handler = (ctx) => (ctx.bodyOk ? handler(ctx) : error(500, fault))
  return Object.assign(checked, { fault })
}
