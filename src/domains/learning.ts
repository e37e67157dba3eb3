import { Core, checkedInput } from '../core/core.ts'
import { InputError, isDashClawError } from '../core/errors.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import {
  type Adaptable,
  applyRecommendation,
  type RecommendedAction,
  recommendAction,
} from '../governance/recommend.ts'
import type { Recommender } from '../governance/steps.ts'
import type {
  ComputedVelocity,
  LearnedLessons,
  LearningCurve,
  LearningCurveFilters,
  LearningDecision,
  LearningPage,
  LearningSummary,
  LearningVelocity,
  LearningWindowInput,
  LessonFilters,
  MaturityLevel,
  RebuildRecommendationsInput,
  RebuiltRecommendations,
  RecommendationEvent,
  RecommendationEventInput,
  RecommendationFilters,
  RecommendationList,
  RecommendationMetrics,
  RecommendationMetricsFilters,
  RecordDecisionInput,
  StoredRecommendation,
} from './learning-types.ts'

export type * from './learning-types.ts'

const EVENTS =
  'recordRecommendationEvents@2 POST /api/learning/recommendations/events events#:[event_type,recommendation_id,agent_id,action_id,event_key,details] event_type recommendation_id agent_id action_id event_key details:object'
const REBUILD =
  'rebuildRecommendations@2 POST /api/learning/recommendations agent_id@agentId action_type action_id lookback_days:num episode_limit:num min_samples:num'

/** Learning: decisions and lessons, recommendations made of scored actions, and how agents get better. */
export abstract class Learning extends Core {
  /** @internal */
  protected recommender(): Recommender {
    return applyRecommendation
  }

  /**
   * Records a decision with its circumstances and outcome.
   *
   * Route: `POST /api/learning`. Not repeated after an unclear failure. Publishes the live event `decision.created`.
   */
  recordDecision(input: RecordDecisionInput, options?: RequestOptions): Promise<{ decision: LearningDecision }> {
    return this.call(
      'recordDecision@2 POST /api/learning decision! agent_id@agentId context reasoning outcome confidence:num',
      input,
      options,
    )
  }

  /**
   * Reads what was learned about this client's agent (or `agent_id`): hints from the best runs, per type of action.
   *
   * Route: `GET /api/learning/recommendations`. The server counts the read as `fetched` events unless `track_events` is false.
   */
  getRecommendations(filters: RecommendationFilters = {}, options?: RequestOptions): Promise<RecommendationList> {
    return this.call(
      'getRecommendations@2 GET /api/learning/recommendations agent_id@agentId limit:num lookback_days:num include_inactive:bool track_events=true:bool include_metrics:bool action_type',
      filters,
      options,
    )
  }

  /**
   * Reads whether the recommendations are followed, and how the actions that followed one compare with the others.
   *
   * Route: `GET /api/learning/recommendations/metrics`.
   */
  getRecommendationMetrics(
    filters: RecommendationMetricsFilters = {},
    options?: RequestOptions,
  ): Promise<RecommendationMetrics & { lookback_days: number; schema_missing?: boolean; lastUpdated: string }> {
    return this.call(
      'getRecommendationMetrics@2 GET /api/learning/recommendations/metrics agent_id@agentId limit:num lookback_days:num include_inactive:bool action_type',
      filters,
      options,
    )
  }

  /**
   * Records what became of recommendations: one event, or a list of 1 to 100 of which all are stored or none.
   *
   * @param events - One event, or a list of 1 to 100.
   * @param input - Fields for all events of the list; what an event says itself wins.
   * @returns The stored events; one whose `event_key` is taken is missing, without an error.
   * @throws {InputError} When an event is wrong. Route: `POST /api/learning/recommendations/events`. Not repeated after an unclear failure.
   */
  async recordRecommendationEvents(
    events: RecommendationEventInput | readonly RecommendationEventInput[],
    input?: Partial<RecommendationEventInput> | null,
    options?: RequestOptions,
  ): Promise<{ created: RecommendationEvent[]; created_count: number }> {
    const list = [events].flat()
    if (!list.length) return { created: [], created_count: 0 }
    const { events: own, ...shared } = checkedInput(this, EVENTS, input ?? {}, { events: list })
    const all = own.map((event): Partial<RecommendationEventInput> => present({ ...shared, ...present(event) }))
    if (!all.every((event) => event.event_type)) {
      throw new InputError('recordRecommendationEvents needs the event_type of each event.', 'event_type')
    }
    return this.call(EVENTS, Array.isArray(events) ? { events: all } : all[0], options)
  }

  /**
   * Switches a recommendation on or off. A rebuild switches it on again.
   *
   * @param recommendationId - `lrec_…`; a rebuild gives new ids.
   * @param input - `active`: whether it is applied.
   * @throws {NotFoundError} When it is unknown. {@link PermissionDeniedError} unless the key's role is admin or service.
   * Route: `PATCH /api/learning/recommendations/:recommendation_id`.
   */
  setRecommendationActive(
    recommendationId: string,
    input: { active: boolean },
    options?: RequestOptions,
  ): Promise<{ recommendation: StoredRecommendation }> {
    return this.call(
      'setRecommendationActive@2 PATCH /api/learning/recommendations/:recommendation_id active!:bool',
      input,
      options,
      recommendationId,
    )
  }

