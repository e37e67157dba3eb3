/** How answers are read: bytes, decisions, streams, texts for errors, limits. */
import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Core, callRoute, settingsOf } from '../../src/core/core.ts'
import { type APIError, isDashClawError } from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { type Download, type Outgoing, send, shown } from '../../src/core/transport.ts'
import type { FetchInit, FetchResponse, RequestOptions } from '../../src/core/types.ts'
import { clientOver, KEY } from '../support/client.ts'
import { rejection } from '../support/local.ts'

const GET: Outgoing = { verb: 'GET', path: '/api/x', repeatable: true }
const POST: Outgoing = { verb: 'POST', path: '/api/x', body: '{}', repeatable: false }

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A client whose `fetch` gives the answers in turn, the last one for ever. */
function rig(list: readonly (Response | Error)[], options: DashClawOptions = {}) {
  const asked: FetchInit[] = []
  const fetch = async (_url: string, init: FetchInit): Promise<FetchResponse> => {
    asked.push(init)
    const next = list[Math.min(asked.length, list.length) - 1]!
    if (next instanceof Error) throw next
    return next as unknown as FetchResponse
  }
  const claw = new Core({ baseUrl: 'http://host.test', apiKey: KEY, agentId: 'a', logger: false, fetch, ...options })
  const settings = settingsOf(claw)
  return { claw, asked, settings, send: (out: Outgoing, more?: RequestOptions) => send(settings, out, more) }
}
const chunks = (...parts: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })

