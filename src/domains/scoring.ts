import { Core } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import { parseRoute, routeInput, routePath } from '../core/route.ts'
import type { JsonText, Open, RequestOptions } from '../core/types.ts'
import type { ActionListItem } from '../governance/records.ts'

/** How the scores of dimensions become one. */
export type CompositeMethod = 'weighted_average' | 'minimum' | 'geometric_mean'

/** Where a dimension takes its number from. */
export type DataSource =
  | 'duration_ms'
  | 'cost_estimate'
  | 'tokens_total'
  | 'risk_score'
  | 'confidence'
  | 'eval_score'
  | 'metadata_field'
  | 'custom_function'

/** A step of a scale; the first one that matches gives the score. */
export interface ScaleRule {
  /** Default: `matched`. */
  label?: string | undefined
  operator: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'between' | 'contains'
  /** A pair for `between`, both ends inclusive; a text for `contains`. */
  value: number | string | boolean | [number, number]
  /** 0 to 100 is meant; the server does not check it. */
  score: number
}

/** Input of {@link Scoring.addScoringDimension}. */
export interface ScoringDimensionInput {
  name: string
  data_source: DataSource
  description?: string | undefined
  /** 0 to 1. Default: 1. */
  weight?: number | undefined
  /** `{ field: 'a.b.c' }` for `metadata_field`, `{ function_body: 'return …' }` for `custom_function`. */
  data_config?: { field?: string; function_body?: string; [key: string]: unknown } | undefined
  /** Without one every action with data gets 50. */
  scale?: ScaleRule[] | undefined
  /** Whole. Default: 0; inside a new profile the position. */
  sort_order?: number | undefined
}

/** Input of {@link Scoring.updateScoringDimension}; null leaves a field as it is. */
export type UpdateScoringDimensionInput = {
  [Field in keyof ScoringDimensionInput]?: ScoringDimensionInput[Field] | null
}

/** A dimension as a create call answers it. */
export interface CreatedDimension {
  /** `sd_…`. */
  id: string
  profile_id: string
  name: string
  description: string
  weight: number
  data_source: Open<DataSource>
  data_config: Record<string, unknown>
  scale: ScaleRule[]
  sort_order: number
}

/** A dimension as it is read: JSON columns come as text from self-hosted 2.0 servers; `parseJsonText` reads them. */
export interface ScoringDimension extends Omit<CreatedDimension, 'data_config' | 'scale'> {
  org_id: string
  data_config: JsonText<Record<string, unknown>> | Record<string, unknown>
  scale: JsonText<ScaleRule[]> | ScaleRule[]
  created_at: string
}

/** Input of {@link Scoring.createScoringProfile}. */
export interface CreateScoringProfileInput {
  /** Need not be unique. */
  name: string
  description?: string | undefined
  /** Without one it is for all types. */
  action_type?: string | null | undefined
  /** Default: `weighted_average`. */
  composite_method?: CompositeMethod | undefined
  metadata?: Record<string, unknown> | undefined
  /** Added one by one; checked here first, since the server keeps the profile when one of them is bad. */
  dimensions?: ScoringDimensionInput[] | undefined
}

/** A new profile. */
export interface CreatedScoringProfile {
  /** `sp_…`. */
  id: string
  name: string
  description: string
  action_type: string | null
  composite_method: Open<CompositeMethod>
  metadata: Record<string, unknown>
  status: Open<'active' | 'archived'>
  /** Only when some were sent. */
  dimensions?: CreatedDimension[]
}

/** A profile as it is read. */
export interface ScoringProfile {
  id: string
  org_id: string
  name: string
  description: string
  action_type: string | null
  status: Open<'active' | 'archived'>
  composite_method: Open<CompositeMethod>
  /** JSON text from self-hosted 2.0 servers. */
  metadata: JsonText<Record<string, unknown>> | Record<string, unknown>
  created_at: string
  updated_at: string
  /** By `sort_order`; null when there are none. */
  dimensions: ScoringDimension[] | null
}

