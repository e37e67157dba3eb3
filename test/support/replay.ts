import { expect, test } from 'vitest'
import type { LocalServer } from '../../src/local/index.ts'
import { contract, type Recording, recordings } from './fixtures.ts'

type Recorded = Recording & {
  request: Recording['request'] & {
    raw_body?: string
    key_role?: 'none' | 'member' | 'readonly' | 'service'
    /** Older spelling of `key_role`. */
    caller?: 'no key' | 'member' | 'readonly'
    /** Whether `body` was sent as that literal text. */
    body_is_raw?: boolean
    headers?: Record<string, string>
  }
  response: Recording['response'] & { headers?: Record<string, string | null> }
}

/** How the recorded exchanges of a domain are replayed against the embedded server. */
export interface Replay {
  domain: string
  /** One server for all recordings in their order, or the server for one. */
  server: LocalServer | ((title: string) => LocalServer)
  /** What has to happen before a recording, keyed by `<method>: <name>`: the recorder's own calls that were not recorded. */
  before?: Record<string, () => unknown>
  /** Recordings that the embedded server can't reproduce, and why. */
  skip?: Record<string, string>
  /** Keys in place of the recorded role's, such as that of another organization; null for none. */
  keys?: Record<string, string | null>
  /** Paths of an answer that only some deployments have, such as `.action.updated_at`. */
  optional?: readonly string[]
}

/** Answers about one thing that a stand-in words otherwise. */
const OWN_WORDS = ['timestamp', 'evaluated_at']

const ID = /^[a-z]{2,5}_[0-9a-f]{8}[0-9a-f-]{10,28}$/

/** Keys that a replayed server needs; the admin key is `local`. */
export const REPLAY_KEYS = (['member', 'readonly', 'service'] as const).map((role) => ({
  key: `key-${role}`,
  role,
}))

/** One test a recording, in order over one server: the same status; errors with the same text, answers with the same shape. */
export function replay({ domain, server, before = {}, skip = {}, keys = {}, optional = [] }: Replay): void {
  const ids = new Map<string, string>()
  const nullable = nullableFields(domain)
  for (const recording of recordings(domain) as Recorded[]) {
    const { method, name, request, response } = recording
    const title = `${method}: ${name}`
    if (title in skip) {
      test.skip(`${title} (${skip[title]})`)
      continue
    }
    test(title, async () => {
      const local = typeof server === 'function' ? server(title) : server
      await before[title]?.()
      const named = /^(member|readonly) key\b/.exec(name)?.[1] as 'member' | 'readonly' | undefined
      const role = request.key_role ?? named ?? (request.caller === 'no key' ? 'none' : request.caller) ?? 'admin'
      const url = new URL(mapped(request.path, ids), local.baseUrl)
      for (const [field, value] of Object.entries(request.query)) url.searchParams.set(field, mapped(value, ids))
      const body =
        request.raw_body ??
        (typeof request.body === 'string' ? mapped(request.body, ids) : undefined) ??
        (request.body === undefined || request.body === null ? undefined : JSON.stringify(mapped(request.body, ids)))
      const given = title in keys ? keys[title] : role === 'none' ? null : role === 'admin' ? 'local' : `key-${role}`
      const { 'x-api-key': _key, ...headers } = request.headers ?? {}
      const answer = await local.fetch(url, {
        method: request.method,
        headers: { ...headers, ...(given && { 'x-api-key': given }) },
        ...(body !== undefined && { body }),
      })
      const text = await answer.text()
      expect({ status: answer.status, text: answer.status === response.status ? '' : text }).toEqual({
        status: response.status,
        text: '',
      })
      for (const [header, value] of Object.entries(response.headers ?? {})) {
        // How a cache may tell answers apart is a matter of the platform's framework.
        if (header !== 'vary') expect([header, dateless(answer.headers.get(header))]).toEqual([header, dateless(value)])
      }
      // A recording that says what the answer was instead of holding it.
      if (typeof response.body === 'string' && response.body.startsWith('(')) return
      if (!response.content_type?.includes('json')) {
        expect(answer.headers.get('content-type')?.split(';')[0]).toBe(response.content_type?.split(';')[0])
        return
      }
      const got: unknown = JSON.parse(text)
      const recorded = response.body
      // A guard's 403 is an answer without an error.
      if (response.status >= 400 && 'error' in (recorded as object)) {
        expect(Object.keys(got as object).sort()).toEqual(Object.keys(recorded as object).sort())
        for (const [key, value] of Object.entries(recorded as object)) {
          const own = (got as Record<string, unknown>)[key]
          if (key === 'decision' || OWN_WORDS.includes(key)) expect(differences(value, own, key, nullable)).toEqual([])
          else expect({ [key]: own }).toEqual({ [key]: value })
        }
        return
      }
      learn(recorded, got, ids)
      const found = differences(recorded, got, '', nullable)
      expect(found.filter((text) => !optional.includes(text.split(' ')[0]!))).toEqual([])
    })
  }
}

