import {
  addContent,
  addGoal,
  addIdea,
  addMemory,
  type ConnectionRow,
  type ContactRow,
  type ContentRow,
  type EventRow,
  type GoalRow,
  type IdeaRow,
  type InteractionRow,
  type MemoryRow,
  type NamedRow,
  nextId,
  replaceNamed,
  storeConnection,
} from '../rules/dashboard.ts'
import { Redactor } from '../rules/redact.ts'
import { groups, mean, sum } from '../rules/statistics.ts'
import { filled, integer, text } from '../state/columns.ts'
import { moment } from '../state/moment.ts'
import type { TableName } from '../state/tables.ts'
import { error, invalid, json } from './answers.ts'
import { tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

const HOUR = 3_600_000
const agentOf = (ctx: Context) => filled(ctx.fields['agent_id'])

/** Rows of the agent that is asked for, newest first. */
function newestOf<T extends { agent_id: string | null }>(ctx: Context, table: TableName): T[] {
  const { agent_id } = ctx.query
  return [...ctx.table<T>(table)].reverse().filter((row) => !agent_id || row.agent_id === agent_id)
}

const counted = <T>(rows: readonly T[], matches: (row: T) => boolean) => rows.filter(matches).length

function createGoal(ctx: Context): Response {
  const problems = tooLong(ctx.fields, { title: 500, category: 200, description: 5000, status: 50 })
  if (problems.length) return invalid(problems)
  if (!ctx.fields['title']) return error(400, 'title is required')
  const goal = addGoal(ctx, agentOf(ctx), ctx.fields)
  ctx.publish('goal.created', goal)
  return json(201, { goal })
}

function goals(ctx: Context): Response {
  const rows = newestOf<GoalRow>(ctx, 'goals')
  return json(200, {
    goals: rows.map((row) => ({ ...row, milestones: [] })),
    stats: {
      totalGoals: rows.length,
      active: counted(rows, ({ status }) => status === 'active'),
      completed: counted(rows, ({ status }) => status === 'completed'),
      avgProgress: Math.round(mean(rows.map(({ progress }) => progress))),
      totalMilestones: 0,
      completedMilestones: 0,
    },
    lastUpdated: ctx.iso(),
  })
}

function recordContent(ctx: Context): Response {
  const problems = tooLong(ctx.fields, { title: 500, platform: 100, body: 50_000, url: 2000, status: 50 })
  if (problems.length) return invalid(problems)
  if (!ctx.fields['title']) return error(400, 'title is required')
  const redactor = new Redactor()
  const content = addContent(ctx, agentOf(ctx), { ...ctx.fields, body: redactor.mask(filled(ctx.fields['body'])) })
  return json(201, { content, security: redactor.summary() })
}

function contents(ctx: Context): Response {
  const content = newestOf<ContentRow>(ctx, 'content')
  const counts = (rows: readonly ContentRow[]) => ({
    published: counted(rows, ({ status }) => status === 'published'),
    draft: counted(rows, ({ status }) => status === 'draft'),
  })
  const byPlatform = [...groups(content, ({ platform }) => platform || 'other')]
  return json(200, {
    content,
    stats: {
      totalContent: content.length,
      ...counts(content),
      byPlatform: Object.fromEntries(byPlatform.map(([name, rows]) => [name, { count: rows.length, ...counts(rows) }])),
    },
    lastUpdated: ctx.iso(),
  })
}

function recordInteraction(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { summary: 2000, contact_name: 500, direction: 50, type: 100, platform: 100 })
  if (problems.length) return invalid(problems)
  if (!fields['summary']) return error(400, 'summary is required')
  const contacts = ctx.table<ContactRow>('contacts')
  const contact_id = fields['contact_id']
    ? integer(fields['contact_id'])
    : (contacts.find(({ name }) => name === fields['contact_name'])?.id ?? null)
  const interaction: InteractionRow = {
    id: nextId(ctx),
    org_id: ctx.org.id,
    agent_id: agentOf(ctx),
    contact_id,
    direction: filled(fields['direction']) ?? 'outbound',
    summary: text(fields['summary'])!,
    notes: null,
    type: filled(fields['type']) ?? 'message',
    platform: filled(fields['platform']),
    date: ctx.iso(),
    created_at: null,
  }
  ctx.table<InteractionRow>('interactions').push(interaction)
  const contact = contacts.find(({ id }) => id === contact_id)
  if (contact) {
    contact.last_contact = ctx.iso()
    contact.interaction_count++
  }
  return json(201, { interaction })
}