/** Filters of {@link Scoring.listScoringProfiles}. */
export interface ScoringProfileFilters {
  /** Profiles of this type, and those without one. */
  action_type?: string | undefined
  /** Default: `active`. */
  status?: 'active' | 'archived' | undefined
  /** Default: 50; no upper bound. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Input of {@link Scoring.updateScoringProfile}; null leaves a field as it is, but clears `action_type`. */
export interface UpdateScoringProfileInput {
  name?: string | null | undefined
  description?: string | null | undefined
  action_type?: string | null | undefined
  composite_method?: CompositeMethod | null | undefined
  status?: 'active' | 'archived' | null | undefined
  /** 2.0 servers fail on it (500, their fault). */
  metadata?: Record<string, unknown> | null | undefined
}

/** An action to score: its own numbers, the server does not look them up. */
export interface ScorableAction {
  action_id?: string | undefined
  /** Taken when there is no `action_id`. */
  id?: string | number | undefined
  agent_id?: string | undefined
  action_type?: string | undefined
  /** Milliseconds. */
  duration_ms?: number | null | undefined
  /** US dollars. */
  cost_estimate?: number | null | undefined
  /** `tokens_total` is this and `completion_tokens`; the `tokens_in` and `tokens_out` of a record that was read are not looked at. */
  prompt_tokens?: number | null | undefined
  completion_tokens?: number | null | undefined
  risk_score?: number | null | undefined
  confidence?: number | null | undefined
  eval_score?: number | null | undefined
  metadata?: Record<string, unknown> | null | undefined
}

/** What one dimension gave. */
export interface DimensionScore {
  dimension_id: string
  dimension_name: string
  weight: number
  raw_value: unknown
  /** Null without data. */
  score: number | null
  /** Label of the step, `matched`, `default` (no step matched), `unscaled` (no scale) or `no_data`. */
  label: string
}

/** Answer of {@link Scoring.scoreWithProfile}. */
export interface ProfileScoreResult {
  /** `ps_…`. */
  id: string
  profile_id: string
  profile_name: string
  action_id: string | null
  composite_score: number
  composite_method: Open<CompositeMethod>
  dimensions: DimensionScore[]
}

/** Answer of {@link Scoring.batchScoreWithProfile}. */
export interface BatchScoreResult {
  /** In the order of the actions; a fault of one is its `error`. */
  results: (ProfileScoreResult | { action_id?: string; error: string })[]
  /** `avg_score` has two decimals; null when nothing was scored. */
  summary: { total: number; scored: number; avg_score: number | null }
}

/** A stored score. */
export interface ProfileScoreRow {
  id: string
  org_id: string
  profile_id: string
  action_id: string | null
  agent_id: string | null
  /** Single precision. */
  composite_score: number
  /** JSON text from self-hosted 2.0 servers. */
  dimension_scores: JsonText<DimensionScore[]> | DimensionScore[]
  /** JSON text from self-hosted 2.0 servers. */
  metadata: JsonText<Record<string, unknown>> | Record<string, unknown>
  scored_at: string
  profile_name: string
}

/** Filters of {@link Scoring.getProfileScores}. */
export interface ProfileScoreFilters {
  profile_id?: string | undefined
  agent_id?: string | undefined
  action_id?: string | undefined
  /** Default: 50; no upper bound. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Scoring.getProfileScoreStats}; zeros and nulls for an unknown profile. */
export interface ProfileScoreStats {
  total_scores: number
  avg_score: number | null
  min_score: number | null
  max_score: number | null
  /** Null with fewer than two scores. */
  stddev_score: number | null
  unique_agents: number
  unique_actions: number
}

/** A rule of a risk template, such as `{ condition: 'reversible == false', add: 20 }`. */
export interface RiskRule {
  /** `<path> <op> <value>` with `==`, `!=`, `>=`, `<=`, `>`, `<` or `contains`. */
  condition: string
  add: number
}

/** Input of {@link Scoring.createRiskTemplate}. */
export interface CreateRiskTemplateInput {
  name: string
  description?: string | undefined
  action_type?: string | null | undefined
  /** Whole, 0 to 100. Default: 0. */
  base_risk?: number | undefined
  rules?: RiskRule[] | undefined
}

/** A risk template. Servers store and list them; no call evaluates one. */
export interface RiskTemplate {
  /** `rt_…`. */
  id: string
  org_id: string
  name: string
  description: string
  action_type: string | null
  base_risk: number
  /** JSON text from self-hosted 2.0 servers. */
  rules: JsonText<RiskRule[]> | RiskRule[]
  status: Open<'active' | 'archived'>
  created_at: string
  updated_at: string
}

/** Input of {@link Scoring.updateRiskTemplate}; null leaves a field as it is, but clears `action_type`. */
export interface UpdateRiskTemplateInput {
  name?: string | null | undefined
  description?: string | null | undefined
  action_type?: string | null | undefined
  /** Whole, 0 to 100. */
  base_risk?: number | null | undefined
  /** Replaced as a whole. */
  rules?: RiskRule[] | null | undefined
  status?: 'active' | 'archived' | null | undefined
}

/** Input of {@link Scoring.autoCalibrate}. */
export interface AutoCalibrateInput {
  /** Default: all types. */
  action_type?: string | null | undefined
  /** Default: all agents. */
  agent_id?: string | null | undefined
  /** 0 means the default. Default: 30. */
  lookback_days?: number | null | undefined
  /** Default: all five. */
  metrics?: ('duration_ms' | 'cost_estimate' | 'tokens_total' | 'risk_score' | 'confidence')[] | null | undefined
}

/** Answer of {@link Scoring.autoCalibrate}. */
export interface CalibrationResult {
  /** `insufficient_data` with fewer than ten actions. */
  status: Open<'ok' | 'insufficient_data'>
  /** Actions found. */
  count: number
  message?: string
  action_type?: string
  lookback_days?: number
  suggestions: {
    metric: string
    data_source: Open<DataSource>
    lower_is_better: boolean
    sample_size: number
    distribution: { p10: number; p25: number; p50: number; p75: number; p90: number; min: number; max: number }
    suggested_scale: ScaleRule[]
    suggested_weight: number
  }[]
}

const PROFILE = '/api/scoring/profiles/:profile_id'
const SCORE = 'POST /api/scoring/score profile_id!:text'
const SCORES = 'GET /api/scoring/score profile_id:text limit:int0.. offset:int0..'
const FIELDS = ' description:text composite_method:weighted_average|minimum|geometric_mean metadata:object'
const UPDATE = `PATCH ${PROFILE} name:text status:active|archived${FIELDS}`
const SOURCES =
  'duration_ms|cost_estimate|tokens_total|risk_score|confidence|eval_score|metadata_field|custom_function description:text weight:num0..1 data_config:object scale:list sort_order:int'
const ADD = `POST ${PROFILE}/dimensions name!:text data_source!:${SOURCES}`

/** Scoring: weighted quality profiles for actions, risk templates, and suggested scales. */
export abstract class Scoring extends Core {
  /**
   * Creates a profile, with its dimensions when given.
   *
   * @returns The profile; `dimensions` only when some were sent.
   * @throws {InputError} When a dimension is bad. Route: `POST /api/scoring/profiles`. Not repeated after an unclear failure.
   */
  async createScoringProfile(
    input: CreateScoringProfileInput,
    options?: RequestOptions,
  ): Promise<CreatedScoringProfile> {
    for (const dimension of Array.isArray(input?.dimensions) ? input.dimensions : []) {
      checkInput(ADD, dimension)
    }
    return this.call('POST /api/scoring/profiles name!:text action_type:text dimensions:list' + FIELDS, input, options)
  }

