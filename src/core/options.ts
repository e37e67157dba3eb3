import { SafeLogger } from './callbacks.ts'
import { checkNames, describe, isPlain, mismatch } from './checks.ts'
import { InputError } from './errors.ts'
import type { SigningKey } from './keys.ts'
import { Slots } from './slots.ts'
import type { Fetch, HeadersInput, Line, Logger } from './types.ts'

/** An outcome or report that could not be delivered, as {@link DashClawOptions.onUndelivered} is told. */
export interface Undelivered {
  /** What it was, such as `outcome of act_…`. */
  what: string
  /** The error of the last try. */
  error: unknown
  /** False while the SDK keeps trying; true when it was given up (refused by the server, or pushed out of a full queue). */
  final: boolean
}

/** Options of the client. Bad values throw an {@link InputError} that says what to write instead. */
export interface DashClawOptions {
  /** URL of the server, such as `https://dashclaw.example.com`. Default: `DASHCLAW_BASE_URL` where an environment exists. */
  baseUrl?: string | undefined
  /** API key (`oc_live_…`), sent as `x-api-key` to `baseUrl` only. Default: `DASHCLAW_API_KEY`. */
  apiKey?: string | undefined
  /** Id of the agent that this client speaks for. Default: `DASHCLAW_AGENT_ID`. */
  agentId?: string | undefined
  /** Name of the agent for people. */
  agentName?: string | undefined
  /** Id of the swarm that the agent belongs to. */
  swarmId?: string | undefined
  /**
   * Whether `createAction` and `track` ask the guard first: `off`, `warn` (ask, report, go on) or `enforce` (throw
   * `GuardBlockedError` on `block` and `require_approval`). Default: `off`. The server applies its policies in every mode.
   */
  guardMode?: 'off' | 'warn' | 'enforce' | undefined
  /**
   * What an unreachable guard means in `enforce` mode: `block` (default) or `allow`, which is reported to the logger. A guard that could
   * not be reached is not asked again for 10 s, then for twice as long each time up to 60 s; meanwhile this applies at once. Then one
   * action asks it, and any answer ends that. Calls of `guard()` always ask.
   */
  onGuardError?: 'block' | 'allow' | undefined
  /** Told every guard decision of `createAction` and `track`. What it throws is logged. */
  guardCallback?: ((decision: GuardCallbackDecision) => unknown) | undefined
  /** Whether `createAction` and `track` wait for a person when a policy asks for one. Default: `off`. */
  hitlMode?: 'off' | 'wait' | undefined
  /** How long `hitlMode: 'wait'` waits, in milliseconds; Infinity means without end. Default: 300,000 (5 minutes). */
  approvalTimeout?: number | undefined
  /**
   * Called once with each action that waits for a reviewer, unless the call has its own `onPending`. Default: one line of the logger
   * that says what waits, and where to decide. What it throws is logged.
   */
  onPending?: ((action: WaitingAction) => unknown) | undefined
  /**
   * Whether `createAction` applies what the server learned: `off`, `warn` (records what it would have changed) or `enforce`
   * (adapts risk, reversibility and confidence when the guard has nothing against it). Default: `off`.
   */
  autoRecommend?: 'off' | 'warn' | 'enforce' | undefined
  /** Least confidence of a recommendation that is applied, 0 to 100. Default: 70, also for what is no number. */
  recommendationConfidenceMin?: number | undefined
  /** Told every recommendation that was read, also when there is none. What it throws is logged. */
  recommendationCallback?: ((result: RecommendationCallbackResult) => unknown) | undefined
  /** RSA key that signs actions: a private `CryptoKey`, a private JWK, or a PKCS#8 PEM text. A bad key fails the call, nothing goes out unsigned. */
  privateKey?: SigningKey | undefined
  /**
   * JWT sent as `Authorization: Bearer`, for servers behind a gateway that asks for one. A function is asked before every try: a token of the
   * 5 line is good for one call.
   */
  authToken?: string | (() => string | PromiseLike<string>) | undefined
  /**
   * The line of servers: `2` (2.0 to 2.10) or `5`. Default: `auto`, which learns it from the first answer that shows it. A method without a
   * route on the line fails before it is sent.
   */
  line?: 'auto' | '2' | '5' | undefined
  /** The `fetch` to use: a proxy's, or `server.fetch` of `dashclaw/local`. Default: the global one, looked up at each call. */
  fetch?: Fetch | undefined
  /** Timeout of one try in milliseconds, the answer's body included; 0 or Infinity means none. Default: 30,000. */
  timeout?: number | undefined
  /** Timeout of a whole call in milliseconds: all tries and the pauses between them. Default: none. */
  totalTimeout?: number | undefined
  /**
   * How many requests of this client, and of those made with `forAgent`, are under way at once; the others wait their turn. Event
   * streams do not count. Infinity means no bound. Default: 64.
   */
  maxConcurrent?: number | undefined
  /** How often a failed try is repeated where repeating is safe. Default: 2. */
  maxRetries?: number | undefined
  /** More headers of every request. A browser on another origin may send none besides the SDK's own. */
  headers?: HeadersInput | undefined
  /** Largest answer that is read, in bytes. Default: 67,108,864 (64 MiB). */
  maxResponseBytes?: number | undefined
  /**
   * Called with every text of a request body before it is signed and sent, and the name of its field; what it returns is sent.
   * When it throws, `[REDACTED]` is sent in place of the text.
   */
  redact?: ((text: string, field: string) => string) | undefined
  /** Where warnings go. Default: `console`. `false` silences them. */
  logger?: Logger | false | undefined
  /** Keeps a serverless request alive for background work: `ctx.waitUntil.bind(ctx)`. */
  waitUntil?: ((work: Promise<unknown>) => unknown) | undefined
  /** Told about an outcome or report that could not be delivered. At most 1,000, or 4 MiB of texts, wait; then the oldest is given up. */
  onUndelivered?: ((undelivered: Undelivered) => unknown) | undefined
}

