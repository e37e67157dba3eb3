import { hexId } from '../state/ids.ts'
import { newestFirst } from '../state/order.ts'
import type { Dated } from '../state/rows.ts'
import { error, fault, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'

interface SessionRow extends Dated {
  id: string
  org_id: string
  agent_id: string
  workspace: string | null
  branch: string | null
  status: string
  status_since: string
  blocked_reason: string | null
  green_level: string | null
  branch_freshness: string | null
  commits_behind: number
  last_activity: string
}

interface EventRow {
  id: number
  session_id: string
  org_id: string
  seq: number
  kind: string
  detail: string | null
  created_at: string
}

const find = (ctx: Context) => ctx.table<SessionRow>('sessions').find(({ id }) => id === ctx.params['session_id'])
const eventsOf = (ctx: Context, { id }: SessionRow) =>
  ctx.table<EventRow>('session_events').filter(({ session_id }) => session_id === id)
const missing = () => error(404, 'Session not found')
const CHANGES = ['status', 'green_level', 'branch_freshness', 'commits_behind', 'blocked_reason']

/** Working sessions of agents; newer servers only, as Studio. */
export const sessions: Route[] = [
  route(
    'POST',
    '/api/sessions',
    (ctx) => {
      if (!ctx.bodyOk) return fault()
      const { agent_id, workspace, branch } = ctx.fields as { agent_id?: string; workspace?: string; branch?: string }
      if (!agent_id) return error(400, 'agent_id is required')
      const now = ctx.iso()
      const session: SessionRow = {
        id: hexId('sess_', 12),
        org_id: ctx.org.id,
        agent_id,
        workspace: workspace || null,
        branch: branch || null,
        status: 'spawning',
        status_since: now,
        blocked_reason: null,
        green_level: null,
        branch_freshness: null,
        commits_behind: 0,
        last_activity: now,
        created_at: now,
        updated_at: now,
      }
      ctx.table<SessionRow>('sessions').push(session)
      return json(201, { session })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/sessions',
    (ctx) => {
      const pages = page(ctx.query, { zero: true })
      if (!pages) return fault()
      const { agent_id, status } = ctx.query
      const found = ctx
        .table<SessionRow>('sessions')
        .filter((row) => (!agent_id || row.agent_id === agent_id) && (!status || row.status === status))
      return json(200, { sessions: newestFirst(found).slice(0, pages.limit) })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/sessions/:session_id',
    (ctx) => {
      const session = find(ctx)
      return session ? json(200, { session }) : missing()
    },
    NEWER,
  ),
  route(
    'PATCH',
    '/api/sessions/:session_id',
    (ctx) => {
      if (!ctx.bodyOk) return fault()
      const { fields } = ctx
      if (!CHANGES.some((name) => fields[name] != null)) return error(400, 'No update fields provided')
      const session = find(ctx)
      if (!session) return missing()
      const { status, green_level, branch_freshness, commits_behind, blocked_reason } = fields as Partial<SessionRow>
      const now = ctx.iso()
      if (status) {
        const reason = status === 'blocked' ? (blocked_reason ?? null) : null
        if (status === 'blocked') session.blocked_reason = reason
        if (status !== session.status) session.status_since = now
        session.status = status
        ctx.table<EventRow>('session_events').push({
          id: ++ctx.org.rows,
          session_id: session.id,
          org_id: ctx.org.id,
          seq: eventsOf(ctx, session).length + 1,
          kind: status,
          detail: reason,
          created_at: now,
        })
      }
      Object.assign(session, {
        green_level: green_level ?? session.green_level,
        branch_freshness: branch_freshness ?? session.branch_freshness,
        commits_behind: commits_behind ?? session.commits_behind,
        last_activity: now,
        updated_at: now,
      })
      return json(200, { session })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/sessions/:session_id/events',
    (ctx) => {
      const session = find(ctx)
      return session ? json(200, { events: eventsOf(ctx, session) }) : missing()
    },
    NEWER,
  ),
]
