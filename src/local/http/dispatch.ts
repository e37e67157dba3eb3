import { empty, error, html404, INTERNAL } from '../routes/answers.ts'
import type { Context } from '../routes/route.ts'
import type { Clock } from '../state/clock.ts'
import { hasNul, Unstorable } from '../state/columns.ts'
import { type Org, publish, table } from '../state/org.ts'
import type { Role, ServerState, ServerVersion } from '../state/server.ts'
import { tryOut } from './dry-run.ts'
import { parsed, queryOf } from './request.ts'
import type { Router } from './router.ts'

/** A request that the gate let pass. */
export interface Passed {
  request: Request
  bodyText: string
  url: URL
  role: Role
  org: Org
}

/** Finds the route of a request, runs it, and answers what goes wrong in it. */
export function dispatcher(router: Router, server: ServerState, version: ServerVersion, clock: Clock) {
  return async ({ request, bodyText, url, role, org }: Passed): Promise<Response> => {
    const { method } = request
    let found: ReturnType<Router['find']>
    try {
      decodeURIComponent(url.pathname)
      found = router.find(method, url.pathname)
    } catch {
      return badPath()
    }
    if (found === undefined) return html404()
    if (found === null) return empty(405)
    const { route, params } = found
    if (route.admin && role !== 'admin') return error(403, route.admin)
    const body = parsed(bodyText)
    const ctx: Context = {
      server,
      org,
      role,
      key: request.headers.get('x-api-key') ?? '',
      version,
      params,
      query: queryOf(url),
      headers: request.headers,
      bodyText,
      bodyOk: body !== undefined && body !== null,
      body,
      fields:
        typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {},
      request,
      clock,
      iso: () => new Date(clock.now()).toISOString(),
      table: (name) => table(org, name),
      publish: (type, data) => publish(org, type, data, clock.now()),
    }
    const { fault = INTERNAL } = route
    try {
      if (method !== 'GET' && method !== 'HEAD') await tryOut(route, ctx)
      const response = await route.handler(ctx)
      // An id with NUL can't be looked for.
      if (response.status === 404 && Object.values(params).some(hasNul)) throw new Unstorable()
      return response
    } catch (cause) {
      return error(500, fault ?? (cause instanceof Unstorable ? cause.message : INTERNAL))
    }
  }
}

/** What the platform's framework answers to a path that can't be decoded. */
const badPath = (): Response =>
  new Response('<!DOCTYPE html><html><head><title>400: Bad Request</title></head><body>400</body></html>', {
    status: 400,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