/** What {@link DashClawOptions.guardCallback} is told: the guard's decision. */
export interface GuardCallbackDecision {
  decision: 'allow' | 'warn' | 'require_approval' | 'block' | (string & {})
  reasons: string[]
  warnings: string[]
  matched_policies: string[]
  risk_score: number | null
  [field: string]: unknown
}

/** What {@link DashClawOptions.onPending} is told: the action that waits. */
export interface WaitingAction {
  action_id: string
  agent_id: string
  agent_name: string | null
  action_type: string
  declared_goal: string
  reasoning: string | null
  status: string
  risk_score: number
  /** 1 when it can be undone. */
  reversible: 0 | 1
}

/** What {@link DashClawOptions.recommendationCallback} is told: the result of `recommendAction`. */
export interface RecommendationCallbackResult {
  /** The action, adapted where the recommendation says so. */
  action: Record<string, unknown>
  /** The recommendation that was read, or null. */
  recommendation: Record<string, unknown> | null
  /** Which fields of the action the recommendation changes. */
  adapted_fields: string[]
}

/** Options after checks and defaults. */
export interface Settings extends Omit<DashClawOptions, 'headers' | 'logger' | 'maxConcurrent'> {
  baseUrl: string
  agentId: string
  guardMode: 'off' | 'warn' | 'enforce'
  onGuardError: 'block' | 'allow'
  hitlMode: 'off' | 'wait'
  approvalTimeout: number
  autoRecommend: 'off' | 'warn' | 'enforce'
  recommendationConfidenceMin: number
  line: 'auto' | Line
  timeout: number
  maxRetries: number
  totalTimeout: number
  maxResponseBytes: number
  /** Names in lower case; null takes a header off. */
  headers: Record<string, string | null> | undefined
  logger: SafeLogger
  maxConcurrent: Slots
}

/** The names of {@link DashClawOptions}. */
const NAMES: readonly (keyof DashClawOptions)[] = [
  'baseUrl',
  'apiKey',
  'agentId',
  'agentName',
  'swarmId',
  'guardMode',
  'onGuardError',
  'guardCallback',
  'hitlMode',
  'approvalTimeout',
  'onPending',
  'autoRecommend',
  'recommendationConfidenceMin',
  'recommendationCallback',
  'privateKey',
  'authToken',
  'line',
  'fetch',
  'timeout',
  'totalTimeout',
  'maxConcurrent',
  'maxRetries',
  'headers',
  'maxResponseBytes',
  'redact',
  'logger',
  'waitUntil',
  'onUndelivered',
]
const MODES = ['off', 'warn', 'enforce'] as const
const GUARD_ERRORS = ['block', 'allow'] as const
const HITL = ['off', 'wait'] as const
const LINES = ['auto', '2', '5'] as const

