import { composite, type DimensionRow, type DimensionScore, scoreDimension } from '../rules/scoring.ts'
import { deviation, mean, round } from '../rules/statistics.ts'
import { hexId } from '../state/ids.ts'
import { single } from '../state/numbers.ts'
import { error, fault, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route } from './route.ts'
import { byPosition, column, member, notWhole, parseFault, refused, remove, STATUSES } from './scoring-shared.ts'

interface ProfileRow {
  id: string
  org_id: string
  name: string
  description: string | null
  action_type: string | null
  status: string
  composite_method: string | null
  metadata: Record<string, unknown> | null
  created_at: string
  updated_at: string
}

interface ScoreRow {
  id: string
  org_id: string
  profile_id: string
  action_id: string | null
  agent_id: string | null
  composite_score: number
  dimension_scores: DimensionScore[]
  metadata: Record<string, unknown>
  scored_at: string
}

type Fields = Record<string, unknown>

/** Faults have the database's own words here. */
const DATABASE = { fault: null }
const METHODS = ['weighted_average', 'minimum', 'geometric_mean']
const SOURCES = [
  'duration_ms',
  'cost_estimate',
  'tokens_total',
  'risk_score',
  'confidence',
  'eval_score',
  'metadata_field',
  'custom_function',
]

const profilesOf = (ctx: Context) => ctx.table<ProfileRow>('scoring_profiles')
const dimensionsOf = (ctx: Context) => ctx.table<DimensionRow>('scoring_dimensions')
const scoresOf = (ctx: Context) => ctx.table<ScoreRow>('profile_scores')

const shownDimension = (ctx: Context, row: DimensionRow) => ({
  ...row,
  data_config: column(ctx, row.data_config),
  scale: column(ctx, row.scale),
})

function shownProfile(ctx: Context, row: ProfileRow) {
  const dimensions = dimensionsOf(ctx)
    .filter(({ profile_id }) => profile_id === row.id)
    .sort(byPosition)
  return {
    ...row,
    metadata: column(ctx, row.metadata),
    // Read as JSON of the database, so its times are written in another way than elsewhere.
    dimensions: dimensions.length
      ? dimensions.map((dimension) => ({
          ...shownDimension(ctx, dimension),
          created_at: dimension.created_at.replace(/Z$/, '000+00:00'),
        }))
      : null,
  }
}

/** Stores a dimension, or gives the platform's refusal. */
function addDimension(ctx: Context, profileId: string, fields: Fields, position: number): DimensionRow | Response {
  if (fields['name'] === undefined || fields['data_source'] === undefined) {
    return error(500, 'UNDEFINED_VALUE: Undefined values are not allowed')
  }
  const problem = dimensionProblem(fields)
  if (problem) return problem
  const row: DimensionRow = {
    id: hexId('sd_'),
    org_id: ctx.org.id,
    profile_id: profileId,
    name: fields['name'] as string,
    description: member<string | null>(fields, 'description', ''),
    weight: member<number | null>(fields, 'weight', 1),
    data_source: fields['data_source'] as string,
    data_config: member<Fields | null>(fields, 'data_config', {}),
    scale: member<DimensionRow['scale']>(fields, 'scale', []),
    sort_order: member<number | null>(fields, 'sort_order', position),
    created_at: ctx.iso(),
  }
  dimensionsOf(ctx).push(row)
  return row
}

function dimensionProblem(fields: Fields): Response | undefined {
  const { data_source, weight, sort_order } = fields
  if (data_source != null && !SOURCES.includes(data_source as string))
    return refused('scoring_dimensions', 'data_source')
  if (weight != null && !(typeof weight === 'number' && weight >= 0 && weight <= 1)) {
    return refused('scoring_dimensions', 'weight')
  }
  return notWhole(sort_order)
}

const created = ({ org_id: _org, created_at: _created, ...row }: DimensionRow) => row

function createProfile(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  const { fields } = ctx
  if (!fields['name']) return error(400, 'name is required')
  const method = member<string | null>(fields, 'composite_method', 'weighted_average')
  if (method !== null && !METHODS.includes(method)) return refused('scoring_profiles', 'composite_method')
  const row: ProfileRow = {
    id: hexId('sp_'),
    org_id: ctx.org.id,
    name: fields['name'] as string,
    description: member<string | null>(fields, 'description', ''),
    action_type: (fields['action_type'] as string) || null,
    status: 'active',
    composite_method: method,
    metadata: member<Fields | null>(fields, 'metadata', {}),
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
  }
  profilesOf(ctx).push(row)
  const { org_id: _org, created_at: _created, updated_at: _updated, ...shown } = row
  const listed = fields['dimensions']
  if (!Array.isArray(listed) || !listed.length) return json(201, shown)
  const dimensions: object[] = []
  for (const [at, dimension] of listed.entries()) {
    const added = addDimension(ctx, row.id, (dimension ?? {}) as Fields, at)
    // The profile stays, as on the platform: not one transaction.
    if (added instanceof Response) return added
    dimensions.push(created(added))
  }
  return json(201, { ...shown, dimensions })
}

