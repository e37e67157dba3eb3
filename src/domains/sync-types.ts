import type { Open } from '../core/types.ts'
import type { CreateActionInput } from '../governance/action-types.ts'

/** A connection in {@link SyncState}; replaces the stored one of this agent and provider. */
export interface SyncConnection {
  /** 1 to 100 characters. */
  provider: string
  /** At most 50 characters. Default: `api_key`. */
  auth_type?: Open<'api_key' | 'subscription' | 'oauth' | 'pre_configured' | 'environment'> | null | undefined
  /** At most 50 characters. Default: `active`. */
  status?: Open<'active' | 'inactive' | 'error'> | null | undefined
  /** Not stored by the server for a connection without `metadata`. */
  plan_name?: string | null | undefined
  /** A connection that has some is sent in a request of its own, where only the listed words of the other fields are taken. */
  metadata?: Record<string, unknown> | string | null | undefined
}

/** The memory in {@link SyncState}. Lists that are not empty **replace those of the whole organization**; at most 100 items each. */
export interface SyncMemory {
  /** Adds a reading. Numbers are 0 when absent. */
  health?:
    | {
        /** 0 to 100. */
        score?: number | null | undefined
        total_files?: number | null | undefined
        total_lines?: number | null | undefined
        /** Kilobytes. */
        total_size_kb?: number | null | undefined
        memory_md_lines?: number | null | undefined
        oldest_daily?: string | null | undefined
        newest_daily?: string | null | undefined
        days_with_notes?: number | null | undefined
        avg_lines_per_day?: number | null | undefined
        duplicates?: number | null | undefined
        stale_count?: number | null | undefined
      }
    | null
    | undefined
  /** Name at most 255, type at most 50 characters (default `other`); `mentions` default 0. */
  entities?:
    | readonly { name: string; type?: string | null | undefined; mentions?: number | null | undefined }[]
    | null
    | undefined
  /** Name at most 255 characters; `mentions` default 0. */
  topics?: readonly { name: string; mentions?: number | null | undefined }[] | null | undefined
}

/** A goal in {@link SyncState}; always added. */
export interface SyncGoal {
  /** 1 to 500 characters. */
  title: string
  category?: string | null | undefined
  description?: string | null | undefined
  target_date?: string | null | undefined
  /** Whole, 0 to 100. Default: 0. */
  progress?: number | null | undefined
  /** At most 50 characters. Default: `active`. */
  status?: string | null | undefined
}

/** A decision in {@link SyncState}; always added. */
export interface SyncDecision {
  /** 1 to 2,000 characters. */
  decision: string
  context?: string | null | undefined
  reasoning?: string | null | undefined
  /** At most 2,000 characters. Default: `pending`. */
  outcome?: string | null | undefined
  /** 0 to 100. Default, also for 0: 50. */
  confidence?: number | null | undefined
}

/** A piece of content in {@link SyncState}; always added. */
export interface SyncContent {
  /** 1 to 500 characters. */
  title: string
  platform?: string | null | undefined
  /** At most 50 characters. Default: `draft`. */
  status?: string | null | undefined
  url?: string | null | undefined
  body?: string | null | undefined
}

/** An idea in {@link SyncState}; always added, without an agent. */
export interface SyncIdea {
  /** 1 to 500 characters. */
  title: string
  description?: string | null | undefined
  category?: string | null | undefined
  /** Whole. Default, also for 0: 50. */
  score?: number | null | undefined
  /** At most 50 characters. Default: `pending`. */
  status?: string | null | undefined
  source?: string | null | undefined
}

/** A key point in {@link SyncState}; always added. */
export interface SyncKeyPoint {
  /** 1 to 2,000 characters, where `captureKeyPoint` takes 5,000. */
  content: string
  /** At most 50 characters; an unknown word is stored as `general`, the default. */
  category?: Open<'decision' | 'task' | 'insight' | 'question' | 'general'> | null | undefined
  /** 1 to 10. Default, also for 0: 5. */
  importance?: number | null | undefined
  /** A day. Default: today in UTC. */
  session_date?: string | null | undefined
}

/** A context thread in {@link SyncState}; a known one of this agent and name is opened again. */
export interface SyncThread {
  /** 1 to 255 characters. */
  name: string
  summary?: string | null | undefined
}

/** A handoff in {@link SyncState}; always added. */
export interface SyncHandoff {
  /** 1 to 4,000 characters, where `createHandoff` takes 5,000. */
  summary: string
  /** A day. Default: today in UTC. */
  session_date?: string | null | undefined
  /** Stored as JSON text, as the next two. */
  key_decisions?: unknown
  open_tasks?: unknown
  next_priorities?: unknown
  mood_notes?: string | null | undefined
}

