/** Parsed JSON; undefined for what is none. */
export function parsed(bodyText: string): unknown {
  try {
    return JSON.parse(bodyText)
  } catch {
    return undefined
  }
}

/** First values: what comes twice is read once. */
export function queryOf({ searchParams }: URL): Record<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of searchParams) if (!query.has(name)) query.set(name, value)
  return Object.fromEntries(query)
}

export const MAX_BODY = 2_097_152

/** Judged by `content-length` alone: what comes in chunks over HTTP has none and passes. */
export function isTooLarge(headers: Headers, bodyText: string): boolean {
  const length = headers.get('content-length')
  if (length !== null) return Number(length) > MAX_BODY
  // A call in process has neither header. No UTF-16 unit takes more than three bytes.
  if (headers.has('transfer-encoding') || bodyText.length * 3 <= MAX_BODY) return false
  return new TextEncoder().encode(bodyText).length > MAX_BODY
}

/** An answer, or the reason of the signal as soon as it says so; an answer that comes too late is closed. */
export function untilAborted(signal: AbortSignal, work: Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason)
      work.then((response) => response.body?.cancel()).catch(() => {})
    }
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
