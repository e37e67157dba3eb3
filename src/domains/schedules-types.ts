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
