import { type Judge, judgeOf, SCORER_TYPES, type ScorerType } from '../rules/evaluation-scorers.ts'
import { groups, mean } from '../rules/statistics.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { single } from '../state/numbers.ts'
import type { ActionRow } from '../state/rows.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface ScoreRow {
  id: string
  org_id: string
  action_id: string
  scorer_id: string | null
  scorer_name: string
  score: number
  label: string | null
  reasoning: string | null
  metadata: string | null
  evaluated_by: string | null
  created_at: string
}

interface ScorerRow {
  id: string
  org_id: string
  name: string
  scorer_type: ScorerType
  config: string | null
  description: string | null
  created_by: null
  created_at: string
  updated_at: string
}

interface RunRow {
  id: string
  org_id: string
  name: string
  scorer_id: string
  status: string
  total_actions: number | null
  scored_count: number
  avg_score: number | null
  summary: string | null
  error_message: string | null
  filter_criteria: string | null
  started_at: string | null
  completed_at: string | null
  created_by: string
  created_at: string
}

const ADMIN = { admin: 'Admin access required' }
const scoresOf = (ctx: Context) => ctx.table<ScoreRow>('eval_scores')
const scorersOf = (ctx: Context) => ctx.table<ScorerRow>('scorers')
const runsOf = (ctx: Context) => ctx.table<RunRow>('eval_runs')

const text = (value: unknown): string | null => (value === undefined || value === null ? null : String(value))
const jsonText = (value: unknown): string | null =>
  value ? (typeof value === 'string' ? value : JSON.stringify(value)) : null

/** The average as the platform's database has it: in double precision over single-precision scores. */
const average = (rows: readonly ScoreRow[]): number => mean(rows.map(({ score }) => Math.fround(score)))
const bucketOf = ({ score }: ScoreRow): string => (score >= 0.8 ? 'excellent' : score >= 0.5 ? 'acceptable' : 'poor')
const buckets = (rows: readonly ScoreRow[]) => [...groups(rows, bucketOf)].sort((a, b) => (a[0] < b[0] ? -1 : 1))

function createScore(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Failed to create evaluation score')
  const { fields } = ctx
  const { action_id, scorer_name, score } = fields
  if (!action_id || !scorer_name || score === undefined || score === null) {
    return error(400, 'Missing required fields: action_id, scorer_name, score')
  }
  if (typeof score !== 'number' || !(score >= 0 && score <= 1))
    return error(400, 'Score must be a number between 0.0 and 1.0')
  const row: ScoreRow = {
    id: hexId('ev_'),
    org_id: ctx.org.id,
    action_id: String(action_id),
    scorer_id: null,
    scorer_name: String(scorer_name),
    score: single(score),
    label: text(fields['label']),
    reasoning: text(fields['reasoning']),
    metadata: jsonText(fields['metadata']),
    evaluated_by: text(fields['evaluated_by']) ?? 'human',
    created_at: ctx.iso(),
  }
  scoresOf(ctx).push(row)
  const { id, created_at } = row
  const { label } = fields
  return json(201, { id, action_id, scorer_name, score, ...(label !== undefined && { label }), created_at })
}

function listScores(ctx: Context): Response {
  const { action_id, scorer_name, evaluated_by, min_score, max_score, agent_id } = ctx.query
  const pages = page(ctx.query, { zero: true })
  if (!pages) return error(500, 'Failed to fetch evaluation scores')
  const own = agent_id
    ? new Set(ctx.table<ActionRow>('actions').flatMap((row) => (row.agent_id === agent_id ? [row.action_id] : [])))
    : undefined
  const [least, most] = [min_score, max_score].map((bound) => (bound ? Number.parseFloat(bound) : undefined))
  const found = scoresOf(ctx)
    .filter(
      (row) =>
        (!action_id || row.action_id === action_id) &&
        (!scorer_name || row.scorer_name === scorer_name) &&
        (!evaluated_by || row.evaluated_by === evaluated_by) &&
        // A word is no number: nothing is above it; for the database everything is below it.
        (least === undefined || row.score >= least) &&
        (most === undefined || Number.isNaN(most) || row.score <= most) &&
        (!own || own.has(row.action_id)),
    )
    .reverse()
  return json(200, { scores: found.slice(pages.offset, pages.offset + pages.limit), total: found.length })
}

const WARNING =
  "AI provider not configured. This scorer won't execute until an AI API key is set (OPENAI_API_KEY, ANTHROPIC_API_KEY, or GOOGLE_AI_API_KEY)."

