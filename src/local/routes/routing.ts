import { endTask, maintain, type PoolAgentRow, poolOf, routeTask, type TaskRow, tasksOf } from '../rules/routing.ts'
import { filled, integer, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { table } from '../state/org.ts'
import { error, fault, INTERNAL, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

const STATUSES = ['available', 'busy', 'offline']
const NO_AGENT = 'Agent not found'
const NO_TASK = 'Task not found'

const agentOf = (ctx: Context) => poolOf(ctx.org).find(({ id }) => id === ctx.params['agent_id'])
const taskOf = (ctx: Context) => tasksOf(ctx.org).find(({ id }) => id === ctx.params['task_id'])

function endpointProblem(endpoint: unknown): string | undefined {
  if (!endpoint) return undefined
  let url: URL
  try {
    url = new URL(String(endpoint))
  } catch {
    return 'Agent endpoint must be a valid URL'
  }
  if (url.protocol !== 'https:') return 'Agent endpoint must use HTTPS'
  return url.username || url.password ? 'Agent endpoint must not include credentials' : undefined
}

function register(ctx: Context): Response {
  const { name, endpoint, maxConcurrent = 3, capabilities = [], id } = ctx.fields
  if (!name) return error(400, 'name is required')
  const problem = endpointProblem(endpoint)
  if (problem) return error(400, problem)
  if (typeof maxConcurrent !== 'number' || maxConcurrent < 1 || maxConcurrent > 100) {
    return error(400, 'maxConcurrent must be between 1 and 100')
  }
  if (!Array.isArray(capabilities) || capabilities.length > 50) {
    return error(400, 'capabilities must be an array with at most 50 items')
  }
  const given = {
    name: text(name)!,
    capabilities: JSON.stringify(capabilities),
    max_concurrent: integer(maxConcurrent),
    endpoint: filled(endpoint),
    updated_at: ctx.iso(),
  }
  const pool = poolOf(ctx.org)
  let agent = id ? pool.find((row) => row.id === id) : undefined
  if (agent) Object.assign(agent, given)
  else {
    const { updated_at, ...rest } = given
    agent = {
      id: filled(id) ?? hexId('ra_'),
      org_id: ctx.org.id,
      current_load: 0,
      status: 'available',
      created_at: updated_at,
      updated_at,
      ...rest,
    }
    pool.push(agent)
  }
  return json(201, { agent: shown(agent) })
}

/** An agent with its columns in the platform's order. */
const shown = (agent: PoolAgentRow): PoolAgentRow => {
  const { id, org_id, name, capabilities, max_concurrent, current_load, status, endpoint, created_at, updated_at } =
    agent
  return { id, org_id, name, capabilities, max_concurrent, current_load, status, endpoint, created_at, updated_at }
}

function setStatus(ctx: Context): Response {
  const { status } = ctx.fields
  if (!status) return error(400, 'status is required')
  if (!STATUSES.includes(status as string)) return error(400, `status must be one of: ${STATUSES.join(', ')}`)
  const agent = agentOf(ctx)
  if (!agent) return error(404, NO_AGENT)
  Object.assign(agent, { status, updated_at: ctx.iso() })
  return json(200, { agent: shown(agent) })
}

function submit(ctx: Context): Response {
  const { fields } = ctx
  if (!fields['title']) return error(400, 'title is required')
  const skills = fields['requiredSkills'] ?? []
  const retries = fields['maxRetries']
  const task: TaskRow = {
    id: hexId('rt_'),
    org_id: ctx.org.id,
    title: text(fields['title'])!,
    description: text(fields['description']) ?? '',
    required_skills: skills as string[],
    urgency: filled(fields['urgency']) ?? 'normal',
    assigned_to: null,
    status: 'pending',
    result: null,
    timeout_seconds: integer(fields['timeoutSeconds'] || 3600),
    max_retries: retries === undefined || retries === null ? 2 : integer(retries),
    retry_count: 0,
    callback_url: filled(fields['callbackUrl']),
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
  }
  tasksOf(ctx.org).push(task)
  // Stored all the same: the router fails on it only afterwards.
  if (!Array.isArray(skills)) return fault()
  const routing = routeTask(ctx, task)
  ctx.publish('task.assigned', { task })
  return json(201, { task, routing })
}

function complete(ctx: Context): Response {
  const task = taskOf(ctx)
  if (!task) return error(404, `Task not found: ${ctx.params['task_id']}`)
  const routing = endTask(ctx, task, ctx.fields['success'] !== false, ctx.fields['result'])
  ctx.publish('task.completed', { task })
  return json(200, { task, routing })
}

function listTasks(ctx: Context): Response {
  const pages = page({ limit: ctx.query['limit'] ?? '' })
  if (!pages) return fault()
  const { status, assigned_to } = ctx.query
  const tasks = [...tasksOf(ctx.org)]
    .reverse()
    .filter((row) => (!status || row.status === status) && (!assigned_to || row.assigned_to === assigned_to))
    .slice(0, pages.limit)
  return json(200, { tasks, total: tasks.length })
}

function stats(ctx: Context): Response {
  const counts = (rows: readonly { status: string }[], words: readonly string[]) => ({
    total: String(rows.length),
    ...Object.fromEntries(words.map((word) => [word, String(rows.filter(({ status }) => status === word).length)])),
  })
  return json(200, {
    agents: counts(poolOf(ctx.org), STATUSES),
    tasks: counts(tasksOf(ctx.org), ['pending', 'assigned', 'completed', 'failed', 'escalated']),
    routing: { total_decisions: String(table(ctx.org, 'routing_decisions').length) },
  })
}

const AGENTS = '/api/routing/agents'
const TASKS = '/api/routing/tasks'

/** A pool of agents and the tasks that are given to them. */
export const routing: Route[] = [
  route('GET', AGENTS, (ctx) => {
    const { status } = ctx.query
    const agents = poolOf(ctx.org)
      .filter((row) => !status || row.status === status)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    return json(200, { agents: agents.map(shown) })
  }),
  route('POST', AGENTS, saving(INTERNAL, register)),
  route('GET', `${AGENTS}/:agent_id`, (ctx) => {
    const agent = agentOf(ctx)
    return agent ? json(200, { agent: shown(agent) }) : error(404, NO_AGENT)
  }),
  route('PATCH', `${AGENTS}/:agent_id`, saving(INTERNAL, setStatus)),
  route('DELETE', `${AGENTS}/:agent_id`, (ctx) => {
    const agent = agentOf(ctx)
    if (!agent) return error(404, NO_AGENT)
    const pool = poolOf(ctx.org)
    pool.splice(pool.indexOf(agent), 1)
    return json(200, { deleted: true, agent: shown(agent) })
  }),
  route('GET', TASKS, listTasks),
  route('POST', TASKS, saving(INTERNAL, submit)),
  route('GET', `${TASKS}/:task_id`, (ctx) => {
    const task = taskOf(ctx)
    return task ? json(200, { task }) : error(404, NO_TASK)
  }),
  route('DELETE', `${TASKS}/:task_id`, (ctx) => {
    const task = taskOf(ctx)
    if (!task) return error(404, NO_TASK)
    const tasks = tasksOf(ctx.org)
    tasks.splice(tasks.indexOf(task), 1)
    return json(200, { deleted: true })
  }),
  route('POST', `${TASKS}/:task_id/complete`, saving(INTERNAL, complete)),
  route('GET', '/api/routing/stats', stats),
  route('GET', '/api/routing/health', (ctx) =>
    json(200, { status: 'ok', service: 'dashclaw-routing', timestamp: ctx.iso() }),
  ),
  route('POST', '/api/cron/routing-maintenance', (ctx) => json(200, maintain(ctx))),
]
