/** Options of the client and of a call: what is refused, what is filled in, and where each value ends. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { Core } from '../../src/core/core.ts'
import { InputError } from '../../src/core/errors.ts'
import { type DashClawOptions, isExposed, readOptions } from '../../src/core/options.ts'
import { clientOver, GOOD, KEY, ok } from '../support/client.ts'
import { rejection, thrown } from '../support/local.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('options', () => {
  test.each([
    [undefined, 70],
    ['90', 70],
    [Number.NaN, 70],
    [0, 0],
    [-5, 0],
    [55.5, 55.5],
    [100, 100],
    [250, 100],
  ])('recommendationConfidenceMin %j is %d', (given, is) => {
    expect(readOptions({ ...GOOD, recommendationConfidenceMin: given as number }).recommendationConfidenceMin).toBe(is)
  })
  test('agentId may have 128 characters', () => {
    expect(readOptions({ ...GOOD, agentId: 'a'.repeat(128) }).agentId).toHaveLength(128)
    for (const agentId of ['a'.repeat(129), '', 5, {}]) {
      expect(thrown(() => readOptions({ ...GOOD, agentId: agentId as string }))).toMatchObject({ field: 'agentId' })
    }
  })
  test.each([[null], [5], ['x']])('%j is no object of options', (options) => {
    expect(thrown(() => readOptions(options as never)).message).toMatch(/object of options/)
  })
  test('a logger has warn, or is false', () => {
    expect(readOptions({ ...GOOD, logger: false }).logger.warn('x')).toBeUndefined()
    for (const logger of [{}, 5, true, { warn: 'x' }]) {
      expect(thrown(() => readOptions({ ...GOOD, logger: logger as never }))).toMatchObject({ field: 'logger' })
    }
    vi.stubGlobal('console', undefined)
    expect(thrown(() => readOptions(GOOD))).toMatchObject({ name: 'InputError', field: 'logger' })
  })
  test.each(['timeout', 'maxRetries', 'approvalTimeout', 'maxResponseBytes'] as const)('%s is an amount', (name) => {
    expect(readOptions({ ...GOOD, [name]: 0 })[name]).toBe(0)
    for (const value of [-1, Number.NaN, '5', true]) {
      expect(thrown(() => readOptions({ ...GOOD, [name]: value }))).toMatchObject({ field: name })
    }
  })
  test.each([
    ['https://claw.test///', 'https://claw.test'],
    ['https://claw.test/base//', 'https://claw.test/base'],
    ['http://claw.test', 'http://claw.test'],
  ])('baseUrl %s is %s', (given, is) => {
    expect(readOptions({ ...GOOD, baseUrl: given }).baseUrl).toBe(is)
  })
  test.each(['ftp://claw.test', 'httpx://claw.test', 'xhttps://claw.test', 'claw.test', 'https://u@claw.test'])(
    'baseUrl %s is refused',
    (given) => {
      expect(thrown(() => readOptions({ ...GOOD, baseUrl: given }))).toMatchObject({ field: 'baseUrl' })
    },
  )
  test.each(['https://:p@claw.test', 'https://claw.test?a', 'https://claw.test#a'])('as is %s', (given) => {
    expect(thrown(() => readOptions({ ...GOOD, baseUrl: given }))).toMatchObject({ field: 'baseUrl' })
  })
  test('an address is read once, and each other one anew, none at all too', () => {
    const read: string[] = []
    vi.stubGlobal(
      'URL',
      class extends URL {
        constructor(text: string) {
          super(text)
          read.push(text)
        }
      },
    )
    const baseUrl = 'https://once.test'
    for (let n = 0; n < 3; n++) readOptions({ ...GOOD, baseUrl })
    expect(read).toEqual([baseUrl])
    expect(thrown(() => readOptions({ ...GOOD, baseUrl: '' })).field).toBe('baseUrl')
    expect(thrown(() => readOptions({ ...GOOD, baseUrl: '' })).field).toBe('baseUrl')
    readOptions({ ...GOOD, baseUrl: 'https://other.test' })
    expect(read).toEqual([baseUrl, 'https://other.test'])
  })
  test('come from the environment, trimmed, where there is one', () => {
    const env = {
      DASHCLAW_BASE_URL: ' https://env.test ',
      DASHCLAW_API_KEY: ' env-key\n',
      DASHCLAW_AGENT_ID: 'env-agent',
    }
    vi.stubGlobal('process', { env })
    expect(readOptions({})).toMatchObject({ baseUrl: 'https://env.test', apiKey: 'env-key', agentId: 'env-agent' })
    expect(readOptions({ agentId: 'mine' }).agentId).toBe('mine')
    for (const process of [undefined, {}, { env: {} }]) {
      vi.stubGlobal('process', process)
      expect(thrown(() => readOptions({})).field).toBe('baseUrl')
      expect(readOptions(GOOD).agentId).toBe('bot')
    }
    vi.stubGlobal('process', {
      get env() {
        throw new Error('Requires env access')
      },
    })
    expect(thrown(() => readOptions({})).field).toBe('baseUrl')
  })
  test.each([
    ['http://claw.test', true],
    ['http://10.0.0.1:3000', true],
    ['http://localhost.evil.test', true],
    ['http://127.0.0.1.evil.test', true],
    ['http://localhost', false],
    ['http://localhost:3000', false],
    ['http://localhost/base', false],
    ['http://127.0.0.1', false],
    ['http://127.255.255.254:80', false],
    ['http://[::1]:80', false],
    ['https://claw.test', false],
    ['https://claw.test/http://x', false],
  ])('%s can be read on the way: %s', (url, exposed) => {
    expect(isExposed(url)).toBe(exposed)
  })
  test('a client warns once of an address that can be read on the way, its forAgent does not', () => {
    const warn = vi.fn()
    const options = { ...GOOD, baseUrl: 'http://claw.test', logger: { warn } }
    new Core(options).forAgent('agent-2')
    expect(warn).toHaveBeenCalledTimes(1)
    new Core({ ...options, fetch: (() => {}) as never })
    expect(warn).toHaveBeenCalledTimes(1)
  })
  test.each([
    [{ baseUrl: '' }, 'baseUrl', /baseUrl is missing: pass \{ baseUrl.*DASHCLAW_BASE_URL/],
    [{ baseUrl: 'claw.test' }, 'baseUrl', /absolute http\(s\) URL/],
    [{ baseUrl: 'ftp://claw.test' }, 'baseUrl', /absolute http\(s\) URL/],
    [{ baseUrl: 'https://user:pw@claw.test' }, 'baseUrl', /no user name/],
    [{ baseUrl: 'https://claw.test?x=1' }, 'baseUrl', /no user name, password, query/],
    [{ baseUrl: 7 }, 'baseUrl', /absolute/],
    [{ apiKey: '' }, 'apiKey', /printable ASCII|apiKey is missing/],
    [{ apiKey: `${KEY}\n` }, 'apiKey', /without spaces or line breaks/],
    [{ apiKey: 'clé' }, 'apiKey', /printable ASCII/],
    [{ apiKey: undefined }, 'apiKey', /apiKey is missing.*DASHCLAW_API_KEY/],
    [{ agentId: undefined }, 'agentId', /agentId must be.*DASHCLAW_AGENT_ID/],
    [{ agentId: 'x'.repeat(129) }, 'agentId', /1 to 128/],
    [{ agentName: 5 }, 'agentName', /must be a string/],
    [{ guardMode: 'strict' }, 'guardMode', /one of: off, warn, enforce; got "strict"/],
    [{ onGuardError: 'open' }, 'onGuardError', /one of: block, allow/],
    [{ hitlMode: 'on' }, 'hitlMode', /one of: off, wait/],
    [{ autoRecommend: true }, 'autoRecommend', /one of: off, warn, enforce/],
    [{ timeout: -1 }, 'timeout', /0 or more/],
    [{ timeout: '30s' }, 'timeout', /got "30s"/],
    [{ maxRetries: Number.NaN }, 'maxRetries', /0 or more/],
    [{ fetch: {} }, 'fetch', /must be a function/],
    [{ redact: true }, 'redact', /must be a function/],
    [{ logger: {} }, 'logger', /warn\(message\)/],
    [{ headers: { 'x-a': 'b\r\nc' } }, 'x-a', /without spaces or line breaks/],
    [{ authToken: 'a b\n' }, 'authToken', /printable ASCII/],
  ])('%o is refused with a sentence that names %s', (wrong, field, message) => {
    const make = () => new DashClaw({ ...GOOD, ...wrong } as DashClawOptions)
    expect(make).toThrow(InputError)
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect((error as InputError).field).toBe(field)
      expect(String(error)).not.toContain(KEY)
    }
  })
  test.each(['https://claw.example/api', 'https://claw.example/api/', 'https://claw.example/base/api'])(
    'baseUrl %s is used without /api, with a warning',
    async (baseUrl) => {
      let asked = ''
      const { claw, logger } = clientOver(
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
  test.each([
    [{ apiKey: '' }, /apiKey is missing/],
    [{ apiKey: `"${KEY}"` }, /quotes/],
    [{ apiKey: `'${KEY}'` }, /quotes/],
    [{ apiKey: `Bearer ${KEY}` }, /Bearer/],
    [{ authToken: 'bearer abc.def.ghi' }, /Bearer/],
  ])('%j is refused without showing the key', (options, message) => {
    let error: Error | undefined
    try {
      clientOver(ok, options)
    } catch (reason) {
      error = reason as Error
    }
    expect(error).toMatchObject({ name: 'InputError' })
    expect(error!.message).toMatch(message)
    expect(error!.message).not.toContain(KEY)
  })
  test('baseUrl is read where the getters of URL throw, as in React Native below 0.81', () => {
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
      expect(clientOver(ok, { baseUrl: 'https://rn.example/base/' }).claw.baseUrl).toBe('https://rn.example/base')
      expect(() => clientOver(ok, { baseUrl: 'https://u:p@rn.example' })).toThrow(/user name/)
      expect(() => clientOver(ok, { baseUrl: 'ftp://rn.example' })).toThrow(/absolute http/)
    } finally {
      globalThis.URL = Host
    }
  })
})

describe('unknown options', () => {
  test.each([
    ['hitl_mode', 'hitlMode'],
    ['guardmode', 'guardMode'],
    ['retries', 'maxRetries'],
    ['api_key', 'apiKey'],
    ['baseURL', 'baseUrl'],
    ['on_pending', 'onPending'],
  ])('of the client: %s is refused, did you mean %s', (wrong, right) => {
    expect(() => clientOver(ok, { [wrong]: 'x' })).toThrow(
      `new DashClaw() has no option ${wrong}; did you mean ${right}?`,
    )
  })
  test.each(['retries', 'time_out', 'Signal', 'maxretries', 'header'])('of a call: %s', async (wrong) => {
    const fetch = vi.fn(async () => ok())
    const { claw } = clientOver(fetch)
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
    const { claw } = clientOver(ok)
    expect((await rejection(claw.getActions({}, { wait: true } as never))).message).toContain(
      'getActions has no option wait',
    )
  })
  test.each(['x', 5, [], () => 1])('that are no object: %o', async (options) => {
    const { claw } = clientOver(ok)
    expect(await rejection(claw.getActions({}, options as never))).toMatchObject({ name: 'InputError' })
  })
  test('null counts as none', async () => {
    const { claw } = clientOver(async () => ok({ actions: [], total: 0 }))
    expect(await claw.getActions({}, null as never)).toEqual({ actions: [], total: 0 })
  })
  test('of forAgent', () => {
    const { claw } = clientOver(ok)
    expect(() => claw.forAgent('b', { agent_name: 'B' } as never)).toThrow('did you mean agentName?')
  })
})
