import type { Send } from '../state/server.ts'

/** Calls of webhooks and the like with a `fetch`, or else with the global one. Redirects are not followed. */
export const sender =
  (given: typeof globalThis.fetch | undefined): Send =>
  ({ url, headers, body, ms, read = false }) =>
    within(ms, async (signal) => {
      const send = given ?? globalThis.fetch
      const response = await send(url, { method: 'POST', headers, body, redirect: 'manual', signal })
      const { status, ok } = response
      if (read) return { status, ok, text: await response.text() }
      await response.body?.cancel().catch(() => {})
      return { status, ok, text: '' }
    })

/** Gives up after so many milliseconds, also on a `fetch` that does not look at its signal. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      controller.abort()
      reject(new Error('The endpoint did not answer in time.'))
    }, ms)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
