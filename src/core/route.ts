import { InputError } from './errors.ts'
import { pathPart } from './path.ts'

/**
 * A route as one line of text: verb, path, fields. Every method of a domain names its route this way, so validation and
 * mapping are data that is read once, not code a method.
 *
 *     POST~ /api/actions/:action_id/x  agent_id@agentId  name!:text256  limit=20:int1..  deadline>target_date  kind:a|b
 *
 * - `~` after the verb: a POST that is safe to repeat. GET and DELETE carry fields in the query, the others in the body.
 * - `name!` is required; `@agentId` is filled in from the client when the caller gives none; `=20` is a default;
 *   `name>wire` is sent as `wire` unless the caller gives that as well.
 * - `:type` is one of `text`, `text256` (at most so many UTF-16 units), `int`, `int0..100`, `num0..`, `bool`, `list`, `list50`,
 *   `object`, `date` (a text or Date that can be read as a date), or the words allowed, `a|b|c`.
 *
 * Fields that are not named pass through untouched, so a newer server's fields can be used at once.
 */
export interface Route {
  verb: string
  repeatable: boolean
  path: string
  fields: readonly Field[]
}

interface Field {
  name: string
  required: boolean
  fill: string | undefined
  wire: string | undefined
  fallback: unknown
  type: string | undefined
  limit: number | undefined
  min: number | undefined
  words: readonly string[] | undefined
}

const FIELD = /^(\w+)(!?)(?:@(\w+))?(?:>(\w+))?(?:=([^:]*))?(?::(.+))?$/
const TYPE = /^(text|int|num|list)(?:(-?\d*)\.\.(\d*)|(\d+))?$/

const cache = /* @__PURE__ */ new Map<string, Route>()

/** Reads a route text; each one is read once. */
export function parseRoute(text: string): Route {
  let route = cache.get(text)
  if (!route) {
    const [verb = '', path = '', ...fields] = text.split(/ +/)
    const repeatable = verb !== 'POST'
    route = { verb: verb.replace('~', ''), repeatable, path, fields: fields.map(parseField) }
    cache.set(text, route)
  }
  return route
}

function parseField(text: string): Field {
  const [, name = text, required, fill, wire, fallback, type] = FIELD.exec(text) ?? []
  const [, kind, min, max, length] = (type && TYPE.exec(type)) || []
  const limit = max || length
  return {
    name,
    required: required === '!',
    fill,
    wire,
    fallback:
      fallback === undefined ? undefined : /^(\d+|true|false)$/.test(fallback) ? JSON.parse(fallback) : fallback,
    type: kind ?? type,
    limit: limit ? +limit : undefined,
    min: min ? +min : undefined,
    words: type?.includes('|') ? type.split('|') : undefined,
  }
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
): Record<string, unknown> | undefined {
  if (input === undefined) {
    if (!route.fields.length) return undefined
  } else if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InputError(
      `The input of ${route.verb} ${route.path} must be an object of fields, such as { ${route.fields[0]?.name ?? 'field'}: … }; got ${describe(input)}.`,
      'input',
    )
  }
  const out: Record<string, unknown> = { ...(input as object) }
  for (const field of route.fields) {
    let value = out[field.name]
    if (value == null) {
      // null is what the caller wants sent, so only an absent field is filled in.
      if (value === undefined) {
        const filled = (field.fill && client[field.fill]) ?? field.fallback
        if (filled != null && (!field.wire || out[field.wire] === undefined)) out[field.name] = value = filled
      }
      if (value == null) {
        if (field.required && (!field.wire || out[field.wire] == null)) throw missing(route, field)
        if (value === undefined) continue
      }
    }
    if (value != null) checkField(field, value)
    if (field.wire) {
      if (out[field.wire] === undefined) out[field.wire] = value
      delete out[field.name]
    }
  }
  return out
}

function missing(route: Route, field: Field): InputError {
  return new InputError(
    `${field.name} is required for ${route.verb} ${route.path}: give ${expected(field)}` +
      (field.fill ? `, or set ${field.fill} on the client.` : '.'),
    field.name,
  )
}

function checkField(field: Field, value: unknown): void {
  const { type, limit, min } = field
  const number = typeof value === 'number' && Number.isFinite(value)
  const wrong = field.words
    ? !field.words.includes(value as string)
    : type === 'text'
      ? typeof value !== 'string' ||
        value.length > (limit ?? Infinity) ||
        (field.required && !value) ||
        value.includes('\0')
      : type === 'int' || type === 'num'
        ? !number ||
          (type === 'int' && !Number.isInteger(value)) ||
          value < (min ?? -Infinity) ||
          value > (limit ?? Infinity)
        : type === 'list'
          ? !Array.isArray(value) || value.length > (limit ?? Infinity)
          : type === 'bool'
            ? typeof value !== 'boolean'
            : type === 'object'
              ? typeof value !== 'object' || Array.isArray(value)
              : type === 'date'
                ? !(typeof value === 'string' || value instanceof Date) || Number.isNaN(+new Date(value))
                : field.required && value === ''
  if (wrong) throw mismatch(field.name, expected(field), value)
}

/** The error of a value that is not what is needed. */
export function mismatch(name: string, needed: string, value: unknown): InputError {
  return new InputError(`${name} must be ${needed}; got ${describe(value)}.`, name)
}

function expected({ words, type, limit, min, required }: Field): string {
  if (words) return `one of: ${words.join(', ')}`
  const range =
    min === undefined && limit === undefined
      ? ''
      : limit === undefined
        ? `, ${min} or more`
        : min === undefined
          ? `, ${limit} or less`
          : ` from ${min} to ${limit}`
  switch (type) {
    case 'int':
      return `a whole number${range}`
    case 'num':
      return `a number${range}`
    case 'list':
      return `a list${limit === undefined ? '' : ` of at most ${limit} items`}`
    case 'bool':
      return 'true or false'
    case 'object':
      return 'an object'
    case 'date':
      return 'a date such as 2026-01-31T12:00:00.000Z'
    case 'text':
      return `a ${required ? 'non-empty ' : ''}text${limit === undefined ? '' : ` of at most ${limit} characters`} without NUL`
    default:
      return 'a value that is not empty'
  }
}

/** Names a wrong value without repeating more of it than a person needs: it may hold a secret. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value)
  }
  if (Array.isArray(value)) return `a list of ${value.length} items`
  return typeof value === 'function' ? 'a function' : typeof value === 'object' && value ? 'an object' : String(value)
}
