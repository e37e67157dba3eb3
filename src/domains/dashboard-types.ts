import type { Open } from '../core/types.ts'

/** Input of {@link Dashboard.createGoal}. */
export interface CreateGoalInput {
  /** 1 to 500 characters. */
  title: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** At most 200 characters. */
  category?: string | null | undefined
  /** At most 5,000 characters. */
  description?: string | null | undefined
  /** When it is due: free text, such as `2026-12-31`. Sent as `target_date`. */
  deadline?: string | null | undefined
  /** The server's name for `deadline`; goes first when both are given. */
  target_date?: string | null | undefined
  /** Not stored by 2.0 servers. */
  priority?: string | number | null | undefined
  /** Whole, meant as 0 to 100; the server does not check it. Default: 0. */
  progress?: number | null | undefined
  /** At most 50 characters. Default: `active`. */
  status?: Open<'active' | 'completed' | 'paused'> | null | undefined
}

/** A goal as it is stored. */
export interface Goal {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  category: string | null
  description: string | null
  target_date: string | null
  progress: number
  status: Open<'active' | 'completed' | 'paused'>
  /** US dollars; nothing sets it. */
  cost_estimate: number
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Dashboard.recordContent}. */
export interface RecordContentInput {
  /** 1 to 500 characters; not masked, unlike `body`. */
  title: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** What kind of content. 2.0 servers do not store it, so it is sent as `platform` too (at most 100 characters) when there is none. */
  content_type?: string | null | undefined
  /** Where it is published; at most 100 characters. */
  platform?: string | null | undefined
  /** At most 50 characters. Default: `draft`. */
  status?: Open<'draft' | 'published'> | null | undefined
  /** At most 2,000 characters; not checked. */
  url?: string | null | undefined
  /** At most 50,000 characters. The server masks secrets in it. */
  body?: string | null | undefined
}

/** A piece of content as it is stored. */
export interface Content {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  platform: string | null
  status: Open<'draft' | 'published'>
  url: string | null
  /** With `[REDACTED:<pattern>]` in place of secrets. */
  body: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Dashboard.recordInteraction}. */
export interface RecordInteractionInput {
  /** 1 to 2,000 characters. */
  summary: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** Exact name of a known contact, at most 500 characters; an unknown one is dropped. `syncState` makes contacts (`relationships`). */
  contact_name?: string | null | undefined
  /** Number of a contact; goes before `contact_name` and is not checked. */
  contact_id?: number | null | undefined
  /** At most 50 characters. Default: `outbound`. */
  direction?: Open<'inbound' | 'outbound'> | null | undefined
  /** At most 100 characters. Default: `message`. */
  type?: string | null | undefined
  /** At most 100 characters. */
  platform?: string | null | undefined
}

/** An interaction as it is stored. */
export interface Interaction {
  id: number
  org_id: string
  agent_id: string | null
  contact_id: number | null
  direction: Open<'inbound' | 'outbound'>
  summary: string
  /** Nothing sets it. */
  notes: string | null
  type: string
  platform: string | null
  /** Time of the call, ISO 8601 in UTC. */
  date: string
  /** Always null on 2.0 servers: see `date`. */
  created_at: string | null
}

/** Input of {@link Dashboard.createCalendarEvent}. */
export interface CreateCalendarEventInput {
  /** 1 to 500 characters. */
  summary: string
  /** A time that can be read as a date. A text without a zone is taken in the server's zone. */
  start_time: string | Date | number
  /** As `start_time`, which it is not compared with. */
  end_time?: string | Date | number | null | undefined
  /** At most 500 characters. */
  location?: string | null | undefined
  /** At most 5,000 characters. */
  description?: string | null | undefined
}

/** A calendar event as it is stored. */
export interface CalendarEvent {
  id: number
  org_id: string
  summary: string
  /** ISO 8601 in UTC. */
  start_time: string
  /** ISO 8601 in UTC. */
  end_time: string | null
  location: string | null
  description: string | null
}

/** Input of {@link Dashboard.recordIdea}. */
export interface RecordIdeaInput {
  /** 1 to 500 characters. */
  title: string
  /** The idea in full; at most 5,000 characters. Sent as `description`. */
  body?: string | null | undefined
  /** The server's name for `body`; goes first when both are given. */
  description?: string | null | undefined
  /** At most 200 characters. */
  category?: string | null | undefined
  /** Whole, meant as 0 to 100; null is stored. Default: the rounded mean of the three part scores when one is given, else 50. */
  score?: number | null | undefined
  /** At most 50 characters. Default: `pending`. */
  status?: Open<'pending' | 'in_progress' | 'shipped' | 'rejected'> | null | undefined
  /** At most 500 characters. */
  source?: string | null | undefined
  /** Part score, whole. Default: 0. */
  fun_factor?: number | null | undefined
  /** Part score, whole. Default: 0. */
  learning_potential?: number | null | undefined
  /** Part score, whole. Default: 0. */
  income_potential?: number | null | undefined
}

