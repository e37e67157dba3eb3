import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ActivityFilters, ActivityLog, ActivityLogList } from './activity-types.ts'

export type * from './activity-types.ts'

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
