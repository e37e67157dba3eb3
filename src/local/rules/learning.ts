import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { single } from '../state/numbers.ts'
import { type Org, table } from '../state/org.ts'
import type { ActionRow, AssumptionRow, LoopRow } from '../state/rows.ts'
import type { TableName } from '../state/tables.ts'
import { groups, mean, percentile, round, sum } from './statistics.ts'

export interface RecommendationRow {
  id: string
  org_id: string
  agent_id: string
  action_type: string
  confidence: number
  sample_size: number
  top_sample_size: number
  success_rate: number
  avg_score: number
  hints: Record<string, unknown>
  guidance: string[]
  active: boolean
  computed_at: string
  updated_at: string
}

export interface RecommendationEventRow {
  id: string
  org_id: string
  recommendation_id: string | null
  agent_id: string | null
  action_id: string | null
  event_type: string
  event_key: string | null
  details: Record<string, unknown>
  created_at: string
}

export interface EpisodeRow {
  id: string
  org_id: string
  action_id: string
  agent_id: string
  action_type: string
  status: string | null
  outcome_label: 'success' | 'failure' | 'pending'
  risk_score: number
  reversible: 0 | 1
  confidence: number
  duration_ms: number | null
  cost_estimate: number
  invalidated_assumptions: number
  open_loops: number
  recommendation_id: string | null
  recommendation_applied: boolean
  score: number
  score_breakdown: Record<string, number>
  created_at: string
  updated_at: string
}

const clamp = (least: number, most: number, value: number): number => Math.min(most, Math.max(least, value))
const STATUS: Record<string, number> = { completed: 30, failed: -35, cancelled: -20, pending_approval: -8, running: -5 }

/** What an action's score is the sum of. */
export function scoreBreakdown(action: ActionRow, invalidated: number, loops: number): Record<string, number> {
  const { status, risk_score: risk, confidence } = action
  const duration = action.duration_ms ?? 0
  const cost = action.cost_estimate ?? 0
  return {
    base: 50,
    status: STATUS[status] ?? 0,
    risk: risk > 60 ? -Math.min(20, Math.round((risk - 60) / 2)) : risk <= 30 ? 4 : 0,
    reversibility: action.reversible ? 5 : -8,
    duration: duration <= 60_000 ? 6 : duration <= 300_000 ? 3 : duration <= 1_800_000 ? -4 : -10,
    cost: cost <= 0.05 ? 4 : cost <= 1 ? 1 : cost <= 5 ? -4 : -8,
    confidence: status === 'completed' && confidence >= 70 ? 4 : status === 'failed' && confidence >= 80 ? -8 : 0,
    invalidated_assumptions: 0 - Math.min(16, 4 * invalidated),
    open_loops: 0 - Math.min(10, 2 * loops),
  }
}

/** Scores an action into its episode; an action that was scored before keeps its episode's id and start. */
export function scoreEpisode(org: Org, action: ActionRow, now: string): EpisodeRow {
  const episodes = table<EpisodeRow>(org, 'episodes')
  const own = <T extends { action_id: string }>(name: TableName) =>
    table<T>(org, name).filter(({ action_id }) => action_id === action.action_id)
  const invalidated = own<AssumptionRow>('assumptions').filter((row) => row.invalidated).length
  const loops = own<LoopRow>('loops').filter((row) => row.status === 'open').length
  const breakdown = scoreBreakdown(action, invalidated, loops)
  const { status } = action
  const started = new Date(action.timestamp_start)
  const at = episodes.findIndex((row) => row.action_id === action.action_id)
  const before = episodes[at]
  const episode: EpisodeRow = {
    id: before?.id ?? hexId('lep_'),
    org_id: org.id,
    action_id: action.action_id,
    agent_id: action.agent_id,
    action_type: action.action_type,
    status,
    outcome_label:
      status === 'completed' ? 'success' : status === 'failed' || status === 'cancelled' ? 'failure' : 'pending',
    risk_score: action.risk_score,
    reversible: action.reversible,
    confidence: action.confidence,
    duration_ms: action.duration_ms,
    cost_estimate: single(action.cost_estimate ?? 0),
    invalidated_assumptions: invalidated,
    open_loops: loops,
    recommendation_id: action.recommendation_id,
    recommendation_applied: Boolean(action.recommendation_applied),
    score: clamp(0, 100, Math.round(sum(Object.values(breakdown)))),
    score_breakdown: breakdown,
    created_at: before?.created_at ?? (Number.isNaN(+started) ? action.created_at : started.toISOString()),
    updated_at: now,
  }
  if (before) episodes[at] = episode
  else episodes.push(episode)
  return episode
}

