import { Redactor } from '../rules/redact.ts'
import { filled, jsonColumn, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { today } from '../state/moment.ts'
import { error, invalid, json } from './answers.ts'
import { page, tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface HandoffRow {
  id: string
  org_id: string
  agent_id: string
  session_date: string
  summary: string
  key_decisions: string | null
  open_tasks: string | null
  mood_notes: string | null
  next_priorities: string | null
  created_at: string
}

function create(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { summary: 5000, mood_notes: 2000, session_date: 50 })
  if (problems.length) return invalid(problems)
  for (const name of ['summary', 'agent_id']) if (!fields[name]) return error(400, `${name} is required`)
  const redactor = new Redactor()
  const handoff: HandoffRow = {
    id: hexId('ho_'),
    org_id: ctx.org.id,
    agent_id: text(fields['agent_id'])!,
    session_date: filled(fields['session_date']) ?? today(ctx),
    summary: redactor.mask(text(fields['summary'])!),
    key_decisions: jsonColumn(fields['key_decisions']),
    open_tasks: jsonColumn(fields['open_tasks']),
    mood_notes: redactor.mask(filled(fields['mood_notes'])),
    next_priorities: jsonColumn(fields['next_priorities']),
    created_at: ctx.iso(),
  }
  ctx.table<HandoffRow>('handoffs').push(handoff)
  return json(201, { handoff, handoff_id: handoff.id })
}

function list(ctx: Context): Response {
  const { agent_id, date, latest } = ctx.query
  const own = ctx
    .table<HandoffRow>('handoffs')
    .filter((row) => !agent_id || row.agent_id === agent_id)
    .reverse()
  if (latest === 'true') return json(200, { handoff: own[0] ?? null })
  const pages = page({ limit: ctx.query['limit'] ?? '' }, { max: 1000 })
  if (!pages) return error(500, 'An error occurred while fetching handoffs')
  const handoffs = own.filter((row) => !date || row.session_date === date).slice(0, pages.limit)
  return json(200, { handoffs, total: handoffs.length })
}

/** Notes from one session to the next. */
export const handoffs: Route[] = [
  route('POST', '/api/handoffs', saving('An error occurred while creating handoff', create)),
  route('GET', '/api/handoffs', list),
]
