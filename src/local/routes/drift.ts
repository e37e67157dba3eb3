import {
  type BaselineRow,
  computeBaselines,
  type DriftAlertRow,
  detect,
  METRICS,
  recordSnapshots,
  type SnapshotRow,
} from '../rules/drift.ts'
import { groups, mean, round } from '../rules/statistics.ts'
import { filled } from '../state/columns.ts'
import { DAY } from '../state/moment.ts'
import { error, json } from './answers.ts'
import { days, page } from './fields.ts'
import { type Context, type Route, route } from './route.ts'

/** One path for three operations; `action` picks, and everything unknown detects. */
function operate(ctx: Context): Response {
  const { org, fields, bodyOk } = ctx
  const now = ctx.clock.now()
  const agent = filled(fields['agent_id']) ?? undefined
  const lookback = days(fields['lookback_days'], 30)
  const window = days(fields['window_days'], 7)
  const fault = () => error(500, 'Drift operation failed')
  if (!bodyOk) return fault()
  switch (fields['action']) {
    case 'compute_baselines': {
      if (lookback === undefined) return fault()
      const results = computeBaselines(org, agent, lookback, now)
      return json(201, { baselines_computed: results.length, results })
    }
    case 'record_snapshots': {
      const results = recordSnapshots(org, now)
      return json(201, { snapshots_recorded: results.length, results })
    }
    default: {
      if (window === undefined) return fault()
      const alerts = detect(org, agent, window, now)
      return json(201, { alerts_generated: alerts.length, alerts })
    }
  }
}

function list(ctx: Context): Response {
  const { agent_id, severity, acknowledged } = ctx.query
  const pages = page(ctx.query)
  if (!pages) return error(500, 'Failed to fetch drift alerts')
  const narrow = agent_id || severity
  const alerts = ctx
    .table<DriftAlertRow>('drift_alerts')
    .filter(
      (row) =>
        (!agent_id || row.agent_id === agent_id) &&
        (!severity || row.severity === severity) &&
        (narrow || !acknowledged || row.acknowledged === (acknowledged === 'true')),
    )
    .reverse()
    .slice(pages.offset, pages.offset + pages.limit)
  return json(200, { alerts, total: alerts.length })
}

function stats(ctx: Context): Response {
  const { agent_id } = ctx.query
  const alerts = ctx.table<DriftAlertRow>('drift_alerts')
  const own = alerts.filter((row) => !agent_id || row.agent_id === agent_id)
  const severe = (rows: readonly DriftAlertRow[], word: string) =>
    String(rows.filter((row) => row.severity === word).length)
  const since = ctx.clock.now() - DAY
  const grouped = (key: 'metric' | 'agent_id') =>
    [...groups(alerts, (row) => row[key])].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
  return json(200, {
    overall: {
      total_alerts: String(own.length),
      critical_count: severe(own, 'critical'),
      warning_count: severe(own, 'warning'),
      info_count: severe(own, 'info'),
      unacknowledged: String(own.filter((row) => !row.acknowledged).length),
      today_count: String(own.filter((row) => Date.parse(row.created_at) >= since).length),
    },
    by_metric: grouped('metric').map(([metric, rows]) => ({
      metric,
      count: String(rows.length),
      avg_z_score: round(mean(rows.map((row) => Math.abs(row.z_score))), 2).toFixed(2),
    })),
    by_agent: grouped('agent_id')
      .slice(0, 10)
      .map(([agent, rows]) => ({
        agent_id: agent,
        count: String(rows.length),
        critical: severe(rows, 'critical'),
        warning: severe(rows, 'warning'),
      })),
    recent_baselines: ctx
      .table<BaselineRow>('drift_baselines')
      .slice(-20)
      .reverse()
      .map(({ agent_id: agent, metric, mean: middle, stddev, sample_count, created_at }) => ({
        agent_id: agent,
        metric,
        mean: middle,
        stddev,
        sample_count,
        created_at,
      })),
  })
}

const ALERT = '/api/drift/alerts/:alert_id'

/** Agents whose numbers move away from their past. */
export const drift: Route[] = [
  route('POST', '/api/drift/alerts', operate, { fault: 'Drift operation failed' }),
  route('GET', '/api/drift/alerts', list),
  route(
    'PATCH',
    ALERT,
    (ctx) => {
      const alert = ctx.table<DriftAlertRow>('drift_alerts').find(({ id }) => id === ctx.params['alert_id'])
      if (!alert) return error(404, 'Alert not found')
      alert.acknowledged = true
      alert.acknowledged_by = 'user'
      alert.acknowledged_at = ctx.iso()
      return json(200, alert)
    },
    { fault: 'Failed to acknowledge alert' },
  ),
  route(
    'DELETE',
    ALERT,
    (ctx) => {
      const alerts = ctx.table<DriftAlertRow>('drift_alerts')
      const at = alerts.findIndex(({ id }) => id === ctx.params['alert_id'])
      if (at >= 0) alerts.splice(at, 1)
      return json(200, { deleted: true })
    },
    { fault: 'Failed to delete alert' },
  ),
  route('GET', '/api/drift/stats', stats),
  route('GET', '/api/drift/snapshots', (ctx) => {
    const { agent_id, metric } = ctx.query
    const pages = page(ctx.query, { limit: 30, max: 100 })
    if (!pages) return error(500, 'Failed to fetch snapshots')
    const snapshots = ctx
      .table<SnapshotRow>('drift_snapshots')
      .filter((row) => !metric || (row.metric === metric && (!agent_id || row.agent_id === agent_id)))
      .reverse()
      .slice(0, pages.limit)
    return json(200, { snapshots })
  }),
  route('GET', '/api/drift/metrics', () => json(200, { metrics: METRICS })),
]
