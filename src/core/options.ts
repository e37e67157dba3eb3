import { InputError } from './errors.ts'
import type { SigningKey } from './keys.ts'
import { mismatch } from './route.ts'
import type { Fetch, Logger } from './types.ts'

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
  guardCallback?: ((decision: GuardCallbackDecision) => void) | undefined
  /** Whether `createAction` and `track` wait for a person when a policy asks for one. Default: `off`. */
  hitlMode?: 'off' | 'wait' | undefined
  /** How long `hitlMode: 'wait'` waits, in milliseconds. Default: 300,000 (5 minutes). */
  approvalTimeout?: number | undefined
  /** Called once with each action that waits for a reviewer, unless the call has its own. What it throws is logged. */
  onPending?: ((action: WaitingAction) => void) | undefined
  /**
   * Whether `createAction` applies what the server learned: `off`, `warn` (records what it would have changed) or `enforce`
   * (adapts risk, reversibility and confidence when the guard has nothing against it). Default: `off`.
   */
  autoRecommend?: 'off' | 'warn' | 'enforce' | undefined
  /** Least confidence of a recommendation that is applied, 0 to 100. Default: 70, also for what is no number. */
  recommendationConfidenceMin?: number | undefined
  /** Told every recommendation that was read, also when there is none. What it throws is logged. */
  recommendationCallback?: ((result: RecommendationCallbackResult) => void) | undefined
  /** RSA key that signs actions: a private `CryptoKey`, a private JWK, or a PKCS#8 PEM text. A bad key fails the call, nothing goes out unsigned. */
  privateKey?: SigningKey | undefined
  /** JWT sent as `Authorization: Bearer`, for servers behind a gateway that asks for one. */
  authToken?: string | undefined
  /** The `fetch` to use: a proxy's, or `server.fetch` of `dashclaw/local`. Default: the global one, looked up at each call. */
  fetch?: Fetch | undefined
  /** Time limit of one try in milliseconds, the answer's body included; 0 means none. Default: 30,000. */
  timeout?: number | undefined
  /** How often a failed try is repeated where repeating is safe. Default: 2. */
  maxRetries?: number | undefined
  /** More headers of every request. A browser on another origin may send none besides the SDK's own. */
  headers?: Record<string, string> | undefined
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
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /** Told about an outcome or report that could not be delivered. At most 1,000, or 4 MiB of texts, wait; then the oldest is given up. */
  onUndelivered?: ((undelivered: Undelivered) => void) | undefined
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
export interface Settings extends DashClawOptions {
  baseUrl: string
  agentId: string
  guardMode: 'off' | 'warn' | 'enforce'
  onGuardError: 'block' | 'allow'
  hitlMode: 'off' | 'wait'
  approvalTimeout: number
  autoRecommend: 'off' | 'warn' | 'enforce'
  recommendationConfidenceMin: number
  timeout: number
  maxRetries: number
  maxResponseBytes: number
  logger: Logger
}

const SILENT: Logger = { warn() {} }
const MODES = ['off', 'warn', 'enforce'] as const
const GUARD_ERRORS = ['block', 'allow'] as const
const HITL = ['off', 'wait'] as const

let lastUrl: unknown
let lastBase = ''

/** Checks the options and fills in defaults. */
export function readOptions(options: DashClawOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new InputError(
      "new DashClaw() takes an object of options, such as { baseUrl: 'https://…', apiKey: '…', agentId: 'my-agent' }.",
    )
  }
  const { logger, headers, recommendationConfidenceMin: min } = options
  const url = options.baseUrl ?? env('DASHCLAW_BASE_URL')
  // Workers make a client a request, always with the same address.
  if (url !== lastUrl || !url) {
    lastBase = baseUrl(url)
    lastUrl = url
  }
  // A literal with every field: a spread of the options costs ten times as much.
  const settings: Settings = {
    baseUrl: lastBase,
    apiKey: headerValue('apiKey', options.apiKey ?? env('DASHCLAW_API_KEY')),
    authToken: headerValue('authToken', options.authToken),
    agentId: options.agentId ?? env('DASHCLAW_AGENT_ID') ?? '',
    agentName: text('agentName', options.agentName),
    swarmId: text('swarmId', options.swarmId),
    guardMode: word('guardMode', options.guardMode, MODES),
    onGuardError: word('onGuardError', options.onGuardError, GUARD_ERRORS),
    guardCallback: call('guardCallback', options.guardCallback),
    hitlMode: word('hitlMode', options.hitlMode, HITL),
    approvalTimeout: amount('approvalTimeout', options.approvalTimeout, 300_000),
    onPending: call('onPending', options.onPending),
    autoRecommend: word('autoRecommend', options.autoRecommend, MODES),
    recommendationConfidenceMin: typeof min === 'number' && !Number.isNaN(min) ? Math.min(100, Math.max(0, min)) : 70,
    recommendationCallback: call('recommendationCallback', options.recommendationCallback),
    privateKey: options.privateKey,
    fetch: call('fetch', options.fetch),
    timeout: amount('timeout', options.timeout, 30_000),
    maxRetries: amount('maxRetries', options.maxRetries, 2),
    headers,
    maxResponseBytes: amount('maxResponseBytes', options.maxResponseBytes, 67_108_864),
    redact: call('redact', options.redact),
    logger: logger === false ? SILENT : (logger ?? globalThis.console),
    waitUntil: call('waitUntil', options.waitUntil),
    onUndelivered: call('onUndelivered', options.onUndelivered),
  }
  if (!settings.apiKey && !settings.authToken) {
    throw new InputError(
      "apiKey is missing: pass { apiKey: 'oc_live_…' } or set DASHCLAW_API_KEY in the environment.",
      'apiKey',
    )
  }
  if (typeof settings.agentId !== 'string' || !settings.agentId || settings.agentId.length > 128) {
    throw new InputError(
      "agentId must be a text of 1 to 128 characters: pass { agentId: 'my-agent' } or set DASHCLAW_AGENT_ID in the environment.",
      'agentId',
    )
  }
  if (typeof settings.logger?.warn !== 'function') {
    throw new InputError('logger must have a warn(message) method, such as console, or be false for silence.', 'logger')
  }
  checkHeaders(headers)
  return settings
}

function text<T>(name: string, value: T): T {
  if (value != null && typeof value !== 'string') throw mismatch(name, 'a text', value)
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

/** Refuses the headers that `fetch` would refuse. */
export function checkHeaders(headers: Record<string, string> | undefined): void {
  for (const name in headers) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw mismatch('The name of a header', 'a token of HTTP', name)
    headerValue(name, headers[name])
  }
}

/** A header value that `fetch` refuses would be repeated in its error text, so it is refused here, unseen. */
function headerValue(name: string, value: unknown): string | undefined {
  if (value == null) return undefined
  if (typeof value !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new InputError(
      `${name} must be a text of printable ASCII characters without spaces or line breaks around it.`,
      name,
    )
  }
  return value
}

function baseUrl(value: unknown): string {
  if (!value) {
    throw new InputError(
      "baseUrl is missing: pass { baseUrl: 'https://…' } or set DASHCLAW_BASE_URL in the environment.",
      'baseUrl',
    )
  }
  let url: URL | undefined
  try {
    url = new URL(String(value))
  } catch {
    // Refused below.
  }
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InputError("baseUrl must be an absolute http(s) URL, such as 'https://dashclaw.example.com'.", 'baseUrl')
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new InputError(
      'baseUrl must hold no user name, password, query or fragment: only the scheme, host and, where needed, a path.',
      'baseUrl',
    )
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
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
