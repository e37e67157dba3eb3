import type { JsonText, NumberText, Open } from '../core/types.ts'

/** Input of {@link Evaluations.createScore}. */
export interface CreateScoreInput {
  /** The action that is scored; not checked for existence. */
  action_id: string
  /** What was judged, such as `accuracy`; no stored scorer is needed. */
  scorer_name: string
  /** 0 to 1. */
  score: number
  label?: string | null | undefined
  reasoning?: string | null | undefined
  /** Who judged. Default: `human`. */
  evaluated_by?: Open<'human' | 'auto' | 'llm_judge'> | null | undefined
  metadata?: Record<string, unknown> | null | undefined
}

/** Answer of {@link Evaluations.createScore}; the other fields are stored, but not repeated. */
export interface CreatedScore {
  /** `ev_…`. */
  id: string
  action_id: string
  scorer_name: string
  score: number
  /** Only when one was sent. */
  label?: string | null
  created_at: string
}

/** Filters of {@link Evaluations.getScores}. */
export interface ScoreFilters {
  action_id?: string | undefined
  /** For scores of a run: the run's name. */
  scorer_name?: string | undefined
  evaluated_by?: Open<'human' | 'auto' | 'llm_judge'> | undefined
  min_score?: number | undefined
  max_score?: number | undefined
  /** Agent of the scored action; scores of unknown actions drop out. */
  agent_id?: string | undefined
  /** 0 to 200; 0 means the default, larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** A score as it is stored. */
export interface EvalScore {
  /** `ev_…`. */
  id: string
  org_id: string
  action_id: string
  /** Null unless a run wrote it. */
  scorer_id: string | null
  /** The name of the **run** when a run wrote it. */
  scorer_name: string
  /** 0 to 1; a run writes what its scorer's config says, which may be more. Single precision. */
  score: number
  label: string | null
  reasoning: string | null
  metadata: JsonText<Record<string, unknown>> | null
  evaluated_by: Open<'human' | 'auto' | 'llm_judge'> | null
  created_at: string
}

/** Kinds of scorers. */
export type ScorerType = 'regex' | 'contains' | 'numeric_range' | 'custom_function' | 'llm_judge'

/** How each kind of scorer judges an action. Nothing is checked before a run. */
export interface ScorerConfig {
  /** Looks for `pattern` (flags: `i`) in the action's outcome, which is empty on 2.0 servers. Scores: 1 and 0. */
  regex: {
    pattern?: string | null
    flags?: string | null
    match_score?: number | null
    no_match_score?: number | null
  }
  /** Looks for words in the action's outcome, which is empty on 2.0 servers. `mode` defaults to `any`. Scores: 1 and 0. */
  contains: {
    keywords?: string[] | null
    mode?: Open<'any' | 'all'> | null
    match_score?: number | null
    no_match_score?: number | null
  }
  /** Compares a number of the action, bounds included. `field` defaults to `risk_score`. Scores: 1 and 0. */
  numeric_range: {
    field?: string | null
    min?: number | null
    max?: number | null
    in_range_score?: number | null
    out_of_range_score?: number | null
  }
  /**
   * A JavaScript expression over `outcome`, `action_type`, `risk_score`, `declared_goal` and `status`; its number is cut to 0 to 1.
   * 2.0 servers run it in their own process without a sandbox.
   */
  custom_function: { expression?: string | null }
  /** A language model judges; `{declared_goal}` and the like in the template are replaced. Needs a provider on the server. */
  llm_judge: { prompt_template?: string | null; model?: string | null }
}

/** Input of {@link Evaluations.createScorer}. */
export type CreateScorerInput = {
  /** Unique in the organization. */
  name: string
  description?: string | null | undefined
} & {
  [T in ScorerType]: {
    scorer_type: T
    /** An object, or its JSON text. Default: the defaults of the kind. */
    config?: ScorerConfig[T] | string | null | undefined
  }
}[ScorerType]

/** Input of {@link Evaluations.updateScorer}: at least one field. A scorer keeps its type. */
export interface UpdateScorerInput {
  name?: string | undefined
  description?: string | null | undefined
  /** Replaces the whole config. */
  config?: ScorerConfig[ScorerType] | string | null | undefined
}

/** A scorer as it is stored. */
export interface Scorer {
  /** `es_…`. */
  id: string
  org_id: string
  name: string
  scorer_type: Open<ScorerType>
  config: JsonText<ScorerConfig[ScorerType]> | null
  description: string | null
  /** Never set. */
  created_by: string | null
  created_at: string
  updated_at: string
  total_scores: NumberText
  avg_score: number | null
}

/** Where a run stands. */
export type EvalRunStatus = 'pending' | 'running' | 'completed' | 'failed'

/** Input of {@link Evaluations.createEvalRun}. */
export interface CreateEvalRunInput {
  /** Becomes `scorer_name` of the scores that it writes. */
  name: string
  /** `es_…`. */
  scorer_id: string
  /** Which actions: the newest 500 of the organization or of `agent_id`. The other filters are stored, but not applied by 2.0 servers. */
  action_filters?:
    | {
        agent_id?: string | undefined
        action_type?: string | undefined
        date_from?: string | undefined
        date_to?: string | undefined
      }
    | null
    | undefined
}

/** A run as it is stored. */
export interface EvalRun {
  /** `er_…`. */
  id: string
  org_id: string
  name: string
  scorer_id: string
  /** `completed` also when every action failed; `failed` when a judge has no provider. */
  status: Open<EvalRunStatus>
  /** Null until it runs. */
  total_actions: number | null
  scored_count: number
  /** Single precision; null when nothing was scored. */
  avg_score: number | null
  summary: JsonText<{ scored: number; errors: number; avg_score: number | null }> | null
  error_message: string | null
  /** The `action_filters`. */
  filter_criteria: JsonText<CreateEvalRunInput['action_filters']> | null
  started_at: string | null
  completed_at: string | null
  /** The role of the key that started it. */
  created_by: string
  created_at: string
  /** Null when the scorer was deleted, like `scorer_type`. */
  scorer_name: string | null
  scorer_type: Open<ScorerType> | null
}

/** `excellent` from 0.8, `acceptable` from 0.5, else `poor`. */
export type ScoreBucket = Open<'excellent' | 'acceptable' | 'poor'>

/** Answer of {@link Evaluations.getEvalRun}. */
export interface EvalRunDetails {
  run: EvalRun
  /** All scores of the scorer since the run started, later runs of it included; a bucket without scores is absent. */
  distribution: { bucket: ScoreBucket; count: NumberText; avg_score: number }[]
}

/** Filters of {@link Evaluations.getEvalRuns}. */
export interface EvalRunFilters {
  status?: Open<EvalRunStatus> | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Filters of {@link Evaluations.getEvalStats}. */
export interface EvalStatsFilters {
  /** Whole days. Default: 30. */
  days?: number | undefined
  /** Not applied by 2.0 servers. */
  agent_id?: string | undefined
  /** Not applied by 2.0 servers: look it up in `by_scorer`. */
  scorer_name?: string | undefined
}

/** Answer of {@link Evaluations.getEvalStats}. */
export interface EvalStats {
  /** `today_count` is of this day in UTC. */
  overall: { total_scores: NumberText; avg_score: number | null; unique_scorers: NumberText; today_count: NumberText }
  /** Best average first. */
  by_scorer: { scorer_name: string; avg_score: number; total_scores: NumberText }[]
  /** A row a day in UTC, oldest first. */
  trends: { date: string; avg_score: number; count: NumberText }[]
  /** A bucket without scores is absent. */
  distribution: { bucket: ScoreBucket; count: NumberText }[]
}
