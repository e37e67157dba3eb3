import { uuidId } from '../state/ids.ts'
import { type Org, table } from '../state/org.ts'
import type { ActivityRow } from '../state/rows.ts'

/** Writes a line of the activity log. */
export function logActivity(
  org: Org,
  entry: {
    action: string
    resource_type: string
    resource_id: string | null
    details?: unknown
    actor_id?: string
    /** Null for what no request caused. Default: `unknown`, as behind no known proxy. */
    ip_address?: null
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
    ip_address: entry.ip_address === null ? null : 'unknown',
    created_at: new Date(entry.now).toISOString(),
  })
}
