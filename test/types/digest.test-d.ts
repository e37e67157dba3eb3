import { expectTypeOf } from 'vitest'
import type { DailyDigest, Digest, DigestAction, DigestSection } from '../../src/domains/digest.ts'

declare const claw: Digest

expectTypeOf(claw.getDailyDigest()).resolves.toEqualTypeOf<DailyDigest>()
claw.getDailyDigest({ date: '2026-01-31', agent_id: null }, { timeout: 1 })
claw.getDailyDigest({ date: null })
// @ts-expect-error a text
claw.getDailyDigest({ date: new Date() })
// @ts-expect-error the date is a field
claw.getDailyDigest('2026-01-31')

expectTypeOf<DailyDigest['actions_count']>().toEqualTypeOf<number>()
expectTypeOf<DailyDigest['digest']['actions']>().toExtend<DigestSection<DigestAction>>()
expectTypeOf<DailyDigest['summary']['total_activities']>().toEqualTypeOf<number>()