function createScorer(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Failed to create scorer')
  const { name, scorer_type, config, description } = ctx.fields
  if (!name || !scorer_type) return error(400, 'name and scorer_type are required')
  if (!SCORER_TYPES.includes(scorer_type as ScorerType)) {
    return error(400, `Invalid scorer_type. Must be one of: ${SCORER_TYPES.join(', ')}`)
  }
  const scorers = scorersOf(ctx)
  if (scorers.some((row) => row.name === name)) return error(409, 'A scorer with this name already exists')
  const row: ScorerRow = {
    id: hexId('es_'),
    org_id: ctx.org.id,
    name: String(name),
    scorer_type: scorer_type as ScorerType,
    config: jsonText(config),
    description: text(description),
    created_by: null,
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
  }
  scorers.push(row)
  return json(201, { id: row.id, name, scorer_type, ...(scorer_type === 'llm_judge' && { warning: WARNING }) })
}

function listScorers(ctx: Context): Response {
  const scorers = scorersOf(ctx).map((row) => {
    const own = scoresOf(ctx).filter((score) => score.scorer_id === row.id)
    return { ...row, total_scores: String(own.length), avg_score: own.length ? average(own) : null }
  })
  return json(200, { scorers: scorers.reverse(), llm_available: false })
}

function updateScorer(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Failed to update scorer')
  const { name, description, config } = ctx.fields
  if (name === undefined && description === undefined && config === undefined) return error(400, 'No fields to update')
  const scorers = scorersOf(ctx)
  const row = scorers.find(({ id }) => id === ctx.params['scorer_id'])
  if (row) {
    if (name === null || scorers.some((other) => other !== row && other.name === name))
      return error(500, 'Failed to update scorer')
    if (name !== undefined) row.name = String(name)
    if (description !== undefined) row.description = text(description)
    if (config !== undefined) row.config = jsonText(config)
    row.updated_at = ctx.iso()
  }
  return json(200, { updated: true })
}

/** The scorer's judge; nothing when its config can't be used, and then every action is an error. */
function usable({ scorer_type, config }: ScorerRow): Judge | undefined {
  try {
    return judgeOf(scorer_type, config)
  } catch {
    return undefined
  }
}

/** Runs a scorer over the newest 500 actions: first the scores, a moment later the end of the run, as one sees it on the platform. */
function execute(ctx: Context, run: RunRow, scorer: ScorerRow): void {
  const { agent_id } = (JSON.parse(run.filter_criteria ?? 'null') ?? {}) as { agent_id?: string }
  const actions = ctx
    .table<ActionRow>('actions')
    .filter((row) => !agent_id || row.agent_id === agent_id)
    .slice(-500)
    .reverse()
  run.status = 'running'
  run.started_at = ctx.iso()
  run.total_actions = actions.length
  const scored: number[] = []
  const judge = usable(scorer)
  for (const action of judge ? actions : []) {
    try {
      const verdict = judge?.(action)
      if (!verdict) continue
      scoresOf(ctx).push({
        id: hexId('ev_'),
        org_id: ctx.org.id,
        action_id: action.action_id,
        scorer_id: scorer.id,
        scorer_name: run.name,
        ...verdict,
        score: single(verdict.score),
        metadata: null,
        evaluated_by: 'auto',
        created_at: ctx.iso(),
      })
      scored.push(verdict.score)
    } catch {
      // An action that the scorer fails on counts as an error below.
    }
  }
  setTimeout(() => {
    const avg_score = scored.length ? mean(scored) : null
    run.status = 'completed'
    run.completed_at = ctx.iso()
    run.scored_count = scored.length
    run.avg_score = avg_score === null ? null : single(avg_score)
    run.summary = JSON.stringify({ scored: scored.length, errors: actions.length - scored.length, avg_score })
  })
}

function createRun(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Failed to create eval run')
  const { name, scorer_id, action_filters } = ctx.fields
  if (!name || !scorer_id) return error(400, 'name and scorer_id are required')
  const scorer = scorersOf(ctx).find(({ id }) => id === scorer_id)
  if (!scorer) return error(404, 'Scorer not found')
  if (scorer.scorer_type === 'llm_judge') {
    return error(
      400,
      'Cannot run LLM-as-judge scorer: AI provider not configured. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, or GOOGLE_AI_API_KEY.',
    )
  }
  const run: RunRow = {
    id: hexId('er_'),
    org_id: ctx.org.id,
    name: String(name),
    scorer_id: scorer.id,
    status: 'pending',
    total_actions: null,
    scored_count: 0,
    avg_score: null,
    summary: null,
    error_message: null,
    filter_criteria: action_filters ? JSON.stringify(action_filters) : null,
    started_at: null,
    completed_at: null,
    created_by: ctx.role,
    created_at: ctx.iso(),
  }
  runsOf(ctx).push(run)
  setTimeout(() => execute(ctx, run, scorer))
  return json(201, { id: run.id, name, status: 'pending', created_at: run.created_at })
}

