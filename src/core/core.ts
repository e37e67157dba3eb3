import { Background } from './background.ts'
import { checkOptions } from './checks.ts'
import { type AsyncDisposableLike, disposeWithClose } from './dispose.ts'
import { InputError } from './errors.ts'
import { type DashClawOptions, isExposed, readOptions, type Settings } from './options.ts'
import { queryText } from './path.ts'
import { parseRoute, type Route, routeInput, routePath } from './route.ts'
import { type Outgoing, send } from './transport.ts'
import type { RequestOptions } from './types.ts'

/** What all clients of one connection share, made when it is needed: workers build a client for each request. */
export class Shared {
  readonly #settings: Settings
  #background: Background | undefined
  #closers: Set<Closer> | undefined

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

/** Give governance functions what a client keeps to itself; users can't reach it. */
export let settingsOf: (core: Core) => Settings
export let sharedOf: (core: Core) => Shared
/** Whether a client was closed, or one that it was made from with `forAgent`. */
export let isClosed: (core: Core) => boolean

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

/** The client without any domain: identity, transport, background work. */
export class Core {
  readonly #settings: Settings
  readonly #parent: Core | undefined
  #shared: Shared | undefined
  #closed = false

  constructor(options: DashClawOptions = {}) {
    // Once, here: with a static block no bundler would leave out a client that nobody makes.
    if (!settingsOf) {
      settingsOf = (core) => core.#settings
      sharedOf = (core) => (core.#shared ??= core.#parent ? sharedOf(core.#parent) : new Shared(core.#settings))
      isClosed = (core) => core.#closed || (core.#parent !== undefined && isClosed(core.#parent))
      disposeWithClose(Core.prototype)
    }
    const settings = readOptions(options)
    const parent = (options as { [PARENT]?: Core })[PARENT]
    this.#settings = settings
    this.#parent = parent
    if (!parent && !settings.fetch && isExposed(settings.baseUrl)) {
      settings.logger.warn(
        'dashclaw: baseUrl is plain http to another machine, so the API key can be read on the way. Use https.',
      )
    }
  }

  /** Id of the agent that this client speaks for. */
  get agentId(): string {
    return this.#settings.agentId
  }

  /** Address of the server, without a slash at the end. */
  get baseUrl(): string {
    return this.#settings.baseUrl
  }

  /**
   * Sends a request to any route, with everything that the transport does for the documented methods: key, time limit, retries, errors.
   * GET, HEAD, PUT, PATCH and DELETE are repeated after a failure, POST only where the server can't have acted.
   *
   * @returns The parsed JSON of the answer; `undefined` for 204 and HEAD.
   * @throws {APIError} When the server refuses. {@link ConnectionError} when there is no answer.
   */
  async request<T = unknown>(request: RawRequest, options?: RequestOptions): Promise<T> {
    const { method, path, query, body } = request
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
    return (await send(
      this.#settings,
      {
        verb: method,
        path: path.split('?')[0]!,
        query: path.includes('?') ? path.slice(path.indexOf('?')) + extra.replace('?', '&') : extra,
        body: body === undefined ? undefined : jsonText(this.#settings, body),
        repeatable: method !== 'POST',
      },
      options,
    )) as T
  }

  /** One route of the API; see {@link Route} for the notation. Domains are written with it. */
  protected call<T>(route: string, input?: object, options?: RequestOptions, ...ids: readonly unknown[]): Promise<T> {
    return callRoute(this, route, input, options, ids)
  }

  /**
   * A client for another agent over the same connection and settings; it shares background work and the approval watch.
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
      ...this.#settings,
      agentName: undefined,
      ...options,
      agentId,
      [PARENT]: this,
    } as DashClawOptions)
  }

  /**
   * Runs work that nobody waits for, such as a report: now, and again with back-off until it succeeds, the server refuses it for
   * good, or too much other work waits. A failure goes to `onUndelivered` or the logger, and never becomes an unhandled rejection.
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
    this.#closed = true
    const { closers, background } = sharedOf(this)
    const ends = (core: Core): boolean => core === this || (core.#parent !== undefined && ends(core.#parent))
    for (const stop of closers) stop(ends)
    await (this.#parent ? background.flush() : background.close())
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

/** Calls a route for a client: checks and maps the fields, sends, parses. Rejects, never throws. */
export async function callRoute<T>(
  core: Core,
  text: string,
  input?: object,
  options?: RequestOptions,
  ids: readonly unknown[] = [],
  extras: CallExtras = {},
): Promise<T> {
  const settings = settingsOf(core)
  const route: Route = parseRoute(text)
  const path = routePath(route, ids)
  const fields = extras.checked
    ? (input as Record<string, unknown>)
    : routeInput(route, input, settings as unknown as Record<string, unknown>)
  const inQuery = route.verb === 'GET' || route.verb === 'DELETE'
  const query = extras.query || (inQuery && fields) || undefined
  const body = inQuery ? undefined : fields
  return (await send(
    settings,
    {
      verb: route.verb,
      path,
      query: query && queryText(query),
      body:
        body &&
        (extras.encode ? await extras.encode(redacted(settings, body) as typeof body) : jsonText(settings, body)),
      repeatable: extras.repeatable ?? route.repeatable,
      read: extras.read,
      decision: extras.decision,
    },
    options,
  )) as T
}

function jsonText(settings: Settings, body: unknown): string {
  try {
    return JSON.stringify(redacted(settings, body)) ?? 'null'
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`The input can't be written as JSON: ${(cause as Error).message}`, undefined, { cause })
  }
}

/** Runs the `redact` hook over every text of a body. */
function redacted({ redact, logger }: Settings, body: unknown): unknown {
  if (!redact) return body
  const plain = JSON.stringify(body)
  return plain === undefined
    ? undefined
    : JSON.parse(plain, (field, value: unknown) => {
        if (typeof value !== 'string') return value
        try {
          return String(redact(value, field))
        } catch (error) {
          logger.warn(`dashclaw: the redact option threw; the text of ${field} was not sent.`, error)
          return '[REDACTED]'
        }
      })
}