let lastUrl: unknown
let lastBase = ''

/** Checks the options and fills in defaults. */
export function readOptions(options: DashClawOptions): Settings {
  if (!isPlain(options as unknown)) {
    throw new InputError(
      `new DashClaw() takes an object of options, such as { baseUrl: 'https://…', apiKey: '…', agentId: 'my-agent' }; got ${describe(options)}.`,
    )
  }
  checkNames('new DashClaw()', options, NAMES)
  const { logger = globalThis.console, recommendationConfidenceMin: min, maxConcurrent: most } = options
  const url = options.baseUrl ?? env('DASHCLAW_BASE_URL')
  // Workers make a client a request, always with the same address.
  if (url !== lastUrl || !url) {
    lastBase = baseUrl(url)
    lastUrl = url
  }
  // A literal with every field: a spread of the options costs ten times as much.
  const settings: Settings = {
    baseUrl: lastBase,
    apiKey: secret('apiKey', options.apiKey ?? env('DASHCLAW_API_KEY')),
    authToken: typeof options.authToken === 'function' ? options.authToken : secret('authToken', options.authToken),
    agentId: options.agentId ?? env('DASHCLAW_AGENT_ID') ?? '',
    agentName: text('agentName', options.agentName),
    swarmId: text('swarmId', options.swarmId),
    guardMode: word('guardMode', options.guardMode, MODES),
    onGuardError: word('onGuardError', options.onGuardError, GUARD_ERRORS),
    guardCallback: call('guardCallback', options.guardCallback),
    hitlMode: word('hitlMode', options.hitlMode, HITL),
    approvalTimeout: amount('approvalTimeout', options.approvalTimeout, 300_000),
    autoRecommend: word('autoRecommend', options.autoRecommend, MODES),
    recommendationConfidenceMin: typeof min === 'number' && !Number.isNaN(min) ? Math.min(100, Math.max(0, min)) : 70,
    recommendationCallback: call('recommendationCallback', options.recommendationCallback),
    privateKey: options.privateKey,
    line: word('line', options.line, LINES),
    fetch: call('fetch', options.fetch),
    onPending: call('onPending', options.onPending),
    timeout: amount('timeout', options.timeout, 30_000),
    totalTimeout: amount('totalTimeout', options.totalTimeout, 0),
    maxConcurrent: (most as unknown) instanceof Slots ? (most as unknown as Slots) : new Slots(bound(most)),
    maxRetries: amount('maxRetries', options.maxRetries, 2),
    headers: readHeaders(options.headers),
    maxResponseBytes: amount('maxResponseBytes', options.maxResponseBytes, 67_108_864),
    redact: call('redact', options.redact),
    logger: logger instanceof SafeLogger ? logger : new SafeLogger(logger || undefined),
    waitUntil: call('waitUntil', options.waitUntil),
    onUndelivered: call('onUndelivered', options.onUndelivered),
  }
  if (API.test(String(url).trim().replace(/\/+$/, ''))) {
    settings.logger.warn(`dashclaw: baseUrl ends in /api, which the SDK adds itself; ${lastBase} is used.`)
  }
  if (!settings.apiKey && !settings.authToken) {
    throw new InputError(
      (options.apiKey === '' ? 'apiKey is missing, an empty string' : 'apiKey is missing') +
        ": pass { apiKey: 'oc_live_…' } or set DASHCLAW_API_KEY in the environment.",
      'apiKey',
    )
  }
  if (typeof settings.agentId !== 'string' || !settings.agentId || settings.agentId.length > 128) {
    throw new InputError(
      "agentId must be a string of 1 to 128 characters: pass { agentId: 'my-agent' } or set DASHCLAW_AGENT_ID in the environment.",
      'agentId',
    )
  }
  if (logger !== false && typeof logger?.warn !== 'function') {
    throw new InputError('logger must have a warn(message) method, such as console, or be false for silence.', 'logger')
  }
  return settings
}

function text<T>(name: string, value: T): T {
  if (value != null && typeof value !== 'string') throw mismatch(name, 'a string', value)
  return value
}

