import { Core, sharedOf } from '../core/core.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import {
  type HeartbeatInput,
  type StartHeartbeatOptions,
  sendHeartbeat,
  startBeating,
  stopBeating,
} from '../governance/heartbeat.ts'

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

/** Presence: agents say that they are alive. */
export abstract class Presence extends Core {
  /**
   * Says once that the agent is alive. Replaces all that an earlier heartbeat said: a field that is left out is cleared.
   *
   * @returns `status` is the word `ok`, not the agent's.
   * Route: `POST /api/agents/heartbeat`. Repeated after a failure. An agent counts as online for 10 minutes after a heartbeat.
   */
  heartbeat(input: HeartbeatInput = {}, options?: RequestOptions): Promise<{ status: Open<'ok'>; timestamp: string }> {
    return sendHeartbeat(this, input, options)
  }

  /**
   * Sends a heartbeat at once and then every `interval` **milliseconds** (default 60,000; other SDKs of the platform take seconds).
   * A beat that fails is reported to the logger once, and the next one follows. Holds no process open. While it runs, a second
   * call does nothing. Ends with {@link stopHeartbeat}, or when every client that asked for it is closed.
   *
   * @throws {InputError} When `interval` is below 1,000 or no number, or an option is not known.
   */
  startHeartbeat(options: StartHeartbeatOptions = {}): void {
    startBeating(this, options)
  }

  /** Ends the heartbeats of this client's agent. Sends nothing: call `heartbeat({ status: 'offline' })` to say goodbye. */
  stopHeartbeat(): void {
    stopBeating(sharedOf(this), this.agentId)
  }

  /**
   * Lists the agents of the organization and how they stand. Not paged.
   *
   * @param filters - `include_connections`: the connections of each agent as well. `debug`: `meta` as well.
   * Route: `GET /api/agents`.
   */
  listAgents(
    filters: { include_connections?: boolean | undefined; debug?: boolean | undefined } = {},
    options?: RequestOptions,
  ): Promise<AgentList> {
    return this.call('listAgents GET /api/agents include_connections:bool debug:bool', filters, options)
  }
}
