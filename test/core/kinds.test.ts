/** Kinds of mistakes and mishaps around a request, each with a case for every form that it was seen in. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { isDashClawError } from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { retryDelay, sleep } from '../../src/core/retry.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { rejection, warnings } from '../support/local.ts'

const KEY = 'oc_live_0123456789abcdef'
type Init = Parameters<NonNullable<DashClawOptions['fetch']>>[1]

function client(fetch: unknown, options: Partial<DashClawOptions> = {}) {
  const logger = warnings()
  const claw = new DashClaw({
    baseUrl: 'https://claw.example',
    apiKey: KEY,
    agentId: 'bot',
    maxRetries: 0,
    logger,
    fetch: fetch as never,
    ...options,
  })
  return { claw, logger }
}
const ok = (body: unknown = { decision: 'allow' }) => Response.json(body)

describe('unknown options', () => {
  test.each([
    ['hitl_mode', 'hitlMode'],
    ['guardmode', 'guardMode'],
    ['retries', 'maxRetries'],
    ['api_key', 'apiKey'],
    ['baseURL', 'baseUrl'],
    ['on_pending', 'onPending'],
  ])('of the client: %s is refused, did you mean %s', (wrong, right) => {
    expect(() => client(ok, { [wrong]: 'x' })).toThrow(`new DashClaw() has no option ${wrong}; did you mean ${right}?`)
  })
  test.each(['retries', 'time_out', 'Signal', 'maxretries', 'header'])('of a call: %s', async (wrong) => {
    const fetch = vi.fn(async () => ok())
    const { claw } = client(fetch)
    for (const run of [
      () => claw.getActions({}, { [wrong]: 1 } as never),
      () => claw.guard({ action_type: 'x' }, { [wrong]: 1 } as never),
      () => claw.createAction({ action_type: 'x', declared_goal: 'g' }, { [wrong]: 1 } as never),
      () => claw.track({ action_type: 'x', declared_goal: 'g' }, () => 1, { [wrong]: 1 } as never),
      () => claw.request({ method: 'GET', path: '/api/x' }, { [wrong]: 1 } as never),
    ]) {
      expect((await rejection(run())).message).toMatch(new RegExp(`has no option ${wrong}; did you mean`))
    }
    expect(fetch).not.toHaveBeenCalled()
  })
  test('of one call that another call has: wait at a list', async () => {
    const { claw } = client(ok)
    expect((await rejection(claw.getActions({}, { wait: true } as never))).message).toContain(
      'getActions has no option wait',
    )
  })
  test.each(['x', 5, [], () => 1])('that are no object: %o', async (options) => {
    const { claw } = client(ok)
    expect(await rejection(claw.getActions({}, options as never))).toMatchObject({ name: 'InputError' })
  })
  test('null counts as none', async () => {
    const { claw } = client(async () => ok({ actions: [], total: 0 }))
    expect(await claw.getActions({}, null as never)).toEqual({ actions: [], total: 0 })
  })
  test('of forAgent', () => {
    const { claw } = client(ok)
    expect(() => claw.forAgent('b', { agent_name: 'B' } as never)).toThrow('did you mean agentName?')
  })
})

describe('times beyond what a timer holds', () => {
  test.each([Number.POSITIVE_INFINITY, 3_000_000_000, Number.MAX_SAFE_INTEGER])(
    'timeout %d is a long one',
    async (timeout) => {
      const slow = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return ok()
      }
      expect((await client(slow).claw.guard({ action_type: 'x' }, { timeout })).decision).toBe('allow')
      expect((await client(slow, { timeout }).claw.guard({ action_type: 'x' })).decision).toBe('allow')
      expect((await client(slow, { totalTimeout: timeout }).claw.guard({ action_type: 'x' })).decision).toBe('allow')
    },
  )
  test('a pause of that length does not end at once', async () => {
    const end = new AbortController()
    const pause = sleep(1e12, end.signal)
    const early = await Promise.race([
      pause.then(() => 'over'),
      new Promise((resolve) => setTimeout(resolve, 30, 'waits')),
    ])
    expect(early).toBe('waits')
    end.abort(new Error('enough'))
    await expect(pause).rejects.toThrow('enough')
  })
  test.each([Number.NaN, -1, '5', null])('a timeout of %o is refused, or none', async (timeout) => {
    const { claw } = client(async () => ok())
    const call = claw.guard({ action_type: 'x' }, { timeout: timeout as never })
    if (timeout === null) expect((await call).decision).toBe('allow')
    else expect(await rejection(call)).toMatchObject({ name: 'InputError', field: 'timeout' })
  })
})

describe('headers', () => {
  const sent = async (own: unknown, ofCall: unknown, options: Partial<DashClawOptions> = {}) => {
    let headers: Headers | undefined
    const { claw } = client(
      async (url: string, init: RequestInit) => {
        headers = new Request(url, init).headers
        return ok()
      },
      { headers: own as never, ...options },
    )
    await claw.request({ method: 'POST', path: '/api/x', body: {} }, { headers: ofCall as never })
    return Object.fromEntries(headers!)
  }
  test('what the SDK sets wins, whatever the case', async () => {
    expect(
      await sent(
        { 'Content-Type': 'text/plain', 'X-Api-Key': 'other', Authorization: 'Basic x' },
        { 'CONTENT-TYPE': 'text/html', 'x-API-key': 'third' },
        { authToken: 'jwt' },
      ),
    ).toEqual({ 'content-type': 'application/json', 'x-api-key': KEY, authorization: 'Bearer jwt' })
  })
  test('a call’s replace the client’s, whatever the case', async () => {
    expect(await sent({ 'X-Trace': 'client', 'x-team': 'ops' }, { 'x-trace': 'call' })).toMatchObject({
      'x-trace': 'call',
      'x-team': 'ops',
    })
  })
  test('null takes one off, undefined is none', async () => {
    const all = await sent({ 'X-Trace': 'client', 'x-none': undefined }, { 'x-trace': null, 'x-team': undefined })
    expect(Object.keys(all).sort()).toEqual(['content-type', 'x-api-key'])
  })
  test.each([
    ['Headers', new Headers({ 'X-Trace': 'a' })],
    ['pairs', [['X-Trace', 'a']]],
    ['a Map', new Map([['X-Trace', 'a']])],
    ['an object', { 'X-Trace': 'a' }],
  ])('may be %s', async (_name, headers) => {
    expect(await sent(headers, undefined)).toMatchObject({ 'x-trace': 'a' })
    expect(await sent(undefined, headers)).toMatchObject({ 'x-trace': 'a' })
  })
  test.each([
    [{ 'x-a': 'b\r\nx-evil: 1' }],
    [{ 'x a': 'b' }],
    [[['x-a', 'b\n']]],
    [['x-a']],
    ['x-a: b'],
    [{ 'x-a': {} }],
  ])('that could become two are refused: %j', async (headers) => {
    const { claw } = client(ok)
    expect(await rejection(claw.getActions({}, { headers: headers as never }))).toMatchObject({ name: 'InputError' })
  })
  test('stay with a client for another agent', async () => {
    let headers: Record<string, string> = {}
    const { claw } = client(
      async (_url: string, init: Init) => {
        headers = init.headers
        return ok()
      },
      { headers: { 'X-Team': 'ops' } },
    )
    await claw.forAgent('b').guard({ action_type: 'x' })
    expect(headers).toMatchObject({ 'x-team': 'ops', 'x-api-key': KEY })
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
    const { claw } = client(fetch, { maxRetries: 2 })
    expect(await claw.request({ method, path: '/api/x' })).toBeUndefined()
    expect(fetch).toHaveBeenCalledTimes(1)
  })
  test('is no answer where one is needed: nothing runs', async () => {
    const { claw } = client(async () => new Response(null, { status: 200 }))
    expect(isDashClawError(await rejection(claw.guard({ action_type: 'x' })))).toBe(true)
    const work = vi.fn()
    expect(isDashClawError(await rejection(claw.track({ action_type: 'x', declared_goal: 'g' }, work)))).toBe(true)
    expect(work).not.toHaveBeenCalled()
  })
})

describe('gateways', () => {
  test.each([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530])(
    '%i is repeated, and a ServerError when it stays',
    async (status) => {
      const fetch = vi.fn(async () => new Response('<html>', { status }))
      const { claw } = client(fetch, { maxRetries: 1 })
      expect(await rejection(claw.getActions())).toMatchObject({ name: 'ServerError', status, attempts: 2 })
      expect(fetch).toHaveBeenCalledTimes(2)
    },
    10_000,
  )
  test.each([501, 505, 511, 519, 531])('%i is not', async (status) => {
    const fetch = vi.fn(async () => new Response('{}', { status }))
    await rejection(client(fetch, { maxRetries: 2 }).claw.getActions())
    expect(fetch).toHaveBeenCalledTimes(1)
  })
  test.each([0, undefined])('Retry-After %o is no loop without a pause', (asked) => {
    expect(retryDelay(0, asked, () => 1)).toBe(500)
  })
  test('Retry-After in the past is none', async () => {
    const fetch = vi
      .fn()
      .mockResolvedValueOnce(
        new Response('{}', { status: 429, headers: { 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' } }),
      )
      .mockResolvedValue(ok({ actions: [], total: 0 }))
    vi.spyOn(Math, 'random').mockReturnValue(0.2)
    const start = performance.now()
    await client(fetch, { maxRetries: 1 }).claw.getActions()
    expect(performance.now() - start).toBeGreaterThan(80)
    vi.restoreAllMocks()
  })
})

describe('a fetch that does not look at its signal', () => {
  const deaf = () => new Promise<Response>((resolve) => setTimeout(resolve, 5_000, ok()))
  const deafBody = async () => ({
    status: 200,
    headers: new Headers(),
    text: () => new Promise(() => {}),
    arrayBuffer: () => new Promise(() => {}),
  })
  test.each([
    ['before the answer', deaf],
    ['in the body', deafBody],
  ])('is held to the timeout, %s', async (_name, fetch) => {
    const { claw } = client(fetch, { timeout: 30 })
    expect(await rejection(claw.guard({ action_type: 'x' }))).toMatchObject({ name: 'TimeoutError' })
  })
  test.each([
    ['before the answer', deaf],
    ['in the body', deafBody],
  ])('is held to the caller’s signal, %s', async (_name, fetch) => {
    const { claw } = client(fetch)
    const reason = new Error('stop')
    const end = new AbortController()
    setTimeout(() => end.abort(reason), 20)
    expect(await rejection(claw.guard({ action_type: 'x' }, { signal: end.signal }))).toBe(reason)
  })
  test.each([undefined, null, 5, {}, { status: 200 }, { headers: new Headers() }])(
    'one that resolves with %o gives a typed error',
    async (answer) => {
      const { claw } = client(async () => answer)
      expect(isDashClawError(await rejection(claw.getActions()))).toBe(true)
    },
  )
  test('one that throws at once gives a typed error', async () => {
    const { claw } = client(() => {
      throw new Error('no network stack')
    })
    expect(await rejection(claw.getActions())).toMatchObject({ name: 'ConnectionError' })
  })
})

describe('totalTimeout', () => {
  test('bounds all tries and the pauses between them', async () => {
    const fetch = vi.fn(async () => new Response('{}', { status: 503 }))
    const { claw } = client(fetch, { maxRetries: 50, totalTimeout: 700 })
    const start = performance.now()
    const error = await rejection(claw.getActions())
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(['ServerError', 'TimeoutError']).toContain(error.name)
    expect(fetch.mock.calls.length).toBeGreaterThan(0)
  })
  test('ends a try that takes longer, and says so', async () => {
    const { claw } = client(() => new Promise(() => {}))
    expect(await rejection(claw.getActions({}, { totalTimeout: 40 }))).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('totalTimeout of 40 ms'),
    })
  })
  test('a pause that does not fit is not begun: the refusal is what the caller gets', async () => {
    const fetch = vi.fn(async () => new Response('{}', { status: 429, headers: { 'retry-after': '30' } }))
    const { claw } = client(fetch, { maxRetries: 3, totalTimeout: 5_000 })
    expect(await rejection(claw.getActions())).toMatchObject({ name: 'RateLimitError', attempts: 1 })
    expect(fetch).toHaveBeenCalledTimes(1)
  })
})

describe('many requests at once', () => {
  const gate = () => {
    let open = 0
    let most = 0
    const fetch = async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 1))
      open--
      return ok()
    }
    return { fetch, most: () => most }
  }
  test.each([
    [undefined, 64],
    [3, 3],
    [Number.POSITIVE_INFINITY, 200],
  ])('maxConcurrent %o lets %i be under way, children included', async (maxConcurrent, expected) => {
    const { fetch, most } = gate()
    const { claw } = client(fetch, { maxConcurrent })
    const child = claw.forAgent('b')
    await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? claw : child).guard({ action_type: 'x' })))
    expect(most()).toBe(expected)
  })
  test('who gives up while it waits leaves the queue', async () => {
    let release: (() => void) | undefined
    const { claw } = client(
      () =>
        new Promise((resolve) => {
          release = () => resolve(ok())
        }),
      { maxConcurrent: 1 },
    )
    const first = claw.guard({ action_type: 'x' })
    const second = rejection(claw.guard({ action_type: 'x' }, { signal: AbortSignal.timeout(10) }))
    const third = rejection(claw.guard({ action_type: 'x' }, { totalTimeout: 10 }))
    expect((await second).name).toBe('TimeoutError')
    expect(await third).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('totalTimeout') })
    const fourth = claw.guard({ action_type: 'x' })
    release!()
    await first
    await vi.waitFor(() => release!())
    expect((await fourth).decision).toBe('allow')
  })
  test.each([0, -1, Number.NaN, '5'])('a bound of %o is refused', (maxConcurrent) => {
    expect(() => client(ok, { maxConcurrent: maxConcurrent as never })).toThrow(/^maxConcurrent must be/)
  })
  test('5,000 guards over real HTTP are all answered', async () => {
    let open = 0
    let most = 0
    const http = createServer((request, response) => {
      most = Math.max(most, ++open)
      request.resume().on('end', () => {
        open--
        response.end('{"decision":"allow"}')
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const claw = new DashClaw({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY, agentId: 'bot', logger: false })
    const answers = await Promise.all(Array.from({ length: 5_000 }, () => claw.guard({ action_type: 'x' })))
    expect(answers.every(({ decision }) => decision === 'allow')).toBe(true)
    expect(most).toBeLessThanOrEqual(64)
    http.close()
    http.closeAllConnections()
  }, 60_000)
})

describe('a client inside of a proxy', () => {
  /** What Vue's `reactive` does: every object that is read is wrapped as well. */
  const reactive = <T extends object>(object: T): T =>
    new Proxy(object, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        return typeof value === 'object' && value !== null ? reactive(value) : value
      },
    })
  test('works: guard, track, forAgent, flush, close', async () => {
    const server = createLocalServer()
    const claw = reactive(
      new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'bot', fetch: server.fetch, logger: false }),
    )
    expect(claw.agentId).toBe('bot')
    expect((await claw.guard({ action_type: 'x' })).decision).toBe('allow')
    expect(await claw.track({ action_type: 'build', declared_goal: 'g' }, () => 'done')).toBe('done')
    expect(claw.forAgent('b').agentId).toBe('b')
    claw.background('x', async () => {})
    await claw.flush()
    await claw.close()
  })
})

