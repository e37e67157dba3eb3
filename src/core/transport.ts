import { abortReason, onAbort, throwIfAborted } from './abort.ts'
import {
  APIError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  InputError,
  NotFoundError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  RouteNotFoundError,
  ServerError,
  TimeoutError,
  ValidationError,
} from './errors.ts'
import { amount, readHeaders, type Settings, secret } from './options.ts'
import { neverSent, retryAfter, retryableStatus, retryDelay, sleep, timer } from './retry.ts'
import type { Slots } from './slots.ts'
import type { CancelSignal, Fetch, FetchInit, FetchResponse, RequestOptions } from './types.ts'

/** One request, ready to be sent. */
export interface Outgoing {
  verb: string
  /** Path without the query: what errors name. */
  path: string
  /** `?…` or nothing. */
  query?: string | undefined
  /** JSON text. */
  body?: string | undefined
  /** Whether the request may be sent again when it is unclear whether the server acted on it. */
  repeatable: boolean
  /** How the answer is read; `json` when absent. */
  read?: 'bytes' | 'stream' | undefined
  /** Takes a 403 whose body holds a decision as an answer. */
  decision?: boolean | undefined
}

/** An answer that is not JSON: a download. */
export interface Download {
  bytes: Uint8Array
  headers: { get(name: string): string | null }
}

/** Sends a request: headers, timeouts, abort, retries, parsing, errors. Gives parsed JSON, or what `read` asks for. */
export async function send(settings: Settings, out: Outgoing, options: RequestOptions = {}): Promise<unknown> {
  const { signal } = options
  const timeout = amount('timeout', options.timeout, settings.timeout)
  const total = amount('totalTimeout', options.totalTimeout, settings.totalTimeout)
  const retries = amount('maxRetries', options.maxRetries, settings.maxRetries)
  const url = settings.baseUrl + out.path + (out.query ?? '')
  let headers = headersOf(settings, out, options)
  const { maxConcurrent: slots } = settings
  const streams = out.read === 'stream'
  throwIfAborted(signal)
  const started = total ? now() : 0
  /** Milliseconds of the whole call that are left. */
  const left = () => (total ? total - (now() - started) : Infinity)

  for (let attempt = 1; ; attempt++) {
    if (!streams) {
      const wait = total ? queued(slots, signal, left(), () => late(out, total, attempt - 1)) : slots.take(signal)
      if (wait) await wait
    }
    // One controller a try joins the caller's signal and the timeouts, and lets both go at the end of the try.
    const controller = new AbortController()
    const most = Math.min(timeout || Infinity, Math.max(left(), 0))
    let timedOut = false
    let stop: ((reason: unknown) => void) | undefined
    const end = (reason?: unknown) => {
      controller.abort(reason)
      stop?.(controller.signal.reason)
    }
    const limit = timer(() => {
      timedOut = true
      end()
    }, most)
    const release = signal && onAbort(signal, () => end(abortReason(signal)))
    /** What a promise gives, unless the try is ended first: some `fetch` does not look at its signal. */
    const until = <T>(work: PromiseLike<T>) =>
      new Promise<T>((resolve, reject) => {
        stop = reject
        work.then(resolve, reject)
      })
    let asked: number | undefined
    let failure: unknown
    let streaming = false
    try {
      if (typeof settings.authToken === 'function') {
        headers = { ...headers, authorization: `Bearer ${await until(freshToken(settings, settings.authToken))}` }
      }
      const response = await until(
        call(settings, url, {
          method: out.verb,
          headers,
          ...(out.body === undefined ? undefined : { body: out.body }),
          redirect: 'manual',
          ...(knowsCache() ? { cache: 'no-store' } : undefined),
          signal: controller.signal as CancelSignal,
        }),
      )
      if (typeof response?.status !== 'number' || typeof response.headers?.get !== 'function') {
        throw new InputError('The fetch option must resolve with a Response.', 'fetch')
      }
      const { status } = response
      asked = status === 429 || status === 503 ? retryAfter(response.headers.get('retry-after'), Date.now()) : undefined
      if (streams && status === 200) {
        streaming = true
        return response
      }
      const again = retryableStatus(status, out.repeatable, asked)
      const body = await until(readBody(response, settings, out)).catch((error) => {
        // What a refusal says is not worth another failure.
        if (!again || controller.signal.aborted) throw error
        return ''
      })
      if (out.read === 'bytes' && status === 200) {
        return { bytes: body as Uint8Array, headers: response.headers } satisfies Download
      }
      const text = body as string
      const refused = () => refusal(settings, out, response, text, attempt, asked)
      if (again) failure = refused()
      else {
        const answer = readAnswer(out, status, text, refused)
        if (answer !== UNREADABLE) return answer
        failure = refused()
        // A cut answer: the server has acted, so only what is safe to repeat is asked again.
        if (!out.repeatable) throw failure
      }
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof APIError || error instanceof InputError) throw error
      failure =
        timedOut && most < (timeout || Infinity)
          ? late(out, total, attempt)
          : lost(settings, out, error, timedOut, timeout, attempt)
      if (!(out.repeatable || neverSent(error))) throw failure
    } finally {
      clearTimeout(limit)
      if (!streaming) release?.()
      if (!streams) slots.free()
    }
    const pause = retryDelay(attempt - 1, asked)
    if (attempt > retries || pause >= left()) throw failure
    await sleep(pause, signal)
  }
}

