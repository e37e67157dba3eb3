import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, before, type Fault } from './faults.ts'

/** A request as the proxy read it off the wire. */
export interface Passing {
  method: string
  /** With the query. */
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** An answer of the server, complete. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface FaultProxy {
  url: string
  port: number
  /** What happens to the next requests; nothing by default. */
  plan: (passing: Passing) => Fault | undefined
  /** Told every complete answer of the server, and may put another one in its place. */
  rewrite: ((passing: Passing, answer: Answer) => Answer | undefined) | undefined
  /** Requests that arrived, and connections that are open. */
  readonly requests: number
  readonly sockets: number
  /** Event streams that were opened, and the most at one time. */
  readonly streams: { opened: number; open: number; most: number }
  /** Breaks every open connection, as a network that goes away. */
  cut(how?: 'reset' | 'end'): void
  close(): Promise<void>
}

const REASON = 'Because'

/**
 * A TCP proxy on loopback that knows enough of HTTP to break it anywhere: it reads a request off the socket, asks the plan, and
 * writes the answer's bytes itself. `upstream` is asked for each request, so the server behind may change.
 */
export async function startProxy(upstream: () => string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const sockets = new Set<Socket>()
  const streams = { opened: 0, open: 0, most: 0 }
  let requests = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    let pending: Buffer = Buffer.alloc(0)
    let busy = false
    const next = async () => {
      if (busy) return
      const read = readRequest(pending)
      if (!read) return
      busy = true
      pending = pending.subarray(read.length)
      requests++
      try {
        await serve(socket, read.passing)
      } catch {
        // The server behind is away: what a proxy says then.
        if (!socket.destroyed) socket.write(frame({ status: 502, headers: {}, body: Buffer.from('Bad gateway') }))
      }
      busy = false
      void next()
    }
    socket.on('data', (chunk) => {
      pending = pending.length ? Buffer.concat([pending, chunk]) : chunk
      void next()
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })

  async function serve(socket: Socket, passing: Passing): Promise<void> {
    const fault = proxy.plan(passing)
    if (fault && (await before(fault, socket))) return
    const incoming = await ask(agent, upstream(), passing, socket)
    if (/event-stream/.test(incoming.headers['content-type'] ?? '')) return stream(socket, incoming, fault)
    const body = await whole(incoming)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    let answer: Answer = { status: incoming.statusCode ?? 0, headers, body }
    answer = proxy.rewrite?.(passing, answer) ?? answer
    if (socket.destroyed || (fault && (await after(fault, socket, answer)))) return
    socket.write(frame(answer))
  }

  /** Passes an event stream on, until the fault's byte. */
  function stream(socket: Socket, incoming: IncomingMessage, fault: Fault | undefined): Promise<void> {
    streams.opened++
    streams.most = Math.max(streams.most, ++streams.open)
    socket.write(
      `HTTP/1.1 ${incoming.statusCode} ${REASON}\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
    let left = fault?.bytes ?? Number.POSITIVE_INFINITY
    return new Promise((resolve) => {
      const done = () => {
        streams.open--
        incoming.destroy()
        resolve()
      }
      socket.once('close', done)
      incoming.on('data', (chunk: Buffer) => {
        if (left <= 0 || socket.destroyed) return
        const part = chunk.subarray(0, Math.min(left, chunk.length))
        left -= part.length
        socket.write(chunked(part))
        if (left > 0) return
        if (fault?.kind === 'reset-after') socket.resetAndDestroy()
        else if (fault?.kind === 'drop-after') socket.destroy()
        // Any other fault of a stream: silence in the middle of a frame.
      })
      incoming.on('end', () => socket.end('0\r\n\r\n'))
      incoming.on('error', () => socket.destroy())
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    plan: () => undefined,
    rewrite: undefined,
    get requests() {
      return requests
    },
    get sockets() {
      return sockets.size
    },
    streams,
    cut(how = 'reset') {
      for (const socket of sockets) {
        if (how === 'reset') socket.resetAndDestroy()
        else socket.end()
      }
    },
    close: () =>
      new Promise<void>((resolve) => {
        agent.destroy()
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return proxy
}

/** The first request in the bytes so far, or nothing while it is not complete. */
function readRequest(bytes: Buffer): { passing: Passing; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (bytes.length < length) return undefined
  const [method = '', path = ''] = first.split(' ')
  return { passing: { method, path, headers, body: bytes.subarray(end + 4, length) }, length }
}

/** The bytes of an answer, with its length. */
export function frame({ status, headers, body }: Answer): Buffer {
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(transfer-encoding|connection|keep-alive|date)$/.test(name),
  )
  const head = kept.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} ${REASON}\r\n${head}content-length: ${body.length}\r\n\r\n`, 'latin1'),
    body,
  ])
}

const chunked = (part: Buffer) =>
  Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])

function ask(agent: Agent, base: string, passing: Passing, socket: Socket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = passing
    const { 'accept-encoding': _compression, connection: _connection, ...kept } = headers
    const outgoing = httpRequest(new URL(path, base), { agent, method, headers: kept }, resolve)
    outgoing.on('error', reject)
    // Only a stream is let go with its listener: whether the server acts must not hang on how patient the caller is.
    if (/\/api\/stream/.test(path)) socket.once('close', () => outgoing.destroy())
    outgoing.end(body)
  })
}

async function whole(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
