import { filled, integer, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { today } from '../state/moment.ts'
import { newest } from '../state/order.ts'
import { error, invalid, json } from './answers.ts'
import { page, tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface PointRow {
  id: string
  org_id: string
  agent_id: string | null
  content: string
  category: string
  importance: number
  session_date: string
  compressed: number
  created_at: string
}

interface ThreadRow {
  id: string
  org_id: string
  agent_id: string | null
  name: string
  summary: string | null
  status: string
  created_at: string
  updated_at: string
}

interface EntryRow {
  id: string
  thread_id: string
  org_id: string
  content: string
  entry_type: string
  created_at: string
}

const CATEGORIES = ['decision', 'task', 'insight', 'question', 'general']
const STATUSES = ['active', 'closed']
const UNKNOWN = 'Thread not found'

const threadsOf = (ctx: Context) => ctx.table<ThreadRow>('context_threads')
const threadOf = (ctx: Context) => threadsOf(ctx).find(({ id }) => id === ctx.params['thread_id'])
const entriesOf = (ctx: Context) => ctx.table<EntryRow>('context_entries')

/** The list without a place to go on from. */
const limitOf = (ctx: Context, sizes: { limit?: number; max: number }) =>
  page({ limit: ctx.query['limit'] ?? '' }, sizes)?.limit

function capture(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { content: 5000, category: 100, session_date: 50 })
  if (problems.length) return invalid(problems)
  if (!fields['content']) return error(400, 'content is required')
  const category = fields['category'] ?? 'general'
  if (!CATEGORIES.includes(category as string)) {
    return error(400, `category must be one of: ${CATEGORIES.join(', ')}`)
  }
  const importance = fields['importance'] === undefined ? 5 : fields['importance']
  if (Number(importance) < 1 || Number(importance) > 10) return error(400, 'importance must be between 1 and 10')
  const point: PointRow = {
    id: hexId('cp_'),
    org_id: ctx.org.id,
    agent_id: filled(fields['agent_id']),
    content: text(fields['content'])!,
    category: category as string,
    importance: integer(importance),
    session_date: filled(fields['session_date']) ?? today(ctx),
    compressed: 0,
    created_at: ctx.iso(),
  }
  ctx.table<PointRow>('key_points').push(point)
  return json(201, { point, point_id: point.id })
}

function listPoints(ctx: Context): Response {
  const limit = limitOf(ctx, { max: 200 })
  if (limit === undefined) return error(500, 'An error occurred while fetching context points')
  const { agent_id, category, session_date } = ctx.query
  const points = ctx
    .table<PointRow>('key_points')
    .filter(
      (row) =>
        (!agent_id || row.agent_id === agent_id) &&
        (!category || row.category === category) &&
        (!session_date || row.session_date === session_date),
    )
    .reverse()
    .sort((a, b) => b.importance - a.importance)
    .slice(0, limit)
  return json(200, { points, total: points.length })
}

function createThread(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { name: 500, summary: 5000 })
  if (problems.length) return invalid(problems)
  if (!fields['name']) return error(400, 'name is required')
  const name = text(fields['name'])!
  const agent_id = filled(fields['agent_id'])
  const summary = filled(fields['summary'])
  let thread = threadsOf(ctx).find((row) => row.name === name && row.agent_id === agent_id)
  if (thread) {
    Object.assign(thread, { status: 'active', summary: summary ?? thread.summary, updated_at: ctx.iso() })
  } else {
    thread = {
      id: hexId('ct_'),
      org_id: ctx.org.id,
      agent_id,
      name,
      summary,
      status: 'active',
      created_at: ctx.iso(),
      updated_at: ctx.iso(),
    }
    threadsOf(ctx).push(thread)
  }
  return json(201, { thread, thread_id: thread.id })
}

function listThreads(ctx: Context): Response {
  const limit = limitOf(ctx, { limit: 20, max: 100 })
  if (limit === undefined) return error(500, 'An error occurred while fetching threads')
  const { agent_id, status } = ctx.query
  const threads = threadsOf(ctx)
    .filter((row) => (!agent_id || row.agent_id === agent_id) && (!status || row.status === status))
    .reverse()
    .sort(newest((row) => row.updated_at))
    .slice(0, limit)
  return json(200, { threads, total: threads.length })
}

function addEntry(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { content: 5000, entry_type: 100 })
  if (problems.length) return invalid(problems)
  if (!fields['content']) return error(400, 'content is required')
  const thread = threadOf(ctx)
  if (!thread) return error(404, UNKNOWN)
  if (thread.status === 'closed') return error(400, 'Cannot add entries to a closed thread')
  const entry: EntryRow = {
    id: hexId('ce_'),
    thread_id: thread.id,
    org_id: ctx.org.id,
    content: text(fields['content'])!,
    entry_type: filled(fields['entry_type']) ?? 'note',
    created_at: ctx.iso(),
  }
  entriesOf(ctx).push(entry)
  thread.updated_at = ctx.iso()
  return json(201, { entry, entry_id: entry.id })
}

function updateThread(ctx: Context): Response {
  const { status, summary } = ctx.fields
  if (status !== undefined && !STATUSES.includes(status as string)) {
    return error(400, 'status must be active or closed')
  }
  const thread = threadOf(ctx)
  if (!thread) return error(404, UNKNOWN)
  if (status === undefined && summary === undefined) {
    return error(400, 'At least one field (summary or status) is required')
  }
  if (summary !== undefined) thread.summary = text(summary)
  if (status !== undefined) thread.status = status as string
  thread.updated_at = ctx.iso()
  return json(200, { thread })
}

function readThread(ctx: Context): Response {
  const thread = threadOf(ctx)
  if (!thread) return error(404, UNKNOWN)
  return json(200, { thread, entries: entriesOf(ctx).filter(({ thread_id }) => thread_id === thread.id) })
}

/** Key points, and threads with their entries. */
export const context: Route[] = [
  route('POST', '/api/context/points', saving('An error occurred while creating context point', capture)),
  route('GET', '/api/context/points', listPoints),
  route('POST', '/api/context/threads', saving('An error occurred while creating thread', createThread)),
  route('GET', '/api/context/threads', listThreads),
  route('GET', '/api/context/threads/:thread_id', readThread),
  route('PATCH', '/api/context/threads/:thread_id', saving('An error occurred while updating thread', updateThread)),
  route('POST', '/api/context/threads/:thread_id/entries', saving('An error occurred while adding entry', addEntry)),
]
