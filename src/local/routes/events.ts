import type { Listener, StoredEvent } from '../state/org.ts'
import { type Context, type Route, route } from './route.ts'

const REPLAY_WINDOW = 600_000
const REPLAY_MOST = 200
const KEEPALIVE = 15_000
const LIFETIME = 30 * 60_000

function frame(event: StoredEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`
}

/** Events that came after an id: the oldest first, as many as one connection may have. */
function missed(ctx: Context, lastEventId: string | null): StoredEvent[] {
  const n = /^mem-(\d+)$/.exec(lastEventId ?? '')?.[1]
  if (n === undefined || Number(n) > ctx.org.eventCount) return []
  const since = ctx.clock.now() - REPLAY_WINDOW
  return ctx.org.events.filter((event) => event.n > Number(n) && event.time >= since).slice(0, REPLAY_MOST)
}

function open(ctx: Context): Response {
  const { org, request } = ctx
  const lastEventId = ctx.headers.get('last-event-id') ?? ctx.query['lastEventId'] ?? null
  const encoder = new TextEncoder()
  let close = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string) => controller.enqueue(encoder.encode(text))
      const replay = missed(ctx, lastEventId)
      for (const event of replay) write(frame(event))
      write(
        `event: connected\ndata: ${JSON.stringify({
          status: 'ok',
          orgId: org.id,
          backend: 'memory',
          realtimeStatus: 'healthy',
          replayed: replay.length,
          lastEventId,
          replayError: null,
        })}\n\n`,
      )
      const beat = setInterval(() => write(': heartbeat\n\n'), KEEPALIVE)
      const end = setTimeout(() => listener.close(), LIFETIME)
      for (const timer of [beat, end] as { unref?: () => void }[]) timer.unref?.()
      const listener: Listener = {
        send: (event) => write(frame(event)),
        close: () => {
          close()
          controller.close()
        },
      }
      const abort = () => {
        close()
        controller.error(request.signal.reason)
      }
      close = () => {
        clearInterval(beat)
        clearTimeout(end)
        org.listeners.delete(listener)
        request.signal.removeEventListener('abort', abort)
      }
      org.listeners.add(listener)
      request.signal.addEventListener('abort', abort)
    },
    cancel: () => close(),
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      connection: 'keep-alive',
    },
  })
}

/** The organization's events. */
export const events: Route[] = [route('GET', '/api/stream', open)]