describe('hostile callbacks never change a result, and are never an unhandled rejection', () => {
  const hostile: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['rejects with nothing', () => Promise.reject()],
    [
      'gives a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: it is what is tried
        then() {
          throw new Error('mine')
        },
      }),
    ],
  ]
  const unhandled: unknown[] = []
  process.on('unhandledRejection', (error) => unhandled.push(error))
  test.each(hostile)('one that %s', async (_name, callback) => {
    const server = createLocalServer()
    const claw = new DashClaw({
      baseUrl: server.baseUrl,
      apiKey: 'local',
      agentId: 'bot',
      maxRetries: 0,
      guardMode: 'warn',
      autoRecommend: 'warn',
      logger: { warn: callback, error: callback, debug: callback, info: callback } as never,
      guardCallback: callback as never,
      recommendationCallback: callback as never,
      waitUntil: callback as never,
      onUndelivered: callback as never,
      fetch: async (url, init) =>
        init.method === 'PATCH' ? (new Response('{}', { status: 500 }) as never) : server.fetch(url, init),
    })
    expect(await claw.track({ action_type: 'build', declared_goal: 'g' }, () => 'done')).toBe('done')
    claw.background('report', callback as never)
    await claw.flush()
    await claw.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(unhandled).toEqual([])
  })
  test.each([
    ['a promise', async (text: string) => text],
    ['undefined', () => undefined],
    ['an object', () => ({})],
    ['a rejection', () => Promise.reject(new Error('mine'))],
    [
      'a throw',
      () => {
        throw new Error('mine')
      },
    ],
  ])('redact that gives %s sends [REDACTED], with a warning', async (_name, redact) => {
    const bodies: string[] = []
    const { claw, logger } = client(
      async (_url: string, { body }: Init) => {
        bodies.push(body!)
        return ok()
      },
      { redact: redact as never },
    )
    await claw.guard({ action_type: 'build', declared_goal: 'secret plan' })
    expect(bodies[0]).toContain('"declared_goal":"[REDACTED]"')
    expect(bodies[0]).not.toContain('secret plan')
    expect(logger.texts[0]).toContain('redact')
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(unhandled).toEqual([])
  })
})

