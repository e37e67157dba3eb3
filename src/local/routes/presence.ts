import { instant } from '../state/moment.ts'
import type { ActionRow, PresenceRow } from '../state/rows.ts'
import { error, fault, json } from './answers.ts'
import { type Route, route } from './route.ts'

const ONLINE = 600_000
const NEVER = '1970-01-01'

/** A text column; null stays. */
const text = (value: unknown): string | null => (value === undefined || value === null ? null : String(value))

interface Activity {
  agent_id?: string | null
  agent_name?: string | null
  created_at?: string
  timestamp_start?: string
}

/** Heartbeats and the agents that are known from anything they did. */
export const presence: Route[] = [
  route('POST', '/api/agents/heartbeat', (ctx) => {
    if (!ctx.bodyOk) return fault()
    const { agent_id, agent_name, status, current_task_id, metadata } = ctx.fields
    if (!agent_id) return error(400, 'agent_id is required')
    const rows = ctx.table<PresenceRow>('presence')
    const row: PresenceRow = {
      agent_id: String(agent_id),
      agent_name: text(agent_name),
      status: status === undefined ? 'online' : text(status),
      current_task_id: text(current_task_id),
      metadata: metadata ?? {},
      last_heartbeat_at: ctx.iso(),
    }
    const at = rows.findIndex((other) => other.agent_id === row.agent_id)
    if (at < 0) rows.push(row)
    else rows[at] = row
    ctx.publish('agent.heartbeat', {
      agent_id: row.agent_id,
      status: row.status,
      last_heartbeat_at: row.last_heartbeat_at,
      ...(current_task_id !== undefined && { current_task_id: row.current_task_id }),
    })
    return json(200, { status: 'ok', timestamp: row.last_heartbeat_at })
  }),

  route('GET', '/api/agents', (ctx) => {
    const now = ctx.clock.now()
    const actions = ctx.table<ActionRow>('actions')
    const goals = ctx.table<Activity>('goals')
    const decisions = ctx.table<Activity>('decisions')
    const beats = new Map(ctx.table<PresenceRow>('presence').map((row) => [row.agent_id, row]))
    const active = [...actions, ...goals, ...decisions, ...ctx.table<Activity>('token_reports')].filter(
      (row) => row.agent_id,
    )
    const ids = new Set([...active.map((row) => row.agent_id as string), ...beats.keys()])
    const agents = [...ids].map((agent_id) => {
      const own = active.filter((row) => row.agent_id === agent_id)
      const beat = beats.get(agent_id)
      const last = own
        .map((row) => row.timestamp_start ?? row.created_at)
        .filter((time) => !Number.isNaN(instant(time)))
        .sort((a, b) => instant(a) - instant(b))
        .at(-1)
      const beaten = beat?.last_heartbeat_at
      const seen = (last && beaten ? (instant(last) > instant(beaten) ? last : beaten) : (last ?? beaten)) ?? null
      const age = seen ? now - instant(seen) : null
      const down = beat?.status === 'offline' || beat?.status === 'error'
      const state =
        age === null ? 'unknown' : down ? 'offline' : age < ONLINE ? 'online' : age < 3 * ONLINE ? 'stale' : 'offline'
      const named = own.filter((row) => row.agent_name).at(-1)?.agent_name || beat?.agent_name || agent_id
      const count = (rows: Activity[]) => rows.filter((row) => row.agent_id === agent_id).length
      return {
        agent_id,
        agent_name: named,
        action_count: count(actions),
        last_active: last ?? beat?.last_heartbeat_at ?? null,
        ...(own.length > 0 && { goal_count: count(goals), decision_count: count(decisions) }),
        reported_status: beat ? beat.status : 'unknown',
        presence_state: state,
        status: state,
        seconds_since_seen: age === null ? null : Math.max(0, Math.floor(age / 1000)),
        last_seen_at: seen,
        ...(beat && {
          last_heartbeat_at: beat.last_heartbeat_at,
          current_task_id: beat.current_task_id,
          presence_metadata: beat.metadata,
        }),
        ...(ctx.query['include_connections'] === 'true' && {
          connections: ctx.table<Activity>('connections').filter((row) => row.agent_id === agent_id),
        }),
      }
    })
    const away = ({ presence_state }: { presence_state: string }) => (presence_state === 'online' ? 0 : 1)
    agents.sort((a, b) => away(a) - away(b) || instant(b.last_seen_at ?? NEVER) - instant(a.last_seen_at ?? NEVER))
    return json(200, {
      agents,
      lastUpdated: ctx.iso(),
      ...(ctx.query['debug'] === 'true' && {
        meta: {
          org_id: ctx.org.id,
          server_time: ctx.iso(),
          agent_count: agents.length,
          heartbeat_source: 'agent_presence',
          online_window_ms: `default(${ONLINE})`,
        },
      }),
    })
  }),
]
