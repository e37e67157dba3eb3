import { isDashClawError } from 'dashclaw'
import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { send } from '../../support/seeds.ts'

/** What a call throws: always an error that the guard functions of the package know. */
function thrown(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(isDashClawError(error, 'InputError')).toBe(true)
    return (error as Error).message
  }
  throw new Error('Nothing was refused.')
}

const KNOWN: Required<LocalServerOptions> = {
  version: '2.0',
  policies: [{ name: 'Deploys', policy_type: 'require_approval', rules: { action_types: ['deploy'] }, active: 1 }],
  keys: [{ key: 'reader', role: 'readonly', org: 'org_b' }],
  enforceSignatures: false,
  closedEnrollment: false,
  rateLimit: { limit: 9, windowMs: 1000 },
  cors: { origin: '*' },
  now: 0,
  webhookFetch: fetch,
  secret: 's',
}
const turned = (name: string) =>
  (name[0] === name[0]!.toUpperCase() ? name.toLowerCase() : name[0]!.toUpperCase()) + name.slice(1)
const wrong = (options: object) => thrown(() => createLocalServer(options as LocalServerOptions))

describe('options of createLocalServer', () => {
  test('every known name is taken', () => {
    expect(createLocalServer(KNOWN).version).toBe('2.0')
    expect(
      createLocalServer({ version: undefined, policies: undefined, keys: [{ key: 'k', role: undefined }] }).version,
    ).toBe('2.10')
  })

  test.each([
    [{ polices: [] }, 'createLocalServer() has no option polices; did you mean policies?'],
    [{ Version: '2.0' }, 'createLocalServer() has no option Version; did you mean version?'],
    [
      { enforce_signatures: true },
      'createLocalServer() has no option enforce_signatures; did you mean enforceSignatures?',
    ],
    [{ ratelimit: { limit: 1 } }, 'createLocalServer() has no option ratelimit; did you mean rateLimit?'],
    [
      { keys: [{ key: 'k', rolle: 'admin' }] },
      'keys[0] of createLocalServer() has no option rolle; did you mean role?',
    ],
    [
      { policies: [{ name: 'x', policyType: 'risk_threshold', rules: {} }] },
      'policies[0] of createLocalServer() has no option policyType; did you mean policy_type?',
    ],
    [
      { rateLimit: { limit: 1, windowMS: 5 } },
      'rateLimit of createLocalServer() has no option windowMS; did you mean windowMs?',
    ],
    [{ cors: { origins: '*' } }, 'cors of createLocalServer() has no option origins; did you mean origin?'],
  ])('an unknown name is refused with the nearest known one: %j', (options, message) => {
    expect(wrong(options)).toBe(message)
  })

  test('a known name in another case is refused, in nested objects too', () => {
    for (const [name, value] of Object.entries(KNOWN)) {
      expect(wrong({ [turned(name)]: value })).toContain(`did you mean ${name}?`)
      const nested = (Array.isArray(value) ? value[0] : value) as object
      if (typeof nested !== 'object') continue
      for (const [inner, given] of Object.entries(nested)) {
        const changed: object = { ...nested, [inner]: undefined, [turned(inner)]: given }
        const option: unknown = Array.isArray(value) ? [changed] : changed
        expect(wrong({ [name]: option })).toContain(`did you mean ${inner}?`)
      }
    }
  })

  test.each([null, 'local', 5, true, [], [['version', '2.0']], new Map(), new Date(0), () => ({})])(
    'an input that is no plain object is refused: %s',
    (options) => {
      expect(wrong(options as object)).toMatch(
        /^createLocalServer\(\) needs an object, not .*\. Write createLocalServer\(\{/,
      )
    },
  )

  test.each([
    [{ version: '3' }, "createLocalServer(): version must be '2.0' or '2.10'."],
    [{ version: 2 }, "createLocalServer(): version must be '2.0' or '2.10'."],
    [{ enforceSignatures: 'false' }, 'createLocalServer(): enforceSignatures must be true or false.'],
    [{ policies: {} }, 'createLocalServer(): policies must be an array.'],
    [{ policies: ['deploy'] }, /^policies\[0\] of createLocalServer\(\) needs an object, not a string\. Write \{ name/],
    [{ keys: ['reader'] }, /^keys\[0\] of createLocalServer\(\) needs an object, not a string\. Write \{ key/],
    [{ keys: [{ role: 'member' }] }, 'keys[0] of createLocalServer(): key must be a string that is not empty.'],
    [
      { keys: [{ key: 'k', role: 'owner' }] },
      "keys[0] of createLocalServer(): role must be 'admin', 'member', 'service' or 'readonly'.",
    ],
    [{ rateLimit: 100 }, 'createLocalServer(): rateLimit must be an object such as { limit: 100 }.'],
    [{ rateLimit: {} }, 'rateLimit of createLocalServer(): limit must be a number of requests.'],
    [{ rateLimit: { limit: '100' } }, 'rateLimit of createLocalServer(): limit must be a number of requests.'],
    [
      { rateLimit: { limit: 1, windowMs: 0 } },
      'rateLimit of createLocalServer(): windowMs must be a number of milliseconds above 0.',
    ],
    [{ cors: '*' }, "createLocalServer(): cors must be an object such as { origin: '*' }."],
    [{ webhookFetch: 'fetch' }, 'createLocalServer(): webhookFetch must be a function.'],
    [{ secret: 5 }, 'createLocalServer(): secret must be a string.'],
    [{ now: 'soon' }, "The clock can't be set to soon: that is no time."],
    [
      { policies: [{ name: 'x', policy_type: 'risk_threshold', rules: {} }] },
      'policy "x": risk_threshold policy requires rules.threshold (0-100)',
    ],
  ])('a value of a wrong kind is refused, and the error says what to write: %j', (options, message) => {
    const text = wrong(options)
    if (typeof message === 'string') expect(text).toBe(message)
    else expect(text).toMatch(message)
  })
})

describe('controls of the embedded server', () => {
  const local = createLocalServer()
  test.each<[string, () => unknown, string]>([
    [
      'an unknown failure',
      () => local.failNext('netwrok' as never),
      "failNext(): kind must be 'network', 'lost' or 'malformed'",
    ],
    [
      'a misspelt status',
      () => local.failNext({ statusCode: 503 } as never),
      'failNext() has no option statusCode; did you mean status?',
    ],
    [
      'a misspelt path',
      () => local.failNext({ url: '/api/actions', status: 503 } as never),
      'failNext() has no option url',
    ],
    [
      'no way to fail',
      () => local.failNext({ path: '/api/actions' } as never),
      'failNext(): the failure does not say how to fail. Write one of status, kind and delay.',
    ],
    ['nothing', () => local.failNext(undefined as never), 'failNext() needs an object, not undefined. Write failNext('],
    ['two ways to fail', () => local.failNext({ status: 503, delay: 5 }), 'has status and delay. Write one of'],
    [
      'a body without a status',
      () => local.failNext({ kind: 'lost', body: {} } as never),
      'failNext(): body needs a status beside it.',
    ],
    [
      'a status as a string',
      () => local.failNext({ status: '503' } as never),
      'failNext(): status must be a status from 200 to 599.',
    ],
    [
      'a status that no answer has',
      () => local.failNext({ status: 99 }),
      'failNext(): status must be a status from 200 to 599.',
    ],
    [
      'a path that never matches',
      () => local.failNext({ path: 'api/actions', status: 500 }),
      'failNext(): path must be a path that starts with /',
    ],
    [
      'a path with a query',
      () => local.failNext({ path: '/api/actions?limit=1', status: 500 }),
      'failNext(): path must be a path',
    ],
    ['times as a string', () => local.failNext('network', '2' as never), 'failNext(): times must be a whole number'],
    [
      'a reason in place of options',
      () => local.deny('act_1', 'no' as never),
      "deny() needs an object, not a string. Write deny(id, { reasoning: '…' }).",
    ],
    [
      'a misspelt reasoning',
      () => local.approve('act_1', { reason: 'ok' } as never),
      'approve() has no option reason; did you mean reasoning?',
    ],
    [
      'an action in place of its id',
      () => local.approve({ action_id: 'act_1' } as never),
      'approve() takes the id of an action as a string, not an object.',
    ],
    [
      'a promise in place of an id',
      () => local.deny(Promise.resolve('a') as never),
      'not a promise. Write await before the call that makes it.',
    ],
    [
      'an unknown table',
      () => local.seed('recomendations' as never, []),
      'seed() has no table recomendations; did you mean recommendations?',
    ],
    [
      'one row',
      () => local.seed('actions', {} as never),
      "seed() takes rows as an array of objects: seed('actions', [{ … }]).",
    ],
    ['rows that are none', () => local.seed('actions', ['act_1'] as never), 'seed() takes rows as an array of objects'],
    [
      'an event without a type',
      () => local.emit(undefined as never, {}),
      'emit(): type must be a string, not undefined.',
    ],
    [
      'a step of the clock as a string',
      () => local.clock.advance('5' as never),
      'clock.advance() takes a number of milliseconds.',
    ],
    ['a time that is none', () => local.clock.set('soon'), "The clock can't be set to soon: that is no time."],
  ])('%s is refused', (_name, call, message) => {
    expect(thrown(call)).toContain(message)
  })

  test.each<[unknown, string?]>([[-1], [65_536], ['3000'], [{ port: 3000 }], [3000.5]])(
    'listen: %j is no port',
    async (port) => {
      const error: unknown = await local.listen(port as number).catch((cause: unknown) => cause)
      expect(isDashClawError(error, 'InputError')).toBe(true)
      expect((error as Error).message).toContain('listen(): port must be a whole number from 0 to 65535')
    },
  )

  test('a failure finds its method in any case, and nothing that was refused stays planned', async () => {
    expect((await send(local, 'GET', '/api/actions')).status).toBe(200)
    local.failNext({ method: 'get', status: 418 })
    expect((await send(local, 'GET', '/api/actions')).status).toBe(418)
  })
})
