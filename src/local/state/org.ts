import type { TableName } from './tables.ts'

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
