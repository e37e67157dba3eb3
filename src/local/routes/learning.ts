import { findAction } from '../rules/action-rows.ts'
import {
  byConfidence,
  type EpisodeRow,
  type RecommendationEventRow,
  type RecommendationRow,
  rebuild,
  recommendationMetrics,
  scoreEpisode,
} from '../rules/learning.ts'
import { storeEvent } from '../rules/learning-outcomes.ts'
import { text as column, MOST_INTEGER } from '../state/columns.ts'
import { DAY } from '../state/moment.ts'
import { error, invalid, json } from './answers.ts'
import { tooLong } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'

const clamp = (text: string | undefined, fallback: number, least: number, most: number): number => {
  const number = Number.parseInt(text ?? '', 10)
  return Number.isNaN(number) ? fallback : Math.min(most, Math.max(least, number))
}

function eventProblem(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'event must be an object'
  const fields = event as Record<string, unknown>
  if (!['fetched', 'applied', 'overridden', 'outcome'].includes(fields['event_type'] as string)) {
    return 'event_type must be one of: fetched, applied, overridden, outcome'
  }
  for (const [name, max] of [
    ['recommendation_id', 128],
    ['agent_id', 128],
    ['action_id', 128],
    ['event_key', 200],
  ] as const) {
    const value = fields[name]
    if (value !== undefined && (typeof value !== 'string' || value.length > max))
      return `${name} must be a string up to ${max} chars`
  }
  const { details } = fields
  if (details !== undefined && details !== null && (typeof details !== 'object' || Array.isArray(details)))
    return 'details must be an object'
  return undefined
}

/** Keys that may run what concerns the whole organization. */
const trusted = ({ role }: Context): boolean => role === 'admin' || role === 'service'
const UNTRUSTED = 'Admin or service role required'

const RECOMMENDATIONS = '/api/learning/recommendations'

/** The recommendations that a read asks for, best first. */
function found(ctx: Context, limit: number): RecommendationRow[] {
  const { agent_id, action_type, include_inactive } = ctx.query
  const all = include_inactive === 'true' && trusted(ctx)
  return ctx
    .table<RecommendationRow>('recommendations')
    .filter(
      (row) =>
        (!agent_id || row.agent_id === agent_id) &&
        (!action_type || row.action_type === action_type) &&
        (all || row.active),
    )
    .sort(byConfidence)
    .slice(0, limit)
}

/** The metrics of these recommendations; nothing where a stored time is no date, on which 2.0 servers fail. */
function metricsOf(ctx: Context, rows: readonly RecommendationRow[], lookback: number) {
  const { agent_id } = ctx.query
  const events = ctx.table<RecommendationEventRow>('recommendation_events')
  const broken = (row: RecommendationEventRow) =>
    (!agent_id || row.agent_id === agent_id) && Number.isNaN(Date.parse(row.created_at))
  if (ctx.version === '2.0' && events.some(broken)) return undefined
  return recommendationMetrics(ctx.org, rows, agent_id, ctx.clock.now() - lookback * DAY)
}

/** A whole number as a rebuild reads it: null and '' are the default, texts of a number count. */
function whole(
  problems: string[],
  name: string,
  value: unknown,
  fallback: number,
  least: number,
  most: number,
): number {
  if (value === undefined || value === null || value === '') return fallback
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  if (!Number.isInteger(number)) problems.push(`${name} must be an integer`)
  else if (number < least || number > most) problems.push(`${name} must be between ${least} and ${most}`)
  return number
}

