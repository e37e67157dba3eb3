import { InputError } from '../../core/errors.ts'
import { routes } from '../routes/index.ts'
import { approve } from '../rules/approvals.ts'
import { createPolicy } from '../rules/policies.ts'
import { type Clock, createClock } from '../state/clock.ts'
import { createOrg, type Org, publish, table } from '../state/org.ts'
import type { ServerState, ServerVersion } from '../state/server.ts'
import type { TableName } from '../state/tables.ts'
import { checkDecision, checkEmit, checkFailure, checkListen, checkOptions, checkSeed } from './checks.ts'
import { dispatcher } from './dispatch.ts'
import { type Failure, planFailures, type SeenRequest } from './failures.ts'
import { createGate } from './gate.ts'
import type { HostRequest, HostResponse, HostURL } from './host.ts'
import type { LocalServerOptions } from './options.ts'
import { sender } from './outgoing.ts'
import { parsed, queryOf, untilAborted } from './request.ts'
import { Router } from './router.ts'

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

const BASE_URL = 'http://dashclaw.local'
const LOCAL_ORG = 'org_local'

/** Makes a stand-in for the platform, in memory. It keeps nothing when the process ends. */
export function createLocalServer(options: LocalServerOptions = {}): LocalServer {
  checkOptions(options)
  const { version = '2.10' } = options
  const clock = createClock(options.now)
  const requests: SeenRequest[] = []
  const failures = planFailures()
  const listening = new Set<{ close(): Promise<void> }>()
  const state: ServerState = {
    orgs: new Map(),
    keys: new Map(),
    options: {
      enforceSignatures: options.enforceSignatures ?? false,
      closedEnrollment: options.closedEnrollment ?? false,
      secret: options.secret,
    },
    send: sender(options.webhookFetch),
  }
  const gate = createGate(options, state.keys, clock)
  const dispatch = dispatcher(new Router(routes, version), state, version, clock)

  const orgOf = (id: string = LOCAL_ORG): Org => {
    let org = state.orgs.get(id)
    if (!org) state.orgs.set(id, (org = createOrg(id, id === LOCAL_ORG ? 'Local' : id)))
    return org
  }

  function start(): void {
    orgOf()
    state.keys.set('local', { org: LOCAL_ORG, role: 'admin' })
    for (const { key, role = 'admin', org = LOCAL_ORG } of options.keys ?? []) {
      orgOf(org)
      state.keys.set(key, { org, role })
    }
    for (const policy of options.policies ?? []) {
      const problem = createPolicy(orgOf(), policy, new Date(clock.now()).toISOString())
      if (typeof problem === 'string') throw new InputError(`policy "${policy.name}": ${problem}`, 'policies')
    }
  }
  start()

  async function answer(request: Request, url: URL, bodyText: string): Promise<Response> {
    const passed = gate.enter(request, url, bodyText)
    if (passed instanceof Response) return passed
    const { role, org } = passed
    return gate.leave(await dispatch({ request, bodyText, url, role, org: orgOf(org) }), request.headers.get('origin'))
  }

  async function handle(input: string | URL | Request, init?: object): Promise<Response> {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init as RequestInit)
    if (request.signal.aborted) throw request.signal.reason
    return untilAborted(request.signal, serve(request))
  }

  async function serve(request: Request): Promise<Response> {
    const bodyText = await request.text()
    const url = new URL(request.url)
    const seen: SeenRequest = {
      method: request.method,
      path: url.pathname,
      query: queryOf(url),
      headers: Object.fromEntries(request.headers),
      body: parsed(bodyText),
      bodyText,
      time: clock.now(),
    }
    requests.push(seen)
    const response = await failures.answer(seen, request.signal, () => answer(request, url, bodyText))
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
      gate.reset()
      start()
    },
    async close() {
      endStreams()
      await Promise.all([...listening].map((server) => server.close()))
    },
  }
}
