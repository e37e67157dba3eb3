import type { NumberText, Open } from '../core/types.ts'

/** What drift is measured in; {@link Drift.getDriftMetrics} lists them. `tokens_total` has no data on 2.0 servers. */
export type DriftMetric =
  | 'risk_score'
  | 'confidence'
  | 'duration_ms'
  | 'cost_estimate'
  | 'tokens_total'
  | 'learning_score'

/** Distance from the baseline: 1.5, 2 or 3 standard deviations and more. */
export type DriftSeverity = 'info' | 'warning' | 'critical'

/** Input of {@link Drift.computeDriftBaselines}. */
export interface DriftBaselineInput {
  /**
   * One agent. Default: up to 50 agents of the organization. All metrics but `learning_score` go by the **name** under which
   * the actions were recorded (`agent_name`): give that, and give agents whose actions are watched a name.
   */
  agent_id?: string | null | undefined
  /** Days; 0 means the default. Default: 30. */
  lookback_days?: number | null | undefined
}

/** Input of {@link Drift.detectDrift}. */
export interface DetectDriftInput {
  /** One agent, by name; see {@link DriftBaselineInput}. Default: up to 50 agents of the organization. */
  agent_id?: string | null | undefined
  /** Days that are compared with the baseline; 0 means the default. Default: 7. */
  window_days?: number | null | undefined
  /** Has no effect on 2.0 servers: detection takes the newest baseline as it was computed. */
  baseline_days?: number | null | undefined
}

/** A metric of an agent, at a glance. */
export interface DriftMeans {
  /** Name of the agent; its id for `learning_score`. */
  agent_id: string
  metric: Open<DriftMetric>
  mean: number
  /** Of a sample: divided by n - 1. */
  stddev: number
  sample_count: number
}

/** A baseline as it was just computed; all numbers have at most 3 decimals. */
export interface DriftBaseline extends DriftMeans {
  median: number
  /** Percentiles by linear interpolation. */
  p5: number
  p25: number
  p75: number
  p95: number
  min_val: number
  max_val: number
}

/** What a detection found. */
export interface DetectedDrift {
  /** `da_…`. */
  id: string
  agent_id: string
  metric: Open<DriftMetric>
  severity: Open<DriftSeverity>
  /** Standard deviations of the baseline; 999 when the baseline does not vary and the mean moved, whichever way. */
  z_score: number
  /** Percent of the baseline's mean, with its sign; 0 when that mean is 0. The sign is the direction that can be trusted. */
  pct_change: number
  /** Follows `z_score`, so it is always `increasing` after a baseline that does not vary. */
  direction: Open<'increasing' | 'decreasing'>
  /** A sentence with the means. */
  description: string
}

/** An alert as it is stored. */
export interface DriftAlert extends DetectedDrift {
  org_id: string
  dimension: Open<'overall'>
  drift_type: Open<'shift'>
  baseline_mean: number
  baseline_stddev: number
  current_mean: number
  current_stddev: number
  /** Values in the window. */
  sample_count: number
  acknowledged: boolean
  /** Empty until it is acknowledged, then `user`. */
  acknowledged_by: string
  acknowledged_at: string | null
  /** `db_…`. */
  baseline_id: string
  created_at: string
}

/** Filters of {@link Drift.listDriftAlerts}. */
export interface DriftAlertFilters {
  /** Name of the agent; its id for `learning_score`. */
  agent_id?: string | undefined
  severity?: Open<DriftSeverity> | undefined
  /** The server ignores it beside `agent_id` or `severity`, so there the SDK reads all pages and filters. */
  acknowledged?: boolean | undefined
  /** The server can't filter by it, so the SDK reads all pages and filters. */
  metric?: Open<DriftMetric> | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Drift.listDriftAlerts}. */
export interface DriftAlertList {
  /** Newest first. */
  alerts: DriftAlert[]
  /** The number of alerts on this page; of all that match, where the SDK filters. */
  total: number
}

/** Answer of {@link Drift.getDriftStats}. */
export interface DriftStats {
  overall: {
    total_alerts: NumberText
    critical_count: NumberText
    warning_count: NumberText
    info_count: NumberText
    unacknowledged: NumberText
    /** Of the last 24 hours. */
    today_count: NumberText
  }
  /** Most alerts first. `avg_z_score` is of the absolute values, with 2 decimals. */
  by_metric: { metric: Open<DriftMetric>; count: NumberText; avg_z_score: NumberText }[]
  /** The 10 agents with most alerts. */
  by_agent: { agent_id: string; count: NumberText; critical: NumberText; warning: NumberText }[]
  /** The newest 20. */
  recent_baselines: (DriftMeans & { created_at: string })[]
}

/** The mean of one day. */
export interface DriftSnapshot extends DriftMeans {
  /** `ds_…`. */
  id: string
  org_id: string
  dimension: Open<'overall'>
  period: Open<'daily'>
  /** 24 hours before it was recorded. */
  period_start: string
  created_at: string
}
