import { Core, checkedInput } from '../core/core.ts'
import { pageOf, pages } from '../core/pages.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type {
  DetectDriftInput,
  DetectedDrift,
  DriftAlert,
  DriftAlertFilters,
  DriftAlertList,
  DriftBaseline,
  DriftBaselineInput,
  DriftMeans,
  DriftMetric,
  DriftSnapshot,
  DriftStats,
} from './drift-types.ts'

export type * from './drift-types.ts'

const BASELINES = 'computeDriftBaselines@2 POST /api/drift/alerts agent_id lookback_days:num'
const DETECT = 'detectDrift@2 POST /api/drift/alerts agent_id window_days:num baseline_days:num'
const LIST =
  'listDriftAlerts@2 GET /api/drift/alerts acknowledged:bool limit:num offset:num agent_id severity metric -> alerts!:[{}]'

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
    return this.call('recordDriftSnapshots@2 POST /api/drift/alerts', { action: 'record_snapshots' }, options)
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
    return this.call('acknowledgeDriftAlert@2 PATCH /api/drift/alerts/:alert_id', undefined, options, alertId)
  }

  /**
   * Deletes an alert.
   *
   * @param alertId - `da_…`; an unknown one gives the same answer.
   * Route: `DELETE /api/drift/alerts/:alert_id`.
   */
  deleteDriftAlert(alertId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call('deleteDriftAlert@2 DELETE /api/drift/alerts/:alert_id', undefined, options, alertId)
  }

  /**
   * Counts alerts by severity, metric and agent, with the newest baselines.
   *
   * @param filters - `agent_id` narrows only `overall`. Route: `GET /api/drift/stats`.
   */
  getDriftStats(filters: { agent_id?: string | undefined } = {}, options?: RequestOptions): Promise<DriftStats> {
    return this.call('getDriftStats@2 GET /api/drift/stats agent_id', filters, options)
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
    return this.call('getDriftSnapshots@2 GET /api/drift/snapshots limit:num agent_id metric', filters, options)
  }

  /** Lists the metrics of drift and their labels. Route: `GET /api/drift/metrics`. */
  getDriftMetrics(options?: RequestOptions): Promise<{ metrics: { id: Open<DriftMetric>; label: string }[] }> {
    return this.call('getDriftMetrics@2 GET /api/drift/metrics', undefined, options)
  }
}
