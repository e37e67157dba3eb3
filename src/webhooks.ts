import { DashClawError, SigningError } from 'dashclaw'
import type { Bytes } from './core/encoding.ts'
import type { Open } from './core/types.ts'

/** Why a webhook was not accepted. */
export type WebhookFault =
  | 'missing_secret'
  | 'missing_signature'
  | 'malformed_signature'
  | 'signature_mismatch'
  | 'missing_timestamp'
  | 'timestamp_out_of_tolerance'
  | 'invalid_body'

/** The request can't be trusted or read: answer it with 400 and act on nothing in it. */
export class WebhookVerificationError extends DashClawError {
  override get name(): string {
    return 'WebhookVerificationError'
  }
  constructor(
    message: string,
    /** What is wrong, for code to branch on. */
    readonly reason: WebhookFault,
  ) {
    super(message)
  }
}

/** Request headers: a `Headers` object, or a record of any spelling of case such as Node's `request.headers`. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** What both kinds of webhook need to be verified. */
export interface WebhookRequest {
  /**
   * The raw body as it came: bytes, or the text of `await request.text()`. What a framework parsed and JSON.stringify wrote again
   * does not verify; in Express use `express.raw({ type: 'application/json' })`.
   */
  body: string | Uint8Array | ArrayBuffer
  /** The request's headers; `X-DashClaw-Signature` is read from them. */
  headers?: WebhookHeaders | undefined
  /** Value of `X-DashClaw-Signature`, in place of `headers`. */
  signature?: string | null | undefined
  /** The shared secret as text; several while one replaces another. */
  secret: string | readonly string[]
  /** Current time in milliseconds since 1970. Default: the clock. */
  now?: number | undefined
}

/** Argument of {@link verifyWebhook}. */
export interface VerifyWebhookInput extends WebhookRequest {
  /**
   * How far the event's own `timestamp` may be from now, in milliseconds, either way. Default: not checked. The signature covers
   * no time but this one, so without a limit a request that was recorded once can be sent again for ever.
   */
  toleranceMs?: number | undefined
}

/** Argument of {@link verifyGuardWebhook}. */
export interface VerifyGuardWebhookInput extends WebhookRequest {
  /** Value of `X-DashClaw-Timestamp`, in place of `headers`. */
  timestamp?: string | number | null | undefined
  /** How far the signed timestamp may be from now, in milliseconds, either way. Default 300,000 (5 minutes). */
  toleranceMs?: number | undefined
}

/** One governance signal of a delivery. */
export interface WebhookSignal {
  type: Open<
    | 'autonomy_spike'
    | 'high_impact_low_oversight'
    | 'repeated_failures'
    | 'stale_loop'
    | 'assumption_drift'
    | 'stale_assumption'
    | 'stale_running_action'
    | 'agent_silent'
    | 'test'
  >
  severity: Open<'red' | 'amber'>
  /** Short title. */
  label: string
  /** What was seen. */
  detail: string
  /** What to do about it. */
  help: string
  /** Absent in a test delivery. */
  agent_id?: string | null
  /** With `high_impact_low_oversight` and `stale_running_action`. */
  action_id?: string
  /** With `stale_loop`. */
  loop_id?: string
  /** With `stale_assumption`. */
  assumption_id?: string
}

/** New governance signals, those that the webhook subscribed to. */
export interface SignalsDetectedEvent {
  event: 'signals.detected'
  org_id: string
  /** Time of sending, ISO 8601. */
  timestamp: string
  signals: WebhookSignal[]
}

/** What `testWebhook` sends: one signal of type `test`. */
export interface WebhookTestEvent {
  event: 'test'
  org_id: string
  /** Time of sending, ISO 8601. */
  timestamp: string
  signals: WebhookSignal[]
}

/** An approval was asked for or decided. Sent by newer servers only. */
export interface ApprovalWebhookEvent {
  event: 'approval_pending' | 'approval_granted' | 'approval_denied'
  /** Page where a person decides. */
  approval_url?: string
  [field: string]: unknown
}

/**
 * Name of an event outside the list: any other text when it runs. For the compiler it equals none of the listed names, so that
 * comparing `event` with one of those still tells the types apart.
 */
declare enum UnlistedName {
  any = '(not listed)',
}

