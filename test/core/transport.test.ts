import { getEventListeners } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Core } from '../../src/core/core.ts'
import * as errors from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import type { FetchInit, FetchResponse } from '../../src/core/types.ts'
import { KEY } from '../support/client.ts'
import { rejection } from '../support/local.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (options: DashClawOptions) =>
  new Core({ baseUrl: 'http://host.test', apiKey: KEY, agentId: 'a', logger: false, ...options })

/** A `fetch` that gives the answers in order, the last one for ever, and counts. */
function answers(...list: (Response | Error | (() => Response))[]) {
  const calls: { url: string; init: FetchInit }[] = []
  const fetch = async (url: string, init: FetchInit): Promise<FetchResponse> => {
    calls.push({ url, init })
    const next = list[Math.min(calls.length, list.length) - 1]!
    if (next instanceof Error) throw next
    return typeof next === 'function' ? next() : next.clone()
  }
  return { fetch, calls }
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })

describe('a request', () => {
  test('carries the key and nothing else, and a content type only with a body', async () => {
    const { fetch, calls } = answers(json({ ok: true }))
    const claw = client({ fetch })
    await claw.request({ method: 'GET', path: '/api/health', query: { a: 1, b: undefined } })
    await claw.request({ method: 'POST', path: '/api/x', body: { a: 1 } })
    expect(calls[0]).toMatchObject({
      url: 'http://host.test/api/health?a=1',
      init: { method: 'GET', redirect: 'manual', headers: { 'x-api-key': KEY } },
    })
    expect(Object.keys(calls[0]!.init.headers)).toEqual(['x-api-key'])
    expect('body' in calls[0]!.init).toBe(false)
    expect(calls[1]!.init).toMatchObject({
      body: '{"a":1}',
      headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
    })
    expect(calls[0]!.init.cache).toBe('no-store')
    for (const name of ['mode', 'credentials']) expect(name in calls[0]!.init).toBe(false)
  })
  test('carries a bearer token and the caller’s headers when they are asked for', async () => {
    const { fetch, calls } = answers(json({}))
    await client({ fetch, authToken: 'jwt.x.y', headers: { 'x-team': 'ops' } }).request(
      { method: 'GET', path: '/api/x' },
      { headers: { 'x-trace': '1' } },
    )
    expect(calls[0]!.init.headers).toEqual({
      'x-api-key': KEY,
      authorization: 'Bearer jwt.x.y',
      'x-team': 'ops',
      'x-trace': '1',
    })
  })
  test('keeps the path of baseUrl', async () => {
    const { fetch, calls } = answers(json({}))
    await client({ fetch, baseUrl: 'https://host.test/claw/' }).request({
      method: 'GET',
      path: '/api/x?y=1',
      query: { z: 2 },
    })
    expect(calls[0]!.url).toBe('https://host.test/claw/api/x?y=1&z=2')
  })
  test('calls fetch without a receiver, and looks the global one up at each call', async () => {
    const claw = client({})
    const seen: unknown[] = []
    vi.stubGlobal('fetch', async function (this: unknown) {
      seen.push(this)
      return json({ n: 1 })
    })
    await expect(claw.request({ method: 'GET', path: '/api/x' })).resolves.toEqual({ n: 1 })
    vi.stubGlobal('fetch', undefined)
    expect(await rejection(claw.request({ method: 'GET', path: '/api/x' }))).toMatchObject({ field: 'fetch' })
    vi.unstubAllGlobals()
    expect(seen).toEqual([undefined])
  })
})

