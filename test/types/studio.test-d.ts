import { expectTypeOf } from 'vitest'
import type { Open } from '../../src/core/types.ts'
import type {
  ActionGraph,
  ActionNode,
  AssumptionNode,
  Capability,
  CapabilityRisk,
  GraphNode,
  KnowledgeCollection,
  KnowledgeCollectionItem,
  LoopNode,
  ModelStrategy,
  ResolvedStrategy,
  Studio,
  WorkflowLaunch,
  WorkflowTemplate,
} from '../../src/domains/studio.ts'

declare const claw: Studio
const options = { timeout: 1_000 }
const config = { primary: { provider: 'openai', model: 'm' }, costSensitivity: 'low', house_rule: 1 } as const

// getActionGraph
expectTypeOf(claw.getActionGraph('act_1', options)).resolves.toEqualTypeOf<ActionGraph>()
expectTypeOf<GraphNode>().toEqualTypeOf<ActionNode | AssumptionNode | LoopNode>()
expectTypeOf<Extract<GraphNode, { type: 'action' }>['isRoot']>().toEqualTypeOf<boolean>()
// @ts-expect-error the id is required
claw.getActionGraph()

// listWorkflowTemplates
expectTypeOf(claw.listWorkflowTemplates({ status: 'draft', limit: 5, offset: 0 }, options)).resolves.toEqualTypeOf<{
  templates: WorkflowTemplate[]
}>()
// @ts-expect-error there is no such filter
claw.listWorkflowTemplates({ slug: 'a' })

// iterateWorkflowTemplates
expectTypeOf(claw.iterateWorkflowTemplates({ status: 'draft' }, options)).toEqualTypeOf<
  AsyncGenerator<WorkflowTemplate, void, undefined>
>()

// createWorkflowTemplate
expectTypeOf(
  claw.createWorkflowTemplate({ name: 'Release', steps: [{ id: 'build' }], status: 'active' }, options),
).resolves.toEqualTypeOf<{
  template: WorkflowTemplate
}>()
expectTypeOf<WorkflowTemplate['model_strategy_snapshot']>().toEqualTypeOf<ResolvedStrategy | null>()
// @ts-expect-error name is required
claw.createWorkflowTemplate({ steps: [] })
// @ts-expect-error steps are a list
claw.createWorkflowTemplate({ name: 'Release', steps: 'build' })

// getWorkflowTemplate
expectTypeOf(claw.getWorkflowTemplate('wft_1', options)).resolves.toEqualTypeOf<{ template: WorkflowTemplate }>()

// updateWorkflowTemplate
expectTypeOf(claw.updateWorkflowTemplate('wft_1', { model_strategy_id: null }, options)).resolves.toEqualTypeOf<{
  template: WorkflowTemplate
}>()
claw.updateWorkflowTemplate('wft_1')
// @ts-expect-error the version is the server's
claw.updateWorkflowTemplate('wft_1', { version: 2 })

// duplicateWorkflowTemplate
expectTypeOf(claw.duplicateWorkflowTemplate('wft_1', { name: 'Copy' }, options)).resolves.toEqualTypeOf<{
  template: WorkflowTemplate
}>()
// @ts-expect-error steps come from the source
claw.duplicateWorkflowTemplate('wft_1', { steps: [] })

// launchWorkflowTemplate
expectTypeOf(claw.launchWorkflowTemplate('wft_1', { declared_goal: 'g' }, options)).resolves.toEqualTypeOf<{
  launch: WorkflowLaunch
}>()
// @ts-expect-error goal and agent only
claw.launchWorkflowTemplate('wft_1', { risk_score: 5 })

// listModelStrategies
expectTypeOf(claw.listModelStrategies(options)).resolves.toEqualTypeOf<{ strategies: ModelStrategy[] }>()
// @ts-expect-error there is no paging
claw.listModelStrategies({ limit: 5 })

// createModelStrategy
expectTypeOf(claw.createModelStrategy({ name: 'S', config }, options)).resolves.toEqualTypeOf<{
  strategy: ModelStrategy
}>()
// @ts-expect-error config is required
claw.createModelStrategy({ name: 'S' })
// @ts-expect-error a primary model is required
claw.createModelStrategy({ name: 'S', config: { maxRetries: 1 } })
// A word of a newer server compiles.
claw.createModelStrategy({ name: 'S', config: { primary: config.primary, costSensitivity: 'cheap' } })

// getModelStrategy
expectTypeOf(claw.getModelStrategy('mst_1', options)).resolves.toEqualTypeOf<{ strategy: ModelStrategy }>()