/** An idea as it is stored. Ideas are the organization's: they have no agent. */
export interface Idea {
  id: number
  org_id: string
  title: string
  description: string | null
  category: string | null
  score: number | null
  status: Open<'pending' | 'in_progress' | 'shipped' | 'rejected'>
  source: string | null
  /** ISO 8601 in UTC. */
  captured_at: string
  fun_factor: number
  learning_potential: number
  income_potential: number
}

/** How an agent signs in to a provider. */
export type ConnectionAuthType = 'api_key' | 'subscription' | 'oauth' | 'pre_configured' | 'environment'

/** Whether a connection works. */
export type ConnectionStatus = 'active' | 'inactive' | 'error'

/** One connection of an agent to a provider. */
export interface ConnectionInput {
  /** 1 to 128 characters; one row a provider and agent. */
  provider: string
  /** Default: `api_key`. */
  auth_type?: Open<ConnectionAuthType> | null | undefined
  /** At most 256 characters. */
  plan_name?: string | null | undefined
  /** Default: `active`. */
  status?: Open<ConnectionStatus> | null | undefined
  /** An object, or a text; at most 10,000 characters as JSON. */
  metadata?: Record<string, unknown> | string | null | undefined
}

/** A connection as it is stored. */
export interface AgentConnection {
  /** `conn_…`. */
  id: string
  org_id: string
  agent_id: string
  provider: string
  auth_type: Open<ConnectionAuthType>
  plan_name: string | null
  status: Open<ConnectionStatus>
  /** JSON as text when an object was reported. */
  metadata: string | null
  /** First report, ISO 8601 in UTC. */
  reported_at: string
  /** Last report, ISO 8601 in UTC. */
  updated_at: string
}

/** A connection that the server refused. */
export interface RefusedConnection {
  /** Absent when the entry had none. */
  provider?: string
  error: string
}

/** Answer of {@link Dashboard.reportConnections}. */
export interface ReportedConnections {
  /** Those that were stored. */
  connections: AgentConnection[]
  /** Those that were refused; absent when there are none. */
  errors?: RefusedConnection[]
  /** How many rows were written, new and known ones alike. */
  created: number
}

/** State of an agent's memory. Numbers are whole but for `avg_lines_per_day`, and 0 when absent. */
export interface MemoryHealthReport {
  /** 0 to 100. */
  score?: number | null | undefined
  total_files?: number | null | undefined
  total_lines?: number | null | undefined
  /** Kilobytes. */
  total_size_kb?: number | null | undefined
  memory_md_lines?: number | null | undefined
  /** Oldest daily note, such as `2026-01-31`. */
  oldest_daily?: string | null | undefined
  /** Newest daily note. */
  newest_daily?: string | null | undefined
  days_with_notes?: number | null | undefined
  avg_lines_per_day?: number | null | undefined
  duplicates?: number | null | undefined
  stale_count?: number | null | undefined
}

/** One word for a memory's state, in place of a score: `healthy` 100, `good` 80, `fair` 60, `degraded` 40, `poor` 20, `critical` 0. */
export type MemoryHealthWord = 'healthy' | 'good' | 'fair' | 'degraded' | 'poor' | 'critical'

/** A topic of a memory. */
export interface MemoryTopic {
  name: string
  /** Whole. Default: 1. */
  mentions?: number | null | undefined
}

/** A person or thing of a memory. */
export interface MemoryEntity extends MemoryTopic {
  /** Default: `other`. */
  type?: string | null | undefined
}

/** Input of {@link Dashboard.reportMemoryHealth}. */
export interface ReportMemoryHealthInput {
  /** A report; or a score from 0 to 100; or a word, see {@link MemoryHealthWord}. */
  health: MemoryHealthReport | MemoryHealthWord | number
  /**
   * The list **replaces the entities of the whole organization**; the first 100 are stored, an empty list changes nothing. A
   * count is sent as it is, and ignored by the server.
   */
  entities?: readonly MemoryEntity[] | number | null | undefined
  /** As `entities`. */
  topics?: readonly MemoryTopic[] | number | null | undefined
}

/** A reading of a memory as it is stored. */
export interface MemorySnapshot {
  id: number
  org_id: string
  /** ISO 8601 in UTC. */
  timestamp: string
  health_score: number
  total_files: number
  total_lines: number
  total_size_kb: number
  memory_md_lines: number
  oldest_daily_file: string | null
  newest_daily_file: string | null
  days_with_notes: number
  avg_lines_per_day: number
  potential_duplicates: number
  stale_facts_count: number
}
