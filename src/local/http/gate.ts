import { error, json } from '../routes/answers.ts'
import type { Clock } from '../state/clock.ts'
import type { Role, ServerState } from '../state/server.ts'
import type { LocalServerOptions } from './options.ts'
import { isTooLarge, MAX_BODY } from './request.ts'

const PUBLIC = /^\/api\/(health|setup\/status|auth|cron|docs\/raw|prompts)/
const BODIES = ['POST', 'PUT', 'PATCH']
/** The platform looks a key up once in so long. */
const KEY_LOOKUP = 300_000

/** Who may go on to a route. */
export interface Caller {
  role: Role
  /** Id of the organization; the default one when absent. */
  org: string | undefined
}

export interface Gate {
  /** Answers what goes no further, in the platform's order. */
  enter(request: Request, url: URL, bodyText: string): Response | Caller
  /** Adds the headers for browsers to the answer of a route; what the gate itself refuses has none. */
  leave(response: Response, origin: string | null): Response
  /** Forgets what was counted. */
  reset(): void
}

/** What stands before the routes: preflight, rate limit, size of a body, slashes, keys and roles. */
export function createGate(
  { cors = { origin: '*' }, rateLimit }: Pick<LocalServerOptions, 'cors' | 'rateLimit'>,
  keys: ServerState['keys'],
  clock: Clock,
): Gate {
  let windowStart = 0
  let windowCount = 0

  function limited(): boolean {
    if (!rateLimit) return false
    const now = clock.now()
    const passed = now - windowStart
    if (passed < 0 || passed >= (rateLimit.windowMs ?? 60_000)) {
      windowStart = now
      windowCount = 0
    }
    return ++windowCount > rateLimit.limit
  }

  const corsHeaders = (origin: string | null): Record<string, string> => ({
    ...(origin && (cors.origin === '*' || cors.origin === origin) && { 'access-control-allow-origin': origin }),
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': 'Content-Type, x-api-key',
    'access-control-max-age': '86400',
  })

  return {
    enter({ method, headers }, { pathname: path, search }, bodyText) {
      if (method === 'OPTIONS') return new Response(null, { status: 204, headers: corsHeaders(headers.get('origin')) })
      if (limited()) return json(429, { error: 'Rate limit exceeded. Please slow down.' }, { 'retry-after': '60' })
      if (BODIES.includes(method) && isTooLarge(headers, bodyText))
        return error(413, 'Request body too large', { maxBytes: MAX_BODY })
      if (path.length > 1 && path.endsWith('/'))
        return new Response(null, { status: 308, headers: { location: path.slice(0, -1) + search } })
      const key = headers.get('x-api-key')
      const known = keys.get(key ?? '')
      // Public paths act on the default organization, whatever the key.
      if (PUBLIC.test(path)) return { role: known?.role ?? 'member', org: undefined }
      if (!known) {
        const page = key === null && headers.get('sec-fetch-site') === 'same-origin'
        return error(401, `Unauthorized - ${page ? 'Session required' : 'Invalid or missing API key'}`)
      }
      if (clock.now() - (known.used ?? -Infinity) >= KEY_LOOKUP) known.used = clock.now()
      if (known.role === 'readonly' && method !== 'GET' && method !== 'HEAD')
        return error(403, 'Forbidden - readonly API key')
      return known
    },

    leave(response, origin) {
      if (origin) for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value)
      return response
    },

    reset() {
      windowStart = windowCount = 0
    },
  }
}