  /**
   * Makes the recommendations of this client's agent (or `agent_id`) anew from scored actions. Old ones of the same agent and
   * type are deleted first: ids change, all are active, and a type with too few samples has none any more.
   *
   * @throws {PermissionDeniedError} Unless the key's role is admin or service.
   * Route: `POST /api/learning/recommendations`. Not repeated after an unclear failure.
   */
  async rebuildRecommendations(
    input: RebuildRecommendationsInput = {},
    options?: RequestOptions,
  ): Promise<RebuiltRecommendations> {
    // Null means the whole organization, which the server takes an absent id for.
    const fields = present(checkedInput(this, REBUILD, input))
    return this.call('rebuildRecommendations@2 POST /api/learning/recommendations', fields, options)
  }

  /**
   * Applies the best recommendation for an action to a copy of it. It caps the risk, raises the confidence, and prefers a reversible
   * action where the action does not say. Never changes the action that was passed. `autoRecommend` does this in `createAction`.
   *
   * @param action - The action before it is created; its `action_type` is what is looked up.
   * @returns The very object that was passed, and `recommendation: null`, when nothing is known or it has no `action_type`.
   * Route: `GET /api/learning/recommendations`.
   */
  recommendAction<A extends Partial<Adaptable>>(action: A, options?: RequestOptions): Promise<RecommendedAction<A>> {
    return recommendAction(this, action, options)
  }

  /**
   * Lists the lessons of this client's agent. 2.0 servers list those of the whole organization, with the newest decisions, and mostly
   * have none. {@link getRecommendations} tells more.
   *
   * Route: `GET /api/learning/lessons`; where that is not offered, `GET /api/learning`.
   */
  async getLessons(filters: LessonFilters = {}, options?: RequestOptions): Promise<LearnedLessons | LearningPage> {
    try {
      return await this.call<LearnedLessons>(
        'getLessons@2 GET /api/learning/lessons agent_id@agentId action_type limit:num',
        filters,
        options,
      )
    } catch (error) {
      if (!isDashClawError(error, 'RouteNotFoundError')) throw error
      const page = await this.call<LearningPage>(
        'getLessons@2 GET /api/learning agent_id@agentId action_type limit:num',
        filters,
        options,
      )
      return { ...page, lessons: page.lessons.slice(0, filters.limit ?? undefined) }
    }
  }

  /**
   * Computes and stores how fast agents get better. An agent needs 3 episodes in 2 windows, else it is left out.
   *
   * @param input - `period`: windows of one day, or of 7 with `weekly`. Default: `daily`.
   * Route: `POST /api/learning/analytics/velocity`. Every call adds rows, so it is not repeated after an unclear failure.
   */
  computeLearningVelocity(
    input: LearningWindowInput & { period?: Open<'daily' | 'weekly'> | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ agents_computed: number; results: ComputedVelocity[] }> {
    return this.call(
      'computeLearningVelocity@2 POST /api/learning/analytics/velocity lookback_days:num period agent_id',
      input,
      options,
    )
  }

  /**
   * Reads stored velocities, newest first; none until {@link computeLearningVelocity} ran.
   *
   * @param filters - `agent_id`: default all agents. `limit`: 0 to 100, larger values are cut by the server; default 30.
   * Route: `GET /api/learning/analytics/velocity`.
   */
  getLearningVelocity(
    filters: { agent_id?: string | undefined; limit?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ velocity: LearningVelocity[] }> {
    return this.call('getLearningVelocity@2 GET /api/learning/analytics/velocity limit:num agent_id', filters, options)
  }

  /**
   * Computes and stores learning curves, in windows of 7 days. Each is of one agent and action type (20 per agent) with 3 episodes or more.
   *
   * @returns `curves_computed` counts windows; `count` is the number of episodes in one.
   * Route: `POST /api/learning/analytics/curves`. Every call adds rows, so it is not repeated after an unclear failure.
   */
  computeLearningCurves(
    input: LearningWindowInput = {},
    options?: RequestOptions,
  ): Promise<{
    curves_computed: number
    results: { agent_id: string; action_type: string; window_start: string; count: number }[]
  }> {
    return this.call(
      'computeLearningCurves@2 POST /api/learning/analytics/curves lookback_days:num agent_id',
      input,
      options,
    )
  }

  /**
   * Reads stored learning curves; none until {@link computeLearningCurves} ran.
   *
   * Route: `GET /api/learning/analytics/curves`.
   */
  async getLearningCurves(
    filters: LearningCurveFilters = {},
    options?: RequestOptions,
  ): Promise<{ curves: LearningCurve[] }> {
    const route = 'getLearningCurves@2 GET /api/learning/analytics/curves limit:num agent_id action_type'
    const fields = checkedInput(this, route, filters)
    const { agent_id, action_type, limit } = fields
    if (agent_id != null || action_type == null) return this.call(route, filters, options)
    const answer = await this.call<{ curves: LearningCurve[] }>(route, { ...fields, limit: 200 }, options)
    return {
      ...answer,
      curves: answer.curves.filter((curve) => curve.action_type === action_type).slice(0, limit ?? 50),
    }
  }

  /**
   * Sums up all episodes ever, by agent and by action type.
   *
   * @param filters - `agent_id` narrows only `overall`. Route: `GET /api/learning/analytics/summary`.
   */
  getLearningAnalyticsSummary(
    filters: { agent_id?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<LearningSummary> {
    return this.call('getLearningAnalyticsSummary@2 GET /api/learning/analytics/summary agent_id', filters, options)
  }

  /** Lists the levels of maturity and what each asks for, lowest first. Route: `GET /api/learning/analytics/maturity`. */
  getMaturityLevels(options?: RequestOptions): Promise<{ levels: MaturityLevel[] }> {
    return this.call('getMaturityLevels@2 GET /api/learning/analytics/maturity', undefined, options)
  }
}

/** The fields that are not null: the server takes an absent field, but no null. */
function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}
