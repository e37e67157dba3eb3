/** The route texts in a method's code; `src/core/route.ts` has their grammar. */
import ts from 'typescript'

/** @typedef {import('./doc-comment.mjs').Route & { line: string | undefined, defaults: Record<string, string> }} SentRoute */

const TEXT = /^(\w+)(?:@([25])(?:\(\w+\))?)?(?:\+\w+)? ([A-Z]+)[~!]? (\/\S*)(.*)$/s
const FALLBACK = /^(\w+)[!#]*(?:@\w+)?(?:>\w+)?=([^:]*)/

/**
 * The routes that the code of a method names for it, in its own text or in constants of its file.
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.Declaration} method
 * @param {string} name
 * @returns {SentRoute[]}
 */
export function routeTexts(checker, method, name) {
  /** @type {Map<string, SentRoute>} */
  const found = new Map()
  /** @param {ts.Node} node */
  const visit = (node) => {
    const text = ts.isExpression(node) ? stringOf(checker, node) : undefined
    const [, owner, line, verb = '', path = '', fields = ''] = (text !== undefined && TEXT.exec(text)) || []
    if (owner !== name) return void ts.forEachChild(node, visit)
    /** @type {Record<string, string>} */
    const defaults = {}
    for (const field of fields.split(' -> ')[0]?.split(' ') ?? []) {
      const [, key, value] = FALLBACK.exec(field) ?? []
      if (key && value) defaults[key] = /^(\d+|true|false)$/.test(value) ? value : `'${value}'`
    }
    found.set(`${verb} ${path}`, { verb, path, query: '', line, defaults })
  }
  if (ts.isMethodDeclaration(method) && method.body) visit(method.body)
  return [...found.values()]
}

/**
 * The value of an expression of strings and constants.
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.Expression} node
 * @returns {string | undefined}
 */
function stringOf(checker, node) {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const left = stringOf(checker, node.left)
    const right = stringOf(checker, node.right)
    return left === undefined || right === undefined ? undefined : left + right
  }
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => [stringOf(checker, expression), literal.text])
    return parts.some(([value]) => value === undefined) ? undefined : node.head.text + parts.flat().join('')
  }
  if (!ts.isIdentifier(node)) return undefined
  const declaration = checker.getSymbolAtLocation(node)?.valueDeclaration
  if (!declaration || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return undefined
  return stringOf(checker, declaration.initializer)
}
