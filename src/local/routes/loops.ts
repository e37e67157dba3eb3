import { findAction } from '../rules/action-rows.ts'
import { Redactor } from '../rules/redact.ts'
import { type FieldRules, validate } from '../rules/validate.ts'
import { uuidId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import type { ActionRow, AssumptionRow, LoopRow } from '../state/rows.ts'
import { error, invalid, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'

const STATUSES = ['open', 'resolved', 'cancelled']
const PRIORITIES = ['critical', 'high', 'medium', 'low']

const LOOP: FieldRules = {
  action_id: { required: true, max: 128 },
  loop_type: {
    required: true,
    words: ['followup', 'question', 'dependency', 'approval', 'review', 'handoff', 'other'],
  },
  description: { required: true, max: 2000 },
  loop_id: { max: 128 },
  status: { words: STATUSES },
  priority: { words: ['low', 'medium', 'high', 'critical'] },
  owner: { max: 256 },
  resolution: { max: 2000 },
}

const ASSUMPTION: FieldRules = {
  action_id: { required: true, max: 128 },
  assumption: { required: true, max: 2000 },
  assumption_id: { max: 128 },
  basis: { max: 2000 },
  validated: { type: 'boolean' },
  invalidated: { type: 'boolean' },
  invalidated_reason: { max: 2000 },
}

const loopsOf = (ctx: Context) => ctx.table<LoopRow>('loops')
const assumptionsOf = (ctx: Context) => ctx.table<AssumptionRow>('assumptions')

/** Facts of the action that a row belongs to; null when it is gone. */
function facts(
  ctx: Context,
  actionId: string,
): Pick<ActionRow, 'agent_id' | 'agent_name' | 'declared_goal'> | Record<string, null> {
  const action = findAction(ctx, actionId)
  return {
    agent_id: action?.agent_id ?? null,
    agent_name: action?.agent_name ?? null,
    declared_goal: action?.declared_goal ?? null,
  } as Record<string, null>
}

const kind = (ctx: Context, actionId: string) => ({ action_type: findAction(ctx, actionId)?.action_type ?? null })
const state = (ctx: Context, actionId: string) => ({ action_status: findAction(ctx, actionId)?.status ?? null })

function registerLoop(ctx: Context): Response {
  const FAULT = 'An error occurred while creating the open loop'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields } = ctx
  const problems = validate(fields, LOOP)
  if (problems.length) return invalid(problems)
  const action = findAction(ctx, fields['action_id'] as string)
  if (!action) return error(404, 'Parent action not found')
  const loopId = (fields['loop_id'] as string) || uuidId('loop_')
  if (loopsOf(ctx).some((row) => row.loop_id === loopId)) return error(409, 'Loop with this loop_id already exists')
  const redactor = new Redactor()
  redactor.mask(fields['resolution'])
  const loop: LoopRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    loop_id: loopId,
    action_id: action.action_id,
    loop_type: fields['loop_type'] as string,
    description: redactor.mask(fields['description'] as string),
    status: (fields['status'] as string) ?? 'open',
    priority: (fields['priority'] as string) ?? 'medium',
    owner: redactor.mask((fields['owner'] as string) || null),
    resolution: null,
    created_at: ctx.iso(),
    resolved_at: null,
  }
  loopsOf(ctx).push(loop)
  const shown = {
    ...loop,
    agent_id: action.agent_id,
    agent_name: action.agent_name ?? action.agent_id,
    declared_goal: action.declared_goal,
    action_type: action.action_type,
  }
  ctx.publish('loop.created', shown)
  return json(201, { loop: shown, loop_id: loopId, security: redactor.summary() })
}

