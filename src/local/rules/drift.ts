import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { single } from '../state/numbers.ts'
import { type Org, table } from '../state/org.ts'
import type { ActionRow } from '../state/rows.ts'
import type { EpisodeRow } from './learning.ts'
import { deviation, groups, mean, percentile, round } from './statistics.ts'

export interface BaselineRow {
  id: string
  agent_id: string
  metric: string
  sample_count: number
  mean: number
  stddev: number
  median: number
  p5: number
  p25: number
  p75: number
  p95: number
  min_val: number
  max_val: number
  created_at: string
}

export interface DriftAlertRow {
  id: string
  org_id: string
  agent_id: string
  metric: string
  dimension: 'overall'
  severity: 'info' | 'warning' | 'critical'
  drift_type: 'shift'
  baseline_mean: number
  baseline_stddev: number
  current_mean: number
  current_stddev: number
  z_score: number
  pct_change: number
  sample_count: number
  direction: 'increasing' | 'decreasing'
  description: string
  acknowledged: boolean
  acknowledged_by: string
  acknowledged_at: string | null
  baseline_id: string
  created_at: string
}

export interface SnapshotRow {
  id: string
  org_id: string
  agent_id: string
  metric: string
  dimension: 'overall'
  period: 'daily'
  period_start: string
  mean: number
  stddev: number
  sample_count: number
  created_at: string
}

/** What drift is measured in, in the platform's order. */
export const METRICS = [
  { id: 'risk_score', label: 'Risk Score' },
  { id: 'confidence', label: 'Confidence' },
  { id: 'duration_ms', label: 'Duration (ms)' },
  { id: 'cost_estimate', label: 'Cost Estimate' },
  { id: 'tokens_total', label: 'Total Tokens' },
  { id: 'learning_score', label: 'Learning Score' },
] as const

type Metric = (typeof METRICS)[number]['id']

const AGENTS = 50

/** The value of an action for a metric; nothing where it does not count. */
function amount(action: ActionRow, metric: Exclude<Metric, 'learning_score'>): number | null {
  if (metric === 'risk_score' || metric === 'confidence') return action[metric]
  const { tokens_in, tokens_out, duration_ms, cost_estimate } = action
  const value =
    metric === 'tokens_total' ? tokens_in + tokens_out : metric === 'duration_ms' ? duration_ms : single(cost_estimate)
  return value !== null && value > 0 ? value : null
}

/** Values of a metric since a time by agent: the name of the agent, its id for the learning score. */
function valuesByAgent(org: Org, metric: Metric, agent: string | undefined, since: number): Map<string, number[]> {
  const rows =
    metric === 'learning_score'
      ? table<EpisodeRow>(org, 'episodes').map((row) => ({ at: row.created_at, agent: row.agent_id, value: row.score }))
      : table<ActionRow>(org, 'actions').map((row) => ({
          at: row.created_at,
          agent: row.agent_name,
          value: amount(row, metric),
        }))
  const known = rows.flatMap((row) =>
    row.agent && row.value !== null && Date.parse(row.at) >= since && (!agent || row.agent === agent)
      ? [{ agent: row.agent, value: row.value }]
      : [],
  )
  return new Map(
    [...groups(known, (row) => row.agent)]
      .slice(0, AGENTS)
      .map(([name, list]) => [name, list.map(({ value }) => value)]),
  )
}

/** Mean and deviation of values; the deviation goes around the rounded mean. */
function moments(values: readonly number[]): { mean: number; stddev: number } {
  const middle = round(mean(values))
  return { mean: middle, stddev: round(deviation(values, middle)) }
}

/** Computes and stores baselines of everything with at least 5 values. */
export function computeBaselines(org: Org, agent: string | undefined, lookback: number, now: number): object[] {
  const results: object[] = []
  for (const { id: metric } of METRICS) {
    for (const [agent_id, values] of valuesByAgent(org, metric, agent, now - lookback * DAY)) {
      if (values.length < 5) continue
      const at = (percent: number) => round(percentile(values, percent))
      const result = {
        agent_id,
        metric,
        sample_count: values.length,
        ...moments(values),
        median: at(50),
        p5: at(5),
        p25: at(25),
        p75: at(75),
        p95: at(95),
        min_val: at(0),
        max_val: at(100),
      }
      results.push(result)
      table<BaselineRow>(org, 'drift_baselines').push({
        id: hexId('db_'),
        ...result,
        created_at: new Date(now).toISOString(),
      })
    }
  }
  return results
}

/** Compares the window with the newest baselines and stores an alert for everything that moved. */
export function detect(org: Org, agent: string | undefined, window: number, now: number): object[] {
  const alerts: object[] = []
  const baselines = table<BaselineRow>(org, 'drift_baselines')
  for (const { id: metric, label } of METRICS) {
    for (const [agent_id, values] of valuesByAgent(org, metric, agent, now - window * DAY)) {
      const baseline = baselines.filter((row) => row.agent_id === agent_id && row.metric === metric).at(-1)
      if (!baseline || baseline.sample_count < 5 || values.length < 3) continue
      const current = moments(values)
      const moved = current.mean - baseline.mean
      const z = baseline.stddev ? round(moved / baseline.stddev) : moved ? 999 : 0
      const far = Math.abs(z)
      if (far < 1.5) continue
      const pct = baseline.mean ? round((moved / baseline.mean) * 100) : 0
      const up = z > 0
      const alert: DriftAlertRow = {
        id: hexId('da_'),
        org_id: org.id,
        agent_id,
        metric,
        dimension: 'overall',
        severity: far >= 3 ? 'critical' : far >= 2 ? 'warning' : 'info',
        drift_type: 'shift',
        baseline_mean: single(baseline.mean),
        baseline_stddev: single(baseline.stddev),
        current_mean: single(current.mean),
        current_stddev: single(current.stddev),
        z_score: z,
        pct_change: pct,
        sample_count: values.length,
        direction: up ? 'increasing' : 'decreasing',
        description: `${label} for ${agent_id} has ${up ? 'increased' : 'decreased'} by ${Math.abs(pct)}% (z-score: ${z}). Baseline mean: ${baseline.mean}, current mean: ${current.mean}.`,
        acknowledged: false,
        acknowledged_by: '',
        acknowledged_at: null,
        baseline_id: baseline.id,
        created_at: new Date(now).toISOString(),
      }
      table<DriftAlertRow>(org, 'drift_alerts').push(alert)
      const { id, severity, z_score, pct_change, direction, description } = alert
      alerts.push({ id, agent_id, metric, severity, z_score, pct_change, direction, description })
    }
  }
  return alerts
}

/** Stores the means of the last 24 hours. */
export function recordSnapshots(org: Org, now: number): object[] {
  const results: object[] = []
  for (const { id: metric } of METRICS) {
    for (const [agent_id, values] of valuesByAgent(org, metric, undefined, now - DAY)) {
      const result = { agent_id, metric, ...moments(values), sample_count: values.length }
      results.push(result)
      table<SnapshotRow>(org, 'drift_snapshots').push({
        id: hexId('ds_'),
        org_id: org.id,
        dimension: 'overall',
        period: 'daily',
        period_start: new Date(now - DAY).toISOString(),
        ...result,
        created_at: new Date(now).toISOString(),
      })
    }
  }
  return results
}