function listed(ctx: Context, run: RunRow): object {
  const scorer = scorersOf(ctx).find(({ id }) => id === run.scorer_id)
  return { ...run, scorer_name: scorer?.name ?? null, scorer_type: scorer?.scorer_type ?? null }
}

function readRun(ctx: Context): Response {
  const run = runsOf(ctx).find(({ id }) => id === ctx.params['run_id'])
  if (!run) return error(404, 'Run not found')
  const { scorer_id, started_at } = run
  const scores =
    started_at === null
      ? []
      : scoresOf(ctx).filter((row) => row.scorer_id === scorer_id && row.created_at >= started_at)
  return json(200, {
    run: listed(ctx, run),
    distribution: buckets(scores).map(([bucket, rows]) => ({
      bucket,
      count: String(rows.length),
      avg_score: average(rows),
    })),
  })
}

function stats(ctx: Context): Response {
  const days = Number.parseInt(ctx.query['days'] || '30', 10)
  if (Number.isNaN(days)) return error(500, 'Failed to fetch eval stats')
  const now = ctx.clock.now()
  const scores = scoresOf(ctx).filter((row) => days > 0 && Date.parse(row.created_at) >= now - days * DAY)
  const day = ({ created_at }: ScoreRow) => created_at.slice(0, 10)
  const byScorer = groups(scores, (row) => row.scorer_name)
  return json(200, {
    overall: {
      total_scores: String(scores.length),
      avg_score: scores.length ? average(scores) : null,
      unique_scorers: String(byScorer.size),
      today_count: String(scores.filter((row) => day(row) === ctx.iso().slice(0, 10)).length),
    },
    by_scorer: [...byScorer]
      .map(([scorer_name, rows]) => ({
        scorer_name,
        avg_score: average(rows),
        total_scores: String(rows.length),
      }))
      .sort((a, b) => b.avg_score - a.avg_score),
    trends: [...groups(scores, day)]
      .sort((a, b) => (a[0] < b[0] ? -1 : 1))
      .map(([date, rows]) => ({ date, avg_score: average(rows), count: String(rows.length) })),
    distribution: buckets(scores).map(([bucket, rows]) => ({ bucket, count: String(rows.length) })),
  })
}

const SCORER = '/api/evaluations/scorers/:scorer_id'
const RUN = '/api/evaluations/runs/:run_id'

/** Scores, scorers and runs. */
export const evaluations: Route[] = [
  route('POST', '/api/evaluations', createScore, { fault: 'Failed to create evaluation score' }),
  route('GET', '/api/evaluations', listScores),
  route('POST', '/api/evaluations/scorers', createScorer, { ...ADMIN, fault: 'Failed to create scorer' }),
  route('GET', '/api/evaluations/scorers', listScorers),
  route('PATCH', SCORER, updateScorer, { ...ADMIN, fault: 'Failed to update scorer' }),
  route(
    'DELETE',
    SCORER,
    (ctx) => {
      const scorers = scorersOf(ctx)
      const at = scorers.findIndex(({ id }) => id === ctx.params['scorer_id'])
      if (at >= 0) scorers.splice(at, 1)
      return json(200, { deleted: true })
    },
    { ...ADMIN, fault: 'Failed to delete scorer' },
  ),
  route('POST', '/api/evaluations/runs', createRun, { ...ADMIN, fault: 'Failed to create eval run' }),
  route('GET', '/api/evaluations/runs', (ctx) => {
    const { status } = ctx.query
    const pages = page(ctx.query)
    if (!pages) return error(500, 'Failed to fetch eval runs')
    const runs = runsOf(ctx)
      .filter((run) => !status || run.status === status)
      .reverse()
    return json(200, { runs: runs.slice(pages.offset, pages.offset + pages.limit).map((run) => listed(ctx, run)) })
  }),
  route('GET', RUN, readRun),
  route(
    'PATCH',
    RUN,
    saving('Failed to update eval run', (ctx) => {
      const run = runsOf(ctx).find(({ id }) => id === ctx.params['run_id'])
      const { status } = ctx.fields
      if (run && status) {
        run.status = String(status)
        run.completed_at = ctx.iso()
      }
      return json(200, { updated: true })
    }),
  ),
  route('GET', '/api/evaluations/stats', stats),
]