export function call<T>(name: string, value: T): T {
  if (value != null && typeof value !== 'function') throw mismatch(name, 'a function', value)
  return value
}

function word<T extends string>(name: string, value: T | undefined, words: readonly [T, ...T[]]): T {
  if (value == null) return words[0]
  if (words.includes(value)) return value
  throw mismatch(name, `one of: ${words.join(', ')}`, value)
}

export function amount(name: string, value: number | undefined, fallback: number): number {
  if (value == null) return fallback
  if (typeof value === 'number' && value >= 0) return value
  throw mismatch(name, 'a number of 0 or more', value)
}

/** A bound of requests: at least one. */
function bound(value: number | undefined): number {
  if (value === undefined || value === null) return 64
  if (typeof value === 'number' && value >= 1) return value
  throw mismatch('maxConcurrent', 'a number of 1 or more', value)
}

/** Headers in any form as an object of lower-case names; refuses those that `fetch` would refuse. */
export function readHeaders(headers: HeadersInput | null | undefined): Record<string, string | null> | undefined {
  if (headers == null) return undefined
  if (typeof headers !== 'object') throw mismatch('headers', 'an object, an array of pairs or a Headers', headers)
  const all: Record<string, string | null> = {}
  const add = (value: unknown, name: string) => {
    if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw mismatch('The name of a header', 'a token of HTTP', name)
    }
    if (value === undefined) return
    all[name.toLowerCase()] = value === null ? null : headerValue(name, value)
  }
  if (Symbol.iterator in headers) {
    for (const pair of headers) {
      if (!Array.isArray(pair) || pair.length !== 2) throw mismatch('A header', 'a pair of name and value', pair)
      add(pair[1], pair[0])
    }
  } else if (typeof headers.forEach === 'function') (headers as Headers).forEach(add)
  else for (const name in headers) add((headers as Record<string, unknown>)[name], name)
  return all
}

/** A header value that `fetch` refuses would be repeated in its error text, so it is refused here, unseen. */
function headerValue(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new InputError(
      `${name} must be a string of printable ASCII characters without spaces or line breaks around it.`,
      name,
    )
  }
  return value
}

/** A key or token as it was issued. */
export function secret(name: string, given: unknown): string | undefined {
  if (given == null || given === '') return undefined
  const value = headerValue(name, given)
  if (/^(["'`]).*\1$/.test(value)) throw new InputError(`${name} has quotes around it: leave them out.`, name)
  if (/^bearer\s/i.test(value)) {
    throw new InputError(`${name} begins with "Bearer": leave the word out, the SDK adds what is needed.`, name)
  }
  return value
}

/** What many put behind the address of the server. */
const API = /\/api$/
/** The address without getters of `URL`, which React Native below 0.81 does not have. */
const ADDRESS = /^(https?):\/\/([^/?#\\@\s]+)((?:\/[^?#\\\s]*)?)$/i

function baseUrl(value: unknown): string {
  if (!value) {
    throw new InputError(
      "baseUrl is missing: pass { baseUrl: 'https://…' } or set DASHCLAW_BASE_URL in the environment.",
      'baseUrl',
    )
  }
  const given = String(value).trim()
  let href = ''
  try {
    href = String(new URL(given))
  } catch {
    // Refused below.
  }
  const [, , host, path] = ADDRESS.exec(href) ?? []
  if (!host) {
    throw new InputError(
      /^https?:\/\/[^/]*[@?#]|^https?:\/\/.*[?#]/i.test(href)
        ? 'baseUrl must hold no user name, password, query or fragment: only the scheme, host and, where needed, a path.'
        : "baseUrl must be an absolute http(s) URL, such as 'https://dashclaw.example.com'.",
      'baseUrl',
    )
  }
  // The paths of all routes begin with it.
  return href.slice(0, href.length - path!.length) + path!.replace(/\/+$/, '').replace(API, '')
}

/** Tells whether a plain-http URL leaves this machine, where the key could be read on the way. */
export function isExposed(url: string): boolean {
  return /^http:\/\/(?!(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$))/.test(url)
}

function env(name: string): string | undefined {
  try {
    const host = Reflect.get(globalThis, 'process') as { env?: Record<string, string | undefined> } | undefined
    return host?.env?.[name]?.trim() || undefined
  } catch {
    // Deno without the permission to read the environment.
    return undefined
  }
}
