import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'

/** Input of {@link Schedules.createAgentSchedule}. */
export interface CreateAgentScheduleInput {
  /** Whose schedule it is; 1 to 128 characters. Not filled in from the client. */
  agent_id: string
  /** 1 to 500 characters. */
  name: string
  /** 1 to 200 characters, such as `0 6 * * *`. The server does not check it. */
  cron_expression: string
  /** At most 2,000 characters. */
  description?: string | null | undefined
  /** Only `false` switches it off. Default: true. */
  enabled?: boolean | null | undefined
  /** When it is due next: a time that can be read as a date. The server does not compute it. */
  next_run?: string | Date | number | null | undefined
}

/** A schedule as it is stored. */
export interface AgentSchedule {
  id: number
  org_id: string
  agent_id: string
  name: string
  description: string | null
  cron_expression: string
  enabled: boolean
  /** Nothing sets it. */
  last_run: string | null
  /** ISO 8601 in UTC. */
  next_run: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Recurring work of agents, kept as data: the server runs none of it, and nothing changes or deletes a schedule. */
export abstract class Schedules extends Core {
  /**
   * Lists schedules: of one agent newest first; of all agents by agent, then newest first. All at once.
   *
   * @param filters - `agent_id`: only this agent's; not filled in from the client.
   * Route: `GET /api/agent-schedules`. Not on newer servers.
   */
  listAgentSchedules(
    filters: { agent_id?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ schedules: AgentSchedule[] }> {
    return this.call('listAgentSchedules GET /api/agent-schedules agent_id', filters, options)
  }

  /**
   * Adds a schedule; the same name again makes a second one. It can't be changed or deleted afterwards.
   *
   * Route: `POST /api/agent-schedules`. Not repeated after an unclear failure. Not on newer servers.
   */
  createAgentSchedule(input: CreateAgentScheduleInput, options?: RequestOptions): Promise<{ schedule: AgentSchedule }> {
    return this.call(
      'createAgentSchedule POST /api/agent-schedules agent_id! name! cron_expression! description enabled:bool next_run:date',
      input,
      options,
    )
  }
}
