/** The pages for coding agents name what exists, and nothing else; the methods of `llms.txt` are in generated.test.ts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as dashclaw from '../src/index.ts'
import { manifest, root } from './support/package.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const llms = read('llms.txt')
const agents = read('AGENTS.md')
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
