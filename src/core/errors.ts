/** Marks errors of this package across copies of it (two bundles, ESM beside CommonJS), where `instanceof` fails. */
const BRAND = Symbol.for('dashclaw.error')

/** Options of every error constructor here: the error that led to this one. */
export interface ErrorCause {
  cause?: unknown
}

/** Base of every error that the SDK throws itself. The caller's own abort reason comes out unchanged instead. */
export class DashClawError extends Error {
  /** Class name, stable under minifiers. */
  override get name(): string {
    return 'DashClawError'
  }

  /** @internal */
  get [BRAND](): true {
    return true
  }

  /** Plain object for logs and queues; never holds a key, a header or a request body. */
  toJSON(): Record<string, unknown> {
    return Object.assign({ name: this.name, message: this.message }, this as object)
  }
}

/** An option or argument is wrong; nothing was sent. The message names the field and what to write instead. */
export class InputError extends DashClawError {
  override get name(): string {
    return 'InputError'
  }
  constructor(
    message: string,
    /** The wire or option name that is wrong. */
    readonly field?: string,
    options?: ErrorCause,
  ) {
    super(message, options)
  }
}

/** Facts of a refused request, as {@link APIError} carries them. */
export interface APIErrorInfo {
  status: number
  method: string
  path: string
  body: unknown
  /** How many times the request was sent, the first try included. */
  attempts?: number
  /** Milliseconds the server asked to wait. */
  retryAfter?: number | undefined
}

/** The server answered, and the answer is a refusal or can't be read. */
export class APIError extends DashClawError {
  override get name(): string {
    return 'APIError'
  }
  /** HTTP status. */
  readonly status: number
  /** Machine-readable code of the answer, such as `SIGNATURE_REQUIRED`, where it has one. */
  readonly code: string | undefined
  /** One text a broken rule, where the server lists them. */
  readonly details: readonly string[] | undefined
  /** The whole answer: parsed JSON, or the text of anything else (an excerpt when long). */
  readonly body: unknown
  /** HTTP method of the request. */
  readonly method: string
  /** Path of the request, without the query. */
  readonly path: string
  /** How many times the request was sent, the first try included. */
  readonly attempts: number
  /** Milliseconds the server asked to wait before another try (`Retry-After`). */
  readonly retryAfter: number | undefined

  constructor(message: string, info: APIErrorInfo, options?: ErrorCause) {
    super(message, options)
    const body = info.body as { code?: unknown; details?: unknown } | null | undefined
    this.status = info.status
    this.code = typeof body?.code === 'string' ? body.code : undefined
    this.details = Array.isArray(body?.details) ? body.details.map(String) : undefined
    this.body = info.body
    this.method = info.method
    this.path = info.path
    this.attempts = info.attempts ?? 1
    this.retryAfter = info.retryAfter
  }
}

/** 401: the API key is missing or unknown, or a signature was refused (see `code`). */
export class AuthenticationError extends APIError {
  override get name(): string {
    return 'AuthenticationError'
  }
}

/** 403: the key's role may not do this, or the agent is not registered (see `code`). A policy's block is {@link GuardBlockedError}. */
export class PermissionDeniedError extends APIError {
  override get name(): string {
    return 'PermissionDeniedError'
  }
}

/**
 * 403: the key that created an action may not decide about it (servers of the 5 line). Decide with another admin key, or with the root
 * operator key of the server.
 */
export class SelfApprovalError extends PermissionDeniedError {
  override get name(): string {
    return 'SelfApprovalError'
  }
}

/** 404 with a JSON answer: no such thing in this organization. */
export class NotFoundError extends APIError {
  override get name(): string {
    return 'NotFoundError'
  }
}

/** 404 without a JSON answer: this server's version has no such route (or `baseUrl` points at something else). */
export class RouteNotFoundError extends NotFoundError {
  override get name(): string {
    return 'RouteNotFoundError'
  }
}

/** 409: an id or a name is taken, or the thing is in a final state. */
export class ConflictError extends APIError {
  override get name(): string {
    return 'ConflictError'
  }
}

/** 400 or 422: the server refused the values; `details` lists every broken rule. */
export class ValidationError extends APIError {
  override get name(): string {
    return 'ValidationError'
  }
}

/** 429 that stayed after all retries. */
export class RateLimitError extends APIError {
  override get name(): string {
    return 'RateLimitError'
  }
}

/** 402: the plan's limit is reached. */
export class QuotaExceededError extends APIError {
  override get name(): string {
    return 'QuotaExceededError'
  }
}

/** 5xx that stayed after all retries: the server's own trouble. */
export class ServerError extends APIError {
  override get name(): string {
    return 'ServerError'
  }
}

/** No answer: the connection failed or broke off. `cause` is the runtime's error. */
export class ConnectionError extends DashClawError {
  override get name(): string {
    return 'ConnectionError'
  }
}

/** No answer within the time limit. */
export class TimeoutError extends ConnectionError {
  override get name(): string {
    return 'TimeoutError'
  }
}

/** What the guard answers, as far as {@link GuardBlockedError} needs it. */
export interface BlockedDecision {
  decision: string
  reasons?: readonly string[] | undefined
  warnings?: readonly string[] | undefined
  matched_policies?: readonly string[] | undefined
  risk_score?: number | null | undefined
}

