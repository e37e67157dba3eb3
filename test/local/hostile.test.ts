import fs, { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Unstorable } from '../../src/local/columns.ts'
import { createLocalServer, type LocalServer, type ServerVersion } from '../../src/local/index.ts'
import type { Handler } from '../../src/local/router.ts'
import { routes } from '../../src/local/routes/index.ts'
import { type ContractMethod, contract } from '../support/fixtures.ts'

const thrown: string[] = []
const originals = new Map<object, Handler>()

// What a handler throws would only be seen as some 500.
beforeAll(() => {
  for (const route of routes) {
    const { handler } = route
    originals.set(route, handler)
    route.handler = async (ctx) => {
      try {
        return await handler(ctx)
      } catch (cause) {
        if (!(cause instanceof Unstorable))
          thrown.push(
            `${route.method} ${route.path} ${ctx.bodyText.slice(0, 120)}: ${(cause as Error).stack?.split('\n').slice(0, 3).join(' ')}`,
          )
        throw cause
      }
    }
  }
})
afterAll(() => {
  for (const route of routes) route.handler = originals.get(route)!
})

/** Fields of every write route that the contract knows. */
const FIELDS = new Map<string, ContractMethod['body']>()
for (const file of readdirSync(new URL('../fixtures/contract', import.meta.url))) {
  const { methods = [] } = contract(file.replace('.json', '')) as { methods?: ContractMethod[] }
  for (const { http, body } of methods) {
    if (!body || !http) continue
    const key = `${http.method} ${http.path.replace(/:\w+/g, ':id')}`
    FIELDS.set(key, { ...FIELDS.get(key), ...body })
  }
}
const WRITES = routes.filter(({ method }) => method !== 'GET')

const HOSTILE: unknown[] = [
  null,
  0,
  -1,
  1.5,
  2 ** 31,
  1e300,
  true,
  false,
  '',
  ' ',
  'x',
  'a\0b',
  '2030-02-31',
  '__proto__',
  [],
  [null],
  [[]],
  ['x', 5],
  [{}],
  {},
  { toString: 5 },
  { constructor: null },
  { length: 1e9 },
  { a: { b: null } },
  'x'.repeat(10_001),
  [{ toString: null }],
  JSON.parse('{"__proto__":{"x":1}}'),
]

/** A value that the contract allows, as far as one can tell from the type. */
function usual(name: string, field: { type: string; enum?: unknown[]; min?: number }): unknown {
  if (field.enum?.length) return field.enum[0]
  if (/\[\]/.test(field.type)) return ['x']
  if (/^(integer|number)/.test(field.type)) return field.min ?? 1
  if (/^boolean/.test(field.type)) return true
  if (/^string/.test(field.type))
    return /url|endpoint/.test(name)
      ? 'https://example.com/x'
      : name === 'slug'
        ? 'a-b'
        : /date|_at|time/.test(name)
          ? '2026-01-02T03:04:05Z'
          : 'x'
  return {}
}

async function call(server: LocalServer, method: string, path: string, body?: string) {
  const answer = await server.fetch(server.baseUrl + path, {
    method,
    headers: { 'x-api-key': 'local' },
    ...(body !== undefined && { body }),
  })
  return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') }
}

/** One row of everything, so that the ids of paths lead somewhere. */
async function stocked(version: ServerVersion): Promise<{ server: LocalServer; ids: Map<string, string> }> {
  const server = createLocalServer({ version, webhookFetch: async () => new Response('{}') })
  const ids = new Map<string, string>()
  for (const { method, path, versions } of WRITES) {
    if (method !== 'POST' || path.includes(':') || (versions && !versions.includes(version))) continue
    const fields = FIELDS.get(`POST ${path}`) ?? {}
    const body = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, usual(name, field)]))
    await call(server, method, path, JSON.stringify({ ...body, ...LIKELY[path] }))
  }
  for (const [table, rows] of Object.entries(server.snapshot())) {
    const row = rows.at(-1) as Record<string, unknown> | undefined
    for (const [name, value] of Object.entries(row ?? {}))
      if (/^id$|_id$/.test(name) && typeof value === 'string') ids.set(`${table}.${name}`, value)
  }
  return { server, ids }
}

const LIKELY: Record<string, object> = {
  '/api/policies': { name: 'P', policy_type: 'require_approval', rules: '{"action_types":["x"]}' },
  '/api/pairings': { public_key: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' },
  '/api/policies/import': { pack: 'development' },
}

test.each(['2.0', '2.10'] as const)('no body makes a handler of %s throw', async (version) => {
  const { server } = await stocked(version)
  for (const { method, path } of WRITES) {
    fs.appendFileSync(
      '/tmp/loc/trace.txt',
      version +
        method +
        path +
        ' ' +
        Math.round(process.memoryUsage().heapUsed / 1e6) +
        ' ' +
        (Date.now() % 1e6) +
        '\n',
    )
    const at = path.replace(/:\w+/g, 'x1')
    const fields = FIELDS.get(`${method} ${path.replace(/:\w+/g, ':id')}`) ?? {}
    const whole = {
      ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, usual(name, field)])),
      ...LIKELY[path],
    }
    const bodies = ['', '{', 'null', '[]', '"x"', '5', 'true', '{}', '[null]', JSON.stringify(whole)]
    for (const name of Object.keys(fields))
      for (const value of HOSTILE) bodies.push(JSON.stringify({ ...whole, [name]: value }))
    for (const body of bodies) {
      const { status, text } = await call(server, method, at, body)
      if (status >= 400 && status !== 405 && status !== 404)
        expect([path, body.slice(0, 80), JSON.parse(text)]).toEqual([path, body.slice(0, 80), expect.anything()])
    }
  }
  for (const { method, path } of routes)
    if (method === 'GET' && !path.includes('stream')) await call(server, 'GET', path.replace(/:\w+/g, 'x1'))
  console.log([...new Set(thrown.map((t) => t.slice(0, 330)))].join('\n'))
  expect(thrown.length).toBe(0)
})
