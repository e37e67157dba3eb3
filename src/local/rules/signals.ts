import { DAY, instant } from '../state/moment.ts'
import { type Org, table } from '../state/org.ts'
import type { ActionRow, AssumptionRow, LoopRow, PresenceRow } from '../state/rows.ts'

export interface SignalRow {
  type: string
  severity: 'red' | 'amber'
  label: string
  detail: string
  help: string
  agent_id: string | null
  action_id?: string
  loop_id?: string
  assumption_id?: string
}

const HOUR = 3_600_000

/** Whether every action starts at a time. Older servers can't compute signals otherwise. */
export const allDated = (org: Org): boolean =>
  table<ActionRow>(org, 'actions').every((row) => !Number.isNaN(instant(row.timestamp_start)))

/** The warnings of this moment, red ones first. */
export function currentSignals(
  org: Org,
  now: number,
  agentId?: string,
): { signals: SignalRow[]; counts: { red: number; amber: number; total: number } } {
  const found: SignalRow[] = []
  const actions = table<ActionRow>(org, 'actions')
  const byId = new Map(actions.map((action) => [action.action_id, action]))
  const age = (time: string) => now - instant(time)
  const add = (
    type: string,
    red: boolean,
    label: string,
    detail: string,
    help: string,
    ids: Omit<SignalRow, 'type' | 'severity' | 'label' | 'detail' | 'help'>,
  ) => found.push({ type, severity: red ? 'red' : 'amber', label, detail, help, ...ids })

  const silent = table<PresenceRow>(org, 'presence').filter(
    (row) =>
      age(row.last_heartbeat_at) > 10 * 60_000 &&
      ((row.status !== null && row.status !== 'offline') || row.current_task_id),
  )
  for (const row of silent.slice(0, 10)) {
    add(
      'agent_silent',
      Boolean(row.current_task_id),
      `Agent heartbeat lost: ${row.agent_name || row.agent_id}`,
      `The last heartbeat came at ${row.last_heartbeat_at}.`,
      'Check that the agent still runs.',
      { agent_id: row.agent_id },
    )
  }

  for (const { agent, name, count } of grouped(
    actions.filter((row) => age(row.timestamp_start) <= HOUR),
    10,
  )) {
    add(
      'autonomy_spike',
      count > 20,
      `Governance alert: ${name || agent} (${count} ungoverned decisions/hr)`,
      `${count} actions started within the last hour.`,
      'Slow the agent down, or add a rate limit policy.',
      { agent_id: agent },
    )
  }

  const risky = actions
    .filter((row) => !row.reversible && row.risk_score >= 70 && !row.authorization_scope && row.status === 'running')
    .sort((a, b) => b.risk_score - a.risk_score)
  for (const row of risky.slice(0, 10)) {
    add(
      'high_impact_low_oversight',
      row.risk_score >= 90,
      `Ungoverned high-risk decision: ${row.declared_goal.slice(0, 50) || 'Unknown'}`,
      `Risk ${row.risk_score}, not reversible, without an authorization scope.`,
      'Ask for approval before such actions.',
      { agent_id: row.agent_id, action_id: row.action_id },
    )
  }

  const failures = actions.filter((row) => row.status === 'failed' && age(row.timestamp_start) <= DAY)
  for (const { agent, name, count } of grouped(failures, 3)) {
    add(
      'repeated_failures',
      count > 5,
      `Decision reliability degraded: ${name || agent} (${count} failures in 24h)`,
      `${count} actions failed within the last day.`,
      'Look at the errors of these actions.',
      { agent_id: agent },
    )
  }

  const stale = table<LoopRow>(org, 'loops')
    .filter((row) => row.status === 'open' && age(row.created_at) > 48 * HOUR)
    .sort((a, b) => (a.created_at < b.created_at ? -1 : 1))
  for (const row of stale.slice(0, 10)) {
    const hours = Math.round(age(row.created_at) / HOUR)
    add(
      'stale_loop',
      hours > 96,
      `Unresolved dependency (${hours}h): ${row.description.slice(0, 50) || 'Unknown'}`,
      'An open loop was not resolved in time.',
      'Resolve or cancel the loop.',
      { agent_id: byId.get(row.action_id)?.agent_id ?? null, loop_id: row.loop_id },
    )
  }

  const assumptions = table<AssumptionRow>(org, 'assumptions')
  const broken = assumptions
    .filter((row) => row.invalidated === 1 && row.invalidated_at && age(row.invalidated_at) <= 7 * DAY)
    .flatMap((row) => byId.get(row.action_id) ?? [])
  for (const { agent, name, count } of grouped(broken, 1)) {
    add(
      'assumption_drift',
      count >= 4,
      `Decision basis degrading: ${name || agent} (${count} assumptions invalidated)`,
      `${count} assumptions proved wrong within a week.`,
      'Review what the agent takes for true.',
      { agent_id: agent },
    )
  }

  const unverified = assumptions
    .filter((row) => !row.validated && !row.invalidated && age(row.created_at) > 14 * DAY)
    .sort((a, b) => (a.created_at < b.created_at ? -1 : 1))
  for (const row of unverified.slice(0, 10)) {
    const days = Math.round(age(row.created_at) / DAY)
    add(
      'stale_assumption',
      days > 30,
      `Unverified decision basis (${days}d): ${row.assumption.slice(0, 50) || 'Unknown'}`,
      'An assumption was never validated.',
      'Validate or invalidate it.',
      { agent_id: byId.get(row.action_id)?.agent_id ?? null, assumption_id: row.assumption_id },
    )
  }

  const stalled = actions
    .filter((row) => row.status === 'running' && age(row.timestamp_start) > 4 * HOUR)
    .sort((a, b) => (a.timestamp_start < b.timestamp_start ? -1 : 1))
  for (const row of stalled.slice(0, 10)) {
    const hours = Math.round(age(row.timestamp_start) / HOUR)
    add(
      'stale_running_action',
      hours > 24,
      `Stalled decision (${hours}h): ${row.declared_goal.slice(0, 60) || 'Unknown goal'}`,
      'An action has been running for long.',
      'Write its outcome, or look at the agent.',
      { agent_id: row.agent_id, action_id: row.action_id },
    )
  }

  const signals = [
    ...found.filter(({ severity }) => severity === 'red'),
    ...found.filter(({ severity }) => severity === 'amber'),
  ].filter((signal) => agentId === undefined || signal.agent_id === agentId)
  const red = signals.filter(({ severity }) => severity === 'red').length
  return { signals, counts: { red, amber: signals.length - red, total: signals.length } }
}

/** Counts per pair of agent and name (an agent that changes its name counts apart), above a limit, highest first. */
function grouped(rows: readonly ActionRow[], above: number): { agent: string; name: string | null; count: number }[] {
  const groups = new Map<string, { agent: string; name: string | null; count: number }>()
  for (const { agent_id, agent_name } of rows) {
    const key = JSON.stringify([agent_id, agent_name])
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { agent: agent_id, name: agent_name, count: 1 })
  }
  return [...groups.values()].filter(({ count }) => count > above).sort((a, b) => b.count - a.count)
}
