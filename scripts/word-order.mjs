/** The order in which the source lists the words of a type; the compiler keeps its own. */
import ts from 'typescript'

/**
 * Every string that the type of a declaration lists, in order, with those of the types that it names.
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.Node | undefined} declaration
 */
export function inSourceOrder(checker, declaration) {
  /** @type {string[]} */
  const words = []
  /** @type {Set<ts.Node>} */
  const seen = new Set()
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (seen.has(node)) return
    seen.add(node)
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) words.push(node.literal.text)
    if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) {
      for (const alias of aliasOf(checker, node.typeName)) visit(alias)
    }
    ts.forEachChild(node, visit)
  }
  if (declaration && (ts.isPropertySignature(declaration) || ts.isParameter(declaration)) && declaration.type) {
    visit(declaration.type)
  }
  return words
}

/** @param {ts.TypeChecker} checker @param {ts.Identifier} name */
function aliasOf(checker, name) {
  const symbol = checker.getSymbolAtLocation(name)
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return (target?.declarations ?? []).filter(ts.isTypeAliasDeclaration).map(({ type }) => type)
}
