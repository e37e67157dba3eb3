import { Core, sharedOf } from '../core/core.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import {
  type HeartbeatInput,
  type StartHeartbeatOptions,
  sendHeartbeat,
  startBeating,
  stopBeating,
} from './presence-heartbeat.ts'
import type { AgentList } from './presence-types.ts'

export type { HeartbeatInput, StartHeartbeatOptions } from './presence-heartbeat.ts'
export type * from './presence-types.ts'

/** Presence: agents say that they are alive. */
export abstract class Presence extends Core {
  /**
   * Reports once that the agent is alive. Replaces all that an earlier heartbeat said: a field that is left out is cleared.
   *
   * @returns `status` is the word `ok`, not the agent's.
   * Route: `POST /api/agents/heartbeat`. Repeated after a failure. An agent counts as online for 10 minutes after a heartbeat.
   */
  heartbeat(input: HeartbeatInput = {}, options?: RequestOptions): Promise<{ status: Open<'ok'>; timestamp: string }> {
    return sendHeartbeat(this, input, options)
  }

  /**
   * Sends a heartbeat at once and then at every interval. `interval` is in **milliseconds** (default 60,000; other SDKs of the platform take seconds).
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
