/** Nothing of the surface may be missing: what a method lacks is one failure, which says what to write, and where. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { generate, stale } from '../../scripts/pages.mjs'
import { CLIENT, type Method, readSource } from '../../scripts/read-source.mjs'
import { DashClaw } from '../../src/client.ts'
import { routes as served } from '../../src/local/routes/index.ts'
import type { DomainCases } from '../support/cases.ts'
import { contract } from '../support/fixtures.ts'
import { clientMethods } from '../support/methods.ts'

const at = (path: string) => new URL(path, import.meta.url)
const methods = readSource()
const names = new Set(methods.map(({ name }) => name))

const cases = new Map<string, string>()
for (const file of readdirSync(at('../cases/'))) {
  const module = (await import(at(`../cases/${file}`).href)) as { default: DomainCases }
  for (const { method } of module.default.cases) cases.set(method, file)
}
const tests = ['', 'core/', 'domains/', 'governance/']
  .flatMap((folder) => readdirSync(at(`../${folder}`)).map((file) => `../${folder}${file}`))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(at(file), 'utf8'))
  .join('\n')

/** Names of path parts differ between the SDK and a server. */
const keyOf = (verb: string, path: string) => `${verb} ${path.replace(/:\w+/g, ':')}`
const local = new Set(served.map(({ method, path }) => keyOf(method, path)))

/** A method of a domain that asks the server by itself: iterators read their lists, and the core has no routes. */
const asks = ({ asks, list, domain }: Method) => asks && !list && domain !== CLIENT

/** What a method must have: each gives what is wrong and what to write, or nothing. */
const NEEDS: Record<string, (method: Method) => string | undefined> = {
  'says what it does': ({ summary, file, name }) =>
    !summary
      ? `${file}: ${name} has no doc comment that begins with a sentence on what it does. Write one above the method.`
      : undefined,
  'names its routes': (method) => {
    const { file, name, routes, sends } = method
    const known = new Set(routes.map(({ verb, path }) => `${verb} ${path}`))
    const unnamed = sends.map(({ verb, path }) => `${verb} ${path}`).filter((route) => !known.has(route))
    const [route = 'GET /api/…'] = unnamed
    return asks(method) && (unnamed.length || !routes.length)
      ? `${file}: the doc comment of ${name} does not name its route. End it with: Route: \`${route}\`.`
      : undefined
  },
  'has a case': (method) => {
    const { domain, name, routes } = method
    const [{ verb, path } = { verb: 'GET', path: '/api/…' }] = routes
    return asks(method) && !cases.has(name)
      ? `test/cases/${domain}.ts has no case of ${name}. Add to its cases: ` +
          `{ method: '${name}', required: { args: […], sends: { method: '${verb}', path: '${path}' } }, bad: […] }`
      : undefined
  },
  'is called by a test': (method) => {
    const { name, list } = method
    return !asks(method) && !list && !cases.has(name) && !new RegExp(`\\b${name}(<[^>]*>)?\\(`).test(tests)
      ? `No test calls ${name}, which makes no request that a case could check. Write one in test/domains/${method.domain}.test.ts.`
      : undefined
  },
  'has its routes in the embedded server': ({ domain, name, routes }) => {
    const missing = routes.filter(({ verb, path }) => !local.has(keyOf(verb, path)))
    const calls = missing.map(({ verb, path }) => `route('${verb}', '${path}', (ctx) => …)`)
    return missing.length
      ? `The embedded server has no route for ${name}. Add to src/local/routes/${domain}.ts: ${calls.join(', ')}`
      : undefined
  },
}

describe.each(Object.entries(NEEDS))('every method %s', (_need, lack) => {
  test.each(methods)('$domain: $name', (method) => {
    const problem = lack(method)
    if (problem) expect.fail(problem)
  })
})

test('the generated files match the source', async () => {
  const old = stale(await generate())
  if (old.length) expect.fail(`Stale: ${old.join(', ')}. Run: npm run generate`)
})

test('the methods of the source are those of the client, each once', () => {
  expect(methods.map(({ name }) => name).sort()).toEqual(clientMethods().sort())
})

test('every case is one of a method', () => {
  expect([...cases.keys()].filter((name) => !names.has(name))).toEqual([])
})

describe('the contract', () => {
  const entries = readdirSync(at('../fixtures/contract/'))
    .filter((file) => !file.startsWith('changes-'))
    .flatMap((file) =>
      contract(file.replace('.json', '')).methods.map(({ name }) => ({ file, name: name.split(' ')[0]! })),
    )
  const claw = new DashClaw({ baseUrl: 'http://localhost', apiKey: 'k', agentId: 'a' })

  test('names methods', () => {
    expect(entries.length).toBeGreaterThan(230)
  })
  test.each(entries)('$file: $name is a method', ({ file, name }) => {
    const [member, inner] = name.split('.')
    const context: object = claw.actionContext('act_1')
    const found: unknown = inner ? Reflect.get(context, inner) : Reflect.get(claw, member!)
    if (typeof found !== 'function') expect.fail(`test/fixtures/contract/${file} has ${name}: write it in src/domains.`)
  })
})
