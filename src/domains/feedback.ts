import { Core, checkedInput } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { pageOf, pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  FeedbackEntry,
  FeedbackFilters,
  FeedbackList,
  FeedbackStats,
  SubmitFeedbackInput,
  SubmittedFeedback,
} from './feedback-types.ts'

export type * from './feedback-types.ts'

const LIST =
  'listFeedback@2 GET /api/feedback action_id agent_id category sentiment resolved:bool limit:num offset:num -> feedback!:[{}]'
const SUBMIT =
  'submitFeedback@2 POST /api/feedback rating:num comment action_id agent_id@agentId category tags:list metadata:object source=sdk'

/** Ratings and comments on actions and agents. Every key that may write may also resolve and delete. */
export abstract class Feedback extends Core {
  /**
   * Submits feedback; each call adds one.
   *
   * @throws {InputError} When there is neither a rating nor a comment.
   * Route: `POST /api/feedback`. Not repeated after an unclear failure. Not on newer servers.
   */
  async submitFeedback(input: SubmitFeedbackInput = {}, options?: RequestOptions): Promise<SubmittedFeedback> {
    const { rating, comment } = checkedInput(this, SUBMIT, input)
    if (!rating && !comment) {
      throw new InputError(
        'submitFeedback needs a rating of 1 to 5, or a comment: submitFeedback({ rating: … }).',
        'rating',
      )
    }
    return this.call(SUBMIT, input, options)
  }

  /**
   * Lists feedback, newest first; all filters combine.
   *
   * Route: `GET /api/feedback`. Beside one filter (or `agent_id` with `category`) the server ignores the others, so there all pages
   * are read (200 a request) and filtered here. Not on newer servers.
   */
  async listFeedback(filters: FeedbackFilters = {}, options?: RequestOptions): Promise<FeedbackList> {
    const { limit, offset, ...rest } = checkedInput(this, LIST, filters)
    if (!unread(rest).length) return this.call(LIST, filters, options)
    const all: FeedbackEntry[] = []
    for await (const entry of this.iterateFeedback(rest, options)) all.push(entry)
    return { feedback: pageOf(all, limit, offset), total: all.length }
  }

  /** All feedback that matches, page after page; see {@link listFeedback}. Here `offset` counts what the server lists for its own filter. */
  async *iterateFeedback(
    filters: FeedbackFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<FeedbackEntry, void, undefined> {
    const fields = checkedInput(this, LIST, filters)
    const { limit, offset, ...rest } = fields
    const own = unread(rest)
    const served = Object.fromEntries(
      Object.entries(fields).filter((entry) => !own.some(([name]) => name === entry[0])),
    )
    // Without the total: the server counts the page there, which would end the reading after the first one.
    const read = async (page: object) => ({ feedback: (await this.call<FeedbackList>(LIST, page, options)).feedback })
    for await (const entry of pages('feedback', 'id', served, read, options)) {
      if (own.every(([name, value]) => entry[name as keyof FeedbackEntry] === value)) yield entry
    }
  }

  /**
   * Reads one piece of feedback.
   *
   * @param feedbackId - `fb_…`.
   * @returns The feedback itself.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/feedback/:feedback_id`. Not on newer servers.
   */
  getFeedback(feedbackId: string, options?: RequestOptions): Promise<FeedbackEntry> {
    return this.call('getFeedback@2 GET /api/feedback/:feedback_id', undefined, options, feedbackId)
  }

  /**
   * Marks feedback as resolved by `sdk`. There is no way back; a second time only moves `resolved_at`.
   *
   * @param feedbackId - `fb_…`.
   * @returns The feedback itself.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/feedback/:feedback_id`. Not on newer servers.
   */
  resolveFeedback(feedbackId: string, options?: RequestOptions): Promise<FeedbackEntry> {
    return this.call('resolveFeedback@2 PATCH /api/feedback/:feedback_id', { resolved_by: 'sdk' }, options, feedbackId)
  }

  /**
   * Deletes feedback.
   *
   * @param feedbackId - `fb_…`; an unknown one gives the same answer.
   * Route: `DELETE /api/feedback/:feedback_id`. Not on newer servers.
   */
  deleteFeedback(feedbackId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call('deleteFeedback@2 DELETE /api/feedback/:feedback_id', undefined, options, feedbackId)
  }

  /**
   * Counts feedback by category, agent, rating and tag.
   *
   * @param filters - `agent_id` narrows only `overall`.
   * @throws {ServerError} Self-hosted 2.0 servers fail here as soon as there is any feedback: they can't count their own tags.
   * Route: `GET /api/feedback/stats`. Not on newer servers.
   */
  getFeedbackStats(filters: { agent_id?: string | undefined } = {}, options?: RequestOptions): Promise<FeedbackStats> {
    return this.call('getFeedbackStats@2 GET /api/feedback/stats agent_id', filters, options)
  }
}

/** The filters that the server ignores beside the others: it reads the first of them, and `category` only after `agent_id`. */
function unread(filters: Omit<FeedbackFilters, 'limit' | 'offset'>): [string, unknown][] {
  const { action_id, agent_id, category, sentiment, resolved } = filters
  const given = Object.entries({ action_id, agent_id, category, sentiment, resolved }).filter(
    ([, value]) => value != null,
  )
  const first = given.find(([name]) => name !== 'category')
  return given.filter((entry) => entry !== first && !(entry[0] === 'category' && first?.[0] === 'agent_id'))
}
