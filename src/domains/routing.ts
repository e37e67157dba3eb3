import { throwIfAborted } from '../core/abort.ts'
import { Core, checkedInput } from '../core/core.ts'
import { skipped } from '../core/pages.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type {
  CompleteRoutingTaskInput,
  RegisterRoutingAgentInput,
  RoutingAgent,
  RoutingAgentMetrics,
  RoutingAgentStatus,
  RoutingDecision,
  RoutingStats,
  RoutingTask,
  RoutingTaskFilters,
  RoutingTaskList,
  SubmitRoutingTaskInput,
  SubmittedRoutingTask,
} from './routing-types.ts'

export type * from './routing-types.ts'

const LIST =
  'listRoutingTasks@2 GET /api/routing/tasks status assigned_to agent_id>assigned_to limit:num offset:num -> tasks!:[]'
const SUBMIT =
  'submitRoutingTask@2 POST /api/routing/tasks title! description requiredSkills:list required_skills>requiredSkills:list urgency timeoutSeconds:num timeout_seconds>timeoutSeconds:num maxRetries:num max_retries>maxRetries:num callbackUrl callback_url>callbackUrl -> task!:{} routing!:{}'
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
    return this.call('listRoutingAgents@2 GET /api/routing/agents status', filters, options)
  }

  /**
   * Adds an agent to the pool, or updates the one with this `id`: its status and load stay. Tasks that wait are not given out.
   *
   * @throws {ValidationError} When `endpoint` is not an https URL, or has a user or password.
   * Route: `POST /api/routing/agents`. Not repeated after an unclear failure.
   */
  registerRoutingAgent(input: RegisterRoutingAgentInput, options?: RequestOptions): Promise<{ agent: RoutingAgent }> {
    return this.call(
      'registerRoutingAgent@2 POST /api/routing/agents name! capabilities:~[skill,priority] maxConcurrent:num max_concurrent>maxConcurrent=1:num endpoint id',
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
      'getRoutingAgent@2 GET /api/routing/agents/:agent_id -> ',
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
    return this.call('updateRoutingAgentStatus@2 PATCH /api/routing/agents/:agent_id status!', input, options, agentId)
  }

  /**
   * Takes an agent out of the pool. Its tasks stay assigned to it.
   *
   * @param agentId - `agent.id` (`ra_…`).
   * @returns `agent` as it was.
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/routing/agents/:agent_id`.
   */
  deleteRoutingAgent(agentId: string, options?: RequestOptions): Promise<{ deleted: boolean; agent: RoutingAgent }> {
    return this.call('deleteRoutingAgent@2 DELETE /api/routing/agents/:agent_id', undefined, options, agentId)
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
      'completeRoutingTask@2 POST /api/routing/tasks/:task_id/complete success:bool error result:any',
      input,
      options,
      taskId,
    )
  }

  /** Counts agents, tasks and decisions; each count is a string. Route: `GET /api/routing/stats`. */
  getRoutingStats(options?: RequestOptions): Promise<RoutingStats> {
    return this.call('getRoutingStats@2 GET /api/routing/stats', undefined, options)
  }

  /** Asks whether the routes of this domain answer; nothing is looked at. Route: `GET /api/routing/health`. */
  getRoutingHealth(options?: RequestOptions): Promise<{ status: Open<'ok'>; service: string; timestamp: string }> {
    return this.call('getRoutingHealth@2 GET /api/routing/health', undefined, options)
  }
}
