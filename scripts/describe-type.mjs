/** Types in few words, for pages that people and coding agents read. */
import ts from 'typescript'
import { defaultOf, docText } from './doc-comment.mjs'
import { inSourceOrder } from './word-order.mjs'

/** Records that are longer than this go by their name inside of another one. */
const INLINE = 150
/** Options that every call takes; pages explain them once. */
const REQUEST_OPTIONS = ['signal', 'timeout', 'totalTimeout', 'maxRetries', 'headers']
/** Fields whose types say nothing here: the host's own. */
const UNTYPED = /^(signal|headers)$/
/** Objects of the host, whose members say nothing here. */
const HOST = /^(AbortSignal|Date|Uint8Array|CryptoKey|Headers|ReadableStream|URL)$/
const { TypeFlags, SymbolFlags } = ts

/** @param {ts.Symbol} symbol */
export const isOptional = (symbol) => (symbol.flags & SymbolFlags.Optional) !== 0

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Node} place - Where names are looked up.
 */
export function describer(checker, place) {
  /** The other strings of an open union: `string & {}`. @param {ts.Type} type */
  const isOther = (type) => type.isIntersection() && type.types.some((part) => part.flags & TypeFlags.String)

  /** @param {ts.Type} type */
  const isArray = (type) => checker.isArrayType(type) || type.symbol?.name === 'ReadonlyArray'

  /** @param {ts.Type} type */
  const nameOf = (type) => (type.aliasSymbol ?? type.symbol)?.name.replace(/^__.*/, '') ?? ''

  /** As TypeScript writes it, without paths of files. @param {ts.Type} type */
  const asWritten = (type) =>
    checker
      .typeToString(type, place, ts.TypeFormatFlags.NoTruncation)
      .replace(/import\("[^"]*"\)\./g, '')
      .replace(/^Awaited<(\w+)>$/, '$1')

  /**
   * Whether a type is a record of named fields, or a choice between records that have the same names.
   *
   * @param {ts.Type} type
   * @returns {boolean}
   */
  function isRecord(type) {
    if (type.isUnion()) {
      const common = checker.getPropertiesOfType(type).length
      return type.types.every((part) => isRecord(part) && checker.getPropertiesOfType(part).length === common)
    }
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection)) || isOther(type)) return false
    if (isArray(type) || checker.isTupleType(type) || HOST.test(type.symbol?.name)) return false
    return !type.getCallSignatures().length && type.getProperties().length > 0
  }

  /**
   * A type with its records written out as long as they are short. Absent and null values are left out.
   *
   * @param {ts.Type} type
   * @param {number} [depth] - How far inside of other records it stands.
   * @param {readonly string[]} [order] - Words in the order of the source.
   * @returns {string}
   */
  function describe(type, depth = 0, order = []) {
    if (type.flags & TypeFlags.TypeParameter) {
      const limit = checker.getBaseConstraintOfType(type)
      return limit && !(limit.flags & TypeFlags.Unknown) ? describe(limit, depth, order) : asWritten(type)
    }
    if (type.isUnion() && !isRecord(type)) return union(type.types, depth, order)
    if (type.flags & (TypeFlags.Undefined | TypeFlags.Void | TypeFlags.Null)) return ''
    if (type.isStringLiteral()) return `'${type.value}'`
    if (type.flags & TypeFlags.StringLike || isOther(type)) return 'string'
    if (isArray(type)) {
      const [item] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))
      const text = item ? describe(item, depth, order) : 'unknown'
      return / \| |=>/.test(text.replace(/\{.*\}/, '')) ? `(${text})[]` : `${text}[]`
    }
    if (isRecord(type)) {
      const fields = fieldsOf(type).map((symbol) => field(symbol, depth + 1))
      const text = `{ ${fields.filter(Boolean).join(', ')} }`
      return depth > 0 && text.length > INLINE ? nameOf(type).replace('Partial', 'object') || 'object' : text
    }
    const index = checker.getIndexInfoOfType(type, ts.IndexKind.String)
    if (index && !type.getProperties().length) {
      return index.type.flags & TypeFlags.Unknown ? 'object' : `Record<string, ${describe(index.type, depth + 1)}>`
    }
    return asWritten(type)
  }

  /** @param {readonly ts.Type[]} parts @param {number} depth @param {readonly string[]} order */
  function union(parts, depth, order) {
    const rank = (/** @type {ts.Type} */ part) => (part.isStringLiteral() ? order.indexOf(part.value) : -1)
    const sorted = [...parts].sort((a, b) => rank(a) - rank(b))
    const words = new Set(sorted.map((part) => (isOther(part) ? '' : describe(part, depth + 1, order))))
    words.delete('')
    if (words.delete('false') && words.delete('true')) words.add('boolean')
    if (parts.some(isOther)) words.add('…')
    return [...words].join(' | ')
  }

  /**
   * One field: `limit?: number = 50`. A string needs no type.
   *
   * @param {ts.Symbol} symbol
   * @param {number} depth
   * @param {Record<string, string>} [defaults] - Those of the route; none are shown without it.
   */
  function field(symbol, depth, defaults) {
    const [declaration] = symbol.declarations ?? []
    const type = describe(checker.getTypeOfSymbol(symbol), depth, inSourceOrder(checker, declaration))
    if (!type) return ''
    const name = symbol.name + (isOptional(symbol) ? '?' : '')
    const fallback = isOptional(symbol) && defaults && (defaults[symbol.name] ?? defaultOf(docText(declaration)))
    return (
      name + (type === 'string' || UNTYPED.test(symbol.name) ? '' : `: ${type}`) + (fallback ? ` = ${fallback}` : '')
    )
  }

  /**
   * The fields of a record, required ones first.
   *
   * @param {ts.Type} type
   */
  function fieldsOf(type) {
    const all = checker.getPropertiesOfType(type).filter(({ name }) => !name.startsWith('__'))
    return all.sort((a, b) => Number(isOptional(a)) - Number(isOptional(b)))
  }

  /**
   * What a record of options has besides those of every call; undefined for another record.
   *
   * @param {ts.Type} type
   */
  function optionsOf(type) {
    const names = checker.getPropertiesOfType(type).map(({ name }) => name)
    if (!REQUEST_OPTIONS.every((name) => names.includes(name))) return undefined
    return fieldsOf(type).filter(({ name }) => !REQUEST_OPTIONS.includes(name))
  }

  return { checker, describe, field, fieldsOf, optionsOf, isRecord, isArray, nameOf, asWritten }
}
