import { Core, checkedInput, settingsOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { parseRoute, routeInput } from '../core/route.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/records.ts'

/** Input of {@link Dashboard.createGoal}. */
export interface CreateGoalInput {
  /** 1 to 500 characters. */
  title: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** At most 200 characters. */
  category?: string | null | undefined
  /** At most 5,000 characters. */
  description?: string | null | undefined
  /** When it is due: free text, such as `2026-12-31`. Sent as `target_date`. */
  deadline?: string | null | undefined
  /** The server's name for `deadline`; goes first when both are given. */
  target_date?: string | null | undefined
  /** Not stored by 2.0 servers. */
  priority?: string | number | null | undefined
  /** Whole, meant as 0 to 100; the server does not check it. Default: 0. */
  progress?: number | null | undefined
  /** At most 50 characters. Default: `active`. */
  status?: Open<'active' | 'completed' | 'paused'> | null | undefined
}

/** A goal as it is stored. */
export interface Goal {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  category: string | null
  description: string | null
  target_date: string | null
  progress: number
  status: Open<'active' | 'completed' | 'paused'>
  /** US dollars; nothing sets it. */
  cost_estimate: number
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Dashboard.recordContent}. */
export interface RecordContentInput {
  /** 1 to 500 characters; not masked, unlike `body`. */
  title: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** What kind of content. 2.0 servers do not store it, so it is sent as `platform` too (at most 100 characters) when there is none. */
  content_type?: string | null | undefined
  /** Where it is published; at most 100 characters. */
  platform?: string | null | undefined
  /** At most 50 characters. Default: `draft`. */
  status?: Open<'draft' | 'published'> | null | undefined
  /** At most 2,000 characters; not checked. */
  url?: string | null | undefined
  /** At most 50,000 characters. The server masks secrets in it. */
  body?: string | null | undefined
}

/** A piece of content as it is stored. */
export interface Content {
  id: number
  org_id: string
  agent_id: string | null
  title: string
  platform: string | null
  status: Open<'draft' | 'published'>
  url: string | null
  /** With `[REDACTED:<pattern>]` in place of secrets. */
  body: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Dashboard.recordInteraction}. */
export interface RecordInteractionInput {
  /** 1 to 2,000 characters. */
  summary: string
  /** Default: the client's agent; null: no agent. */
  agent_id?: string | null | undefined
  /** Exact name of a known contact, at most 500 characters; an unknown one is dropped. `syncState` makes contacts (`relationships`). */
  contact_name?: string | null | undefined
  /** Number of a contact; goes before `contact_name` and is not checked. */
  contact_id?: number | null | undefined
  /** At most 50 characters. Default: `outbound`. */
  direction?: Open<'inbound' | 'outbound'> | null | undefined
  /** At most 100 characters. Default: `message`. */
  type?: string | null | undefined
  /** At most 100 characters. */
  platform?: string | null | undefined
}

/** An interaction as it is stored. */
export interface Interaction {
  id: number
  org_id: string
  agent_id: string | null
  contact_id: number | null
  direction: Open<'inbound' | 'outbound'>
  summary: string
  /** Nothing sets it. */
  notes: string | null
  type: string
  platform: string | null
  /** Time of the call, ISO 8601 in UTC. */
  date: string
  /** Always null on 2.0 servers: see `date`. */
  created_at: string | null
}

/** Input of {@link Dashboard.createCalendarEvent}. */
export interface CreateCalendarEventInput {
  /** 1 to 500 characters. */
  summary: string
  /** A time that can be read as a date. A text without a zone is taken in the server's zone. */
  start_time: string | Date | number
  /** As `start_time`, which it is not compared with. */
  end_time?: string | Date | number | null | undefined
  /** At most 500 characters. */
  location?: string | null | undefined
  /** At most 5,000 characters. */
  description?: string | null | undefined
}

/** A calendar event as it is stored. */
export interface CalendarEvent {
  id: number
  org_id: string
  summary: string
  /** ISO 8601 in UTC. */
  start_time: string
  /** ISO 8601 in UTC. */
  end_time: string | null
  location: string | null
  description: string | null
}

/** Input of {@link Dashboard.recordIdea}. */
export interface RecordIdeaInput {
  /** 1 to 500 characters. */
  title: string
  /** The idea in full; at most 5,000 characters. Sent as `description`. */
  body?: string | null | undefined
  /** The server's name for `body`; goes first when both are given. */
  description?: string | null | undefined
  /** At most 200 characters. */
  category?: string | null | undefined
  /** Whole, meant as 0 to 100; null is stored. Default: the rounded mean of the three part scores when one is given, else 50. */
  score?: number | null | undefined
  /** At most 50 characters. Default: `pending`. */
  status?: Open<'pending' | 'in_progress' | 'shipped' | 'rejected'> | null | undefined
  /** At most 500 characters. */
  source?: string | null | undefined
  /** Part score, whole. Default: 0. */
  fun_factor?: number | null | undefined
  /** Part score, whole. Default: 0. */
  learning_potential?: number | null | undefined
  /** Part score, whole. Default: 0. */
  income_potential?: number | null | undefined
}

/** An idea as it is stored. Ideas are the organization's: they have no agent. */
export interface Idea {
  id: number
  org_id: string
  title: string
  description: string | null
  category: string | null
  score: number | null
  status: Open<'pending' | 'in_progress' | 'shipped' | 'rejected'>
  source: string | null
  /** ISO 8601 in UTC. */
  captured_at: string
  fun_factor: number
  learning_potential: number
  income_potential: number
}

/** How an agent signs in to a provider. */
export type ConnectionAuthType = 'api_key' | 'subscription' | 'oauth' | 'pre_configured' | 'environment'
/** Whether a connection works. */
export type ConnectionStatus = 'active' | 'inactive' | 'error'

/** One connection of an agent to a provider. */
export interface ConnectionInput {
  /** 1 to 128 characters; one row a provider and agent. */
  provider: string
  /** Default: `api_key`. */
  auth_type?: Open<ConnectionAuthType> | null | undefined
  /** At most 256 characters. */
  plan_name?: string | null | undefined
  /** Default: `active`. */
  status?: Open<ConnectionStatus> | null | undefined
  /** An object, or a text; at most 10,000 characters as JSON. */
  metadata?: Record<string, unknown> | string | null | undefined
}

/** A connection as it is stored. */
export interface AgentConnection {
  /** `conn_…`. */
  id: string
  org_id: string
  agent_id: string
  provider: string
  auth_type: Open<ConnectionAuthType>
  plan_name: string | null
  status: Open<ConnectionStatus>
  /** JSON as text when an object was reported. */
  metadata: string | null
  /** First report, ISO 8601 in UTC. */
  reported_at: string
  /** Last report, ISO 8601 in UTC. */
  updated_at: string
}

/** A connection that the server refused. */
export interface RefusedConnection {
  /** Absent when the entry had none. */
  provider?: string
  error: string
}

/** Answer of {@link Dashboard.reportConnections}. */
export interface ReportedConnections {
  /** Those that were stored. */
  connections: AgentConnection[]
  /** Those that were refused; absent when there are none. */
  errors?: RefusedConnection[]
  /** How many rows were written, new and known ones alike. */
  created: number
}

/** State of an agent's memory. Numbers are whole but for `avg_lines_per_day`, and 0 when absent. */
export interface MemoryHealthReport {
  /** 0 to 100. */
  score?: number | null | undefined
  total_files?: number | null | undefined
  total_lines?: number | null | undefined
  /** Kilobytes. */
  total_size_kb?: number | null | undefined
  memory_md_lines?: number | null | undefined
  /** Oldest daily note, such as `2026-01-31`. */
  oldest_daily?: string | null | undefined
  /** Newest daily note. */
  newest_daily?: string | null | undefined
  days_with_notes?: number | null | undefined
  avg_lines_per_day?: number | null | undefined
  duplicates?: number | null | undefined
  stale_count?: number | null | undefined
}

/** One word for a memory's state, in place of a score: `healthy` 100, `good` 80, `fair` 60, `degraded` 40, `poor` 20, `critical` 0. */
export type MemoryHealthWord = 'healthy' | 'good' | 'fair' | 'degraded' | 'poor' | 'critical'

/** A topic of a memory. */
export interface MemoryTopic {
  name: string
  /** Whole. Default: 1. */
  mentions?: number | null | undefined
}

/** A person or thing of a memory. */
export interface MemoryEntity extends MemoryTopic {
  /** Default: `other`. */
  type?: string | null | undefined
}

/** Input of {@link Dashboard.reportMemoryHealth}. */
export interface ReportMemoryHealthInput {
  /** A report; or a score from 0 to 100; or a word, see {@link MemoryHealthWord}. */
  health: MemoryHealthReport | MemoryHealthWord | number
  /**
   * The list **replaces the entities of the whole organization**; the first 100 are stored, an empty list changes nothing. A
   * count is sent as it is, and ignored by the server.
   */
  entities?: readonly MemoryEntity[] | number | null | undefined
  /** As `entities`. */
  topics?: readonly MemoryTopic[] | number | null | undefined
}

/** A reading of a memory as it is stored. */
export interface MemorySnapshot {
  id: number
  org_id: string
  /** ISO 8601 in UTC. */
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

const CONTENT = 'recordContent POST /api/content agent_id@agentId title! content_type platform status url body'
const HEALTH =
  'reportMemoryHealth POST /api/memory score:num health_score:num total_files:num total_lines:num total_size_kb:num memory_md_lines:num oldest_daily newest_daily days_with_notes:num avg_lines_per_day:num duplicates:num potential_duplicates:num stale_count:num stale_facts_count:num'
const MEMORY = 'reportMemoryHealth POST /api/memory health!:any entities:[name,type,mentions] topics:[name,mentions]'
/** As the documentation writes it: counts, which have no place on the server. */
const COUNTS = 'reportMemoryHealth POST /api/memory health!:any entities:any topics:any'
const CONNECTIONS =
  'reportConnections POST /api/agents/connections agent_id!@agentId connections!#:[provider,auth_type,plan_name,status,metadata] -> connections!:[] errors:[]'
const WORDS = 'critical poor degraded fair good healthy'

/** What the operator's dashboard shows beside the actions: goals, content, interactions, events, ideas, connections, memory. */
export abstract class Dashboard extends Core {
  /**
   * Adds a goal. The same title again makes a second one.
   *
   * Route: `POST /api/goals`. Not repeated after an unclear failure. Not on newer servers.
   */
  createGoal(input: CreateGoalInput, options?: RequestOptions): Promise<{ goal: Goal }> {
    return this.call(
      'createGoal POST /api/goals agent_id@agentId title! category description target_date deadline>target_date progress:num status priority:any',
      input,
      options,
    )
  }

  /**
   * Records a piece of content that an agent made. Each call adds one.
   *
   * @returns The content, and what was masked in its body. Route: `POST /api/content`. Not repeated after an unclear failure.
   * Not on newer servers.
   */
  async recordContent(
    input: RecordContentInput,
    options?: RequestOptions,
  ): Promise<{ content: Content; security: SecuritySummary }> {
    const fields = checkedInput(this, CONTENT, input)
    return this.call(CONTENT, { ...fields, platform: fields.platform ?? fields.content_type }, options)
  }

  /**
   * Records an interaction, with a contact or with another agent. A known contact's counter goes up.
   *
   * Route: `POST /api/relationships`. Not repeated after an unclear failure. Not on newer servers.
   */
  recordInteraction(input: RecordInteractionInput, options?: RequestOptions): Promise<{ interaction: Interaction }> {
    return this.call(
      'recordInteraction POST /api/relationships agent_id@agentId summary! contact_name contact_id:num direction type platform',
      input,
      options,
    )
  }

  /**
   * Adds an event to the organization's calendar; it belongs to no agent.
   *
   * Route: `POST /api/calendar`. Not repeated after an unclear failure. Not on newer servers.
   */
  createCalendarEvent(input: CreateCalendarEventInput, options?: RequestOptions): Promise<{ event: CalendarEvent }> {
    return this.call(
      'createCalendarEvent POST /api/calendar summary! start_time!:date end_time:date location description',
      input,
      options,
    )
  }

  /**
   * Records an idea; it belongs to no agent.
   *
   * Route: `POST /api/inspiration`. Not repeated after an unclear failure. Not on newer servers.
   */
  recordIdea(input: RecordIdeaInput, options?: RequestOptions): Promise<{ idea: Idea }> {
    return this.call(
      'recordIdea POST /api/inspiration title! description body>description category score:num status source fun_factor:num learning_potential:num income_potential:num',
      input,
      options,
    )
  }

  /**
   * Reports which providers an agent is connected to. A provider that was reported before is replaced, its metadata too.
   *
   * @param connections - At least one; more than 50 are sent in several requests.
   * @param input - `agent_id`: default the client's agent, at most 128 characters.
   * @returns What was stored, and under `errors` what was refused, which is logged as a warning too.
   * Route: `POST /api/agents/connections`. Not repeated after an unclear failure; calling it again does no harm.
   */
  async reportConnections(
    connections: readonly ConnectionInput[],
    input: { agent_id?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<ReportedConnections> {
    const fields = checkedInput(this, CONNECTIONS, input, { connections })
    const all: ReportedConnections = { connections: [], created: 0 }
    for (let at = 0; at < connections.length; at += 50) {
      const answer = await this.call<ReportedConnections>(
        CONNECTIONS,
        { ...fields, connections: connections.slice(at, at + 50) },
        options,
      )
      all.connections.push(...answer.connections)
      all.created += answer.created
      if (answer.errors) all.errors = [...(all.errors ?? []), ...answer.errors]
    }
    if (all.errors) {
      settingsOf(this).logger.warn(
        `dashclaw: ${all.errors.length} of ${connections.length} connections were refused.`,
        all.errors,
      )
    }
    return all
  }

  /**
   * Reports the state of an agent's memory. The report has no agent: it is the organization's.
   *
   * @returns The counts are the lengths of the lists that were sent.
   * @throws {InputError} When an entity or topic has no name, for which the server would delete the old ones and then fail.
   * Route: `POST /api/memory`. Not repeated after an unclear failure. Not on newer servers.
   */
  async reportMemoryHealth(
    input: ReportMemoryHealthInput,
    options?: RequestOptions,
  ): Promise<{ snapshot: MemorySnapshot; entities_count: number; topics_count: number }> {
    const counted = typeof input?.entities === 'number' || typeof input?.topics === 'number'
    const route = counted ? COUNTS : MEMORY
    const fields = checkedInput(this, route, input)
    let health: unknown = fields.health
    const score = typeof health === 'string' && health ? WORDS.split(' ').indexOf(health) * 20 : health
    if ((score as number) < 0) {
      throw new InputError(`health must be a report, a score, or one of: ${WORDS.replace(/ /g, ', ')}.`, 'health')
    }
    if (typeof score === 'number') health = { score }
    if (health) health = routeInput(parseRoute(HEALTH), health, {})
    for (const field of ['entities', 'topics'] as const) {
      const list: unknown = fields[field]
      if (Array.isArray(list) && !list.every((item) => item?.name)) {
        throw new InputError(`${field} must each have a name.`, field)
      }
    }
    return this.call(route, { ...fields, health }, options)
  }
}
