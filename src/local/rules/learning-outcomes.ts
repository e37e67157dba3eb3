import { hexId } from '../state/ids.ts'
import type { ActionRow } from '../state/rows.ts'
import type { Scope } from '../state/server.ts'
import { type RecommendationEventRow, scoreEpisode } from './learning.ts'

/** Stores a recommendation event; one whose key is taken is dropped. */
export function storeEvent(
  { org, table, iso }: Scope,
  event: Record<string, unknown>,
): RecommendationEventRow | undefined {
  const rows = table<RecommendationEventRow>('recommendation_events')
  const text = (name: string) => (event[name] as string | undefined) ?? null
  if (event['event_key'] && rows.some((row) => row.event_key === event['event_key'])) return undefined
  const row: RecommendationEventRow = {
    id: hexId('lrev_'),
    org_id: org.id,
    recommendation_id: text('recommendation_id'),
    agent_id: text('agent_id'),
    action_id: text('action_id'),
    event_type: event['event_type'] as string,
    event_key: text('event_key'),
    details: (event['details'] as Record<string, unknown> | undefined) ?? {},
    created_at: text('created_at') ?? iso(),
  }
  rows.push(row)
  return row
}

/** Every outcome update scores its action and, where a recommendation was followed, reports the outcome once. */
export function learnFromOutcome(scope: Scope, action: ActionRow): void {
  const { outcome_label, score, status, duration_ms, cost_estimate, action_type } = scoreEpisode(
    scope.org,
    action,
    scope.iso(),
  )
  if (!action.recommendation_id || !action.recommendation_applied) return
  storeEvent(scope, {
    event_type: 'outcome',
    event_key: `outcome:${action.action_id}`,
    action_id: action.action_id,
    agent_id: action.agent_id,
    recommendation_id: action.recommendation_id,
    details: { status, outcome_label, score, duration_ms, cost_estimate, action_type },
  })
}
