import { Core } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import { type ActionGraph, actionGraph } from './studio-graph.ts'
import type {
  Capability,
  CapabilityFilters,
  CapabilityInput,
  CreateCapabilityInput,
  CreateKnowledgeCollectionInput,
  CreateModelStrategyInput,
  CreateWorkflowTemplateInput,
  DuplicateWorkflowTemplateInput,
  KnowledgeCollection,
  KnowledgeCollectionItem,
  KnowledgeCollectionItemInput,
  KnowledgeSource,
  LaunchWorkflowTemplateInput,
  ModelStrategy,
  StudioPage,
  UpdateKnowledgeCollectionInput,
  UpdateModelStrategyInput,
  WorkflowLaunch,
  WorkflowTemplate,
  WorkflowTemplateInput,
} from './studio-types.ts'

export type {
  ActionGraph,
  ActionNode,
  AssumptionNode,
  GraphEdge,
  GraphNode,
  LoopNode,
} from './studio-graph.ts'
export type * from './studio-types.ts'

/**
 * Execution Studio: the graph of an action, workflow templates that launch as actions, model strategies, knowledge collections and
 * a registry of capabilities. Newer servers only: 2.0 servers answer {@link RouteNotFoundError} to all but {@link getActionGraph}.
 */
export abstract class Studio extends Core {
  /**
   * Reads what stands around an action as nodes and edges: ancestors, children, related actions, assumptions, loops.
   * On servers without that route it is built from the action's trace, with the same shape.
   *
   * @param actionId - `action_id` (`act_…`).
   * @throws {NotFoundError} When the action is unknown.
   * Route: `GET /api/actions/:action_id/graph`, else `GET /api/actions/:action_id/trace`.
   */
  getActionGraph(actionId: string, options?: RequestOptions): Promise<ActionGraph> {
    return actionGraph(this, actionId, options)
  }

