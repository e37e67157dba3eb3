import { Core } from '../core/core.ts'
import type { JsonText, RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/records.ts'

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

/** Pieces of code that the agents of an organization share. Newer servers have no such routes. */
export abstract class Snippets extends Core {
  /**
   * Saves a snippet under its name: a new one, or new code for the stored one. That keeps its id and its count, and each of
   * `description`, `language` and `tags` that is left out or empty.
   *
   * @returns `security` counts what was masked in code and description.
   * Route: `POST /api/snippets`. Not repeated after an unclear failure.
   */
  saveSnippet(
    input: SaveSnippetInput,
    options?: RequestOptions,
  ): Promise<{ snippet: Snippet; snippet_id: string; security: SecuritySummary }> {
    return this.call(
      'saveSnippet POST /api/snippets name! code! agent_id@agentId description language tags:any',
      input,
      options,
    )
  }

  /**
   * Lists the organization's snippets, most used first.
   *
   * @returns `total` counts the snippets in this answer. Route: `GET /api/snippets`.
   */
  getSnippets(filters: SnippetFilters = {}, options?: RequestOptions): Promise<{ snippets: Snippet[]; total: number }> {
    return this.call('getSnippets GET /api/snippets search tag language limit:num', filters, options)
  }

  /**
   * Reads one snippet, without counting it as used.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/snippets/:snippet_id`.
   */
  getSnippet(snippetId: string, options?: RequestOptions): Promise<{ snippet: Snippet }> {
    return this.call('getSnippet GET /api/snippets/:snippet_id', undefined, options, snippetId)
  }

  /**
   * Reads one snippet and counts it as used.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown. Route: `POST /api/snippets/:snippet_id/use`. Not repeated after an unclear failure.
   */
  useSnippet(snippetId: string, options?: RequestOptions): Promise<{ snippet: Snippet }> {
    return this.call('useSnippet POST /api/snippets/:snippet_id/use', undefined, options, snippetId)
  }

  /**
   * Deletes a snippet.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown, also where a repeated try finds that the first one did it. Route: `DELETE /api/snippets?id=…`.
   */
  deleteSnippet(snippetId: string, options?: RequestOptions): Promise<{ deleted: true; id: string }> {
    return this.call('deleteSnippet DELETE! /api/snippets id!', { id: snippetId }, options)
  }
}
