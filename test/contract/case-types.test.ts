/** The arguments of every case are ones that TypeScript accepts: what is checked on the wire is what users can write. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import type { CallCase, DomainCases } from '../support/cases.ts'
import { root } from '../support/package.ts'

/** Cases of a field that the types do not have, since the SDK sets it whatever the caller says. */
const UNTYPED = new Set(['scanContent, all', 'reportSecurityFinding, all'])

/** The source of a value; undefined when it has none, such as an object with methods. */
function source(value: unknown): string | undefined {
  if (value === undefined) return 'undefined'
  if (value instanceof Date) return `new Date(${+value})`
  if (value instanceof Uint8Array) return `new Uint8Array([${value}])`
  if (Array.isArray(value)) return list(value, '[', ']')
  if (typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  const members = Object.entries(value).map(([name, inner]) => {
    const text = source(inner)
    return text && `${JSON.stringify(name)}: ${text}`
  })
  return members.includes(undefined) ? undefined : `{ ${members.join(', ')} }`
}

function list(values: readonly unknown[], open = '', close = ''): string | undefined {
  const texts = values.map(source)
  return texts.includes(undefined) ? undefined : `${open}${texts.join(', ')}${close}`
}

const calls: { title: string; file: string; text: string }[] = []
const folder = new URL('../cases/', import.meta.url)
for (const file of readdirSync(folder)) {
  const { default: domain } = (await import(new URL(file, folder).href)) as { default: DomainCases }
  for (const { method, required, all } of domain.cases) {
    for (const [kind, call] of Object.entries({ required, all }) as [string, CallCase | undefined][]) {
      const text = call && list(call.args)
      if (text !== undefined && !UNTYPED.has(`${method}, ${kind}`))
        calls.push({ title: `${method}, ${kind}`, file, text: `void claw.${method}(${text})` })
    }
  }
}

/** Problems by the line of a call. */
function problems(): Map<number, string> {
  const path = join(root, 'src/calls-of-cases.ts')
  const text = [
    "import type { DashClaw } from './client.ts'",
    'declare const claw: DashClaw',
    ...calls.map(({ text }) => text),
  ]
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.getSourceFile = (name, version) =>
    name === path ? ts.createSourceFile(name, text.join('\n'), version) : getSourceFile.call(host, name, version)
  const program = ts.createProgram([path], options, host)
  const file = program.getSourceFile(path)!
  return new Map(
    [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start, messageText }) => [
        file.getLineAndCharacterOfPosition(start ?? 0).line - 2,
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ],
    ),
  )
}

describe('the arguments of a case fit the types of its method', () => {
  const found = problems()
  test('nearly all have a source', () => {
    expect(calls.length).toBeGreaterThan(350)
  })
  test.each(calls.map((call, line) => ({ ...call, line })))('$title', ({ line, file, text }) => {
    const problem = found.get(line)
    if (problem) expect.fail(`test/cases/${file}: ${text}\n${problem}`)
  })
})