function relationships(ctx: Context): Response {
  const all = ctx.table<ContactRow>('contacts')
  const contacts = newestOf<ContactRow>(ctx, 'contacts')
    .sort((a, b) => ((a.last_contact ?? '') < (b.last_contact ?? '') ? 1 : -1))
    .map((row) => ({
      id: row.id,
      name: row.name,
      platform: row.platform || 'unknown',
      temperature: (row.temperature || 'WARM').toUpperCase(),
      context: row.notes || row.opportunity_type || '',
      lastContact: row.last_contact,
      interactions: row.interaction_count,
      followUpDate: row.next_follow_up,
    }))
  const interactions = newestOf<InteractionRow>(ctx, 'interactions')
    .slice(0, 50)
    .map((row) => ({
      id: row.id,
      contactName: all.find(({ id }) => id === row.contact_id)?.name ?? 'Unknown',
      direction: row.direction,
      summary: row.summary,
      type: row.type,
      platform: row.platform || 'unknown',
      date: row.date,
    }))
  const warmth = (word: string) => counted(contacts, ({ temperature }) => temperature === word)
  const today = ctx.iso().slice(0, 10)
  return json(200, {
    contacts,
    interactions,
    stats: {
      total: contacts.length,
      hot: warmth('HOT'),
      warm: warmth('WARM'),
      cold: warmth('COLD'),
      followUpsDue: counted(contacts, ({ followUpDate }) => !!followUpDate && followUpDate.slice(0, 10) <= today),
    },
    lastUpdated: ctx.iso(),
  })
}

const EVENT_FAULT = 'An error occurred while creating the event'

function createEvent(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { summary: 500, description: 5000, location: 500 })
  if (problems.length) return invalid(problems)
  if (!fields['summary'] || !fields['start_time']) return error(400, 'summary and start_time are required')
  const start_time = moment(fields['start_time'])
  const end_time = fields['end_time'] ? moment(fields['end_time']) : null
  if (start_time === undefined || end_time === undefined) return error(500, EVENT_FAULT)
  const event: EventRow = {
    id: nextId(ctx),
    org_id: ctx.org.id,
    summary: text(fields['summary'])!,
    start_time,
    end_time,
    location: filled(fields['location']),
    description: filled(fields['description']),
  }
  ctx.table<EventRow>('calendar_events').push(event)
  return json(201, { event })
}

function calendar(ctx: Context): Response {
  const from = ctx.clock.now() - 6 * HOUR
  // The older line calls the times of UTC those of five hours to the west.
  const shown = (time: string | null) => (time && ctx.version === '2.0' ? time.replace('.000Z', '-05:00') : time)
  const events = ctx
    .table<EventRow>('calendar_events')
    .filter(({ start_time }) => Date.parse(start_time) >= from)
    .sort((a, b) => Date.parse(a.start_time) - Date.parse(b.start_time))
    .slice(0, 10)
    .map(({ id, summary, start_time, end_time, location, description }) => ({
      id,
      summary,
      start_time: shown(start_time),
      end_time: shown(end_time),
      location,
      description,
    }))
  return json(200, { events, lastUpdated: ctx.iso(), count: events.length })
}

function recordIdea(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { title: 500, description: 5000, category: 200, source: 500, status: 50 })
  if (problems.length) return invalid(problems)
  if (!fields['title']) return error(400, 'title is required')
  const parts = ['fun_factor', 'learning_potential', 'income_potential'].map((name) => fields[name])
  const given = parts.some((value) => value !== undefined && value !== null)
  const average = given ? Math.round(mean(parts.map((value) => integer(value || 0)))) : 50
  const { score } = fields
  return json(201, {
    idea: addIdea(ctx, fields, score === undefined ? average : score === null ? null : integer(score)),
  })
}

function ideas(ctx: Context): Response {
  const rows = [...ctx.table<IdeaRow>('ideas')].reverse().slice(0, 50)
  const word = (wanted: string) => counted(rows, ({ status }) => status === wanted)
  return json(200, {
    ideas: rows,
    stats: {
      totalIdeas: rows.length,
      pending: word('pending'),
      shipped: word('shipped'),
      avgScore: Math.round(mean(rows.map(({ score }) => score ?? 0))),
      topIdeas: counted(rows, ({ score }) => (score ?? 0) >= 70),
    },
    lastUpdated: ctx.iso(),
  })
}

const AUTH_TYPES = ['api_key', 'subscription', 'oauth', 'pre_configured', 'environment']
const STATUSES = ['active', 'inactive', 'error']

/** What a connection is stored as, or why it is not. */
function connectionOf(entry: Record<string, unknown> | null, agent_id: string): ConnectionRow | string {
  const { provider, status = 'active', metadata } = entry ?? {}
  const auth_type = entry?.['auth_type'] ?? entry?.['authType'] ?? 'api_key'
  const plan_name = entry?.['plan_name'] ?? entry?.['planName'] ?? null
  if (typeof provider !== 'string' || !provider || provider.length > 128) {
    return 'provider is required and must be <= 128 chars'
  }
  if (!AUTH_TYPES.includes(auth_type as string)) return `auth_type must be one of: ${AUTH_TYPES.join(', ')}`
  if (!STATUSES.includes((status ?? 'active') as string)) return `status must be one of: ${STATUSES.join(', ')}`
  if (plan_name !== null && String(plan_name).length > 256) return 'plan_name must be <= 256 chars'
  const written = metadata ? (typeof metadata === 'string' ? metadata : JSON.stringify(metadata)) : null
  if (written && written.length > 10_000) return 'metadata too large (max 10KB)'
  return {
    agent_id,
    provider,
    auth_type: auth_type as string,
    plan_name: plan_name as string | null,
    status: (status ?? 'active') as string,
    metadata: written,
  } as ConnectionRow
}

