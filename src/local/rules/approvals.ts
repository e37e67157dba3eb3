import { type Org, publish, table } from '../state/org.ts'
import type { ActionRow } from '../state/rows.ts'
import type { ServerVersion } from '../state/server.ts'
import { logActivity } from './activity.ts'
import { Redactor, type SecuritySummary } from './redact.ts'

interface Ruling {
  decision: 'allow' | 'deny'
  reasoning: unknown
  /** User id of the person; empty for a key. */
  by: string
  version: ServerVersion
  now: number
}

/** Applies a person's decision to an action of the organization. */
export function approve(org: Org, actionId: string, ruling: Ruling): 'done' | 'unknown' | 'not pending' {
  const row = table<ActionRow>(org, 'actions').find(({ action_id }) => action_id === actionId)
  if (!row) return 'unknown'
  if (row.status !== 'pending_approval') return 'not pending'
  rule(org, row, ruling)
  return 'done'
}

/** Writes a person's decision into an action that waits for one. */
export function rule(org: Org, row: ActionRow, { decision, reasoning, by, version, now }: Ruling): SecuritySummary {
  const redactor = new Redactor()
  const said = reasoning === null || reasoning === undefined ? '' : redactor.mask(String(reasoning))
  const allowed = decision === 'allow'
  row.reasoning = `${row.reasoning ?? ''}\n\n[HITL Decision: ${decision.toUpperCase()} by ${by}]${said ? `\nReason: ${said}` : ''}`
  row.status = allowed ? 'running' : 'failed'
  row.error_message = allowed ? null : said || 'Denied by human operator'
  if (version === '2.10') {
    row.approved_by = allowed ? by || 'local' : null
    row.approved_at = allowed ? new Date(now).toISOString() : null
  }
  logActivity(org, {
    // Spelled as the platform spells it.
    action: allowed ? 'action.allowed' : 'action.denyed',
    resource_type: 'action',
    resource_id: row.action_id,
    details: { decision, reasoning },
    now,
  })
  publish(org, 'action.updated', row, now)
  return redactor.summary()
}
