import { throwIfAborted } from '../core/abort.ts'
import { Core, checkedInput } from '../core/core.ts'
import { skipped } from '../core/pages.ts'
import type { JsonText, RequestOptions } from '../core/types.ts'

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

/** What a server gives at once at most. */
const MOST = 1000
const LIST = 'getHandoffs GET /api/handoffs agent_id@agentId date limit:num offset:num -> handoffs!:[]'
const LATEST = 'getLatestHandoff GET /api/handoffs agent_id@agentId'

/** Notes that one session of an agent leaves for the next one, or for another agent. Newer servers have no such routes. */
export abstract class Handoffs extends Core {
  /**
   * Leaves a note for the next session. Each call adds one; nothing is replaced.
   *
   * Route: `POST /api/handoffs`. Not repeated after an unclear failure.
   */
  createHandoff(
    input: CreateHandoffInput,
    options?: RequestOptions,
  ): Promise<{ handoff: Handoff; handoff_id: string }> {
    return this.call(
      'createHandoff POST /api/handoffs agent_id!@agentId summary! session_date mood_notes key_decisions:any open_tasks:any next_priorities:any context:any tags:any',
      input,
      options,
    )
  }

  /**
   * Lists handoffs, newest first.
   *
   * Route: `GET /api/handoffs`.
   */
  async getHandoffs(filters: HandoffFilters = {}, options?: RequestOptions): Promise<HandoffList> {
    const { offset: asked, ...rest } = checkedInput(this, LIST, filters)
    const offset = skipped(asked)
    const limit = Math.max(0, rest.limit ?? 50)
    const answer = await this.call<HandoffList>(
      LIST,
      offset ? { ...rest, limit: Math.min(offset + limit, MOST) } : rest,
      options,
    )
    if (!offset) return answer
    const handoffs = answer.handoffs.slice(offset)
    return { ...answer, handoffs, total: handoffs.length }
  }

  /** Every handoff that matches, newest first: one request, since the server gives the newest 1,000 and no others. */
  async *iterateHandoffs(
    filters: HandoffFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<Handoff, void, undefined> {
    for (const handoff of (await this.getHandoffs({ ...checkedInput(this, LIST, filters), limit: MOST }, options))
      .handoffs) {
      throwIfAborted(options?.signal)
      yield handoff
    }
  }

  /**
   * Reads the newest handoff, at the start of a session for example.
   *
   * @param filters - `agent_id`: default the client's agent; null: the newest of the organization.
   * @returns `handoff` is null when there is none. Route: `GET /api/handoffs?latest=true`.
   */
  async getLatestHandoff(
    filters: { agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ handoff: Handoff | null }> {
    return this.call(LATEST, { ...checkedInput(this, LATEST, filters), latest: true }, options)
  }
}
