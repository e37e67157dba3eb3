import { InputError } from '../core/errors.ts'
import { Unstorable } from './columns.ts'
import { type Failure, planFailures, type SeenRequest } from './failures.ts'
import type { HostFetch, HostRequest, HostResponse, HostURL } from './host.ts'
import { checkDecision, checkEmit, checkFailure, checkListen, checkOptions, checkSeed } from './options.ts'
import { type Context, empty, error, html404, json, type Role, Router, type ServerVersion } from './router.ts'
import { approve } from './routes/approvals.ts'
import { routes } from './routes/index.ts'
import { createPolicy } from './routes/policies-crud.ts'
import { type Clock, createClock, createOrg, type Org, publish, type ServerState, table } from './state.ts'
import { tryOut } from './storage.ts'
import type { TableName } from './tables.ts'
import { hasNul } from './validate.ts'

/** A key of the embedded server. */
export interface LocalKey {
  key: string
  /** `admin` may do all, `member` all but administration, `service` also keeps learning recommendations, `readonly` only reads. Default: `admin`. */
  role?: Role | undefined
  /** Id of its organization. Default: `org_local`. */
  org?: string | undefined
}

/** A policy that the server starts with. */
export interface LocalPolicy {
  name: string
  policy_type: string
  /** An object, or JSON text. */
  rules: object | string
  active?: 0 | 1 | undefined
}

/** Options of {@link createLocalServer}. */
export interface LocalServerOptions {
  /** Which line of servers to answer like. Default: `2.10`, with every route in service. */
  version?: ServerVersion | undefined
  policies?: readonly LocalPolicy[] | undefined
  /** More keys. The admin key `local` always works. */
  keys?: readonly LocalKey[] | undefined
  /** Refuse actions without a signature that verifies. Default: false. */
  enforceSignatures?: boolean | undefined
  /** Refuse actions of agents that never stored one. Default: false. */
  closedEnrollment?: boolean | undefined
  /** Answer 429 above so many requests in a window (default 60,000 ms). Default: no limit. */
  rateLimit?: { limit: number; windowMs?: number | undefined } | undefined
  /** The one origin that browsers may call from; `*` echoes every origin, as a server in development does; an empty text allows none. Default: `*`. */
  cors?: { origin: string } | undefined
  /** What the clock starts at. Default: the real time. */
  now?: number | string | Date | undefined
  /** `fetch` for `webhook_check` policies and webhook deliveries. Default: the global one. */
  webhookFetch?: HostFetch | undefined
  /** Secret that signs guard webhooks. Default: none. */
  secret?: string | undefined
}

/** The embedded server. */
export interface LocalServer {
  /** The server as a `fetch`: hand it to the client as the option of this name. */
  fetch(input: string | HostURL | HostRequest, init?: object): Promise<HostResponse>
  /** Address for clients that use `fetch` above. */
  readonly baseUrl: string
  readonly version: ServerVersion
  /** Serves it over real HTTP; Node only. Default: a free port on 127.0.0.1. */
  listen(port?: number, host?: string): Promise<{ url: string; port: number; close(): Promise<void> }>
  /** Lets an action that waits go on, as a person with an admin key does. */
  approve(actionId: string, options?: { reasoning?: string | undefined }): void
  /** Denies an action that waits. */
  deny(actionId: string, options?: { reasoning?: string | undefined }): void
  /** Makes the next `times` (default 1) matching requests fail. */
  failNext(failure: Failure | 'network' | 'lost' | 'malformed', times?: number): void
  /** Every request so far, oldest first. */
  readonly requests: SeenRequest[]
  readonly clock: Clock
  /** Sends an event to all listeners of an organization. */
  emit(type: string, data: unknown, org?: string): void
  /** Puts rows into a table of an organization: what has no call of its own, such as recommendations. */
  seed(name: TableName, rows: readonly object[], org?: string): void
  /** A copy of everything stored in an organization, by table. */
  snapshot(org?: string): Record<string, object[]>
  /** Forgets everything but the options, and sets the clock back: as new. Streams end. */
  reset(): void
  /** Ends all streams and listeners. */
  close(): Promise<void>
}

const INTERNAL = 'Internal server error'
const BASE_URL = 'http://dashclaw.local'
const LOCAL_ORG = 'org_local'
const PUBLIC = /^\/api\/(health|setup\/status|auth|cron|docs\/raw|prompts)/
const BODIES = ['POST', 'PUT', 'PATCH']
const MAX_BODY = 2_097_152

