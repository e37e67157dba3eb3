import { expectTypeOf } from 'vitest'
import type { JsonText, NumberText } from '../../src/core/types.ts'
import type { Activity, ActivityLog, ActivityLogList } from '../../src/domains/activity.ts'

declare const claw: Activity

expectTypeOf(
  claw.getActivityLogs({ before: new Date(), after: '2026-01-01' }),
).resolves.toEqualTypeOf<ActivityLogList>()
expectTypeOf(
  claw.getActivityLogs({ agent_id: 'a', type: 'action', limit: 5, offset: 0 }, { timeout: 1 }),
).resolves.toExtend<object>()
// Epoch seconds or milliseconds.
void claw.getActivityLogs({ before: 5 })
// @ts-expect-error: no such filter
void claw.getActivityLogs({ swarm_id: 's' })
expectTypeOf(claw.iterateActivityLogs({ limit: 20 })).toExtend<AsyncIterable<ActivityLog>>()

declare const list: ActivityLogList
expectTypeOf(list.stats.total).toEqualTypeOf<NumberText>()
expectTypeOf<ActivityLog['details']>().toEqualTypeOf<JsonText<Record<string, unknown>> | null>()
expectTypeOf<ActivityLog['resource_type']>().toExtend<string | null>()
