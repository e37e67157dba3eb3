import { actionRow, findAction } from '../rules/action-rows.ts'
import { actionTrace } from '../rules/action-trace.ts'
import { evaluate } from '../rules/guard.ts'
import type { GuardFields } from '../rules/guard-terms.ts'
import { learnFromOutcome } from '../rules/learning-outcomes.ts'
import { UnreadableTime } from '../rules/policy-match.ts'
import { Redactor } from '../rules/redact.ts'
import { allDated, currentSignals } from '../rules/signals.ts'
import { verifySignature } from '../rules/signature.ts'
import { type FieldRules, validate } from '../rules/validate.ts'
import { hasNul, MOST_INTEGER } from '../state/columns.ts'
import { databaseTime, instant } from '../state/moment.ts'
import { average, single } from '../state/numbers.ts'
import { table } from '../state/org.ts'
import type { ActionRow, AssumptionRow, IdentityRow, LoopRow } from '../state/rows.ts'
import { isTaken } from '../state/server.ts'
import type { TableName } from '../state/tables.ts'
import { error, invalid, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'

const TYPES =
  'build,deploy,post,apply,security,message,api,calendar,research,review,fix,refactor,test,config,monitor,alert,cleanup,sync,migrate,other'.split(
    ',',
  )
const STATUSES = ['running', 'completed', 'failed', 'cancelled', 'pending', 'pending_approval']

const OUTCOME: FieldRules = {
  status: { words: STATUSES },
  output_summary: { max: 4000 },
  side_effects: { type: 'array', items: 50 },
  artifacts_created: { type: 'array', items: 100 },
  error_message: { max: 4000 },
  timestamp_end: { max: 64 },
  duration_ms: { type: 'integer', least: 0 },
  cost_estimate: { type: 'number', least: 0 },
}

const CREATE = (version: string): FieldRules => ({
  action_id: { max: 128 },
  agent_id: { required: true, max: 128 },
  agent_name: { max: 256 },
  swarm_id: { max: 128 },
  parent_action_id: { max: 128 },
  action_type: version === '2.0' ? { required: true, words: TYPES } : { required: true, max: 128 },
  declared_goal: { required: true, max: 2000 },
  reasoning: { max: 4000 },
  authorization_scope: { max: 1000 },
  trigger: { max: 1000 },
  systems_touched: { type: 'array', items: 50 },
  input_summary: { max: 4000 },
  status: { words: STATUSES },
  reversible: { type: 'boolean' },
  risk_score: { type: 'integer', least: 0, most: 100 },
  confidence: { type: 'integer', least: 0, most: 100 },
  recommendation_id: { max: 128 },
  recommendation_applied: { type: 'boolean' },
  recommendation_override_reason: { max: 500 },
  output_summary: { max: 4000 },
  side_effects: { type: 'array', items: 50 },
  artifacts_created: { type: 'array', items: 100 },
  error_message: { max: 4000 },
  timestamp_start: { max: 64 },
  timestamp_end: { max: 64 },
  duration_ms: { type: 'integer', least: 0 },
  cost_estimate: { type: 'number', least: 0 },
})

const MASKED = [
  'agent_name',
  'declared_goal',
  'reasoning',
  'authorization_scope',
  'trigger',
  'input_summary',
  'output_summary',
  'error_message',
  'systems_touched',
  'side_effects',
  'artifacts_created',
]

const LISTED = [
  'action_id',
  'agent_id',
  'agent_name',
  'swarm_id',
  'action_type',
  'declared_goal',
  'reasoning',
  'authorization_scope',
  'systems_touched',
  'status',
  'reversible',
  'risk_score',
  'confidence',
  'output_summary',
  'error_message',
  'side_effects',
  'artifacts_created',
  'duration_ms',
  'cost_estimate',
  'timestamp_start',
  'timestamp_end',
  'created_at',
  'verified',
  'approved_by',
  'approved_at',
] as const

/** Whether the database refuses a field. */
const isUnstorable = (name: string, value: unknown): boolean =>
  hasNul(value) ||
  (name === 'duration_ms' && Number(value) > MOST_INTEGER) ||
  (name === 'cost_estimate' && !Number.isFinite(Math.fround(Number(value))))

async function create(ctx: Context): Promise<Response> {
  const FAULT = 'An error occurred while creating the action'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields, org, server, version } = ctx
  const problems = validate(fields, CREATE(version))
  if (problems.length) return invalid(problems)
  const redactor = new Redactor()
  const masked: Record<string, unknown> = { ...fields }
  for (const name of MASKED) if (masked[name] != null) masked[name] = redactor.mask(masked[name])
  const actions = table<ActionRow>(org, 'actions')
  const agentId = fields['agent_id'] as string
  if (server.options.closedEnrollment && !actions.some((row) => row.agent_id === agentId)) {
    return error(403, 'Agent not registered. Enable open enrollment or pre-register this agent.', {
      code: 'AGENT_NOT_REGISTERED',
    })
  }
  const identity = table<IdentityRow>(org, 'identities').find((row) => row.agent_id === agentId)
  const verified = Boolean(identity && fields['_signature'] && (await verifySignature(fields, identity.public_key)))
  if (server.options.enforceSignatures && !verified) {
    return fields['_signature']
      ? error(401, 'Invalid agent signature', { code: 'INVALID_AGENT_SIGNATURE' })
      : error(401, 'Signature required', { code: 'SIGNATURE_REQUIRED' })
  }
  const known = Object.fromEntries(
    Object.keys(CREATE(version)).flatMap((name) => (masked[name] == null ? [] : [[name, masked[name]]])),
  ) as GuardFields
  let decision: Awaited<ReturnType<typeof evaluate>>
  try {
    decision = await evaluate(ctx, known)
  } catch (cause) {
    if (cause instanceof UnreadableTime) return error(500, FAULT)
    throw cause
  }
  const unstorable = Object.entries(known).some(([name, value]) =>
    // What is given for the cost is cut before it is stored.
    isUnstorable(name === 'cost_estimate' ? '' : name, value),
  )
  if (decision.decision === 'block') {
    if (version === '2.0') return error(403, 'Action blocked by policy', { decision })
    const row = actionRow(ctx, masked, 'blocked')
    row.error_message = `${decision.reasons.join('; ')} (${decision.matched_policies.join(', ')})`
    row.timestamp_end = row.timestamp_start
    row.duration_ms = 0
    if (!isTaken(server, 'actions', 'action_id', row.action_id)) {
      actions.push(row)
      ctx.publish('action.created', row)
    }
    return error(403, 'Action blocked by policy', { action: row, decision })
  }
  if (unstorable || hasNul(fields['_signature'])) return error(500, FAULT)
  const held = decision.decision === 'require_approval'
  const row = actionRow(ctx, masked, held ? 'pending_approval' : ((masked['status'] as string | null) ?? 'running'))
  if (isTaken(server, 'actions', 'action_id', row.action_id))
    return error(409, 'Action with this action_id already exists')
  row.verified = verified
  actions.push(row)
  ctx.publish('action.created', row)
  return json(held ? 202 : 201, { action: row, action_id: row.action_id, decision, security: redactor.summary() })
}

