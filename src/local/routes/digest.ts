import { DAY } from '../state/moment.ts'
import type { ActionRow } from '../state/rows.ts'
import type { TableName } from '../state/tables.ts'
import { error, json } from './answers.ts'
import { type Context, type Route, route } from './route.ts'

type Row = Record<string, unknown>

/** Kinds of things in a digest besides actions: where they are kept, their time, what is shown. */
const SECTIONS: readonly [
  section: string,
  count: string,
  table: TableName,
  time: string,
  columns: readonly string[],
][] = [
  ['decisions', 'decision_count', 'decisions', 'timestamp', ['id', 'decision', 'outcome', 'timestamp']],
  ['lessons', 'lesson_count', 'lessons', 'timestamp', ['id', 'lesson', 'timestamp']],
  ['content', 'content_count', 'content', 'created_at', ['id', 'title', 'platform', 'status', 'created_at']],
  ['ideas', 'idea_count', 'ideas', 'captured_at', ['id', 'title', 'score', 'captured_at']],
  ['interactions', 'interaction_count', 'interactions', 'created_at', ['id', 'summary', 'direction', 'created_at']],
  ['goals', 'goal_count', 'goals', 'created_at', ['id', 'title', 'progress', 'status', 'created_at']],
]
const ACTION = ['action_id', 'action_type', 'declared_goal', 'status', 'risk_score', 'timestamp_start']
/** Rows of a kind when no day is asked for. */
const NEWEST = 50

const shown = (row: Row, columns: readonly string[]) =>
  Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))

function digest(ctx: Context): Response {
  const date = ctx.query['date'] || null
  const agent_id = ctx.query['agent_id'] || null
  const from = Date.parse(`${date}T00:00:00.000Z`)
  if (date && Number.isNaN(from)) return error(500, 'An error occurred while generating digest')

  /** Rows of the day, or the newest ones, newest first; without a time they come before all others, but on no day. */
  const rows = (table: TableName, time: string): Row[] => {
    const at = (row: Row) => (row[time] == null ? Infinity : Date.parse(String(row[time])))
    const own = (ctx.table<Row>(table) as Row[])
      // The older line never finds the interactions of a day, as it stores their time under another name.
      .map((row) => (table === 'interactions' && ctx.version !== '2.0' ? { ...row, created_at: row['date'] } : row))
      .map((row) => (table === 'lessons' ? { ...row, lesson: row['lesson'] ?? row['content'] } : row))
      .filter((row) => !agent_id || table === 'ideas' || row['agent_id'] === agent_id)
      .filter((row) => !date || (at(row) >= from && at(row) < from + DAY))
      .reverse()
      .sort((a, b) => (at(a) === at(b) ? 0 : at(b) - at(a)))
    return date ? own : own.slice(0, NEWEST)
  }

  const actions = rows('actions', 'timestamp_start') as unknown as ActionRow[]
  const count = (status: string) => actions.filter((row) => row.status === status).length
  const risk = actions.reduce((sum, { risk_score }) => sum + (risk_score ?? 0), 0)
  const sections: Row = {
    actions: {
      total: actions.length,
      completed: count('completed'),
      failed: count('failed'),
      avg_risk: actions.length ? Math.round(risk / actions.length) : 0,
      items: actions.slice(0, 20).map((row) => shown(row as unknown as Row, ACTION)),
    },
  }
  const counts: Record<string, number> = { action_count: actions.length }
  for (const [section, name, table, time, columns] of SECTIONS) {
    const found = rows(table, time)
    sections[section] = { total: found.length, items: found.slice(0, 10).map((row) => shown(row, columns)) }
    counts[name] = found.length
  }
  const total_activities = Object.values(counts).reduce((sum, one) => sum + one, 0)
  return json(200, { date, agent_id, digest: sections, summary: { total_activities, ...counts } })
}

/** The overview of a day. */
export const digests: Route[] = [route('GET', '/api/digest', digest)]