// updateModelStrategy
expectTypeOf(claw.updateModelStrategy('mst_1', { config: { maxBudgetUsd: null } }, options)).resolves.toEqualTypeOf<{
  strategy: ModelStrategy
}>()
// @ts-expect-error a budget is a number
claw.updateModelStrategy('mst_1', { config: { maxBudgetUsd: '5' } })

// deleteModelStrategy
expectTypeOf(claw.deleteModelStrategy('mst_1', options)).resolves.toEqualTypeOf<{ deleted: true }>()

// listKnowledgeCollections
expectTypeOf(claw.listKnowledgeCollections({ source_type: 'notes' }, options)).resolves.toEqualTypeOf<{
  collections: KnowledgeCollection[]
}>()

// iterateKnowledgeCollections
expectTypeOf(claw.iterateKnowledgeCollections({}, options)).toEqualTypeOf<
  AsyncGenerator<KnowledgeCollection, void, undefined>
>()

// createKnowledgeCollection
expectTypeOf(claw.createKnowledgeCollection({ name: 'Docs', source_type: 'urls' }, options)).resolves.toEqualTypeOf<{
  collection: KnowledgeCollection
}>()
// A word of a newer server compiles.
claw.createKnowledgeCollection({ name: 'Docs', source_type: 'mail' })
// @ts-expect-error name is required
claw.createKnowledgeCollection({ tags: [] })

// getKnowledgeCollection
expectTypeOf(claw.getKnowledgeCollection('kc_1', options)).resolves.toEqualTypeOf<{ collection: KnowledgeCollection }>()

// updateKnowledgeCollection
expectTypeOf(claw.updateKnowledgeCollection('kc_1', { ingestion_status: 'ready' }, options)).resolves.toEqualTypeOf<{
  collection: KnowledgeCollection
}>()
// @ts-expect-error the count is the server's
claw.updateKnowledgeCollection('kc_1', { doc_count: 5 })

// addKnowledgeCollectionItem
expectTypeOf(
  claw.addKnowledgeCollectionItem('kc_1', { source_uri: 'a', metadata: { a: 1 } }, options),
).resolves.toEqualTypeOf<{
  item: KnowledgeCollectionItem
}>()
// @ts-expect-error source_uri is required
claw.addKnowledgeCollectionItem('kc_1', { title: 't' })

// listKnowledgeCollectionItems
expectTypeOf(claw.listKnowledgeCollectionItems('kc_1', { limit: 5 }, options)).resolves.toEqualTypeOf<{
  items: KnowledgeCollectionItem[]
}>()
// @ts-expect-error the collection comes first
claw.listKnowledgeCollectionItems({ limit: 5 })

// iterateKnowledgeCollectionItems
expectTypeOf(claw.iterateKnowledgeCollectionItems('kc_1', {}, options)).toEqualTypeOf<
  AsyncGenerator<KnowledgeCollectionItem, void, undefined>
>()

// listCapabilities
expectTypeOf(
  claw.listCapabilities({ category: 'c', risk_level: 'low', search: 'mail' }, options),
).resolves.toEqualTypeOf<{ capabilities: Capability[] }>()
// @ts-expect-error a search is a text
claw.listCapabilities({ search: 5 })

// iterateCapabilities
expectTypeOf(claw.iterateCapabilities({ search: 'mail' }, options)).toEqualTypeOf<
  AsyncGenerator<Capability, void, undefined>
>()

// createCapability
expectTypeOf(
  claw.createCapability({ name: 'Mail', risk_level: 'high', requires_approval: true }, options),
).resolves.toEqualTypeOf<{
  capability: Capability
}>()
expectTypeOf<Capability['requires_approval']>().toEqualTypeOf<boolean>()
expectTypeOf<Capability['risk_level']>().toEqualTypeOf<Open<CapabilityRisk>>()
// A word of a newer server compiles.
claw.createCapability({ name: 'Mail', risk_level: 'extreme' })
// @ts-expect-error name is required
claw.createCapability({ slug: 'mail' })

// getCapability
expectTypeOf(claw.getCapability('cap_1', options)).resolves.toEqualTypeOf<{ capability: Capability }>()

// updateCapability
expectTypeOf(claw.updateCapability('cap_1', { requires_approval: null }, options)).resolves.toEqualTypeOf<{
  capability: Capability
}>()
// @ts-expect-error the slug never changes
claw.updateCapability('cap_1', { slug: 'mail' })
