import { throwIfAborted } from '../core/abort.ts'
import { Core, checkedInput } from '../core/core.ts'
import { skipped } from '../core/pages.ts'
import type { JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'

/** Whether an agent of the pool takes tasks: only an `available` one gets any. */
export type RoutingAgentStatus = 'available' | 'busy' | 'offline'
/** Where a task stands. */
export type RoutingTaskStatus = 'pending' | 'assigned' | 'completed' | 'failed' | 'escalated'
/** How urgent a task is. */
export type RoutingUrgency = 'low' | 'normal' | 'high' | 'critical'

/** A skill of an agent: its name, or with a priority. */
export type RoutingCapability =
  | string
  | {
      skill: string
      /** 0 to 10; a plain text has 0. */
      priority?: number
    }

/** Input of {@link Routing.registerRoutingAgent}. */
export interface RegisterRoutingAgentInput {
  /** Need not be unique. */
  name: string
  /** At most 50; matched by exact text. Default: none. */
  capabilities?: readonly RoutingCapability[] | undefined
  /** Tasks at a time, 1 to 100. Default: 1. Sent as `maxConcurrent`. */
  max_concurrent?: number | undefined
  /** The server's name for `max_concurrent`; goes first when both are given. */
  maxConcurrent?: number | undefined
  /** Where assigned tasks are posted to: an https URL without user and password, and not of a private address. */
  endpoint?: string | null | undefined
  /** Id of your own; a known one is updated. Default: `ra_` and 24 hex digits. */
  id?: string | null | undefined
}

/** An agent of the pool. Its id has nothing to do with the client's `agentId`. */
export interface RoutingAgent {
  /** `ra_…`, or what the caller gave. */
  id: string
  org_id: string
  name: string
  /** JSON list as text. */
  capabilities: JsonText<RoutingCapability[]>
  max_concurrent: number
  /** Tasks that it works on. */
  current_load: number
  status: Open<RoutingAgentStatus>
  endpoint: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  /** ISO 8601 in UTC. */
  updated_at: string
}

/** Counts over the newest 200 tasks that an agent holds. */
export interface RoutingAgentMetrics {
  tasks: number
  assigned: number
  completed: number
  /** Failed for good: `escalated` tasks are counted here too. */
  failed: number
  /** Completed ones of those that ended, 0 to 1; null when none has. */
  success_rate: number | null
}

/** A task. */
export interface RoutingTask {
  /** `rt_…`. */
  id: string
  org_id: string
  title: string
  /** Empty when there is none. */
  description: string
  required_skills: string[]
  urgency: Open<RoutingUrgency>
  /** Id of an agent of the pool, also of one that was deleted since. */
  assigned_to: string | null
  status: Open<RoutingTaskStatus>
  /** JSON as text. */
  result: JsonText | null
  /** Seconds. */
  timeout_seconds: number
  max_retries: number
  retry_count: number
  callback_url: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  /** ISO 8601 in UTC. */
  updated_at: string
}

/** What the router decided. */
export interface RoutingDecision {
  status: Open<'assigned' | 'pending' | 'completed' | 'escalated'>
  /** Only when assigned, as the next three. */
  agent_id?: string
  agent_name?: string
  /** With 2 decimals, up to 110; 1 for a task without skills. */
  score?: number
  /** One text a part of the score. */
  reasons?: string[]
  /** Why it waits or was given up. */
  reason?: string
}

/** Filters of {@link Routing.listRoutingTasks}. */
export interface RoutingTaskFilters {
  status?: Open<RoutingTaskStatus> | undefined
  /** Id of an agent of the pool (`ra_…`). Sent as `assigned_to`. */
  agent_id?: string | undefined
  /** The server's name for `agent_id`; goes first when both are given. */
  assigned_to?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  /** The server gives the newest 200 only, so there is nothing past 200. */
  offset?: number | undefined
}

/** Answer of {@link Routing.listRoutingTasks}. */
export interface RoutingTaskList {
  /** Newest first. */
  tasks: RoutingTask[]
  /** Tasks in this answer, not all that match. */
  total: number
}

/** Input of {@link Routing.submitRoutingTask}. */
export interface SubmitRoutingTaskInput {
  title: string
  description?: string | null | undefined
  /** An agent with a part of them can get the task. Default: none, then the agent with the fewest tasks gets it. Sent as `requiredSkills`. */
  required_skills?: readonly string[] | undefined
  /** Default: `medium`, which is sent as `normal`: the server does not know the word and would let it wait behind `low`. */
  urgency?: Open<RoutingUrgency | 'medium'> | null | undefined
  /** Seconds. Default, also for 0: 3,600. Sent as `timeoutSeconds`. */
  timeout_seconds?: number | undefined
  /** How often it is given out again after a failure. Default: 2. Sent as `maxRetries`. */
  max_retries?: number | undefined
  /** Where its completion is posted to, by the rules of an agent's `endpoint`. Sent as `callbackUrl`. */
  callback_url?: string | null | undefined
  /** The server's name for `required_skills`; goes first when both are given, as the next three. */
  requiredSkills?: readonly string[] | undefined
  timeoutSeconds?: number | undefined
  maxRetries?: number | undefined
  callbackUrl?: string | null | undefined
}

/** Answer of {@link Routing.submitRoutingTask}. */
export interface SubmittedRoutingTask {
  task: RoutingTask
  routing: RoutingDecision
  /** `task.id`. */
  task_id: string
  /** Who got it (`routing.agent_id`, `routing.agent_name`); null when it waits. */
  assigned_agent: { id: string; name: string } | null
}

/** Input of {@link Routing.completeRoutingTask}. */
export interface CompleteRoutingTaskInput {
  /** What came out; kept as JSON text. 0, false and the empty text are stored as null. */
  result?: unknown
  /** False: it failed, and is given out again while there are retries left. Default: true. */
  success?: boolean | null | undefined
  /** Why it failed; not stored by 2.0 servers. */
  error?: string | null | undefined
}

/** Answer of {@link Routing.getRoutingStats}. */
export interface RoutingStats {
  agents: { total: NumberText; available: NumberText; busy: NumberText; offline: NumberText }
  tasks: {
    total: NumberText
    pending: NumberText
    assigned: NumberText
    completed: NumberText
    failed: NumberText
    escalated: NumberText
  }
  /** One decision each time that a task was looked at, also without a match. */
  routing: { total_decisions: NumberText }
}

const LIST =
  'listRoutingTasks GET /api/routing/tasks status assigned_to agent_id>assigned_to limit:num offset:num -> tasks!:[]'
const SUBMIT =
  'submitRoutingTask POST /api/routing/tasks title! description requiredSkills:list required_skills>requiredSkills:list urgency timeoutSeconds:num timeout_seconds>timeoutSeconds:num maxRetries:num max_retries>maxRetries:num callbackUrl callback_url>callbackUrl -> task!:{} routing!:{}'
/** What a server gives at once at most. */
const MOST = 200

/** A pool of agents with skills, and tasks that go to the agent that fits best. Newer servers have no such routes. */
export abstract class Routing extends Core {
  /**
   * Lists the agents of the pool by name, all at once.
   *
   * @param filters - `status`: only agents that stand so. Default: all.
   * Route: `GET /api/routing/agents`.
   */
  listRoutingAgents(
    filters: { status?: Open<RoutingAgentStatus> | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ agents: RoutingAgent[] }> {
    return this.call('listRoutingAgents GET /api/routing/agents status', filters, options)
  }

  /**
   * Adds an agent to the pool, or updates the one with this `id`: its status and load stay. Tasks that wait are not given out.
   *
   * @throws {ValidationError} When `endpoint` is not an https URL, or has a user or password.
   * Route: `POST /api/routing/agents`. Not repeated after an unclear failure.
   */
  registerRoutingAgent(input: RegisterRoutingAgentInput, options?: RequestOptions): Promise<{ agent: RoutingAgent }> {
    return this.call(
      'registerRoutingAgent POST /api/routing/agents name! capabilities:~[skill,priority] maxConcurrent:num max_concurrent>maxConcurrent=1:num endpoint id',
      input,
      options,
    )
  }

  /**
   * Reads one agent of the pool, with counts of its tasks.
   *
   * @param agentId - `agent.id` (`ra_…`).
   * @returns `metrics` is counted by the SDK from a second request; null when that fails.
   * @throws {NotFoundError} When it is unknown. Routes: `GET /api/routing/agents/:agent_id`, `GET /api/routing/tasks`.
   */
  async getRoutingAgent(
    agentId: string,
    options?: RequestOptions,
  ): Promise<{ agent: RoutingAgent; metrics: RoutingAgentMetrics | null }> {
    const answer = await this.call<{ agent: RoutingAgent }>(
      'getRoutingAgent GET /api/routing/agents/:agent_id -> ',
      undefined,
      options,
      agentId,
    )
    try {
      const { tasks } = await this.listRoutingTasks({ assigned_to: agentId, limit: MOST }, options)
      const count = (words: RegExp) => tasks.filter(({ status }) => words.test(status)).length
      const completed = count(/^completed$/)
      const failed = count(/^(failed|escalated)$/)
      const ended = completed + failed
      return {
        ...answer,
        metrics: {
          tasks: tasks.length,
          assigned: count(/^assigned$/),
          completed,
          failed,
          success_rate: ended ? completed / ended : null,
        },
      }
    } catch (error) {
      if (options?.signal?.aborted) throw error
      return { ...answer, metrics: null }
    }
  }

  /**
   * Says whether an agent takes tasks. Those that it has stay with it.
   *
   * @param agentId - `agent.id` (`ra_…`).
   * @param input - `status`: `available` to take tasks.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/routing/agents/:agent_id`.
   */
  updateRoutingAgentStatus(
    agentId: string,
    input: { status: Open<RoutingAgentStatus> },
    options?: RequestOptions,
  ): Promise<{ agent: RoutingAgent }> {
    return this.call('updateRoutingAgentStatus PATCH /api/routing/agents/:agent_id status!', input, options, agentId)
  }

  /**
   * Takes an agent out of the pool. Its tasks stay assigned to it.
   *
   * @param agentId - `agent.id` (`ra_…`).
   * @returns `agent` as it was.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/routing/agents/:agent_id`.
   */
  deleteRoutingAgent(agentId: string, options?: RequestOptions): Promise<{ deleted: boolean; agent: RoutingAgent }> {
    return this.call('deleteRoutingAgent DELETE /api/routing/agents/:agent_id', undefined, options, agentId)
  }

  /**
   * Lists tasks, newest first; 200 at most can be reached.
   *
   * Route: `GET /api/routing/tasks`.
   */
  async listRoutingTasks(filters: RoutingTaskFilters = {}, options?: RequestOptions): Promise<RoutingTaskList> {
    const { offset: asked, ...rest } = checkedInput(this, LIST, filters)
    const offset = skipped(asked)
    const limit = Math.max(0, rest.limit ?? 50)
    const answer = await this.call<RoutingTaskList>(
      LIST,
      offset ? { ...rest, limit: Math.min(offset + limit, MOST) } : rest,
      options,
    )
    if (!offset) return answer
    const tasks = answer.tasks.slice(offset)
    return { ...answer, tasks, total: tasks.length }
  }

  /** Every task that matches, newest first: one request, since the server gives the newest 200 and no others. */
  async *iterateRoutingTasks(
    filters: RoutingTaskFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<RoutingTask, void, undefined> {
    for (const task of (await this.listRoutingTasks({ ...checkedInput(this, LIST, filters), limit: MOST }, options))
      .tasks) {
      throwIfAborted(options?.signal)
      yield task
    }
  }

  /**
   * Submits a task and gives it to the agent that fits best: by skills, load, success so far, priority. When no agent is free it waits.
   *
   * Route: `POST /api/routing/tasks`. Not repeated after an unclear failure.
   */
  async submitRoutingTask(input: SubmitRoutingTaskInput, options?: RequestOptions): Promise<SubmittedRoutingTask> {
    const { urgency, ...fields } = checkedInput(this, SUBMIT, input)
    const answer = await this.call<Pick<SubmittedRoutingTask, 'task' | 'routing'>>(
      SUBMIT,
      { ...fields, urgency: !urgency || urgency === 'medium' ? 'normal' : urgency },
      options,
    )
    const { agent_id: id, agent_name: name } = answer.routing
    return { ...answer, task_id: answer.task.id, assigned_agent: id ? { id, name: name! } : null }
  }

  /**
   * Ends a task. The server does not check its state, so ending it twice counts twice.
   *
   * @param taskId - `task_id` (`rt_…`).
   * @returns After a failure with retries left, `routing` says who got it next.
   * @throws {NotFoundError} When it is unknown.
   * Route: `POST /api/routing/tasks/:task_id/complete`. Not repeated after an unclear failure.
   */
  completeRoutingTask(
    taskId: string,
    input: CompleteRoutingTaskInput = {},
    options?: RequestOptions,
  ): Promise<{ task: RoutingTask; routing: RoutingDecision }> {
    return this.call(
      'completeRoutingTask POST /api/routing/tasks/:task_id/complete success:bool error result:any',
      input,
      options,
      taskId,
    )
  }

  /** Counts agents, tasks and decisions, all as texts. Route: `GET /api/routing/stats`. */
  getRoutingStats(options?: RequestOptions): Promise<RoutingStats> {
    return this.call('getRoutingStats GET /api/routing/stats', undefined, options)
  }

  /** Asks whether the routes of this domain answer; nothing is looked at. Route: `GET /api/routing/health`. */
  getRoutingHealth(options?: RequestOptions): Promise<{ status: Open<'ok'>; service: string; timestamp: string }> {
    return this.call('getRoutingHealth GET /api/routing/health', undefined, options)
  }
}
