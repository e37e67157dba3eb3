import { uuidId } from '../state/ids.ts'
import { single } from '../state/numbers.ts'
import type { ActionRow } from '../state/rows.ts'
import type { Scope } from '../state/server.ts'

/** The row of an action from checked and masked fields. */
export function actionRow({ org, version, iso }: Scope, fields: Record<string, unknown>, status: string): ActionRow {
  const text = (name: string) => (fields[name] as string | null | undefined) || null
  const list = (name: string) => JSON.stringify(fields[name] ?? [])
  const number = (name: string) => (fields[name] as number | null | undefined) || null
  const now = iso()
  return {
    id: ++org.rows,
    org_id: org.id,
    action_id: text('action_id') ?? uuidId('act_'),
    agent_id: fields['agent_id'] as string,
    agent_name: text('agent_name'),
    swarm_id: text('swarm_id'),
    parent_action_id: text('parent_action_id'),
    action_type: fields['action_type'] as string,
    declared_goal: fields['declared_goal'] as string,
    reasoning: text('reasoning'),
    authorization_scope: text('authorization_scope'),
    trigger: text('trigger'),
    systems_touched: list('systems_touched'),
    input_summary: text('input_summary'),
    status,
    reversible: fields['reversible'] === false ? 0 : 1,
    risk_score: number('risk_score') ?? 0,
    confidence: number('confidence') ?? 50,
    recommendation_id: text('recommendation_id'),
    recommendation_applied: fields['recommendation_applied'] ? 1 : 0,
    recommendation_override_reason: text('recommendation_override_reason'),
    output_summary: text('output_summary'),
    side_effects: list('side_effects'),
    artifacts_created: list('artifacts_created'),
    error_message: text('error_message'),
    timestamp_start: text('timestamp_start') ?? now,
    timestamp_end: text('timestamp_end'),
    duration_ms: number('duration_ms'),
    cost_estimate: single(Math.min(10_000, number('cost_estimate') ?? 0)),
    tokens_in: 0,
    tokens_out: 0,
    signature: fields['_signature'] ? String(fields['_signature']) : null,
    verified: false,
    created_at: now,
    updated_at: null,
    ...(version === '2.10' && { approved_by: null, approved_at: null }),
  }
}

/** The action of this organization, or nothing. */
export const findAction = ({ table }: Scope, actionId: string): ActionRow | undefined =>
  table<ActionRow>('actions').find((row) => row.action_id === actionId)
