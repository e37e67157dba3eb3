import { checkNames, isPlain, unknownName } from '../../core/checks.ts'
import { InputError } from '../../core/errors.ts'
import { TABLES } from '../state/tables.ts'
import type { LocalServerOptions } from './options.ts'

/** What a value must be, and the words for it; `undefined` counts as not given. */
type Rule = readonly [fits: (value: unknown) => boolean, wanted: string]
type Shape = Readonly<Record<string, Rule>>

const text: Rule = [(value) => typeof value === 'string', 'a string']
const flag: Rule = [(value) => typeof value === 'boolean', 'true or false']
const callable: Rule = [(value) => typeof value === 'function', 'a function']
const array: Rule = [Array.isArray, 'an array']
const object: Rule = [isPlain, 'an object']
const anything: Rule = [() => true, '']

const whole = (value: unknown, least: number, most = Infinity) =>
  typeof value === 'number' && value >= least && value <= most && (value === Infinity || Number.isInteger(value))
const positive: Rule = [(value) => typeof value === 'number' && value > 0, 'a number of milliseconds above 0']

const OPTIONS: Shape = {
  version: [(value) => value === '2.0' || value === '2.10', "'2.0' or '2.10'"],
  policies: array,
  keys: array,
  enforceSignatures: flag,
  closedEnrollment: flag,
  rateLimit: [isPlain, 'an object such as { limit: 100 }'],
  cors: [isPlain, "an object such as { origin: '*' }"],
  now: anything,
  webhookFetch: callable,
  secret: text,
}
const POLICY: Shape = { name: text, policy_type: text, rules: anything, active: anything }
const KEY: Shape = {
  key: [(value) => typeof value === 'string' && value !== '', 'a string that is not empty'],
  role: [
    (value) => value === 'admin' || value === 'member' || value === 'readonly' || value === 'service',
    "'admin', 'member', 'service' or 'readonly'",
  ],
  org: text,
}
const RATE_LIMIT: Shape = { limit: [(value) => whole(value, 0), 'a number of requests'], windowMs: positive }
const CORS: Shape = { origin: text }

const FAILURE: Shape = {
  method: text,
  path: [
    (value) => (typeof value === 'string' ? /^\/[^?#]*$/.test(value) : value instanceof RegExp),
    'a path that starts with / and has no query, or a regular expression',
  ],
  status: [(value) => whole(value, 200, 599), 'a status from 200 to 599'],
  body: anything,
  headers: object,
  kind: [
    (value) => value === 'network' || value === 'lost' || value === 'malformed',
    "'network', 'lost' or 'malformed'",
  ],
  delay: [(value) => typeof value === 'number' && value >= 0, 'a number of milliseconds'],
}
const DECISION: Shape = { reasoning: text }

const kindOf = (value: unknown) =>
  value === null || value === undefined
    ? String(value)
    : Array.isArray(value)
      ? 'an array'
      : value instanceof Promise
        ? 'a promise'
        : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`

/** An object with names that are known and values that fit, or an `InputError` that says what to write. */
function check(owner: string, value: unknown, shape: Shape, example: string, required?: string): void {
  if (!isPlain(value)) throw new InputError(`${owner} needs an object, not ${kindOf(value)}. Write ${example}.`)
  checkNames(owner, value, Object.keys(shape))
  for (const [name, [fits, wanted]] of Object.entries(shape)) {
    const given = value[name]
    if (given === undefined ? name === required : !fits(given))
      throw new InputError(`${owner}: ${name} must be ${wanted}.`, name)
  }
}

function argument(call: string, name: string, value: unknown, [fits, wanted]: Rule): void {
  if (!fits(value)) throw new InputError(`${call}: ${name} must be ${wanted}, not ${kindOf(value)}.`, name)
}

/** Refuses options of `createLocalServer` that can only be a mistake. */
export function checkOptions(options: unknown): void {
  const call = 'createLocalServer()'
  check(call, options, OPTIONS, 'createLocalServer({ policies: [] })')
  const { policies, keys, rateLimit, cors } = options as LocalServerOptions
  policies?.forEach((policy, at) => {
    check(
      `policies[${at}] of ${call}`,
      policy,
      POLICY,
      "{ name: 'Deploys', policy_type: 'require_approval', rules: {} }",
    )
  })
  keys?.forEach((key, at) => {
    check(`keys[${at}] of ${call}`, key, KEY, "{ key: 'reader', role: 'readonly' }", 'key')
  })
  if (rateLimit) check(`rateLimit of ${call}`, rateLimit, RATE_LIMIT, '{ limit: 100 }', 'limit')
  if (cors) check(`cors of ${call}`, cors, CORS, "{ origin: '*' }", 'origin')
}

/** Refuses a failure that would never happen, or not as it reads. */
export function checkFailure(failure: unknown, times: unknown): void {
  const call = 'failNext()'
  argument(call, 'times', times, [(value) => whole(value, 0), 'a whole number'])
  if (typeof failure === 'string') return argument(call, 'kind', failure, FAILURE['kind']!)
  check(call, failure, FAILURE, "failNext({ path: '/api/actions', status: 503 })")
  const given = failure as Record<string, unknown>
  const ways = ['status', 'kind', 'delay'].filter((name) => given[name] !== undefined)
  if (ways.length !== 1) {
    const found = ways.length ? `has ${ways.join(' and ')}` : 'does not say how to fail'
    throw new InputError(`${call}: the failure ${found}. Write one of status, kind and delay.`, ways[1] ?? 'status')
  }
  for (const name of ['body', 'headers'])
    if (given[name] !== undefined && ways[0] !== 'status')
      throw new InputError(`${call}: ${name} needs a status beside it.`, name)
}

/** Refuses what is no id, and options that have no meaning. */
export function checkDecision(call: 'approve' | 'deny', actionId: unknown, options: unknown): void {
  const wait = actionId instanceof Promise ? ' Write await before the call that makes it.' : ''
  if (typeof actionId !== 'string' || !actionId)
    throw new InputError(`${call}() takes the id of an action as a string, not ${kindOf(actionId)}.${wait}`, 'actionId')
  if (options !== undefined) check(`${call}()`, options, DECISION, `${call}(id, { reasoning: '…' })`)
}

/** Refuses what can't be listened on. */
export function checkListen(port: unknown, host: unknown): void {
  argument('listen()', 'port', port, [(value) => whole(value, 0, 65_535), 'a whole number from 0 to 65535'])
  argument('listen()', 'host', host, text)
}

/** Refuses rows that no route would read. */
export function checkSeed(name: unknown, rows: unknown, org: unknown): void {
  argument('seed()', 'name', name, text)
  if (!(TABLES as readonly unknown[]).includes(name)) throw unknownName('seed()', 'table', name as string, TABLES)
  if (!Array.isArray(rows) || !rows.every(isPlain))
    throw new InputError(`seed() takes rows as an array of objects: seed('${name as string}', [{ … }]).`, 'rows')
  argument('seed()', 'org', org ?? '', text)
}

/** Refuses an event without a type. */
export function checkEmit(type: unknown, org: unknown): void {
  argument('emit()', 'type', type || undefined, text)
  argument('emit()', 'org', org ?? '', text)
}
