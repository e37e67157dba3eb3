import type { Open } from '../core/types.ts'

/** Categories of key points. */
export type KeyPointCategory = 'decision' | 'task' | 'insight' | 'question' | 'general'

/** Input of {@link Context.captureKeyPoint}. */
export interface CaptureKeyPointInput {
  /** 1 to 5,000 characters. Secrets in it are stored as they are. */
  content: string
  /** Default: the client's agent; null: a point of no agent. */
  agent_id?: string | null | undefined
  /** Default: `general`. `constraint` is sent as `general`: the documentation names it, servers do not know it. */
  category?: Open<KeyPointCategory | 'constraint'> | null | undefined
  /** Whole, 1 to 10. Default: 5. */
  importance?: number | null | undefined
  /** `YYYY-MM-DD`; the server takes any text of at most 50 characters. Default: today in UTC. */
  session_date?: string | null | undefined
}

/** A stored key point. There is no way to change or delete one. */
export interface KeyPoint {
  /** `cp_…` */
  id: string
  org_id: string
  agent_id: string | null
  content: string
  category: Open<KeyPointCategory>
  /** 1 to 10. */
  importance: number
  session_date: string
  /** Always 0: nothing sets it. */
  compressed: number
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Filters of {@link Context.getKeyPoints}. */
export interface KeyPointFilters {
  /** Default: the client's agent; null: all agents. */
  agent_id?: string | null | undefined
  category?: Open<KeyPointCategory> | undefined
  /** Exactly this text. */
  session_date?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
}

/** Input of {@link Context.createThread}. */
export interface CreateThreadInput {
  /** 1 to 500 characters; one thread a name and agent, capitals count. */
  name: string
  /** Default: the client's agent; null: a thread of no agent. */
  agent_id?: string | null | undefined
  /** At most 5,000 characters. Without one a stored summary stays. */
  summary?: string | null | undefined
}

/** A named thread of work; not a message thread. There is no way to delete one. */
export interface ContextThread {
  /** `ct_…` */
  id: string
  org_id: string
  agent_id: string | null
  name: string
  summary: string | null
  status: Open<'active' | 'closed'>
  /** ISO 8601 in UTC. */
  created_at: string
  /** Renewed by each entry. */
  updated_at: string
}

/** One entry of a thread; it does not hold who wrote it. */
export interface ThreadEntry {
  /** `ce_…` */
  id: string
  thread_id: string
  org_id: string
  content: string
  entry_type: string
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Filters of {@link Context.getThreads}. */
export interface ThreadFilters {
  /** Without it threads of both kinds are listed. */
  status?: Open<'active' | 'closed'> | undefined
  /** 0 to 100; larger values are cut by the server. Default: 20. */
  limit?: number | undefined
  /** Default: the client's agent; null: all agents. */
  agent_id?: string | null | undefined
}
