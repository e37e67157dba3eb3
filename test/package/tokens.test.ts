/** What the built files say to those who scan them for Node: edge platforms refuse or warn about mere words. Needs `npm run build`. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { entries, manifest, root } from '../support/package.ts'

/** Tokens of a script that only Node knows, with their lines; comments are no tokens. `require` is the module system of CommonJS. */
function nodeTokens(file: string, text: string): string[] {
  const found: string[] = []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS)
  const visit = (node: ts.Node): void => {
    const wrong =
      (ts.isIdentifier(node) && /^(process|Buffer|__dirname|__filename)$/.test(node.text)) ||
      (ts.isStringLiteralLike(node) && node.text.startsWith('node:')) ||
      (!file.endsWith('.cjs') && ts.isIdentifier(node) && node.text === 'require')
    // A word in an object of the wire, such as a status "process", is no global.
    const name =
      ts.isPropertyAccessExpression(node.parent ?? node) && (node.parent as ts.PropertyAccessExpression).name === node
    const key = ts.isPropertyAssignment(node.parent ?? node) && (node.parent as ts.PropertyAssignment).name === node
    if (wrong && !name && !key)
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText()}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** A file and all that it imports when it is loaded; what is imported later, by a call, is Node's part. */
function graph(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(join(root, file), 'utf8')
  const statements =
    /^(?:import|export)\b[^;'"]*['"](\.[^'"]+)['"]|^(?:var|const) \w+ = require\(['"](\.[^'"]+)['"]\)/gm
  for (const [, esm, cjs] of text.matchAll(statements)) graph(join(dirname(file), (esm ?? cjs)!), seen)
  return seen
}

describe.each([...entries.flatMap((entry) => [entry.import.default, entry.require.default]), manifest.unpkg])(
  '%s',
  (entry) => {
    test('names nothing of Node, nor does what it loads', () => {
      const files = [...graph(join(entry))]
      expect(files.flatMap((file) => nodeTokens(file, readFileSync(join(root, file), 'utf8')))).toEqual([])
    })
  },
)

test('the search finds what it looks for', () => {
  const text =
    "import a from 'node:fs'\n// process Buffer\nif (typeof process === 'object') Buffer.from(require('x'))\nx.process = { Buffer: 1 }"
  expect(nodeTokens('x.js', text)).toEqual(["x.js:1 'node:fs'", 'x.js:3 process', 'x.js:3 Buffer', 'x.js:3 require'])
  expect(graph(join('dist', 'tools.cjs')).size).toBeGreaterThan(1)
  expect(graph(join('dist', 'tools.js')).size).toBeGreaterThan(1)
})
