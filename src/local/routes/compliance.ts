import { analyze, type FrameworkMap, findFramework, frameworkIds, mapFramework } from '../rules/compliance.ts'
import {
  buildExport,
  type ExportRow,
  evidence,
  frameworkMarkdown,
  type SnapshotRow,
  storeSnapshot,
} from '../rules/compliance-report.ts'
import { activePolicies } from '../rules/policy-tests.ts'
import { hexId } from '../state/ids.ts'
import type { PolicyRow } from '../state/rows.ts'
import type { TableName } from '../state/tables.ts'
import { error, fault, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Handler, type Route, route, saving } from './route.ts'

interface ScheduleRow {
  id: string
  org_id: string
  name: string
  frameworks: string
  format: string
  window_days: number
  cron_expression: string
  include_evidence: boolean
  include_remediation: boolean
  include_trends: boolean
  enabled: boolean | null
  last_run_at: string | null
  next_run_at: string | null
  last_export_id: string
  created_at: string
  updated_at: string
}

const active = (ctx: Context) => activePolicies(ctx.table<PolicyRow>('policies'))

/** A route about one framework, which the query names. */
function about(answer: (ctx: Context, map: FrameworkMap, id: string) => object): Handler {
  return (ctx) => {
    const id = ctx.query['framework']
    const available = frameworkIds()
    if (!id) return error(400, 'framework query parameter is required', { available })
    const framework = findFramework(id)
    if (!framework) return error(404, `Framework not found: ${id}. Available: ${available.join(', ')}`, { available })
    let map: FrameworkMap
    try {
      map = mapFramework(framework, active(ctx), `org-${ctx.org.id}`, ctx.iso())
    } catch {
      // A stored policy that can't be converted.
      return fault()
    }
    return json(200, answer(ctx, map, id))
  }
}

const report = about((ctx, map, id) => {
  const format = ctx.query['format'] || 'md'
  storeSnapshot(ctx, id, map)
  const text = format === 'json' ? JSON.stringify(map, null, 2) : frameworkMarkdown(map)
  return { report: text, format, generated_at: ctx.iso() }
})

function frameworks(): Response {
  const list = frameworkIds().map((id) => {
    const { name, version, description, controls } = findFramework(id)!
    return { id, name, version, description, control_count: controls.length }
  })
  return json(200, { frameworks: list })
}

function collect(ctx: Context): Response {
  const window = ctx.query['window'] || '30d'
  const window_days = Number.parseInt(window, 10) || 30
  return json(200, { window, window_days, evidence: evidence(ctx, window_days), generated_at: ctx.iso() })
}

/** What exports and schedules have in common; undefined where the database refuses. */
function choices({ fields }: Context, defaultName: string) {
  const {
    frameworks: listed,
    name,
    format,
    window_days,
    include_evidence,
    include_remediation,
    include_trends,
  } = fields
  const days = Number(window_days || 30)
  if (!Number.isInteger(days)) return undefined
  return {
    name: String(name || defaultName),
    frameworks: JSON.stringify(listed),
    format: String(format || 'markdown'),
    window_days: days,
    include_evidence: include_evidence !== false,
    include_remediation: include_remediation !== false,
    include_trends: Boolean(include_trends),
  }
}

const noFrameworks = (listed: unknown) => !listed || (listed as { length?: number }).length === 0

const createExport = saving('Failed to create export', (ctx) => {
  const listed = ctx.fields['frameworks']
  if (noFrameworks(listed)) return error(400, 'frameworks array is required')
  const chosen = choices(ctx, 'Compliance Export')
  if (!chosen) return error(500, 'Failed to create export')
  const row: ExportRow = {
    id: hexId('ce_'),
    org_id: ctx.org.id,
    ...chosen,
    status: 'pending',
    report_content: '',
    evidence_summary: {},
    snapshot_ids: [],
    file_size_bytes: 0,
    error_message: '',
    requested_by: 'user',
    started_at: null,
    completed_at: null,
    created_at: ctx.iso(),
  }
  ctx.table<ExportRow>('compliance_exports').push(row)
  buildExport(ctx, row, listed as string[], () => active(ctx))
  return json(201, { id: row.id })
})

function listExports(ctx: Context): Response {
  const pages = page(ctx.query, { limit: 20, max: 100 })
  if (!pages) return error(500, 'Failed to fetch exports')
  const rows = ctx.table<ExportRow>('compliance_exports').slice().reverse().slice(0, pages.limit)
  const exports = rows.map((row) => ({
    id: row.id,
    name: row.name,
    frameworks: row.frameworks,
    format: row.format,
    window_days: row.window_days,
    status: row.status,
    file_size_bytes: row.file_size_bytes,
    error_message: row.error_message,
    requested_by: row.requested_by,
    started_at: row.started_at,
    completed_at: row.completed_at,
    created_at: row.created_at,
  }))
  return json(200, { exports })
}

