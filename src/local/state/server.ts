import type { Clock } from './clock.ts'
import { type Org, table } from './org.ts'
import type { TableName } from './tables.ts'

/** What a key may do. */
export type Role = 'admin' | 'member' | 'readonly' | 'service'
/** Which line of servers is answered for. */
export type ServerVersion = '2.0' | '2.10'

/** Posts JSON to somebody else's server; rejects when there is no answer within `ms`. */
export type Send = (call: {
  url: string
  headers: Record<string, string>
  body: string
  ms: number
  /** Whether the text of the answer is wanted. */
  read?: boolean
}) => Promise<{ status: number; ok: boolean; text: string }>

/** Everything a server holds. */
export interface ServerState {
  orgs: Map<string, Org>
  /** API key to organization and role. */
  keys: Map<string, { org: string; role: Role; id?: string; used?: number }>
  options: ServerSettings
  send: Send
}

/** Switches of the server that routes look at. */
export interface ServerSettings {
  enforceSignatures: boolean
  closedEnrollment: boolean
  secret: string | undefined
}

/** What rules know of a request: whose rows, and when. */
export interface Scope {
  server: ServerState
  org: Org
  version: ServerVersion
  clock: Clock
  /** Now, in ISO 8601. */
  iso(): string
  table<T extends object>(name: TableName): T[]
  /** Sends an event to the organization's listeners. */
  publish(type: string, data: unknown): void
}

/** Whether a value stands in a column of any organization, as some ids have to be unique over all. */
export const isTaken = ({ orgs }: ServerState, name: TableName, column: string, value: unknown): boolean =>
  [...orgs.values()].some((org) => table<Record<string, unknown>>(org, name).some((row) => row[column] === value))
