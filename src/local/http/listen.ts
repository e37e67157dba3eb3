import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that listens on real HTTP. */
export interface Listening {
  /** Address for `baseUrl`. */
  url: string
  port: number
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Serves a fetch-shaped function over HTTP in Node. */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  port: number,
  host: string,
): Promise<Listening> {
  const { createServer } = await loadHttp()
  const server = createServer(async (incoming, outgoing) => {
    const controller = new AbortController()
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) controller.abort()
    })
    try {
      const request = requestOf(incoming, await read(incoming), controller.signal)
      if (!request) {
        outgoing.writeHead(400).end()
        return
      }
      const response = await handle(request)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      if (incoming.method === 'HEAD' || !response.body) {
        outgoing.end()
        return
      }
      // Sends the headers at once; flushHeaders() would write them as UTF-8 and garble bytes above 127.
      outgoing.write(new Uint8Array(0))
      const reader = response.body.getReader()
      controller.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        outgoing.write(value)
      }
      outgoing.end()
    } catch {
      // The listener went away, or a test asked for a broken connection.
      incoming.socket.destroy()
    }
  })
  // A proxy's view of long streams: no time limit here.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The request as `fetch` knows it; nothing for one that it can't say, such as TRACE. */
function requestOf(incoming: IncomingMessage, body: Buffer, signal: AbortSignal): Request | undefined {
  const { method = 'GET', url = '/' } = incoming
  const withBody = body.length > 0 && method !== 'GET' && method !== 'HEAD'
  try {
    // A proxy's form names the whole address.
    const address = url.startsWith('/') ? `http://${incoming.headers['host'] ?? 'localhost'}${url}` : url
    return new Request(address, {
      method,
      headers: headersOf(incoming),
      signal,
      ...(withBody && { body: new Uint8Array(body) }),
    })
  } catch {
    return undefined
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function headersOf({ headers }: IncomingMessage): Headers {
  const out = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return out
}

/**
 * Node's HTTP module. Named in a way that no bundler follows: a page or a worker that bundles the embedded server never
 * listens, and must not need the module.
 */
async function loadHttp(): Promise<typeof import('node:http')> {
  const name = ['node', 'http'].join(':')
  const host = Reflect.get(globalThis, 'process') as { getBuiltinModule?: (name: string) => unknown } | undefined
  const known = host?.getBuiltinModule?.(name) as typeof import('node:http') | undefined
  return known ?? ((await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as typeof import('node:http'))
}
