import { type EpisodeRow, MATURITY, maturity, type RecommendationRow } from '../rules/learning.ts'
import { groups, mean, percentile, round, slope, sum } from '../rules/statistics.ts'
import { filled } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { single } from '../state/numbers.ts'
import { error, json } from './answers.ts'
import { days, page } from './fields.ts'
import { type Context, type Route, route } from './route.ts'

interface VelocityRow {
  id: string
  org_id: string
  agent_id: string
  period: string
  period_start: string
  period_end: string
  episode_count: number
  avg_score: number
  success_rate: number
  score_delta: number
  velocity: number
  acceleration: number
  maturity_score: number
  maturity_level: string
  created_at: string
}

interface CurveRow {
  id: string
  org_id: string
  agent_id: string
  action_type: string
  window_start: string
  window_end: string
  episode_count: number
  avg_score: number
  success_rate: number
  avg_duration_ms: number
  avg_cost: number
  p25_score: number
  p75_score: number
  created_at: string
}

const time = (row: EpisodeRow): number => Date.parse(row.created_at)
const scores = (rows: readonly EpisodeRow[]): number[] => rows.map(({ score }) => score)
const count = (rows: readonly EpisodeRow[], label: string): number =>
  rows.filter((row) => row.outcome_label === label).length

/** Episodes of the lookback, oldest first, of one agent or of up to 50. */
function byAgent(ctx: Context, lookback: number): Map<string, EpisodeRow[]> {
  const agentId = filled(ctx.fields['agent_id'])
  const since = ctx.clock.now() - lookback * DAY
  const rows = ctx
    .table<EpisodeRow>('episodes')
    .filter((row) => (!agentId || row.agent_id === agentId) && time(row) >= since)
    .sort((a, b) => time(a) - time(b))
  return new Map([...groups(rows, (row) => row.agent_id)].slice(0, 50))
}

/** Windows of a length from the first episode on; empty ones are left out. */
function windows(rows: readonly EpisodeRow[], length: number): { start: number; rows: EpisodeRow[] }[] {
  const first = time(rows[0]!)
  return [...groups(rows, (row) => String(Math.floor((time(row) - first) / length)))].map(([at, group]) => ({
    start: first + Number(at) * length,
    rows: group,
  }))
}

function computeVelocity(ctx: Context): Response {
  const FAULT = 'Failed to compute velocity'
  const lookback = days(ctx.fields['lookback_days'], 30)
  if (!ctx.bodyOk || lookback === undefined) return error(500, FAULT)
  const period = filled(ctx.fields['period']) ?? 'daily'
  const results: object[] = []
  for (const [agent_id, rows] of byAgent(ctx, lookback)) {
    if (rows.length < 3) continue
    const series = windows(rows, period === 'weekly' ? 7 * DAY : DAY).map((window) => round(mean(scores(window.rows))))
    if (series.length < 2) continue
    const half = Math.floor(series.length / 2)
    const average = mean(scores(rows))
    const success = count(rows, 'success') / rows.length
    const grown = maturity(rows.length, success, average)
    const numbers = {
      episode_count: rows.length,
      avg_score: round(average),
      success_rate: round(success),
      score_delta: round(series.at(-1)! - series[0]!),
      velocity: round(slope(series)),
      acceleration: series.length < 3 ? 0 : round(slope(series.slice(half)) - slope(series.slice(0, half))),
    }
    results.push({ agent_id, ...numbers, maturity: grown, windows: series.length })
    ctx.table<VelocityRow>('learning_velocity').push({
      id: hexId('lv_'),
      org_id: ctx.org.id,
      agent_id,
      period,
      period_start: rows[0]!.created_at,
      period_end: ctx.iso(),
      ...numbers,
      maturity_score: grown.score,
      maturity_level: grown.level,
      created_at: ctx.iso(),
    })
  }
  return json(201, { agents_computed: results.length, results })
}

function computeCurves(ctx: Context): Response {
  const lookback = days(ctx.fields['lookback_days'], 60)
  if (!ctx.bodyOk || lookback === undefined) return error(500, 'Failed to compute curves')
  const results: object[] = []
  for (const [agent_id, episodes] of byAgent(ctx, lookback)) {
    const types = [...groups(episodes, (row) => row.action_type)].filter(([, rows]) => rows.length >= 3)
    for (const [action_type, rows] of types.slice(0, 20)) {
      for (const { start, rows: window } of windows(rows, 7 * DAY)) {
        const window_start = new Date(start).toISOString()
        const positive = (values: number[]) => single(round(mean(values.filter((value) => value > 0))))
        results.push({ agent_id, action_type, window_start, count: window.length })
        ctx.table<CurveRow>('learning_curves').push({
          id: hexId('lc_'),
          org_id: ctx.org.id,
          agent_id,
          action_type,
          window_start,
          window_end: new Date(start + 7 * DAY).toISOString(),
          episode_count: window.length,
          avg_score: single(round(mean(scores(window)))),
          success_rate: single(round(count(window, 'success') / window.length)),
          avg_duration_ms: positive(window.map((row) => row.duration_ms ?? 0)),
          avg_cost: positive(window.map((row) => row.cost_estimate)),
          p25_score: single(round(percentile(scores(window), 25))),
          p75_score: single(round(percentile(scores(window), 75))),
          created_at: ctx.iso(),
        })
      }
    }
  }
  return json(201, { curves_computed: results.length, results })
}

