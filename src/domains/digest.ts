import { Core, checkedInput } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import type { RequestOptions } from '../core/types.ts'
import type { DailyDigest, DigestFilters } from './digest-types.ts'

export type * from './digest-types.ts'

const DIGEST = 'getDailyDigest@2 GET /api/digest agent_id@agentId date -> summary!:{}'

/** One overview of a day: actions, decisions, lessons, content, ideas, interactions, goals. */
export abstract class Digest extends Core {
  /**
   * Sums up a day. On 2.0 servers a day never holds interactions: `date: null` lists them.
   *
   * @throws {InputError} When `date` is not a day such as `2026-01-31`.
   * Route: `GET /api/digest`. Not on newer servers.
   */
  async getDailyDigest(filters: DigestFilters = {}, options?: RequestOptions): Promise<DailyDigest> {
    const fields = checkedInput(this, DIGEST, filters)
    const { date = new Date().toISOString().slice(0, 10) } = fields
    if (date !== null && (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date)))) {
      throw new InputError('date must be a day such as 2026-01-31.', 'date')
    }
    const answer = await this.call<DailyDigest>(DIGEST, { ...fields, date }, options)
    const { action_count, decision_count } = answer.summary
    return { ...answer, actions_count: action_count, decisions_count: decision_count }
  }
}
