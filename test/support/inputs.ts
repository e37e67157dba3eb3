/** The inputs of every method, as the types say them: which argument is a record, and the names inside. */
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Names of a record's fields, with the records inside of it; `list` when it is an array of such records. */
export interface Names {
  list: boolean
  fields: Map<string, Names | undefined>
  /** The words that the types list for a field. */
  words: Map<string, string[]>
}

/** A method's argument that takes fields. */
export interface Input {
  method: string
  /** Position of the argument. */
  at: number
  /** Name of the argument: `options` for what never goes on the wire. */
  argument: string
  names: Names
}

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Objects of the host, which the SDK looks into in its own way. */
const HOST = new Set(['AbortSignal', 'Date', 'Uint8Array', 'CryptoKey', 'Headers', 'ReadableStream'])

/** Reads the inputs of the methods of `DashClaw` out of the source. */
export function inputsOf(): Input[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([`${root}src/index.ts`], options)
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(`${root}src/client.ts`)!
  const client = file.statements.find((node) => ts.isClassDeclaration(node) && node.name?.text === 'DashClaw')
  const type = checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation((client as ts.ClassDeclaration).name!)!)

  const isText = (one: ts.Type): boolean =>
    !!(one.flags & ts.TypeFlags.StringLike) || (one.isIntersection() && one.types.some(isText))

  function namesOf(one: ts.Type, depth = 0): Names | undefined {
    if (depth > 6 || isText(one)) return undefined
    if (one.isUnion()) {
      const all = one.types.map((part) => namesOf(part, depth)).filter((names) => names !== undefined)
      if (!all.length) return undefined
      return {
        list: all.some(({ list }) => list),
        fields: new Map(all.flatMap(({ fields }) => [...fields])),
        words: new Map(all.flatMap(({ words }) => [...words])),
      }
    }
    if (!(one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || one.getCallSignatures().length)
      return undefined
    const name = one.symbol?.name
    if (HOST.has(name)) return undefined
    if (checker.isArrayType(one) || checker.isTupleType(one) || name === 'ReadonlyArray') {
      const [item] = checker.getTypeArguments(one as ts.TypeReference)
      const inner = item && namesOf(item, depth + 1)
      return inner && { ...inner, list: true }
    }
    const fields = new Map<string, Names | undefined>()
    const words = new Map<string, string[]>()
    for (const property of one.getProperties()) {
      const value = checker.getTypeOfSymbol(property)
      // Names of headers are the caller's own.
      fields.set(property.name, property.name === 'headers' ? undefined : namesOf(value, depth + 1))
      const literals = (value.isUnion() ? value.types : [value]).filter((part) => part.isStringLiteral())
      if (literals.length)
        words.set(
          property.name,
          literals.map((part) => part.value),
        )
    }
    return fields.size ? { list: false, fields, words } : undefined
  }

  const inputs = new Map<string, Input>()
  for (const member of type.getProperties()) {
    for (const signature of checker.getTypeOfSymbol(member).getCallSignatures()) {
      signature.getParameters().forEach((parameter, at) => {
        const names = namesOf(checker.getTypeOfSymbol(parameter))
        if (!names) return
        const key = `${member.name} ${at}`
        const known = inputs.get(key)
        if (known) for (const [name, inner] of names.fields) known.names.fields.set(name, inner)
        else inputs.set(key, { method: member.name, at, argument: parameter.name, names })
      })
    }
  }
  return [...inputs.values()]
}