/** The user's preferences in {@link SyncState}. All four lists have one result. */
export interface SyncPreferences {
  /** Text of 1 to 2,000 characters; `importance` default 5. Always added. */
  observations?:
    | readonly { observation: string; category?: string | null | undefined; importance?: number | null | undefined }[]
    | null
    | undefined
  /** Text of 1 to 2,000 characters; `confidence` default 50. Always added. */
  preferences?:
    | readonly { preference: string; category?: string | null | undefined; confidence?: number | null | undefined }[]
    | null
    | undefined
  /** `mood` of 1 to 100 characters. Always added. */
  moods?:
    | readonly { mood: string; energy?: string | null | undefined; notes?: string | null | undefined }[]
    | null
    | undefined
  /** `approach` of 1 to 500 characters. Counted on the row of this agent and text. */
  approaches?:
    | readonly { approach: string; context?: string | null | undefined; success?: boolean | null | undefined }[]
    | null
    | undefined
}

/** A code snippet in {@link SyncState}; replaces the stored one of this name. */
export interface SyncSnippet {
  /** 1 to 255 characters. */
  name: string
  /** 1 to 10,000 characters, where `saveSnippet` takes 50,000. */
  code: string
  description?: string | null | undefined
  language?: string | null | undefined
  /** Stored as JSON text. */
  tags?: unknown
}

/** A contact in {@link SyncState}; a known one of this agent and name is left alone, and counted as synced. */
export interface SyncRelationship {
  /** 1 to 255 characters. */
  name: string
  /** At most 100 characters. Default: `contact`. */
  relationship_type?: string | null | undefined
  description?: string | null | undefined
  /** Not stored. */
  source_file?: string | null | undefined
}

/** A capability in {@link SyncState}; replaces the stored one of this agent, name and type. */
export interface SyncCapability {
  /** 1 to 255 characters. */
  name: string
  /** At most 50 characters. Default: `skill`. */
  capability_type?: string | null | undefined
  description?: string | null | undefined
  source_path?: string | null | undefined
  /** Default, also for 0: 1. */
  file_count?: number | null | undefined
  /** Left out with a warning, since the server refuses the whole state for it. */
  metadata?: Record<string, unknown> | null | undefined
}

/** State of an agent; see {@link Sync.syncState}. A section that is null is left out; one that the server does not know is dropped by it. */
export interface SyncState {
  /** Default: the client's agent. Null: no agent; then connections and handoffs fail, one by one. */
  agent_id?: string | null | undefined
  /** At most 100 characters; has no effect: the key's organization is used. */
  target_org_id?: string | null | undefined
  connections?: readonly SyncConnection[] | null | undefined
  memory?: SyncMemory | null | undefined
  goals?: readonly SyncGoal[] | null | undefined
  /** Sent as `learning`, after the entries that are given there. */
  decisions?: readonly SyncDecision[] | null | undefined
  /** The server's name for `decisions`. */
  learning?: readonly SyncDecision[] | null | undefined
  content?: readonly SyncContent[] | null | undefined
  inspiration?: readonly SyncIdea[] | null | undefined
  context_points?: readonly SyncKeyPoint[] | null | undefined
  context_threads?: readonly SyncThread[] | null | undefined
  handoffs?: readonly SyncHandoff[] | null | undefined
  preferences?: SyncPreferences | null | undefined
  snippets?: readonly SyncSnippet[] | null | undefined
  relationships?: readonly SyncRelationship[] | null | undefined
  capabilities?: readonly SyncCapability[] | null | undefined
  /** Created one by one, since the server has no section for them; signed where the client has a key. The server's policies apply. */
  actions?: readonly CreateActionInput[] | null | undefined
}

/** What became of one section. */
export interface SyncSectionResult {
  /** Entries that were stored; of a contact that is known already, too. */
  synced: number
  /** One text an entry that was not stored; absent when there are none. */
  errors?: string[]
}

/** Answer of {@link Sync.syncState}. */
export interface SyncResult {
  /** One result a section that was given; `decisions` shares the one of `learning`. */
  results: { [Section in keyof Omit<SyncState, 'agent_id' | 'target_org_id'>]?: SyncSectionResult } & {
    [section: string]: SyncSectionResult | undefined
  }
  /** Sum of `synced`. */
  total_synced: number
  /** Number of error texts. */
  total_errors: number
  /** Time that the server took, in milliseconds; without the actions. */
  duration_ms: number
}
