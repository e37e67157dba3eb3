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
 * `ctx.table(name)` is a plain array of the organization that every domain may read; `ctx.params`, `ctx.query` (texts), `ctx.fields`
 * (the body's object, {} for lists and other JSON), `ctx.body` (parsed, undefined when it is no JSON: then `bodyOk` is false),
 * `ctx.version` ('2.0' | '2.10'), `ctx.role`. Handlers may be async and answer with `json`, `error`, `invalid`, `html404` or any Response.
 */
import type { Clock, Org, ServerState } from './state.ts'
import type { TableName } from './tables.ts'

/** What a key may do. */
export type Role = 'admin' | 'member' | 'readonly' | 'service'
/** Which line of servers is answered for. */
export type ServerVersion = '2.0' | '2.10'

/** One request on its way through a route. */
export interface Context {
  server: ServerState
  org: Org
  role: Role
  key: string
  version: ServerVersion
  params: Record<string, string>
  query: Record<string, string>
  headers: Headers
  bodyText: string
  /** Whether the body is JSON. */
  bodyOk: boolean
  body: unknown
  /** The body's fields; {} when it is no object. */
  fields: Record<string, unknown>
  /** An answer that goes on holds it: Node cuts its `signal` from the caller's as soon as the request is collected. */
  request: Request
  clock: Clock
  /** Now, in ISO 8601. */
  iso(): string
  table<T extends object>(name: TableName): T[]
  /** Sends an event to the organization's listeners. */
  publish(type: string, data: unknown): void
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

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const error = (status: number, text: string, extra: object = {}): Response =>
  json(status, { error: text, ...extra })

/** 400 with one text a broken rule. */
export const invalid = (details: readonly string[]): Response => error(400, 'Validation failed', { details })

export const empty = (status: number): Response => new Response(null, { status })

/** What the platform answers for a path it does not have. */
export const html404 = (): Response =>
  new Response(
    '<!DOCTYPE html><html><head><title>404: This page could not be found.</title></head><body>404</body></html>',
    {
      status: 404,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    },
  )

interface Compiled {
  pattern: RegExp
  /** Each method with the names that its own path gives the parameters. */
  methods: Map<string, { route: Route; names: string[] }>
  parameters: number
  /** Paths without parameters win over those with. */
  fixed: number
}

/** Finds the route of a request. */
export class Router {
  #routes: Compiled[] = []

  constructor(routes: readonly Route[], version: ServerVersion) {
    const byPath = new Map<string, Compiled>()
    for (const entry of routes) {
      if (entry.versions && !entry.versions.includes(version)) continue
      const names: string[] = []
      const source = entry.path.replace(/:(\w+)/g, (_match, name: string) => {
        names.push(name)
        return '([^/]+)'
      })
      let compiled = byPath.get(source)
      if (!compiled) {
        compiled = {
          pattern: new RegExp(`^${source}$`),
          methods: new Map(),
          parameters: names.length,
          fixed: entry.path.split('/').filter((part) => !part.startsWith(':')).length,
        }
        byPath.set(source, compiled)
      }
      compiled.methods.set(entry.method, { route: entry, names })
    }
    this.#routes = [...byPath.values()].sort((a, b) => a.parameters - b.parameters || b.fixed - a.fixed)
  }

  /** The route and its parameters; `undefined` for an unknown path, `null` for a method that the path does not have. */
  find(method: string, path: string): { route: Route; params: Record<string, string> } | null | undefined {
    for (const { pattern, methods } of this.#routes) {
      const match = pattern.exec(path)
      if (!match) continue
      const found = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined)
      if (!found) return null
      const params: Record<string, string> = {}
      found.names.forEach((name, at) => {
        params[name] = decodeURIComponent(match[at + 1]!)
      })
      return { route: found.route, params }
    }
    return undefined
  }
}