/** Waits for a slot, no longer than the whole call may take. */
function queued(
  slots: Slots,
  signal: CancelSignal | undefined,
  left: number,
  late: () => TimeoutError,
): Promise<void> | undefined {
  const end = new AbortController()
  const wait = slots.take(end.signal as CancelSignal)
  const limit = wait && timer(() => end.abort(late()), left)
  const release = wait && signal && onAbort(signal, () => end.abort(abortReason(signal)))
  return wait?.finally(() => {
    clearTimeout(limit)
    release?.()
  })
}

/** Monotonic milliseconds, where the host has them. */
const now = (): number => globalThis.performance?.now() ?? Date.now()

/** The headers of a request. What the SDK sets wins over the caller's, and a call's over the client's. */
function headersOf(settings: Settings, out: Outgoing, options: RequestOptions): Record<string, string> {
  const headers = { ...settings.headers, ...readHeaders(options.headers) }
  for (const name in headers) if (headers[name] === null) delete headers[name]
  if (settings.apiKey) headers['x-api-key'] = settings.apiKey
  if (typeof settings.authToken === 'string') headers['authorization'] = `Bearer ${settings.authToken}`
  if (out.body !== undefined) headers['content-type'] = 'application/json'
  return headers as Record<string, string>
}

/** The last tokens that the function of a client gave, for those that an answer echoes. */
const tokensOf = /* @__PURE__ */ new WeakMap<Settings, string[]>()
const TOKENS = 64

/** What the function gives for this try. Its own failure is no failure of the connection, and is not repeated. */
async function freshToken(settings: Settings, give: () => string | PromiseLike<string>): Promise<string> {
  let token: string | undefined
  try {
    token = secret('authToken', await give())
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError('The authToken function failed, so nothing was sent: see cause.', 'authToken', { cause })
  }
  if (!token) throw new InputError('The authToken function gave no token, so nothing was sent.', 'authToken')
  const tokens = tokensOf.get(settings) ?? []
  if (tokens.push(token) > TOKENS) tokens.shift()
  tokensOf.set(settings, tokens)
  return token
}

let cacheKnown: boolean | undefined

/** Whether the host's `fetch` takes `cache`. Some throw on it (workerd), some turn it into a query (React Native): they do not list it. */
const knowsCache = (): boolean =>
  (cacheKnown ??= 'cache' in ((globalThis as { Request?: { prototype: object } }).Request?.prototype ?? {}))

function call(
  { fetch = globalThis.fetch as Fetch | undefined }: Settings,
  url: string,
  init: FetchInit,
): Promise<FetchResponse> {
  if (!fetch) throw new InputError('This runtime has no fetch: pass one as the option { fetch }.', 'fetch')
  return Promise.resolve(fetch(url, init))
}

