import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Unstorable } from '../../src/local/columns.ts'
import { createLocalServer, type LocalServer, type ServerVersion } from '../../src/local/index.ts'
import type { Handler } from '../../src/local/router.ts'
import { routes } from '../../src/local/routes/index.ts'
import { type ContractField, type ContractMethod, contract } from '../support/fixtures.ts'
import { type Answer, send } from '../support/seeds.ts'

/** What handlers threw: outside it would only be seen as one more 500. */
const thrown: string[] = []
const originals: [{ handler: Handler }, Handler][] = routes.map((route) => [route, route.handler])

beforeAll(() => {
  for (const [route, handler] of originals) {
    route.handler = async (ctx) => {
      try {
        return await handler(ctx)
      } catch (cause) {
        // The platform's own ways to fail: what its database refuses, and an object that has no text.
        if (!(cause instanceof Unstorable) && !/object to primitive value/.test(String(cause)))
          thrown.push(`${ctx.request.method} ${ctx.request.url} ${ctx.bodyText}: ${(cause as Error).stack}`)
        throw cause
      }
    }
  }
})
afterAll(() => {
  for (const [route, handler] of originals) route.handler = handler
})
afterEach(() => {
  expect(thrown.splice(0)).toEqual([])
})

const pattern = (path: string) => path.replace(/:\w+/g, ':id')

/** Fields of every write route, and all names that fields have, as far as the contract knows them. */
const FIELDS = new Map<string, Record<string, ContractField>>()
const NAMES = new Set<string>()
for (const file of readdirSync(new URL('../fixtures/contract', import.meta.url))) {
  const { methods = [], types = {} } = contract(file.replace('.json', '')) as {
    methods?: ContractMethod[]
    types?: Record<string, { fields?: object }>
  }
  for (const { http, body } of methods) {
    if (!http || !body) continue
    const key = `${http.method} ${pattern(http.path)}`
    FIELDS.set(key, { ...FIELDS.get(key), ...body })
  }
  for (const { fields } of Object.values(types)) for (const name of Object.keys(fields ?? {})) NAMES.add(name)
}
const fieldsOf = (method: string, path: string) => FIELDS.get(`${method} ${pattern(path)}`) ?? {}

