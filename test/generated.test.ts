/** The generated pages: what they say is what the client has, sends and takes. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultOf, routesOf, summaryOf } from '../scripts/doc-comment.mjs'
import { fillParts, partsOf, table } from '../scripts/markers.mjs'
import { generate } from '../scripts/pages.mjs'
import type { DomainCases, Sent } from './support/cases.ts'
import { contract } from './support/fixtures.ts'
import { clientMethods } from './support/methods.ts'

// Made here, so that a stale file fails in one place only: test/contract/surface.test.ts.
const pages = await generate()
const llms = pages.get('llms.txt')!
const [, readme = '', migration = ''] = [...pages.values()]

/** The lines of `llms.txt` that name a method: its calls, and its routes. */
const lines = [...llms.matchAll(/^- (`(\w+)\(.*`.*)$/gm)].map(([, text = '', method = '']) => {
  const [calls = '', routes = ''] = text.split(/`: (?=`[A-Z]+ \/)/)
  return {
    method,
    calls,
    routes: [...routes.matchAll(/`([A-Z]+) ([^`?]+)[^`]*`/g)].map(([, verb, path]) => ({ verb, path: path! })),
  }
})

/** What each method sends in the table of all methods. */
const sent = new Map<string, Sent[]>()
for (const file of readdirSync(new URL('./cases/', import.meta.url))) {
  const { cases } = ((await import(new URL(`./cases/${file}`, import.meta.url).href)) as { default: DomainCases })
    .default
  for (const { method, required, all } of cases) {
    sent.set(
      method,
      [required, all].flatMap((call) => call?.sends ?? []),
    )
  }
}

/** Routes that only tests of their own see: the event stream, and what is asked where a server lacks the first one. */
const NOT_IN_CASES = new Set(['GET /api/stream', 'GET /api/learning'])

