import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type { AgentSchedule, CreateAgentScheduleInput } from './schedules-types.ts'

export type * from './schedules-types.ts'

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
    return this.call('listAgentSchedules@2 GET /api/agent-schedules agent_id', filters, options)
  }

  /**
   * Adds a schedule; the same name again makes a second one. It can't be changed or deleted afterwards.
   *
   * Route: `POST /api/agent-schedules`. Not repeated after an unclear failure. Not on newer servers.
   */
  createAgentSchedule(input: CreateAgentScheduleInput, options?: RequestOptions): Promise<{ schedule: AgentSchedule }> {
    return this.call(
      'createAgentSchedule@2 POST /api/agent-schedules agent_id! name! cron_expression! description enabled:bool next_run:date',
      input,
      options,
    )
  }
}