describe('limits of a call', () => {
  test.each([
    [{ timeout: -1 }, 'timeout'],
    [{ timeout: Number.NaN }, 'timeout'],
    [{ maxRetries: -1 }, 'maxRetries'],
    [{ maxRetries: Number.NaN }, 'maxRetries'],
    [{ timeout: -1, maxRetries: -1 }, 'timeout'],
    [{ timeout: 0, maxRetries: -1 }, 'maxRetries'],
  ])('%j is refused before any request', async (options, field) => {
    const { asked, send } = rig([Response.json({})])
    expect(await rejection(send(GET, options))).toMatchObject({ name: 'InputError', field })
    expect(asked).toEqual([])
  })
  test('of 0 are none', async () => {
    const { asked, send } = rig([Response.json({ error: 'down' }, { status: 500 })])
    vi.useFakeTimers()
    expect(await rejection(send(GET, { timeout: 0, maxRetries: 0 }))).toMatchObject({ status: 500, attempts: 1 })
    expect(asked).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the wait before a retry', () => {
  const waits = async (first: Response, second = Response.json({})) => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const { asked, send } = rig([first, second, Response.json({ ok: true })])
    const times: number[] = []
    const start = Date.now()
    const call = send(GET)
    let over = false
    void call.then(() => {
      over = true
    })
    while (!over) {
      if (times.length < asked.length) times.push(Date.now() - start)
      await vi.advanceTimersByTimeAsync(10)
    }
    if (times.length < asked.length) times.push(Date.now() - start)
    return times
  }
  test('is up to half a second, then up to a second', async () => {
    const down = () => Response.json({ error: 'down' }, { status: 500 })
    expect((await waits(down(), down())).map((time) => Math.round(time / 100) * 100)).toEqual([0, 500, 1500])
  })
  test.each([
    [429, 7000],
    [503, 7000],
    [500, 500],
    [502, 500],
  ])('after %d with a Retry-After of 7 s is %d ms', async (status, wait) => {
    const first = Response.json({ error: 'later' }, { status, headers: { 'retry-after': '7' } })
    expect((await waits(first)).map((time) => Math.round(time / 100) * 100)).toEqual([0, wait])
  })
  test('begins when the answer was read, so that its connection is free', async () => {
    const first = new Response(chunks('busy'), { status: 500 })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { send } = rig([first, Response.json({ ok: true })])
    expect(await send(GET)).toEqual({ ok: true })
    expect(first.bodyUsed).toBe(true)
  })
})

describe('a stream', () => {
  const STREAM: Outgoing = { ...GET, read: 'stream' }
  test('is handed over as it is, with the signal still in charge of it', async () => {
    const response = new Response(chunks('a'), { status: 200 })
    const { asked, send } = rig([response])
    const controller = new AbortController()
    expect(await send(STREAM, { signal: controller.signal })).toBe(response)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort(new Error('enough'))
    expect((asked[0]!.signal as AbortSignal).reason).toMatchObject({ message: 'enough' })
  })
  test('that is refused is an error, and lets the signal go', async () => {
    const { send } = rig([Response.json({ error: 'no' }, { status: 403 })])
    const controller = new AbortController()
    expect(await rejection(send(STREAM, { signal: controller.signal }))).toMatchObject({ status: 403 })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
  test('of another status is read as JSON', async () => {
    const { send } = rig([Response.json({ a: 1 }, { status: 201 })])
    expect(await send(STREAM)).toEqual({ a: 1 })
  })
})

describe('bytes', () => {
  const BYTES: Outgoing = { ...GET, read: 'bytes' }
  const text = ({ bytes }: Download) => new TextDecoder().decode(bytes)
  test('come with the headers, in one chunk, in several, and with a length', async () => {
    const headers = { 'content-type': 'text/csv' }
    for (const [body, more] of [
      [chunks('one'), {}],
      [chunks('o', 'n', 'e'), {}],
      ['one', { 'content-length': '3' }],
    ] as const) {
      const { send } = rig([new Response(body, { headers: { ...headers, ...more } })])
      const download = (await send(BYTES)) as Download
      expect(download.bytes).toBeInstanceOf(Uint8Array)
      expect(text(download)).toBe('one')
      expect(download.headers.get('content-type')).toBe('text/csv')
    }
  })
  test('may be none', async () => {
    const { send } = rig([new Response(chunks(), {})])
    expect(((await send(BYTES)) as Download).bytes).toHaveLength(0)
  })
  test('of a refusal are its text', async () => {
    const { send } = rig([Response.json({ error: 'Export not found' }, { status: 404 })])
    expect(await rejection(send(BYTES))).toMatchObject({
      name: 'NotFoundError',
      message: 'GET /api/x answered 404: Export not found (http://host.test/api/x)',
    })
  })
  test('of another status are read as JSON', async () => {
    const { send } = rig([Response.json({ a: 1 }, { status: 202 })])
    expect(await send(BYTES)).toEqual({ a: 1 })
  })
})

describe('a decision', () => {
  const ASK: Outgoing = { ...POST, decision: true }
  test('in a 403 is an answer where that is asked for', async () => {
    const body = { decision: 'block', reasons: ['no'] }
    const { send } = rig([Response.json(body, { status: 403 })])
    expect(await send(ASK)).toEqual(body)
  })
  test.each([
    [POST, { decision: 'block' }, 403],
    [ASK, { decision: 'block' }, 401],
    [ASK, { decision: { decision: 'block' } }, 403],
    [ASK, { error: 'Forbidden' }, 403],
    [ASK, null, 403],
  ])('is none in %j %j %d', async (out, body, status) => {
    const { send } = rig([Response.json(body, { status })])
    expect(await rejection(send(out))).toMatchObject({ status })
  })
  test('that is no JSON is a refusal', async () => {
    const { send } = rig([new Response('<html>', { status: 403 })])
    expect(await rejection(send(ASK))).toMatchObject({ name: 'PermissionDeniedError', body: '<html>' })
  })
})

describe('what errors show', () => {
  const message = async (response: Response, out = POST) =>
    (await rejection(rig([response]).send(out, { maxRetries: 0 }))).message
  const json = (body: unknown, status = 400) => Response.json(body, { status })
  test.each([
    [json({ error: 'bad', message: 'other' }), 'POST /api/x answered 400: bad'],
    [json({ message: 'other' }), 'POST /api/x answered 400: other'],
    [json({ message: 5 }), 'POST /api/x answered 400: no reason given'],
    [json({ error: 'bad', details: ['a', 'b'] }), 'POST /api/x answered 400: bad (a; b)'],
    [json({ error: 'bad', details: [] }), 'POST /api/x answered 400: bad'],
    [json('why'), 'POST /api/x answered 400: "why"'],
    [json(null), 'POST /api/x answered 400: null'],
    [json({ error: 'teapot' }, 418), 'POST /api/x answered 418: teapot'],
    [new Response('', { status: 400 }), 'POST /api/x answered 400: an empty answer'],
    [new Response('<p>', { status: 400 }), 'POST /api/x answered 400: text that is not JSON: <p>'],
    [json({ error: 'slow' }, 429), 'POST /api/x answered 429: slow. Ask less often.'],
  ])('%#', async (response, text) => {
    expect(await message(response)).toBe(text)
  })
  test('says when to ask again, in whole seconds', async () => {
    const slow = Response.json({ error: 'slow' }, { status: 429, headers: { 'retry-after': '1.2' } })
    const { send } = rig([slow])
    expect(await rejection(send(POST, { maxRetries: 0 }))).toMatchObject({
      name: 'RateLimitError',
      message: 'POST /api/x answered 429: slow. Ask less often, next in 2 s.',
      retryAfter: 1200,
    })
  })
  test('says how often it was tried', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const down = () => Response.json({ error: 'down' }, { status: 500 })
    expect((await rejection(rig([down(), down(), down()]).send(GET))).message).toBe(
      "GET /api/x answered 500 after 3 tries: down. The fault is the server's.",
    )
    expect((await rejection(rig([down()]).send(POST))).message).toBe(
      "POST /api/x answered 500 after 1 try: down. The fault is the server's.",
    )
  })
  test('is bounded', async () => {
    const long = 'x'.repeat(2000)
    expect(await message(json({ error: long }))).toHaveLength('POST /api/x answered 400: '.length + 1000)
    expect(await message(json({ error: 'bad', details: [long] }))).toHaveLength(
      'POST /api/x answered 400: '.length + 1000,
    )
    expect(await message(json(long))).toHaveLength('POST /api/x answered 400: '.length + 300)
    const body = async (text: string) =>
      ((await rejection(rig([new Response(text, { status: 400 })]).send(POST))) as APIError).body
    expect(await body('y'.repeat(300))).toBe('y'.repeat(300))
    expect(await body('y'.repeat(301))).toBe(`${'y'.repeat(300)}…`)
  })
  test('is never a key, unless it is as short as a word', async () => {
    const echo = async (apiKey: string) =>
      (await rejection(rig([json({ error: `key ${apiKey}` })], { apiKey }).send(POST))).message
    expect(await echo('12345678')).toContain('key [REDACTED]')
    expect(await echo('1234567')).toContain('key 1234567')
    const { settings } = rig([Response.json({})], { authToken: 'jwt.token.secret' })
    expect(shown(settings, { a: [KEY, 'jwt.token.secret', 1] })).toEqual({ a: ['[REDACTED]', '[REDACTED]', 1] })
    expect(shown(settings, undefined)).toBeUndefined()
  })
  test('names a redirect, or says that there was one', async () => {
    const to = (location?: string, status = 302) =>
      new Response(null, { status, ...(location && { headers: { location } }) })
    expect(await message(to('https://other.test/login?from=x#y', 300))).toMatch(
      /was redirected to https:\/\/other\.test\/login\. Redirects are not followed/,
    )
    expect(await message(to())).toMatch(/was redirected to another place\./)
    const opaque = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    })
    expect(await message(opaque)).toMatch(/was redirected to another place\./)
  })
})

