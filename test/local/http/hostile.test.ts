import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LocalServer, ServerVersion } from '../../../src/local/index.ts'
import { routes } from '../../../src/local/routes/index.ts'
import type { Handler } from '../../../src/local/routes/route.ts'
import { Unstorable } from '../../../src/local/state/columns.ts'
import { type Answer, send } from '../../support/seeds.ts'
import { fieldsOf, NAMES, stocked, usualBody } from '../../support/stocked.ts'

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
