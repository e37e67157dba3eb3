import { Core, checkedInput } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  CreatePromptTemplateInput,
  CreatePromptVersionInput,
  ListedPromptTemplate,
  PromptRun,
  PromptRunFilters,
  PromptStats,
  PromptTemplate,
  PromptTemplateStats,
  PromptVersion,
  RenderedPrompt,
  RenderPromptInput,
  UpdatePromptTemplateInput,
} from './prompts-types.ts'

export type * from './prompts-types.ts'

const RUNS = 'listPromptRuns@2 GET /api/prompts/runs template_id version_id limit:num'

/**
 * Prompt templates with versions, rendering, and how they are used. 2.0 servers ask for no key under `/api/prompts` and keep the
 * prompts of all organizations together: put no secret into one.
 */
export abstract class Prompts extends Core {
  /**
   * Lists all templates, with the number of versions and the active one. Not paged. Route: `GET /api/prompts/templates`.
   *
   * @param filters - `category`: exactly as stored. Default: all.
   */
  listPromptTemplates(
    filters: { category?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ templates: ListedPromptTemplate[] }> {
    return this.call('listPromptTemplates@2 GET /api/prompts/templates category', filters, options)
  }

  /**
   * Creates a template. It has no version yet: see {@link createPromptVersion}.
   *
   * @returns What was sent, with the id.
   * Route: `POST /api/prompts/templates`. Not repeated after an unclear failure.
   */
  createPromptTemplate(
    input: CreatePromptTemplateInput,
    options?: RequestOptions,
  ): Promise<{ id: string; name: string; description?: string; category?: string }> {
    return this.call('createPromptTemplate@2 POST /api/prompts/templates name! description category', input, options)
  }

  /**
   * Reads a template.
   *
   * @param templateId - `pt_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/prompts/templates/:template_id`.
   */
  getPromptTemplate(templateId: string, options?: RequestOptions): Promise<PromptTemplate> {
    return this.call('getPromptTemplate@2 GET /api/prompts/templates/:template_id', undefined, options, templateId)
  }

  /**
   * Changes a template. 2.0 servers write only one of two fields, so two go out in two requests; one or all three in a single one.
   *
   * @param templateId - `pt_…`.
   * @throws {NotFoundError} When it is unknown, or without a field. Route: `PATCH /api/prompts/templates/:template_id`.
   */
  async updatePromptTemplate(
    templateId: string,
    input: UpdatePromptTemplateInput = {},
    options?: RequestOptions,
  ): Promise<PromptTemplate> {
    const route = 'updatePromptTemplate@2 PATCH /api/prompts/templates/:template_id name description category'
    const fields = checkedInput(this, route, input)
    const [first, ...others] = (['name', 'description', 'category'] as const).filter(
      (field) => fields[field] !== undefined,
    )
    if (first && others.length === 1) {
      const { [first]: value, ...rest } = fields
      await this.call(route, { [first]: value }, options, templateId)
      return this.call(route, rest, options, templateId)
    }
    return this.call(route, fields, options, templateId)
  }

  /**
   * Deletes a template with its versions and runs.
   *
   * @param templateId - `pt_…`; an unknown one gives the same answer.
   * Route: `DELETE /api/prompts/templates/:template_id`.
   */
  deletePromptTemplate(templateId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call(
      'deletePromptTemplate@2 DELETE /api/prompts/templates/:template_id',
      undefined,
      options,
      templateId,
    )
  }

  /**
   * Lists the versions of a template, newest first. Not paged.
   *
   * @param templateId - `pt_…`; an unknown one has none.
   * Route: `GET /api/prompts/templates/:template_id/versions`.
   */
  listPromptVersions(templateId: string, options?: RequestOptions): Promise<{ versions: PromptVersion[] }> {
    return this.call(
      'listPromptVersions@2 GET /api/prompts/templates/:template_id/versions',
      undefined,
      options,
      templateId,
    )
  }

  /**
   * Adds a version to a template. It is not active: see {@link activatePromptVersion}.
   *
   * @param templateId - `pt_…`.
   * @throws {NotFoundError} When the template is unknown.
   * Route: `POST /api/prompts/templates/:template_id/versions`. Not repeated after an unclear failure.
   */
  createPromptVersion(
    templateId: string,
    input: CreatePromptVersionInput,
    options?: RequestOptions,
  ): Promise<{ id: string; template_id: string; version: number; content: string; is_active: boolean }> {
    return this.call(
      'createPromptVersion@2 POST /api/prompts/templates/:template_id/versions content! model_hint parameters:list changelog',
      input,
      options,
      templateId,
    )
  }

  /**
   * Reads a version.
   *
   * @param templateId - `pt_…`.
   * @param versionId - `pv_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/prompts/templates/:template_id/versions/:version_id`.
   */
  getPromptVersion(templateId: string, versionId: string, options?: RequestOptions): Promise<PromptVersion> {
    return this.call(
      'getPromptVersion@2 GET /api/prompts/templates/:template_id/versions/:version_id',
      undefined,
      options,
      templateId,
      versionId,
    )
  }

  /**
   * Makes a version the one that {@link renderPrompt} takes, and switches the template's others off. A template can't go back to none.
   *
   * @param templateId - `pt_…`.
   * @param versionId - `pv_…`.
   * @throws {NotFoundError} When it is unknown.
   * Route: `POST /api/prompts/templates/:template_id/versions/:version_id`. Not repeated after an unclear failure.
   */
  activatePromptVersion(
    templateId: string,
    versionId: string,
    options?: RequestOptions,
  ): Promise<PromptVersion & { message: string }> {
    return this.call(
      'activatePromptVersion@2 POST /api/prompts/templates/:template_id/versions/:version_id',
      undefined,
      options,
      templateId,
      versionId,
    )
  }

  /**
   * Fills a prompt's variables in, in the order of the object; there are no conditions, loops or defaults. The server takes a
   * variable's name for a regular expression and `$&` in a value for a replacement pattern, and a value that holds `{{other}}` is
   * filled again by a later variable: keep names to letters, digits and `_`, and do not rely on values passing through untouched.
   *
   * @throws {InputError} Without an id. {@link NotFoundError} when it is unknown or the template has no active version.
   * Route: `POST /api/prompts/render`. Repeated after a failure unless `record` is true.
   */
  renderPrompt(input: RenderPromptInput, options?: RequestOptions): Promise<RenderedPrompt> {
    return this.call(
      `renderPrompt@2 POST${input?.record ? '' : '~'} /api/prompts/render template_id${input?.version_id ? '' : '!'} version_id variables:object record:bool action_id agent_id@agentId tokens_used:num latency_ms:num outcome`,
      input ?? {},
      options,
    )
  }

  /** Lists recorded renderings, newest first. Route: `GET /api/prompts/runs`. */
  async listPromptRuns(filters: PromptRunFilters = {}, options?: RequestOptions): Promise<{ runs: PromptRun[] }> {
    const fields = checkedInput(this, RUNS, filters)
    return this.call(RUNS, fields.version_id == null ? fields : { ...fields, template_id: undefined }, options)
  }

  /**
   * Sums up the recorded renderings: of all templates, or of one.
   *
   * @param filters - `template_id`: an unknown one has zero runs. Route: `GET /api/prompts/stats`.
   */
  getPromptStats(filters: { template_id: string }, options?: RequestOptions): Promise<PromptTemplateStats>
  getPromptStats(filters?: { template_id?: undefined }, options?: RequestOptions): Promise<PromptStats>
  getPromptStats(
    filters?: { template_id?: string | undefined },
    options?: RequestOptions,
  ): Promise<PromptStats | PromptTemplateStats>
  getPromptStats(
    filters: { template_id?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<PromptStats | PromptTemplateStats> {
    return this.call('getPromptStats@2 GET /api/prompts/stats template_id', filters, options)
  }
}
