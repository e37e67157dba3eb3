import { expectTypeOf } from 'vitest'
import type { JsonText } from '../../src/core/types.ts'
import type { Handoff, HandoffList, Handoffs } from '../../src/domains/handoffs.ts'

declare const claw: Handoffs

expectTypeOf(claw.createHandoff({ summary: 's' })).resolves.toEqualTypeOf<{ handoff: Handoff; handoff_id: string }>()
claw.createHandoff(
  { summary: 's', key_decisions: ['a', { b: 1 }], open_tasks: null, mood_notes: null, context: { a: 1 }, tags: ['t'] },
  { timeout: 1 },
)
// @ts-expect-error summary is required
claw.createHandoff({})
// @ts-expect-error a list
claw.createHandoff({ summary: 's', key_decisions: 'one' })

expectTypeOf(
  claw.getHandoffs({ date: '2026-01-31', limit: 1, offset: 1, agent_id: null }),
).resolves.toEqualTypeOf<HandoffList>()
// @ts-expect-error a whole number
claw.getHandoffs({ limit: '5' })
expectTypeOf(claw.iterateHandoffs()).toEqualTypeOf<AsyncGenerator<Handoff, void, undefined>>()

expectTypeOf(claw.getLatestHandoff()).resolves.toEqualTypeOf<{ handoff: Handoff | null }>()
// @ts-expect-error the newest is one
claw.getLatestHandoff({ limit: 1 })

expectTypeOf<Handoff['key_decisions']>().toEqualTypeOf<JsonText<unknown[]> | null>()
