import { calibration } from '../rules/scoring.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import type { ActionRow } from '../state/rows.ts'
import { error, json } from './answers.ts'
import { type Context, type Route, route } from './route.ts'
import { column, member, notWhole, parseFault, refused, remove, STATUSES } from './scoring-shared.ts'

interface TemplateRow {
  id: string
  org_id: string
  name: string
  description: string | null
  action_type: string | null
  base_risk: number | null
  rules: unknown[] | null
  status: string
  created_at: string
  updated_at: string
}

type Fields = Record<string, unknown>

const templatesOf = (ctx: Context) => ctx.table<TemplateRow>('risk_templates')

function riskProblem({ base_risk, status }: Fields): Response | undefined {
  const problem = notWhole(base_risk)
  if (problem) return problem
  if (base_risk != null && !(Number(base_risk) >= 0 && Number(base_risk) <= 100))
    return refused('risk_templates', 'base_risk')
  if (status != null && !STATUSES.includes(status as string)) return refused('risk_templates', 'status')
  return undefined
}

function createTemplate(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  const { fields } = ctx
  if (!fields['name']) return error(400, 'name is required')
  const problem = riskProblem({ base_risk: fields['base_risk'] })
  if (problem) return problem
  const row: TemplateRow = {
    id: hexId('rt_'),
    org_id: ctx.org.id,
    name: fields['name'] as string,
    description: member<string | null>(fields, 'description', ''),
    action_type: (fields['action_type'] as string) || null,
    base_risk: member<number | null>(fields, 'base_risk', 0),
    rules: member<unknown[] | null>(fields, 'rules', []),
    status: 'active',
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
  }
  templatesOf(ctx).push(row)
  const { org_id: _org, created_at: _created, updated_at: _updated, ...shown } = row
  return json(201, shown)
}

function updateTemplate(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  const row = templatesOf(ctx).find(({ id }) => id === ctx.params['template_id'])
  if (!row) return error(404, 'Template not found')
  const problem = riskProblem(ctx.fields)
  if (problem) return problem
  for (const name of ['name', 'description', 'base_risk', 'rules', 'status']) {
    if (ctx.fields[name] != null) Object.assign(row, { [name]: ctx.fields[name] })
  }
  if ('action_type' in ctx.fields || ctx.version === '2.0')
    row.action_type = (ctx.fields['action_type'] as string) ?? null
  row.updated_at = ctx.iso()
  return json(200, { ...row, rules: column(ctx, row.rules) })
}

function calibrate(ctx: Context): Response {
  if (!ctx.bodyOk) return parseFault(ctx)
  if (ctx.version === '2.0') return error(500, 'column "prompt_tokens" does not exist')
  const { action_type, agent_id, lookback_days, metrics } = ctx.fields
  const days = Number(lookback_days) || 30
  const since = ctx.clock.now() - days * DAY
  const actions = ctx
    .table<ActionRow>('actions')
    .filter(
      (row) =>
        (!action_type || row.action_type === action_type) &&
        (!agent_id || row.agent_id === agent_id) &&
        Date.parse(row.timestamp_start) >= since,
    )
    .slice(-10_000)
  if (actions.length < 10) {
    return json(200, {
      status: 'insufficient_data',
      count: actions.length,
      message: `Need at least 10 actions, found ${actions.length}`,
      suggestions: [],
    })
  }
  return json(200, {
    status: 'ok',
    count: actions.length,
    action_type: action_type ?? '(all)',
    lookback_days: days,
    suggestions: calibration(actions, Array.isArray(metrics) ? metrics : undefined),
  })
}

/** Risk templates and calibration. */
export const scoringRiskTemplates: Route[] = [
  route('POST', '/api/scoring/risk-templates', createTemplate, { fault: null }),
  route('GET', '/api/scoring/risk-templates', (ctx) => {
    const { action_type } = ctx.query
    const found = templatesOf(ctx).filter(
      (row) => row.status === 'active' && (!action_type || row.action_type === null || row.action_type === action_type),
    )
    return json(200, { templates: found.reverse().map((row) => ({ ...row, rules: column(ctx, row.rules) })) })
  }),
  route('PATCH', '/api/scoring/risk-templates/:template_id', updateTemplate, { fault: null }),
  route('DELETE', '/api/scoring/risk-templates/:template_id', (ctx) =>
    remove(templatesOf(ctx), ctx.params['template_id'], 'Template not found'),
  ),
  route('POST', '/api/scoring/calibrate', calibrate),
]