describe('a refusal', () => {
  test.each([
    [
      400,
      { error: 'Validation failed', details: ['agent_id is required'] },
      errors.ValidationError,
      /400: Validation failed \(agent_id is required\)/,
    ],
    [422, { error: 'no' }, errors.ValidationError, /422/],
    [401, { error: 'Unauthorized - Invalid or missing API key' }, errors.AuthenticationError, /Check apiKey/],
    [402, { error: 'limit', code: 'QUOTA_EXCEEDED', usage: 5 }, errors.QuotaExceededError, /402/],
    [403, { error: 'Forbidden - readonly API key' }, errors.PermissionDeniedError, /role/],
    [404, { error: 'Action not found' }, errors.NotFoundError, /Action not found/],
    [409, { error: 'taken' }, errors.ConflictError, /taken/],
    [413, { error: 'Request body too large', maxBytes: 2 }, errors.APIError, /too large/],
    [500, { error: 'Internal server error' }, errors.ServerError, /fault is the server/],
    [503, null, errors.ServerError, /null/],
    [500, 7, errors.ServerError, /7/],
  ])('%i with %o is the error of its kind, with the whole answer', async (status, body, kind, message) => {
    const { fetch } = answers(json(body, status))
    const error = (await rejection(
      client({ fetch, maxRetries: 0 }).request({ method: 'PATCH', path: '/api/x' }),
    )) as errors.APIError
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ status, body, method: 'PATCH', path: '/api/x', attempts: 1 })
    expect(error.message).toMatch(message)
    expect(error.code).toBe((body as { code?: string } | null)?.code)
  })
  test.each([
    [404, '<!DOCTYPE html>no such page', errors.RouteNotFoundError, /does not offer GET \/api\/x/],
    [502, '<html>Bad gateway</html>', errors.ServerError, /not JSON: <html>Bad gateway/],
    [500, '', errors.ServerError, /an empty answer/],
    [400, 'x'.repeat(5000), errors.ValidationError, /x{300}…/],
    [200, '<html>login</html>', errors.APIError, /Check that baseUrl/],
    [200, '{"action":{"id":1', errors.APIError, /not JSON/],
  ])('%i with a text that is not JSON keeps the status and an excerpt', async (status, text, kind, message) => {
    const { fetch } = answers(new Response(text, { status }))
    const error = (await rejection(
      client({ fetch, maxRetries: 0 }).request({ method: 'GET', path: '/api/x' }),
    )) as errors.APIError
    expect(error).toBeInstanceOf(kind)
    expect(error.status).toBe(status)
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(600)
  })
  test('204 is undefined', async () => {
    const { fetch } = answers(new Response(null, { status: 204 }))
    await expect(client({ fetch }).request({ method: 'DELETE', path: '/api/x' })).resolves.toBeUndefined()
  })
  test('never repeats the key, also when a proxy echoes it', async () => {
    const { fetch } = answers(new Response(`<html>bad header ${KEY} ${KEY}</html>`, { status: 400 }))
    const error = (await rejection(client({ fetch }).request({ method: 'GET', path: '/api/x' }))) as errors.APIError
    expect(JSON.stringify(error) + error.message + error.stack + String(error.body)).not.toContain(KEY)
    expect(String(error.body)).toContain('[REDACTED]')
  })
  test('a redirect is not followed, and the error says where it pointed', async () => {
    let followed = 0
    const other = await serve((_request, response) => {
      followed++
      response.end('{}')
    })
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: `${other}/api/x?token=1` }).end()
    })
    const error = (await rejection(
      client({ baseUrl: url }).request({ method: 'GET', path: '/api/x' }),
    )) as errors.APIError
    expect(error.message).toContain(`redirected to ${other}/api/x.`)
    expect(error.status).toBe(307)
    const opaque = {
      status: 0,
      type: 'opaqueredirect',
      headers: new Headers(),
      body: null,
      text: async () => '',
      arrayBuffer: async () => new ArrayBuffer(0),
    }
    expect(
      await rejection(client({ fetch: async () => opaque }).request({ method: 'GET', path: '/api/x' })),
    ).toMatchObject({ message: /redirected to another place/ })
    expect(followed).toBe(0)
  })
})

describe('retries', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => {})
    await vi.runAllTimersAsync()
    return promise
  }
  const broken = () => new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })

  test.each([
    ['GET', json({}, 500), 3],
    ['DELETE', json({}, 503), 3],
    ['PATCH', json({}, 502), 3],
    ['GET', json({}, 429), 3],
    ['GET', json({}, 400), 1],
    ['POST', json({}, 500), 1],
    ['POST', json({}, 503), 1],
    ['POST', json({}, 503, { 'retry-after': '1' }), 3],
    ['POST', json({}, 429), 3],
    ['GET', broken(), 3],
    ['POST', broken(), 1],
    ['POST', new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }), 3],
  ] as const)('%s that fails again and again is sent as often as it may be (%#)', async (method, answer, times) => {
    const { fetch, calls } = answers(answer)
    const error = await rejection(run(client({ fetch }).request({ method, path: '/api/x' })))
    expect(calls).toHaveLength(times)
    if (error instanceof errors.APIError) expect(error.attempts).toBe(times)
    expect(vi.getTimerCount()).toBe(0)
  })
  test('end with the first success', async () => {
    const { fetch, calls } = answers(json({}, 500), broken(), json({ n: 3 }))
    await expect(run(client({ fetch }).request({ method: 'GET', path: '/api/x' }))).resolves.toEqual({ n: 3 })
    expect(calls).toHaveLength(3)
  })
  test('repeat what is safe to repeat when the answer was cut, and only that', async () => {
    const cut = new Response('{"a":', { status: 200 })
    const first = answers(cut, json({ ok: 1 }))
    await expect(run(client({ fetch: first.fetch }).request({ method: 'GET', path: '/api/x' }))).resolves.toEqual({
      ok: 1,
    })
    const second = answers(cut, json({ ok: 1 }))
    expect(
      await rejection(run(client({ fetch: second.fetch }).request({ method: 'POST', path: '/api/x' }))),
    ).toBeInstanceOf(errors.APIError)
    expect(second.calls).toHaveLength(1)
  })
  test('wait as long as the server asks, at most a minute', async () => {
    const { fetch, calls } = answers(json({}, 429, { 'retry-after': '7' }), json({}))
    const request = client({ fetch }).request({ method: 'GET', path: '/api/x' })
    await vi.advanceTimersByTimeAsync(6999)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await request
    expect(calls).toHaveLength(2)
  })
  test('obey the option of the client and of the call', async () => {
    const { fetch, calls } = answers(json({}, 500))
    await rejection(run(client({ fetch, maxRetries: 1 }).request({ method: 'GET', path: '/api/x' })))
    expect(calls).toHaveLength(2)
    await rejection(run(client({ fetch, maxRetries: 1 }).request({ method: 'GET', path: '/api/x' }, { maxRetries: 0 })))
    expect(calls).toHaveLength(3)
  })
  test('the caller’s abort is an AbortError where the runtime keeps no reasons', async () => {
    const { fetch } = answers(json({}, 500))
    const controller = new AbortController()
    Object.defineProperty(controller.signal, 'reason', { value: undefined })
    const call = () =>
      rejection(client({ fetch }).request({ method: 'GET', path: '/api/x' }, { signal: controller.signal }))
    const waiting = call()
    await vi.advanceTimersByTimeAsync(0)
    controller.abort()
    expect([await waiting, await call()]).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
  })
  test('the caller’s abort during the wait is final and comes out unchanged', async () => {
    const { fetch, calls } = answers(json({}, 500))
    const controller = new AbortController()
    const request = rejection(
      client({ fetch }).request({ method: 'GET', path: '/api/x' }, { signal: controller.signal }),
    )
    await vi.advanceTimersByTimeAsync(0)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await request).toBe(reason)
    expect(calls).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
})

