import type { Open } from '../core/types.ts'

/** Filters of {@link Digest.getDailyDigest}. */
export interface DigestFilters {
  /** A UTC day, `YYYY-MM-DD`. Default: today in UTC; null: the newest 50 of each kind, of any day. */
  date?: string | null | undefined
  /** Default: the client's agent; null: the whole organization. */
  agent_id?: string | null | undefined
}

/** One kind of things in a digest. */
export interface DigestSection<T> {
  /** All of the day; without a date it stops at 50. */
  total: number
  /** Newest first; at most 10, and 20 actions. */
  items: T[]
}

/** The actions of a digest. */
export interface DigestActions extends DigestSection<DigestAction> {
  completed: number
  failed: number
  /** Rounded mean risk score; a missing one counts as 0. */
  avg_risk: number
}

/** An action in a digest. */
export interface DigestAction {
  action_id: string
  action_type: string
  declared_goal: string
  status: Open<'running' | 'completed' | 'failed' | 'cancelled' | 'pending' | 'pending_approval'>
  risk_score: number | null
  timestamp_start: string
}

/** A decision in a digest. */
export interface DigestDecision {
  id: number
  decision: string
  outcome: string | null
  timestamp: string | null
}

/** A lesson in a digest. */
export interface DigestLesson {
  id: number
  lesson: string | null
  timestamp: string | null
}

/** A piece of content in a digest. */
export interface DigestContent {
  id: number
  title: string
  platform: string | null
  status: string | null
  created_at: string | null
}

/** An idea in a digest. Ideas have no agent: they are the organization's, whatever `agent_id` says. */
export interface DigestIdea {
  id: number
  title: string
  score: number | null
  captured_at: string | null
}

/** An interaction in a digest. 2.0 servers list none for a date: they look for a time that they never store. */
export interface DigestInteraction {
  id: number
  summary: string | null
  direction: string | null
  /** Always null on 2.0 servers. */
  created_at: string | null
}

/** A goal in a digest. */
export interface DigestGoal {
  id: number
  title: string
  progress: number | null
  status: string | null
  created_at: string
}

/** Answer of {@link Digest.getDailyDigest}. */
export interface DailyDigest {
  /** As it was sent. */
  date: string | null
  /** As it was sent. */
  agent_id: string | null
  digest: {
    actions: DigestActions
    decisions: DigestSection<DigestDecision>
    lessons: DigestSection<DigestLesson>
    content: DigestSection<DigestContent>
    ideas: DigestSection<DigestIdea>
    interactions: DigestSection<DigestInteraction>
    goals: DigestSection<DigestGoal>
  }
  summary: {
    /** Sum of the other counts. */
    total_activities: number
    action_count: number
    decision_count: number
    lesson_count: number
    content_count: number
    idea_count: number
    interaction_count: number
    goal_count: number
  }
  /** `summary.action_count`. */
  actions_count: number
  /** `summary.decision_count`. */
  decisions_count: number
}
