import type { JsonText, NumberText, Open } from '../core/types.ts'

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
