import { expectTypeOf } from 'vitest'
import type { JsonText } from '../../src/core/types.ts'
import type { Snippet, Snippets } from '../../src/domains/snippets.ts'
import type { SecuritySummary } from '../../src/governance/action-types.ts'

declare const claw: Snippets

expectTypeOf(claw.saveSnippet({ name: 'n', code: 'c' })).resolves.toEqualTypeOf<{
  snippet: Snippet
  snippet_id: string
  security: SecuritySummary
}>()
claw.saveSnippet({ name: 'n', code: 'c', description: null, language: null, tags: ['t'], agent_id: null })
// @ts-expect-error code is required
claw.saveSnippet({ name: 'n' })
// @ts-expect-error a list
claw.saveSnippet({ name: 'n', code: 'c', tags: 'one,two' })

expectTypeOf(claw.getSnippets({ search: 's', tag: 't', language: 'l', limit: 1 })).resolves.toEqualTypeOf<{
  snippets: Snippet[]
  total: number
}>()
// @ts-expect-error snippets are shared by all agents
claw.getSnippets({ agent_id: 'a' })

expectTypeOf(claw.getSnippet('sn_1')).resolves.toEqualTypeOf<{ snippet: Snippet }>()
// @ts-expect-error an id is required
claw.getSnippet()
expectTypeOf(claw.useSnippet('sn_1', { timeout: 1 })).resolves.toEqualTypeOf<{ snippet: Snippet }>()
// @ts-expect-error an id is a text
claw.useSnippet(1)
expectTypeOf(claw.deleteSnippet('sn_1')).resolves.toEqualTypeOf<{ deleted: true; id: string }>()
// @ts-expect-error the id itself
claw.deleteSnippet({ id: 'sn_1' })

expectTypeOf<Snippet['tags']>().toEqualTypeOf<JsonText<string[]> | null>()
