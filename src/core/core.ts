import { Background } from './background.ts'
import { checkNames, checkOptions, describe, isPlain, mismatch, unknownName } from './checks.ts'
import { type AsyncDisposableLike, disposeWithClose } from './dispose.ts'
import { APIError, InputError } from './errors.ts'
import { lineOfAddress, notServed, rememberLine } from './line.ts'
import { type DashClawOptions, isExposed, readOptions, type Settings } from './options.ts'
import { queryText } from './path.ts'
import { checkLoss, lacks, parseRoute, type Route, routeInput, routePath } from './route.ts'
import { type Outgoing, send, shown } from './transport.ts'
import type { Line, RequestOptions } from './types.ts'

/** What all clients of one connection share, made when it is needed: workers build a client for each request. */
export class Shared {
  readonly #settings: Settings
  #background: Background | undefined
  #closers: Set<Closer> | undefined
  /** The line of servers that the answers showed. */
  line: Line | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get background(): Background {
    return (this.#background ??= new Background(this.#settings))
  }

  /** Each stops a stream, a timer or a watch, as far as a client that closes began it; called by `close()`. */
  get closers(): Set<Closer> {
    return (this.#closers ??= new Set())
  }
}

/** Ends what clients began; `ends` tells of which. */
export type Closer = (ends: (core: Core) => boolean) => void

/** What a client keeps to itself. */
interface State {
  settings: Settings
  shared: Shared | undefined
  /** That of the client that it was made from with `forAgent`. */
  parent: State | undefined
  closed: boolean
}

/**
 * Where a client keeps its state: behind a function, so that neither a print nor a spread shows it, and under a symbol, so that it is
 * reached through proxies (a private field is not).
 */
const STATE = /* @__PURE__ */ Symbol('dashclaw.state')

const stateOf = (core: Core): State => (core as unknown as { [STATE]: () => State })[STATE]()
export const settingsOf = (core: Core): Settings => stateOf(core).settings
export const sharedOf = (core: Core): Shared => sharedIn(stateOf(core))
const sharedIn = (state: State): Shared =>
  (state.shared ??= state.parent ? sharedIn(state.parent) : new Shared(state.settings))

/** The line of servers that a client talks to, where it is known: by the option, or by an answer. */
export function lineOf(core: Core): Line | undefined {
  const { line, baseUrl, fetch } = settingsOf(core)
  if (line !== 'auto') return line
  // Behind a `fetch` of the caller's, an address may be anybody's.
  return sharedOf(core).line ?? (fetch ? undefined : lineOfAddress(baseUrl))
}

/** Keeps what an answer says about the line, so that a server that was upgraded is noticed. */
export function learnLine(core: Core, line: Line): void {
  const { baseUrl, fetch } = settingsOf(core)
  sharedOf(core).line = line
  if (!fetch) rememberLine(baseUrl, line)
}

/** Whether a client was closed, or one that it was made from with `forAgent`. */
export function isClosed(core: Core): boolean {
  for (let state: State | undefined = stateOf(core); state; state = state.parent) if (state.closed) return true
  return false
}

/** A request for {@link Core.request}: any route of the server. */
export interface RawRequest {
  /** HTTP method. */
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  /** Path that starts with `/`, such as `/api/health`; ids in it must be encoded by the caller. */
  path: string
  /** Query fields; `undefined` and `null` are left out. */
  query?: Record<string, unknown> | undefined
  /** Sent as JSON. */
  body?: unknown
}

let ready = false

/** The client without any domain: identity, transport, background work. */
export class Core {
  constructor(options: DashClawOptions = {}) {
    // Once, here: with a static block no bundler would leave out a client that nobody makes.
    if (!ready) disposeWithClose(Core.prototype)
    ready = true
    const settings = readOptions(options)
    const { [PARENT]: parent } = options as { [PARENT]?: State }
    const state: State = { settings, shared: undefined, parent, closed: false }
    Object.defineProperty(this, STATE, { value: () => state })
    if (parent) return
    const { baseUrl, fetch, logger } = settings
    if (!fetch && isExposed(baseUrl)) {
      logger.warn(
        'dashclaw: baseUrl is plain http to another machine, so the API key can be read on the way. Use https.',
      )
    }
  }

  /** Id of the agent that this client speaks for. */
  get agentId(): string {
    return settingsOf(this).agentId
  }

  /** Address of the server, without a slash at the end. */
  get baseUrl(): string {
    return settingsOf(this).baseUrl
  }

  /**
   * Sends a request to any route, with everything that the transport does for the documented methods: key, time limit, retries, errors.
   * GET, HEAD, PUT, PATCH and DELETE are repeated after a failure, POST only where the server can't have acted.
   *
   * @returns The parsed JSON of the answer; `undefined` for HEAD, 204 and every other success without a body.
   * @throws {APIError} When the server refuses. {@link ConnectionError} when there is no answer.
   */
  async request<T = unknown>(request: RawRequest, options?: RequestOptions): Promise<T> {
    checkCallOptions('request', options)
    if (!isPlain(request)) {
      throw new InputError(
        `request takes an object: request({ method: 'GET', path: '/api/health' }). It got ${describe(request)}.`,
        'request',
      )
    }
    checkNames('request', request, ['method', 'path', 'query', 'body'])
    const { method, path, query, body } = request
    if (query != null && !isPlain(query)) throw mismatch('query', 'an object of fields', query)
    if (
      typeof path !== 'string' ||
      !/^\/(?![/\\])[^\s\\#]*$/.test(path) ||
      /(^|\/)(\.|%2e){1,2}(\/|\?|$)/i.test(path)
    ) {
      throw new InputError(
        "path must start with one '/' and hold no '..', spaces, backslashes or fragment, such as '/api/health'.",
        'path',
      )
    }
    if (!/^(GET|POST|PUT|PATCH|DELETE|HEAD)$/.test(method)) {
      throw new InputError('method must be one of: GET, POST, PUT, PATCH, DELETE, HEAD.', 'method')
    }
    const extra = query ? queryText(query) : ''
    const settings = settingsOf(this)
    return (await send(
      settings,
      {
        verb: method,
        path: path.split('?')[0]!,
        query: path.includes('?') ? path.slice(path.indexOf('?')) + extra.replace('?', '&') : extra,
        body: body === undefined ? undefined : await bodyText(settings, 'request', body),
        repeatable: method !== 'POST',
      },
      options,
    )) as T
  }

  /** One route of the API; see `core/route.ts` for the notation. Domains are written with it. */
  protected call<T>(route: string, input?: object, options?: RequestOptions, ...ids: readonly unknown[]): Promise<T> {
    return callRoute(this, route, input, options, ids)
  }

  /**
   * Makes a client for another agent over the same connection and settings. Both share background work and the approval watch.
   * Its `close()` ends only what it began itself.
   *
   * @param agentId - Id of the other agent.
   * @param options - `agentName` of the other agent, none unless given, and `swarmId`, this client's unless given.
   * @throws {InputError} When `agentId` is no string, or an option is not known.
   */
  forAgent(agentId: string, options: { agentName?: string; swarmId?: string } = {}): this {
    if (typeof agentId !== 'string' || !agentId) {
      throw new InputError(
        "forAgent takes the agentId of the other agent, a non-empty string: forAgent('ops-bot').",
        'agentId',
      )
    }
    checkOptions('forAgent', options, ['agentName', 'swarmId'], "forAgent('ops-bot', { agentName: 'Ops' })")
    const Client = this.constructor as new (options: DashClawOptions) => this
    // The name belongs to the agent, so it does not pass to another one.
    return new Client({
      ...settingsOf(this),
      agentName: undefined,
      ...options,
      agentId,
      [PARENT]: stateOf(this),
    } as unknown as DashClawOptions)
  }

  /**
   * Runs work that nobody waits for, such as a report. It runs now, and again with back-off until it succeeds, the server refuses it
   * for good, or too much other work waits. A failure goes to `onUndelivered` or the logger, and never becomes an unhandled rejection.
   *
   * @param what - Names the work in messages, such as `'cost report'`.
   * @param work - Is called again for each try, so it must be safe to repeat.
   */
  background(what: string, work: () => Promise<unknown>): void {
    sharedOf(this).background.deliver(what, work)
  }

  /** Delivers what waits in the background (reports, telemetry, outcomes): each gets one try now. Never rejects. */
  flush(): Promise<void> {
    return sharedOf(this).background.flush()
  }

  /**
   * Stops heartbeats, streams and waits of this client and of those that `forAgent` made from it, then delivers what waits.
   * A client of `forAgent` ends only what it began; the others go on, and what could not be delivered is tried again.
   */
  async close(): Promise<void> {
    const own = stateOf(this)
    own.closed = true
    const { closers, background } = sharedOf(this)
    const ends = (core: Core): boolean => {
      for (let state: State | undefined = stateOf(core); state; state = state.parent) if (state === own) return true
      return false
    }
    for (const stop of closers) stop(ends)
    await (own.parent ? background.flush() : background.close())
  }

  /** What `JSON.stringify` shows: never a key. */
  toJSON(): { baseUrl: string; agentId: string } {
    return { baseUrl: this.baseUrl, agentId: this.agentId }
  }
}

export interface Core extends AsyncDisposableLike {}

const PARENT = Symbol.for('dashclaw.parent')

/** What a route call may ask for besides its fields. */
export type CallExtras = Pick<Outgoing, 'read' | 'decision'> & {
  repeatable?: boolean
  /** The input is an object that {@link routeInput} gave. */
  checked?: boolean
  /** Turns the checked fields into the body text, in place of `JSON.stringify`: the signer. */
  encode?: (body: Record<string, unknown>) => string | Promise<string>
  query?: Record<string, unknown>
}

/** The names of {@link RequestOptions}. */
export const CALL_OPTIONS = ['signal', 'timeout', 'totalTimeout', 'maxRetries', 'headers'] as const

/** Refuses options that can only be a mistake. */
export function checkCallOptions(
  method: string,
  options: object | null | undefined,
  more: readonly string[] = [],
): void {
  if (options == null) return
  if (!isPlain(options)) {
    throw new InputError(
      `The last argument of ${method} is an object of options, such as { timeout: 5000 }; got ${describe(options)}.`,
      'options',
    )
  }
  for (const name in options) {
    if (!(CALL_OPTIONS as readonly string[]).includes(name) && !more.includes(name)) {
      throw unknownName(method, 'option', name, [...CALL_OPTIONS, ...more])
    }
  }
}

/** Calls a route for a client: checks and maps the fields, sends, parses. Rejects, never throws. */
export async function callRoute<T>(
  core: Core,
  routeText: string,
  input?: object,
  options?: RequestOptions | null,
  ids: readonly unknown[] = [],
  extras: CallExtras = {},
): Promise<T> {
  const settings = settingsOf(core)
  const route = parseRoute(routeText)
  checkCallOptions(route.name, options)
  const path = routePath(route, ids)
  const line = route.line && lineOf(core)
  const fields = extras.checked
    ? (input as Record<string, unknown>)
    : routeInput(route, input, settings as unknown as Record<string, unknown>)
  const inQuery = route.verb === 'GET' || route.verb === 'DELETE'
  const query = extras.query || (inQuery && fields) || undefined
  const text = inQuery || !fields ? undefined : bodyText(settings, route.name, fields, extras.encode)
  // After the checks: an input that is wrong is wrong on every line.
  if (line && line !== route.line) throw notServed(route, line)
  const sent = send(
    settings,
    {
      verb: route.verb,
      path,
      query: query && queryText(query),
      body: typeof text === 'string' ? text : await text,
      repeatable: extras.repeatable ?? route.repeatable,
      read: extras.read,
      decision: extras.decision,
    },
    options ?? undefined,
  )
  const answer = await (route.line ? sent.catch((error: unknown) => refuseLine(core, route, error)) : sent)
  const missing = route.answer && lacks(route.answer, answer)
  if (missing !== undefined) {
    throw new APIError(
      `${route.verb} ${path} answered without ${missing}. Check that baseUrl is a DashClaw server and that no proxy is in between.`,
      { status: 200, method: route.verb, path, body: shown(settings, answer) },
    )
  }
  return answer as T
}

/** Tells a server that lacks a route from one that refuses: 405, or an action that nobody asked for. */
function refuseLine(core: Core, route: Route, error: unknown): never {
  const { status, body } = error as { status?: number; body?: { error?: unknown } | null }
  const swallowed =
    status === 404 && route.verb === 'GET' && !/:/.test(route.path) && body?.error === 'Action not found'
  if (lineOf(core) === route.line || !(status === 405 || swallowed)) throw error
  throw notServed(route, route.line === '2' ? '5' : '2', error as APIError)
}

/**
 * The checked input of a route, for methods that look at it before they send it.
 *
 * @param positional - Arguments of the method that go on the wire as fields.
 */
export function checkedInput<F extends object, P extends object>(
  core: Core,
  route: string,
  input: F,
  positional?: P,
): F & P {
  return routeInput(parseRoute(route), input, settingsOf(core) as never, positional) as F & P
}

/** The text of a body. What JSON would drop in silence is refused. */
function bodyText(
  settings: Settings,
  method: string,
  body: unknown,
  encode?: CallExtras['encode'],
): string | Promise<string> {
  try {
    // JSON.stringify finds an end where the check would not.
    const text = encode ? '' : JSON.stringify(redacted(settings, body))
    checkLoss(method, body, '', encode && new Set())
    return encode ? encode(redacted(settings, body) as Record<string, unknown>) : (text ?? 'null')
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    checkLoss(method, body, '', new Set())
    throw new InputError(
      `The input of ${method} can't be written as JSON: ${(cause as Error | null)?.message ?? cause}`,
      undefined,
      { cause },
    )
  }
}

/** Runs the `redact` hook over every string of a body but the id that its answer is told by. */
function redacted({ redact, logger }: Settings, body: unknown): unknown {
  if (!redact) return body
  const plain = JSON.stringify(body)
  return plain === undefined
    ? undefined
    : JSON.parse(plain, (field, value: unknown) => {
        if (typeof value !== 'string' || field === 'action_id') return value
        let problem: unknown
        try {
          const clean: unknown = redact(value, field)
          if (typeof clean === 'string') return clean
          problem = `It gave ${describe(clean)}, not a string.`
          // A promise may reject later, with nobody there.
          void Promise.resolve(clean).catch(() => {})
        } catch (error) {
          problem = error
        }
        logger.warn(`dashclaw: the redact option failed; [REDACTED] was sent in place of ${field}.`, problem)
        return '[REDACTED]'
      })
}
