import type { JsonText } from '../core/types.ts'

/** Input of {@link Handoffs.createHandoff}. */
export interface CreateHandoffInput {
  /** What was done and what comes next; 1 to 5,000 characters. Secrets in it are stored as `[REDACTED:…]`. */
  summary: string
  /** Default: the client's agent. */
  agent_id?: string | undefined
  /** `YYYY-MM-DD`; the server takes any text of at most 50 characters. Default: today in UTC. */
  session_date?: string | null | undefined
  /** Any JSON values; secrets in them are kept. */
  key_decisions?: readonly unknown[] | null | undefined
  /** Any JSON values; secrets in them are kept. */
  open_tasks?: readonly unknown[] | null | undefined
  /** At most 2,000 characters; secrets in it are masked. */
  mood_notes?: string | null | undefined
  /** Any JSON values; secrets in them are kept. */
  next_priorities?: readonly unknown[] | null | undefined
  /** Sent, but not stored by 2.0 servers: what has to be kept goes into `key_decisions`. */
  context?: unknown
  /** Sent, but not stored by 2.0 servers. */
  tags?: readonly string[] | null | undefined
}

/** A stored handoff. There is no way to change or delete one. */
export interface Handoff {
  /** `ho_…` */
  id: string
  org_id: string
  agent_id: string
  /** `YYYY-MM-DD`, unless the caller sent another text. */
  session_date: string
  summary: string
  /** JSON as text. */
  key_decisions: JsonText<unknown[]> | null
  /** JSON as text. */
  open_tasks: JsonText<unknown[]> | null
  mood_notes: string | null
  /** JSON as text. */
  next_priorities: JsonText<unknown[]> | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Filters of {@link Handoffs.getHandoffs}. */
export interface HandoffFilters {
  /** Default: the client's agent; null: all agents of the organization. */
  agent_id?: string | null | undefined
  /** Exactly the text of `session_date`. */
  date?: string | undefined
  /** 0 to 1,000; larger values are cut. Default: 50. */
  limit?: number | undefined
  /** How many of the newest to leave out. The server can't, so the SDK asks for `offset + limit` (up to 1,000) and cuts. Default: 0. */
  offset?: number | undefined
}

/** Answer of {@link Handoffs.getHandoffs}. */
export interface HandoffList {
  /** Newest `created_at` first; the session's date plays no part. */
  handoffs: Handoff[]
  /** Handoffs in this answer, not all that match. */
  total: number
}