const share = (episodes: readonly EpisodeRow[], match: (row: EpisodeRow) => boolean): number =>
  episodes.length ? episodes.filter(match).length / episodes.length : 0
const succeeded = (row: EpisodeRow): boolean => row.outcome_label === 'success'

/** What the best episodes of one agent and action type have in common. */
export function recommend(org: Org, episodes: readonly EpisodeRow[], now: string): RecommendationRow {
  const count = episodes.length
  const { agent_id, action_type } = episodes[0]!
  const top = [...episodes].sort((a, b) => b.score - a.score).slice(0, Math.max(3, Math.ceil(0.35 * count)))
  const of = (field: 'risk_score' | 'confidence' | 'duration_ms' | 'cost_estimate', percent: number) =>
    percentile(
      top.map((row) => row[field] ?? 0),
      percent,
    )
  const hints = {
    preferred_risk_cap: Math.round(of('risk_score', 75)),
    prefer_reversible: share(top, (row) => row.reversible === 1) >= 0.6,
    confidence_floor: Math.round(of('confidence', 25)),
    expected_duration_ms: Math.round(of('duration_ms', 50)),
    expected_cost_estimate: round(of('cost_estimate', 50), 2),
  }
  const success = share(episodes, succeeded)
  const score = mean(episodes.map((row) => row.score))
  const guidance = [`Keep risk_score at or below ${hints.preferred_risk_cap} for this action type.`]
  if (hints.prefer_reversible) guidance.push('Prefer reversible execution strategies where possible.')
  guidance.push(
    `Target confidence >= ${hints.confidence_floor} before executing.`,
    `Typical successful runtime is around ${hints.expected_duration_ms}ms.`,
    `Typical successful cost is about $${hints.expected_cost_estimate.toFixed(2)}.`,
  )
  if (count < 8) guidance.push('Small sample size: treat this recommendation as provisional.')
  if (success < 0.5) guidance.push('Historical success rate is low: consider additional guard checks.')
  return {
    id: hexId('lrec_'),
    org_id: org.id,
    agent_id,
    action_type,
    confidence: clamp(35, 95, Math.round(35 + Math.min(25, 2 * count) + 25 * success + 0.4 * (score - 50))),
    sample_size: count,
    top_sample_size: top.length,
    success_rate: round(success, 4),
    avg_score: round(score, 2),
    hints,
    guidance,
    active: true,
    computed_at: now,
    updated_at: now,
  }
}

export const byConfidence = (a: RecommendationRow, b: RecommendationRow): number =>
  b.confidence - a.confidence || b.sample_size - a.sample_size

/** What a rebuild covers. */
export interface RebuildScope {
  agent_id?: string | undefined
  action_type?: string | undefined
  lookback_days: number
  episode_limit: number
  min_samples: number
}

/** Makes the recommendations of a scope anew; the old ones of the scope are gone. */
export function rebuild(
  org: Org,
  scope: RebuildScope,
  now: number,
): { scanned: number; recommendations: RecommendationRow[] } {
  const inScope = (row: { agent_id: string; action_type: string }) =>
    (scope.agent_id === undefined || row.agent_id === scope.agent_id) &&
    (scope.action_type === undefined || row.action_type === scope.action_type)
  const since = now - scope.lookback_days * DAY
  const episodes = table<EpisodeRow>(org, 'episodes')
    .filter((row) => inScope(row) && Date.parse(row.updated_at) >= since)
    .reverse()
    .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at))
    .slice(0, scope.episode_limit)
  const iso = new Date(now).toISOString()
  const made = [...groups(episodes, (row) => JSON.stringify([row.agent_id, row.action_type])).values()]
    .filter((group) => group.length >= scope.min_samples)
    .map((group) => recommend(org, group, iso))
    .sort(byConfidence)
  const stored = table<RecommendationRow>(org, 'recommendations')
  stored.splice(0, stored.length, ...stored.filter((row) => !inScope(row)), ...made)
  return { scanned: episodes.length, recommendations: made }
}

