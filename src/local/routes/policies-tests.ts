import type { GuardFields, PolicyRules } from '../rules/guard-terms.ts'
import { matchPolicy } from '../rules/policy-match.ts'
import { activePolicies, proofMarkdown, runTests } from '../rules/policy-tests.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import type { PolicyRow } from '../state/rows.ts'
import { error, fault, json } from './answers.ts'
import { days } from './fields.ts'
import { type Context, type Route, route } from './route.ts'

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
  if (!ctx.bodyOk) return fault()
  if (!policy_type || !rules) return error(400, 'policy_type and rules are required')
  const window = days(asked, 7)
  if (window === undefined) return fault()
  const since = ctx.clock.now() - window * DAY
  const rows = ctx.table<ActionRow>('actions').map((row) => ({ row, start: Date.parse(row.timestamp_start) }))
  // Older servers compare all starts as dates in the database, which fails at the first that is none.
  if (ctx.version === '2.0' && rows.some(({ start }) => Number.isNaN(start))) return fault()
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
  const policy = { policy_type: String(policy_type) } as PolicyRow
  const matches: object[] = []
  for (const row of actions) {
    const match = matchPolicy(ctx, policy, rules as PolicyRules, row, row.risk_score ?? 0)
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

/** Tests of policies, their proof, and dry runs. */
export const policiesTests: Route[] = [
  route('POST', '/api/policies/test', test),
  route('GET', '/api/policies/proof', proof),
  route('POST', '/api/policies/simulate', simulate),
]
