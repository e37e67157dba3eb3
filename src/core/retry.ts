import { abortReason, onAbort } from './abort.ts'
import type { CancelSignal } from './types.ts'

const MAX_RETRY_AFTER = 60_000

/**
 * Milliseconds of a `Retry-After` header in either form (seconds or an HTTP date), not above one minute; undefined when
 * there is none or it makes no sense.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER)
}

/**
 * Milliseconds before try number `attempt` + 1: what the server asked for, else 0.5 s doubling to 8 s with full jitter. A server that
 * asks for no pause does not get a loop without one.
 */
export function retryDelay(attempt: number, asked: number | undefined, random: () => number = Math.random): number {
  return asked || random() * Math.min(8000, 500 * 2 ** attempt)
}

/** Whether a status says that the server itself was not reached: a gateway's own, Cloudflare's (520 to 530) and an overload's (529). */
export const gatewayFailure = (status: number): boolean =>
  (status >= 502 && status <= 504) || (status >= 520 && status <= 530)

/**
 * Tells whether a refused request may be sent again. A request that is not safe to repeat is, only where the server
 * can't have acted on it: turned away by the rate limit, or by a server that says when to come back.
 */
export function retryableStatus(status: number, repeatable: boolean, asked: number | undefined): boolean {
  if (status === 429) return true
  if (!repeatable) return status === 503 && asked !== undefined
  return status === 408 || status === 500 || gatewayFailure(status)
}

/** Tells whether the server refused for good: asking again would give the same answer. */
export const refusedForGood = (status: number): boolean =>
  status >= 400 && status < 500 && status !== 408 && status !== 429

const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/

/** Tells whether a failed connection can't have carried the request: nobody accepted it. Runtimes without codes say no. */
export function neverSent(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } } | null)?.cause
  return NOT_SENT.test(String(cause?.code ?? cause?.errors?.[0]?.code))
}

/** The longest time that a timer holds; a longer one would fire at once. */
const MAX_TIMER = 2_147_483_647

/** Starts a timer; none for Infinity. A time beyond what timers hold (24 days) is as long as they do. */
export const timer = (run: () => void, ms: number): ReturnType<typeof setTimeout> | undefined =>
  ms === Infinity ? undefined : setTimeout(run, Math.min(ms, MAX_TIMER))

/** Waits; rejects with the signal's reason as soon as it is aborted, and leaves neither timer nor listener behind. */
export function sleep(ms: number, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const wait = timer(() => {
      release?.()
      resolve()
    }, ms)
    const release =
      signal &&
      onAbort(signal, () => {
        clearTimeout(wait)
        release!()
        reject(abortReason(signal))
      })
  })
}

/** Keeps a timer from holding a process open, where the runtime can. */
export function unref<T>(timer: T): T {
  ;(timer as { unref?: () => void } | undefined)?.unref?.()
  return timer
}
