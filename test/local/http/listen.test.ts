import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { eventually } from '../../support/eventually.ts'

const headers = { 'x-api-key': 'local' }
const goal = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }

const running: LocalServer[] = []
async function start(options: LocalServerOptions = {}) {
  const local = createLocalServer(options)
  running.push(local)
  return { local, ...(await local.listen()) }
}
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(running.splice(0).map((local) => local.close()))
})

/** A request past `fetch`, with its body in the given pieces. */
function raw(
  url: string,
  options: RequestOptions,
  ...pieces: (string | Uint8Array)[]
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      url,
      { ...options, headers: { ...headers, ...options.headers } },
      (answer: IncomingMessage) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, text: Buffer.concat(chunks).toString() }))
      },
    )
    sent.on('error', reject)
    for (const piece of pieces) sent.write(piece)
    sent.end()
  })
}

/** A whole request written to a socket, and the first line of the answer. */
function plain(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      resolve(chunk.toString().split('\r\n')[0]!)
      socket.destroy()
    })
  })
}

const tcp = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'))

describe('over HTTP', () => {
  test('a stream is opened at once, carries events as they come, and resumes', async () => {
    const { local, url } = await start()
    const answer = await fetch(`${url}/api/stream`, { headers })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const reader = answer.body!.getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toMatch(/^event: connected\n/)
    local.emit('loop.updated', { text: 'é😀' })
    expect(await next()).toBe('id: mem-1\nevent: loop.updated\ndata: {"text":"é😀"}\n\n')
    await fetch(`${url}/api/guard`, { method: 'POST', headers, body: '{"action_type":"x"}' })
    expect(await next()).toMatch(/^id: mem-2\nevent: guard\.decision\.created\n/)
    await reader.cancel()
    const again = await fetch(`${url}/api/stream`, { headers: { ...headers, 'last-event-id': 'mem-1' } })
    const resumed = again.body!.getReader()
    expect(new TextDecoder().decode((await resumed.read()).value)).toMatch(/^id: mem-2\n/)
    await resumed.cancel()
  })

  test('a listener that goes away is forgotten', async () => {
    const { url } = await start()
    const started = vi.spyOn(globalThis, 'setInterval')
    const stopped = vi.spyOn(globalThis, 'clearInterval')
    const controller = new AbortController()
    const answer = await fetch(`${url}/api/stream`, { headers, signal: controller.signal })
    await answer.body!.getReader().read()
    const at = started.mock.calls.findIndex(([, ms]) => ms === 15_000)
    const timer: unknown = started.mock.results[at]?.value
    expect(timer).toBeDefined()
    expect(stopped.mock.calls.flat()).not.toContain(timer)
    controller.abort()
    await eventually(() => expect(stopped.mock.calls.flat()).toContain(timer))
  })

  test('64 requests at once are all answered, each for itself', async () => {
    const { local, url } = await start()
    const ids = Array.from({ length: 64 }, (_, at) => `act_${at}`)
    const answers = await Promise.all(
      ids.map(async (action_id) => {
        const answer = await fetch(`${url}/api/actions`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ ...goal, action_id }),
        })
        return ((await answer.json()) as { action_id: string }).action_id
      }),
    )
    expect(answers).toEqual(ids)
    expect(local.snapshot()['actions']).toHaveLength(64)
    expect(local.requests).toHaveLength(64)
  })

  test('bytes go out as they came in', async () => {
    const { url } = await start()
    const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256)
    const attachment = { filename: 'a.png', mime_type: 'image/png', data: Buffer.from(bytes).toString('base64') }
    const body = JSON.stringify({ from_agent_id: 'a', body: 'b', attachments: [attachment] })
    const sent = await fetch(`${url}/api/messages`, { method: 'POST', headers, body })
    const { message } = (await sent.json()) as { message: { attachments: { id: string }[] } }
    const read = await fetch(`${url}/api/messages/attachments?id=${message.attachments[0]!.id}`, { headers })
    expect(read.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('a character that two pieces of a body share arrives whole', async () => {
    const { local, url } = await start()
    const body = Buffer.from(JSON.stringify({ ...goal, declared_goal: 'Déployer 😀 日本' }))
    const cuts = [...body.keys()].map((at) => body.subarray(at, at + 1))
    expect((await raw(`${url}/api/actions`, { method: 'POST' }, ...cuts)).status).toBe(201)
    expect(local.snapshot()['actions']).toMatchObject([{ declared_goal: 'Déployer 😀 日本' }])
  })

  test('a body above 2 MiB is refused by its length, and passes in chunks', async () => {
    const { url } = await start()
    const body = JSON.stringify({ ...goal, junk: 'x'.repeat(2_097_152) })
    const length = { 'content-length': String(body.length) }
    expect((await raw(`${url}/api/actions`, { method: 'POST', headers: length }, body)).status).toBe(413)
    expect((await raw(`${url}/api/actions`, { method: 'POST' }, body)).status).toBe(201)
  })

  test('HEAD, preflight and answers without a body end at once', async () => {
    const { url } = await start()
    expect(await raw(`${url}/api/actions`, { method: 'HEAD' })).toEqual({ status: 200, text: '' })
    expect(await raw(`${url}/api/stream`, { method: 'HEAD' })).toEqual({ status: 200, text: '' })
    expect(await raw(`${url}/api/actions`, { method: 'OPTIONS' })).toEqual({ status: 204, text: '' })
    expect(await raw(`${url}/api/actions`, { method: 'PUT' }, '{}')).toEqual({ status: 405, text: '' })
    const moved = await fetch(`${url}/api/actions/?limit=1`, { headers, redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/api/actions?limit=1'])
  })

  test('requests that no fetch could send are answered too', async () => {
    const { port } = await start()
    const host = 'Host: x\r\nx-api-key: local\r\n\r\n'
    expect(await plain(port, `TRACE / HTTP/1.1\r\n${host}`)).toBe('HTTP/1.1 400 Bad Request')
    expect(await plain(port, `GET http://proxied.example.com/api/actions HTTP/1.1\r\n${host}`)).toBe('HTTP/1.1 200 OK')
    expect(await plain(port, `GET //api/actions HTTP/1.1\r\n${host}`)).toBe('HTTP/1.1 404 Not Found')
    expect(await plain(port, `GET /api/actions HTTP/1.1\r\nHost: a b\r\n\r\n`)).toBe('HTTP/1.1 400 Bad Request')
  })

  test('planned failures break the connection, or cut the answer', async () => {
    const { local, url } = await start()
    const create = () => fetch(`${url}/api/actions`, { method: 'POST', headers, body: JSON.stringify(goal) })
    for (const [kind, rows] of [
      ['network', 0],
      ['lost', 1],
    ] as const) {
      local.failNext(kind)
      await expect(create()).rejects.toBeInstanceOf(TypeError)
      expect((local.snapshot()['actions'] ?? []).length).toBe(rows)
    }
    local.failNext('malformed')
    const cut = await create()
    expect(cut.status).toBe(201)
    await expect(cut.json()).rejects.toBeInstanceOf(SyntaxError)
  })

  test('a client that leaves ends the wait that a failure put in', async () => {
    const { local, url } = await start()
    local.failNext({ delay: 3_600_000 })
    const stopped = vi.spyOn(globalThis, 'clearTimeout')
    const started = vi.spyOn(globalThis, 'setTimeout')
    const controller = new AbortController()
    const answer = fetch(`${url}/api/actions`, { headers, signal: controller.signal }).catch(() => 'gone')
    const waits = () => started.mock.calls.findIndex(([, ms]) => ms === 3_600_000)
    await eventually(() => expect(waits()).toBeGreaterThanOrEqual(0))
    controller.abort()
    expect(await answer).toBe('gone')
    await eventually(() => expect(stopped.mock.calls.flat()).toContain(started.mock.results[waits()]!.value))
  })
})

describe('closing', () => {
  test('leaves no handle behind, with streams and idle connections open', async () => {
    await eventually(() => expect(tcp()).toEqual([]))
    const { local, url } = await start()
    const streams = await Promise.all([1, 2, 3].map(() => fetch(`${url}/api/stream`, { headers })))
    await Promise.all(Array.from({ length: 8 }, () => fetch(`${url}/api/health`).then((answer) => answer.text())))
    expect(tcp()).toContain('TCPServerWrap')
    const ended = streams.map((answer) => answer.text().catch(() => 'cut'))
    await local.close()
    await Promise.all(ended)
    await eventually(() => expect(tcp()).toEqual([]))
    await expect(fetch(`${url}/api/health`)).rejects.toBeInstanceOf(TypeError)
  })

  test('one listener leaves the others and the server itself alone, and may be done twice', async () => {
    const { local, url, close } = await start()
    const other = await local.listen(0, '::1').catch(() => local.listen())
    expect(other.url).toMatch(/^http:\/\/(?:\[::1\]|127\.0\.0\.1):\d+$/)
    await close()
    await close()
    await expect(fetch(`${url}/api/health`)).rejects.toBeInstanceOf(TypeError)
    expect((await fetch(`${other.url}/api/health`)).status).toBe(200)
    expect((await local.fetch(`${local.baseUrl}/api/health`)).status).toBe(200)
    await local.close()
    await expect(fetch(`${other.url}/api/health`)).rejects.toBeInstanceOf(TypeError)
  })

  test('a port that is taken is an error', async () => {
    const { local, port } = await start()
    await expect(local.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
