import type { JsonText, NumberText, Open } from '../core/types.ts'

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