describe('errors of the first hour', () => {
  test.each(['https://claw.example/api', 'https://claw.example/api/', 'https://claw.example/base/api'])(
    'baseUrl %s is used without /api, with a warning',
    async (baseUrl) => {
      let asked = ''
      const { claw, logger } = client(
        async (url: string) => {
          asked = url
          return ok()
        },
        { baseUrl },
      )
      await claw.guard({ action_type: 'x' })
      expect(asked).toBe(`${baseUrl.replace(/\/api\/?$/, '')}/api/guard`)
      expect(logger.texts).toEqual([expect.stringContaining('ends in /api')])
    },
  )
  test('a 404 names the address that was asked', async () => {
    const json = client(async () => Response.json({ error: 'Not found' }, { status: 404 })).claw
    expect((await rejection(json.getAction('act_1'))).message).toContain('https://claw.example/api/actions/act_1')
    const page = client(async () => new Response('<html>', { status: 404 })).claw
    expect((await rejection(page.getAction('act_1'))).message).toContain('https://claw.example/api/actions/act_1')
  })
  test('SIGNATURE_REQUIRED says how to sign', async () => {
    const { claw } = client(async () =>
      Response.json({ error: 'Signature required', code: 'SIGNATURE_REQUIRED' }, { status: 401 }),
    )
    expect((await rejection(claw.getActions())).message).toMatch(/privateKey.*createPairing/)
  })
  test.each([
    [{ apiKey: '' }, /apiKey is missing/],
    [{ apiKey: `"${KEY}"` }, /quotes/],
    [{ apiKey: `'${KEY}'` }, /quotes/],
    [{ apiKey: `Bearer ${KEY}` }, /Bearer/],
    [{ authToken: 'bearer abc.def.ghi' }, /Bearer/],
  ])('%j', (options, message) => {
    let error: Error | undefined
    try {
      client(ok, options)
    } catch (reason) {
      error = reason as Error
    }
    expect(error).toMatchObject({ name: 'InputError' })
    expect(error!.message).toMatch(message)
    expect(error!.message).not.toContain(KEY)
  })
  test('the address of the embedded server without its fetch says what is missing', async () => {
    const claw = new DashClaw({
      baseUrl: createLocalServer().baseUrl,
      apiKey: 'local',
      agentId: 'a',
      logger: false,
      maxRetries: 0,
    })
    expect((await rejection(claw.getActions())).message).toContain('fetch: server.fetch')
  })
  test('a connection that was refused never says that the server may have acted', async () => {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    await new Promise((resolve) => http.close(resolve))
    const claw = new DashClaw({
      baseUrl: `http://127.0.0.1:${port}`,
      apiKey: KEY,
      agentId: 'a',
      logger: false,
      maxRetries: 0,
    })
    const error = await rejection(claw.createThread({ name: 'n' }))
    expect(error).toMatchObject({ name: 'ConnectionError', message: expect.stringContaining('ECONNREFUSED') })
    expect(error.message).not.toContain('not known whether')
  })
  test.each([
    [() => Promise.reject(new Error('It broke. '))],
    [async () => Response.json({ error: 'No such thing.' }, { status: 404 })],
    [async () => Response.json({ error: 'No.' }, { status: 401 })],
    [async () => Response.json({ error: 'No...' }, { status: 403 })],
    [async () => Response.json({ error: 'Slow.' }, { status: 429 })],
    [async () => Response.json({ error: 'Boom.' }, { status: 500 })],
    [async () => new Response('Nope.', { status: 500 })],
  ])('no message has two full stops (%#)', async (fetch) => {
    const { message } = await rejection(client(fetch).claw.getActions())
    expect(message).not.toMatch(/\.\s*\./)
  })
})

test('a baseUrl is read where the getters of URL throw, as in React Native below 0.81', () => {
  const Host = globalThis.URL
  class Bare {
    readonly #href: string
    constructor(url: string) {
      this.#href = String(new Host(url))
    }
    toString() {
      return this.#href
    }
  }
  for (const name of ['host', 'pathname', 'protocol', 'search', 'hash', 'username', 'password', 'origin']) {
    Object.defineProperty(Bare.prototype, name, {
      get() {
        throw new Error(`URL.${name} is not implemented`)
      },
    })
  }
  globalThis.URL = Bare as never
  try {
    expect(client(ok, { baseUrl: 'https://rn.example/base/' }).claw.baseUrl).toBe('https://rn.example/base')
    expect(() => client(ok, { baseUrl: 'https://u:p@rn.example' })).toThrow(/user name/)
    expect(() => client(ok, { baseUrl: 'ftp://rn.example' })).toThrow(/absolute http/)
  } finally {
    globalThis.URL = Host
  }
})
