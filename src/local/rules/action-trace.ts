import { instant } from '../state/moment.ts'
import { type Org, table } from '../state/org.ts'
import type { ActionRow, AssumptionRow, LoopRow } from '../state/rows.ts'
import type { ServerVersion } from '../state/server.ts'

/** What stands around an action; nothing on the 2.0 line when a time next to it is no date. */
export function actionTrace(org: Org, action: ActionRow, version: ServerVersion): object | undefined {
  const actions = table<ActionRow>(org, 'actions')
  const related = actions.filter(
    (row) =>
      row !== action &&
      (row.agent_id === action.agent_id ||
        (action.systems_touched !== '[]' && row.systems_touched === action.systems_touched)),
  )
  const start = instant(action.timestamp_start)
  if (version === '2.0' && [action, ...related].some((row) => Number.isNaN(instant(row.timestamp_start))))
    return undefined

  const brief = (row: ActionRow) => ({
    action_id: row.action_id,
    agent_id: row.agent_id,
    agent_name: row.agent_name,
    action_type: row.action_type,
    declared_goal: row.declared_goal,
    status: row.status,
    risk_score: row.risk_score,
    timestamp_start: row.timestamp_start,
    error_message: row.error_message,
  })
  const parents: ActionRow[] = []
  for (let id = action.parent_action_id; id && parents.length < 10; ) {
    const parent = actions.find((row) => row.action_id === id)
    if (!parent || parent === action || parents.includes(parent)) break
    parents.push(parent)
    id = parent.parent_action_id
  }
  const near = related
    .filter((row) => Math.abs(instant(row.timestamp_start) - start) < 3_600_000)
    .sort((a, b) => instant(b.timestamp_start) - instant(a.timestamp_start))
    .slice(0, 20)
  const oldest = (a: { created_at: string }, b: { created_at: string }) => instant(a.created_at) - instant(b.created_at)
  const own = (row: { action_id: string }) => row.action_id === action.action_id
  const assumptions = table<AssumptionRow>(org, 'assumptions').filter(own).sort(oldest)
  const loops = table<LoopRow>(org, 'loops').filter(own).sort(oldest)
  const wrong = assumptions.filter((row) => row.invalidated === 1)
  const open = loops.filter((row) => row.status === 'open')
  const failed = (rows: ActionRow[]) => rows.filter((row) => row.status === 'failed')
  const causes = (type: string, severity: string, detail: object[]) =>
    detail.length ? [{ type, severity, count: detail.length, detail }] : []
  const failure = (row: ActionRow) => ({ action_id: row.action_id, goal: row.declared_goal, error: row.error_message })
  return {
    assumptions: {
      total: assumptions.length,
      validated: assumptions.filter((row) => row.validated === 1).length,
      invalidated: wrong.length,
      unvalidated: assumptions.filter((row) => !row.validated && !row.invalidated).length,
      items: assumptions,
    },
    loops: {
      total: loops.length,
      open: open.length,
      resolved: loops.filter((row) => row.status === 'resolved').length,
      cancelled: loops.filter((row) => row.status === 'cancelled').length,
      items: loops,
    },
    parent_chain: parents.map((row) => ({ ...brief(row), parent_action_id: row.parent_action_id })),
    sub_actions: actions
      .filter((row) => row.parent_action_id === action.action_id)
      .sort((a, b) => (a.timestamp_start < b.timestamp_start ? -1 : a.timestamp_start > b.timestamp_start ? 1 : 0))
      .map(brief),
    related_actions: near.map(brief),
    root_cause_indicators: [
      ...causes(
        'invalidated_assumptions',
        'high',
        wrong.map((row) => ({
          assumption_id: row.assumption_id,
          assumption: row.assumption,
          reason: row.invalidated_reason,
        })),
      ),
      ...causes(
        'unresolved_loops',
        'medium',
        open.map((row) => ({ loop_id: row.loop_id, description: row.description, priority: row.priority })),
      ),
      ...causes('parent_failures', 'high', failed(parents).map(failure)),
      ...causes('related_failures', 'medium', failed(near).map(failure)),
    ],
  }
}
