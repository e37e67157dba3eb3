import type { JsonText } from '../core/types.ts'

/** Input of {@link Snippets.saveSnippet}. */
export interface SaveSnippetInput {
  /** Unique in the organization, whatever the agent; 1 to 200 characters. */
  name: string
  /** 1 to 50,000 characters. Secrets in it are replaced by `[REDACTED:…]`, so code that holds something like a key comes back altered. */
  code: string
  /** Default: the client's agent; null: a new snippet belongs to no agent, a stored one keeps its own. */
  agent_id?: string | null | undefined
  /** At most 2,000 characters; secrets in it are masked. */
  description?: string | null | undefined
  /** At most 50 characters. */
  language?: string | null | undefined
  tags?: readonly string[] | null | undefined
}

/** A stored snippet. */
export interface Snippet {
  /** `sn_…` */
  id: string
  org_id: string
  /** The agent that saved it last. */
  agent_id: string | null
  name: string
  description: string | null
  /** With secrets masked. */
  code: string
  language: string | null
  /** JSON list as text. */
  tags: JsonText<string[]> | null
  /** How often {@link Snippets.useSnippet} was called. */
  use_count: number
  /** ISO 8601 in UTC. */
  created_at: string
  last_used: string | null
}

/** Filters of {@link Snippets.getSnippets}. */
export interface SnippetFilters {
  /** Part of the name or the description, capitals ignored; `%` and `_` are wildcards. */
  search?: string | undefined
  /** Part of the tags' JSON text, capitals ignored. */
  tag?: string | undefined
  /** Exactly this text; capitals count. */
  language?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
}