/** A policy (or an unreachable guard that must block) forbids the action. Nothing ran. */
export class GuardBlockedError extends DashClawError {
  override get name(): string {
    return 'GuardBlockedError'
  }
  /** `block`, `require_approval`, or `unavailable` when the guard could not be asked. */
  readonly decision: 'block' | 'require_approval' | 'unavailable' | (string & {})
  /** One text a policy that blocks: `<policy name>: <reason>`. */
  readonly reasons: readonly string[]
  /** One text a policy that only warns. */
  readonly warnings: readonly string[]
  /** Ids (`gp_…`) of all policies that matched. */
  readonly matched_policies: readonly string[]
  /** Risk score as the guard answered it. */
  readonly risk_score: number | null
  /** HTTP status where the server refused (403), else undefined. */
  readonly status: number | undefined

  constructor(decision: BlockedDecision, goal: string, options?: ErrorCause & { status?: number }) {
    const reasons = decision.reasons ?? []
    const held = decision.decision === 'require_approval'
    super(
      `"${goal}" was not started: the guard answered ${decision.decision} (${reasons.length ? reasons.join('; ') : 'no reason given'}). ` +
        (held
          ? "Nothing was recorded, so no reviewer can approve it. Set hitlMode: 'wait', or pass { wait: true } per call."
          : 'Change the action or the policy; retrying the same action does not help.'),
      options,
    )
    this.decision = decision.decision
    this.reasons = reasons
    this.warnings = decision.warnings ?? []
    this.matched_policies = decision.matched_policies ?? []
    this.risk_score = decision.risk_score ?? null
    this.status = options?.status
  }
}

/** A person (or the server) turned the action down. Nothing ran. */
export class ApprovalDeniedError extends DashClawError {
  override get name(): string {
    return 'ApprovalDeniedError'
  }
  constructor(
    message: string,
    readonly action_id: string,
    /** `failed` after a denial, or `cancelled`, `expired`, `blocked`. */
    readonly status: string,
    /** The row that was seen last. */
    readonly action: unknown,
  ) {
    super(message)
  }
}

/** The server stopped waiting for a decision, so an approval can't release the action any more. Nothing ran; a new action asks again. */
export class ApprovalExpiredError extends ApprovalDeniedError {
  override get name(): string {
    return 'ApprovalExpiredError'
  }
}

/** Nobody decided in time. The action still waits on the server. */
export class ApprovalTimeoutError extends DashClawError {
  override get name(): string {
    return 'ApprovalTimeoutError'
  }
  constructor(
    message: string,
    readonly action_id: string,
    options?: ErrorCause,
  ) {
    super(message, options)
  }
}

/** The action waits for a person, and `hitlMode` is `off`: the work was not started. */
export class ApprovalPendingError extends DashClawError {
  override get name(): string {
    return 'ApprovalPendingError'
  }
  constructor(
    message: string,
    readonly action_id: string,
  ) {
    super(message)
  }
}

/** A pairing was refused, has expired, or was not approved in time. */
export class PairingError extends DashClawError {
  override get name(): string {
    return 'PairingError'
  }
  constructor(
    message: string,
    /** Last status seen, such as `pending` or `expired`. */
    readonly status?: string,
    options?: ErrorCause,
  ) {
    super(message, options)
  }
}

/** The key can't sign, or the value can't be signed. Nothing was sent. */
export class SigningError extends DashClawError {
  override get name(): string {
    return 'SigningError'
  }
}

/** Class name to class, for {@link isDashClawError}. */
export interface ErrorKinds {
  DashClawError: DashClawError
  InputError: InputError
  APIError: APIError
  AuthenticationError: AuthenticationError
  PermissionDeniedError: PermissionDeniedError
  SelfApprovalError: SelfApprovalError
  NotFoundError: NotFoundError
  RouteNotFoundError: RouteNotFoundError
  ConflictError: ConflictError
  ValidationError: ValidationError
  RateLimitError: RateLimitError
  QuotaExceededError: QuotaExceededError
  ServerError: ServerError
  ConnectionError: ConnectionError
  TimeoutError: TimeoutError
  GuardBlockedError: GuardBlockedError
  ApprovalDeniedError: ApprovalDeniedError
  ApprovalExpiredError: ApprovalExpiredError
  ApprovalTimeoutError: ApprovalTimeoutError
  ApprovalPendingError: ApprovalPendingError
  PairingError: PairingError
  SigningError: SigningError
}

/**
 * Tells whether a value is an error of this package, optionally of one kind or its subclasses.
 * Also right for errors from another copy of the package, where `instanceof` is not.
 *
 * @example if (isDashClawError(error, 'GuardBlockedError')) console.log(error.reasons)
 */
export function isDashClawError<K extends keyof ErrorKinds = 'DashClawError'>(
  error: unknown,
  kind?: K,
): error is ErrorKinds[K] {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  if (kind === undefined) return true
  // Names are getters on each prototype, so the chain spells out the class hierarchy in any copy.
  for (let proto: object | null = error; proto; proto = Object.getPrototypeOf(proto)) {
    if ((proto as Error).name === kind) return true
  }
  return false
}
