import { expectTypeOf } from 'vitest'
import type { JsonText, NumberText } from '../../src/core/types.ts'
import type {
  Compliance,
  ComplianceControl,
  ComplianceEvidence,
  ComplianceExport,
  ComplianceExportFile,
  ComplianceExportSummary,
  ComplianceMap,
  ComplianceReport,
  ComplianceSchedule,
  ComplianceTrend,
  Framework,
  GapAnalysis,
} from '../../src/domains/compliance.ts'

declare const claw: Compliance

expectTypeOf(claw.mapCompliance('soc2')).resolves.toEqualTypeOf<ComplianceMap>()
expectTypeOf(claw.mapCompliance('a framework of a newer server')).resolves.toEqualTypeOf<ComplianceMap>()
// @ts-expect-error: a framework is required
void claw.mapCompliance()
expectTypeOf<ComplianceMap['coverage_pct']>().toEqualTypeOf<number>()
expectTypeOf<ComplianceControl['covered']>().toEqualTypeOf<boolean>()
expectTypeOf(claw.analyzeGaps('gdpr')).resolves.toEqualTypeOf<GapAnalysis>()
// @ts-expect-error: one framework a call
void claw.analyzeGaps(['gdpr'])
expectTypeOf(claw.getComplianceReport('soc2', { format: 'md' })).resolves.toEqualTypeOf<ComplianceReport>()
expectTypeOf<ComplianceReport['document']>().toEqualTypeOf<ComplianceMap | null>()
expectTypeOf(claw.listFrameworks()).resolves.toEqualTypeOf<{ frameworks: Framework[] }>()
expectTypeOf(claw.getComplianceEvidence({ window: '90d' })).resolves.toEqualTypeOf<ComplianceEvidence>()
// @ts-expect-error: a window is a text
void claw.getComplianceEvidence({ window: 7 })
expectTypeOf<ComplianceEvidence['evidence']['breakdown'][number]['count']>().toEqualTypeOf<NumberText>()

expectTypeOf(
  claw.createComplianceExport({ frameworks: ['soc2'], format: 'json', include_trends: true, window_days: null }),
).resolves.toEqualTypeOf<{ id: string; export: ComplianceExport | null }>()
// @ts-expect-error: frameworks are required
void claw.createComplianceExport({ name: 'Quarter' })
// @ts-expect-error: a list
void claw.createComplianceExport({ frameworks: 'soc2' })
expectTypeOf(claw.listComplianceExports({ limit: 5 })).resolves.toEqualTypeOf<{ exports: ComplianceExportSummary[] }>()
expectTypeOf(claw.getComplianceExport('ce_1')).resolves.toEqualTypeOf<ComplianceExport>()
expectTypeOf<ComplianceExport['frameworks']>().toEqualTypeOf<string[] | JsonText<string[]>>()
expectTypeOf(claw.downloadComplianceExport('ce_1')).resolves.toEqualTypeOf<ComplianceExportFile>()
expectTypeOf(claw.deleteComplianceExport('ce_1')).resolves.toEqualTypeOf<{ deleted: boolean }>()

expectTypeOf(
  claw.createComplianceSchedule({ frameworks: ['soc2'], cron_expression: '0 8 * * 1' }),
).resolves.toEqualTypeOf<{ id: string }>()
// @ts-expect-error: when is required
void claw.createComplianceSchedule({ frameworks: ['soc2'] })
expectTypeOf(claw.listComplianceSchedules()).resolves.toEqualTypeOf<{ schedules: ComplianceSchedule[] }>()
expectTypeOf(
  claw.updateComplianceSchedule('csch_1', { enabled: null, name: 'n' }),
).resolves.toEqualTypeOf<ComplianceSchedule>()
// @ts-expect-error: servers change nothing else
void claw.updateComplianceSchedule('csch_1', { cron_expression: '* * * * *' })
expectTypeOf(claw.deleteComplianceSchedule('csch_1')).resolves.toEqualTypeOf<{ deleted: boolean }>()
expectTypeOf(claw.getComplianceTrends({ framework: 'soc2', limit: 5 })).resolves.toEqualTypeOf<{
  trends: ComplianceTrend[]
}>()
