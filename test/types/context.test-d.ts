import { expectTypeOf } from 'vitest'
import type { Open } from '../../src/core/types.ts'
import type { Context, ContextThread, KeyPoint, ThreadEntry } from '../../src/domains/context.ts'

declare const claw: Context

expectTypeOf(claw.captureKeyPoint({ content: 'c' })).resolves.toEqualTypeOf<{ point: KeyPoint; point_id: string }>()
claw.captureKeyPoint({ content: 'c', category: 'constraint', importance: null, session_date: null, agent_id: null })
// @ts-expect-error content is required
claw.captureKeyPoint({ category: 'task' })
// A word of a newer server compiles.
claw.captureKeyPoint({ content: 'c', category: 'idea' })

expectTypeOf(claw.getKeyPoints({ category: 'task', limit: 1 })).resolves.toEqualTypeOf<{
  points: KeyPoint[]
  total: number
}>()
// A word of a newer server compiles.
claw.getKeyPoints({ category: 'constraint' })

expectTypeOf(claw.createThread({ name: 'n', summary: null })).resolves.toEqualTypeOf<{
  thread: ContextThread
  thread_id: string
}>()
// @ts-expect-error name is required
claw.createThread({ summary: 's' })

expectTypeOf(claw.addThreadEntry('ct_1', { content: 'c', entry_type: 'note' })).resolves.toEqualTypeOf<{
  entry: ThreadEntry
  entry_id: string
}>()
// @ts-expect-error content is required
claw.addThreadEntry('ct_1', {})
// @ts-expect-error an id is required
claw.addThreadEntry({ content: 'c' })

expectTypeOf(claw.closeThread('ct_1', { summary: null })).resolves.toEqualTypeOf<{ thread: ContextThread }>()
// @ts-expect-error an id is required
claw.closeThread()

expectTypeOf(claw.getThreads({ status: 'active' })).resolves.toEqualTypeOf<{
  threads: ContextThread[]
  total: number
}>()
// A word of a newer server compiles.
claw.getThreads({ status: 'open' })

expectTypeOf(claw.getContextSummary({ timeout: 1 })).resolves.toEqualTypeOf<{
  points: KeyPoint[]
  threads: ContextThread[]
}>()

expectTypeOf<ContextThread['status']>().toEqualTypeOf<Open<'active' | 'closed'>>()
expectTypeOf<KeyPoint['agent_id']>().toEqualTypeOf<string | null>()