const HOSTILE: unknown[] = [
  ...[null, 0, -1, 1.5, 2 ** 31, 1e300, true, false, '', ' ', 'x', 'a\0b', '2030-02-31', '__proto__', 'constructor'],
  ...[
    [],
    [null],
    [[]],
    ['x', 5],
    [{}],
    {},
    { length: 1e9 },
    { toString: 5 },
    { constructor: null },
    { a: { b: null } },
  ],
  ...[
    'x'.repeat(10_001),
    '['.repeat(5000),
    JSON.parse('{"__proto__":{"x":1}}'),
    JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`),
  ],
]

/** What some routes want to see. */
const LIKELY: Record<string, object> = {
  '/api/policies': { policy_type: 'require_approval', rules: '{"action_types":["x"]}' },
  '/api/policies/import': { yaml: 'policies: []', pack: undefined },
  '/api/compliance/exports': { frameworks: ['soc2'] },
  '/api/compliance/schedules': { frameworks: ['soc2'] },
  '/api/pairings': { public_key: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' },
  '/api/preferences': { type: 'mood', mood: 'x' },
  '/api/model-strategies': { config: { primary: { provider: 'x', model: 'x' } } },
}

/** A value that the contract allows, as far as one can tell. */
function usual(name: string, { type, min, enum: words }: ContractField): unknown {
  if (words?.length) return words[0]
  if (type.includes('[]')) return []
  if (/^(integer|number)/.test(type)) return min ?? 1
  if (type.startsWith('boolean')) return true
  if (!type.startsWith('string')) return {}
  if (/url|endpoint/i.test(name)) return 'https://example.com/x'
  return /date|_at$|time|next_run/.test(name) ? '2026-01-02T03:04:05Z' : 'x'
}
const usualBody = (method: string, path: string): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(fieldsOf(method, path)).map(([name, field]) => [name, usual(name, field)])),
  ...LIKELY[path],
})

/** A server with a row of everything, and its write routes with ids that lead to one. */
async function stocked(version: ServerVersion) {
  const server = createLocalServer({ version, webhookFetch: async () => new Response('{}') })
  const served = routes.filter(({ versions }) => !versions || versions.includes(version))
  const writes = served.filter(({ method }) => method !== 'GET')
  for (const { method, path } of writes)
    if (method === 'POST' && !path.includes(':')) await send(server, method, path, usualBody(method, path))
  server.seed('drift_alerts', [{ id: 'da_1', agent_id: 'x', metric: 'risk_score', severity: 'info', z_score: 1 }])
  server.seed('recommendations', [{ id: 'lrec_1', agent_id: 'x', action_type: 'x', hints: {}, confidence: 1 }])
  const ids = () => {
    const rows = ['org_local', 'org_default'].flatMap((org) => Object.values(server.snapshot(org)).flat())
    const named = rows.flatMap((row) => Object.entries(row).filter(([name]) => /^id$|_id$/.test(name)))
    return [...new Set(named.map(([, value]: [string, unknown]) => value))].filter((id) => typeof id === 'string' && id)
  }
  const led: { method: string; path: string; at: string }[] = []
  for (const { method, path } of writes) {
    // What stands within another thing is looked for within the one that was found for it.
    const within = /^(.*:\w+)\/.*:/.exec(path)?.[1]
    const outer = within && led.find((entry) => entry.path === within && !entry.at.includes('/x1'))
    const open = outer ? path.replace(outer.path, outer.at) : path
    let found = open.replace(/:\w+/g, 'x1')
    const count = method === 'DELETE' ? 0 : open.split(':').length - 1
    for (const id of count ? ids() : []) {
      const at = open.replace(/:\w+/, encodeURIComponent(id as string))
      const { status } = await send(server, method, at, usualBody(method, path))
      if (status !== 404 && (status < 300 || found.includes('/x1'))) found = at
      if (status < 300) break
    }
    if (count) expect(found).not.toContain('/x1')
    led.push({ method, path, at: found })
  }
  return { server, served, led }
}

/** An answer that the platform could have given. */
function expectAnswer(title: string, { status, headers, text, body }: Answer<unknown>): void {
  if (status < 400 || status === 405) return
  const html = headers.get('content-type')?.includes('html')
  if (html && status === 404) return
  const said = body as { error?: unknown; decision?: unknown } | undefined
  if (status === 403 && typeof said?.decision === 'string') return
  expect([title, status, typeof said?.error, text.includes('    at ')]).toEqual([title, status, 'string', false])
  expect(status).toBeLessThanOrEqual(500)
}

describe.each(['2.0', '2.10'] as const)('hostile bodies on %s', (version) => {
  test('of every kind in every field are answered, and no handler throws', async () => {
    const { server, led } = await stocked(version)
    for (const { method, path, at } of led) {
      const whole = usualBody(method, path)
      const bodies = ['', '{', 'null', '[]', '"x"', '5', 'true', '{}', '[null]', JSON.stringify(whole)]
      for (const name of Object.keys(fieldsOf(method, path)))
        for (const value of HOSTILE) bodies.push(JSON.stringify({ ...whole, [name]: value }))
      for (const body of bodies)
        expectAnswer(`${method} ${at} ${body.slice(0, 200)}`, await send(server, method, at, body))
      server.requests.length = 0
    }
    await expectReadable(server, version)
  }, 60_000)

  test('made at random, nested ones included, are answered, and no handler throws', async () => {
    const { server, led } = await stocked(version)
    const leaf = fc.constantFrom(...HOSTILE)
    const names = fc.constantFrom(...NAMES)
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(names, tie('value'), { maxKeys: 6 }),
      ),
    }))
    let seed = 7
    for (const { method, path, at } of led) {
      const whole = usualBody(method, path)
      const fields = Object.keys(fieldsOf(method, path))
      const change = fields.length ? fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 3 }) : fc.constant({})
      for (const changed of fc.sample(change, { seed: seed++, numRuns: 20 }))
        expectAnswer(`${method} ${at}`, await send(server, method, at, { ...whole, ...changed }))
      for (const body of fc.sample(value, { seed: seed++, numRuns: 8 }))
        expectAnswer(`${method} ${at}`, await send(server, method, at, JSON.stringify(body)))
      server.requests.length = 0
    }
    await expectReadable(server, version)
  }, 60_000)
})

/** Everything that was stored on the way can be read again. */
async function expectReadable(server: LocalServer, version: ServerVersion): Promise<void> {
  for (const { method, path, versions } of routes) {
    if (method !== 'GET' || path === '/api/stream' || (versions && !versions.includes(version))) continue
    const at = path.replace(/:\w+/g, 'x')
    for (const query of ['', '?limit=-1', '?limit=x', '?agent_id=x&status=x&days=x&before=x', '?agent_id=%00'])
      expectAnswer(`${method} ${at}${query}`, await send(server, method, at + query))
  }
}
