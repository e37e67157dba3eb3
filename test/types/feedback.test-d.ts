import { expectTypeOf } from 'vitest'
import type { JsonText, NumberText, Open } from '../../src/core/types.ts'
import type {
  Feedback,
  FeedbackEntry,
  FeedbackList,
  FeedbackSentiment,
  FeedbackStats,
  SubmittedFeedback,
} from '../../src/domains/feedback.ts'

declare const claw: Feedback

expectTypeOf(claw.submitFeedback({ rating: 5 })).resolves.toEqualTypeOf<SubmittedFeedback>()
claw.submitFeedback({ comment: 'c', rating: null, agent_id: null, tags: ['t'], metadata: { page: 1 } })
// @ts-expect-error a number
claw.submitFeedback({ rating: '5' })
// @ts-expect-error a list
claw.submitFeedback({ rating: 5, tags: 'abc' })

expectTypeOf(
  claw.listFeedback({ agent_id: 'a', sentiment: 'negative', resolved: false, limit: 5, offset: 0 }),
).resolves.toEqualTypeOf<FeedbackList>()
// A word of a newer server compiles.
claw.listFeedback({ sentiment: 'angry' })
// @ts-expect-error true or false
claw.listFeedback({ resolved: 'true' })
expectTypeOf(claw.iterateFeedback({ action_id: 'act_1', category: 'c' })).toEqualTypeOf<
  AsyncGenerator<FeedbackEntry, void, undefined>
>()

expectTypeOf(claw.getFeedback('fb_1')).resolves.toEqualTypeOf<FeedbackEntry>()
// @ts-expect-error the id is required
claw.getFeedback()
expectTypeOf(claw.resolveFeedback('fb_1')).resolves.toEqualTypeOf<FeedbackEntry>()
// @ts-expect-error a text
claw.resolveFeedback(1)
expectTypeOf(claw.deleteFeedback('fb_1', { maxRetries: 0 })).resolves.toEqualTypeOf<{ deleted: boolean }>()
// @ts-expect-error the id is required
claw.deleteFeedback()
expectTypeOf(claw.getFeedbackStats({ agent_id: 'a' })).resolves.toEqualTypeOf<FeedbackStats>()
// @ts-expect-error only the agent narrows
claw.getFeedbackStats({ category: 'c' })

expectTypeOf<FeedbackEntry['tags']>().toEqualTypeOf<JsonText<string[]> | string[]>()
expectTypeOf<FeedbackEntry['rating']>().toEqualTypeOf<number | null>()
expectTypeOf<FeedbackEntry['sentiment']>().toEqualTypeOf<Open<FeedbackSentiment>>()
expectTypeOf<FeedbackStats['overall']['avg_rating']>().toEqualTypeOf<NumberText | null>()
expectTypeOf<FeedbackStats['rating_distribution'][number]['rating']>().toEqualTypeOf<number>()
