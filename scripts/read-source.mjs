/** The methods of the client as the source has them: signature, doc comment, routes. All generated pages are made of this. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describer } from './describe-type.mjs'
import { docText, routesOf, summaryOf } from './doc-comment.mjs'
import { routeTexts } from './route-texts.mjs'
import { signatureWriter } from './signature.mjs'

/** @typedef {import('./doc-comment.mjs').Route} Route */

/**
 * A method of the client.
 *
 * @typedef {object} Method
 * @property {string} name
 * @property {string} domain - Name of the file that holds it; `the client itself` for the core.
 * @property {string} file - That file, from the project's root.
 * @property {string} summary - First sentence of its doc comment, as Markdown.
 * @property {Route[]} routes - Those that its doc comment names.
 * @property {import('./route-texts.mjs').SentRoute[]} sends - Those of the route texts in its code; none when it calls through a helper.
 * @property {boolean} asks - Whether it answers with a promise, so that it asks the server.
 * @property {string | undefined} list - For an iterator: the method whose pages it reads.
 * @property {string[]} names - Its call with names only, such as `getInbox(filters?)`; one per overload.
 * @property {string[]} short - Its call with the names of fields; one per overload.
 * @property {string[]} full - Its call with fields and their types; one per overload.
 * @property {string} answer - What it resolves with, or an iterator yields.
 */

export const root = fileURLToPath(new URL('..', import.meta.url))
export const CLIENT = 'the client itself'
/** Public members that are no methods of the API. */
const HIDDEN = new Set(['toJSON'])

/**
 * Every public method of `DashClaw`, in the order of the source files.
 *
 * @returns {Method[]}
 */
export function readSource() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([join(root, 'src/index.ts')], options)
  const checker = program.getTypeChecker()
  const client = program.getSourceFile(join(root, 'src/client.ts'))?.statements.find(isClient)
  if (!client?.name) throw new Error('src/client.ts has no class DashClaw.')
  const symbol = checker.getSymbolAtLocation(client.name)
  const type = checker.getDeclaredTypeOfSymbol(/** @type {ts.Symbol} */ (symbol))
  const write = signatureWriter(describer(checker, client))

  const found = type.getProperties().flatMap((member) => {
    const [first] = (member.declarations ?? []).filter(ts.isMethodDeclaration)
    return first && isPublic(first) ? [{ member, first, file: first.getSourceFile().fileName.slice(root.length) }] : []
  })
  found.sort((a, b) => (a.file === b.file ? a.first.pos - b.first.pos : a.file < b.file ? -1 : 1))

  const methods = found.map(({ member, first, file }) => {
    const { name } = member
    const text = docText(first)
    const routes = routesOf(text)
    const sends = (member.declarations ?? []).flatMap((one) => routeTexts(checker, one, name))
    // A change has no defaults: what is left out stays.
    const defaults = routes[0]?.verb === 'PATCH' ? undefined : Object.assign({}, ...sends.map((one) => one.defaults))
    const [, domain = CLIENT] = /^src\/domains\/([\w-]+)\.ts$/.exec(file) ?? []
    /** @type {Method} */
    const method = {
      ...{ name, domain, file, summary: summaryOf(text), routes, sends, list: undefined },
      ...write(checker.getTypeOfSymbol(member), name, defaults),
    }
    return method
  })
  for (const method of methods) method.list = listOf(method, methods)
  return methods
}

/** @param {ts.MethodDeclaration} node */
function isPublic(node) {
  const hidden = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.NonPublicAccessibilityModifier
  return !hidden && !HIDDEN.has(node.name.getText())
}

/** @param {ts.Statement} node @returns {node is ts.ClassDeclaration} */
const isClient = (node) => ts.isClassDeclaration(node) && node.name?.text === 'DashClaw'

/**
 * The list that an iterator reads: `iterateScores` reads `listScores` or `getScores`.
 *
 * @param {Method} method
 * @param {readonly Method[]} all
 */
function listOf({ name, domain }, all) {
  const [, rest] = /^iterate([A-Z]\w*)$/.exec(name) ?? []
  if (!rest) return undefined
  for (const list of [`list${rest}`, `get${rest}`]) {
    if (all.some((other) => other.name === list && other.domain === domain)) return list
  }
  throw new Error(`${name} is an iterator, and src/domains/${domain}.ts has neither list${rest} nor get${rest}.`)
}
