import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Sent } from './cases.ts'

/** The origin that recorded exchanges are replayed on. */
export const WIRE = 'http://dashclaw.test'

/**
 * A server on the network level: every request of the global `fetch` to {@link WIRE} is kept and answered, any other one is
 * an error. Call it at the top of a test file.
 */
export function wire() {
  const sent: Sent[] = []
  let answer: () => Response = () => HttpResponse.json({})
  const server = setupServer(
    http.all(`${WIRE}/*`, async ({ request }) => {
      const { pathname, searchParams } = new URL(request.url)
      const entry: Sent = { method: request.method, path: pathname }
      const query = Object.fromEntries(searchParams)
      if (Object.keys(query).length) entry.query = query
      const text = await request.text()
      if (text) entry.body = JSON.parse(text)
      sent.push(entry)
      return answer()
    }),
  )
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
  afterEach(() => {
    sent.length = 0
  })
  afterAll(() => server.close())
  return {
    sent,
    /** What the next requests are answered with. */
    answers(status: number, contentType: string | null, body: unknown): void {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      answer = () =>
        new Response(contentType === null ? null : text, {
          status,
          headers: contentType === null ? {} : { 'content-type': contentType },
        })
    },
  }
}
