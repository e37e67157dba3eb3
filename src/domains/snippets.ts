import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/action-types.ts'
import type { SaveSnippetInput, Snippet, SnippetFilters } from './snippets-types.ts'

export type * from './snippets-types.ts'

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
      'saveSnippet@2 POST /api/snippets name! code! agent_id@agentId description language tags:any',
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
    return this.call('getSnippets@2 GET /api/snippets search tag language limit:num', filters, options)
  }

  /**
   * Reads one snippet, without counting it as used.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/snippets/:snippet_id`.
   */
  getSnippet(snippetId: string, options?: RequestOptions): Promise<{ snippet: Snippet }> {
    return this.call('getSnippet@2 GET /api/snippets/:snippet_id', undefined, options, snippetId)
  }

  /**
   * Reads one snippet and counts it as used.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown. Route: `POST /api/snippets/:snippet_id/use`. Not repeated after an unclear failure.
   */
  useSnippet(snippetId: string, options?: RequestOptions): Promise<{ snippet: Snippet }> {
    return this.call('useSnippet@2 POST /api/snippets/:snippet_id/use', undefined, options, snippetId)
  }

  /**
   * Deletes a snippet.
   *
   * @param snippetId - `sn_…`
   * @throws {NotFoundError} When it is unknown, also where a repeated try finds that the first one did it. Route: `DELETE /api/snippets?id=…`.
   */
  deleteSnippet(snippetId: string, options?: RequestOptions): Promise<{ deleted: true; id: string }> {
    return this.call('deleteSnippet@2 DELETE! /api/snippets id!', { id: snippetId }, options)
  }
}
