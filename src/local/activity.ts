import type { ActivityRow } from './rows.ts'
import { type Org, table, uuidId } from './state.ts'

/** Writes a line of the activity log. */
export function logActivity(
  org: Org,
  entry: {
    action: string
    resource_type: string
    resource_id: string | null
    details?: unknown
    actor_id?: string
    now: number
  },
): void {
  table<ActivityRow>(org, 'activity').push({
    id: uuidId('al_'),
    org_id: org.id,
    actor_id: entry.actor_id ?? '',
    actor_type: 'user',
    action: entry.action,
    resource_type: entry.resource_type,
    resource_id: entry.resource_id,
    details: entry.details === undefined ? null : JSON.stringify(entry.details),
    ip_address: null,
    created_at: new Date(entry.now).toISOString(),
  })
}
