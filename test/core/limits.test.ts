/** Values at their limits, one step on either side: options, routes, paths, pages, errors, retries. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { throwIfAborted } from '../../src/core/abort.ts'
import { Core, isClosed, sharedOf } from '../../src/core/core.ts'
import { GuardBlockedError, isDashClawError } from '../../src/core/errors.ts'
import { isExposed, readOptions } from '../../src/core/options.ts'
import { filteredPage, pages, restOfPages } from '../../src/core/pages.ts'
import { pathPart, queryText } from '../../src/core/path.ts'
import { neverSent, refusedForGood, retryAfter } from '../../src/core/retry.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const good = { baseUrl: 'https://claw.test', apiKey: 'test-key', agentId: 'agent-1' }
const refused = (run: () => unknown): { name: string; message: string; field?: string; cause?: unknown } => {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('It was taken.')
}

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
    expect(readOptions({ ...good, recommendationConfidenceMin: given as number }).recommendationConfidenceMin).toBe(is)
  })
  test('agentId may have 128 characters', () => {
    expect(readOptions({ ...good, agentId: 'a'.repeat(128) }).agentId).toHaveLength(128)
    for (const agentId of ['a'.repeat(129), '', 5, {}]) {
      expect(refused(() => readOptions({ ...good, agentId: agentId as string }))).toMatchObject({ field: 'agentId' })
    }
  })
  test.each([[null], [5], ['x']])('%j is no object of options', (options) => {
    expect(refused(() => readOptions(options as never)).message).toMatch(/object of options/)
  })
  test('a logger has warn, or is false', () => {
    expect(readOptions({ ...good, logger: false }).logger.warn('x')).toBeUndefined()
    for (const logger of [{}, 5, true, { warn: 'x' }]) {
      expect(refused(() => readOptions({ ...good, logger: logger as never }))).toMatchObject({ field: 'logger' })
    }
    vi.stubGlobal('console', undefined)
    expect(refused(() => readOptions(good))).toMatchObject({ name: 'InputError', field: 'logger' })
  })
  test.each(['timeout', 'maxRetries', 'approvalTimeout', 'maxResponseBytes'] as const)('%s is an amount', (name) => {
    expect(readOptions({ ...good, [name]: 0 })[name]).toBe(0)
    for (const value of [-1, Number.NaN, '5', true]) {
      expect(refused(() => readOptions({ ...good, [name]: value }))).toMatchObject({ field: name })
    }
  })
  test.each([
    ['x y', '1'],
    ['x:y', '1'],
    ['x\n', '1'],
    ['\nx', '1'],
    ['', '1'],
    ['x', 'a\nb'],
    ['x', ' a'],
    ['x', 5],
    ['x', 'ü'],
  ])('the header %j: %j is refused', (name, value) => {
    expect(refused(() => readOptions({ ...good, headers: { [name]: value as string } })).name).toBe('InputError')
  })
  test.each([
    ['https://claw.test///', 'https://claw.test'],
    ['https://claw.test/base//', 'https://claw.test/base'],
    ['http://claw.test', 'http://claw.test'],
  ])('baseUrl %s is %s', (given, is) => {
    expect(readOptions({ ...good, baseUrl: given }).baseUrl).toBe(is)
  })
  test.each(['ftp://claw.test', 'httpx://claw.test', 'xhttps://claw.test', 'claw.test', 'https://u@claw.test'])(
    'baseUrl %s is refused',
    (given) => {
      expect(refused(() => readOptions({ ...good, baseUrl: given }))).toMatchObject({ field: 'baseUrl' })
    },
  )
  test.each(['https://:p@claw.test', 'https://claw.test?a', 'https://claw.test#a'])('as is %s', (given) => {
    expect(refused(() => readOptions({ ...good, baseUrl: given }))).toMatchObject({ field: 'baseUrl' })
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
    for (let n = 0; n < 3; n++) readOptions({ ...good, baseUrl })
    expect(read).toEqual([baseUrl])
    expect(refused(() => readOptions({ ...good, baseUrl: '' })).field).toBe('baseUrl')
    expect(refused(() => readOptions({ ...good, baseUrl: '' })).field).toBe('baseUrl')
    readOptions({ ...good, baseUrl: 'https://other.test' })
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
    for (const process of [undefined, {}, { env: {} }]) {
      vi.stubGlobal('process', process)
      expect(refused(() => readOptions({})).field).toBe('baseUrl')
    }
    vi.stubGlobal('process', {
      get env() {
        throw new Error('Requires env access')
      },
    })
    expect(refused(() => readOptions({})).field).toBe('baseUrl')
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
    const options = { ...good, baseUrl: 'http://claw.test', logger: { warn } }
    new Core(options).forAgent('agent-2')
    expect(warn).toHaveBeenCalledTimes(1)
    new Core({ ...options, fetch: (() => {}) as never })
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

describe('the client', () => {
  const fetch = async () => Response.json({ ok: true }) as never
  test.each(['/api/..', '/..', '/.', '/api/.', '/api/%2E./x', '/api/..?a=1', '/api/.?a', '../x', 5, undefined])(
    'refuses the path %s',
    async (path) => {
      const claw = new Core({ ...good, fetch })
      await expect(claw.request({ method: 'GET', path: path as string })).rejects.toMatchObject({ field: 'path' })
    },
  )
  test.each(['/api/...', '/api/a.b', '/.well-known/x', '/api/x..'])('takes the path %s', async (path) => {
    await expect(new Core({ ...good, fetch }).request({ method: 'GET', path })).resolves.toEqual({ ok: true })
  })
  test.each(['XGET', 'GETX', 'get', 'TRACE', undefined])('refuses the method %s', async (method) => {
    const claw = new Core({ ...good, fetch })
    await expect(claw.request({ method: method as 'GET', path: '/x' })).rejects.toMatchObject({ field: 'method' })
  })
  test('delivers background work, and is marked as closed for all that share it', async () => {
    const claw = new Core({ ...good, fetch })
    const work = vi.fn(async () => {})
    claw.background('report', work)
    await claw.flush()
    expect(work).toHaveBeenCalledTimes(1)
    const stop = vi.fn()
    const child = claw.forAgent('agent-2')
    sharedOf(child).closers.add(stop)
    expect(isClosed(child)).toBe(false)
    await claw.close()
    expect(isClosed(child)).toBe(true)
    expect(stop).toHaveBeenCalledTimes(1)
  })
  test('can be disposed of, and its disposer replaced', async () => {
    const key = (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')) as keyof Core
    expect(Object.getOwnPropertyDescriptor(Core.prototype, key)).toMatchObject({ configurable: true, writable: true })
  })
  test('redact sees every text of a body, and no body is none', async () => {
    const bodies: (string | undefined)[] = []
    const claw = new Core({
      ...good,
      redact: (text) => text.toUpperCase(),
      fetch: async (_url, { body }) => {
        bodies.push(body)
        return Response.json({}) as never
      },
    })
    await claw.request({ method: 'POST', path: '/x', body: { a: 'b', n: 1, deep: ['c'] } })
    await claw.request({ method: 'POST', path: '/x' })
    expect(bodies).toEqual(['{"a":"B","n":1,"deep":["C"]}', undefined])
  })
})

describe('paths and queries', () => {
  test.each([
    ['.', 'action_id must be a non-empty string that is no path; got ".".'],
    ['..', 'action_id must be a non-empty string that is no path; got "..".'],
    ['', 'action_id must be a non-empty string; got "".'],
    [null, 'action_id must be a non-empty string; got null.'],
    [undefined, 'action_id must be a non-empty string; got undefined.'],
    [7, 'action_id must be a non-empty string; got 7.'],
    [{}, 'action_id must be a non-empty string; got an object.'],
    [Promise.resolve('act_1'), 'action_id must be a non-empty string; got a promise: an await is missing.'],
  ])('%j', (id, message) => {
    expect(refused(() => pathPart('action_id', id))).toMatchObject({ message, field: 'action_id' })
  })
  test('say what they can not hold', () => {
    expect(refused(() => pathPart('id', '\ud800'))).toMatchObject({ field: 'id', cause: expect.any(URIError) })
    expect(refused(() => queryText({ a: '\ud800' }))).toMatchObject({ field: 'a', cause: expect.any(URIError) })
    expect(refused(() => queryText({ a: Number.NaN })).message).toMatch(/got NaN\.$/)
    expect(refused(() => queryText({ a: [] })).message).toMatch(/got an array of 0 items\.$/)
  })
})

describe('pages', () => {
  type Row = { id: number }
  const all = Array.from({ length: 450 }, (_, id): Row => ({ id }))
  const server = (total?: number) => {
    const asked: unknown[] = []
    const read = async (filters: object) => {
      asked.push(filters)
      const { limit = 50, offset = 0 } = filters as { limit?: number; offset?: number }
      return { rows: all.slice(offset, offset + limit), total: total as number }
    }
    return { asked, read }
  }
  const collect = async (filters: object, total?: number) => {
    const { asked, read } = server(total)
    const ids: number[] = []
    for await (const { id } of pages<'rows', Row, object>('rows', 'id', filters, read)) ids.push(id)
    return { ids, asked }
  }
  test('have 200 rows where no size is given, or a larger one', async () => {
    for (const limit of [undefined, 0, 200, 500]) {
      const { ids, asked } = await collect({ limit }, 450)
      expect(ids).toHaveLength(450)
      expect(asked).toEqual([0, 200, 400].map((offset) => ({ limit: 200, offset })))
    }
    expect((await collect({ limit: 199, tag: 'x' }, 450)).asked).toEqual(
      [0, 199, 398].map((offset) => ({ limit: 199, offset, tag: 'x' })),
    )
  })
  test('end at the total, without one more request', async () => {
    expect((await collect({ limit: 150 }, 450)).asked).toHaveLength(3)
    expect((await collect({ limit: 150 }, 300)).asked).toHaveLength(2)
    expect((await collect({ limit: 150, offset: 300 }, 450)).ids).toHaveLength(150)
    // A total that is too high is no promise.
    expect((await collect({ limit: 150 }, 9999)).asked).toHaveLength(4)
  })
  test('end at a short page where there is no total', async () => {
    const { ids, asked } = await collect({ limit: 200 })
    expect([ids.length, asked.length]).toEqual([450, 3])
    expect((await collect({ limit: 150 })).asked).toHaveLength(4)
  })
  test('that follow a first one are read up to the total', async () => {
    const { asked, read } = server(450)
    const first = await read({ limit: 200 })
    const rest = await restOfPages<'rows', Row>(first, 'rows', (offset) => read({ limit: 200, offset }))
    expect([rest.length, asked.length]).toEqual([450, 3])
    const none = () => Promise.reject(new Error('Nothing is left to read.'))
    expect(await restOfPages<'rows', Row>({ rows: all, total: 450 }, 'rows', none)).toHaveLength(450)
    expect(await restOfPages<'rows', Row>({ rows: [], total: 450 }, 'rows', none)).toEqual([])
    const short = server(9999)
    const some = await restOfPages<'rows', Row>({ rows: all.slice(0, 200), total: 9999 }, 'rows', (offset) =>
      short.read({ limit: 200, offset }),
    )
    expect([some.length, short.asked.length]).toEqual([450, 3])
  })
  test('are filtered here where the server can not', async () => {
    const { asked, read } = server(450)
    const even = ({ id }: Row) => id % 2 === 0
    const page = await filteredPage<'rows', Row, { rows: Row[]; total: number }>(
      'rows',
      { limit: 3, offset: 10, tag: 'x' } as object,
      read,
      even,
    )
    expect(page.page.map(({ id }) => id)).toEqual([20, 22, 24])
    expect(page.all).toHaveLength(225)
    expect(page.answer.rows).toHaveLength(200)
    expect(asked).toEqual([0, 200, 400].map((offset) => ({ limit: 200, offset, tag: 'x' })))
    const whole = await filteredPage<'rows', Row, { rows: Row[]; total: number }>('rows', {}, read, even)
    expect(whole.page).toHaveLength(50)
    const most = await filteredPage<'rows', Row, { rows: Row[]; total: number }>('rows', { limit: 999 }, read, even)
    expect(most.page).toHaveLength(200)
  })
})

describe('errors', () => {
  test('of the guard say what it answered, and what to do', () => {
    const held = new GuardBlockedError({ decision: 'require_approval', reasons: ['a', 'b'] }, 'Ship')
    expect(held.message).toBe(
      `"Ship" was not started: the guard answered require_approval (a; b). Nothing was recorded, so no reviewer can approve it. Set hitlMode: 'wait', or pass { wait: true } per call.`,
    )
    expect(held).toMatchObject({ warnings: [], matched_policies: [], risk_score: null, status: undefined })
    const blocked = new GuardBlockedError(
      { decision: 'block', warnings: ['w'], matched_policies: ['gp_1'], risk_score: 7 },
      'Ship',
      { status: 403 },
    )
    expect(blocked.message).toBe(
      '"Ship" was not started: the guard answered block (no reason given). Change the action or the policy; retrying the same action does not help.',
    )
    expect(blocked).toMatchObject({
      reasons: [],
      warnings: ['w'],
      matched_policies: ['gp_1'],
      risk_score: 7,
      status: 403,
    })
  })
  test('are known by their names, also from another copy of the package', () => {
    const error = new GuardBlockedError({ decision: 'block' }, 'Ship')
    expect(isDashClawError(error)).toBe(true)
    expect(isDashClawError(error, 'GuardBlockedError')).toBe(true)
    expect(isDashClawError(error, 'DashClawError')).toBe(true)
    expect(isDashClawError(error, 'APIError')).toBe(false)
    expect((error as unknown as Record<symbol, unknown>)[Symbol.for('dashclaw.error')]).toBe(true)
    const foreign = Object.create({ [Symbol.for('dashclaw.error')]: true, name: 'GuardBlockedError' })
    expect(isDashClawError(foreign)).toBe(true)
    expect(isDashClawError(foreign, 'GuardBlockedError')).toBe(true)
    expect(isDashClawError(foreign, 'APIError')).toBe(false)
    for (const other of [new Error('x'), { name: 'GuardBlockedError' }, null, undefined, 'x', 5]) {
      expect(isDashClawError(other)).toBe(false)
    }
  })
})

describe('retries', () => {
  test.each([
    [null, undefined],
    ['', undefined],
    ['7', 7000],
    [' 12 ', 12_000],
    ['1.25', 1250],
    ['120', 60_000],
    ['7x', undefined],
    ['soon', undefined],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30_000],
    ['Wed, 01 Jan 2025 00:00:00 GMT', 0],
    ['Tue, 31 Dec 2024 23:00:00 GMT', 0],
  ])('Retry-After %j is %s ms', (header, ms) => {
    expect(retryAfter(header, Date.UTC(2025, 0, 1))).toBe(ms)
  })
  test.each([
    [399, false],
    [400, true],
    [404, true],
    [408, false],
    [429, false],
    [499, true],
    [500, false],
  ])('%d is a refusal for good: %s', (status, is) => {
    expect(refusedForGood(status)).toBe(is)
  })
  test('a connection that nobody took is known by the whole of its code', () => {
    const by = (code: string) => neverSent({ cause: { code } })
    expect([by('ECONNREFUSED'), by('XECONNREFUSED'), by('ECONNREFUSEDX')]).toEqual([true, false, false])
    expect(neverSent({ cause: { errors: [{ code: 'ENOTFOUND' }] } })).toBe(true)
    expect([neverSent({ cause: { errors: [] } }), neverSent({ cause: {} }), neverSent(undefined)]).toEqual([
      false,
      false,
      false,
    ])
  })
  test('an abort without a reason is an AbortError', () => {
    expect(refused(() => throwIfAborted({ aborted: true } as never))).toMatchObject({ name: 'AbortError' })
    expect(throwIfAborted(undefined)).toBeUndefined()
    expect(throwIfAborted({ aborted: false } as never)).toBeUndefined()
  })
})
