import { findAction } from '../rules/action-rows.ts'
import { rule } from '../rules/approvals.ts'
import { hasNul } from '../state/columns.ts'
import { error, fault, json } from './answers.ts'
import { type Context, NEWER, type Route, route } from './route.ts'

function decide(ctx: Context): Response {
  if (!ctx.bodyOk) return fault()
  const { decision, reasoning } = ctx.fields
  if (decision !== 'allow' && decision !== 'deny') return error(400, 'Invalid decision. Must be allow or deny.')
  const row = findAction(ctx, ctx.params['action_id']!)
  if (!row) return error(404, 'Action not found')
  if (row.status !== 'pending_approval') return error(400, 'Action is not pending approval')
  // The database driver of that line refuses a value that is not there.
  if ((reasoning === undefined && ctx.version === '2.0') || hasNul(reasoning)) return fault()
  const security = rule(ctx.org, row, { decision, reasoning, by: '', version: ctx.version, now: ctx.clock.now() })
  return json(200, { success: true, action: row, security })
}

const ADMIN = { admin: 'Admin access required for approvals' }

/** A person's decision. */
export const approvals: Route[] = [
  route('POST', '/api/actions/:action_id/approve', decide, ADMIN),
  // The path of newer servers; they keep the other one.
  route('POST', '/api/approvals/:action_id', decide, { ...ADMIN, ...NEWER }),
]
