import { onAbort, throwIfAborted } from './abort.ts'
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
import { checkHeaders, type Settings } from './options.ts'
import { neverSent, retryAfter, retryableStatus, retryDelay, sleep } from './retry.ts'
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

/** Sends a request: headers, time limit, abort, retries, parsing, errors. Gives parsed JSON, or what `read` asks for. */
export async function send(settings: Settings, out: Outgoing, options: RequestOptions = {}): Promise<unknown> {
  const { signal } = options
  const timeout = options.timeout ?? settings.timeout
  const retries = options.maxRetries ?? settings.maxRetries
  const url = settings.baseUrl + out.path + (out.query ?? '')
  checkHeaders(options.headers)
  const headers: Record<string, string> = { ...settings.headers, ...options.headers }
  if (settings.apiKey) headers['x-api-key'] = settings.apiKey
  if (settings.authToken) headers['authorization'] = `Bearer ${settings.authToken}`
  if (out.body !== undefined) headers['content-type'] = 'application/json'
  if (!(timeout >= 0) || !(retries >= 0)) {
    throw new InputError(
      'timeout and maxRetries of a call must be numbers of 0 or more.',
      timeout >= 0 ? 'maxRetries' : 'timeout',
    )
  }
  throwIfAborted(signal)

  for (let attempt = 1; ; attempt++) {
    const more = attempt <= retries
    // One controller a try joins the caller's signal and the time limit, and lets both go at the end of the try.
    const controller = new AbortController()
    let timedOut = false
    const timer = timeout
      ? setTimeout(() => {
          timedOut = true
          controller.abort()
        }, timeout)
      : undefined
    const release = signal && onAbort(signal, () => controller.abort(signal.reason))
    let asked: number | undefined
    let streaming = false
    try {
      const response = await call(settings, url, {
        method: out.verb,
        headers,
        ...(out.body === undefined ? undefined : { body: out.body }),
        redirect: 'manual',
        signal: controller.signal as CancelSignal,
      })
      const { status } = response
      asked = status === 429 || status === 503 ? retryAfter(response.headers.get('retry-after'), Date.now()) : undefined
      if (out.read === 'stream' && status === 200) {
        streaming = true
        return response
      }
      if (out.read === 'bytes' && status === 200) {
        return {
          bytes: (await readBody(response, settings, out)) as Uint8Array,
          headers: response.headers,
        } satisfies Download
      }
      if (!more || !retryableStatus(status, out.repeatable, asked)) {
        const text = await readBody(response, settings, out)
        const answer = readAnswer(settings, out, response, text as string, attempt, asked)
        if (answer !== UNREADABLE) return answer
        // A cut answer: the server has acted, so only what is safe to repeat is asked again.
        if (!more || !out.repeatable) throw refusal(settings, out, response, text as string, attempt, asked)
      } else {
        await readBody(response, settings, out).catch(() => {})
      }
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof APIError || error instanceof InputError) throw error
      if (!more || !(out.repeatable || neverSent(error))) throw lost(settings, out, error, timedOut, timeout, attempt)
    } finally {
      clearTimeout(timer)
      if (!streaming) release?.()
    }
    await sleep(retryDelay(attempt - 1, asked), signal)
  }
}

function call(
  { fetch = globalThis.fetch as Fetch | undefined }: Settings,
  url: string,
  init: FetchInit,
): Promise<FetchResponse> {
  if (!fetch) throw new InputError('This runtime has no fetch: pass one as the option { fetch }.', 'fetch')
  return fetch(url, init)
}

const UNREADABLE = /* @__PURE__ */ Symbol()

function readAnswer(
  settings: Settings,
  out: Outgoing,
  response: FetchResponse,
  text: string,
  attempts: number,
  asked: number | undefined,
): unknown {
  const { status } = response
  if (status >= 200 && status < 300) {
    if (status === 204) return undefined
    try {
      return JSON.parse(text)
    } catch {
      return UNREADABLE
    }
  }
  if (out.decision && status === 403) {
    // A guard's 403 is a decision; a role's 403 has no such field.
    try {
      const body = JSON.parse(text) as { decision?: unknown } | null
      if (typeof body?.decision === 'string') return body
    } catch {
      // Refused below.
    }
  }
  throw refusal(settings, out, response, text, attempts, asked)
}

/** Takes the keys out of a text that may echo the request. A key as short as a word of a test is no secret. */
function masked({ apiKey, authToken }: Settings, text: string): string {
  for (const key of [apiKey, authToken]) if (key && key.length > 7) text = text.replaceAll(key, '[REDACTED]')
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
  const said = json ? describeBody(body) : text ? `a text that is not JSON: ${String(body)}` : 'an empty answer'
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
        `${start}: ${said}. Check apiKey (DASHCLAW_API_KEY) and, for signed actions, the registered key.`,
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
        ? new NotFoundError(`${start}: ${said}`, info)
        : new RouteNotFoundError(
            `${start}: this server's version does not offer ${verb} ${path}, or baseUrl is not a DashClaw server.`,
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

function lost(
  settings: Settings,
  { verb, path, repeatable }: Outgoing,
  cause: unknown,
  timedOut: boolean,
  timeout: number,
  attempts: number,
) {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`
  const unclear = repeatable ? '' : ' It is not known whether the server acted on it.'
  if (timedOut) {
    return new TimeoutError(
      `${verb} ${path} had no answer within ${timeout} ms (${tries}).${unclear} Raise timeout, or look at the server.`,
      { cause },
    )
  }
  const inner = cause as { message?: string; cause?: { code?: string; message?: string } } | null
  const why = masked(settings, String(inner?.cause?.code ?? inner?.cause?.message ?? inner?.message ?? cause))
  return new ConnectionError(`${verb} ${path} did not reach ${settings.baseUrl} (${tries}): ${why}.${unclear}`, {
    cause,
  })
}

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