function updateProfile(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  const { fields } = ctx
  const names = ['name', 'description', 'action_type', 'composite_method', 'status', 'metadata']
  const row = profilesOf(ctx).find(({ id }) => id === ctx.params['profile_id'])
  if (!row || !names.some((name) => name in fields)) return error(404, 'Profile not found')
  const { metadata, status, composite_method } = fields
  if (metadata !== undefined && ctx.version === '2.0') return error(500, 'a.json is not a function')
  if (status != null && !STATUSES.includes(status as string)) return refused('scoring_profiles', 'status')
  if (composite_method != null && !METHODS.includes(composite_method as string)) {
    return refused('scoring_profiles', 'composite_method')
  }
  for (const name of names) {
    if (name !== 'action_type' && fields[name] != null) Object.assign(row, { [name]: fields[name] })
  }
  // The older line clears it unless it is sent.
  if ('action_type' in fields || ctx.version === '2.0') row.action_type = (fields['action_type'] as string) ?? null
  row.updated_at = ctx.iso()
  return json(200, { ...row, metadata: column(ctx, row.metadata) })
}

function updateDimension(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  // The platform does not look at the profile of the path.
  const row = dimensionsOf(ctx).find(({ id }) => id === ctx.params['dimension_id'])
  if (!row) return error(404, 'Dimension not found')
  const problem = dimensionProblem(ctx.fields)
  if (problem) return problem
  for (const name of ['name', 'description', 'weight', 'data_source', 'data_config', 'scale', 'sort_order']) {
    if (ctx.fields[name] != null) Object.assign(row, { [name]: ctx.fields[name] })
  }
  return json(200, shownDimension(ctx, row))
}

/** Scores one action, stores the score, and gives the answer; a text when it can't. */
function score(
  ctx: Context,
  profileId: string,
  action: Fields,
): Record<string, unknown> | { problem: string; status: number } {
  const profile = profilesOf(ctx).find(({ id }) => id === profileId)
  if (!profile) return { problem: `Profile ${profileId} not found`, status: 404 }
  const dimensions = dimensionsOf(ctx)
    .filter(({ profile_id }) => profile_id === profileId)
    .sort(byPosition)
  if (!dimensions.length) return { problem: 'Profile has no dimensions', status: 500 }
  const scored = dimensions.map((dimension) => scoreDimension(dimension, action))
  const total = composite(profile.composite_method, scored)
  if (total === undefined) {
    return { problem: 'Could not compute composite score  --  no dimensions had data', status: 500 }
  }
  if (!(total >= 0 && total <= 100)) {
    return {
      problem: 'new row for relation "profile_scores" violates check constraint "profile_scores_composite_score_check"',
      status: 500,
    }
  }
  const actionId = (action['action_id'] ?? action['id'] ?? null) as string | null
  const row: ScoreRow = {
    id: hexId('ps_'),
    org_id: ctx.org.id,
    profile_id: profileId,
    action_id: actionId,
    agent_id: (action['agent_id'] as string | undefined) ?? null,
    composite_score: single(total),
    dimension_scores: scored,
    metadata: { profile_name: profile.name, action_type: action['action_type'] ?? null },
    scored_at: ctx.iso(),
  }
  scoresOf(ctx).push(row)
  return {
    id: row.id,
    profile_id: profileId,
    profile_name: profile.name,
    action_id: actionId,
    composite_score: total,
    composite_method: profile.composite_method,
    dimensions: scored,
  }
}

function scoreActions(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  const { profile_id, action, actions } = ctx.fields
  if (!profile_id) return error(400, 'profile_id is required')
  if (Array.isArray(actions)) {
    if (actions.some((item) => item === null)) {
      return error(500, "Cannot read properties of null (reading 'action_id')")
    }
    const results = (actions as Fields[]).map((item) => {
      const result = score(ctx, profile_id as string, item)
      return 'problem' in result ? { action_id: item['action_id'] ?? item['id'], error: result.problem } : result
    })
    const good = results.flatMap((result) => ('composite_score' in result ? [result['composite_score'] as number] : []))
    return json(200, {
      results,
      summary: { total: results.length, scored: good.length, avg_score: good.length ? round(mean(good), 2) : null },
    })
  }
  if (!action) return error(400, 'action object or actions array is required')
  const result = score(ctx, profile_id as string, action as Fields)
  return 'problem' in result ? error(result['status'] as number, result['problem'] as string) : json(200, result)
}

