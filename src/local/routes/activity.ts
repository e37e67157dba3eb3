import type { ActivityRow } from '../state/rows.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Route, route } from './route.ts'

/** The audit log. */
export const activity: Route[] = [
  route('GET', '/api/activity', (ctx) => {
    const pages = page(ctx.query)
    if (!pages) return error(500, 'Failed to fetch activity logs')
    const { action, actor_id, resource_type, before, after } = ctx.query
    const all = ctx.table<ActivityRow>('activity')
    const found = all
      .filter(
        (row) =>
          (!action || row.action === action) &&
          (!actor_id || row.actor_id === actor_id) &&
          (!resource_type || row.resource_type === resource_type) &&
          (!before || row.created_at < before) &&
          (!after || row.created_at > after),
      )
      .reverse()
    const today = ctx.iso().slice(0, 10)
    return json(200, {
      logs: found
        .slice(pages.offset, pages.offset + pages.limit)
        .map((row) => ({ ...row, actor_name: null, actor_image: null })),
      stats: {
        total: String(all.length),
        today: String(all.filter((row) => row.created_at.startsWith(today)).length),
        unique_actors: String(new Set(all.map((row) => row.actor_id)).size),
      },
      pagination: pages,
    })
  }),
]
