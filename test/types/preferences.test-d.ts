import { expectTypeOf } from 'vitest'
import type {
  Approach,
  Mood,
  Observation,
  Preference,
  PreferenceSummary,
  Preferences,
} from '../../src/domains/preferences.ts'

declare const claw: Preferences

expectTypeOf(claw.logObservation({ observation: 'o', importance: 5 })).resolves.toEqualTypeOf<{
  observation: Observation
  observation_id: string
}>()
// @ts-expect-error observation is required
claw.logObservation({ category: 'c' })
// @ts-expect-error a number
claw.logObservation({ observation: 'o', importance: '5' })

expectTypeOf(claw.setPreference({ preference: 'p', confidence: null })).resolves.toEqualTypeOf<{
  preference: Preference
  preference_id: string
}>()
// @ts-expect-error preference is required
claw.setPreference({})

expectTypeOf(claw.logMood({ mood: 'm', energy: 'high', notes: 'n', context: 'c' })).resolves.toEqualTypeOf<{
  mood: Mood
  mood_id: string
}>()
// @ts-expect-error a text
claw.logMood({ mood: 'm', energy: 7 })

expectTypeOf(claw.trackApproach({ approach: 'a', succeeded: true })).resolves.toEqualTypeOf<{
  approach: Approach
  approach_id: string
}>()
claw.trackApproach({ approach: 'a', success: false, agent_id: null })
// @ts-expect-error true or false
claw.trackApproach({ approach: 'a', succeeded: 1 })

expectTypeOf(claw.getPreferenceSummary({ agent_id: null })).resolves.toEqualTypeOf<{ summary: PreferenceSummary }>()
// @ts-expect-error its lengths are fixed
claw.getPreferenceSummary({ limit: 5 })
expectTypeOf(claw.getApproaches({ limit: 5 })).resolves.toEqualTypeOf<{ approaches: Approach[]; total: number }>()
// @ts-expect-error a number
claw.getApproaches({ limit: '5' })

expectTypeOf<PreferenceSummary['observations_count']>().toEqualTypeOf<number>()