describe('a connection that fails', () => {
  const lost = async (error: unknown, out: Outgoing = POST) => rejection(rig([error as Error]).send(out))
  test('says why, by the code of its cause, the text of its cause, or its own', async () => {
    const with_ = (cause: unknown) => Object.assign(new TypeError('fetch failed'), { cause })
    const unclear = ' It is not known whether the server acted on it.'
    const said = 'POST /api/x did not reach http://host.test (1 try): '
    expect((await lost(with_({ code: 'ECONNRESET', message: 'read' }))).message).toBe(`${said}ECONNRESET.${unclear}`)
    expect((await lost(with_({ message: 'other side closed' }))).message).toBe(`${said}other side closed.${unclear}`)
    const error = new TypeError('Failed to fetch')
    expect(await lost(error)).toMatchObject({ message: `${said}Failed to fetch.${unclear}`, cause: error })
  })
  test('may fail with nothing at all', async () => {
    const { settings } = rig([])
    for (const thrown of [undefined, null, 'text']) {
      const fetch = () => Promise.reject(thrown)
      expect(await rejection(send({ ...settings, fetch }, POST))).toMatchObject({
        name: 'ConnectionError',
        message: expect.stringContaining(`: ${thrown}.`),
      })
    }
  })
  test('was tried as often as it says', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    expect((await lost(new TypeError('no'), GET)).message).toBe(
      'GET /api/x did not reach http://host.test (3 tries): no.',
    )
  })
  test('in time says so', async () => {
    const { settings } = rig([])
    const fetch = (_url: string, { signal }: FetchInit) =>
      new Promise<never>((_resolve, reject) => signal!.addEventListener('abort', () => reject(new Error('aborted'))))
    expect(await rejection(send({ ...settings, fetch }, POST, { timeout: 5 }))).toMatchObject({
      name: 'TimeoutError',
      message:
        'POST /api/x had no answer within 5 ms (1 try). It is not known whether the server acted on it. Raise timeout, or look at the server.',
      cause: expect.objectContaining({ name: 'AbortError' }),
    })
  })
})

