/** The router's engine: who gets a task, what an end of it changes, what the periodic check does. */

import { hexId } from '../state/ids.ts'
import { type Org, table } from '../state/org.ts'
import type { Scope } from '../state/server.ts'
import { round } from './statistics.ts'
import { isRoutable } from './urls.ts'

/** An agent of the pool. */
export interface PoolAgentRow {
  id: string
  org_id: string
  name: string
  capabilities: string
  max_concurrent: number
  current_load: number
  status: string
  endpoint: string | null
  created_at: string
  updated_at: string
}

/** A task. */
export interface TaskRow {
  id: string
  org_id: string
  title: string
  description: string
  required_skills: string[]
  urgency: string
  assigned_to: string | null
  status: string
  result: string | null
  timeout_seconds: number
  max_retries: number
  retry_count: number
  callback_url: string | null
  created_at: string
  updated_at: string
}

/** How often an agent did well with a skill. */
interface SkillRow {
  agent_id: string
  skill: string
  completed: number
  failed: number
  /** Mean of the completed ones, in milliseconds. */
  avg_duration_ms: number
}

/** One try to find an agent for a task, with all candidates. */
export interface RoutingDecisionRow {
  id: string
  task_id: string
  selected: string | null
  candidates: { agent_id: string; score: number }[]
  created_at: string
}

/** What the router decided. */
export interface Decision {
  status: 'assigned' | 'pending' | 'completed' | 'escalated'
  agent_id?: string
  agent_name?: string
  score?: number
  reasons?: string[]
  reason?: string
}

export const poolOf = (org: Org): PoolAgentRow[] => table<PoolAgentRow>(org, 'routing_agents')
export const tasksOf = (org: Org): TaskRow[] => table<TaskRow>(org, 'routing_tasks')
const skillsOf = (org: Org) => table<SkillRow>(org, 'routing_skills')

const NOBODY = 'No matching agent available'
const URGENCIES = ['critical', 'high', 'normal', 'low']

/** Skills of an agent with their priorities. */
function skills({ capabilities }: PoolAgentRow): Map<string, number> {
  const listed = JSON.parse(capabilities) as (string | { skill?: string; priority?: number } | null)[]
  return new Map(
    listed.map((item) => (typeof item === 'string' ? [item, 0] : [String(item?.skill), Number(item?.priority) || 0])),
  )
}

/** How well an agent fits a task with skills; nothing when it has none of them. */
function fit(org: Org, agent: PoolAgentRow, task: TaskRow): { score: number; reasons: string[] } | undefined {
  const wanted = task.required_skills
  const own = skills(agent)
  const matched = wanted.filter((skill) => own.has(skill))
  if (!matched.length) return undefined
  const covered = matched.length / wanted.length
  const free = 1 - agent.current_load / agent.max_concurrent
  const history = skillsOf(org).filter((row) => row.agent_id === agent.id && wanted.includes(row.skill))
  const completed = history.reduce((sum, row) => sum + row.completed, 0)
  const ended = completed + history.reduce((sum, row) => sum + row.failed, 0)
  const bonus = (matched.reduce((sum, skill) => sum + own.get(skill)!, 0) / (10 * wanted.length)) * 15
  const boost = task.urgency === 'critical' && agent.current_load === 0 ? 10 : 0
  const percent = (share: number) => `${Math.round(share * 100)}%`
  return {
    score: round(covered * 40 + free * 20 + (ended ? (completed / ended) * 25 : 12.5) + bonus + boost, 2),
    reasons: [
      `Skill match: ${matched.length}/${wanted.length} (${percent(covered)})`,
      `Load: ${agent.current_load}/${agent.max_concurrent} (${percent(free)} free)`,
      ended ? `Success rate: ${percent(completed / ended)} (${ended} tasks)` : 'No performance history (neutral score)',
      ...(bonus > 0 ? [`Skill priority bonus: ${round(bonus, 2)}`] : []),
      ...(boost ? ['Urgency boost: idle agent for critical task'] : []),
    ],
  }
}