function listScores(ctx: Context): Response {
  const { view, profile_id, agent_id, action_id } = ctx.query
  const all = scoresOf(ctx)
  if (view === 'stats' && profile_id) {
    const own = all.filter((row) => row.profile_id === profile_id)
    const values = own.map((row) => row.composite_score)
    const average = mean(values)
    const distinct = (name: 'agent_id' | 'action_id') => new Set(own.map((row) => row[name]).filter(Boolean)).size
    return json(200, {
      total_scores: own.length,
      avg_score: values.length ? round(average, 2) : null,
      min_score: values.length ? Math.min(...values) : null,
      max_score: values.length ? Math.max(...values) : null,
      stddev_score: values.length > 1 ? round(deviation(values, average), 2) : null,
      unique_agents: distinct('agent_id'),
      unique_actions: distinct('action_id'),
    })
  }
  const pages = page(ctx.query, { max: Number.MAX_SAFE_INTEGER })
  if (!pages) return fault()
  const names = new Map(profilesOf(ctx).map(({ id, name }) => [id, name]))
  const found = all
    .filter(
      (row) =>
        (!profile_id || row.profile_id === profile_id) &&
        (!agent_id || row.agent_id === agent_id) &&
        (!action_id || row.action_id === action_id),
    )
    .reverse()
  return json(200, {
    scores: found.slice(pages.offset, pages.offset + pages.limit).map((row) => ({
      ...row,
      dimension_scores: column(ctx, row.dimension_scores),
      metadata: column(ctx, row.metadata),
      profile_name: names.get(row.profile_id) ?? null,
    })),
  })
}

/** Scoring: profiles and scores here, risk templates and calibration beside. */
export const scoring: Route[] = [
  route('POST', '/api/scoring/profiles', createProfile, DATABASE),
  route('GET', '/api/scoring/profiles', (ctx) => {
    const pages = page(ctx.query, { max: Number.MAX_SAFE_INTEGER })
    if (!pages) return fault()
    const { action_type, status = 'active' } = ctx.query
    const found = profilesOf(ctx)
      .filter(
        (row) => row.status === status && (!action_type || row.action_type === null || row.action_type === action_type),
      )
      .reverse()
    return json(200, {
      profiles: found.slice(pages.offset, pages.offset + pages.limit).map((row) => shownProfile(ctx, row)),
    })
  }),
  route('GET', '/api/scoring/profiles/:profile_id', (ctx) => {
    const row = profilesOf(ctx).find(({ id }) => id === ctx.params['profile_id'])
    return row ? json(200, shownProfile(ctx, row)) : error(404, 'Profile not found')
  }),
  route('PATCH', '/api/scoring/profiles/:profile_id', updateProfile, DATABASE),
  route('DELETE', '/api/scoring/profiles/:profile_id', (ctx) => {
    const answer = remove(profilesOf(ctx), ctx.params['profile_id'], 'Profile not found')
    for (const rows of [dimensionsOf(ctx), scoresOf(ctx)] as { profile_id: string }[][]) {
      const kept = rows.filter(({ profile_id }) => profile_id !== ctx.params['profile_id'])
      rows.splice(0, rows.length, ...kept)
    }
    return answer
  }),
  route(
    'POST',
    '/api/scoring/profiles/:profile_id/dimensions',
    (ctx) => {
      if (!ctx.bodyOk) return parseFault(ctx)
      const { fields } = ctx
      if (!fields['name'] || !fields['data_source']) return error(400, 'name and data_source are required')
      const profile = profilesOf(ctx).find(({ id }) => id === ctx.params['profile_id'])
      const problem = dimensionProblem(fields)
      if (problem) return problem
      if (!profile) {
        return ctx.version === '2.0'
          ? error(
              500,
              'insert or update on table "scoring_dimensions" violates foreign key constraint "scoring_dimensions_profile_id_fkey"',
            )
          : error(404, 'Profile not found')
      }
      const added = addDimension(ctx, profile.id, fields, 0)
      if (added instanceof Response) return added
      profile.updated_at = ctx.iso()
      return json(201, created(added))
    },
    DATABASE,
  ),
  route('PATCH', '/api/scoring/profiles/:profile_id/dimensions/:dimension_id', updateDimension, DATABASE),
  route('DELETE', '/api/scoring/profiles/:profile_id/dimensions/:dimension_id', (ctx) =>
    remove(dimensionsOf(ctx), ctx.params['dimension_id'], 'Dimension not found'),
  ),
  route('POST', '/api/scoring/score', scoreActions, DATABASE),
  route('GET', '/api/scoring/score', listScores),
]