function resolveLoop(ctx: Context): Response {
  const FAULT = 'An error occurred while updating the loop'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { status, resolution } = ctx.fields
  if (status !== 'resolved' && status !== 'cancelled')
    return error(400, 'status is required and must be "resolved" or "cancelled"')
  if (status === 'resolved' && !resolution) return error(400, 'resolution is required when resolving a loop')
  if (typeof resolution === 'string' && resolution.length > 2000)
    return error(400, 'resolution exceeds max length of 2000')
  const loop = loopsOf(ctx).find((row) => row.loop_id === ctx.params['loop_id'])
  if (!loop) return error(404, 'Open loop not found')
  if (loop.status !== 'open') return error(409, `Loop is already ${loop.status}`)
  const redactor = new Redactor()
  loop.status = status
  loop.resolution = resolution ? redactor.mask(String(resolution)) : null
  loop.resolved_at = ctx.iso()
  ctx.publish('loop.updated', loop)
  return json(200, { loop, security: redactor.summary() })
}

function listLoops(ctx: Context): Response {
  const pages = page(ctx.query)
  const { status, loop_type, priority, agent_id } = ctx.query
  if (!pages || (agent_id && ctx.version === '2.0')) {
    return error(500, 'An error occurred while fetching open loops', { loops: [], stats: {} })
  }
  const all = loopsOf(ctx)
  const found = all
    .filter(
      (row) =>
        (!status || row.status === status) &&
        (!loop_type || row.loop_type === loop_type) &&
        (!priority || row.priority === priority) &&
        (!agent_id || findAction(ctx, row.action_id)?.agent_id === agent_id),
    )
    .reverse()
    .sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority))
  const count = (match: (row: LoopRow) => boolean) => String(all.filter(match).length)
  return json(200, {
    loops: found
      .slice(pages.offset, pages.offset + pages.limit)
      .map((row) => ({ ...row, ...facts(ctx, row.action_id), ...kind(ctx, row.action_id) })),
    total: found.length,
    stats: {
      open_count: count((row) => row.status === 'open'),
      resolved_count: count((row) => row.status === 'resolved'),
      critical_open: count((row) => row.status === 'open' && row.priority === 'critical'),
      high_open: count((row) => row.status === 'open' && row.priority === 'high'),
    },
    lastUpdated: ctx.iso(),
  })
}

function registerAssumption(ctx: Context): Response {
  const FAULT = 'An error occurred while creating the assumption'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields } = ctx
  const problems = validate(fields, ASSUMPTION)
  if (problems.length) return invalid(problems)
  const action = findAction(ctx, fields['action_id'] as string)
  if (!action) return error(404, 'Parent action not found')
  const assumptionId = (fields['assumption_id'] as string) || uuidId('asm_')
  if (assumptionsOf(ctx).some((row) => row.assumption_id === assumptionId)) {
    return error(409, 'Assumption with this assumption_id already exists')
  }
  const { assumption: text, basis, invalidated_reason } = fields
  const redactor = new Redactor()
  const assumption: AssumptionRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    assumption_id: assumptionId,
    action_id: action.action_id,
    assumption: redactor.mask(text as string),
    basis: redactor.mask((basis as string) || null),
    validated: fields['validated'] ? 1 : 0,
    validated_at: null,
    invalidated: fields['invalidated'] ? 1 : 0,
    invalidated_reason: redactor.mask((invalidated_reason as string) || null),
    invalidated_at: null,
    created_at: ctx.iso(),
  }
  assumptionsOf(ctx).push(assumption)
  return json(201, { assumption, assumption_id: assumptionId, security: redactor.summary() })
}

function validateAssumption(ctx: Context): Response {
  const FAULT = 'An error occurred while updating the assumption'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { validated, invalidated_reason: reason } = ctx.fields
  if (typeof validated !== 'boolean') return error(400, 'validated is required and must be a boolean')
  const said = typeof reason === 'string' ? reason.trim() : ''
  if (!validated && !said) return error(400, 'invalidated_reason is required when invalidating an assumption')
  if (!validated && said.length > 2000) return error(400, 'invalidated_reason exceeds max length of 2000')
  const row = assumptionsOf(ctx).find(({ assumption_id }) => assumption_id === ctx.params['assumption_id'])
  if (!row) return error(404, 'Assumption not found')
  if (row.invalidated) return error(409, 'Assumption is already invalidated')
  if (validated) {
    row.validated = 1
    row.validated_at = ctx.iso()
    return json(200, { assumption: row })
  }
  const redactor = new Redactor()
  row.invalidated = 1
  row.invalidated_reason = redactor.mask(said)
  row.invalidated_at = ctx.iso()
  return json(200, { assumption: row, security: redactor.summary() })
}

