import { expectTypeOf } from 'vitest'
import type { Flag, NumberText, Open } from '../../src/core/types.ts'
import type {
  LearnedLessons,
  Learning,
  LearningCurve,
  LearningDecision,
  LearningEpisode,
  LearningPage,
  LearningVelocity,
  RecommendationEvent,
  RecommendationMetrics,
  StoredRecommendation,
} from '../../src/domains/learning.ts'
import type { Recommendation, RecommendedAction } from '../../src/governance/recommend.ts'

declare const claw: Learning
const options = { timeout: 1_000, maxRetries: 0 }

// recordDecision
expectTypeOf(claw.recordDecision({ decision: 'd' }, options)).resolves.toEqualTypeOf<{ decision: LearningDecision }>()
claw.recordDecision({ decision: 'd', agent_id: null, context: null, reasoning: 'r', outcome: 'other', confidence: 5 })
// @ts-expect-error decision is required
claw.recordDecision({ reasoning: 'r' })
// @ts-expect-error the circumstances are a text
claw.recordDecision({ decision: 'd', context: { a: 1 } })
expectTypeOf<LearningDecision['confidence']>().toEqualTypeOf<number>()
expectTypeOf<LearningDecision['agent_id']>().toEqualTypeOf<string | null>()

// getRecommendations
expectTypeOf(claw.getRecommendations())
  .resolves.toHaveProperty('recommendations')
  .toEqualTypeOf<StoredRecommendation[]>()
expectTypeOf(claw.getRecommendations({ agent_id: null, include_metrics: true }, options))
  .resolves.toHaveProperty('metrics')
  .toEqualTypeOf<RecommendationMetrics | null | undefined>()
// @ts-expect-error flags are booleans
claw.getRecommendations({ track_events: 'true' })
expectTypeOf<StoredRecommendation>().toExtend<Recommendation>()
expectTypeOf<StoredRecommendation['active']>().toEqualTypeOf<boolean>()

// getRecommendationMetrics
expectTypeOf(claw.getRecommendationMetrics({ limit: 5, include_inactive: false }))
  .resolves.toHaveProperty('summary')
  .toEqualTypeOf<RecommendationMetrics['summary']>()
// @ts-expect-error the metrics count no events
claw.getRecommendationMetrics({ track_events: true })

// recordRecommendationEvents
expectTypeOf(claw.recordRecommendationEvents({ event_type: 'applied', details: null })).resolves.toEqualTypeOf<{
  created: RecommendationEvent[]
  created_count: number
}>()
claw.recordRecommendationEvents([{ event_type: 'fetched' }] as const, { agent_id: 'a' }, options)
// A word of a newer server compiles.
claw.recordRecommendationEvents({ event_type: 'viewed' })
// @ts-expect-error event_type is required
claw.recordRecommendationEvents([{ recommendation_id: 'lrec_1' }])

// setRecommendationActive
expectTypeOf(claw.setRecommendationActive('lrec_1', { active: true }, options)).resolves.toEqualTypeOf<{
  recommendation: StoredRecommendation
}>()
// @ts-expect-error the state is required
claw.setRecommendationActive('lrec_1')
// @ts-expect-error the state is a boolean
claw.setRecommendationActive('lrec_1', { active: 1 })

// rebuildRecommendations
expectTypeOf(claw.rebuildRecommendations())
  .resolves.toHaveProperty('scored_episode')
  .toEqualTypeOf<LearningEpisode | null>()
claw.rebuildRecommendations({ agent_id: null, action_type: null, lookback_days: 7, min_samples: 2 }, options)
// @ts-expect-error days are a number
claw.rebuildRecommendations({ lookback_days: '7' })
expectTypeOf<LearningEpisode['reversible']>().toEqualTypeOf<Flag>()
expectTypeOf<LearningEpisode['score_breakdown']['open_loops']>().toEqualTypeOf<number>()

// recommendAction
const action = { action_type: 'deploy', risk_score: 5, mine: true }
expectTypeOf(claw.recommendAction(action, options)).resolves.toEqualTypeOf<RecommendedAction<typeof action>>()
// @ts-expect-error a risk is a number
claw.recommendAction({ action_type: 'deploy', risk_score: 'high' })

// getLessons
expectTypeOf(claw.getLessons({ action_type: 'deploy', limit: 3 }, options)).resolves.toEqualTypeOf<
  LearnedLessons | LearningPage
>()
// @ts-expect-error a limit is a number
claw.getLessons({ limit: '3' })
const lessons = {} as LearnedLessons | LearningPage
if ('drift_warnings' in lessons) expectTypeOf(lessons).toEqualTypeOf<LearnedLessons>()
else expectTypeOf(lessons.decisions).toEqualTypeOf<LearningDecision[]>()

// computeLearningVelocity, getLearningVelocity
expectTypeOf(claw.computeLearningVelocity({ agent_id: null, lookback_days: 30, period: 'weekly' }, options))
  .resolves.toHaveProperty('agents_computed')
  .toEqualTypeOf<number>()
// @ts-expect-error days are a number
claw.computeLearningVelocity({ lookback_days: '30' })
expectTypeOf(claw.getLearningVelocity({ agent_id: 'a', limit: 1 }, options)).resolves.toEqualTypeOf<{
  velocity: LearningVelocity[]
}>()
// @ts-expect-error a limit is a number
claw.getLearningVelocity({ limit: '1' })
expectTypeOf<LearningVelocity['velocity']>().toEqualTypeOf<number>()
expectTypeOf<LearningVelocity['period']>().toEqualTypeOf<Open<'daily' | 'weekly'>>()

// computeLearningCurves, getLearningCurves
expectTypeOf(claw.computeLearningCurves({ lookback_days: null }, options))
  .resolves.toHaveProperty('curves_computed')
  .toEqualTypeOf<number>()
// @ts-expect-error curves have no period
claw.computeLearningCurves({ period: 'daily' })
expectTypeOf(claw.getLearningCurves({ action_type: 'deploy' }, options)).resolves.toEqualTypeOf<{
  curves: LearningCurve[]
}>()
// @ts-expect-error a filter is not null
claw.getLearningCurves({ agent_id: null })

// getLearningAnalyticsSummary
expectTypeOf(claw.getLearningAnalyticsSummary({ agent_id: 'a' }, options))
  .resolves.toHaveProperty('overall')
  .toHaveProperty('avg_score')
  .toEqualTypeOf<NumberText | null>()
// @ts-expect-error there is no window
claw.getLearningAnalyticsSummary({ lookback_days: 3 })

// getMaturityLevels
expectTypeOf(claw.getMaturityLevels(options)).resolves.toHaveProperty('levels')
// @ts-expect-error there are no filters
claw.getMaturityLevels({ agent_id: 'a' })