function update(ctx: Context): Response {
  const FAULT = 'An error occurred while updating the action'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields } = ctx
  const names = Object.keys(OUTCOME).filter((name) => fields[name] !== undefined && fields[name] !== null)
  if (!names.length) return invalid([`At least one outcome field is required: ${Object.keys(OUTCOME).join(', ')}`])
  const problems = validate(fields, OUTCOME)
  if (problems.length) return invalid(problems)
  const row = findAction(ctx, ctx.params['action_id']!)
  if (!row) return error(404, 'Action not found')
  const redactor = new Redactor()
  // One statement a field: what comes before one that fails stays written.
  for (const name of names) {
    const value = MASKED.includes(name) ? redactor.mask(fields[name]) : fields[name]
    if (isUnstorable(name, value)) return error(500, FAULT)
    const stored = name === 'cost_estimate' ? single(value as number) : value
    Object.assign(row, { [name]: Array.isArray(stored) ? JSON.stringify(stored) : stored })
  }
  row.updated_at = databaseTime(ctx.clock.now())
  ctx.publish('action.updated', row)
  try {
    learnFromOutcome(ctx, row)
  } catch {
    // The platform hides a failure of this step.
  }
  return json(200, { action: row, security: redactor.summary() })
}

function list(ctx: Context): Response {
  const { agent_id, swarm_id, status, action_type, risk_min, exclude_status } = ctx.query
  const pages = page(ctx.query, { zero: true })
  const least = risk_min ? Number.parseInt(risk_min, 10) : 0
  if (!pages || Number.isNaN(least))
    return error(500, 'An error occurred while fetching actions', { actions: [], stats: {} })
  const found = ctx
    .table<ActionRow>('actions')
    .filter(
      (row) =>
        (!agent_id || row.agent_id === agent_id) &&
        (!swarm_id || row.swarm_id === swarm_id) &&
        (!status || row.status === status) &&
        (status || !exclude_status || ctx.version === '2.0' || row.status !== exclude_status) &&
        (!action_type || row.action_type === action_type) &&
        (!risk_min || row.risk_score >= least),
    )
    .reverse()
    .sort((a, b) => (a.timestamp_start < b.timestamp_start ? 1 : a.timestamp_start > b.timestamp_start ? -1 : 0))
  const count = (word: string) => String(found.filter((row) => row.status === word).length)
  const risk = found.reduce((sum, row) => sum + row.risk_score, 0)
  return json(200, {
    actions: found.slice(pages.offset, pages.offset + pages.limit).map((row) => {
      const listed: Record<string, unknown> = {}
      for (const name of LISTED) if (name in row) listed[name] = row[name as keyof ActionRow]
      return listed
    }),
    total: found.length,
    stats: {
      total: String(found.length),
      completed: count('completed'),
      failed: count('failed'),
      running: count('running'),
      high_risk: String(found.filter((row) => row.risk_score >= 70).length),
      avg_risk: average(risk, found.length),
      total_cost: single(found.reduce((sum, row) => sum + row.cost_estimate, 0)),
      ...(ctx.version === '2.10' && { blocked: count('blocked') }),
    },
    lastUpdated: ctx.iso(),
  })
}

