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
