import { type GuardFields, matchPolicy, type PolicyRow, type Rules } from '../guard-engine.ts'
import { packPolicies } from '../policy-packs.ts'
import { activePolicies, proofMarkdown, runTests } from '../policy-tests.ts'
import { type Context, error, type Handler, json, type Route, route } from '../router.ts'
import { hexId } from '../state.ts'
import { DAY, days } from '../statistics.ts'
import { parseYaml } from '../yaml.ts'

const FAULT = 'Internal server error'
const PACKS = 'enterprise-strict, smb-safe, startup-growth, development'

/** What the platform fails at, it answers with 500 and one text. */
const guarded =
  (handler: Handler): Handler =>
  async (ctx) => {
    try {
      return await handler(ctx)
    } catch {
      return error(500, FAULT)
    }
  }

function test(ctx: Context): Response {
  const details = activePolicies(ctx.table<PolicyRow>('policies')).map((policy) => ({
    policy_id: policy.id,
    policy_name: policy.description,
    tests: runTests(policy),
  }))
  const tests = details.flatMap((detail) => detail.tests)
  const passed = tests.filter((one) => one.passed).length
  const results = {
    total_policies: details.length,
    total_tests: tests.length,
    passed,
    failed: tests.length - passed,
    success: passed === tests.length,
    details,
  }
  const now = ctx.iso()
  if (details.length) {
    const { success, total_policies, total_tests, failed } = results
    const counts = { total_policies, total_tests, passed, failed, success }
    const row = { id: hexId('gtr_'), org_id: ctx.org.id, ...counts, triggered_by: 'manual', created_at: now }
    ctx.table('guardrail_test_runs').push({ ...row, details: JSON.stringify(details) })
  }
  return json(200, { results, generated_at: now })
}

function proof(ctx: Context): Response {
  const format = ctx.query['format'] || 'md'
  const policies = activePolicies(ctx.table<PolicyRow>('policies'))
  const project = `org-${ctx.org.id}`
  const generated_at = ctx.iso()
  const total_tests = policies.reduce((count, { tests }) => count + tests.length, 0)
  const document = {
    project,
    generated_at,
    summary: { total_policies: policies.length, total_tests, test_results: null },
    policies: policies.map(({ tests, ...policy }) => ({ ...policy, test_count: tests.length })),
  }
  const report = format === 'json' ? JSON.stringify(document, null, 2) : proofMarkdown(project, generated_at, policies)
  return json(200, { report, format, generated_at })
}

interface PolicySource {
  id?: unknown
  description?: unknown
  applies_to?: { tools?: unknown } | null
  rule?: Record<string, unknown> | null
  tests?: unknown
}

function sources(ctx: Context): readonly PolicySource[] | Response {
  const { pack, yaml } = ctx.fields
  if (pack) {
    return packPolicies(String(pack)) ?? error(400, `Invalid pack. Choose from: ${PACKS}`)
  }
  if (!yaml) return error(400, 'Either pack or yaml is required')
  const unreadable = (reason: string) => error(400, `The YAML can't be read: ${reason}`)
  let document: { policies?: unknown } | null
  try {
    document = parseYaml(String(yaml)) as typeof document
  } catch (cause) {
    return unreadable((cause as Error).message)
  }
  if (document === null) return unreadable('it holds nothing')
  const policies = document.policies || []
  if (!Array.isArray(policies)) return unreadable('policies is no list')
  const none = policies.indexOf(null)
  return none < 0 ? (policies as PolicySource[]) : unreadable(`policies[${none}] is null`)
}

function importAll(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, FAULT)
  const found = sources(ctx)
  if (found instanceof Response) return found
  const policies = ctx.table<PolicyRow>('policies')
  const imported: Pick<PolicyRow, 'id' | 'name' | 'policy_type' | 'active'>[] = []
  const errors: string[] = []
  let skipped = 0
  for (const { id, description, applies_to, rule, tests } of found) {
    const given = description || id
    if (given === undefined || given === null) {
      errors.push(`Failed to import "${id ?? 'unknown'}": UNDEFINED_VALUE: Undefined values are not allowed`)
      continue
    }
    const name = String(given)
    if (policies.some((policy) => policy.name === name)) {
      skipped++
      continue
    }
    const approval = !rule?.['block'] && rule?.['require'] === 'approval'
    const now = ctx.iso()
    const policy: PolicyRow = {
      id: hexId('gp_'),
      org_id: ctx.org.id,
      name,
      policy_type: approval ? 'require_approval' : 'block_action_type',
      rules: JSON.stringify({ action_types: applies_to?.tools || [], ...rule, tests: tests || [] }),
      active: 1,
      created_by: null,
      created_at: now,
      updated_at: now,
    }
    policies.push(policy)
    imported.push({ id: policy.id, name, policy_type: policy.policy_type, active: 1 })
  }
  return json(201, { imported: imported.length, skipped, errors, policies: imported })
}

interface ActionRow extends GuardFields {
  action_id: string
  agent_id: string
  agent_name: string | null
  declared_goal: string
  status: string
  timestamp_start: string
}

function simulate(ctx: Context): Response {
  const { policy_type, rules, days: asked } = ctx.fields
  if (!ctx.bodyOk) return error(500, FAULT)
  if (!policy_type || !rules) return error(400, 'policy_type and rules are required')
  const window = days(asked, 7)
  if (window === undefined) return error(500, FAULT)
  const since = ctx.clock.now() - window * DAY
  const rows = ctx.table<ActionRow>('actions').map((row) => ({ row, start: Date.parse(row.timestamp_start) }))
  // Older servers compare all starts as dates in the database, which fails at the first that is none.
  if (ctx.version === '2.0' && rows.some(({ start }) => Number.isNaN(start))) return error(500, FAULT)
  const actions = rows
    .filter(({ start }) => start >= since)
    .reverse()
    .sort((a, b) => b.start - a.start)
    .slice(0, 200)
    .map(({ row }) => row)
  const summary = { total: actions.length, matches: 0, block: 0, warn: 0, require_approval: 0, allow: 0 }
  if (!actions.length) {
    return json(200, { summary, matches: [], message: 'No historical actions found in the specified window.' })
  }
  const { server, org, clock, version } = ctx
  const policy = { policy_type: String(policy_type) } as PolicyRow
  const matches: object[] = []
  for (const row of actions) {
    const match = matchPolicy({ server, org, clock, version }, policy, rules as Rules, row, row.risk_score ?? 0)
    summary[match?.action ?? 'allow']++
    if (!match || match.action === 'allow') continue
    summary.matches++
    matches.push({
      action_id: row.action_id,
      goal: row.declared_goal,
      agent_name: row.agent_name || row.agent_id,
      timestamp: row.timestamp_start,
      original_status: row.status,
      simulated_action: match.action,
      simulated_reason: match.reason,
    })
  }
  return json(200, { summary, matches, sample_size: actions.length, window_days: asked || 7 })
}

/** Tests of policies, their proof, packs and dry runs. */
export const policies: Route[] = [
  route('POST', '/api/policies/test', guarded(test)),
  route('GET', '/api/policies/proof', guarded(proof)),
  route('POST', '/api/policies/import', guarded(importAll), { admin: 'Admin access required' }),
  route('POST', '/api/policies/simulate', guarded(simulate)),
]
