import { Core, checkedInput } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'

/** Who a row of this domain belongs to, on its way in. */
export interface PreferenceOwner {
  /** Default: the client's agent; null: a row of no agent. */
  agent_id?: string | null | undefined
}

/** Input of {@link Preferences.logObservation}. */
export interface LogObservationInput extends PreferenceOwner {
  /** 1 to 2,000 characters. */
  observation: string
  /** At most 200 characters. */
  category?: string | null | undefined
  /** Whole, meant as 1 to 10; the server takes any and stores 0 as 5. Default: 5. */
  importance?: number | null | undefined
}

/** Input of {@link Preferences.setPreference}. */
export interface SetPreferenceInput extends PreferenceOwner {
  /** 1 to 2,000 characters. */
  preference: string
  /** At most 200 characters. */
  category?: string | null | undefined
  /** Whole, meant as 0 to 100; the server takes any and stores 0 as 50. Default: 50. */
  confidence?: number | null | undefined
}

/** Input of {@link Preferences.logMood}. */
export interface LogMoodInput extends PreferenceOwner {
  /** 1 to 200 characters. */
  mood: string
  /** At most 100 characters. */
  energy?: string | null | undefined
  /** At most 2,000 characters. */
  notes?: string | null | undefined
  /** At most 2,000 characters. Sent as `notes` when there are none; beside notes 2.0 servers do not store it. */
  context?: string | null | undefined
}

/** Input of {@link Preferences.trackApproach}. */
export interface TrackApproachInput extends PreferenceOwner {
  /** What was tried; 1 to 2,000 characters. One row a text and agent. */
  approach: string
  /** At most 2,000 characters; replaces the stored one. */
  context?: string | null | undefined
  /** Whether it worked: true and false are counted. Sent as `success`. */
  succeeded?: boolean | null | undefined
  /** The server's name for `succeeded`; goes first when both are given. */
  success?: boolean | null | undefined
}

/** What all rows of this domain have. */
export interface PreferenceRow {
  id: string
  org_id: string
  /** Null for rows that came with an API key. */
  user_id: string | null
  agent_id: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Something seen of the user; its id starts with `uo_`. */
export interface Observation extends PreferenceRow {
  observation: string
  category: string | null
  importance: number
}

/** What the user prefers; its id starts with `up_`. */
export interface Preference extends PreferenceRow {
  preference: string
  category: string | null
  confidence: number
  /** Nothing sets it. */
  last_validated: string | null
}

/** How the user felt; its id starts with `um_`. */
export interface Mood extends PreferenceRow {
  mood: string
  energy: string | null
  notes: string | null
}

/** A way of working and how it went; its id starts with `ua_`. */
export interface Approach extends PreferenceRow {
  approach: string
  context: string | null
  success_count: number
  fail_count: number
  /** ISO 8601 in UTC. */
  updated_at: string
}

/** What is known of the user. */
export interface PreferenceSummary {
  observations_count: number
  /** At most 20, highest confidence first. */
  preferences: Preference[]
  /** At most 5, newest first. */
  recent_moods: Mood[]
  /** At most 10, most successes first. */
  top_approaches: Approach[]
}

const OBSERVATION = 'logObservation POST /api/preferences agent_id@agentId observation! category importance:num'
const PREFERENCE = 'setPreference POST /api/preferences agent_id@agentId preference! category confidence:num'
const MOOD = 'logMood POST /api/preferences agent_id@agentId mood! energy notes context'
const APPROACH = 'trackApproach POST /api/preferences agent_id@agentId approach! context succeeded:bool success:bool'
const SUMMARY = 'getPreferenceSummary GET /api/preferences agent_id@agentId'
const APPROACHES = 'getApproaches GET /api/preferences agent_id@agentId limit:num'

/** What an agent learns about its user. Nothing is masked here, and nothing can be deleted. Newer servers have no such routes. */
export abstract class Preferences extends Core {
  /**
   * Keeps something that the agent saw of its user. Each call adds one.
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
   * Keeps what the user prefers. In spite of its name each call adds a row; nothing is replaced.
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
   * Keeps how the user feels. Each call adds one.
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
