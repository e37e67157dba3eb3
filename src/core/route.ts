import { describe, isPlain, letters, unknownName } from './checks.ts'
import { InputError } from './errors.ts'
import { pathPart } from './path.ts'
import type { Line } from './types.ts'

/**
 * A route as one line of text: method of the SDK, verb, path, fields. Every method of a domain names its route this way, so checks
 * and mapping are data that is read once, not code per method.
 *
 *     saveNote POST~ /api/notes/:note_id  agent_id@agentId  name!  limit=20:num  deadline>target_date  rules:{threshold,action}
 *
 * - `track+fn`: what else the call takes, for examples in errors. `saveNote@2`: only the 2 line of servers has the route;
 *   `@2(saveLine)` names the method to use on the other line.
 * - `~` after the verb: a POST that is safe to repeat. `!` after the verb: a call that deletes or decides about many, which takes
 *   known names only. GET and DELETE carry fields in the query, the others in the body.
 * - `name!` is required; `@agentId` is filled in from the client when the caller gives none; `=20` is a default;
 *   `name>wire` is sent as `wire` unless the caller gives that as well; `name#` is a positional argument of the method.
 * - A field is a string unless `:kind` says otherwise: `num`, `int` (a number, rounded), `bool`, `list`, `object`, `date`, `any`,
 *   `{a,b}` (a record of these names) or `[a,b]` (an array of such records), with `~` before it where a simple value may stand for a record.
 *
 * After ` -> ` stands what the SDK itself reads of the answer, which is an object: `a!:[b!]` is an array of records that all have a `b`,
 * `[{}]` one of any records, `[]` one of anything.
 *
 * Kinds and names are checked here; lengths, words and ranges are the server's. Fields that are not named pass through untouched, so
 * a newer server's fields can be used at once, unless they look like a known one.
 */
export interface Route extends Shape {
  name: string
  /** What follows the input in a call: the work of `track`. */
  more: string | undefined
  /** The only line of servers that has the route; all when absent. */
  line: Line | undefined
  /** What to use on another line. */
  instead: string | undefined
  verb: string
  repeatable: boolean
  strict: boolean
  path: string
  /** What the SDK reads of the answer. */
  answer: Shape | undefined
}

/** The fields of an input, or of a record inside of one. */
interface Shape {
  fields: readonly Field[]
  names: ReadonlySet<string>
  /** What each known name looks like without its case, `_` and `-`, and the name itself. */
  near: ReadonlyMap<string, string>
}

interface Field {
  name: string
  required: boolean
  positional: boolean
  fill: string | undefined
  wire: string | undefined
  fallback: unknown
  kind: string
  /** The names inside of a record, or of each record of an array. */
  shape: Shape | undefined
  /** Whether a simple value may stand in place of a record. */
  loose: boolean
}

