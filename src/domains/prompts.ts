import { Core, checkedInput } from '../core/core.ts'
import type { JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'

/** Input of {@link Prompts.createPromptTemplate}. */
export interface CreatePromptTemplateInput {
  /** Need not be unique. */
  name: string
  /** Default: empty. */
  description?: string | undefined
  /** Default: `general`. */
  category?: string | undefined
}

/** A template as it is stored. */
export interface PromptTemplate {
  /** `pt_…`. */
  id: string
  /** `org_default`, whatever the key. */
  org_id: string
  name: string
  description: string
  category: string
  created_at: string
  /** Moves with a change of the template and with a new version, not with an activation. */
  updated_at: string
}

/** A template in the list. */
export interface ListedPromptTemplate extends PromptTemplate {
  version_count: NumberText
  /** Number of the active version. */
  active_version: number | null
}

/** Input of {@link Prompts.updatePromptTemplate}: at least one field. */
export interface UpdatePromptTemplateInput {
  name?: string | undefined
  description?: string | undefined
  category?: string | undefined
}

/** Input of {@link Prompts.createPromptVersion}. */
export interface CreatePromptVersionInput {
  /** The prompt, with `{{name}}` where a variable goes. */
  content: string
  /** The model it was written for. Default: empty. */
  model_hint?: string | undefined
  /** Names of the variables, for the reader: rendering does not look at them. */
  parameters?: readonly string[] | undefined
  /** What changed. Default: empty. */
  changelog?: string | undefined
}

/** A version as it is stored. */
export interface PromptVersion {
  /** `pv_…`. */
  id: string
  org_id: string
  template_id: string
  /** From 1. */
  version: number
  content: string
  model_hint: string
  /** A list on servers with the Neon driver, its JSON text on those with plain Postgres. */
  parameters: JsonText<string[]> | string[]
  changelog: string
  /** One version of a template at most. */
  is_active: boolean
  created_by: Open<'user'>
  created_at: string
}

/** Input of {@link Prompts.renderPrompt}: one of the two ids, and what goes into the text. */
export type RenderPromptInput = (
  | {
      /** Takes the active version of this template. */
      template_id: string
      version_id?: string | null | undefined
    }
  | {
      template_id?: string | null | undefined
      /** Takes this version; goes before `template_id`. */
      version_id: string
    }
) & {
  /** What replaces the marks. A value becomes text as `String(value)` makes it; a mark without a variable stays. */
  variables?: Record<string, unknown> | null | undefined
  /** Stores a run with the fields below. Default: false. */
  record?: boolean | null | undefined
  /** The action that the prompt is for. */
  action_id?: string | null | undefined
  /** Default: the client's agent. */
  agent_id?: string | null | undefined
  /** Whole. Default: 0. */
  tokens_used?: number | null | undefined
  /** Whole milliseconds. Default: 0. */
  latency_ms?: number | null | undefined
  /** Default: empty. */
  outcome?: string | null | undefined
}

/** Answer of {@link Prompts.renderPrompt}. */
export interface RenderedPrompt {
  rendered: string
  version_id: string
  template_id: string
  version: number
  /** Names of letters, digits and `_` that stand between the braces, in order; names with `-` or `.` are replaced, but not listed. */
  parameters: string[]
  /** `pr_…`; only with `record`. */
  run_id?: string
}

/** Filters of {@link Prompts.listPromptRuns}. */
export interface PromptRunFilters {
  template_id?: string | undefined
  /** A version belongs to one template, so `template_id` is not sent beside it: the server would ignore the version. */
  version_id?: string | undefined
  /** 0 to 100; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
}

/** A recorded rendering. */
export interface PromptRun {
  /** `pr_…`. */
  id: string
  org_id: string
  template_id: string
  version_id: string
  /** Empty when none was given, like `agent_id` and `outcome`. */
  action_id: string
  agent_id: string
  /** The variables: an object on servers with the Neon driver, its JSON text on those with plain Postgres. */
  input_vars: JsonText<Record<string, unknown>> | Record<string, unknown>
  rendered: string
  tokens_used: number
  /** Milliseconds. */
  latency_ms: number
  outcome: string
  created_at: string
  template_name: string
  version: number
}

/** Numbers over runs; the averages are whole numbers. */
export interface PromptRunCounts {
  total_runs: NumberText
  avg_tokens: NumberText | null
  avg_latency_ms: NumberText | null
}

/** Answer of {@link Prompts.getPromptStats} for one template. */
export interface PromptTemplateStats extends PromptRunCounts {
  versions_used: NumberText
  unique_agents: NumberText
}

/** Answer of {@link Prompts.getPromptStats} without a template. */
export interface PromptStats {
  /** `today_count` is of the last 24 hours. */
  overall: PromptRunCounts & { unique_templates: NumberText; today_count: NumberText }
  /** The 10 names with most runs; templates of one name count together. */
  by_template: (PromptRunCounts & { template_name: string })[]
  /** The 20 versions with most runs. */
  by_version: {
    template_name: string
    version: number
    version_id: string
    total_runs: NumberText
    avg_tokens: NumberText | null
  }[]
}

const RUNS = 'listPromptRuns GET /api/prompts/runs template_id version_id limit:num'

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
    return this.call('listPromptTemplates GET /api/prompts/templates category', filters, options)
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
    return this.call('createPromptTemplate POST /api/prompts/templates name! description category', input, options)
  }

  /**
   * Reads a template.
   *
   * @param templateId - `pt_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/prompts/templates/:template_id`.
   */
  getPromptTemplate(templateId: string, options?: RequestOptions): Promise<PromptTemplate> {
    return this.call('getPromptTemplate GET /api/prompts/templates/:template_id', undefined, options, templateId)
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
    const route = 'updatePromptTemplate PATCH /api/prompts/templates/:template_id name description category'
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
    return this.call('deletePromptTemplate DELETE /api/prompts/templates/:template_id', undefined, options, templateId)
  }

  /**
   * Lists the versions of a template, newest first. Not paged.
   *
   * @param templateId - `pt_…`; an unknown one has none.
   * Route: `GET /api/prompts/templates/:template_id/versions`.
   */
  listPromptVersions(templateId: string, options?: RequestOptions): Promise<{ versions: PromptVersion[] }> {
    return this.call(
      'listPromptVersions GET /api/prompts/templates/:template_id/versions',
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
      'createPromptVersion POST /api/prompts/templates/:template_id/versions content! model_hint parameters:list changelog',
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
      'getPromptVersion GET /api/prompts/templates/:template_id/versions/:version_id',
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
      'activatePromptVersion POST /api/prompts/templates/:template_id/versions/:version_id',
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
      `renderPrompt POST${input?.record ? '' : '~'} /api/prompts/render template_id${input?.version_id ? '' : '!'} version_id variables:object record:bool action_id agent_id@agentId tokens_used:num latency_ms:num outcome`,
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
    return this.call('getPromptStats GET /api/prompts/stats template_id', filters, options)
  }
}