function reportConnections(ctx: Context): Response {
  if (!ctx.bodyOk) {
    try {
      JSON.parse(ctx.bodyText)
    } catch (cause) {
      return error(400, (cause as Error).message)
    }
  }
  const { agent_id, connections } = ctx.fields
  if (typeof agent_id !== 'string' || !agent_id || agent_id.length > 128) {
    return error(400, 'agent_id is required and must be <= 128 chars')
  }
  if (!Array.isArray(connections) || !connections.length) {
    return error(400, 'connections array is required and must not be empty')
  }
  if (connections.length > 50) return error(400, 'Maximum 50 connections per request')
  const stored: ConnectionRow[] = []
  const errors: { provider?: unknown; error: string }[] = []
  for (const entry of connections as (Record<string, unknown> | null)[]) {
    const row = connectionOf(entry, agent_id)
    if (typeof row === 'string') errors.push({ provider: entry?.['provider'], error: row })
    else stored.push(storeConnection(ctx, row))
  }
  return json(200, { connections: stored, ...(errors.length && { errors }), created: stored.length })
}

function connections(ctx: Context): Response {
  const { provider } = ctx.query
  const rows = newestOf<ConnectionRow>(ctx, 'connections').filter((row) => !provider || row.provider === provider)
  return json(200, { connections: rows, total: rows.length })
}

function reportMemory(ctx: Context): Response {
  const { health, entities, topics } = ctx.fields
  if (!health) return error(400, 'health object is required')
  const snapshot = addMemory(ctx, typeof health === 'object' ? (health as Record<string, unknown>) : {})
  const lists = [entities, topics].map((list) => (Array.isArray(list) ? (list as unknown[]) : []))
  const mentions = (item: Record<string, unknown>) => item['mentions'] || item['mention_count'] || 1
  replaceNamed(ctx, 'memory_entities', lists[0]!, mentions)
  replaceNamed(ctx, 'memory_topics', lists[1]!, mentions)
  return json(201, { snapshot, entities_count: lists[0]!.length, topics_count: lists[1]!.length })
}

function memory(ctx: Context): Response {
  const history = [...ctx.table<MemoryRow>('memory_snapshots')].reverse().slice(0, 7)
  const [newest] = history
  const most = (table: TableName) => [...ctx.table<NamedRow>(table)].sort((a, b) => b.mentions - a.mentions)
  const found = most('memory_entities')
  return json(200, {
    health: newest
      ? {
          score: newest.health_score,
          totalFiles: newest.total_files,
          totalLines: newest.total_lines,
          totalSizeKb: newest.total_size_kb,
          memoryMdLines: newest.memory_md_lines,
          oldestDaily: newest.oldest_daily_file,
          newestDaily: newest.newest_daily_file,
          daysWithNotes: newest.days_with_notes,
          avgLinesPerDay: newest.avg_lines_per_day,
          duplicates: newest.potential_duplicates,
          staleCount: newest.stale_facts_count,
          updatedAt: newest.timestamp,
        }
      : null,
    healthHistory: history.map((row) => ({
      timestamp: row.timestamp,
      score: row.health_score,
      lines: row.total_lines,
      duplicates: row.potential_duplicates,
      stale: row.stale_facts_count,
    })),
    entities: found.slice(0, 20),
    topics: most('memory_topics'),
    entityBreakdown: [...groups(found, ({ type }) => type ?? 'other')].map(([type, rows]) => ({
      type,
      count: String(rows.length),
      totalMentions: String(sum(rows.map(({ mentions }) => mentions))),
    })),
    lastUpdated: ctx.iso(),
  })
}

/** Goals, content, interactions, events, ideas, connections, memory. */
export const dashboard: Route[] = [
  route('POST', '/api/goals', saving('An error occurred while creating the goal', createGoal)),
  route('GET', '/api/goals', goals),
  route('POST', '/api/content', saving('An error occurred while creating content', recordContent)),
  route('GET', '/api/content', contents),
  route('POST', '/api/relationships', saving('An error occurred while recording the interaction', recordInteraction)),
  route('GET', '/api/relationships', relationships),
  route('POST', '/api/calendar', saving(EVENT_FAULT, createEvent)),
  route('GET', '/api/calendar', calendar),
  route('POST', '/api/inspiration', saving('An error occurred while creating the idea', recordIdea)),
  route('GET', '/api/inspiration', ideas),
  route('POST', '/api/agents/connections', reportConnections),
  route('GET', '/api/agents/connections', connections),
  route('POST', '/api/memory', saving('An error occurred while reporting memory health', reportMemory)),
  route('GET', '/api/memory', memory),
]
