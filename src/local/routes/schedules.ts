import { text } from '../state/columns.ts'
import { moment } from '../state/moment.ts'
import { error, invalid, json } from './answers.ts'
import { tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface ScheduleRow {
  id: number
  org_id: string
  agent_id: string
  name: string
  description: string | null
  cron_expression: string
  enabled: boolean
  last_run: string | null
  next_run: string | null
  created_at: string
}

const FAULT = 'An error occurred while creating the schedule'

function create(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { name: 500, description: 2000, cron_expression: 200, agent_id: 128 })
  if (problems.length) return invalid(problems)
  const { agent_id, name, cron_expression, next_run } = fields
  if (!agent_id || !name || !cron_expression) return error(400, 'agent_id, name, and cron_expression are required')
  const due = next_run ? moment(next_run) : null
  if (due === undefined) return error(500, FAULT)
  const schedule: ScheduleRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    agent_id: text(agent_id)!,
    name: text(name)!,
    description: text(fields['description'] || null),
    cron_expression: text(cron_expression)!,
    enabled: fields['enabled'] !== false,
    last_run: null,
    next_run: due,
    created_at: ctx.iso(),
  }
  ctx.table<ScheduleRow>('agent_schedules').push(schedule)
  return json(201, { schedule })
}

/** Recurring work of agents, kept and nothing else. */
export const schedules: Route[] = [
  route('GET', '/api/agent-schedules', (ctx) => {
    const { agent_id } = ctx.query
    const rows = [...ctx.table<ScheduleRow>('agent_schedules')]
      .reverse()
      .filter((row) => !agent_id || row.agent_id === agent_id)
      .sort((a, b) => (a.agent_id < b.agent_id ? -1 : a.agent_id > b.agent_id ? 1 : 0))
    return json(200, { schedules: rows })
  }),
  route('POST', '/api/agent-schedules', saving(FAULT, create)),
]