const METHOD = /^(\w*)(?:@([25])(?:\((\w+)\))?)?(?:\+(.+))?$/
const FIELD = /^(\w+)(!?)(#?)(?:@(\w+))?(?:>(\w+))?(?:=([^:]*))?(?::(.+))?$/

const cache = /* @__PURE__ */ new Map<string, Route>()

/** Reads a route text; each one is read once. */
export function parseRoute(text: string): Route {
  let route = cache.get(text)
  if (!route) {
    const [call = '', answer] = text.split(' -> ')
    const [method = '', verb = '', path = '', ...fields] = call.split(/ +/)
    const [, name = '', line, instead, more] = METHOD.exec(method) ?? []
    const strict = verb.endsWith('!')
    route = {
      name,
      more,
      line: line as Line | undefined,
      instead,
      verb: verb.replace(/\W/, ''),
      repeatable: verb !== 'POST' && verb !== 'POST!',
      strict,
      path,
      answer: answer === undefined ? undefined : parseShape(answer.split(/ +/)),
      ...parseShape(fields),
    }
    cache.set(text, route)
  }
  return route
}

function parseShape(texts: readonly string[]): Shape {
  const fields = texts.filter(Boolean).map(parseField)
  const names = new Set<string>()
  for (const { name, wire } of fields) {
    names.add(name)
    if (wire) names.add(wire)
  }
  return { fields, names, near: new Map([...names].map((name) => [letters(name), name])) }
}

function parseField(text: string): Field {
  const [, name = text, required, positional, fill, wire, fallback, kind = 'text'] = FIELD.exec(text) ?? []
  const [, loose, nested, inner = ''] = /^(~?)([[{])(.*).$/.exec(kind) ?? []
  return {
    name,
    required: required === '!',
    positional: positional === '#',
    fill,
    wire,
    fallback:
      fallback === undefined ? undefined : /^(\d+|true|false)$/.test(fallback) ? JSON.parse(fallback) : fallback,
    kind: nested ? (nested === '[' ? 'list' : 'object') : kind,
    shape: nested ? parseShape(parts(inner)) : undefined,
    loose: !!loose,
  }
}

/** The names of a record, split at the commas that are not inside of another one. */
function parts(text: string): string[] {
  const all = ['']
  let depth = 0
  for (const sign of text) {
    if (sign === ',' && !depth) all.push('')
    else {
      if (/[[{]/.test(sign)) depth++
      else if (/[\]}]/.test(sign)) depth--
      all[all.length - 1] += sign
    }
  }
  return all
}

/** Puts the ids into the path. */
export function routePath(route: Route, ids: readonly unknown[]): string {
  if (!ids.length) return route.path
  let next = 0
  return route.path.replace(/:(\w+)/g, (_match, name: string) => pathPart(name, ids[next++]))
}

/**
 * Checks the caller's fields and gives what goes on the wire: a new object, the caller's is never changed.
 *
 * @throws {InputError} Naming the first field that is wrong, and what to write.
 */
export function routeInput(
  route: Route,
  input: unknown,
  client: Readonly<Record<string, unknown>>,
  positional?: object,
): Record<string, unknown> | undefined {
  if (input === undefined) {
    if (!route.fields.length) return undefined
  } else if (!isPlain(input)) {
    throw new InputError(
      `The input of ${route.name} must be an object: ${example(route)}. It got ${describe(input)}.`,
      'input',
    )
  }
  const out: Record<string, unknown> = { ...(input as object), ...positional }
  checkFields(route.name, route, out, route.strict)
  for (const field of route.fields) {
    const { name, wire, required } = field
    let value = out[name]
    if (value == null) {
      // null is what the caller wants sent, so only an absent field is filled in.
      if (value === undefined) {
        const filled = (field.fill && client[field.fill]) ?? field.fallback
        if (filled != null && (!wire || out[wire] === undefined)) out[name] = value = filled
      }
      if (value == null) {
        if (required && (!wire || out[wire] == null)) throw missing(route, field)
        if (value === undefined) continue
      }
    } else {
      const checked = convert(route, field, value)
      if (checked !== value) out[name] = value = checked
    }
    if (wire) {
      if (out[wire] === undefined) out[wire] = value
      delete out[name]
    }
  }
  return out
}

/** Refuses the names that can only be a mistake, in a record and in those inside of it. */
function checkFields(
  owner: string,
  { fields, names, near }: Shape,
  value: Record<string, unknown>,
  strict = false,
): void {
  for (const name in value) {
    if (names.has(name) || value[name] === undefined) continue
    const known = near.get(letters(name))
    if (strict || known) throw unknownName(owner, 'field', name, known ? [known] : [...names])
  }
  for (const { name, kind, shape, loose } of fields) {
    const inner = shape && value[name]
    if (inner == null) continue
    if (loose && kind === 'object' && typeof inner !== 'object') continue
    if (kind === 'object' ? !isPlain(inner) : !Array.isArray(inner)) {
      throw new InputError(`${owner}: ${name} must be ${KINDS[kind]}; got ${describe(inner)}.`, name)
    }
    if (kind === 'object') checkRecord(`${owner} ${name}`, shape!, inner as Record<string, unknown>)
    else {
      ;(inner as unknown[]).forEach((one: unknown, at) => {
        const where = `${owner} ${name}[${at}]`
        if (loose && typeof one !== 'object') return
        if (!isPlain(one)) throw new InputError(`${where} must be an object; got ${describe(one)}.`, name)
        checkRecord(where, shape!, one)
      })
    }
  }
}

/** A record inside of an input: its names, and what it must have. */
function checkRecord(owner: string, shape: Shape, value: Record<string, unknown>): void {
  checkFields(owner, shape, value)
  for (const { name, required } of shape.fields) {
    if (required && value[name] == null) throw new InputError(`${owner} needs ${name}.`, name)
  }
}

/** What an answer lacks that the SDK reads, by name; undefined when it has all. */
export function lacks({ fields }: Shape, answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return 'fields'
  for (const { name, required, kind, shape } of fields) {
    const value = (answer as Record<string, unknown>)[name]
    if (value == null ? required : shape && (kind === 'list') !== Array.isArray(value)) return name
    if (value == null || !shape) continue
    const wrong = kind === 'list' && !shape.fields.length ? [] : [value].flat()
    for (const one of kind === 'list' ? wrong : [value]) if (lacks(shape, one) !== undefined) return name
  }
  return undefined
}

/** How to call a method: its ids, and the fields that it needs. */
function example({ name, more, path, fields }: Route): string {
  const ids = path.match(/:\w+/g) ?? []
  const named = ids.length > 1 ? ids.map((id) => id.slice(1)) : ids.map(() => 'id')
  for (const field of fields) if (field.positional) named.push(field.name)
  const own = fields.filter((field) => !field.positional && !field.fill)
  const needed = own.filter((field) => field.required)
  const shown = (needed.length ? needed : own.slice(0, 1)).map((field) => `${field.name}: …`)
  return `${name}(${[...named, `{ ${shown.join(', ')} }`, ...(more ? [more] : [])].join(', ')})`
}

function missing(route: Route, { name, fill, kind, positional }: Field): InputError {
  return new InputError(
    positional
      ? `${route.name} needs ${name}, ${KINDS[kind]}.`
      : `${route.name} needs ${name}${fill ? `: give it, or set ${fill} on the client` : `: ${example(route)}`}.`,
    name,
  )
}

const KINDS: Readonly<Record<string, string>> = {
  text: 'a string',
  num: 'a number',
  int: 'a number',
  bool: 'true or false',
  list: 'an array',
  object: 'an object',
  date: 'a date such as 2026-01-31T12:00:00.000Z',
  any: 'a value that is not empty',
}
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** The value of a field as it is sent: converted where nothing is lost by it. */
function convert(route: Route, { name, kind, required, loose }: Field, value: unknown): unknown {
  switch (kind) {
    case 'text':
      if (typeof value === 'string' && (value || !required)) return value
      break
    case 'num':
    case 'int': {
      const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
      if (typeof number === 'number' && Number.isFinite(number)) return kind === 'int' ? Math.round(number) : number
      break
    }
    case 'bool':
      if (typeof value === 'boolean') return value
      break
    case 'list':
      if (Array.isArray(value)) return value
      break
    case 'object':
      if (typeof value === 'object' ? !Array.isArray(value) : loose) return value
      break
    case 'date': {
      // Below 1e11 are the seconds that other languages count in; as milliseconds they would be before 1973.
      const time = typeof value === 'number' && Math.abs(value) < 1e11 ? value * 1000 : value
      const date = new Date(time as string)
      if (/^(string|number)$/.test(typeof value) || value instanceof Date) {
        if (!Number.isNaN(+date)) return typeof value === 'string' ? value : date.toISOString()
      }
      break
    }
    default:
      if (value !== '' || !required) return value
  }
  // Servers read an empty string in a query as none.
  if (value === '' && !required && !route.strict && /GET|DELETE/.test(route.verb)) return undefined
  const needed = required && kind === 'text' ? 'a non-empty string' : KINDS[kind]
  throw new InputError(`${route.name}: ${name} must be ${needed}; got ${describe(value)}.`, name)
}

/**
 * Refuses what JSON drops or empties without a word: functions, symbols, numbers that are none, and objects such as maps and promises.
 *
 * @param seen - Objects that were looked at, for a value that refers back to itself.
 * @throws {InputError} Naming the spot.
 */
export function checkLoss(owner: string, value: unknown, at = '', seen?: Set<unknown>): void {
  if (kept(value) || seen?.has(value)) return
  seen?.add(value)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!kept(value[i])) checkLoss(owner, value[i], `${at}[${i}]`, seen)
    return
  }
  if (typeof value === 'object') {
    const names = Object.keys(value as object)
    if (names.length ? !ArrayBuffer.isView(value) : isPlain(value)) {
      for (const name of names) {
        const inner = (value as Record<string, unknown>)[name]
        if (!kept(inner)) checkLoss(owner, inner, at ? `${at}.${name}` : name, seen)
      }
      return
    }
  }
  throw new InputError(`${owner}: ${at || 'the input'} holds ${describe(value)}, which JSON has no form for.`, at)
}

/** Whether JSON has a form for a value that holds no others. */
function kept(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean' || value === undefined
  return value === null || typeof (value as { toJSON?: unknown }).toJSON === 'function'
}