describe('the size of an answer', () => {
  const limited = (response: Response) => rig([response], { maxResponseBytes: 10 }).send(GET)
  test('may be the limit, by its length and by what arrives', async () => {
    expect(await limited(new Response('12345678.9', { headers: { 'content-length': '10' } }))).toBe(12345678.9)
    expect(await limited(new Response(chunks('12345', '678.9')))).toBe(12345678.9)
  })
  test('may not be more', async () => {
    const over = {
      name: 'APIError',
      status: 200,
      method: 'GET',
      path: '/api/x',
      message: 'GET /api/x answered more than 10 bytes. Ask for less (limit), or raise maxResponseBytes.',
    }
    const cancelled = vi.fn()
    const named = new Response(new ReadableStream({ cancel: cancelled }), { headers: { 'content-length': '11' } })
    expect(await rejection(limited(named))).toMatchObject(over)
    expect(cancelled).toHaveBeenCalledTimes(1)
    const endless = new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(4)),
        cancel: cancelled,
      }),
    )
    expect(await rejection(limited(endless))).toMatchObject(over)
    expect(cancelled).toHaveBeenCalledTimes(2)
  })
  test('that is named is not believed where the answer is compressed', async () => {
    const body = chunks('"aaaaaa', 'aaaaaa"')
    const response = new Response(body, { headers: { 'content-length': '5', 'content-encoding': 'gzip' } })
    expect(await rejection(limited(response))).toMatchObject({ name: 'APIError', message: /more than 10 bytes/ })
  })
  test('is not known where a runtime has no streams', async () => {
    const bare = { status: 200, type: 'basic', headers: new Headers({ 'content-length': '99' }), text: async () => '1' }
    expect(await rejection(limited(bare as never))).toMatchObject({ message: /more than 10 bytes/ })
    const unnamed = { ...bare, headers: new Headers() }
    expect(await limited(unnamed as never)).toBe(1)
  })
})

describe('a success without a body', () => {
  test.each([
    ['HEAD', 200],
    ['DELETE', 200],
    ['DELETE', 204],
    ['POST', 202],
    ['PUT', 205],
    ['PATCH', 201],
  ] as const)('%s %i resolves with undefined, and is sent once', async (method, status) => {
    const fetch = vi.fn(async () => new Response(null, { status }))
    const { claw } = clientOver(fetch, { maxRetries: 2 })
    expect(await claw.request({ method, path: '/api/x' })).toBeUndefined()
    expect(fetch).toHaveBeenCalledTimes(1)
  })
  test('is no answer where one is needed: nothing runs', async () => {
    const { claw } = clientOver(async () => new Response(null, { status: 200 }))
    expect(isDashClawError(await rejection(claw.guard({ action_type: 'x' })))).toBe(true)
    const work = vi.fn()
    expect(isDashClawError(await rejection(claw.track({ action_type: 'x', declared_goal: 'g' }, work)))).toBe(true)
    expect(work).not.toHaveBeenCalled()
  })
})

describe('callRoute', () => {
  test.each([
    ['GET', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
  ])('%s carries its fields in the query: %s', async (verb, inQuery) => {
    const asked: string[] = []
    const bodies: (string | undefined)[] = []
    const { claw } = rig([], {
      async fetch(url, { body }) {
        asked.push(url)
        bodies.push(body)
        return Response.json({}) as unknown as FetchResponse
      },
    })
    await callRoute(claw, `save ${verb} /api/x a:num`, { a: 1 })
    expect(asked).toEqual([`http://host.test/api/x${inQuery ? '?a=1' : ''}`])
    expect(bodies).toEqual([inQuery ? undefined : '{"a":1}'])
    await callRoute(claw, `save ${verb} /api/x`, undefined, undefined, [], { query: { b: 2 } })
    expect(asked[1]).toBe('http://host.test/api/x?b=2')
  })
  test('says what JSON has no form for', async () => {
    const { claw, asked } = rig([Response.json({})])
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    expect(await rejection(callRoute(claw, 'save POST /api/x', loop))).toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/^The input of save can't be written as JSON: /),
      cause: expect.any(TypeError),
    })
    const own = {
      toJSON() {
        throw new Error('mine')
      },
    }
    expect(await rejection(callRoute(claw, 'save POST /api/x', { own }))).toMatchObject({ message: /mine/ })
    expect(asked).toEqual([])
  })
})
