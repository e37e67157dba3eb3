import { sum } from '../rules/statistics.ts'
import { filled, text } from '../state/columns.ts'
import { DAY } from '../state/moment.ts'
import { error, json } from './answers.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface SnapshotRow {
  id: number
  org_id: string
  agent_id: string | null
  timestamp: string
  tokens_in: number
  tokens_out: number
  context_used: number
  context_max: number
  context_pct: number
  hourly_pct_left: number
  weekly_pct_left: number
  compactions: number
  model: string
  session_key: string
}

/** A snapshot with the time under the name that lists of agents look for. */
interface ReportRow extends SnapshotRow {
  created_at: string
}

/** Totals of one UTC day, of an agent or (null) of the organization. */
interface DayRow {
  agent_id: string | null
  date: string
  tokens_in: number
  tokens_out: number
  snapshots: number
}

interface BudgetRow {
  agent_id: string | null
  daily_limit: number
  weekly_limit: number
  monthly_limit: number
}

const FAULT = 'An error occurred while recording token usage'

/** Dollars, with the one price that the platform knows. */
const cost = (tokensIn: number, tokensOut: number) => (tokensIn * 15 + tokensOut * 75) / 1_000_000

const reportsOf = (ctx: Context) => ctx.table<ReportRow>('token_reports')

function store(ctx: Context, row: Omit<SnapshotRow, 'id' | 'org_id' | 'timestamp' | 'context_pct'>): SnapshotRow {
  const timestamp = ctx.iso()
  const snapshot: SnapshotRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    timestamp,
    context_pct: Math.round((row.context_used / row.context_max) * 100),
    ...row,
  }
  reportsOf(ctx).push({ ...snapshot, created_at: timestamp })
  return snapshot
}

function addDay(ctx: Context, agent_id: string | null, { tokens_in, tokens_out, timestamp }: SnapshotRow): void {
  const days = ctx.table<DayRow>('token_days')
  const date = timestamp.slice(0, 10)
  let day = days.find((row) => row.agent_id === agent_id && row.date === date)
  if (!day) days.push((day = { agent_id, date, tokens_in: 0, tokens_out: 0, snapshots: 0 }))
  day.tokens_in += tokens_in
  day.tokens_out += tokens_out
  day.snapshots++
}

function report(ctx: Context): Response {
  const { fields } = ctx
  if (fields['tokens_in'] === undefined && fields['tokens_out'] === undefined) {
    return error(400, 'tokens_in or tokens_out is required')
  }
  const whole = (name: string) => Number.parseInt(String(fields[name] || 0), 10)
  const agent_id = filled(fields['agent_id'])
  const given = {
    agent_id,
    tokens_in: whole('tokens_in'),
    tokens_out: whole('tokens_out'),
    context_used: whole('context_used'),
    context_max: whole('context_max') || 200_000,
    hourly_pct_left: Number(fields['hourly_pct_left'] || 100),
    weekly_pct_left: Number(fields['weekly_pct_left'] || 100),
    compactions: whole('compactions'),
    model: text(fields['model'] || 'unknown')!,
    session_key: text(fields['session_key'] || agent_id || 'sdk')!,
  }
  if (Object.values(given).some((value) => typeof value === 'number' && Number.isNaN(value))) return error(500, FAULT)
  const snapshot = store(ctx, given)
  addDay(ctx, null, snapshot)
  if (agent_id) {
    addDay(ctx, agent_id, snapshot)
    const latest = [...new Map(reportsOf(ctx).map((row) => [row.agent_id, row])).values()].filter((row) => row.agent_id)
    const total = (name: 'tokens_in' | 'tokens_out' | 'context_used' | 'context_max' | 'compactions') =>
      sum(latest.map((row) => row[name]))
    store(ctx, {
      agent_id: null,
      tokens_in: total('tokens_in'),
      tokens_out: total('tokens_out'),
      context_used: total('context_used'),
      context_max: total('context_max'),
      hourly_pct_left: given.hourly_pct_left,
      weekly_pct_left: given.weekly_pct_left,
      compactions: total('compactions'),
      model: 'aggregate',
      session_key: 'org-aggregate',
    })
  }
  const { tokens_in, tokens_out, model } = snapshot
  ctx.publish('token.usage', {
    agent_id,
    tokens_in,
    tokens_out,
    total_tokens: tokens_in + tokens_out,
    estimated_cost: cost(tokens_in, tokens_out),
    model,
  })
  return json(201, { snapshot })
}

function totals(ctx: Context): Response {
  const agent_id = ctx.query['agent_id'] || null
  const rows = reportsOf(ctx).filter((row) => row.agent_id === agent_id)
  const newest = rows.at(-1)
  const days = ctx
    .table<DayRow>('token_days')
    .filter((row) => row.agent_id === agent_id)
    .reverse()
    .slice(0, 7)
    .map((row) => ({
      date: row.date,
      tokensIn: row.tokens_in,
      tokensOut: row.tokens_out,
      totalTokens: row.tokens_in + row.tokens_out,
      snapshots: row.snapshots,
      estimatedCost: cost(row.tokens_in, row.tokens_out),
    }))
  const since = ctx.clock.now() - DAY
  return json(200, {
    current: newest
      ? {
          tokensIn: newest.tokens_in,
          tokensOut: newest.tokens_out,
          compactions: newest.compactions,
          model: newest.model,
          session: newest.session_key,
          agentId: newest.agent_id,
          updatedAt: newest.timestamp,
        }
      : null,
    today: days.find(({ date }) => date === ctx.iso().slice(0, 10)) ?? null,
    history: days,
    timeline: rows
      .filter(({ timestamp }) => Date.parse(timestamp) >= since)
      .map((row) => ({ time: row.timestamp, tokensIn: row.tokens_in, tokensOut: row.tokens_out })),
    lastUpdated: ctx.iso(),
  })
}

function budget(ctx: Context): Response {
  const agent_id = ctx.query['agent_id'] || null
  const row = ctx.table<BudgetRow>('token_budgets').find((other) => other.agent_id === agent_id)
  const limits = { daily_limit: 18_000, weekly_limit: 126_000, monthly_limit: 540_000, ...row }
  return json(200, { budget: { ...limits, org_id: ctx.org.id, agent_id } })
}

function setBudget(ctx: Context): Response {
  const { daily_limit, weekly_limit, monthly_limit } = ctx.fields
  if (!daily_limit || !weekly_limit || !monthly_limit) {
    return error(400, 'daily_limit, weekly_limit, and monthly_limit are required')
  }
  const limits = [daily_limit, weekly_limit, monthly_limit].map(Number)
  if (limits.some((limit) => limit < 0)) return error(400, 'Limits must be non-negative')
  // The older line has no table for it.
  if (ctx.version === '2.0') return error(500, 'Failed to update budget')
  const agent_id = filled(ctx.fields['agent_id'])
  const [daily = 0, weekly = 0, monthly = 0] = limits
  const given = { agent_id, daily_limit: daily, weekly_limit: weekly, monthly_limit: monthly }
  const rows = ctx.table<BudgetRow>('token_budgets')
  const row = rows.find((other) => other.agent_id === agent_id)
  if (row) Object.assign(row, given)
  else rows.push(given)
  return json(200, { budget: { ...given, org_id: ctx.org.id } })
}

/** Token use of agents, and what they may use. */
export const tokens: Route[] = [
  route('POST', '/api/tokens', saving(FAULT, report)),
  route('GET', '/api/tokens', totals),
  route('GET', '/api/tokens/budget', budget),
  route('PUT', '/api/tokens/budget', saving('Failed to update budget', setBudget)),
]
