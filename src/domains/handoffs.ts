import { throwIfAborted } from '../core/abort.ts'
import { Core, checkedInput } from '../core/core.ts'
import { skipped } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type { CreateHandoffInput, Handoff, HandoffFilters, HandoffList } from './handoffs-types.ts'

export type * from './handoffs-types.ts'

/** What a server gives at once at most. */
const MOST = 1000
const LIST = 'getHandoffs@2 GET /api/handoffs agent_id@agentId date limit:num offset:num -> handoffs!:[]'
const LATEST = 'getLatestHandoff@2 GET /api/handoffs agent_id@agentId'

/** Notes that one session of an agent leaves for the next one, or for another agent. Newer servers have no such routes. */
export abstract class Handoffs extends Core {
  /**
   * Leaves a note for the next session. Each call adds one; nothing is replaced.
   *
   * Route: `POST /api/handoffs`. Not repeated after an unclear failure.
   */
  createHandoff(
    input: CreateHandoffInput,
    options?: RequestOptions,
  ): Promise<{ handoff: Handoff; handoff_id: string }> {
    return this.call(
      'createHandoff@2 POST /api/handoffs agent_id!@agentId summary! session_date mood_notes key_decisions:any open_tasks:any next_priorities:any context:any tags:any',
      input,
      options,
    )
  }

  /**
   * Lists handoffs, newest first.
   *
   * Route: `GET /api/handoffs`.
   */
  async getHandoffs(filters: HandoffFilters = {}, options?: RequestOptions): Promise<HandoffList> {
    const { offset: asked, ...rest } = checkedInput(this, LIST, filters)
    const offset = skipped(asked)
    const limit = Math.max(0, rest.limit ?? 50)
    const answer = await this.call<HandoffList>(
      LIST,
      offset ? { ...rest, limit: Math.min(offset + limit, MOST) } : rest,
      options,
    )
    if (!offset) return answer
    const handoffs = answer.handoffs.slice(offset)
    return { ...answer, handoffs, total: handoffs.length }
  }

  /** Every handoff that matches, newest first: one request, since the server gives the newest 1,000 and no others. */
  async *iterateHandoffs(
    filters: HandoffFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<Handoff, void, undefined> {
    for (const handoff of (await this.getHandoffs({ ...checkedInput(this, LIST, filters), limit: MOST }, options))
      .handoffs) {
      throwIfAborted(options?.signal)
      yield handoff
    }
  }

  /**
   * Reads the newest handoff, at the start of a session for example.
   *
   * @param filters - `agent_id`: default the client's agent; null: the newest of the organization.
   * @returns `handoff` is null when there is none. Route: `GET /api/handoffs?latest=true`.
   */
  async getLatestHandoff(
    filters: { agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ handoff: Handoff | null }> {
    return this.call(LATEST, { ...checkedInput(this, LATEST, filters), latest: true }, options)
  }
}
