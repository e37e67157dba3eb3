import { Composer, Lexer, Parser, visit } from 'yaml'

/** A policy as a document or a pack has it. */
export interface PolicySource {
  id?: unknown
  description?: unknown
  applies_to?: { tools?: unknown } | null
  rule?: Record<string, unknown> | null
  tests?: unknown
}

/** Why a document can't be read. */
export class UnreadableYaml extends Error {}

const MOST_LEVELS = 100
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/

/**
 * The policies of a YAML document.
 *
 * @throws {UnreadableYaml}
 */
export function readPolicies(text: string): PolicySource[] {
  const document = read(text) as { policies?: unknown } | null
  if (document === null) throw new UnreadableYaml('it holds nothing')
  const policies = document.policies || []
  if (!Array.isArray(policies)) throw new UnreadableYaml('policies is no list')
  const none = policies.indexOf(null)
  if (none >= 0) throw new UnreadableYaml(`policies[${none}] is null`)
  return policies as PolicySource[]
}

/** One document of the core schema, without aliases and tags. */
function read(text: string): unknown {
  if (CONTROL.test(text)) throw new UnreadableYaml('it holds a control character')
  // Keys that are there twice are looked for below: the library compares each with each.
  const composer = new Composer({ stringKeys: true, uniqueKeys: false, resolveKnownTags: false, prettyErrors: false })
  const [document, second] = composer.compose(tokens(text), true, text.length)
  if (second) throw new UnreadableYaml('it holds more than one document')
  const [problem] = [...document!.errors, ...document!.warnings]
  if (problem) throw new UnreadableYaml(problem.message)
  visit(document!, {
    Alias: (_at, { source }) => {
      throw new UnreadableYaml(`an alias, *${source}: write out what it stands for`)
    },
    Map(_at, { items }) {
      const keys = new Set<string>()
      for (const { key } of items) {
        if (keys.has(String(key))) throw new UnreadableYaml(`${String(key)} is there twice`)
        keys.add(String(key))
      }
    },
  })
  return document!.toJS()
}

/** What the document is made of; nothing further once it is nested so deep that the library would run out of memory. */
function* tokens(text: string) {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw new UnreadableYaml(token.message)
      yield token
    }
    if (parser.stack.length > MOST_LEVELS) throw new UnreadableYaml('it is nested too deep')
  }
  yield* parser.end()
}
