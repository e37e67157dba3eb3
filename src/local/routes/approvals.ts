import { logActivity } from '../activity.ts'
import { Redactor, type SecuritySummary } from '../redact.ts'
import { type Context, error, json, type Route, route, type ServerVersion } from '../router.ts'
import type { ActionRow } from '../rows.ts'
import { type Org, publish, table } from '../state.ts'
import { hasNul } from '../validate.ts'
import { findAction } from './actions.ts'

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

function rule(org: Org, row: ActionRow, { decision, reasoning, by, version, now }: Ruling): SecuritySummary {
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

function decide(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Internal server error')
  const { decision, reasoning } = ctx.fields
  if (decision !== 'allow' && decision !== 'deny') return error(400, 'Invalid decision. Must be allow or deny.')
  const row = findAction(ctx, ctx.params['action_id']!)
  if (!row) return error(404, 'Action not found')
  if (row.status !== 'pending_approval') return error(400, 'Action is not pending approval')
  // The database driver of that line refuses a value that is not there.
  if ((reasoning === undefined && ctx.version === '2.0') || hasNul(reasoning))
    return error(500, 'Internal server error')
  const security = rule(ctx.org, row, { decision, reasoning, by: '', version: ctx.version, now: ctx.clock.now() })
  return json(200, { success: true, action: row, security })
}

const ADMIN = { admin: 'Admin access required for approvals' }

/** A person's decision. */
export const approvals: Route[] = [
  route('POST', '/api/actions/:action_id/approve', decide, ADMIN),
  // The path of newer servers; they keep the other one.
  route('POST', '/api/approvals/:action_id', decide, { ...ADMIN, versions: ['2.10'] }),
]
