import { InputError } from '../core/errors.ts'
import type { Role } from './router.ts'
import type { TableName } from './tables.ts'

/** A clock that tests can move. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Moves the clock on. */
  advance(ms: number): void
  /** Sets the clock; it runs on from there. */
  set(time: number | string | Date): void
}

export function createClock(start?: number | string | Date): Clock {
  let offset = 0
  const clock: Clock = {
    now: () => Date.now() + offset,
    advance(ms) {
      if (!Number.isFinite(ms)) throw new InputError('clock.advance() takes a number of milliseconds.', 'ms')
      offset += ms
    },
    set(time) {
      const wanted = new Date(time).getTime()
      if (Number.isNaN(wanted))
        throw new InputError(`The clock can't be set to ${String(time)}: that is no time.`, 'now')
      offset = wanted - Date.now()
    },
  }
  if (start !== undefined) clock.set(start)
  return clock
}

/** A stored event of an organization's stream. */
export interface StoredEvent {
  n: number
  id: string
  type: string
  data: unknown
  time: number
}

/** A listener of the stream. */
export interface Listener {
  send(event: StoredEvent): void
  close(): void
}

/** One organization: its tables, its events, who listens. */
export interface Org {
  id: string
  name: string
  slug: string
  tables: Map<string, object[]>
  events: StoredEvent[]
  eventCount: number
  listeners: Set<Listener>
  /** Row numbers that the database would give. */
  rows: number
}

/** Everything a server holds. */
export interface ServerState {
  orgs: Map<string, Org>
  /** API key to organization and role. */
  keys: Map<string, { org: string; role: Role; id?: string; used?: number }>
  options: ServerSettings
}

/** Switches of the server that routes look at. */
export interface ServerSettings {
  enforceSignatures: boolean
  closedEnrollment: boolean
  /** `fetch` for guard webhooks and webhook deliveries. */
  webhookFetch: typeof globalThis.fetch | undefined
  secret: string | undefined
}

const EVENTS_KEPT = 1000

export function createOrg(id: string, name: string, slug = id): Org {
  return { id, name, slug, tables: new Map(), events: [], eventCount: 0, listeners: new Set(), rows: 0 }
}

/** The rows of a table of an organization; made when first asked for. */
export function table<T extends object>(org: Org, name: TableName): T[] {
  let rows = org.tables.get(name)
  if (!rows) org.tables.set(name, (rows = []))
  return rows as T[]
}

/** Stores an event and sends it to everybody who listens. */
export function publish(org: Org, type: string, data: unknown, time: number): void {
  const n = ++org.eventCount
  const event: StoredEvent = { n, id: `mem-${n}`, type, data: structuredClone(data ?? null), time }
  org.events.push(event)
  if (org.events.length > EVENTS_KEPT) org.events.shift()
  for (const listener of org.listeners) listener.send(event)
}

/** A prefix and 24 hex digits, as most rows have. */
export function hexId(prefix: string, length = 24): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length / 2))
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A prefix and a UUID v4, as actions, loops and assumptions have. */
export const uuidId = (prefix: string): string => prefix + crypto.randomUUID()

/** Database text of a time, as some `updated_at` columns come: `2026-11-22 14:11:26.746+00`. */
export const databaseTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '000+00')
