import { Core, checkedInput } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { pageOf, pages } from '../core/pages.ts'
import type { JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'

/** How a piece of feedback sounds; the server decides by the rating, else by words of the comment. */
export type FeedbackSentiment = 'positive' | 'negative' | 'neutral'

/** Input of {@link Feedback.submitFeedback}: a rating, a comment, or both. */
export interface SubmitFeedbackInput {
  /** Whole, 1 to 5. 4 and 5 are positive, 1 and 2 negative. */
  rating?: number | null | undefined
  comment?: string | null | undefined
  /** The action that it is about; need not exist. */
  action_id?: string | null | undefined
  /** The agent that it is about. Default: the client's agent; null: none. */
  agent_id?: string | null | undefined
  /** Default: `general`. */
  category?: string | null | undefined
  /** The server adds its own: performance, accuracy, ux, reliability, cost, security. */
  tags?: readonly string[] | null | undefined
  metadata?: Record<string, unknown> | null | undefined
}

/** Answer of {@link Feedback.submitFeedback}. */
export interface SubmittedFeedback {
  /** `fb_…`. */
  id: string
  sentiment: Open<FeedbackSentiment>
  /** The given ones, then the server's. */
  tags: string[]
}

/** A piece of feedback as it is stored. */
export interface FeedbackEntry {
  /** `fb_…`. */
  id: string
  org_id: string
  /** Empty when there is none. */
  action_id: string
  /** Empty when there is none. */
  agent_id: string
  /** `sdk` for what the SDK submits. */
  source: string
  /** 1 to 5. */
  rating: number | null
  sentiment: Open<FeedbackSentiment>
  category: string
  /** Empty when there is none. */
  comment: string
  /** JSON text or a list, depending on the server's database. */
  tags: JsonText<string[]> | string[]
  /** JSON text or an object, depending on the server's database. */
  metadata: JsonText<Record<string, unknown>> | Record<string, unknown>
  resolved: boolean
  resolved_at: string | null
  /** Empty until it is resolved. */
  resolved_by: string
  created_by: string
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Filters of {@link Feedback.listFeedback}. */
export interface FeedbackFilters {
  action_id?: string | undefined
  agent_id?: string | undefined
  category?: string | undefined
  sentiment?: Open<FeedbackSentiment> | undefined
  resolved?: boolean | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Feedback.listFeedback}. */
export interface FeedbackList {
  /** Newest first. */
  feedback: FeedbackEntry[]
  /** The number of entries on this page; of all that match, where the SDK filters. */
  total: number
}

/** Answer of {@link Feedback.getFeedbackStats}. */
export interface FeedbackStats {
  overall: {
    total_feedback: NumberText
    /** With 2 decimals; null without a rating. */
    avg_rating: NumberText | null
    positive_count: NumberText
    negative_count: NumberText
    neutral_count: NumberText
    unresolved_count: NumberText
    /** Of the last 24 hours. */
    today_count: NumberText
  }
  /** At most 10, most first. */
  by_category: { category: string; count: NumberText; avg_rating: NumberText | null }[]
  /** At most 10, most first; without feedback of no agent. */
  by_agent: {
    agent_id: string
    count: NumberText
    avg_rating: NumberText | null
    positive: NumberText
    negative: NumberText
  }[]
  /** Ratings that occur, lowest first. */
  rating_distribution: { rating: number; count: NumberText }[]
  /** At most 15, most first. */
  top_tags: { tag: string; count: NumberText }[]
}

const LIST =
  'listFeedback GET /api/feedback action_id agent_id category sentiment resolved:bool limit:num offset:num -> feedback!:[{}]'
const SUBMIT =
  'submitFeedback POST /api/feedback rating:num comment action_id agent_id@agentId category tags:list metadata:object source=sdk'

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
    return this.call('getFeedback GET /api/feedback/:feedback_id', undefined, options, feedbackId)
  }

  /**
   * Marks feedback as resolved by `sdk`. There is no way back; a second time only moves `resolved_at`.
   *
   * @param feedbackId - `fb_…`.
   * @returns The feedback itself.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/feedback/:feedback_id`. Not on newer servers.
   */
  resolveFeedback(feedbackId: string, options?: RequestOptions): Promise<FeedbackEntry> {
    return this.call('resolveFeedback PATCH /api/feedback/:feedback_id', { resolved_by: 'sdk' }, options, feedbackId)
  }

  /**
   * Deletes feedback.
   *
   * @param feedbackId - `fb_…`; an unknown one gives the same answer.
   * Route: `DELETE /api/feedback/:feedback_id`. Not on newer servers.
   */
  deleteFeedback(feedbackId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call('deleteFeedback DELETE /api/feedback/:feedback_id', undefined, options, feedbackId)
  }

  /**
   * Counts feedback by category, agent, rating and tag.
   *
   * @param filters - `agent_id` narrows only `overall`.
   * @throws {ServerError} Self-hosted 2.0 servers fail here as soon as there is any feedback: they can't count their own tags.
   * Route: `GET /api/feedback/stats`. Not on newer servers.
   */
  getFeedbackStats(filters: { agent_id?: string | undefined } = {}, options?: RequestOptions): Promise<FeedbackStats> {
    return this.call('getFeedbackStats GET /api/feedback/stats agent_id', filters, options)
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