function remove(ctx: Context): Response {
  const { action_id, before, agent_id, status } = ctx.query
  const several = ctx.version === '2.10' ? ctx.query['action_ids'] : undefined
  if (!action_id && !several && !before && !agent_id && !status)
    return error(400, 'At least one filter required: before, agent_id, or status')
  const named = action_id ? [action_id] : several?.split(',')
  const limit = before && !named ? instant(before) : undefined
  if (limit !== undefined && (Number.isNaN(limit) || (ctx.version === '2.0' && !allDated(ctx.org))))
    return error(500, 'An error occurred while deleting actions')
  const gone = new Set(
    ctx
      .table<ActionRow>('actions')
      .filter((row) =>
        named
          ? named.includes(row.action_id)
          : (limit === undefined || instant(row.timestamp_start) < limit) &&
            (!agent_id || row.agent_id === agent_id) &&
            (!status || row.status === status),
      )
      .map((row) => row.action_id),
  )
  for (const name of ['actions', 'loops', 'assumptions'] as const) {
    const rows = ctx.table<{ action_id: string }>(name)
    const kept = rows.filter((row) => !gone.has(row.action_id))
    rows.splice(0, rows.length, ...kept)
  }
  return json(200, { deleted: gone.size, ...(named && { action_ids: [...gone] }) })
}

function signals(ctx: Context): Response {
  if (ctx.version === '2.0' && !allDated(ctx.org)) {
    const counts = { red: 0, amber: 0, total: 0 }
    return error(500, 'An error occurred while computing risk signals', { signals: [], counts })
  }
  const found = currentSignals(ctx.org, ctx.clock.now(), ctx.query['agent_id'] || undefined)
  return json(200, { ...found, lastUpdated: ctx.iso() })
}

/** Actions, their trace, and signals. */
export const actions: Route[] = [
  route('POST', '/api/actions', create, { fault: 'An error occurred while creating the action' }),
  route('GET', '/api/actions', list),
  route('DELETE', '/api/actions', remove, {
    admin: 'Admin access required',
    fault: 'An error occurred while deleting actions',
  }),
  route('GET', '/api/actions/signals', signals),
  // The path of newer servers; they keep the other one.
  route('GET', '/api/signals', signals, NEWER),
  route('GET', '/api/actions/:action_id', (ctx) => {
    const action = findAction(ctx, ctx.params['action_id']!)
    if (!action) return error(404, 'Action not found')
    const own = <T extends { action_id: string; created_at: string }>(name: TableName) =>
      ctx
        .table<T>(name)
        .filter((row) => row.action_id === action.action_id)
        .reverse()
        .sort((a, b) => instant(b.created_at) - instant(a.created_at))
    return json(200, { action, open_loops: own<LoopRow>('loops'), assumptions: own<AssumptionRow>('assumptions') })
  }),
  route('PATCH', '/api/actions/:action_id', update, { fault: 'An error occurred while updating the action' }),
  route('GET', '/api/actions/:action_id/trace', (ctx) => {
    const action = findAction(ctx, ctx.params['action_id']!)
    if (!action) return error(404, 'Action not found')
    const trace = actionTrace(ctx.org, action, ctx.version)
    return trace ? json(200, { action, trace }) : error(500, 'An error occurred while building the trace')
  }),
]