const UNREADABLE = /* @__PURE__ */ Symbol()

function readAnswer(out: Outgoing, status: number, text: string, refused: () => APIError): unknown {
  if (status >= 200 && status < 300) {
    // No content, also that of a gateway which took the request.
    if (!text.trim()) return undefined
    try {
      return JSON.parse(text)
    } catch {
      return UNREADABLE
    }
  }
  if (out.decision && status === 403) {
    // A guard's 403 is a decision; a role's 403 has no such field. One that says go is neither.
    try {
      const body = JSON.parse(text) as { decision?: unknown } | null
      if (typeof body?.decision === 'string' && !/^(allow|warn)$/.test(body.decision)) return body
    } catch {
      // Refused below.
    }
  }
  throw refused()
}

/** Takes the keys out of a text that may echo the request. A key as short as a word of a test is no secret. */
function masked(settings: Settings, text: string): string {
  for (const key of [settings.apiKey, settings.authToken, ...(tokensOf.get(settings) ?? [])]) {
    if (typeof key === 'string' && key.length > 7) text = text.replaceAll(key, '[REDACTED]')
  }
  return text
}

/** What an error may show of an answer that was read. */
export function shown(settings: Settings, answer: unknown): unknown {
  const text = JSON.stringify(answer)
  return text && JSON.parse(masked(settings, text))
}