/** Makes a stand-in for the platform, in memory. It keeps nothing when the process ends. */
export function createLocalServer(options: LocalServerOptions = {}): LocalServer {
  checkOptions(options)
  const { version = '2.10', cors = { origin: '*' } } = options
  const clock = createClock(options.now)
  const router = new Router(routes, version)
  const requests: SeenRequest[] = []
  const failures = planFailures()
  const listening = new Set<{ close(): Promise<void> }>()
  const state: ServerState = {
    orgs: new Map(),
    keys: new Map(),
    options: {
      enforceSignatures: options.enforceSignatures ?? false,
      closedEnrollment: options.closedEnrollment ?? false,
      webhookFetch: options.webhookFetch,
      secret: options.secret,
    },
  }
  let windowStart = 0
  let windowCount = 0

  const orgOf = (id: string = LOCAL_ORG): Org => {
    let org = state.orgs.get(id)
    if (!org) state.orgs.set(id, (org = createOrg(id, id === LOCAL_ORG ? 'Local' : id)))
    return org
  }

  const iso = () => new Date(clock.now()).toISOString()

  function start(): void {
    orgOf()
    state.keys.set('local', { org: LOCAL_ORG, role: 'admin' })
    for (const { key, role = 'admin', org = LOCAL_ORG } of options.keys ?? []) {
      orgOf(org)
      state.keys.set(key, { org, role })
    }
    for (const policy of options.policies ?? []) {
      const problem = createPolicy(orgOf(), policy, iso())
      if (typeof problem === 'string') throw new InputError(`policy "${policy.name}": ${problem}`, 'policies')
    }
  }
  start()

  /** Browsers get these with the answer of a route; what the gate itself refuses has none. */
  function corsHeaders(origin: string | null): Record<string, string> {
    return {
      ...(origin && (cors.origin === '*' || cors.origin === origin) && { 'access-control-allow-origin': origin }),
      'access-control-allow-methods': 'GET, POST, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': 'Content-Type, x-api-key',
      'access-control-max-age': '86400',
    }
  }

  function limited(): boolean {
    const { rateLimit } = options
    if (!rateLimit) return false
    const now = clock.now()
    const passed = now - windowStart
    if (passed < 0 || passed >= (rateLimit.windowMs ?? 60_000)) {
      windowStart = now
      windowCount = 0
    }
    return ++windowCount > rateLimit.limit
  }

  /** The gate in the platform's order, then the route. */
  async function answer(request: Request, bodyText: string): Promise<Response> {
    const url = new URL(request.url)
    const { method, headers } = request
    const origin = headers.get('origin')
    if (method === 'OPTIONS') return new Response(null, { status: 204, headers: corsHeaders(origin) })
    if (limited()) return json(429, { error: 'Rate limit exceeded. Please slow down.' }, { 'retry-after': '60' })
    if (BODIES.includes(method) && isTooLarge(headers, bodyText))
      return error(413, 'Request body too large', { maxBytes: MAX_BODY })
    const path = url.pathname
    if (path.length > 1 && path.endsWith('/'))
      return new Response(null, { status: 308, headers: { location: path.slice(0, -1) + url.search } })
    const key = headers.get('x-api-key')
    const known = state.keys.get(key ?? '')
    const open = PUBLIC.test(path)
    // The platform looks a key up once in 5 minutes.
    if (known && !open && clock.now() - (known.used ?? -Infinity) >= 300_000) known.used = clock.now()
    if (!known && !open) {
      const page = key === null && headers.get('sec-fetch-site') === 'same-origin'
      return error(401, `Unauthorized - ${page ? 'Session required' : 'Invalid or missing API key'}`)
    }
    const { role } = known ?? { role: 'member' as Role }
    if (known && role === 'readonly' && method !== 'GET' && method !== 'HEAD' && !open)
      return error(403, 'Forbidden - readonly API key')
    // Public paths act on the default organization, whatever the key.
    const response = await routed(request, bodyText, url, role, open ? undefined : known?.org)
    if (origin) for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value)
    return response
  }

  async function routed(
    request: Request,
    bodyText: string,
    url: URL,
    role: Role,
    orgId: string | undefined,
  ): Promise<Response> {
    const { method } = request
    let found: ReturnType<Router['find']>
    try {
      decodeURIComponent(url.pathname)
      found = router.find(method, url.pathname)
    } catch {
      return new Response('<!DOCTYPE html><html><head><title>400: Bad Request</title></head><body>400</body></html>', {
        status: 400,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      })
    }
    if (found === undefined) return html404()
    if (found === null) return empty(405)
    const { route, params } = found
    if (route.admin && role !== 'admin') return error(403, route.admin)
    const org = orgOf(orgId)
    let body: unknown
    let bodyOk = true
    try {
      body = JSON.parse(bodyText)
    } catch {
      bodyOk = false
    }
    if (body === null) bodyOk = false
    const ctx: Context = {
      server: state,
      org,
      role,
      key: request.headers.get('x-api-key') ?? '',
      version,
      params,
      query: queryOf(url),
      headers: request.headers,
      bodyText,
      bodyOk,
      body,
      fields:
        typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {},
      request,
      clock,
      iso,
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

  async function handle(input: string | URL | Request, init?: object): Promise<Response> {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init as RequestInit)
    if (request.signal.aborted) throw request.signal.reason
    return untilAborted(request.signal, serve(request))
  }

  async function serve(request: Request): Promise<Response> {
    const bodyText = await request.text()
    const url = new URL(request.url)
    let body: unknown
    try {
      body = JSON.parse(bodyText)
    } catch {
      // No JSON: `bodyText` has it.
    }
    const seen: SeenRequest = {
      method: request.method,
      path: url.pathname,
      query: queryOf(url),
      headers: Object.fromEntries(request.headers),
      body,
      bodyText,
      time: clock.now(),
    }
    requests.push(seen)
    const response = await failures.answer(seen, request.signal, () => answer(request, bodyText))
    if (request.method !== 'HEAD' || !response.body) return response
    await response.body.cancel()
    return new Response(null, response)
  }

  function decide(actionId: string, decision: 'allow' | 'deny', reasoning: string | undefined): void {
    for (const org of state.orgs.values()) {
      const outcome = approve(org, actionId, {
        decision,
        reasoning: reasoning ?? null,
        by: '',
        version,
        now: clock.now(),
      })
      if (outcome === 'done') return
      if (outcome === 'not pending') throw new Error(`Action ${actionId} is not pending approval`)
    }
    throw new Error(`Action ${actionId} is unknown to the embedded server`)
  }

  function endStreams(): void {
    for (const org of state.orgs.values()) for (const listener of [...org.listeners]) listener.close()
  }

  return {
    fetch: handle,
    baseUrl: BASE_URL,
    version,
    async listen(port = 0, host = '127.0.0.1') {
      checkListen(port, host)
      const { listen } = await import('./listen.ts')
      const server = await listen(handle, port, host)
      const entry = {
        ...server,
        close: async () => {
          listening.delete(entry)
          await server.close()
        },
      }
      listening.add(entry)
      return entry
    },
    approve(actionId, options) {
      checkDecision('approve', actionId, options)
      decide(actionId, 'allow', options?.reasoning)
    },
    deny(actionId, options) {
      checkDecision('deny', actionId, options)
      decide(actionId, 'deny', options?.reasoning)
    },
    failNext(failure, times = 1) {
      checkFailure(failure, times)
      failures.plan(failure, times)
    },
    requests,
    clock,
    emit(type, data, org) {
      checkEmit(type, org)
      publish(orgOf(org), type, data, clock.now())
    },
    seed(name, rows, org) {
      checkSeed(name, rows, org)
      table(orgOf(org), name).push(...structuredClone(rows as object[]))
    },
    snapshot: (org) => structuredClone(Object.fromEntries(orgOf(org).tables)),
    reset() {
      endStreams()
      state.orgs.clear()
      state.keys.clear()
      requests.length = 0
      failures.clear()
      clock.set(options.now ?? Date.now())
      windowStart = windowCount = 0
      start()
    },
    async close() {
      endStreams()
      await Promise.all([...listening].map((server) => server.close()))
    },
  }
}

/** First values: what comes twice is read once. */
function queryOf({ searchParams }: URL): Record<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of searchParams) if (!query.has(name)) query.set(name, value)
  return Object.fromEntries(query)
}

/** Judged by `content-length` alone: what comes in chunks over HTTP has none and passes. */
function isTooLarge(headers: Headers, bodyText: string): boolean {
  const length = headers.get('content-length')
  if (length !== null) return Number(length) > MAX_BODY
  // A call in process has neither header. No UTF-16 unit takes more than three bytes.
  if (headers.has('transfer-encoding') || bodyText.length * 3 <= MAX_BODY) return false
  return new TextEncoder().encode(bodyText).length > MAX_BODY
}

/** An answer, or the reason of the signal as soon as it says so; an answer that comes too late is closed. */
function untilAborted(signal: AbortSignal, work: Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason)
      work.then((response) => response.body?.cancel()).catch(() => {})
    }
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