  /** Lists profiles with their dimensions; active ones unless `status` is given. Route: `GET /api/scoring/profiles`. */
  listScoringProfiles(
    filters: ScoringProfileFilters = {},
    options?: RequestOptions,
  ): Promise<{ profiles: ScoringProfile[] }> {
    return this.call('GET /api/scoring/profiles status:active|archived limit:int0.. offset:int0..', filters, options)
  }

  /** Every profile that matches, page after page; see {@link listScoringProfiles}. */
  iterateScoringProfiles(
    filters: ScoringProfileFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ScoringProfile, void, undefined> {
    return pages('profiles', 'id', filters, (page) => this.listScoringProfiles(page, options), options)
  }

  /**
   * Reads one profile.
   *
   * @param profileId - `sp_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/scoring/profiles/:profile_id`.
   */
  getScoringProfile(profileId: string, options?: RequestOptions): Promise<ScoringProfile> {
    return this.call('GET ' + PROFILE, undefined, options, profileId)
  }

  /**
   * Changes fields of a profile. The server clears `action_type` when it is not sent, so without one the profile is read first.
   *
   * @param profileId - `sp_…`.
   * @throws {NotFoundError} When it is unknown. {@link ServerError} for `metadata` on 2.0 servers.
   * Route: `PATCH /api/scoring/profiles/:profile_id`. Repeated after a failure.
   */
  async updateScoringProfile(
    profileId: string,
    input: UpdateScoringProfileInput = {},
    options?: RequestOptions,
  ): Promise<Omit<ScoringProfile, 'dimensions'>> {
    checkInput(UPDATE, input, profileId)
    const { action_type } = input.action_type === undefined ? await this.getScoringProfile(profileId, options) : input
    return this.call(UPDATE, { ...input, action_type }, options, profileId)
  }

  /**
   * Removes a profile, its dimensions and its scores.
   *
   * @param profileId - `sp_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/scoring/profiles/:profile_id`.
   */
  deleteScoringProfile(profileId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call('DELETE ' + PROFILE, undefined, options, profileId)
  }

  /**
   * Adds a dimension to a profile.
   *
   * @param profileId - `sp_…`.
   * @throws {ServerError} When the profile is unknown (2.0 servers answer 500).
   * Route: `POST /api/scoring/profiles/:profile_id/dimensions`. Not repeated after an unclear failure.
   */
  addScoringDimension(
    profileId: string,
    input: ScoringDimensionInput,
    options?: RequestOptions,
  ): Promise<CreatedDimension> {
    return this.call(ADD, input ?? {}, options, profileId)
  }

  /**
   * Changes a dimension; `data_config` and `scale` are replaced as a whole.
   *
   * @param profileId - `sp_…`.
   * @param dimensionId - `sd_…`.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/scoring/profiles/:profile_id/dimensions/:dimension_id`. Repeated after a failure.
   */
  updateScoringDimension(
    profileId: string,
    dimensionId: string,
    input: UpdateScoringDimensionInput = {},
    options?: RequestOptions,
  ): Promise<ScoringDimension> {
    return this.call(
      'PATCH ' + PROFILE + '/dimensions/:dimension_id name:text data_source:' + SOURCES,
      input,
      options,
      profileId,
      dimensionId,
    )
  }

  /**
   * Removes a dimension; old scores keep their breakdown.
   *
   * @param profileId - `sp_…`.
   * @param dimensionId - `sd_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/scoring/profiles/:profile_id/dimensions/:dimension_id`.
   */
  deleteScoringDimension(profileId: string, dimensionId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call('DELETE ' + PROFILE + '/dimensions/:dimension_id', undefined, options, profileId, dimensionId)
  }

  /**
   * Scores an action by a profile and stores the score. Self-hosted 2.0 servers give 50, `unscaled`, for every dimension with data.
   *
   * @param profileId - `sp_…`.
   * @param action - The action's own numbers, such as a record that was read; an id alone has no data.
   * @throws {NotFoundError} When the profile is unknown. {@link ServerError} when it has no dimensions or none had data.
   * Route: `POST /api/scoring/score`. Not repeated after an unclear failure.
   */
  scoreWithProfile(
    profileId: string,
    action: ScorableAction | ActionListItem,
    options?: RequestOptions,
  ): Promise<ProfileScoreResult> {
    return this.call(SCORE + ' action!:object', { profile_id: profileId, action }, options)
  }

  /**
   * Scores a list of actions, of any length or empty; a fault of one, also an unknown profile, is in its place of `results`.
   *
   * @param profileId - `sp_…`.
   * @param actions - Stored actions, or objects with the fields that the dimensions read.
   * @throws {ServerError} When an item is null. Route: `POST /api/scoring/score`. Not repeated after an unclear failure.
   */
  batchScoreWithProfile(
    profileId: string,
    actions: readonly (ScorableAction | ActionListItem)[],
    options?: RequestOptions,
  ): Promise<BatchScoreResult> {
    return this.call(SCORE + ' actions!:list', { profile_id: profileId, actions }, options)
  }

  /** Lists stored scores, newest first. Route: `GET /api/scoring/score`. */
  getProfileScores(
    filters: ProfileScoreFilters = {},
    options?: RequestOptions,
  ): Promise<{ scores: ProfileScoreRow[] }> {
    return this.call(SCORES, filters, options)
  }

  /** Every stored score that matches, page after page; see {@link getProfileScores}. */
  iterateProfileScores(
    filters: ProfileScoreFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ProfileScoreRow, void, undefined> {
    return pages('scores', 'id', filters, (page) => this.getProfileScores(page, options), options)
  }

  /**
   * Numbers over the scores of a profile; zeros and nulls for an unknown one. Route: `GET /api/scoring/score?view=stats`.
   *
   * @param profileId - `sp_…`.
   */
  getProfileScoreStats(profileId: string, options?: RequestOptions): Promise<ProfileScoreStats> {
    return this.call('GET /api/scoring/score profile_id!:text', { profile_id: profileId, view: 'stats' }, options)
  }

  /** Creates a risk template. Servers keep it but let it judge nothing by itself. Route: `POST /api/scoring/risk-templates`. Not repeated after an unclear failure. */
  createRiskTemplate(
    input: CreateRiskTemplateInput,
    options?: RequestOptions,
  ): Promise<Omit<RiskTemplate, 'org_id' | 'created_at' | 'updated_at' | 'rules'> & { rules: RiskRule[] }> {
    return this.call(
      'POST /api/scoring/risk-templates name!:text description:text action_type:text base_risk:int0..100 rules:list',
      input ?? {},
      options,
    )
  }

  /**
   * Lists active risk templates: those of `action_type`, and those without a type. Not paged. Route: `GET /api/scoring/risk-templates`.
   *
   * @param filters - `action_type`: gives those without a type as well. Default: all.
   */
  listRiskTemplates(
    filters: { action_type?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ templates: RiskTemplate[] }> {
    return this.call('GET /api/scoring/risk-templates', filters, options)
  }

  /**
   * Changes fields of a risk template. The server clears `action_type` when it is not sent, so without one the templates are read first.
   * No list shows archived ones: give those their `action_type`, or it is cleared.
   *
   * @param templateId - `rt_…`.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/scoring/risk-templates/:template_id`. Repeated after a failure.
   */
  async updateRiskTemplate(
    templateId: string,
    input: UpdateRiskTemplateInput = {},
    options?: RequestOptions,
  ): Promise<RiskTemplate> {
    const route =
      'PATCH /api/scoring/risk-templates/:template_id name:text description:text base_risk:int0..100 rules:list status:active|archived'
    checkInput(route, input, templateId)
    let { action_type } = input
    if (action_type === undefined) {
      const { templates } = await this.listRiskTemplates({}, options)
      action_type = templates.find(({ id }) => id === templateId)?.action_type
    }
    return this.call(route, { ...input, action_type }, options, templateId)
  }

  /**
   * Removes a risk template.
   *
   * @param templateId - `rt_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/scoring/risk-templates/:template_id`.
   */
  deleteRiskTemplate(templateId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call('DELETE /api/scoring/risk-templates/:template_id', undefined, options, templateId)
  }

  /**
   * Suggests scales and weights from recent actions; nothing is stored.
   *
   * @throws {ServerError} Always on 2.0 servers: their query names columns that are not there.
   * Route: `POST /api/scoring/calibrate`. Repeated after a failure.
   */
  autoCalibrate(input: AutoCalibrateInput = {}, options?: RequestOptions): Promise<CalibrationResult> {
    return this.call('POST~ /api/scoring/calibrate lookback_days:num0.. metrics:list', input, options)
  }
}

/** Refuses bad input before another request is made for the call. */
function checkInput(route: string, input: unknown, ...ids: unknown[]): void {
  const parsed = parseRoute(route)
  routePath(parsed, ids)
  routeInput(parsed, input, {})
}