/** 0 to 100 over 30 days; 0 once validated, null when invalidated without ever being validated. */
function driftScore(row: AssumptionRow, now: number): number | null {
  if (row.validated) return 0
  if (row.invalidated) return null
  return Math.min(100, Math.round(((now - Date.parse(row.created_at)) / DAY / 30) * 100))
}

function listAssumptions(ctx: Context): Response {
  const pages = page(ctx.query)
  const { action_id, agent_id, validated, stale, drift } = ctx.query
  if (!pages || (agent_id && ctx.version === '2.0')) {
    return error(500, 'An error occurred while fetching assumptions', { assumptions: [] })
  }
  const now = ctx.clock.now()
  const untouched = (row: AssumptionRow) => !row.validated && !row.invalidated
  const found = assumptionsOf(ctx)
    .filter(
      (row) =>
        (!action_id || row.action_id === action_id) &&
        (!agent_id || findAction(ctx, row.action_id)?.agent_id === agent_id) &&
        (validated !== 'true' || row.validated === 1) &&
        (validated !== 'false' || untouched(row)) &&
        (stale !== 'true' || (untouched(row) && now - Date.parse(row.created_at) > 7 * DAY)),
    )
    .reverse()
  const rows = found.slice(pages.offset, pages.offset + pages.limit)
  const total = found.length
  const listed = rows.map((row) => ({ ...row, ...facts(ctx, row.action_id) }))
  if (drift !== 'true') return json(200, { assumptions: listed, total, lastUpdated: ctx.iso() })
  const scored = listed.map((row) => ({ ...row, drift_score: driftScore(row, now) }))
  return json(200, {
    assumptions: scored,
    total,
    drift_summary: {
      total,
      at_risk: scored.filter((row) => (row.drift_score ?? 0) >= 50).length,
      validated: rows.filter((row) => row.validated).length,
      invalidated: rows.filter((row) => row.invalidated).length,
      unvalidated: rows.filter(untouched).length,
    },
    lastUpdated: ctx.iso(),
  })
}

/** Open loops and assumptions. */
export const loops: Route[] = [
  route('POST', '/api/actions/loops', registerLoop, { fault: 'An error occurred while creating the open loop' }),
  route('GET', '/api/actions/loops', listLoops),
  route('GET', '/api/actions/loops/:loop_id', (ctx) => {
    const loop = loopsOf(ctx).find((row) => row.loop_id === ctx.params['loop_id'])
    if (!loop) return error(404, 'Open loop not found')
    const { action_id } = loop
    return json(200, { loop: { ...loop, ...facts(ctx, action_id), ...kind(ctx, action_id), ...state(ctx, action_id) } })
  }),
  route('PATCH', '/api/actions/loops/:loop_id', resolveLoop, { fault: 'An error occurred while updating the loop' }),
  ...['/api/actions/assumptions', '/api/assumptions'].flatMap((path): Route[] => {
    // The short path is one of newer servers.
    const only = path === '/api/assumptions' ? NEWER : {}
    return [
      route('POST', path, registerAssumption, { ...only, fault: 'An error occurred while creating the assumption' }),
      route('GET', path, listAssumptions, only),
      route(
        'GET',
        `${path}/:assumption_id`,
        (ctx) => {
          const row = assumptionsOf(ctx).find(({ assumption_id }) => assumption_id === ctx.params['assumption_id'])
          if (!row) return error(404, 'Assumption not found')
          const { action_id } = row
          return json(200, {
            assumption: { ...row, ...facts(ctx, action_id), ...kind(ctx, action_id), ...state(ctx, action_id) },
          })
        },
        only,
      ),
      route('PATCH', `${path}/:assumption_id`, validateAssumption, {
        ...only,
        fault: 'An error occurred while updating the assumption',
      }),
    ]
  }),
]
