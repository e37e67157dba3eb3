import type { JsonText, Open } from '../core/types.ts'

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
  operator: Open<'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'between' | 'contains'>
  /** A pair for `between`, both ends inclusive; a text for `contains`. */
  value: number | string | boolean | [number, number]
  /** 0 to 100 is meant; the server does not check it. */
  score: number
}

/** Input of {@link Scoring.addScoringDimension}. */
export interface ScoringDimensionInput {
  name: string
  data_source: Open<DataSource>
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
  composite_method?: Open<CompositeMethod> | undefined
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
  status?: Open<'active' | 'archived'> | undefined
  /** Default: 50; no upper bound. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Input of {@link Scoring.updateScoringProfile}; null leaves a field as it is, but clears `action_type`. */
export interface UpdateScoringProfileInput {
  name?: string | null | undefined
  description?: string | null | undefined
  action_type?: string | null | undefined
  composite_method?: Open<CompositeMethod> | null | undefined
  status?: Open<'active' | 'archived'> | null | undefined
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
  status?: Open<'active' | 'archived'> | null | undefined
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