function rebuilt(ctx: Context): Response {
  if (!trusted(ctx)) return error(403, UNTRUSTED)
  const { fields } = ctx
  const problems: string[] = []
  const text = (name: string): string | undefined => {
    const value = fields[name]
    if (value !== undefined && (typeof value !== 'string' || !value.trim() || value.length > 128)) {
      problems.push(`${name} must be a non-empty string up to 128 chars`)
    }
    return value as string | undefined
  }
  const agent_id = text('agent_id')
  const action_type = text('action_type')
  const actionId = text('action_id')
  const lookback_days = whole(problems, 'lookback_days', fields['lookback_days'], 30, 1, 365)
  const episode_limit = whole(problems, 'episode_limit', fields['episode_limit'], 5000, 100, 10_000)
  const min_samples = whole(problems, 'min_samples', fields['min_samples'], 5, 2, 100)
  if (problems.length) return invalid(problems)
  for (const id of [agent_id, action_type, actionId]) column(id)
  const action = actionId === undefined ? undefined : findAction(ctx, actionId)
  const scored: EpisodeRow | null = action ? scoreEpisode(ctx.org, action, ctx.iso()) : null
  const scope = { agent_id, action_type, lookback_days, episode_limit, min_samples }
  const { scanned, recommendations } = rebuild(ctx.org, scope, ctx.clock.now())
  return json(200, {
    scored_episode: scored,
    episodes_scanned: scanned,
    recommendations,
    total: recommendations.length,
    rebuilt_at: ctx.iso(),
  })
}

function setActive(ctx: Context): Response {
  if (!trusted(ctx)) return error(403, UNTRUSTED)
  const value = ctx.fields['active']
  const active = [true, 1, '1', 'true'].includes(value as string)
  if (!active && ![false, 0, '0', 'false'].includes(value as string)) return error(400, 'active must be a boolean')
  const row = ctx.table<RecommendationRow>('recommendations').find(({ id }) => id === ctx.params['recommendation_id'])
  if (!row) return error(404, 'Recommendation not found')
  row.active = active
  row.updated_at = ctx.iso()
  return json(200, { recommendation: row })
}

interface DecisionRow {
  id: number
  org_id: string
  agent_id: string | null
  decision: string
  context: string | null
  reasoning: string | null
  outcome: string
  confidence: number
  timestamp: string
  created_at: string
}

interface LessonRow {
  confidence: number
}

function recordDecision(ctx: Context): Response {
  const FAULT = 'An error occurred while recording the decision'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields } = ctx
  if (!fields['decision']) return error(400, 'decision is required')
  const problems = tooLong(fields, { decision: 2000, context: 5000, reasoning: 5000, outcome: 200 })
  if (problems.length) return invalid(problems)
  const text = (name: string) => (fields[name] ? String(fields[name]) : null)
  const given = fields['confidence'] || 50
  const confidence = typeof given === 'number' || typeof given === 'string' ? Number(given) : Number.NaN
  if (!Number.isInteger(confidence) || Math.abs(confidence) > MOST_INTEGER) return error(500, FAULT)
  const row: DecisionRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    agent_id: text('agent_id'),
    decision: String(fields['decision']),
    context: text('context'),
    reasoning: text('reasoning'),
    outcome: text('outcome') ?? 'pending',
    confidence,
    timestamp: ctx.iso(),
    created_at: ctx.iso(),
  }
  ctx.table<DecisionRow>('decisions').push(row)
  ctx.publish('decision.created', row)
  return json(201, { decision: row })
}

function learningPage(ctx: Context): Response {
  const { agent_id } = ctx.query
  const decisions = ctx
    .table<DecisionRow>('decisions')
    .filter((row) => !agent_id || row.agent_id === agent_id)
    .reverse()
    .slice(0, 20)
  const lessons = [...ctx.table<LessonRow>('lessons')].sort((a, b) => b.confidence - a.confidence)
  const settled = decisions.filter(({ outcome }) => outcome && outcome !== 'pending')
  const good = settled.filter(({ outcome }) => outcome === 'success').length
  return json(200, {
    decisions,
    lessons,
    stats: {
      totalDecisions: decisions.length,
      totalLessons: lessons.length,
      successRate: settled.length ? Math.round((good / settled.length) * 100) : 0,
      patterns: lessons.filter(({ confidence }) => confidence >= 80).length,
    },
    lastUpdated: ctx.iso(),
  })
}

interface AlertRow {
  agent_id: string
  metric: string
  severity: string
  z_score: number
  direction: string
  acknowledged: boolean
}

