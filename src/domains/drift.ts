import { Core, checkedInput } from '../core/core.ts'
import { pageOf, pages } from '../core/pages.ts'
import type { NumberText, Open, RequestOptions } from '../core/types.ts'

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
const BASELINES = 'computeDriftBaselines POST /api/drift/alerts agent_id lookback_days:num'
const DETECT = 'detectDrift POST /api/drift/alerts agent_id window_days:num baseline_days:num'
const LIST =
  'listDriftAlerts GET /api/drift/alerts acknowledged:bool limit:num offset:num agent_id severity metric -> alerts!:[{}]'

/** Drift: agents whose numbers move away from their past. First baselines, later a detection, which raises alerts. */
export abstract class Drift extends Core {
  /**
   * Computes and stores baselines; detection takes the newest of an agent and metric. A metric with fewer than 5 values is left out.
   *
   * Route: `POST /api/drift/alerts`. Every call adds rows, so it is not repeated after an unclear failure.
   */
  async computeDriftBaselines(
    input: DriftBaselineInput = {},
    options?: RequestOptions,
  ): Promise<{ baselines_computed: number; results: DriftBaseline[] }> {
    return this.call(BASELINES, { ...checkedInput(this, BASELINES, input), action: 'compute_baselines' }, options)
  }

  /**
   * Compares the last days with the newest baselines and stores an alert for each metric that moved by 1.5 standard deviations
   * or more. Needs a baseline of 5 values and 3 values in the window; both go by the time an action was stored.
   *
   * Route: `POST /api/drift/alerts`. A second run stores the same alerts again, so it is not repeated after an unclear failure.
   */
  async detectDrift(
    input: DetectDriftInput = {},
    options?: RequestOptions,
  ): Promise<{ alerts_generated: number; alerts: DetectedDrift[] }> {
    return this.call(DETECT, { ...checkedInput(this, DETECT, input), action: 'detect' }, options)
  }

  /**
   * Stores the means of the last 24 hours, for up to 50 agents of the organization.
   *
   * Route: `POST /api/drift/alerts`. Every call adds rows, so it is not repeated after an unclear failure.
   */
  recordDriftSnapshots(options?: RequestOptions): Promise<{ snapshots_recorded: number; results: DriftMeans[] }> {
    return this.call('recordDriftSnapshots POST /api/drift/alerts', { action: 'record_snapshots' }, options)
  }

  /**
   * Lists alerts, newest first.
   *
   * Route: `GET /api/drift/alerts`. With filters that the server does not combine all pages are read (200 a request).
   */
  async listDriftAlerts(filters: DriftAlertFilters = {}, options?: RequestOptions): Promise<DriftAlertList> {
    const { metric, ...rest } = checkedInput(this, LIST, filters)
    const { acknowledged, agent_id, severity, limit, offset } = rest
    if (metric == null && (acknowledged == null || (agent_id ?? severity) == null))
      return this.call(LIST, rest, options)
    const all: DriftAlert[] = []
    for await (const alert of this.iterateDriftAlerts({ ...rest, metric, limit: 200, offset: 0 }, options))
      all.push(alert)
    return { alerts: pageOf(all, limit, offset), total: all.length }
  }

  /** Every alert that matches, page after page; see {@link listDriftAlerts}. Here `offset` counts alerts before `metric` is looked at. */
  async *iterateDriftAlerts(
    filters: DriftAlertFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<DriftAlert, void, undefined> {
    const { metric, ...rest } = checkedInput(this, LIST, filters)
    // Without the total: the server counts the page there, which would end the reading after the first one.
    const read = async (page: object) => ({ alerts: (await this.call<DriftAlertList>(LIST, page, options)).alerts })
    for await (const alert of pages('alerts', 'id', rest, read, options)) {
      if ((metric ?? alert.metric) === alert.metric && (rest.acknowledged ?? alert.acknowledged) === alert.acknowledged)
        yield alert
    }
  }

  /**
   * Marks an alert as seen. There is no way back; a second time only moves `acknowledged_at`.
   *
   * @param alertId - `da_…`.
   * @returns The alert itself.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/drift/alerts/:alert_id`.
   */
  acknowledgeDriftAlert(alertId: string, options?: RequestOptions): Promise<DriftAlert> {
    return this.call('acknowledgeDriftAlert PATCH /api/drift/alerts/:alert_id', undefined, options, alertId)
  }

  /**
   * Deletes an alert.
   *
   * @param alertId - `da_…`; an unknown one gives the same answer.
   * Route: `DELETE /api/drift/alerts/:alert_id`.
   */
  deleteDriftAlert(alertId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call('deleteDriftAlert DELETE /api/drift/alerts/:alert_id', undefined, options, alertId)
  }

  /**
   * Counts alerts by severity, metric and agent, with the newest baselines.
   *
   * @param filters - `agent_id` narrows only `overall`. Route: `GET /api/drift/stats`.
   */
  getDriftStats(filters: { agent_id?: string | undefined } = {}, options?: RequestOptions): Promise<DriftStats> {
    return this.call('getDriftStats GET /api/drift/stats agent_id', filters, options)
  }

  /**
   * Lists snapshots, newest first; none until {@link recordDriftSnapshots} ran.
   *
   * @param filters - `agent_id` counts only together with `metric`: alone the server ignores it. `limit`: 0 to 100, larger
   *   values are cut by the server; default 30.
   * Route: `GET /api/drift/snapshots`.
   */
  getDriftSnapshots(
    filters: { agent_id?: string | undefined; metric?: Open<DriftMetric> | undefined; limit?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ snapshots: DriftSnapshot[] }> {
    return this.call('getDriftSnapshots GET /api/drift/snapshots limit:num agent_id metric', filters, options)
  }

  /** Lists the metrics of drift and their labels. Route: `GET /api/drift/metrics`. */
  getDriftMetrics(options?: RequestOptions): Promise<{ metrics: { id: Open<DriftMetric>; label: string }[] }> {
    return this.call('getDriftMetrics GET /api/drift/metrics', undefined, options)
  }
}
