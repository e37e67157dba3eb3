import type { Open } from '../core/types.ts'

/** Where a session stands: `spawning` at first, then any text; `blocked` keeps a reason, `closed` may be final. */
export type SessionStatus = Open<'spawning' | 'blocked' | 'closed'>

/** Input of {@link Sessions.createSession}. */
export interface CreateSessionInput {
  /** Default: the client's agent. */
  agent_id?: string | null | undefined
  /** Where the agent works, such as a directory. */
  workspace?: string | null | undefined
  /** Branch of the repository. */
  branch?: string | null | undefined
}

/** Input of {@link Sessions.updateSession}; at least one field. */
export interface UpdateSessionInput {
  /** Writes an event as well. */
  status?: SessionStatus | null | undefined
  /** How far the work is checked; free text. */
  green_level?: string | null | undefined
  /** Whether the branch is up to date; free text. */
  branch_freshness?: string | null | undefined
  /** Whole. */
  commits_behind?: number | null | undefined
  /** Why it is stuck; written only together with `status: 'blocked'`. */
  blocked_reason?: string | null | undefined
}

/** A working session of an agent. */
export interface Session {
  /** `sess_…`. */
  id: string
  org_id: string
  agent_id: string
  workspace: string | null
  branch: string | null
  status: SessionStatus
  /** When the status was set. */
  status_since: string
  blocked_reason: string | null
  green_level: string | null
  branch_freshness: string | null
  commits_behind: number | null
  last_activity: string | null
  created_at: string
  updated_at: string
}

/** A change of a session's status. */
export interface SessionEvent {
  id: number
  session_id: string
  org_id: string
  /** From 1. */
  seq: number
  /** The status. */
  kind: SessionStatus
  /** The reason, for `blocked`. */
  detail: string | null
  created_at: string
}

/** Filters of {@link Sessions.listSessions}. */
export interface SessionFilters {
  /** Not filled in from the client: without it sessions of all agents are listed. */
  agent_id?: string | undefined
  status?: SessionStatus | undefined
  /** At most 200. Default: 50. */
  limit?: number | undefined
}
