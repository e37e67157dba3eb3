/** One request that the server got. */
export interface SeenRequest {
  method: string
  path: string
  query: Record<string, string>
  /** Names in lower case. */
  headers: Record<string, string>
  /** Parsed JSON; undefined without a body or when it is no JSON. */
  body: unknown
  bodyText: string
  /** Milliseconds since 1970, by the server's clock. */
  time: number
}

/** How the next matching request fails. */
export type Failure = {
  /** Only requests with this method. */
  method?: string | undefined
  /** Only requests with this path, exactly or by pattern. */
  path?: string | RegExp | undefined
} & (
  | { status: number; body?: unknown; headers?: Record<string, string> | undefined }
  /** `network`: no answer, the server did not act. `lost`: it acted, and the answer is lost. `malformed`: it acted, and the answer is cut. */
  | { kind: 'network' | 'lost' | 'malformed' }
  /** Waits so many milliseconds before it answers as usual. */
  | { delay: number }
)

/** Failures that were asked for and did not happen yet. */
export interface PlannedFailures {
  plan(failure: Failure | 'network' | 'lost' | 'malformed', times: number): void
  /** Answers a request, or fails as planned. */
  answer(seen: SeenRequest, signal: AbortSignal, serve: () => Promise<Response>): Promise<Response>
  clear(): void
}

export function planFailures(): PlannedFailures {
  let planned: { failure: Failure; left: number }[] = []
  return {
    plan: (failure, times) =>
      void planned.push({ failure: typeof failure === 'string' ? { kind: failure } : failure, left: times }),
    async answer(seen, signal, serve) {
      const next = planned.find(({ failure, left }) => left > 0 && matches(failure, seen))
      if (!next) return serve()
      next.left--
      planned = planned.filter(({ left }) => left > 0)
      const { failure } = next
      if ('status' in failure) return refusal(failure)
      if ('delay' in failure) {
        await pause(failure.delay, signal)
        return serve()
      }
      if (failure.kind === 'network') throw broken()
      const response = await serve()
      if (failure.kind === 'malformed') return half(response)
      await response.body?.cancel()
      throw broken()
    },
    clear() {
      planned = []
    },
  }
}

/** What `fetch` throws when a connection breaks. */
const broken = () => new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })

// `search` starts at the front whatever a global pattern found before.
const matches = ({ method, path }: Failure, request: SeenRequest) =>
  (method === undefined || method.toUpperCase() === request.method) &&
  (path === undefined || (typeof path === 'string' ? path === request.path : request.path.search(path) >= 0))

const NO_BODY = [204, 205, 304]

function refusal({ status, body, headers }: Extract<Failure, { status: number }>): Response {
  const html = typeof body === 'string'
  const text = html ? body : JSON.stringify(body ?? { error: 'Planned failure' })
  return new Response(NO_BODY.includes(status) ? null : text, {
    status,
    headers: { 'content-type': html ? 'text/html' : 'application/json', ...headers },
  })
}

/** The first half of an answer; of a stream, the first half of what it sends first. */
async function half(response: Response): Promise<Response> {
  if (!response.body) return response
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  const endless = response.headers.get('content-type') === 'text/event-stream'
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    if (endless) break
  }
  await reader.cancel()
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return new Response(whole.subarray(0, Math.floor(at / 2)), response)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop)
        resolve()
      },
      Math.min(ms, 2_147_483_647),
    )
    signal.addEventListener('abort', stop, { once: true })
  })
}
