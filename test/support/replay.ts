import { expect, test } from 'vitest'
import type { LocalServer } from '../../src/local/index.ts'
import { type Recording, recordings } from './fixtures.ts'

type Recorded = Recording & {
  request: Recording['request'] & {
    raw_body?: string
    key_role?: 'none' | 'member' | 'readonly' | 'service'
    /** Older spelling of `key_role`. */
    caller?: 'no key' | 'member' | 'readonly'
    /** Whether `body` was sent as that literal text. */
    body_is_raw?: boolean
  }
}

/** How the recorded exchanges of a domain are replayed against the embedded server. */
export interface Replay {
  domain: string
  server: LocalServer
  /** What has to happen before a recording, keyed by `<method>: <name>`: the recorder's own calls that were not recorded. */
  before?: Record<string, () => unknown>
  /** Recordings that the embedded server can't reproduce, and why. */
  skip?: Record<string, string>
  /** Keys in place of the recorded role's, such as that of another organization. */
  keys?: Record<string, string>
  /** Paths of an answer that only some deployments have, such as `.action.updated_at`. */
  optional?: readonly string[]
}

const ID = /^[a-z]{2,5}_[0-9a-f]{8}[0-9a-f-]{10,28}$/

/** Keys that a replayed server needs; the admin key is `local`. */
export const REPLAY_KEYS = (['member', 'readonly', 'service'] as const).map((role) => ({
  key: `key-${role}`,
  // Routes know the service role, which the options do not offer.
  role: role as 'member',
}))

/** One test a recording, in order over one server: the same status; errors with the same text, answers with the same shape. */
export function replay({ domain, server, before = {}, skip = {}, keys = {}, optional = [] }: Replay): void {
  const ids = new Map<string, string>()
  for (const recording of recordings(domain) as Recorded[]) {
    const { method, name, request, response } = recording
    const title = `${method}: ${name}`
    if (title in skip) {
      test.skip(`${title} (${skip[title]})`)
      continue
    }
    test(title, async () => {
      await before[title]?.()
      const named = /^(member|readonly) key\b/.exec(name)?.[1] as 'member' | 'readonly' | undefined
      const role = request.key_role ?? named ?? (request.caller === 'no key' ? 'none' : request.caller) ?? 'admin'
      const url = new URL(mapped(request.path, ids), server.baseUrl)
      for (const [field, value] of Object.entries(request.query)) url.searchParams.set(field, mapped(value, ids))
      const body =
        request.raw_body ??
        (typeof request.body === 'string' ? mapped(request.body, ids) : undefined) ??
        (request.body === undefined || request.body === null ? undefined : JSON.stringify(mapped(request.body, ids)))
      const answer = await server.fetch(url, {
        method: request.method,
        headers: role === 'none' ? {} : { 'x-api-key': keys[title] ?? (role === 'admin' ? 'local' : `key-${role}`) },
        ...(body !== undefined && { body }),
      })
      const text = await answer.text()
      expect({ status: answer.status, text: answer.status === response.status ? '' : text }).toEqual({
        status: response.status,
        text: '',
      })
      if (!response.content_type?.includes('json')) {
        expect(answer.headers.get('content-type')?.split(';')[0]).toBe(response.content_type?.split(';')[0])
        return
      }
      const got: unknown = JSON.parse(text)
      const recorded = response.body
      // A guard's 403 is an answer without an error.
      if (response.status >= 400 && 'error' in (recorded as object)) {
        const { error, details } = recorded as { error: unknown; details?: unknown }
        expect(got).toMatchObject({ error, ...(details !== undefined && { details }) })
        expect(Object.keys(got as object).sort()).toEqual(Object.keys(recorded as object).sort())
        return
      }
      learn(recorded, got, ids)
      expect(differences(recorded, got, '').filter((text) => !optional.includes(text.split(' ')[0]!))).toEqual([])
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
    const cut = /^(.)\1*… \((\d+) characters in all\)$/.exec(value)
    if (cut) return cut[1]!.repeat(Number(cut[2])) as T
    let text: string = value
    for (const [recorded, own] of ids) text = text.replaceAll(recorded, own)
    return text as T
  }
  if (Array.isArray(value)) return value.map((item) => mapped(item, ids)) as T
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

const kind = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)

/** Where two answers differ in keys or JSON types. Null stands for any type: whether a column is set depends on the rows. */
function differences(recorded: unknown, got: unknown, path: string): string[] {
  const [wanted, is] = [kind(recorded), kind(got)]
  if (wanted === 'null' || is === 'null') return got === undefined ? [`${path} is missing`] : []
  if (wanted !== is) return [`${path} is ${is}, recorded ${wanted}`]
  if (Array.isArray(recorded)) {
    const list = got as unknown[]
    if (recorded.length && !list.length) return [`${path} is empty`]
    return recorded.length ? list.flatMap((item) => differences(recorded[0], item, `${path}[]`)) : []
  }
  if (wanted !== 'object') return []
  const [a, b] = [recorded as Record<string, unknown>, got as Record<string, unknown>]
  const free = /\.(details|score_breakdown)$/.test(path)
  const keys = free ? [] : [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.flatMap((key) =>
    key in a !== key in b
      ? [`${path}.${key} is ${key in a ? 'missing' : 'not recorded'}`]
      : differences(a[key], b[key], `${path}.${key}`),
  )
}
