/** The pages for coding agents name what exists, and nothing else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as dashclaw from '../src/index.ts'
import type { DomainCases, Sent } from './support/cases.ts'
import { manifest, root } from './support/package.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const llms = read('llms.txt')
const agents = read('AGENTS.md')
/** The lines of `llms.txt` that name a method: its signature, and its routes. */
const lines = [...llms.matchAll(/^- `(\w+)([^`]*)`(?:: (.+))?$/gm)].map(([, method, rest, routes]) => ({
  method: method!,
  signature: method! + rest!,
  routes: [...(routes ?? '').matchAll(/`([A-Z]+) ([^`?]+)[^`]*`/g)].map(([, verb, path]) => ({ verb, path: path! })),
}))

/** What each method sends in the table of all methods. */
const sent = new Map<string, Sent[]>()
for (const file of readdirSync(join(root, 'test/cases'))) {
  const { cases } = ((await import(new URL(`./cases/${file}`, import.meta.url).href)) as { default: DomainCases })
    .default
  for (const { method, required, all } of cases) {
    sent.set(
      method,
      [required, all].flatMap((call) => call?.sends ?? []),
    )
  }
}

function methodsOf(type: { prototype: object }): string[] {
  const names: string[] = []
  for (let proto = type.prototype; proto !== Object.prototype; proto = Object.getPrototypeOf(proto) as object) {
    const own = Object.getOwnPropertyDescriptors(proto)
    names.push(...Object.keys(own).filter((name) => typeof own[name]!.value === 'function'))
  }
  return names.filter((name) => !['constructor', 'call', 'toJSON'].includes(name))
}

describe('llms.txt', () => {
  test('names every method of the client once, and no other', () => {
    const named = lines.map(({ method }) => method)
    expect(named.sort()).toEqual([...new Set(methodsOf(dashclaw.DashClaw))].sort())
  })
  test('gives every method the signature that the contract has', () => {
    const known = JSON.parse(read('test/fixtures/signatures.json')) as { method: string; signature: string }[]
    const signatures = new Set(known.map(({ signature }) => signature))
    const own = lines.filter(({ method }) => !/^(iterate[A-Z]|background$|queueTokenUsage$)/.test(method))
    expect(own.filter(({ signature }) => !signatures.has(signature))).toEqual([])
  })
  test('gives every method a route that it really sends to', () => {
    const wrong = lines.filter(({ method, routes }) => {
      const requests = sent.get(method)
      const matches = ({ verb, path }: (typeof routes)[number]) => {
        const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`)
        return requests?.some((request) => request.method === verb && pattern.test(request.path))
      }
      return requests?.length && !method.startsWith('iterate') && !routes.some(matches)
    })
    expect(wrong).toEqual([])
  })
  test('names no route that no method sends to', () => {
    const paths = new Set(lines.flatMap(({ routes }) => routes.map(({ path }) => path.replace(/:\w+/g, ':id'))))
    const requests = [...sent.values()].flat()
    // Without a request in the table: the event stream is opened by a test of its own.
    const unsent = [...paths].filter((path) => {
      const pattern = new RegExp(`^${path.replace(/:id/g, '[^/]+')}$`)
      return path !== '/api/stream' && !requests.some((request) => pattern.test(request.path))
    })
    expect(unsent).toEqual([])
  })
})

describe.each([
  ['AGENTS.md', agents],
  ['llms.txt', llms],
])('%s', (_page, text) => {
  test('links to pages that are in the package', () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
    expect(links.length).toBeGreaterThan(1)
    const packed = (link: string) =>
      link === 'README.md' || manifest.files.some((file) => link === file || link.startsWith(`${file}/`))
    const anchors = (page: string) =>
      [...read(page).matchAll(/^##+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replace(/ /g, '-'))
    const missing = links.filter((link) => {
      const [page, anchor] = link.split('#')
      return !existsSync(join(root, page!)) || !packed(page!) || (anchor && !anchors(page!).includes(anchor))
    })
    expect(missing).toEqual([])
  })
})

describe('AGENTS.md', () => {
  /** Rows of the table under a heading of the given first column: the code in their first cell. */
  const rows = (column: string) => {
    const [, body] = new RegExp(`^\\| ${column} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`, 'm').exec(agents)!
    return body!.split('\n').flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
  }

  test('lists errors that the package has', () => {
    const errors = rows('error')
    expect(errors.length).toBeGreaterThan(8)
    for (const name of errors) {
      const type = Reflect.get(dashclaw, name) as { prototype?: unknown } | undefined
      expect(type?.prototype, name).toBeInstanceOf(dashclaw.DashClawError)
    }
  })

  test('lists options that the client takes', () => {
    const source = ts.createSourceFile('options.ts', read('src/core/options.ts'), ts.ScriptTarget.ES2022)
    const options = source.statements.find(
      (node): node is ts.InterfaceDeclaration =>
        ts.isInterfaceDeclaration(node) && node.name.text === 'DashClawOptions',
    )!
    const known = options.members.map(({ name }) => (name as ts.Identifier).text)
    expect(rows('option').filter((name) => !known.includes(name))).toEqual([])
  })

  test('names nothing in its text that the sources do not know', () => {
    const known = new Set<string>()
    for (const file of (readdirSync(join(root, 'src'), { recursive: true }) as string[]).filter((name) =>
      name.endsWith('.ts'),
    )) {
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node) || ts.isStringLiteral(node)) known.add(node.text)
        ts.forEachChild(node, visit)
      }
      visit(ts.createSourceFile(file, read(`src/${file}`), ts.ScriptTarget.ES2022))
    }
    const prose = agents.replace(/^```[\s\S]*?^```/gm, '')
    const code = [...prose.matchAll(/`([^`]+)`/g)].map(([, inline]) => inline!)
    const names = code
      .filter((inline) => !/^(dist|dashclaw)\b|^@/.test(inline))
      .flatMap((inline) => inline.replace(/'[^']*'/g, '').match(/\b[A-Za-z]\w*/g) ?? [])
    expect(names.length).toBeGreaterThan(40)
    // Words of the language, and what stands for a name of the reader's.
    const language = ['await', 'using', 'instanceof']
    const placeholders = ['KindOfError', 'id', 'claw']
    expect(names.filter((name) => !known.has(name) && ![...language, ...placeholders].includes(name))).toEqual([])
  })

  test('names entries that the package has', () => {
    const named = [...agents.matchAll(/`(dashclaw(?:\/[\w-]+)?)`/g)].map(([, entry]) => entry!.replace('dashclaw', '.'))
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((entry) => !(entry in manifest.exports))).toEqual([])
  })
})
