import { Core, checkedInput } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  Approach,
  LogMoodInput,
  LogObservationInput,
  Mood,
  Observation,
  Preference,
  PreferenceSummary,
  SetPreferenceInput,
  TrackApproachInput,
} from './preferences-types.ts'

export type * from './preferences-types.ts'

const OBSERVATION = 'logObservation@2 POST /api/preferences agent_id@agentId observation! category importance:num'
const PREFERENCE = 'setPreference@2 POST /api/preferences agent_id@agentId preference! category confidence:num'
const MOOD = 'logMood@2 POST /api/preferences agent_id@agentId mood! energy notes context'
const APPROACH = 'trackApproach@2 POST /api/preferences agent_id@agentId approach! context succeeded:bool success:bool'
const SUMMARY = 'getPreferenceSummary@2 GET /api/preferences agent_id@agentId'
const APPROACHES = 'getApproaches@2 GET /api/preferences agent_id@agentId limit:num'

/** What an agent learns about its user. Nothing is masked here, and nothing can be deleted. Newer servers have no such routes. */
export abstract class Preferences extends Core {
  /**
   * Records something that the agent saw of its user. Each call adds one.
   *
   * Route: `POST /api/preferences`. Not repeated after an unclear failure.
   */
  async logObservation(
    input: LogObservationInput,
    options?: RequestOptions,
  ): Promise<{ observation: Observation; observation_id: string }> {
    return this.call(OBSERVATION, { ...checkedInput(this, OBSERVATION, input), type: 'observation' }, options)
  }

  /**
   * Records what the user prefers. In spite of its name each call adds a row; nothing is replaced.
   *
   * Route: `POST /api/preferences`. Not repeated after an unclear failure.
   */
  async setPreference(
    input: SetPreferenceInput,
    options?: RequestOptions,
  ): Promise<{ preference: Preference; preference_id: string }> {
    return this.call(PREFERENCE, { ...checkedInput(this, PREFERENCE, input), type: 'preference' }, options)
  }

  /**
   * Records how the user feels. Each call adds one.
   *
   * Route: `POST /api/preferences`. Not repeated after an unclear failure.
   */
  async logMood(input: LogMoodInput, options?: RequestOptions): Promise<{ mood: Mood; mood_id: string }> {
    const { notes, context, ...fields } = checkedInput(this, MOOD, input)
    // Beside notes the server measures and drops the context; alone it would be lost.
    const said = notes == null ? { notes: context } : { notes, context }
    return this.call(MOOD, { ...fields, ...said, type: 'mood' }, options)
  }

  /**
   * Counts whether an approach worked. The same text of the same agent counts on the same row.
   *
   * Route: `POST /api/preferences`. Not repeated after an unclear failure.
   */
  async trackApproach(
    input: TrackApproachInput,
    options?: RequestOptions,
  ): Promise<{ approach: Approach; approach_id: string }> {
    const { succeeded, success, ...fields } = checkedInput(this, APPROACH, input)
    return this.call(APPROACH, { ...fields, success: success ?? succeeded ?? undefined, type: 'approach' }, options)
  }

  /**
   * Reads what is known of the user.
   *
   * @param filters - `agent_id`: default the client's agent; null: the whole organization.
   * Route: `GET /api/preferences?type=summary`.
   */
  async getPreferenceSummary(
    filters: { agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ summary: PreferenceSummary }> {
    return this.call(SUMMARY, { ...checkedInput(this, SUMMARY, filters), type: 'summary' }, options)
  }

  /**
   * Lists approaches, most successes first.
   *
   * @param filters - `limit`: 0 to 200, default 50; larger values are cut by the server. `agent_id`: default the client's
   * agent; null: the whole organization.
   * @returns `total` counts the approaches in this answer. Route: `GET /api/preferences?type=approaches`.
   */
  async getApproaches(
    filters: { limit?: number | undefined; agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ approaches: Approach[]; total: number }> {
    return this.call(APPROACHES, { ...checkedInput(this, APPROACHES, filters), type: 'approaches' }, options)
  }
}
