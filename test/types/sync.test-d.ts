import { expectTypeOf } from 'vitest'
import type { Sync, SyncResult, SyncSectionResult, SyncState } from '../../src/domains/sync.ts'

declare const claw: Sync

expectTypeOf(claw.syncState({})).resolves.toEqualTypeOf<SyncResult>()
claw.syncState({
  agent_id: null,
  connections: [{ provider: 'p', metadata: { team: 'T1' } }],
  memory: { health: { score: 80 }, entities: [{ name: 'e' }], topics: [{ name: 't', mentions: 2 }] },
  goals: [{ title: 'g', progress: 10 }],
  decisions: [{ decision: 'd', confidence: 80 }],
  learning: null,
  content: [{ title: 'c' }],
  inspiration: [{ title: 'i', score: 7 }],
  context_points: [{ content: 'p', category: 'constraint' }],
  context_threads: [{ name: 't' }],
  handoffs: [{ summary: 'h', open_tasks: ['a'] }],
  preferences: { moods: [{ mood: 'calm' }], approaches: [{ approach: 'a', success: true }] },
  snippets: [{ name: 's', code: 'x', tags: ['t'] }],
  relationships: [{ name: 'Bob' }],
  capabilities: [{ name: 'scan', metadata: { a: 1 } }],
  actions: [{ action_type: 'deploy', declared_goal: 'Ship' }],
})
// @ts-expect-error the state is required
claw.syncState()
// @ts-expect-error a title is required
claw.syncState({ goals: [{ progress: 10 }] })
// @ts-expect-error a list
claw.syncState({ goals: { title: 'g' } })
// @ts-expect-error true or false
claw.syncState({ preferences: { approaches: [{ approach: 'a', success: 1 }] } })
// @ts-expect-error a goal is required
claw.syncState({ actions: [{ action_type: 'deploy' }] })
// @ts-expect-error no such section
claw.syncState({ plans: [] })

declare const result: SyncResult
expectTypeOf(result.results.decisions).toEqualTypeOf<SyncSectionResult | undefined>()
expectTypeOf(result.results['plans']).toEqualTypeOf<SyncSectionResult | undefined>()
expectTypeOf<SyncSectionResult['errors']>().toEqualTypeOf<string[] | undefined>()
expectTypeOf<SyncState['agent_id']>().toEqualTypeOf<string | null | undefined>()
