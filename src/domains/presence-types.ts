import type { Open } from '../core/types.ts'

/** An agent and how it stands. */
export interface AgentSummary {
  agent_id: string
  /** The id when no name is known. */
  agent_name: string
  action_count: number
  /** Newest action, goal, decision or token report; the last heartbeat for agents that only beat. */
  last_active: string | null
  /** Absent for agents that only beat. */
  goal_count?: number
  /** Absent for agents that only beat. */
  decision_count?: number
  /** The word of the last heartbeat; `unknown` without one. */
  reported_status: string | null
  /** Seen in the last 10 minutes: `online`; in the last 30: `stale`. */
  presence_state: Open<'online' | 'stale' | 'offline' | 'unknown'>
  /** The same as `presence_state`. */
  status: string
  seconds_since_seen: number | null
  last_seen_at: string | null
  /** Only with a heartbeat. */
  last_heartbeat_at?: string | null
  current_task_id?: string | null
  presence_metadata?: Record<string, unknown> | null
  /** Only with `include_connections`. */
  connections?: unknown[]
}

/** Answer of {@link Presence.listAgents}. */
export interface AgentList {
  /** Online ones first, then those seen last. */
  agents: AgentSummary[]
  lastUpdated: string
  /** Only with `debug`. */
  meta?: {
    org_id: string
    server_time: string
    agent_count: number
    heartbeat_source: string
    online_window_ms: string
  }
}