const findExport = (ctx: Context) =>
  ctx.table<ExportRow>('compliance_exports').find(({ id }) => id === ctx.params['export_id'])

function getExport(ctx: Context): Response {
  const row = findExport(ctx)
  return row ? json(200, row) : error(404, 'Export not found')
}

function download(ctx: Context): Response {
  const row = findExport(ctx)
  if (!row) return error(404, 'Export not found')
  if (row.status !== 'completed') return error(409, 'Export not ready')
  const isJson = row.format === 'json'
  const name = row.name.replace(/[^a-zA-Z0-9_-]/g, '_')
  const file = `${name}_${row.completed_at?.slice(0, 10)}.${isJson ? 'json' : 'md'}`
  return new Response(row.report_content, {
    headers: {
      'content-type': `${isJson ? 'application/json' : 'text/markdown'}; charset=utf-8`,
      'content-disposition': `attachment; filename="${file}"`,
    },
  })
}

function remove(tableName: TableName, param: string): Handler {
  return (ctx) => {
    const rows = ctx.table<{ id: string }>(tableName)
    const at = rows.findIndex(({ id }) => id === ctx.params[param])
    if (at >= 0) rows.splice(at, 1)
    return json(200, { deleted: true })
  }
}

const createSchedule = saving('Failed to create schedule', (ctx) => {
  const { frameworks: listed, cron_expression } = ctx.fields
  if (noFrameworks(listed)) return error(400, 'frameworks array is required')
  if (!cron_expression) return error(400, 'cron_expression is required')
  const chosen = choices(ctx, 'Scheduled Export')
  if (!chosen) return error(500, 'Failed to create schedule')
  const now = ctx.iso()
  const row: ScheduleRow = {
    id: hexId('csch_'),
    org_id: ctx.org.id,
    ...chosen,
    cron_expression: String(cron_expression),
    enabled: true,
    last_run_at: null,
    next_run_at: null,
    last_export_id: '',
    created_at: now,
    updated_at: now,
  }
  ctx.table<ScheduleRow>('compliance_schedules').push(row)
  return json(201, { id: row.id })
})

const updateSchedule = saving('Failed to update schedule', (ctx) => {
  const row = ctx.table<ScheduleRow>('compliance_schedules').find(({ id }) => id === ctx.params['schedule_id'])
  if (!row) return error(404, 'Schedule not found')
  const { enabled, name } = ctx.fields
  if (enabled !== undefined) row.enabled = enabled === null ? null : enabled === true
  if (name) row.name = String(name)
  if (enabled !== undefined || name) row.updated_at = ctx.iso()
  return json(200, row)
})

function trends(ctx: Context): Response {
  const pages = page(ctx.query, { limit: 30, max: 100 })
  if (!pages) return error(500, 'Failed to fetch trends')
  const { framework } = ctx.query
  const rows = ctx
    .table<SnapshotRow>('compliance_snapshots')
    .filter((row) => !framework || row.framework === framework)
    .reverse()
    .slice(0, pages.limit)
  return json(200, { trends: rows.map(({ id: _id, org_id: _org, ...row }) => row) })
}

/** Compliance: maps, gaps, reports, evidence, exports, schedules, trends. */
export const compliance: Route[] = [
  route(
    'GET',
    '/api/compliance/map',
    about((_ctx, map) => map),
  ),
  route(
    'GET',
    '/api/compliance/gaps',
    about((_ctx, map) => analyze(map)),
  ),
  route('GET', '/api/compliance/report', report),
  route('GET', '/api/compliance/frameworks', frameworks),
  route('GET', '/api/compliance/evidence', collect),
  route('POST', '/api/compliance/exports', createExport),
  route('GET', '/api/compliance/exports', listExports),
  route('GET', '/api/compliance/exports/:export_id', getExport),
  route('GET', '/api/compliance/exports/:export_id/download', download),
  route('DELETE', '/api/compliance/exports/:export_id', remove('compliance_exports', 'export_id'), {
    fault: 'Failed to delete export',
  }),
  route('POST', '/api/compliance/schedules', createSchedule),
  route('GET', '/api/compliance/schedules', (ctx) =>
    json(200, { schedules: ctx.table<ScheduleRow>('compliance_schedules').slice().reverse() }),
  ),
  route('PATCH', '/api/compliance/schedules/:schedule_id', updateSchedule),
  route('DELETE', '/api/compliance/schedules/:schedule_id', remove('compliance_schedules', 'schedule_id'), {
    fault: 'Failed to delete schedule',
  }),
  route('GET', '/api/compliance/trends', trends),
]
