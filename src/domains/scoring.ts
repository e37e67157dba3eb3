import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import { pathPart } from '../core/path.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ActionListItem } from '../governance/action-types.ts'
import type {
  AutoCalibrateInput,
  BatchScoreResult,
  CalibrationResult,
  CreatedDimension,
  CreatedScoringProfile,
  CreateRiskTemplateInput,
  CreateScoringProfileInput,
  ProfileScoreFilters,
  ProfileScoreResult,
  ProfileScoreRow,
  ProfileScoreStats,
  RiskRule,
  RiskTemplate,
  ScorableAction,
  ScoringDimension,
  ScoringDimensionInput,
  ScoringProfile,
  ScoringProfileFilters,
  UpdateRiskTemplateInput,
  UpdateScoringDimensionInput,
  UpdateScoringProfileInput,
} from './scoring-types.ts'

export type * from './scoring-types.ts'

const SCORE = ' POST /api/scoring/score profile_id!#'
const ACTION =
  'action_id,id,agent_id,action_type,duration_ms,cost_estimate,prompt_tokens,completion_tokens,risk_score,confidence,eval_score,metadata,declared_goal,agent_name,swarm_id,reasoning,authorization_scope,systems_touched,status,reversible,timestamp_start,output_summary,side_effects,artifacts_created,error_message,timestamp_end,verified,created_at,approved_by,approved_at'
const SCORES = 'getProfileScores@2 GET /api/scoring/score profile_id limit:num offset:num agent_id action_id'
const UPDATE =
  'updateScoringProfile@2 PATCH /api/scoring/profiles/:profile_id name description action_type composite_method status metadata:object'

/** Scoring: weighted quality profiles for actions, risk templates, and suggested scales. */
export abstract class Scoring extends Core {
  /**
   * Creates a profile, with its dimensions when given.
   *
   * @returns The profile; `dimensions` only when some were sent.
   * @throws {InputError} When a dimension is bad. Route: `POST /api/scoring/profiles`. Not repeated after an unclear failure.
   */
  createScoringProfile(input: CreateScoringProfileInput, options?: RequestOptions): Promise<CreatedScoringProfile> {
    return this.call(
      'createScoringProfile@2 POST /api/scoring/profiles name! description action_type composite_method metadata:object dimensions:[name!,data_source!,description,weight,data_config:{field,function_body},scale:[label,operator,value,score],sort_order]',
      input,
      options,
    )
  }

  /** Lists profiles with their dimensions; active ones unless `status` is given. Route: `GET /api/scoring/profiles`. */
  listScoringProfiles(
    filters: ScoringProfileFilters = {},
    options?: RequestOptions,
  ): Promise<{ profiles: ScoringProfile[] }> {
    return this.call(
      'listScoringProfiles@2 GET /api/scoring/profiles status limit:num offset:num action_type',
      filters,
      options,
    )
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
    return this.call('getScoringProfile@2 GET /api/scoring/profiles/:profile_id -> ', undefined, options, profileId)
  }

  /**
   * Changes fields of a profile. The server clears `action_type` when it is not sent, so without one the profile is read first.
   *
   * @param profileId - `sp_…`.
   * @throws {NotFoundError} When it is unknown. {@link ServerError} for `metadata` on 2.0 servers.
   * Routes: `PATCH /api/scoring/profiles/:profile_id`, and `GET /api/scoring/profiles/:profile_id` without an `action_type`. Repeated after a failure.
   */
  async updateScoringProfile(
    profileId: string,
    input: UpdateScoringProfileInput = {},
    options?: RequestOptions,
  ): Promise<Omit<ScoringProfile, 'dimensions'>> {
    const fields = checkedInput(this, UPDATE, input)
    const { action_type } = fields.action_type === undefined ? await this.getScoringProfile(profileId, options) : fields
    return this.call(UPDATE, { ...fields, action_type }, options, profileId)
  }

