import { expectTypeOf } from 'vitest'
import type { JsonText, NumberText } from '../../src/core/types.ts'
import type {
  ListedPromptTemplate,
  PromptRun,
  PromptStats,
  Prompts,
  PromptTemplate,
  PromptTemplateStats,
  PromptVersion,
  RenderedPrompt,
} from '../../src/domains/prompts.ts'

declare const claw: Prompts
const options = { timeout: 1_000 }

// listPromptTemplates
expectTypeOf(claw.listPromptTemplates({ category: 'c' }, options)).resolves.toEqualTypeOf<{
  templates: ListedPromptTemplate[]
}>()
expectTypeOf<ListedPromptTemplate['version_count']>().toEqualTypeOf<NumberText>()
expectTypeOf<ListedPromptTemplate['active_version']>().toEqualTypeOf<number | null>()
// @ts-expect-error the list is not paged
claw.listPromptTemplates({ limit: 5 })

// createPromptTemplate
expectTypeOf(claw.createPromptTemplate({ name: 'n' }, options)).resolves.toEqualTypeOf<{
  id: string
  name: string
  description?: string
  category?: string
}>()
// @ts-expect-error name is required
claw.createPromptTemplate({ category: 'c' })

// getPromptTemplate, updatePromptTemplate, deletePromptTemplate
expectTypeOf(claw.getPromptTemplate('pt_1', options)).resolves.toEqualTypeOf<PromptTemplate>()
expectTypeOf(
  claw.updatePromptTemplate('pt_1', { name: 'n', category: undefined }, options),
).resolves.toEqualTypeOf<PromptTemplate>()
expectTypeOf(claw.deletePromptTemplate('pt_1', options)).resolves.toEqualTypeOf<{ deleted: boolean }>()
// @ts-expect-error the id is required
claw.getPromptTemplate()
// @ts-expect-error a name is not null
claw.updatePromptTemplate('pt_1', { name: null })
// @ts-expect-error an id is a text
claw.deletePromptTemplate(1)

// listPromptVersions, createPromptVersion
expectTypeOf(claw.listPromptVersions('pt_1', options)).resolves.toEqualTypeOf<{ versions: PromptVersion[] }>()
expectTypeOf(claw.createPromptVersion('pt_1', { content: 'c', parameters: ['a'] as const }, options))
  .resolves.toHaveProperty('version')
  .toEqualTypeOf<number>()
// @ts-expect-error content is required
claw.createPromptVersion('pt_1', { changelog: 'l' })
// @ts-expect-error names are a list
claw.createPromptVersion('pt_1', { content: 'c', parameters: 'a' })
expectTypeOf<PromptVersion['parameters']>().toEqualTypeOf<JsonText<string[]> | string[]>()

// getPromptVersion, activatePromptVersion
expectTypeOf(claw.getPromptVersion('pt_1', 'pv_1', options)).resolves.toEqualTypeOf<PromptVersion>()
expectTypeOf(claw.activatePromptVersion('pt_1', 'pv_1', options)).resolves.toExtend<PromptVersion>()
// @ts-expect-error the version is required
claw.getPromptVersion('pt_1')
// @ts-expect-error the version is required
claw.activatePromptVersion('pt_1')

// renderPrompt
expectTypeOf(
  claw.renderPrompt({ template_id: 'pt_1', variables: { a: 1 }, record: true }, options),
).resolves.toEqualTypeOf<RenderedPrompt>()
claw.renderPrompt({ template_id: null, version_id: 'pv_1', variables: null })
// @ts-expect-error one of the ids is required
claw.renderPrompt({ variables: {} })
// @ts-expect-error the input is required
claw.renderPrompt()
// @ts-expect-error tokens are a number
claw.renderPrompt({ version_id: 'pv_1', tokens_used: '9' })
expectTypeOf<RenderedPrompt['run_id']>().toEqualTypeOf<string | undefined>()

// listPromptRuns
expectTypeOf(claw.listPromptRuns({ version_id: 'pv_1', limit: 5 }, options)).resolves.toEqualTypeOf<{
  runs: PromptRun[]
}>()
// @ts-expect-error a limit is a number
claw.listPromptRuns({ limit: '5' })

// getPromptStats
expectTypeOf(claw.getPromptStats()).resolves.toEqualTypeOf<PromptStats>()
expectTypeOf(claw.getPromptStats({}, options)).resolves.toEqualTypeOf<PromptStats>()
expectTypeOf(claw.getPromptStats({ template_id: 'pt_1' })).resolves.toEqualTypeOf<PromptTemplateStats>()
expectTypeOf(claw.getPromptStats({} as { template_id?: string })).resolves.toEqualTypeOf<
  PromptStats | PromptTemplateStats
>()
// @ts-expect-error an id is a text
claw.getPromptStats({ template_id: 1 })