/** Gives a task to the agent that fits best; without one it waits. */
export function routeTask(scope: Scope, task: TaskRow): Decision {
  const { org } = scope
  const free = poolOf(org)
    .filter((agent) => agent.status === 'available' && agent.current_load < agent.max_concurrent)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const ranked = task.required_skills.length
    ? free
        .flatMap((agent) => {
          const found = fit(org, agent, task)
          return found ? [{ agent, ...found }] : []
        })
        .sort((a, b) => b.score - a.score)
    : free
        .map((agent) => ({ agent, score: 1, reasons: ['No skill requirements, routed to least-loaded agent'] }))
        .sort((a, b) => a.agent.current_load - b.agent.current_load)
  const best = ranked[0]
  table<RoutingDecisionRow>(org, 'routing_decisions').push({
    id: hexId('rd_'),
    task_id: task.id,
    selected: best?.agent.id ?? null,
    candidates: ranked.map(({ agent, score }) => ({ agent_id: agent.id, score })),
    created_at: scope.iso(),
  })
  if (!best) return { status: 'pending', reason: NOBODY }
  const { agent, score, reasons } = best
  Object.assign(task, { status: 'assigned', assigned_to: agent.id, updated_at: scope.iso() })
  agent.current_load++
  agent.updated_at = scope.iso()
  if (agent.endpoint) post(scope, agent.endpoint, 'task.assigned', task)
  return { status: 'assigned', agent_id: agent.id, agent_name: agent.name, score, reasons }
}

/** Takes a task off its agent's load. */
function release({ org, iso }: Scope, task: TaskRow): void {
  const agent = poolOf(org).find(({ id }) => id === task.assigned_to)
  if (!agent) return
  agent.current_load = Math.max(0, agent.current_load - 1)
  agent.updated_at = iso()
}

function countSkills({ org, iso }: Scope, task: TaskRow, success: boolean): void {
  const agent_id = task.assigned_to
  if (!agent_id) return
  const rows = skillsOf(org)
  for (const skill of task.required_skills) {
    let row = rows.find((other) => other.agent_id === agent_id && other.skill === skill)
    if (!row) rows.push((row = { agent_id, skill, completed: 0, failed: 0, avg_duration_ms: 0 }))
    if (success) {
      const duration = Date.parse(iso()) - Date.parse(task.created_at)
      row.avg_duration_ms = (row.avg_duration_ms * row.completed + duration) / (row.completed + 1)
      row.completed++
    } else row.failed++
  }
}

/** Gives a task out again while it has retries left, else gives it up. */
function retry(scope: Scope, task: TaskRow, reason: string): Decision {
  task.updated_at = scope.iso()
  if (task.retry_count >= task.max_retries) {
    task.status = 'escalated'
    return { status: 'escalated', reason }
  }
  Object.assign(task, { status: 'pending', assigned_to: null, retry_count: task.retry_count + 1 })
  return routeTask(scope, task)
}

/** Ends a task; whether it was running is not looked at. */
export function endTask(scope: Scope, task: TaskRow, success: boolean, result: unknown): Decision {
  release(scope, task)
  countSkills(scope, task, success)
  task.result = result ? JSON.stringify(result) : null
  if (!success) return retry(scope, task, 'Max retries exceeded')
  Object.assign(task, { status: 'completed', updated_at: scope.iso() })
  if (task.callback_url) post(scope, task.callback_url, 'task.completed', task)
  return { status: 'completed' }
}

/** What the platform does from time to time: takes tasks off agents that took too long, then gives out what waits. */
export function maintain(scope: Scope): { timed_out: number; routed: number } {
  const { org } = scope
  const now = Date.parse(scope.iso())
  const late = tasksOf(org).filter(
    (task) => task.status === 'assigned' && now - Date.parse(task.created_at) > task.timeout_seconds * 1000,
  )
  for (const task of late) {
    release(scope, task)
    retry(scope, task, 'Timed out after max retries')
  }
  const rank = ({ urgency }: TaskRow) => (URGENCIES.indexOf(urgency) + URGENCIES.length + 1) % (URGENCIES.length + 1)
  const waiting = tasksOf(org)
    .filter(({ status }) => status === 'pending')
    .sort((a, b) => rank(a) - rank(b))
  const routed = waiting.filter((task) => routeTask(scope, task).status === 'assigned').length
  return { timed_out: late.length, routed }
}

/** Tells an agent or a caller of a task, once; a URL that breaks the platform's rules is dropped. */
function post({ server }: Scope, url: string, event: string, task: TaskRow): void {
  if (!isRoutable(url)) return
  const body = JSON.stringify({ event, task: { ...task, required_skills: JSON.stringify(task.required_skills) } })
  void Promise.resolve()
    .then(() => server.send({ url, headers: { 'content-type': 'application/json' }, body, ms: 10_000 }))
    .catch(() => {
      // Nobody is told: neither does the platform.
    })
}
