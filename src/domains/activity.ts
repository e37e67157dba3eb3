import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'

/** Filters of {@link Activity.getActivityLogs}; each matches exactly. */
export interface ActivityFilters {
  /** What was done, such as `webhook.created`. */
  action?: string | undefined
  /** Who did it: a user id, `system` or `cron`; empty for an API key. */
  actor_id?: string | undefined
  /** What it was done to, such as `webhook`. */
  resource_type?: string | undefined
  /** Entries before this time; sent in ISO 8601, since the server compares it as text. */
  before?: string | Date | number | undefined
  /** Entries after this time; sent in ISO 8601. */
  after?: string | Date | number | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  /** Entries to leave out from the newest on. Default: 0. */
  offset?: number | undefined
  /** The documented name of `actor_id`; servers read that one. */
  agent_id?: string | undefined
  /** The documented filter, sent as the nearest one: `action` for a word with a dot, else `resource_type`. */
  type?: string | undefined
}

/** An entry of the audit log. */
export interface ActivityLog {
  /** `al_` and a UUID. */
  id: string
  org_id: string
  /** A user id, `system`, `cron`, or empty when an API key acted. */
  actor_id: string
  actor_type: Open<'user' | 'system' | 'cron' | 'api_key'>
  /** `action.allowed`, `action.denyed` (spelled so), `webhook.created`, `key.revoked`, … */
  action: string
  resource_type: Open<'action' | 'webhook' | 'signal' | 'api_key' | 'setting' | 'member' | 'invite' | 'agent'> | null
  resource_id: string | null
  /** JSON as text; secrets in it are not masked. */
  details: JsonText<Record<string, unknown>> | null
  /** `unknown` when the server can't tell. */
  ip_address: string | null
  /** ISO 8601. */
  created_at: string
  actor_name: string | null
  actor_image: string | null
}

/** Answer of {@link Activity.getActivityLogs}. */
export interface ActivityLogList {
  /** Newest first. */
  logs: ActivityLog[]
  /** Of the whole organization, whatever the filters. */
  stats: { total: NumberText; today: NumberText; unique_actors: NumberText }
  pagination: { limit: number; offset: number }
}

const ACTIVITY =
  'getActivityLogs GET /api/activity agent_id>actor_id type action resource_type before:date after:date limit:num offset:num'

/** Activity: the audit log of administrative events. */
export abstract class Activity extends Core {
  /**
   * Lists administrative events, newest first: approval decisions, webhooks, keys, settings, members. Recorded actions and
   * guard decisions are not in it. An entry is written after its answer, so a read right after a change can miss it.
   *
   * @returns The entries, with counts over the whole organization. There is no total of what matches.
   * @throws {InputError} When a time is no date, or `limit` or `offset` is not whole. Any role. Route: `GET /api/activity`.
   */
  async getActivityLogs(filters: ActivityFilters = {}, options?: RequestOptions): Promise<ActivityLogList> {
    const { type, before, after, ...rest } = checkedInput(this, ACTIVITY, filters)
    const nearest = type?.includes('.') ? 'action' : 'resource_type'
    return this.call(
      ACTIVITY,
      // The server compares strings, so only one way of writing a time is right.
      { ...rest, before: moment(before), after: moment(after), [nearest]: rest[nearest] ?? type },
      options,
    )
  }

  /** Every entry that matches, page after page; see {@link getActivityLogs}. */
  iterateActivityLogs(
    filters: ActivityFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ActivityLog, void, undefined> {
    return pages('logs', 'id', filters, (page) => this.getActivityLogs(page, options), options)
  }
}

/** A time in ISO 8601. */
const moment = (time: string | Date | number | undefined): string | undefined =>
  time ? new Date(time).toISOString() : undefined