  /**
   * Lists workflow templates, last changed first.
   *
   * @param filters - `status` exactly as stored; `limit` at most 200, default 50. Route: `GET /api/workflows/templates`.
   */
  listWorkflowTemplates(
    filters: StudioPage & { status?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ templates: WorkflowTemplate[] }> {
    return this.call(
      'listWorkflowTemplates@2 GET /api/workflows/templates limit:num offset:num status',
      filters,
      options,
    )
  }

  /**
   * Every workflow template, page after page; see {@link listWorkflowTemplates}.
   *
   * @param filters - As {@link listWorkflowTemplates} takes them.
   */
  iterateWorkflowTemplates(
    filters: StudioPage & { status?: string | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<WorkflowTemplate, void, undefined> {
    return pages('templates', 'template_id', filters, (page) => this.listWorkflowTemplates(page, options), options)
  }

  /**
   * Creates a workflow template: steps, and what they use.
   *
   * @throws {ConflictError} When the slug or `template_id` is taken. Route: `POST /api/workflows/templates`. Not repeated after an unclear failure.
   */
  createWorkflowTemplate(
    input: CreateWorkflowTemplateInput,
    options?: RequestOptions,
  ): Promise<{ template: WorkflowTemplate }> {
    return this.call(
      'createWorkflowTemplate@2 POST /api/workflows/templates name! slug description objective steps:list model_strategy_id linked_prompt_template_ids:list linked_policy_ids:list linked_knowledge_collection_ids:list linked_capability_ids:list linked_capability_tags:list status template_id created_by',
      input,
      options,
    )
  }

  /**
   * Reads a workflow template.
   *
   * @param templateId - `template_id` (`wft_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/workflows/templates/:template_id`.
   */
  getWorkflowTemplate(templateId: string, options?: RequestOptions): Promise<{ template: WorkflowTemplate }> {
    return this.call('getWorkflowTemplate@2 GET /api/workflows/templates/:template_id', undefined, options, templateId)
  }

  /**
   * Changes fields of a workflow template. Other steps than the stored ones raise its `version` by 1.
   *
   * @param templateId - `template_id` (`wft_…`).
   * @param input - Absent and null fields keep their value, but `model_strategy_id: null` removes the link.
   * @throws {NotFoundError} When it is unknown. {@link ServerError} when the slug is taken.
   * Route: `PATCH /api/workflows/templates/:template_id`.
   */
  updateWorkflowTemplate(
    templateId: string,
    input?: WorkflowTemplateInput,
    options?: RequestOptions,
  ): Promise<{ template: WorkflowTemplate }> {
    return this.call(
      'updateWorkflowTemplate@2 PATCH /api/workflows/templates/:template_id name slug description objective steps:list model_strategy_id linked_prompt_template_ids:list linked_policy_ids:list linked_knowledge_collection_ids:list linked_capability_ids:list linked_capability_tags:list status',
      input,
      options,
      templateId,
    )
  }

  /**
   * Copies a workflow template; the copy is a draft of version 1.
   *
   * @param templateId - `template_id` (`wft_…`).
   * @throws {NotFoundError} When it is unknown. {@link ServerError} when the slug is taken.
   * Route: `POST /api/workflows/templates/:template_id/duplicate`. Not repeated after an unclear failure.
   */
  duplicateWorkflowTemplate(
    templateId: string,
    input?: DuplicateWorkflowTemplateInput,
    options?: RequestOptions,
  ): Promise<{ template: WorkflowTemplate }> {
    return this.call(
      'duplicateWorkflowTemplate@2 POST /api/workflows/templates/:template_id/duplicate name slug created_by',
      input,
      options,
      templateId,
    )
  }

  /**
   * Records the launch of a workflow template: a running action of type `workflow_launch` that holds the template and its model strategy.
   * Nothing runs the steps, and no policy is asked: close the action with `updateOutcome`.
   *
   * @param templateId - `template_id` (`wft_…`).
   * @throws {NotFoundError} When it is unknown. Route: `POST /api/workflows/templates/:template_id/launch`. Not repeated after an unclear failure.
   */
  launchWorkflowTemplate(
    templateId: string,
    input?: LaunchWorkflowTemplateInput,
    options?: RequestOptions,
  ): Promise<{ launch: WorkflowLaunch }> {
    return this.call(
      'launchWorkflowTemplate@2 POST /api/workflows/templates/:template_id/launch agent_id declared_goal',
      input,
      options,
      templateId,
    )
  }

  /** Lists all model strategies, last changed first; no paging. Route: `GET /api/model-strategies`. */
  listModelStrategies(options?: RequestOptions): Promise<{ strategies: ModelStrategy[] }> {
    return this.call('listModelStrategies@2 GET /api/model-strategies', undefined, options)
  }

  /**
   * Creates a model strategy: which model a workflow should use, and within which limits.
   *
   * @throws {ValidationError} Naming what is wrong in `config`. Route: `POST /api/model-strategies`. Not repeated after an unclear failure.
   */
  createModelStrategy(input: CreateModelStrategyInput, options?: RequestOptions): Promise<{ strategy: ModelStrategy }> {
    return this.call(
      'createModelStrategy@2 POST /api/model-strategies name! config!:{costSensitivity,latencySensitivity,primary:{provider,model},fallback:[provider,model],maxBudgetUsd,maxRetries,allowedProviders,disallowedProviders} description strategy_id created_by',
      input,
      options,
    )
  }

  /**
   * Reads a model strategy.
   *
   * @param strategyId - `strategy_id` (`mst_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/model-strategies/:strategy_id`.
   */
  getModelStrategy(strategyId: string, options?: RequestOptions): Promise<{ strategy: ModelStrategy }> {
    return this.call('getModelStrategy@2 GET /api/model-strategies/:strategy_id', undefined, options, strategyId)
  }

  /**
   * Changes a model strategy. Absent and null fields keep their value.
   *
   * @param strategyId - `strategy_id` (`mst_…`).
   * @throws {NotFoundError} When it is unknown. {@link ValidationError} when the merged `config` is wrong.
   * Route: `PATCH /api/model-strategies/:strategy_id`.
   */
  updateModelStrategy(
    strategyId: string,
    input?: UpdateModelStrategyInput,
    options?: RequestOptions,
  ): Promise<{ strategy: ModelStrategy }> {
    return this.call(
      'updateModelStrategy@2 PATCH /api/model-strategies/:strategy_id name description config:{costSensitivity,latencySensitivity,primary:{provider,model},fallback:[provider,model],maxBudgetUsd,maxRetries,allowedProviders,disallowedProviders}',
      input,
      options,
      strategyId,
    )
  }

  /**
   * Deletes a model strategy; templates that linked it lose the link and keep their snapshot.
   *
   * @param strategyId - `strategy_id` (`mst_…`).
   * @throws {NotFoundError} When it is unknown. Route: `DELETE /api/model-strategies/:strategy_id`.
   */
  deleteModelStrategy(strategyId: string, options?: RequestOptions): Promise<{ deleted: true }> {
    return this.call('deleteModelStrategy@2 DELETE /api/model-strategies/:strategy_id', undefined, options, strategyId)
  }

  /**
   * Lists knowledge collections, last changed first.
   *
   * @param filters - `limit` at most 200, default 50. Route: `GET /api/knowledge/collections`.
   */
  listKnowledgeCollections(
    filters: StudioPage & { source_type?: Open<KnowledgeSource> | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ collections: KnowledgeCollection[] }> {
    return this.call(
      'listKnowledgeCollections@2 GET /api/knowledge/collections limit:num offset:num source_type',
      filters,
      options,
    )
  }

  /**
   * Every knowledge collection, page after page; see {@link listKnowledgeCollections}.
   *
   * @param filters - As {@link listKnowledgeCollections} takes them.
   */
  iterateKnowledgeCollections(
    filters: StudioPage & { source_type?: Open<KnowledgeSource> | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<KnowledgeCollection, void, undefined> {
    return pages(
      'collections',
      'collection_id',
      filters,
      (page) => this.listKnowledgeCollections(page, options),
      options,
    )
  }

  /**
   * Creates a knowledge collection. It holds facts about documents; nothing is fetched or indexed.
   *
   * Route: `POST /api/knowledge/collections`. Not repeated after an unclear failure.
   */
  createKnowledgeCollection(
    input: CreateKnowledgeCollectionInput,
    options?: RequestOptions,
  ): Promise<{ collection: KnowledgeCollection }> {
    return this.call(
      'createKnowledgeCollection@2 POST /api/knowledge/collections name! description source_type tags:list collection_id',
      input,
      options,
    )
  }

  /**
   * Reads a knowledge collection, without its items.
   *
   * @param collectionId - `collection_id` (`kc_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/knowledge/collections/:collection_id`.
   */
  getKnowledgeCollection(collectionId: string, options?: RequestOptions): Promise<{ collection: KnowledgeCollection }> {
    return this.call(
      'getKnowledgeCollection@2 GET /api/knowledge/collections/:collection_id',
      undefined,
      options,
      collectionId,
    )
  }

  /**
   * Changes a knowledge collection. Absent and null fields keep their value.
   *
   * @param collectionId - `collection_id` (`kc_…`).
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/knowledge/collections/:collection_id`.
   */
  updateKnowledgeCollection(
    collectionId: string,
    input?: UpdateKnowledgeCollectionInput,
    options?: RequestOptions,
  ): Promise<{ collection: KnowledgeCollection }> {
    return this.call(
      'updateKnowledgeCollection@2 PATCH /api/knowledge/collections/:collection_id name description source_type tags:list ingestion_status',
      input,
      options,
      collectionId,
    )
  }

  /**
   * Adds an item to a knowledge collection; its `doc_count` rises, and `ingestion_status` goes from `empty` to `pending`.
   *
   * @param collectionId - `collection_id` (`kc_…`).
   * @throws {NotFoundError} When the collection is unknown.
   * Route: `POST /api/knowledge/collections/:collection_id/items`. Not repeated after an unclear failure.
   */
  addKnowledgeCollectionItem(
    collectionId: string,
    input: KnowledgeCollectionItemInput,
    options?: RequestOptions,
  ): Promise<{ item: KnowledgeCollectionItem }> {
    return this.call(
      'addKnowledgeCollectionItem@2 POST /api/knowledge/collections/:collection_id/items source_uri! title mime_type metadata:object status item_id',
      input,
      options,
      collectionId,
    )
  }

  /**
   * Lists the items of a knowledge collection, newest first. An unknown collection has none: that is no error.
   *
   * @param collectionId - `collection_id` (`kc_…`).
   * @param filters - `limit` at most 500, default 100. Route: `GET /api/knowledge/collections/:collection_id/items`.
   */
  listKnowledgeCollectionItems(
    collectionId: string,
    filters: StudioPage = {},
    options?: RequestOptions,
  ): Promise<{ items: KnowledgeCollectionItem[] }> {
    return this.call(
      'listKnowledgeCollectionItems@2 GET /api/knowledge/collections/:collection_id/items limit:num offset:num',
      filters,
      options,
      collectionId,
    )
  }

  /**
   * Every item of a knowledge collection, page after page; see {@link listKnowledgeCollectionItems}.
   *
   * @param collectionId - `collection_id` (`kc_…`).
   */
  iterateKnowledgeCollectionItems(
    collectionId: string,
    filters: StudioPage = {},
    options?: RequestOptions,
  ): AsyncGenerator<KnowledgeCollectionItem, void, undefined> {
    return pages(
      'items',
      'item_id',
      filters,
      (page) => this.listKnowledgeCollectionItems(collectionId, page, options),
      options,
    )
  }

  /**
   * Lists capabilities, last changed first.
   *
   * @param filters - `limit` at most 500, default 100. Route: `GET /api/capabilities`.
   */
  listCapabilities(filters: CapabilityFilters = {}, options?: RequestOptions): Promise<{ capabilities: Capability[] }> {
    return this.call(
      'listCapabilities GET /api/capabilities limit:num offset:num category risk_level search',
      filters,
      options,
    )
  }

  /** Every capability that matches, page after page; see {@link listCapabilities}. */
  iterateCapabilities(
    filters: CapabilityFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<Capability, void, undefined> {
    return pages('capabilities', 'capability_id', filters, (page) => this.listCapabilities(page, options), options)
  }

  /**
   * Registers a capability: something that agents can use, with its risk.
   *
   * @throws {ConflictError} When the slug or `capability_id` is taken. Route: `POST /api/capabilities`. Not repeated after an unclear failure.
   */
  createCapability(input: CreateCapabilityInput, options?: RequestOptions): Promise<{ capability: Capability }> {
    return this.call(
      'createCapability POST /api/capabilities name! slug description category source_type auth_type risk_level requires_approval:bool tags:list pricing:object health_status docs_url invocation_schema:object capability_id',
      input,
      options,
    )
  }

  /**
   * Reads a capability.
   *
   * @param capabilityId - `capability_id` (`cap_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/capabilities/:capability_id`.
   */
  getCapability(capabilityId: string, options?: RequestOptions): Promise<{ capability: Capability }> {
    return this.call(
      'getCapability@2(listCapabilities) GET /api/capabilities/:capability_id',
      undefined,
      options,
      capabilityId,
    )
  }

  /**
   * Changes a capability. Absent and null fields keep their value, but `requires_approval: null` means false. The slug never changes.
   *
   * @param capabilityId - `capability_id` (`cap_…`).
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/capabilities/:capability_id`.
   */
  updateCapability(
    capabilityId: string,
    input?: CapabilityInput,
    options?: RequestOptions,
  ): Promise<{ capability: Capability }> {
    return this.call(
      'updateCapability@2 PATCH /api/capabilities/:capability_id name description category source_type auth_type risk_level requires_approval:bool tags:list pricing:object health_status docs_url invocation_schema:object',
      input,
      options,
      capabilityId,
    )
  }
}