/** The value with recorded ids replaced by those of this server, and `<2001 characters>` and the like written out. */
function mapped<T>(value: T, ids: Map<string, string>): T {
  if (typeof value === 'string') {
    const long = /^<(\d+) (characters|events)>$/.exec(value)
    if (long) {
      const length = Number(long[1])
      return (long[2] === 'events' ? Array(length).fill({ event_type: 'fetched' }) : 'x'.repeat(length)) as T
    }
    const cut = /^(.?)\1*… \((\d+) characters(?: in all)?\)$/.exec(value)
    if (cut) return (cut[1] || 'x').repeat(Number(cut[2])) as T
    let text: string = value
    for (const [recorded, own] of ids) text = text.replaceAll(recorded, own)
    return text as T
  }
  if (Array.isArray(value)) {
    const many = /^(\d+) items, each "(\w+)"$/.exec(String(value[0]))
    return (many ? Array(Number(many[1])).fill(many[2]) : value.map((item) => mapped(item, ids))) as T
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, ids)])) as T
  }
  return value
}

/** Notes which id of this server stands for which recorded one. */
function learn(recorded: unknown, got: unknown, ids: Map<string, string>): void {
  if (typeof recorded === 'string' && typeof got === 'string') {
    if (ID.test(recorded) && recorded.split('_')[0] === got.split('_')[0] && !ids.has(recorded)) ids.set(recorded, got)
  } else if (typeof recorded === 'object' && typeof got === 'object' && recorded && got) {
    for (const [key, value] of Object.entries(recorded)) learn(value, (got as Record<string, unknown>)[key], ids)
  }
}

/** A header without the date of the day. */
const dateless = (value: string | null) => value?.replace(/\d{4}-\d\d-\d\d/, '<date>')

const kind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)

/** Names of fields that may be null somewhere in a domain's answers. */
export function nullableFields(domain: string): ReadonlySet<string> {
  const names = new Set<string>()
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const [, name] of value.matchAll(/(\w+)\??: [^;:]*?\| null\b/g)) names.add(name!)
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        if (item && typeof item === 'object' && 'nullable' in item && item.nullable) names.add(name)
        look(item)
      }
    }
  }
  look(contract(domain))
  return names
}

/**
 * Where two answers differ in keys or JSON types. A recorded null may be anything here, whether a column is set depends on
 * the rows; null here is fine only where the field may be null.
 */
export function differences(recorded: unknown, got: unknown, path: string, nullable: ReadonlySet<string>): string[] {
  const [wanted, is] = [kind(recorded), kind(got)]
  if (wanted === 'null') return got === undefined ? [`${path} is missing`] : []
  if (is === 'null') return nullable.has(/(\w+)(?:\[\])*$/.exec(path)?.[1] ?? '') ? [] : [`${path} may not be null`]
  if (wanted !== is) return [`${path} is ${is}, recorded ${wanted}`]
  if (Array.isArray(recorded)) {
    const list = got as unknown[]
    if (recorded.length && !list.length) return [`${path} is empty`]
    if (!recorded.length) return []
    // Items of one list may have several shapes: each has to have one of the recorded ones.
    return list.flatMap((item) => {
      const each = recorded.map((other) => differences(other, item, `${path}[]`, nullable))
      return each.find((found) => !found.length) ?? each[0]!
    })
  }
  if (wanted !== 'object') return []
  const [a, b] = [recorded as Record<string, unknown>, got as Record<string, unknown>]
  const free = /\.(details|score_breakdown)$/.test(path)
  const keys = free ? [] : [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.flatMap((key) =>
    key in a !== key in b
      ? [`${path}.${key} is ${key in a ? 'missing' : 'not recorded'}`]
      : differences(a[key], b[key], `${path}.${key}`, nullable),
  )
}