/** Success of what succeeded or failed, as the summary counts it. */
function decided(rows: readonly EpisodeRow[]): number {
  const settled = count(rows, 'success') + count(rows, 'failure')
  return settled ? round(count(rows, 'success') / settled) : 0
}

const averageDuration = (rows: readonly EpisodeRow[]): string | null => {
  const known = rows.flatMap(({ duration_ms }) => duration_ms ?? [])
  return known.length ? String(Math.round(mean(known))) : null
}
const fixed = (values: readonly number[], decimals: number): string | null =>
  values.length ? round(mean(values), decimals).toFixed(decimals) : null
const cost = (rows: readonly EpisodeRow[]): string | null =>
  rows.length ? round(sum(rows.map(({ cost_estimate }) => cost_estimate)), 4).toFixed(4) : null

function summary(ctx: Context): Response {
  const { agent_id } = ctx.query
  const episodes = ctx.table<EpisodeRow>('episodes')
  const overall = episodes.filter((row) => !agent_id || row.agent_id === agent_id)
  const recommendations = ctx.table<RecommendationRow>('recommendations')
  const newest = new Map(ctx.table<VelocityRow>('learning_velocity').map((row) => [row.agent_id, row]))
  const most = (key: 'agent_id' | 'action_type', limit: number) =>
    [...groups(episodes, (row) => row[key])].sort((a, b) => b[1].length - a[1].length).slice(0, limit)
  const counts = (rows: readonly EpisodeRow[]) => ({
    episode_count: String(rows.length),
    avg_score: fixed(scores(rows), 2),
    success_count: String(count(rows, 'success')),
    failure_count: String(count(rows, 'failure')),
  })
  return json(200, {
    overall: {
      total_episodes: String(overall.length),
      avg_score: fixed(scores(overall), 2),
      success_count: String(count(overall, 'success')),
      failure_count: String(count(overall, 'failure')),
      pending_count: String(count(overall, 'pending')),
      avg_duration_ms: averageDuration(overall),
      total_cost: cost(overall),
      success_rate: decided(overall),
    },
    by_agent: most('agent_id', 10).map(([agent, rows]) => ({
      agent_id: agent,
      ...counts(rows),
      avg_duration_ms: averageDuration(rows),
      total_cost: cost(rows),
      success_rate: decided(rows),
      velocity: newest.get(agent)?.velocity ?? null,
      acceleration: newest.get(agent)?.acceleration ?? null,
      maturity_level: newest.get(agent)?.maturity_level ?? 'unknown',
      maturity_score: newest.get(agent)?.maturity_score ?? 0,
    })),
    by_action_type: most('action_type', 15).map(([action_type, rows]) => ({
      action_type,
      ...counts(rows),
      success_rate: decided(rows),
    })),
    recommendations: {
      total_recommendations: String(recommendations.length),
      active_recommendations: String(recommendations.filter(({ active }) => active).length),
      avg_success_rate: fixed(
        recommendations.map((row) => row.success_rate),
        3,
      ),
      avg_rec_score: fixed(
        recommendations.map((row) => row.avg_score),
        2,
      ),
      avg_confidence: fixed(
        recommendations.map((row) => row.confidence),
        0,
      ),
    },
    velocity: [...newest.values()].map((row) => ({
      agent_id: row.agent_id,
      velocity: row.velocity,
      acceleration: row.acceleration,
      maturity_score: row.maturity_score,
      maturity_level: row.maturity_level,
      score_delta: row.score_delta,
      created_at: row.created_at,
    })),
  })
}

const ANALYTICS = '/api/learning/analytics'

/** How fast agents learn, and how far they have come. */
export const learningAnalytics: Route[] = [
  route('POST', `${ANALYTICS}/velocity`, computeVelocity, { fault: 'Failed to compute velocity' }),
  route('GET', `${ANALYTICS}/velocity`, (ctx) => {
    const { agent_id } = ctx.query
    const pages = page(ctx.query, { limit: 30, max: 100 })
    if (!pages) return error(500, 'Failed to fetch velocity data')
    const rows = ctx.table<VelocityRow>('learning_velocity').filter((row) => !agent_id || row.agent_id === agent_id)
    return json(200, { velocity: rows.reverse().slice(0, pages.limit) })
  }),
  route('POST', `${ANALYTICS}/curves`, computeCurves, { fault: 'Failed to compute curves' }),
  route('GET', `${ANALYTICS}/curves`, (ctx) => {
    const { agent_id, action_type } = ctx.query
    const pages = page(ctx.query)
    if (!pages) return error(500, 'Failed to fetch curve data')
    const rows = ctx
      .table<CurveRow>('learning_curves')
      .filter((row) => !agent_id || (row.agent_id === agent_id && (!action_type || row.action_type === action_type)))
      .sort((a, b) => Date.parse(a.window_start) - Date.parse(b.window_start))
    return json(200, { curves: rows.slice(0, pages.limit) })
  }),
  route('GET', `${ANALYTICS}/summary`, summary),
  route('GET', `${ANALYTICS}/maturity`, () => json(200, { levels: MATURITY })),
]
