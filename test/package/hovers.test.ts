/** What an editor shows of the published declarations, for every public method. Needs `npm run build` first. */
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as dashclaw from '../../src/index.ts'
import { clientMethods } from '../support/methods.ts'
import { root } from '../support/package.ts'

const methods = clientMethods()

// One program in the memory of the language service: a call of each method, as somebody types it.
const file = join(root, 'hovers.ts')
let text = `import { DashClaw } from './dist/index.js'\ndeclare const claw: DashClaw\n`
const calls = new Map<string, number>()
for (const name of methods) {
  calls.set(name, text.length + 'claw.'.length)
  text += `claw.${name}(\n)\n`
}
/** A language service over one program in memory. */
const serve = (program: string): ts.LanguageService =>
  ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot(name) {
      const content = name === file ? program : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [],
      strict: true,
    }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  })
const service = serve(text)
const checker = service.getProgram()!.getTypeChecker()
const source = service.getProgram()!.getSourceFile(file)!
const plain = ts.displayPartsToString

/** The hover of a method, and what is shown of each parameter while a call is typed. */
function shown(name: string) {
  const at = calls.get(name)!
  const { displayParts, documentation } = service.getQuickInfoAtPosition(file, at)!
  const parameters = service
    .getSignatureHelpItems(file, at + name.length + 1, undefined)!
    .items.map((item) => item.parameters.map(({ name, documentation }) => ({ name, doc: plain(documentation) })))
  return { display: plain(displayParts), doc: plain(documentation), parameters }
}

/** The declared signature of a method, where its type parameters stand. */
function declared(name: string): ts.Signature {
  const access = ts.forEachChild(source, function find(node): ts.PropertyAccessExpression | undefined {
    if (ts.isPropertyAccessExpression(node) && node.name.text === name) return node
    return ts.forEachChild(node, find)
  })!
  return checker.getTypeAtLocation(access).getCallSignatures()[0]!
}

/** Whether a type of the package explains itself: its name has a doc comment, or each of its fields has one. */
function explains(type: ts.Type): boolean {
  const own = checker.getNonNullableType(type)
  const symbol = type.aliasSymbol ?? own.aliasSymbol ?? own.getSymbol()
  // The library's own types, such as String and Array, say nothing about a parameter.
  const ours = symbol?.declarations?.some((node) => node.getSourceFile().fileName.includes('/dist/')) ?? false
  if (ours && symbol!.getDocumentationComment(checker).length) return true
  if (own.isIntersection() || own.isUnion()) return own.types.every(explains)
  const fields = ours ? own.getProperties() : []
  return fields.length > 0 && fields.every((field) => field.getDocumentationComment(checker).length > 0)
}

describe.each([...methods])('%s', (name) => {
  test('shows its class, what it does, and each of its parameters', () => {
    const { display, doc, parameters } = shown(name)
    // The class leads to the file; without one the method would be a property of an anonymous type.
    const owner = /^\(method\) (\w+)\./.exec(display)?.[1]
    expect(Object.keys(dashclaw)).toContain(owner)
    expect(doc).toMatch(/^\S.{10,}/)
    const signature = declared(name)
    for (const parameter of signature.getParameters()) {
      const type = checker.getTypeOfSymbol(parameter)
      const documented = parameters.some((list) => list.some((one) => one.name === parameter.name && one.doc))
      expect(documented || explains(type), `${parameter.name} of ${name} says nothing`).toBe(true)
    }
  })
})

test('what a generic method gives is shown with the type of its argument', () => {
  const program = `import { DashClaw } from './dist/index.js'\ndeclare const claw: DashClaw\nclaw.track({} as never, () => 42)\nclaw.governTool('t', async ({ n }: { n: number }) => [n], {})\nclaw.request<{ ok: 1 }>({} as never)\n`
  const generic = serve(program)
  const at = (call: string) => plain(generic.getQuickInfoAtPosition(file, program.indexOf(call))!.displayParts)
  expect(at('track')).toMatch(/^\(method\) Actions\.track<number>\(.*\): Promise<number>$/s)
  expect(at('governTool')).toMatch(/^\(method\) Tools\.governTool<\{\s+n: number;\s+\}, number\[\]>/)
  expect(at('request')).toMatch(/^\(method\) Core\.request<\{\s+ok: 1;\s+\}>\(.*\): Promise<\{\s+ok: 1;\s+\}>$/s)
})
