import { guarded } from '../core/callbacks.ts'
import { type Core, callRoute, settingsOf, sharedOf } from '../core/core.ts'
import { routeInput } from '../core/route.ts'
import type { RequestOptions } from '../core/types.ts'
import { actionRoute } from './action-fields.ts'
import { askLiveGuard, type GuardContext, isGo } from './guard.ts'

/** Fields of an action that a recommendation may change. */
export interface Adaptable extends GuardContext {
  confidence?: number | null | undefined
  recommendation_id?: string | null | undefined
  recommendation_applied?: boolean | null | undefined
  recommendation_override_reason?: string | null | undefined
}

/** What the server learned from scored actions of one agent and type. */
export interface Recommendation {
  /** Recommendation id (`lrec_…`). */
  id: string
  /** 0 to 100. */
  confidence: number
  /** What good runs had in common. */
  hints: {
    preferred_risk_cap?: number | null
    prefer_reversible?: boolean | null
    confidence_floor?: number | null
    /** Milliseconds; information only. */
    expected_duration_ms?: number | null
    /** US dollars; information only. */
    expected_cost_estimate?: number | null
    [hint: string]: unknown
  }
  /** The hints as sentences. */
  guidance: string[]
  action_type: string
  agent_id: string
  sample_size: number
  [field: string]: unknown
}

/** An action as a recommendation would have it. */
export interface RecommendedAction<A> {
  /** A copy with the adapted fields; the very object that was passed when there is nothing to adapt. */
  action: A
  recommendation: Recommendation | null
  /** Names of the adapted fields, in this order. */
  adapted_fields: ('risk_score' | 'reversible' | 'confidence')[]
}

const RECOMMENDATIONS =
  'recommendAction@2 GET /api/learning/recommendations agent_id@agentId action_type! limit=1:num track_events=true:bool -> recommendations:[{}]'
const EVENTS = 'recordRecommendationEvents@2 POST /api/learning/recommendations/events agent_id@agentId'

/** Reads the best recommendation for an action and applies its hints to a copy. */
export async function recommendAction<A extends Partial<Adaptable>>(
  core: Core,
  action: A,
  options?: RequestOptions,
): Promise<RecommendedAction<A>> {
  routeInput(actionRoute('recommendAction', 'action_type declared_goal agent_id'), action, {})
  const untouched: RecommendedAction<A> = { action, recommendation: null, adapted_fields: [] }
  if (!action?.action_type) return untouched
  const { recommendations } = await callRoute<{ recommendations?: Recommendation[] }>(
    core,
    RECOMMENDATIONS,
    { action_type: action.action_type, agent_id: action.agent_id ?? undefined },
    options,
  )
  const recommendation = recommendations?.[0]
  if (!recommendation) return untouched
  const { preferred_risk_cap: cap, prefer_reversible, confidence_floor: floor } = recommendation.hints ?? {}
  const adapted: A = { ...action }
  const fields: RecommendedAction<A>['adapted_fields'] = []
  if (typeof cap === 'number' && !(adapted.risk_score != null && adapted.risk_score <= cap)) {
    adapted.risk_score = cap
    fields.push('risk_score')
  }
  if (prefer_reversible === true && adapted.reversible == null) {
    adapted.reversible = true
    fields.push('reversible')
  }
  if (typeof floor === 'number' && !(adapted.confidence != null && adapted.confidence >= floor)) {
    adapted.confidence = floor
    fields.push('confidence')
  }
  return { action: adapted, recommendation, adapted_fields: fields }
}

/**
 * The recommendation step before an action, for an `autoRecommend` that is not `off`: gives the action to go on with. A failure of it never
 * stops an action; its telemetry runs in the background.
 */
export async function applyRecommendation<A extends Adaptable>(
  core: Core,
  action: A,
  options?: RequestOptions,
): Promise<A> {
  const settings = settingsOf(core)
  const { autoRecommend, recommendationConfidenceMin: least, recommendationCallback, logger } = settings
  let result: RecommendedAction<A>
  try {
    result = await recommendAction(core, action, options)
  } catch (error) {
    if (options?.signal?.aborted) throw error
    logger.warn('dashclaw: the recommendation could not be read; the action goes on as it is.', error)
    return action
  }
  const { recommendation, adapted_fields } = result
  if (recommendationCallback) {
    const copy = { ...result, action: { ...result.action } }
    guarded(logger, 'recommendationCallback', () => recommendationCallback(copy as never))
  }
  if (!recommendation) return action

  const report = (event_type: 'applied' | 'overridden', details: Record<string, unknown>) => {
    const event = {
      event_type,
      recommendation_id: recommendation.id,
      agent_id: settings.agentId,
      details: { action_type: action.action_type, ...details },
    }
    sharedOf(core).background.deliver(`recommendation event for ${recommendation.id}`, () =>
      callRoute(core, EVENTS, event),
    )
  }
  const override = (reason: string): A => {
    report('overridden', { reason })
    return {
      ...action,
      recommendation_id: recommendation.id,
      recommendation_applied: false,
      recommendation_override_reason: reason.slice(0, 500),
    }
  }
  const { confidence } = recommendation
  if (!(confidence >= least)) return override(`confidence_below_threshold:${confidence}<${least}`)
  const { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id } = result.action
  const probe = { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id }
  try {
    const { decision } = await askLiveGuard(core, probe, options)
    if (!isGo(decision)) return override(`guard_restrictive:${decision}`)
  } catch (error) {
    if (options?.signal?.aborted) throw error
    logger.warn('dashclaw: the guard could not be asked about the recommended action.', error)
  }
  if (autoRecommend === 'warn') return override('warn_mode_no_autoadapt')
  report('applied', { adapted_fields, confidence })
  return {
    ...result.action,
    recommendation_id: recommendation.id,
    recommendation_applied: true,
    recommendation_override_reason: null,
  }
}