function summarize(episodes: readonly EpisodeRow[]) {
  return {
    total: episodes.length,
    success_rate: round(share(episodes, succeeded), 4),
    failure_rate: round(
      share(episodes, (row) => row.outcome_label === 'failure'),
      4,
    ),
    avg_score: round(mean(episodes.map((row) => row.score)), 2),
    avg_duration_ms: Math.round(mean(episodes.map((row) => row.duration_ms ?? 0))),
    avg_cost_estimate: round(mean(episodes.map((row) => row.cost_estimate ?? 0)), 4),
  }
}

/** Whether recommendations are followed, and what that changed, over events and episodes since a time. */
export function recommendationMetrics(
  org: Org,
  rows: readonly RecommendationRow[],
  agentId: string | undefined,
  since: number,
) {
  const events = table<RecommendationEventRow>(org, 'recommendation_events').filter(
    (row) => (!agentId || row.agent_id === agentId) && Date.parse(row.created_at) >= since,
  )
  const episodes = table<EpisodeRow>(org, 'episodes').filter((row) => Date.parse(row.updated_at) >= since)
  const metrics = rows.map((row) => {
    const count = (type: string) =>
      events.filter((event) => event.recommendation_id === row.id && event.event_type === type).length
    const [fetched, used, overridden] = [count('fetched'), count('applied'), count('overridden')]
    const shown = fetched || used + overridden
    const followed = summarize(
      episodes.filter((episode) => episode.recommendation_id === row.id && episode.recommendation_applied),
    )
    const baseline = summarize(
      episodes.filter(
        ({ agent_id, action_type, recommendation_applied }) =>
          agent_id === row.agent_id && action_type === row.action_type && !recommendation_applied,
      ),
    )
    return {
      recommendation_id: row.id,
      agent_id: row.agent_id,
      action_type: row.action_type,
      active: row.active,
      confidence: row.confidence,
      sample_size: row.sample_size,
      telemetry: {
        fetched,
        applied: used,
        overridden,
        outcomes: count('outcome'),
        adoption_rate: shown ? round(used / shown, 4) : 0,
      },
      outcomes: { applied: followed, baseline },
      deltas: {
        success_lift: round(followed.success_rate - baseline.success_rate, 4),
        failure_reduction: round(baseline.failure_rate - followed.failure_rate, 4),
        latency_delta_ms: followed.avg_duration_ms - baseline.avg_duration_ms,
        cost_delta_estimate: round(followed.avg_cost_estimate - baseline.avg_cost_estimate, 4),
      },
    }
  })
  return {
    metrics,
    summary: {
      total_recommendations: metrics.length,
      active_recommendations: metrics.filter(({ active }) => active).length,
      avg_adoption_rate: round(mean(metrics.map(({ telemetry }) => telemetry.adoption_rate)), 4),
      avg_success_lift: round(mean(metrics.map(({ deltas }) => deltas.success_lift)), 4),
    },
  }
}

/** Levels of maturity, lowest first, and what each asks for. */
export const MATURITY = (
  [
    ['novice', 0, 0, 0],
    ['developing', 10, 0.4, 40],
    ['competent', 50, 0.6, 55],
    ['proficient', 150, 0.75, 65],
    ['expert', 500, 0.85, 75],
    ['master', 1000, 0.92, 85],
  ] as const
).map(([level, min_episodes, min_success_rate, min_avg_score]) => ({
  level,
  min_episodes,
  min_success_rate,
  min_avg_score,
}))

/** The highest level whose three thresholds are met, and the score of maturity. */
export function maturity(episodes: number, successRate: number, score: number): { level: string; score: number } {
  const met = MATURITY.filter(
    (level) => episodes >= level.min_episodes && successRate >= level.min_success_rate && score >= level.min_avg_score,
  )
  return {
    level: met.at(-1)?.level ?? 'novice',
    score: round(30 * Math.min(1, episodes / 1000) + 40 * successRate + (30 * score) / 100),
  }
}
