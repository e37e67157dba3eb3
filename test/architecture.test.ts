import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { root } from './support/package.ts'

const MOST_LINES = 450

/** What a route is, for all route files and for `http`. */
const KIT = ['local/routes/route.ts', 'local/routes/answers.ts', 'local/routes/fields.ts']
const RULES_AND_STATE = ['local/rules/', 'local/state/']
/** Files of the same folder that belong to the same domain, as `policies.ts` and `policies-packs.ts` do. */
const OWN_DOMAIN = 'files of its own domain'

/** Who may import what: files and folders (with a slash) of `src`. The first line that fits counts; types count like all else. */
const RULES: readonly [of: string, may: readonly string[]][] = [
  ['core/', ['core/']],
  ['governance/', ['core/', 'governance/']],
  ['domains/', ['core/', 'governance/', OWN_DOMAIN]],
  ['client.ts', ['core/', 'domains/']],
  ['index.ts', ['core/', 'governance/', 'domains/', 'client.ts']],
  // They import the SDK as its users do: `dashclaw` is `index.ts`.
  ['integrations/', ['integrations/', 'index.ts']],
  ['webhooks.ts', ['index.ts', 'core/encoding.ts', 'core/types.ts']],
  // The embedded server: a request goes down these floors, and no import goes up.
  ['local/index.ts', ['local/http/', 'local/state/']],
  [
    'local/http/',
    ['local/http/', 'local/routes/index.ts', ...KIT, ...RULES_AND_STATE, 'core/checks.ts', 'core/errors.ts'],
  ],
  ['local/routes/index.ts', ['local/routes/']],
  ...KIT.map((file) => [file, [...KIT, ...RULES_AND_STATE]] as [string, string[]]),
  ['local/routes/', [...KIT, ...RULES_AND_STATE, OWN_DOMAIN]],
  ['local/rules/', RULES_AND_STATE],
  ['local/state/', ['local/state/', 'core/errors.ts']],
]

/** Modules that are no files of ours, and where they may be imported. */
const OUTSIDE: readonly [name: string, of: string][] = [
  // Everything else runs in browsers and workers too.
  ['node:', 'local/http/listen.ts'],
  ['yaml', 'local/rules/policy-yaml.ts'],
]

/** What rules are not about: they take plain values and a `Scope`, and calls of others go out through its `send`. */
const ABOVE_RULES = ['Request', 'Response', 'Headers', 'Context', 'fetch']

const src = join(root, 'src')
const files = (readdirSync(src, { recursive: true }) as string[])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))

/** What each file imports: files by their paths from `src`, all else by its name. */
const imports = new Map(
  [...texts].map(([file, text]) => {
    const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
    return [file, [...new Set(names.map((name) => target(file, name)))]]
  }),
)

function target(from: string, name: string): string {
  if (name === 'dashclaw') return 'index.ts'
  return name.startsWith('.') ? posix.join(dirname(from), name) : name
}

const domainOf = (file: string) => file.replace(/^(.*\/[a-z]+)[-.].*$/, '$1')

const isIn = (file: string, place: string) => (place.endsWith('/') ? file.startsWith(place) : file === place)

function problem(from: string, to: string): string | undefined {
  if (!texts.has(to)) {
    if (OUTSIDE.some(([name, of]) => (to === name || (name.endsWith(':') && to.startsWith(name))) && of === from))
      return
    return `src/${from} imports ${to}, which is no file of src; OUTSIDE says who may import what else.`
  }
  const [, may] = RULES.find(([of]) => isIn(from, of)) ?? []
  if (!may) return `src/${from} has no line in RULES: say there what it may import.`
  const sibling = domainOf(from) === domainOf(to) && may.includes(OWN_DOMAIN)
  if (sibling || may.some((place) => isIn(to, place))) return
  return `src/${from} imports src/${to}, but may import only: ${may.join(', ')}.`
}

/** A way from a file back to itself; nothing when there is none. */
function circle(start: string): string[] | undefined {
  const seen = new Set<string>()
  const look = (file: string, way: string[]): string[] | undefined => {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return [...way, next]
      if (seen.has(next)) continue
      seen.add(next)
      const found = look(next, [...way, next])
      if (found) return found
    }
    return undefined
  }
  return look(start, [start])
}

describe('the sources', () => {
  test('import only what the rules allow', () => {
    const problems = [...imports].flatMap(([from, all]) => all.flatMap((to) => problem(from, to) ?? []))
    expect(problems).toEqual([])
  })

  test('import each other in no circle', () => {
    const circles = files.flatMap(
      (file) =>
        circle(file)
          ?.map((one) => `src/${one}`)
          .join(' -> ') ?? [],
    )
    expect(circles).toEqual([])
  })

  test(`have no file of more than ${MOST_LINES} lines`, () => {
    const long = [...texts].map(([file, text]) => [file, text.split('\n').length - 1] as const)
    expect(long.filter(([, lines]) => lines > MOST_LINES).map(([file, lines]) => `src/${file}: ${lines}`)).toEqual([])
  })

  // That every route of the client is there is a test of the surface.
  test('name the route files of the embedded server after domains', () => {
    const of = (folder: string) =>
      files.filter((file) => posix.dirname(file) === folder).map((file) => domainOf(file).slice(folder.length + 1))
    const without = ['answers', 'fields', 'index', 'route']
    const domains = new Set([...of('domains'), ...without])
    expect(of('local/routes').filter((name) => !domains.has(name))).toEqual([])
  })

  test('hold in each file of a domain its class, with routes before it and helpers after it, and no types', () => {
    const kinds: [is: (node: ts.Node) => boolean, word: string][] = [
      [ts.isImportDeclaration, 'import'],
      [ts.isExportDeclaration, 'export'],
      [ts.isVariableStatement, 'const'],
      [ts.isClassDeclaration, 'class'],
      [ts.isFunctionDeclaration, 'function'],
    ]
    const shapes = files.flatMap((file) => {
      if (!/^domains\/[a-z]+\.ts$/.test(file)) return []
      const { statements } = ts.createSourceFile(file, texts.get(file)!, ts.ScriptTarget.Latest)
      const words = statements.map((node) => kinds.find(([is]) => is(node))?.[1] ?? ts.SyntaxKind[node.kind])
      return [[file, words.join(' ')] as const]
    })
    expect(shapes.length).toBeGreaterThan(30)
    const shape = /^(import )+(export )*(const )*class( const| function)*$/
    expect(shapes.filter(([, words]) => !shape.test(words))).toEqual([])
  })

  test('hold types, and nothing that runs, in the types of a domain', () => {
    const types = files.filter((file) => /^domains\/[a-z]+-types\.ts$/.test(file))
    expect(types.length).toBeGreaterThan(25)
    const running = types.filter((file) => {
      const { statements } = ts.createSourceFile(file, texts.get(file)!, ts.ScriptTarget.Latest)
      return statements.some(
        (node) => !ts.isImportDeclaration(node) && !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node),
      )
    })
    expect(running).toEqual([])
  })

  test('know requests and answers only above the rules of the embedded server', () => {
    const found = [...texts].flatMap(([file, text]) => {
      if (!/^local\/(?:rules|state)\//.test(file)) return []
      const names = new Set<string>()
      const look = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) names.add(node.text)
        ts.forEachChild(node, look)
      }
      look(ts.createSourceFile(file, text, ts.ScriptTarget.Latest))
      return ABOVE_RULES.filter((name) => names.has(name)).map((name) => `src/${file} uses ${name}`)
    })
    expect(found).toEqual([])
  })
})
