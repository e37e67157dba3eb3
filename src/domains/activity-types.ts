import type { JsonText, NumberText, Open } from '../core/types.ts'

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