/** An event of a newer server, which this version has no type for. `const name: string = unlisted.event` reads its name. */
export interface UnlistedWebhookEvent {
  event: UnlistedName
  [field: string]: unknown
}

/** Body of a delivery; `event` tells which. */
export type WebhookEvent = SignalsDetectedEvent | WebhookTestEvent | ApprovalWebhookEvent | UnlistedWebhookEvent

/** Decision of the guard. */
export type GuardWebhookDecision = 'allow' | 'warn' | 'require_approval' | 'block'

/** What the guard asks the URL of a `webhook_check` policy. Answer with a {@link GuardWebhookReply} as JSON. */
export interface GuardEvaluationEvent {
  event: 'guard.evaluation'
  org_id: string
  /** Time of sending, ISO 8601. */
  timestamp: string
  context: {
    action_type: string
    risk_score: number | null
    agent_id: string | null
    systems_touched: string[]
    reversible: boolean | null
    declared_goal: string | null
  }
  /** What the other policies decided. */
  preliminary_decision: Open<GuardWebhookDecision>
  /** Ids (`gp_…`) of the policies that matched so far. */
  matched_policies: string[]
  reasons: string[]
  warnings: string[]
}

/** Answer to a {@link GuardEvaluationEvent}, status 200. The server reads the first 2,000 characters. */
export interface GuardWebhookReply {
  /** Counts only when it is stricter than `preliminary_decision` (allow < warn < require_approval < block). */
  decision?: GuardWebhookDecision
  reasons?: string[]
  /** Without a stricter decision these turn the result into `warn`. */
  warnings?: string[]
}

/**
 * Verifies a delivery to a webhook that `createWebhook` made, and reads it.
 *
 * The signature covers the body alone, so no header of the request can be trusted, `X-DashClaw-Delivery` included.
 *
 * @returns The event that was signed.
 * @throws {WebhookVerificationError} See its `reason`.
 * @throws {SigningError} When the runtime has no WebCrypto.
 * @example
 * const event = await verifyWebhook({ body: await request.text(), headers: request.headers, secret })
 * if (event.event === 'signals.detected') for (const signal of event.signals) console.log(signal.label)
 */
export async function verifyWebhook(input: VerifyWebhookInput): Promise<WebhookEvent> {
  const secrets = secretsOf(input.secret)
  const signature = signatureOf(input, '')
  const body = bytesOf(input.body)
  await checkSignature(secrets, signature, body)
  const event = parse(body)
  if (input.toleranceMs !== undefined) {
    if (typeof event['timestamp'] !== 'string') fail('missing_timestamp', 'The event has no timestamp to check.')
    checkTime(Date.parse(event['timestamp']), input.now, input.toleranceMs)
  }
  return event as unknown as WebhookEvent
}

/**
 * Verifies what the guard posts to the URL of a `webhook_check` policy, and reads it. The guard signs only where the deployment
 * has set a guard webhook secret.
 *
 * @returns The question that was signed.
 * @throws {WebhookVerificationError} See its `reason`.
 * @throws {SigningError} When the runtime has no WebCrypto.
 * @example
 * const { context } = await verifyGuardWebhook({ body: await request.text(), headers: request.headers, secret })
 * const reply: GuardWebhookReply = context.action_type === 'deploy' ? { decision: 'require_approval' } : {}
 * return Response.json(reply)
 */
export async function verifyGuardWebhook(input: VerifyGuardWebhookInput): Promise<GuardEvaluationEvent> {
  const secrets = secretsOf(input.secret)
  const signature = signatureOf(input, 'v1=')
  const timestamp = String(input.timestamp ?? header(input.headers, 'x-dashclaw-timestamp') ?? '')
  if (!timestamp) {
    fail(
      'missing_timestamp',
      'The request has no X-DashClaw-Timestamp header. Pass the headers, or its value as `timestamp`.',
    )
  }
  const body = bytesOf(input.body)
  const head = utf8(timestamp + '.')
  const signed = new Uint8Array(head.length + body.length)
  signed.set(head)
  signed.set(body, head.length)
  await checkSignature(secrets, signature, signed)
  checkTime(Number(timestamp), input.now, input.toleranceMs ?? 300_000)
  const event = parse(body)
  if (event['event'] !== 'guard.evaluation') {
    fail('invalid_body', 'The body is signed, but is no guard evaluation. Deliveries are for verifyWebhook.')
  }
  return event as unknown as GuardEvaluationEvent
}