function lessons(ctx: Context): Response {
  const { agent_id, action_type } = ctx.query
  const warnings = ctx
    .table<AlertRow>('drift_alerts')
    .filter((row) => !row.acknowledged && row.severity !== 'info' && (!agent_id || row.agent_id === agent_id))
    .reverse()
    .slice(0, 5)
  return json(200, {
    lessons: ctx
      .table<RecommendationRow>('recommendations')
      .filter(
        (row) =>
          row.active && (!agent_id || row.agent_id === agent_id) && (!action_type || row.action_type === action_type),
      )
      .sort(byConfidence)
      .slice(0, clamp(ctx.query['limit'], 10, 1, 100))
      .map((row) => ({
        action_type: row.action_type,
        confidence: row.confidence,
        success_rate: row.success_rate,
        // The platform looks for the other hints under names that recommendations do not have.
        hints: { prefer_reversible: row.hints['prefer_reversible'], confidence_floor: row.hints['confidence_floor'] },
        guidance: null,
        sample_size: row.sample_size,
      })),
    drift_warnings: warnings.map(({ metric, severity, z_score, direction }) => ({
      metric,
      severity,
      z_score: z_score.toFixed(1),
      direction,
    })),
    agent_id: agent_id || null,
  })
}

/** Decisions, lessons, recommendations and their telemetry, analytics. */
export const learning: Route[] = [
  route('POST', '/api/learning', recordDecision, { fault: 'An error occurred while recording the decision' }),
  route('GET', '/api/learning', learningPage),
  route('GET', '/api/learning/lessons', lessons, NEWER),

  route('GET', RECOMMENDATIONS, (ctx) => {
    const { agent_id, track_events, include_metrics } = ctx.query
    const rows = found(ctx, clamp(ctx.query['limit'], 50, 1, 200))
    const lookback_days = clamp(ctx.query['lookback_days'], 30, 1, 365)
    const metrics = include_metrics === 'true' ? metricsOf(ctx, rows, lookback_days) : null
    if (metrics === undefined) {
      return error(500, 'An error occurred while fetching learning recommendations', { recommendations: [], total: 0 })
    }
    if (track_events === 'true' && agent_id) {
      for (const { id } of rows) storeEvent(ctx, { event_type: 'fetched', recommendation_id: id, agent_id })
    }
    return json(200, {
      recommendations: rows,
      ...(metrics && { metrics }),
      lookback_days,
      total: rows.length,
      lastUpdated: ctx.iso(),
    })
  }),

  route('POST', RECOMMENDATIONS, rebuilt, { fault: 'An error occurred while rebuilding learning recommendations' }),

  route('GET', `${RECOMMENDATIONS}/metrics`, (ctx) => {
    const lookback_days = clamp(ctx.query['lookback_days'], 30, 1, 365)
    const metrics = metricsOf(ctx, found(ctx, clamp(ctx.query['limit'], 100, 1, 200)), lookback_days)
    if (!metrics) return error(500, 'An error occurred while fetching learning recommendation metrics')
    return json(200, { ...metrics, lookback_days, lastUpdated: ctx.iso() })
  }),

  route(
    'POST',
    `${RECOMMENDATIONS}/events`,
    (ctx) => {
      const listed = ctx.fields['events']
      const events: unknown[] = Array.isArray(listed) ? listed : [ctx.fields]
      if (!events.length) return error(400, 'At least one event is required')
      if (events.length > 100) return error(400, 'events exceeds maximum batch size of 100')
      const problems = events.flatMap((event, at) => {
        const problem = eventProblem(event)
        return problem ? [`events[${at}]: ${problem}`] : []
      })
      if (problems.length) return invalid(problems)
      const created = events.flatMap((event) => storeEvent(ctx, event as Record<string, unknown>) ?? [])
      return json(201, { created, created_count: created.length })
    },
    { fault: 'An error occurred while recording recommendation events' },
  ),

  route('PATCH', `${RECOMMENDATIONS}/:recommendation_id`, setActive, {
    fault: 'An error occurred while updating learning recommendation state',
  }),
]
