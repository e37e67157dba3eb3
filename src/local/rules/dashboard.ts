/** What the dashboard shows beside the actions: the rows, and how those that two routes write are made. */
import { filled, integer, text } from '../state/columns.ts'
import { uuidId } from '../state/ids.ts'
import type { Scope } from '../state/server.ts'

export interface GoalRow {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  category: string | null
  description: string | null
  target_date: string | null
  progress: number
  status: string
  cost_estimate: number
  created_at: string
}

export interface ContentRow {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  platform: string | null
  status: string
  url: string | null
  body: string | null
  created_at: string
}

export interface ContactRow {
  id: number
  org_id: string
  agent_id: string | null
  name: string
  platform: string | null
  temperature: string | null
  notes: string | null
  opportunity_type: string | null
  last_contact: string | null
  interaction_count: number
  next_follow_up: string | null
}

export interface InteractionRow {
  id: number
  org_id: string
  agent_id: string | null
  contact_id: number | null
  direction: string
  summary: string
  notes: string | null
  type: string
  platform: string | null
  date: string
  created_at: null
}

export interface EventRow {
  id: number
  org_id: string
  summary: string
  start_time: string
  end_time: string | null
  location: string | null
  description: string | null
}

export interface IdeaRow {
  id: number
  org_id: string
  title: string
  description: string | null
  category: string | null
  score: number | null
  status: string
  source: string | null
  captured_at: string
  fun_factor: number
  learning_potential: number
  income_potential: number
}

export interface ConnectionRow {
  id: string
  org_id: string
  agent_id: string
  provider: string
  auth_type: string
  plan_name: string | null
  status: string
  metadata: string | null
  reported_at: string
  updated_at: string
}

export interface MemoryRow {
  id: number
  org_id: string
  timestamp: string
  health_score: number
  total_files: number
  total_lines: number
  total_size_kb: number
  memory_md_lines: number
  oldest_daily_file: string | null
  newest_daily_file: string | null
  days_with_notes: number
  avg_lines_per_day: number
  potential_duplicates: number
  stale_facts_count: number
}

export interface NamedRow {
  name: string
  /** Entities only. */
  type?: string
  mentions: number
}

type Fields = Record<string, unknown>

/** Number of a new row. */
export const nextId = (scope: Scope): number => ++scope.org.rows

export function addGoal(scope: Scope, agent_id: string | null, fields: Fields): GoalRow {
  const goal: GoalRow = {
    id: nextId(scope),
    org_id: scope.org.id,
    agent_id,
    title: text(fields['title'])!,
    category: filled(fields['category']),
    description: filled(fields['description']),
    target_date: filled(fields['target_date']),
    progress: integer(fields['progress'] || 0),
    status: filled(fields['status']) ?? 'active',
    cost_estimate: 0,
    created_at: scope.iso(),
  }
  scope.table<GoalRow>('goals').push(goal)
  return goal
}

export function addContent(scope: Scope, agent_id: string | null, fields: Fields): ContentRow {
  const content: ContentRow = {
    id: nextId(scope),
    org_id: scope.org.id,
    agent_id,
    title: text(fields['title'])!,
    platform: filled(fields['platform']),
    status: filled(fields['status']) ?? 'draft',
    url: filled(fields['url']),
    body: filled(fields['body']),
    created_at: scope.iso(),
  }
  scope.table<ContentRow>('content').push(content)
  return content
}

export function addIdea(scope: Scope, fields: Fields, score: number | null): IdeaRow {
  const part = (name: string) => integer(fields[name] || 0)
  const idea: IdeaRow = {
    id: nextId(scope),
    org_id: scope.org.id,
    title: text(fields['title'])!,
    description: filled(fields['description']),
    category: filled(fields['category']),
    score,
    status: filled(fields['status']) ?? 'pending',
    source: filled(fields['source']),
    captured_at: scope.iso(),
    fun_factor: part('fun_factor'),
    learning_potential: part('learning_potential'),
    income_potential: part('income_potential'),
  }
  scope.table<IdeaRow>('ideas').push(idea)
  return idea
}

/** Stores a connection over the one of the same agent and provider, which keeps its id and first report. */
export function storeConnection(
  scope: Scope,
  row: Omit<ConnectionRow, 'id' | 'org_id' | 'reported_at' | 'updated_at'>,
): ConnectionRow {
  const rows = scope.table<ConnectionRow>('connections')
  const now = scope.iso()
  const at = rows.findIndex(({ agent_id, provider }) => agent_id === row.agent_id && provider === row.provider)
  const known = rows[at]
  const stored: ConnectionRow = {
    id: known?.id ?? uuidId('conn_'),
    org_id: scope.org.id,
    ...row,
    reported_at: known?.reported_at ?? now,
    updated_at: now,
  }
  if (known) rows[at] = stored
  else rows.push(stored)
  return stored
}

export function addMemory(scope: Scope, health: Fields): MemoryRow {
  const count = (...names: string[]) => integer(names.map((name) => health[name]).find((value) => value != null) || 0)
  const average = Number(health['avg_lines_per_day'] || 0)
  const snapshot: MemoryRow = {
    id: nextId(scope),
    org_id: scope.org.id,
    timestamp: scope.iso(),
    health_score: count('score', 'health_score'),
    total_files: count('total_files'),
    total_lines: count('total_lines'),
    total_size_kb: count('total_size_kb'),
    memory_md_lines: count('memory_md_lines'),
    oldest_daily_file: filled(health['oldest_daily']),
    newest_daily_file: filled(health['newest_daily']),
    days_with_notes: count('days_with_notes'),
    // Words end here as in the database.
    avg_lines_per_day: Number.isNaN(average) ? integer(average) : average,
    potential_duplicates: count('duplicates', 'potential_duplicates'),
    stale_facts_count: count('stale_count', 'stale_facts_count'),
  }
  scope.table<MemoryRow>('memory_snapshots').push(snapshot)
  return snapshot
}

/** Puts a list of names in place of the organization's; an empty one changes nothing. What fails midway leaves the rest undone. */
export function replaceNamed(
  scope: Scope,
  name: 'memory_entities' | 'memory_topics',
  list: readonly unknown[],
  mentionsOf: (item: Fields) => unknown,
): void {
  if (!list.length) return
  const rows = scope.table<NamedRow>(name)
  rows.length = 0
  for (const item of list.slice(0, 100) as Fields[]) {
    rows.push({
      // A name that is missing is refused by the database.
      name: item?.['name'] == null ? String(integer(undefined)) : text(item['name'])!,
      ...(name === 'memory_entities' && { type: filled(item['type']) ?? 'other' }),
      mentions: integer(mentionsOf(item)),
    })
  }
}
