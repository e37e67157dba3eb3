import { Core } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type {
  CreatedScore,
  CreateEvalRunInput,
  CreateScoreInput,
  CreateScorerInput,
  EvalRun,
  EvalRunDetails,
  EvalRunFilters,
  EvalRunStatus,
  EvalScore,
  EvalStats,
  EvalStatsFilters,
  ScoreFilters,
  Scorer,
  ScorerType,
  UpdateScorerInput,
} from './evaluations-types.ts'

export type * from './evaluations-types.ts'

/** Evaluations: scores for actions, scorers that can be used again, and runs that score many stored actions. */
export abstract class Evaluations extends Core {
  /**
   * Scores one action.
   *
   * Route: `POST /api/evaluations`. Not repeated after an unclear failure.
   */
  createScore(input: CreateScoreInput, options?: RequestOptions): Promise<CreatedScore> {
    return this.call(
      'createScore@2 POST /api/evaluations action_id! scorer_name! score!:num metadata:object label reasoning evaluated_by',
      input,
      options,
    )
  }

  /** Lists scores, newest first; `total` counts all that match. Route: `GET /api/evaluations`. */
  getScores(filters: ScoreFilters = {}, options?: RequestOptions): Promise<{ scores: EvalScore[]; total: number }> {
    return this.call(
      'getScores@2 GET /api/evaluations min_score:num max_score:num limit:num offset:num action_id scorer_name evaluated_by agent_id',
      filters,
      options,
    )
  }

  /** Every score that matches, page after page; see {@link getScores}. */
  iterateScores(filters: ScoreFilters = {}, options?: RequestOptions): AsyncGenerator<EvalScore, void, undefined> {
    return pages('scores', 'id', filters, (page) => this.getScores(page, options), options)
  }

  /**
   * Stores a scorer for {@link createEvalRun}. A broken pattern or expression is taken, and fails in the run.
   *
   * @returns `warning` with a judge on a server that has no provider for it.
   * @throws {ConflictError} When the name is taken. {@link PermissionDeniedError} unless the key's role is admin.
   * Route: `POST /api/evaluations/scorers`. Not repeated after an unclear failure.
   */
  createScorer(
    input: CreateScorerInput,
    options?: RequestOptions,
  ): Promise<{ id: string; name: string; scorer_type: ScorerType; warning?: string }> {
    return this.call(
      'createScorer@2 POST /api/evaluations/scorers name! scorer_type! description config:~{prompt_template,model,pattern,flags,match_score,no_match_score,keywords,mode,field,min,max,in_range_score,out_of_range_score,expression}',
      input,
      options,
    )
  }

  /** Lists all scorers; `llm_available` says whether a judge can run. Not paged. Route: `GET /api/evaluations/scorers`. */
  getScorers(options?: RequestOptions): Promise<{ scorers: Scorer[]; llm_available: boolean }> {
    return this.call('getScorers@2 GET /api/evaluations/scorers', undefined, options)
  }

  /**
   * Changes a scorer's name, description or config.
   *
   * @param scorerId - `es_…`; an unknown one gives the same answer.
   * @throws {ValidationError} Without a field. {@link ServerError} when the name is taken. {@link PermissionDeniedError} unless the
   *   key's role is admin. Route: `PATCH /api/evaluations/scorers/:scorer_id`.
   */
  updateScorer(
    scorerId: string,
    input: UpdateScorerInput = {},
    options?: RequestOptions,
  ): Promise<{ updated: boolean }> {
    return this.call(
      'updateScorer@2 PATCH /api/evaluations/scorers/:scorer_id name description config:~{prompt_template,model,pattern,flags,match_score,no_match_score,keywords,mode,field,min,max,in_range_score,out_of_range_score,expression}',
      input,
      options,
      scorerId,
    )
  }

  /**
   * Deletes a scorer; its scores and runs stay.
   *
   * @param scorerId - `es_…`; an unknown one gives the same answer.
   * @throws {PermissionDeniedError} Unless the key's role is admin. Route: `DELETE /api/evaluations/scorers/:scorer_id`.
   */
  deleteScorer(scorerId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call('deleteScorer@2 DELETE /api/evaluations/scorers/:scorer_id', undefined, options, scorerId)
  }

  /**
   * Starts a run: a scorer over the newest 500 actions. It goes on after the answer: read {@link getEvalRun} until `status` is
   * `completed` or `failed`.
   *
   * @throws {NotFoundError} When the scorer is unknown. {@link ValidationError} when it is a judge and the server has no provider.
   *   {@link PermissionDeniedError} unless the key's role is admin.
   * Route: `POST /api/evaluations/runs`. Not repeated after an unclear failure.
   */
  createEvalRun(
    input: CreateEvalRunInput,
    options?: RequestOptions,
  ): Promise<{ id: string; name: string; status: Open<EvalRunStatus>; created_at: string }> {
    return this.call(
      'createEvalRun@2 POST /api/evaluations/runs name! scorer_id! action_filters:{agent_id,action_type,date_from,date_to}',
      input,
      options,
    )
  }

  /** Lists runs, newest first. Route: `GET /api/evaluations/runs`. */
  getEvalRuns(filters: EvalRunFilters = {}, options?: RequestOptions): Promise<{ runs: EvalRun[] }> {
    return this.call('getEvalRuns@2 GET /api/evaluations/runs limit:num offset:num status', filters, options)
  }

  /** Every run that matches, page after page; see {@link getEvalRuns}. */
  iterateEvalRuns(filters: EvalRunFilters = {}, options?: RequestOptions): AsyncGenerator<EvalRun, void, undefined> {
    return pages('runs', 'id', filters, (page) => this.getEvalRuns(page, options), options)
  }

  /**
   * Reads one run and how its scores are spread.
   *
   * @param runId - `er_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/evaluations/runs/:run_id`.
   */
  getEvalRun(runId: string, options?: RequestOptions): Promise<EvalRunDetails> {
    return this.call('getEvalRun@2 GET /api/evaluations/runs/:run_id', undefined, options, runId)
  }

  /** Sums up the scores of the last days by scorer, day and bucket. Route: `GET /api/evaluations/stats`. */
  getEvalStats(filters: EvalStatsFilters = {}, options?: RequestOptions): Promise<EvalStats> {
    return this.call('getEvalStats@2 GET /api/evaluations/stats days:num agent_id scorer_name', filters, options)
  }
}
