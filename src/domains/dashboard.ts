import { Core, checkedInput, settingsOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { parseRoute, routeInput } from '../core/route.ts'
import type { RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/action-types.ts'
import type {
  CalendarEvent,
  ConnectionInput,
  Content,
  CreateCalendarEventInput,
  CreateGoalInput,
  Goal,
  Idea,
  Interaction,
  MemorySnapshot,
  RecordContentInput,
  RecordIdeaInput,
  RecordInteractionInput,
  ReportedConnections,
  ReportMemoryHealthInput,
} from './dashboard-types.ts'

export type * from './dashboard-types.ts'

const CONTENT = 'recordContent@2 POST /api/content agent_id@agentId title! content_type platform status url body'
const HEALTH =
  'reportMemoryHealth@2 POST /api/memory score:num health_score:num total_files:num total_lines:num total_size_kb:num memory_md_lines:num oldest_daily newest_daily days_with_notes:num avg_lines_per_day:num duplicates:num potential_duplicates:num stale_count:num stale_facts_count:num'
const MEMORY = 'reportMemoryHealth@2 POST /api/memory health!:any entities:[name,type,mentions] topics:[name,mentions]'
/** As the documentation writes it: counts, which have no place on the server. */
const COUNTS = 'reportMemoryHealth@2 POST /api/memory health!:any entities:any topics:any'
const CONNECTIONS =
  'reportConnections@2 POST /api/agents/connections agent_id!@agentId connections!#:[provider,auth_type,plan_name,status,metadata] -> connections!:[] errors:[]'
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
      'createGoal@2 POST /api/goals agent_id@agentId title! category description target_date deadline>target_date progress:num status priority:any',
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
      'recordInteraction@2 POST /api/relationships agent_id@agentId summary! contact_name contact_id:num direction type platform',
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
      'createCalendarEvent@2 POST /api/calendar summary! start_time!:date end_time:date location description',
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
      'recordIdea@2 POST /api/inspiration title! description body>description category score:num status source fun_factor:num learning_potential:num income_potential:num',
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