  /**
   * Removes a profile, its dimensions and its scores.
   *
   * @param profileId - `sp_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/scoring/profiles/:profile_id`.
   */
  deleteScoringProfile(profileId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call('deleteScoringProfile@2 DELETE /api/scoring/profiles/:profile_id', undefined, options, profileId)
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
    return this.call(
      'addScoringDimension@2 POST /api/scoring/profiles/:profile_id/dimensions name! data_source! description weight:num data_config:{field,function_body} scale:[label,operator,value,score] sort_order:num',
      input,
      options,
      profileId,
    )
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
      'updateScoringDimension@2 PATCH /api/scoring/profiles/:profile_id/dimensions/:dimension_id name data_source description weight:num data_config:{field,function_body} scale:[label,operator,value,score] sort_order:num',
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
    return this.call(
      'deleteScoringDimension@2 DELETE /api/scoring/profiles/:profile_id/dimensions/:dimension_id',
      undefined,
      options,
      profileId,
      dimensionId,
    )
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
    return this.call(`scoreWithProfile@2${SCORE} action!#:{${ACTION}}`, { profile_id: profileId, action }, options)
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
    return this.call(
      `batchScoreWithProfile@2${SCORE} actions!#:[${ACTION}]`,
      { profile_id: profileId, actions },
      options,
    )
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
   * Summarizes the scores of a profile in numbers; zeros and nulls for an unknown one. Route: `GET /api/scoring/score?view=stats`.
   *
   * @param profileId - `sp_…`.
   */
  getProfileScoreStats(profileId: string, options?: RequestOptions): Promise<ProfileScoreStats> {
    return this.call(
      'getProfileScoreStats@2 GET /api/scoring/score profile_id!#',
      { profile_id: profileId, view: 'stats' },
      options,
    )
  }

  /** Creates a risk template. Servers keep it but let it judge nothing by itself. Route: `POST /api/scoring/risk-templates`. Not repeated after an unclear failure. */
  createRiskTemplate(
    input: CreateRiskTemplateInput,
    options?: RequestOptions,
  ): Promise<Omit<RiskTemplate, 'org_id' | 'created_at' | 'updated_at' | 'rules'> & { rules: RiskRule[] }> {
    return this.call(
      'createRiskTemplate@2 POST /api/scoring/risk-templates name! description action_type base_risk:num rules:[condition,add]',
      input,
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
    return this.call(
      'listRiskTemplates@2 GET /api/scoring/risk-templates action_type -> templates:[{}]',
      filters,
      options,
    )
  }

  /**
   * Changes fields of a risk template. The server clears `action_type` when it is not sent, so without one the templates are read first.
   * No list shows archived ones: give those their `action_type`, or it is cleared.
   *
   * @param templateId - `rt_…`.
   * @throws {NotFoundError} When it is unknown. Routes: `PATCH /api/scoring/risk-templates/:template_id`, and
   * `GET /api/scoring/risk-templates` without an `action_type`. Repeated after a failure.
   */
  async updateRiskTemplate(
    templateId: string,
    input: UpdateRiskTemplateInput = {},
    options?: RequestOptions,
  ): Promise<RiskTemplate> {
    const route =
      'updateRiskTemplate@2 PATCH /api/scoring/risk-templates/:template_id name description base_risk:num rules:[condition,add] status action_type'
    pathPart('template_id', templateId)
    const fields = checkedInput(this, route, input)
    let { action_type } = fields
    if (action_type === undefined) {
      const { templates } = await this.listRiskTemplates({}, options)
      action_type = templates?.find(({ id }) => id === templateId)?.action_type
    }
    return this.call(route, { ...fields, action_type }, options, templateId)
  }

  /**
   * Removes a risk template.
   *
   * @param templateId - `rt_…`.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/scoring/risk-templates/:template_id`.
   */
  deleteRiskTemplate(templateId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call(
      'deleteRiskTemplate@2 DELETE /api/scoring/risk-templates/:template_id',
      undefined,
      options,
      templateId,
    )
  }

  /**
   * Suggests scales and weights from recent actions; nothing is stored.
   *
   * @throws {ServerError} Always on 2.0 servers: their query names columns that are not there.
   * Route: `POST /api/scoring/calibrate`. Repeated after a failure.
   */
  autoCalibrate(input: AutoCalibrateInput = {}, options?: RequestOptions): Promise<CalibrationResult> {
    return this.call(
      'autoCalibrate@2 POST~ /api/scoring/calibrate lookback_days:num metrics:list action_type agent_id',
      input,
      options,
    )
  }
}