/** Turns an answer into the error of its kind. */
function refusal(
  settings: Settings,
  { verb, path }: Outgoing,
  response: FetchResponse,
  raw: string,
  attempts: number,
  retryAfter: number | undefined,
): APIError {
  const { status } = response
  const text = masked(settings, raw)
  let body: unknown = text.length > 300 ? `${text.slice(0, 300)}…` : text
  let json = false
  try {
    body = JSON.parse(text)
    json = true
  } catch {
    // Not JSON: the excerpt stays.
  }
  const info = { status, method: verb, path, body, attempts, retryAfter }
  const said = json
    ? bare(describeBody(body))
    : text
      ? `text that is not JSON: ${bare(String(body))}`
      : 'an empty answer'
  const start = `${verb} ${path} answered ${status}`
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    const target = masked(settings, response.headers.get('location')?.split(/[?#]/)[0] ?? 'another place')
    return new APIError(
      `${verb} ${path} was redirected to ${target}. Redirects are not followed, since the API key would travel along: set baseUrl to the final address.`,
      info,
    )
  }
  if (status < 400)
    return new APIError(
      `${start} with ${said}. Check that baseUrl is a DashClaw server and that no proxy is in between.`,
      info,
    )
  switch (status) {
    case 400:
    case 422:
      return new ValidationError(`${start}: ${said}`, info)
    case 401:
      return new AuthenticationError(
        `${start}: ${said}. ` +
          ((body as { code?: unknown } | null)?.code === 'SIGNATURE_REQUIRED'
            ? 'Give the client a privateKey, and register its public key with createPairing or registerIdentity.'
            : 'Check apiKey (DASHCLAW_API_KEY) and, for signed actions, the registered key.'),
        info,
      )
    case 402:
      return new QuotaExceededError(`${start}: ${said}`, info)
    case 403:
      return new PermissionDeniedError(
        `${start}: ${said}. The key's role or the server's settings do not allow it.`,
        info,
      )
    case 404:
      return json
        ? new NotFoundError(`${start}: ${said} (${settings.baseUrl}${path})`, info)
        : new RouteNotFoundError(
            `${start}: this server's version does not offer ${verb} ${path}, or baseUrl is not a DashClaw server (${settings.baseUrl}${path}).`,
            info,
          )
    case 409:
      return new ConflictError(`${start}: ${said}`, info)
    case 429:
      return new RateLimitError(
        `${start}: ${said}. Ask less often${retryAfter ? `, next in ${Math.ceil(retryAfter / 1000)} s` : ''}.`,
        info,
      )
    default:
      return status >= 500
        ? new ServerError(
            `${start} after ${attempts} ${attempts === 1 ? 'try' : 'tries'}: ${said}. The fault is the server's.`,
            info,
          )
        : new APIError(`${start}: ${said}`, info)
  }
}

function describeBody(body: unknown): string {
  if (typeof body !== 'object' || body === null) return `${JSON.stringify(body)}`.slice(0, 300)
  const { error, message, details } = body as { error?: unknown; message?: unknown; details?: unknown }
  const said = typeof error === 'string' ? error : typeof message === 'string' ? message : 'no reason given'
  return Array.isArray(details) && details.length
    ? `${said} (${details.join('; ')})`.slice(0, 1000)
    : said.slice(0, 1000)
}

const tries = (attempts: number): string => (attempts === 1 ? '1 try' : `${attempts} tries`)

/** The error of a call that took too long as a whole. */
const late = ({ verb, path, repeatable }: Outgoing, total: number, attempts: number): TimeoutError =>
  new TimeoutError(
    `${verb} ${path} had no answer within the totalTimeout of ${total} ms (${tries(attempts)}).${attempts && !repeatable ? UNCLEAR : ''} Raise totalTimeout, or look at the server.`,
  )

const UNCLEAR = ' It is not known whether the server acted on it.'

function lost(
  settings: Settings,
  { verb, path, repeatable }: Outgoing,
  cause: unknown,
  timedOut: boolean,
  timeout: number,
  attempts: number,
) {
  const unclear = repeatable || (!timedOut && neverSent(cause)) ? '' : UNCLEAR
  if (timedOut) {
    return new TimeoutError(
      `${verb} ${path} had no answer within ${timeout} ms (${tries(attempts)}).${unclear} Raise timeout, or look at the server.`,
      { cause },
    )
  }
  const inner = cause as { message?: string; cause?: { code?: string; message?: string } } | null | undefined
  const why = bare(masked(settings, String(inner?.cause?.code ?? inner?.cause?.message ?? inner?.message ?? cause)))
  const hint =
    settings.baseUrl === 'http://dashclaw.local' && !settings.fetch
      ? ' This is the address of the embedded server: pass its fetch to the client as well, { fetch: server.fetch }.'
      : /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(why)
        ? ' Make the certificate of the server known, in Node with NODE_EXTRA_CA_CERTS.'
        : ''
  return new ConnectionError(
    `${verb} ${path} did not reach ${settings.baseUrl} (${tries(attempts)}): ${why}.${unclear}${hint}`,
    { cause },
  )
}

/** A string of somebody else's as a part of a sentence. */
const bare = (text: string): string => text.replace(/[.\s]+$/, '')

/** Reads an answer up to the size limit: text, or bytes where the request asks for them. */
async function readBody(
  response: FetchResponse,
  { maxResponseBytes: limit }: Settings,
  out: Outgoing,
): Promise<string | Uint8Array> {
  const bytes = out.read === 'bytes' && response.status === 200
  const length = response.headers.get('content-length')
  const body = response.body as ReadableStream<Uint8Array> | null | undefined
  const tooLarge = () => {
    const { verb, path } = out
    const info = { status: response.status, method: verb, path, body: undefined }
    return new APIError(
      `${verb} ${path} answered more than ${limit} bytes. Ask for less (limit), or raise maxResponseBytes.`,
      info,
    )
  }
  if (Number(length) > limit) {
    body?.cancel?.().catch(() => {})
    throw tooLarge()
  }
  // A length that is named and not compressed is the length that arrives.
  if ((length && !response.headers.get('content-encoding')) || typeof body?.getReader !== 'function') {
    return bytes ? new Uint8Array(await response.arrayBuffer()) : response.text()
  }
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.byteLength
    if (size > limit) {
      reader.cancel().catch(() => {})
      throw tooLarge()
    }
  }
  let whole = chunks[0] ?? new Uint8Array(0)
  if (chunks.length > 1) {
    whole = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      whole.set(chunk, at)
      at += chunk.byteLength
    }
  }
  return bytes ? whole : new TextDecoder().decode(whole)
}
