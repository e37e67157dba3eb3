import { expectTypeOf } from 'vitest'
import type { NumberText, Open } from '../../src/core/types.ts'
import type {
  DetectedDrift,
  Drift,
  DriftAlert,
  DriftAlertList,
  DriftBaseline,
  DriftMeans,
  DriftMetric,
  DriftSeverity,
  DriftSnapshot,
  DriftStats,
} from '../../src/domains/drift.ts'

declare const claw: Drift
const options = { timeout: 1_000 }

// computeDriftBaselines
expectTypeOf(claw.computeDriftBaselines({ agent_id: null, lookback_days: 14 }, options)).resolves.toEqualTypeOf<{
  baselines_computed: number
  results: DriftBaseline[]
}>()
// @ts-expect-error days are a number
claw.computeDriftBaselines({ lookback_days: '14' })

// detectDrift
expectTypeOf(claw.detectDrift({ window_days: 3, baseline_days: null }, options)).resolves.toEqualTypeOf<{
  alerts_generated: number
  alerts: DetectedDrift[]
}>()
// @ts-expect-error the SDK names the operation
claw.detectDrift({ action: 'detect' })

// recordDriftSnapshots
expectTypeOf(claw.recordDriftSnapshots(options)).resolves.toEqualTypeOf<{
  snapshots_recorded: number
  results: DriftMeans[]
}>()
// @ts-expect-error it is always the whole organization
claw.recordDriftSnapshots({ agent_id: 'a' })

// listDriftAlerts, iterateDriftAlerts
expectTypeOf(
  claw.listDriftAlerts({ metric: 'risk_score', severity: 'critical' }, options),
).resolves.toEqualTypeOf<DriftAlertList>()
expectTypeOf(claw.iterateDriftAlerts({ limit: 10 }, options)).toEqualTypeOf<
  AsyncGenerator<DriftAlert, void, undefined>
>()
// @ts-expect-error a flag is a boolean
claw.listDriftAlerts({ acknowledged: 'true' })
// @ts-expect-error a limit is a number
claw.iterateDriftAlerts({ limit: '10' })
expectTypeOf<DriftAlert['severity']>().toEqualTypeOf<Open<DriftSeverity>>()
expectTypeOf<DriftAlert['acknowledged']>().toEqualTypeOf<boolean>()
expectTypeOf<DriftAlert['acknowledged_at']>().toEqualTypeOf<string | null>()

// acknowledgeDriftAlert, deleteDriftAlert
expectTypeOf(claw.acknowledgeDriftAlert('da_1', options)).resolves.toEqualTypeOf<DriftAlert>()
expectTypeOf(claw.deleteDriftAlert('da_1', options)).resolves.toEqualTypeOf<{ deleted: boolean }>()
// @ts-expect-error the id is required
claw.acknowledgeDriftAlert()
// @ts-expect-error an id is a text
claw.deleteDriftAlert(1)

// getDriftStats
expectTypeOf(claw.getDriftStats({ agent_id: 'a' }, options)).resolves.toEqualTypeOf<DriftStats>()
expectTypeOf<DriftStats['overall']['total_alerts']>().toEqualTypeOf<NumberText>()
// @ts-expect-error there is no window
claw.getDriftStats({ days: 3 })

// getDriftSnapshots
expectTypeOf(
  claw.getDriftSnapshots({ agent_id: 'a', metric: 'confidence', limit: 1 }, options),
).resolves.toEqualTypeOf<{
  snapshots: DriftSnapshot[]
}>()
// @ts-expect-error a limit is a number
claw.getDriftSnapshots({ limit: '1' })

// getDriftMetrics
expectTypeOf(claw.getDriftMetrics(options)).resolves.toEqualTypeOf<{
  metrics: { id: Open<DriftMetric>; label: string }[]
}>()
// @ts-expect-error there are no filters
claw.getDriftMetrics({ metric: 'confidence' })
