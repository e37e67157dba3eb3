import { expectTypeOf } from 'vitest'
import type {
  BatchScoreResult,
  CalibrationResult,
  CreatedDimension,
  CreatedScoringProfile,
  ProfileScoreResult,
  ProfileScoreRow,
  ProfileScoreStats,
  RiskTemplate,
  Scoring,
  ScoringDimension,
  ScoringProfile,
} from '../../src/domains/scoring.ts'
import type { ActionRecord } from '../../src/governance/action-types.ts'

declare const claw: Scoring

expectTypeOf(
  claw.createScoringProfile({ name: 'n', dimensions: [{ name: 'd', data_source: 'confidence' }] }),
).resolves.toEqualTypeOf<CreatedScoringProfile>()
// @ts-expect-error: a name is required
void claw.createScoringProfile({})
// A word of a newer server compiles.
void claw.createScoringProfile({ name: 'n', dimensions: [{ name: 'd', data_source: 'speed' }] })
expectTypeOf(claw.listScoringProfiles({ status: 'archived' })).resolves.toEqualTypeOf<{ profiles: ScoringProfile[] }>()
expectTypeOf(claw.iterateScoringProfiles()).toExtend<AsyncIterable<ScoringProfile>>()
expectTypeOf(claw.getScoringProfile('sp_1')).resolves.toEqualTypeOf<ScoringProfile>()
expectTypeOf(claw.updateScoringProfile('sp_1', { action_type: null })).resolves.toEqualTypeOf<
  Omit<ScoringProfile, 'dimensions'>
>()
expectTypeOf(claw.deleteScoringProfile('sp_1')).resolves.toEqualTypeOf<{ deleted: true }>()
expectTypeOf(
  claw.addScoringDimension('sp_1', { name: 'd', data_source: 'confidence' }),
).resolves.toEqualTypeOf<CreatedDimension>()
// @ts-expect-error: a source is required
void claw.addScoringDimension('sp_1', { name: 'd' })
expectTypeOf(claw.updateScoringDimension('sp_1', 'sd_1', { weight: 0.5 })).resolves.toEqualTypeOf<ScoringDimension>()
expectTypeOf(claw.deleteScoringDimension('sp_1', 'sd_1')).resolves.toEqualTypeOf<{ deleted: true }>()
expectTypeOf(claw.scoreWithProfile('sp_1', { duration_ms: 5 })).resolves.toEqualTypeOf<ProfileScoreResult>()
// @ts-expect-error: a list has its own method
void claw.scoreWithProfile('sp_1', 'act_1')
expectTypeOf(claw.batchScoreWithProfile('sp_1', [{ duration_ms: 5 }])).resolves.toEqualTypeOf<BatchScoreResult>()
expectTypeOf(claw.getProfileScores({ agent_id: 'a' })).resolves.toEqualTypeOf<{ scores: ProfileScoreRow[] }>()
expectTypeOf(claw.iterateProfileScores()).toExtend<AsyncIterable<ProfileScoreRow>>()
expectTypeOf(claw.getProfileScoreStats('sp_1')).resolves.toEqualTypeOf<ProfileScoreStats>()
expectTypeOf(claw.createRiskTemplate({ name: 'n' })).resolves.toHaveProperty('base_risk')
// @ts-expect-error: a name is required
void claw.createRiskTemplate({ base_risk: 5 })
expectTypeOf(claw.listRiskTemplates()).resolves.toEqualTypeOf<{ templates: RiskTemplate[] }>()
expectTypeOf(claw.updateRiskTemplate('rt_1', { base_risk: 5 })).resolves.toEqualTypeOf<RiskTemplate>()
expectTypeOf(claw.deleteRiskTemplate('rt_1')).resolves.toEqualTypeOf<{ deleted: true }>()
expectTypeOf(claw.autoCalibrate({ metrics: ['confidence'] })).resolves.toEqualTypeOf<CalibrationResult>()
// @ts-expect-error: not a metric
void claw.autoCalibrate({ metrics: ['speed'] })

declare const record: ActionRecord
expectTypeOf(claw.scoreWithProfile('sp_1', record)).resolves.toEqualTypeOf<ProfileScoreResult>()
expectTypeOf(claw.batchScoreWithProfile('sp_1', [record])).resolves.toEqualTypeOf<BatchScoreResult>()
expectTypeOf(claw.updateScoringDimension('sp_1', 'sd_1', { scale: null })).resolves.toEqualTypeOf<ScoringDimension>()
