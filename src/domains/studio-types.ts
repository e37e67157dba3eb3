import type { Open } from '../core/types.ts'

/** Where the documents of a knowledge collection come from. */
export type KnowledgeSource = 'files' | 'urls' | 'external' | 'notes'
/** How a capability is reached. */
export type CapabilitySource = 'internal_sdk' | 'http_api' | 'webhook' | 'human_approval' | 'external_marketplace'
/** How much harm a capability can do. */
export type CapabilityRisk = 'low' | 'medium' | 'high' | 'critical'

/** A model of a provider. */
export interface ModelRef {
  /** Free text, such as `openai`. */
  provider: string
  /** Free text. */
  model: string
}

interface ModelStrategyLimits {
  primary: ModelRef
  /** Tried in this order after `primary`. The server does not look into it. */
  fallback?: ModelRef[] | null
  /** US dollars. */
  maxBudgetUsd?: number | null
  /** Whole. */
  maxRetries?: number | null
  allowedProviders?: string[] | null
  disallowedProviders?: string[] | null
  /** Further keys are kept as they are. */
  [field: string]: unknown
}

/** Config of a model strategy; unlike the rest of the API its names are camelCase. */
export interface ModelStrategyConfig extends ModelStrategyLimits {
  costSensitivity?: Open<'low' | 'balanced' | 'high-quality'> | null
  latencySensitivity?: Open<'low' | 'medium' | 'high'> | null
}

/** Config of a model strategy, as a server stores it. */
export interface StoredModelStrategyConfig extends ModelStrategyLimits {
  costSensitivity?: Open<'low' | 'balanced' | 'high-quality'> | null
  latencySensitivity?: Open<'low' | 'medium' | 'high'> | null
}