const pattern = (path: string) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`)

describe('llms.txt', () => {
  test('names every method of the client once, and no other', () => {
    expect(lines.map(({ method }) => method).sort()).toEqual(clientMethods().sort())
  })
  // That a method has routes and a case is a test of the surface.
  test('gives every method the routes that it sends to', () => {
    const wrong = lines.filter(({ method, routes }) => {
      const requests = sent.get(method)
      return (
        requests?.length &&
        routes.length &&
        !routes.some(({ verb, path }) =>
          requests.some((request) => request.method === verb && pattern(path).test(request.path)),
        )
      )
    })
    expect(wrong).toEqual([])
  })
  test('names every route that a method sends to in its cases', () => {
    const unnamed = [...sent].flatMap(([method, requests]) => {
      const routes = lines.find((line) => line.method === method)?.routes ?? []
      const own = requests.filter(
        (request) =>
          routes.length &&
          !routes.some(({ verb, path }) => request.method === verb && pattern(path).test(request.path)),
      )
      return own.map((request) => `${method}: ${request.method} ${request.path}`)
    })
    expect(unnamed).toEqual([])
  })
  test('names no route that no method sends to', () => {
    const requests = [...sent.values()].flat()
    const routes = lines.flatMap(({ method, routes }) => (sent.has(method) ? routes : []))
    const unsent = routes.filter(
      ({ verb, path }) =>
        !NOT_IN_CASES.has(`${verb} ${path}`) &&
        !requests.some((request) => request.method === verb && pattern(path).test(request.path)),
    )
    expect(unsent).toEqual([])
  })
  test('is short enough to be read as a whole', () => {
    expect(llms.length).toBeLessThan(60_000)
  })
})

test('the manifest names every method once, with a signature', () => {
  const manifest = JSON.parse(pages.get('test/fixtures/signatures.json')!) as { method: string; signature: string }[]
  expect(manifest.map(({ method }) => method).sort()).toEqual(clientMethods().sort())
  expect(manifest.filter(({ method, signature }) => !signature.startsWith(`${method}(`))).toEqual([])
})

describe('the fields of the contract are in llms.txt', () => {
  /** Fields that the SDK makes itself, or takes in another form. */
  const OWN: Record<string, string[]> = {
    createAction: ['_signature'],
    track: ['…'],
    getContextSummary: ['agent_id', 'session_date'],
    recordRecommendationEvents: ['created_at'],
    recommendAction: ['action_type'],
    createPairing: ['public_key'],
    createPairingFromPrivateJwk: ['public_key', 'algorithm'],
    startHeartbeat: ['agent_id', 'agent_name'],
    wrapClient: ['agent_id', 'tokens_in', 'tokens_out', 'model'],
  }
  const files = readdirSync(new URL('./fixtures/contract/', import.meta.url)).filter((file) => !/^changes/.test(file))
  const methods = files.flatMap((file) => contract(file.replace('.json', '')).methods)
  const known = methods.filter(({ name }) => !name.includes('.'))
  test.each(known)('$name', ({ name, query, body }) => {
    const method = name.split(' ')[0]!
    const { calls } = lines.find((line) => line.method === method)!
    for (const [field, { required, from_client }] of Object.entries({ ...query, ...body })) {
      if (OWN[method]?.includes(field)) continue
      const argument =
        field === 'id' ? '\\w+Id' : field.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase())
      const found = new RegExp(`\\b(?:${field}|${argument})(\\??)(?=[:, })])`).exec(calls)
      expect(found, `${field} in ${calls}`).not.toBeNull()
      // What the client fills in may be left out.
      if (required && !from_client) expect(found![1], `${field} of ${method}`).toBe('')
    }
  })
})

describe('every page', () => {
  test.each([...pages])(
    '%s holds no link of a doc comment, no path of a file, and ends in a line feed',
    (_path, text) => {
      expect(text).not.toMatch(/\{@|import\(/)
      expect(text).not.toMatch(/\r/)
      expect(text).toMatch(/[^\n]\n$/)
    },
  )
  test('every table has as many cells in each row as in its head', () => {
    for (const page of [readme, migration, pages.get('docs/routes.md')!]) {
      for (const [rows] of page.matchAll(/^\|.*\n\|-.*\n(?:\|.*\n)+/gm)) {
        const counts = rows
          .trim()
          .split('\n')
          .map((row) => row.match(/(?<!\\)\|/g)!.length)
        expect(new Set(counts).size, rows).toBe(1)
      }
    }
  })
  test('two runs give the same', async () => {
    expect(await generate()).toEqual(pages)
  })
})

describe('a doc comment', () => {
  test.each([
    ['Lists loops. Any role. Route: `GET /api/loops`.', 'Lists loops.'],
    ['Works on 2.0 servers too. 2.10 servers have more.', 'Works on 2.0 servers too.'],
    [
      'Counts `a.b` of {@link Loops.getOpenLoops}; see {@link track | the guide}.',
      'Counts `a.b` of `getOpenLoops`; see the guide.',
    ],
    ['Ends in a question? `yes` it does.', 'Ends in a question?'],
    ['@param x - Nothing before it.', ''],
    ['Route: `GET /api/loops`.', ''],
    ['', ''],
  ])('%j begins with %j', (text, summary) => {
    expect(summaryOf(text)).toBe(summary)
  })
  test('names its routes', () => {
    expect(
      routesOf('Does it. `GET /no` Routes: `POST /api/a`, then `PATCH /api/a/:id?x=1`. @param x - `GET /api/no`.'),
    ).toEqual([
      { verb: 'POST', path: '/api/a', query: '' },
      { verb: 'PATCH', path: '/api/a/:id', query: '?x=1' },
    ])
    expect(routesOf('Sends `GET /api/a`.')).toEqual([])
  })
  test.each([
    ['Default: `medium`.', "'medium'"],
    ['At most 10. Default: 86,400 (a day).', '86_400'],
    ['Default: true, as that of `x`.', 'true'],
    ["Default: the client's agent.", undefined],
    ['Default: `loop_` and a UUID.', undefined],
  ])('%j has the default %j', (text, value) => {
    expect(defaultOf(text)).toBe(value)
  })
})

describe('the parts of a page', () => {
  const page = '# Page\n\n## Open loops\n\n<!-- methods:loops -->\nold\n<!-- /methods -->\n\nProse.\n'
  test('have a domain and the heading above them', () => {
    expect(partsOf(page)).toEqual([{ domain: 'loops', title: 'Open loops' }])
  })
  test('are replaced, and nothing else', () => {
    const filled = fillParts('page.md', page, new Map([['loops', 'new']]))
    expect(filled).toBe(page.replace('\nold\n', '\n\nnew\n\n'))
    expect(fillParts('page.md', filled, new Map([['loops', 'new']]))).toBe(filled)
  })
  test('must be there for every domain, and for no other', () => {
    const parts = new Map([['loops', 'a']])
    expect(() => fillParts('page.md', '# Page\n', parts)).toThrow(/page\.md has no place for the methods of loops/)
    expect(() => fillParts('page.md', page, new Map())).toThrow(/there is no such domain/)
  })
  test('are tables whose bars are escaped once', () => {
    expect(table(['a'], [['x | y'], ['x \\| y']])).toBe('| a |\n|---|\n| x \\| y |\n| x \\| y |')
  })
})
