import type { JsonText, NumberText, Open } from '../core/types.ts'

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
