/** A method's call in three lengths, and what it answers. */
import ts from 'typescript'
import { isOptional } from './describe-type.mjs'

/** @typedef {ReturnType<typeof import('./describe-type.mjs').describer>} Words */

/** Fields that the short form names: all required ones, and optional ones up to this number. */
const SHORT = 12
/** Answers with longer lists of fields go by the name of their type. */
const ANSWER = 110
/** Named records that are longer than this are written out once, and named from then on. */
const ONCE = 400

/** Writes the calls of one method after the other. @param {Words} words */
export function signatureWriter(words) {
  const { checker } = words
  /** Long records that were written out: their names of fields by name of type. @type {Map<string, string[]>} */
  const written = new Map()

  /**
   * @param {ts.Type} type - Type of the method.
   * @param {string} name
   * @param {Record<string, string> | undefined} defaults - Of its fields, by its route; undefined when it has none to show.
   */
  function write(type, name, defaults) {
    const signatures = distinct(type.getCallSignatures())
    /** @param {(parameter: ts.Symbol) => string} part */
    const calls = (part) =>
      signatures.map((signature) => `${name}(${signature.getParameters().map(part).filter(Boolean).join(', ')})`)
    const answers = signatures.map(answerOf)
    return {
      asks: answers.every(({ asks }) => asks),
      names: calls(nameOnly),
      short: calls(namesOfFields),
      full: calls((parameter) => withTypes(parameter, defaults)),
      answer: [...new Set(answers.map(({ text }) => text))].join(' | '),
    }
  }

  /**
   * Overloads with the same parameters are one: the last of them, which takes what all of them take.
   *
   * @param {readonly ts.Signature[]} signatures
   */
  function distinct(signatures) {
    return [
      ...new Map(
        signatures.map((one) => [
          one
            .getParameters()
            .map(({ name }) => name)
            .join(),
          one,
        ]),
      ).values(),
    ]
  }

  /** @param {ts.Symbol} parameter */
  function typeOf(parameter) {
    const type = checker.getTypeOfSymbol(parameter)
    return type.flags & ts.TypeFlags.TypeParameter ? type : checker.getNonNullableType(type)
  }

  /** @param {ts.Symbol} parameter */
  function nameOnly(parameter) {
    // What every call takes is explained once, for all.
    return words.optionsOf(typeOf(parameter))?.length === 0 ? '' : head(parameter)
  }

  /** @param {ts.Symbol} parameter */
  function namesOfFields(parameter) {
    const type = typeOf(parameter)
    const fields = words.optionsOf(type) ?? (words.isRecord(type) ? words.fieldsOf(type) : [])
    if (!fields.length) return head(parameter)
    const required = fields.filter((field) => !isOptional(field)).length
    const shown = fields.slice(0, Math.max(required, SHORT)).map((field, at) => field.name + (at < required ? '' : '?'))
    if (shown.length < fields.length) shown.push('…')
    return `${head(parameter)}: { ${shown.join(', ')} }`
  }

  /** @param {ts.Symbol} parameter @param {Record<string, string> | undefined} defaults */
  function withTypes(parameter, defaults) {
    const type = typeOf(parameter)
    const options = words.optionsOf(type)
    if (options?.length === 0) return head(parameter)
    if (!options && !words.isRecord(type)) {
      const text = words.describe(type)
      return text === 'string' ? head(parameter) : `${head(parameter)}: ${text}`
    }
    const name = words.nameOf(type)
    if (written.has(name)) return `${head(parameter)}: ${name}`
    const fields = options ?? words.fieldsOf(type)
    const [base, inherited = []] =
      [...written].find(([, names]) => names.every((one) => fields.some((field) => field.name === one))) ?? []
    const texts = fields
      .filter((field) => !inherited.includes(field.name))
      .map((field) => words.field(field, 1, defaults))
      .filter(Boolean)
    if (base) texts.push(`…fields of ${base}`)
    if (options) texts.push('…')
    const text = `{ ${texts.join(', ')} }`
    if (!name || text.length <= ONCE) return `${head(parameter)}: ${text}`
    written.set(
      name,
      fields.map((field) => field.name),
    )
    return `${head(parameter)}: ${name} ${text}`
  }

  /** @param {ts.Signature} signature */
  function answerOf(signature) {
    const whole = signature.getReturnType()
    if (whole.symbol?.name === 'AsyncGenerator') {
      const [row] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (whole))
      return { asks: false, text: row ? words.asWritten(row) : '' }
    }
    const asks = whole.symbol?.name === 'Promise'
    const inside = (asks && checker.getAwaitedType(whole)) || whole
    return { asks, text: fieldsOfAnswer(inside) }
  }

  /** @param {ts.Type} type */
  function fieldsOfAnswer(type) {
    const all = checker.getPropertiesOfType(type)
    const isData = !all.some((field) => checker.getTypeOfSymbol(field).getCallSignatures().length)
    if (type.isUnion() || !isData || !words.isRecord(type)) return words.asWritten(type)
    const fields = all.map((field) => {
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(field))
      return `${field.name}${isOptional(field) ? '?' : ''}${words.isArray(inner) ? '[]' : ''}`
    })
    const text = `{ ${fields.join(', ')} }`
    return text.length > ANSWER ? words.asWritten(type) : text
  }

  return write
}

/** @param {ts.Symbol} parameter */
function head(parameter) {
  const node = parameter.valueDeclaration
  const optional = node && ts.isParameter(node) && (node.questionToken || node.initializer)
  return parameter.name + (optional ? '?' : '')
}