describe('over real HTTP', () => {
  test('a stalled server ends with a TimeoutError, before the headers and inside the body', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/api/body') {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{"a":')
      }
    })
    for (const path of ['/api/headers', '/api/body']) {
      const error = await rejection(
        client({ baseUrl: url, timeout: 60, maxRetries: 0 }).request({ method: 'GET', path }),
      )
      expect(error).toBeInstanceOf(errors.TimeoutError)
      expect((error as Error).message).toMatch(/no answer within 60 ms \(1 try\)/)
    }
  })
  test('the caller’s abort ends the call in every phase, and no listener stays on the signal', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/api/ok') response.end('{"ok":true}')
      else if (request.url === '/api/body') response.writeHead(200).write('{')
    })
    const controller = new AbortController()
    const claw = client({ baseUrl: url })
    for (let i = 0; i < 20; i++) await claw.request({ method: 'GET', path: '/api/ok' }, { signal: controller.signal })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    for (const path of ['/api/headers', '/api/body']) {
      const one = new AbortController()
      const reason = new Error(`stop ${path}`)
      const request = rejection(claw.request({ method: 'GET', path }, { signal: one.signal }))
      setTimeout(() => one.abort(reason), 30)
      expect(await request).toBe(reason)
      expect(getEventListeners(one.signal, 'abort')).toHaveLength(0)
    }
    controller.abort(new Error('before'))
    expect(
      await rejection(claw.request({ method: 'GET', path: '/api/ok' }, { signal: controller.signal })),
    ).toMatchObject({ message: 'before' })
  })
  test('a connection that breaks off is repeated; one that nobody accepts says so', async () => {
    let hits = 0
    const url = await serve((request, response) => {
      if (++hits === 1) request.socket.destroy()
      else response.end('{"hits":2}')
    })
    await expect(client({ baseUrl: url }).request({ method: 'GET', path: '/api/x' })).resolves.toEqual({ hits: 2 })
    const [server] = servers.splice(0)
    server!.closeAllConnections()
    await new Promise((done) => server!.close(done))
    const error = await rejection(
      client({ baseUrl: url, maxRetries: 0 }).request({ method: 'POST', path: '/api/x', body: {} }),
    )
    expect(error).toBeInstanceOf(errors.ConnectionError)
    expect((error as Error).message).toMatch(/did not reach http:\/\/127.*ECONNREFUSED/)
  })
  test('an answer above the limit is refused, with a length header and without', async () => {
    const url = await serve((request, response) => {
      const body = JSON.stringify('x'.repeat(5000))
      if (request.url === '/api/length') response.setHeader('content-length', body.length)
      response.write(body.slice(0, 10))
      response.end(body.slice(10))
    })
    for (const path of ['/api/length', '/api/chunked']) {
      const error = await rejection(client({ baseUrl: url, maxResponseBytes: 1000 }).request({ method: 'GET', path }))
      expect((error as Error).message).toMatch(/more than 1000 bytes/)
      await expect(
        client({ baseUrl: url, maxResponseBytes: 6000 }).request({ method: 'GET', path }),
      ).resolves.toHaveLength(5000)
    }
  })
  test('text in several chunks that cut characters is read whole', async () => {
    const bytes = Buffer.from(JSON.stringify('日本語 😀'.repeat(50)))
    const url = await serve(async (_request, response) => {
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7))
      response.end()
    })
    await expect(client({ baseUrl: url }).request({ method: 'GET', path: '/api/x' })).resolves.toBe(
      '日本語 😀'.repeat(50),
    )
  })
})