/** A model strategy. */
export interface ModelStrategy {
  /** `mst_…`, or what the caller gave. */
  strategy_id: string
  org_id: string
  name: string
  description: string | null
  config: StoredModelStrategyConfig
  created_by: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** A model strategy as it was when a template was launched. */
export type ResolvedStrategy = Pick<ModelStrategy, 'strategy_id' | 'name' | 'config'>

/** Fields of a workflow template. Ids are links that the server does not check. */
export interface WorkflowTemplateInput {
  name?: string | null | undefined
  /** Unique in the organization, brought into the form `a-z0-9-`, at most 80 characters. Default: made from the name. */
  slug?: string | null | undefined
  description?: string | null | undefined
  /** What the workflow is meant to reach; the goal of a launch. */
  objective?: string | null | undefined
  /** Objects of any shape, usually with an `id`. */
  steps?: readonly unknown[] | null | undefined
  model_strategy_id?: string | null | undefined
  linked_prompt_template_ids?: readonly string[] | null | undefined
  linked_policy_ids?: readonly string[] | null | undefined
  linked_knowledge_collection_ids?: readonly string[] | null | undefined
  linked_capability_ids?: readonly string[] | null | undefined
  linked_capability_tags?: readonly string[] | null | undefined
  /** Free text; in use are `draft` (the default) and `active`. */
  status?: Open<'draft' | 'active'> | null | undefined
}

interface WorkflowLinks {
  linked_prompt_template_ids: string[]
  linked_policy_ids: string[]
  linked_knowledge_collection_ids: string[]
  linked_capability_ids: string[]
  linked_capability_tags: string[]
}

/** A workflow template. */
export interface WorkflowTemplate extends WorkflowLinks {
  /** `wft_…`, or what the caller gave. */
  template_id: string
  org_id: string
  name: string
  slug: string
  description: string | null
  objective: string | null
  steps: unknown[]
  model_strategy_id: string | null
  /** The strategy of the last launch that had one. */
  model_strategy_snapshot: ResolvedStrategy | null
  /** From 1; rises with every change of the steps. */
  version: number
  status: Open<'draft' | 'active'>
  created_by: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** A launch of a workflow template. */
export interface WorkflowLaunch {
  /** The action that it is recorded as. */
  action_id: string
  template_id: string
  template_version: number
  /** ISO 8601 in UTC; the start of the action. */
  launched_at: string
  /** Null without a link, and when the linked strategy is gone. */
  resolved_strategy: ResolvedStrategy | null
}

/** What the `reasoning` of a launched action holds as JSON, after the mark `WORKFLOW_LAUNCH_META=`. */
export interface WorkflowLaunchMeta extends WorkflowLinks {
  template_id: string
  template_name: string
  template_slug: string
  template_version: number
  resolved_strategy: ResolvedStrategy | null
}

/** Fields of a knowledge collection. */
export interface KnowledgeCollectionInput {
  description?: string | null | undefined
  /** Default: `files`. */
  source_type?: Open<KnowledgeSource> | null | undefined
  tags?: readonly string[] | null | undefined
}

/** A knowledge collection: facts about documents, not the documents. */
export interface KnowledgeCollection {
  /** `kc_…`, or what the caller gave. */
  collection_id: string
  org_id: string
  name: string
  description: string | null
  source_type: Open<KnowledgeSource>
  tags: string[]
  /** `empty` at first, `pending` after the first item. */
  ingestion_status: Open<'empty' | 'pending'>
  /** Items. */
  doc_count: number
  /** ISO 8601; null on servers without a sync. */
  last_synced_at: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** An item of a knowledge collection. */
export interface KnowledgeCollectionItem {
  /** `kci_…`, or what the caller gave. */
  item_id: string
  collection_id: string
  org_id: string
  source_uri: string
  title: string | null
  mime_type: string | null
  status: Open<'pending'>
  metadata: Record<string, unknown>
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** Fields of a capability. */
export interface CapabilityInput {
  name?: string | null | undefined
  description?: string | null | undefined
  /** Free text. */
  category?: string | null | undefined
  /** Default: `internal_sdk`. */
  source_type?: Open<CapabilitySource> | null | undefined
  /** Free text. Default: `none`. */
  auth_type?: string | null | undefined
  /** Default: `medium`. */
  risk_level?: Open<CapabilityRisk> | null | undefined
  /** Default: false. */
  requires_approval?: boolean | null | undefined
  tags?: readonly string[] | null | undefined
  pricing?: Record<string, unknown> | null | undefined
  /** Free text. Default: `unknown`. */
  health_status?: string | null | undefined
  docs_url?: string | null | undefined
  invocation_schema?: Record<string, unknown> | null | undefined
}

/** A capability: something that agents can use. */
export interface Capability {
  /** `cap_…`, or what the caller gave. */
  capability_id: string
  org_id: string
  name: string
  slug: string
  description: string | null
  category: string | null
  source_type: Open<CapabilitySource>
  auth_type: string | null
  risk_level: Open<CapabilityRisk>
  requires_approval: boolean
  tags: string[]
  pricing: Record<string, unknown>
  health_status: Open<'unknown'>
  docs_url: string | null
  invocation_schema: Record<string, unknown>
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** Part of a list. */
export interface StudioPage {
  /** Larger values than the maximum are cut by the server; 0 means the default. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Input of `createWorkflowTemplate`. */
export interface CreateWorkflowTemplateInput extends WorkflowTemplateInput {
  name: string
  /** Id of your own, unique over all organizations. Default: `wft_` and a UUID. */
  template_id?: string | null | undefined
  /** Kept as it is; never taken from the key. */
  created_by?: string | null | undefined
}

/** Input of `duplicateWorkflowTemplate`. */
export interface DuplicateWorkflowTemplateInput {
  /** Default: the old name and ` (copy)`. */
  name?: string | null | undefined
  /** Default: the old slug, `-copy-` and the time. */
  slug?: string | null | undefined
  /** Default: that of the source. */
  created_by?: string | null | undefined
}

/** Input of `launchWorkflowTemplate`. */
export interface LaunchWorkflowTemplateInput {
  /** Agent of the action. Not filled in from the client. Default: `workflow_launcher`. */
  agent_id?: string | null | undefined
  /** Goal of the action. Default: the template's objective, else `Launch workflow: ` and its name. */
  declared_goal?: string | null | undefined
}

/** Input of `createModelStrategy`. */
export interface CreateModelStrategyInput {
  /** Need not be unique. */
  name: string
  config: ModelStrategyConfig
  description?: string | null | undefined
  /** Id of your own, unique over all organizations; a taken one is a server fault (500). Default: `mst_` and a UUID. */
  strategy_id?: string | null | undefined
  /** Kept as it is; never taken from the key. */
  created_by?: string | null | undefined
}

/** Input of `updateModelStrategy`. */
export interface UpdateModelStrategyInput {
  name?: string | null | undefined
  description?: string | null | undefined
  /** Merged key by key at the top level; a key can't be removed, and `primary` and the lists are replaced as a whole. */
  config?: Partial<ModelStrategyConfig> | null | undefined
}

/** Input of `createKnowledgeCollection`. */
export interface CreateKnowledgeCollectionInput extends KnowledgeCollectionInput {
  /** Need not be unique. */
  name: string
  /** Id of your own, unique over all organizations; a taken one is a server fault (500). Default: `kc_` and a UUID. */
  collection_id?: string | null | undefined
}

/** Input of `updateKnowledgeCollection`. */
export interface UpdateKnowledgeCollectionInput extends KnowledgeCollectionInput {
  name?: string | null | undefined
  /** Free text, such as `ready`. */
  ingestion_status?: string | null | undefined
}

/** Input of `addKnowledgeCollectionItem`. */
export interface KnowledgeCollectionItemInput {
  /** Where the item is; any text. The same one may be added twice. */
  source_uri: string
  title?: string | null | undefined
  mime_type?: string | null | undefined
  metadata?: Record<string, unknown> | null | undefined
  /** Free text. Default: `pending`. */
  status?: string | null | undefined
  /** Id of your own, unique over all organizations; a taken one is a server fault (500). Default: `kci_` and a UUID. */
  item_id?: string | null | undefined
}

/** Input of `createCapability`. */
export interface CreateCapabilityInput extends CapabilityInput {
  name: string
  /** Unique in the organization, brought into the form `a-z0-9-`. Default: made from the name. */
  slug?: string | null | undefined
  /** Id of your own, unique over all organizations. Default: `cap_` and a UUID. */
  capability_id?: string | null | undefined
}

/** Filters of `listCapabilities`. An empty text counts as no filter. */
export interface CapabilityFilters extends StudioPage {
  category?: string | undefined
  risk_level?: Open<CapabilityRisk> | undefined
  /** Part of the name, the description or a tag, in any case; `%` and `_` stand for any characters. */
  search?: string | undefined
}