function fail(reason: WebhookFault, message: string): never {
  throw new WebhookVerificationError(message, reason)
}

function secretsOf(secret: string | readonly string[]): string[] {
  const secrets = (typeof secret === 'string' ? [secret] : [...(secret ?? [])]).filter(
    (one) => typeof one === 'string' && one !== '',
  )
  // An empty secret would verify whatever anybody signs with an empty secret.
  if (!secrets.length) fail('missing_secret', 'No secret was given. Is the environment variable that holds it set?')
  return secrets
}

function header(headers: WebhookHeaders | undefined, name: string): string | undefined {
  if (!headers) return undefined
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name && value !== undefined) return String(value)
  }
  return undefined
}

/** The signature's bytes. A header that came twice is joined by a comma, and so is refused as malformed. */
function signatureOf(input: WebhookRequest, prefix: 'v1=' | ''): Bytes {
  const text = input.signature ?? header(input.headers, 'x-dashclaw-signature') ?? ''
  if (!text) {
    fail(
      'missing_signature',
      'The request has no X-DashClaw-Signature header. Pass the headers, or its value as `signature`. ' +
        (prefix
          ? 'The guard signs only where the deployment has set a guard webhook secret.'
          : 'Every delivery of DashClaw has one: this request may come from somebody else.'),
    )
  }
  const bytes = text.startsWith(prefix) ? fromHex(text.slice(prefix.length)) : undefined
  if (bytes?.length !== 32) {
    fail(
      'malformed_signature',
      prefix
        ? 'The signature must be v1= and 64 hex digits. A delivery, whose signature has no v1=, is for verifyWebhook.'
        : 'The signature must be 64 hex digits. A guard webhook, whose signature starts with v1=, is for verifyGuardWebhook.',
    )
  }
  return bytes
}

/** A copy of the body's bytes: the caller may use its buffer again while the signature is checked. */
function bytesOf(body: unknown): Bytes {
  if (typeof body === 'string') return utf8(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  // No instanceof: a test runner may hand over an ArrayBuffer of another realm.
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]')
    return new Uint8Array(body as ArrayBuffer).slice()
  return fail(
    'invalid_body',
    "The body is neither text nor bytes: a framework has parsed it. Pass the raw body, such as await request.text(), or in Express that of express.raw({ type: 'application/json' }).",
  )
}

async function checkSignature(secrets: readonly string[], signature: Bytes, signed: Bytes): Promise<void> {
  const crypto = globalThis.crypto?.subtle
  if (!crypto) throw new SigningError('This runtime has no crypto.subtle, which webhooks are verified with.')
  for (const secret of secrets) {
    const key = await crypto.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    // WebCrypto compares in constant time.
    if (await crypto.verify('HMAC', key, signature, signed)) return
  }
  fail(
    'signature_mismatch',
    'The signature does not fit the body. Either the secret is another one, or the body is not the raw one: pass the bytes as they came, not what a framework parsed and JSON.stringify wrote again.',
  )
}

function checkTime(time: number, now: number | undefined, toleranceMs: number): void {
  const age = (now ?? Date.now()) - time
  // Negated, so that a time that can't be read is out of tolerance too.
  if (!(Math.abs(age) <= toleranceMs)) {
    fail(
      'timestamp_out_of_tolerance',
      Number.isNaN(age)
        ? 'The signed timestamp is not a time.'
        : `The request was signed ${Math.abs(age)} ms ${age < 0 ? 'ahead of' : 'before'} this clock, and the limit is ${toleranceMs} ms. It may be a replay; else set the clock, or raise toleranceMs.`,
    )
  }
}

function parse(body: Bytes): Record<string, unknown> {
  let event: unknown
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // The engine's error quotes the body: not handed on.
    fail('invalid_body', 'The body is signed, but is not JSON.')
  }
  if (typeof (event as { event?: unknown } | null)?.event !== 'string') {
    fail('invalid_body', 'The body is signed, but is no event: it is not an object with the text `event`.')
  }
  return event as Record<string, unknown>
}

/** UTF-8 bytes of a text. */
function utf8(text: string): Bytes {
  return new TextEncoder().encode(text)
}

/** Reads hex of either case; undefined when the text is not pairs of hex digits. */
function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 || !/^[\da-f]*$/i.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
