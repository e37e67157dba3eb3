import { hexId } from '../state/ids.ts'
import type { PolicyRow } from '../state/rows.ts'
import type { Scope } from '../state/server.ts'
import { computedRisk } from './guard-risk.ts'
import type { Decision, GuardAnswer, GuardFields, PolicyRules } from './guard-terms.ts'
import { askWebhook, type WebhookVerdict } from './guard-webhook.ts'
import { matchPolicy } from './policy-match.ts'
import { scanInjection } from './scanners.ts'
import { allDated, currentSignals } from './signals.ts'

const SEVERITY: Record<Decision, number> = { allow: 0, warn: 1, require_approval: 2, block: 3 }

/** Runs every active policy over an action, logs the decision and tells the listeners. */
export async function evaluate(
  scope: Scope,
  fields: GuardFields,
  includeSignals = false,
): Promise<GuardAnswer & Record<string, unknown>> {
  const { org, clock, version } = scope
  const answer: GuardAnswer = {
    decision: 'allow',
    reasons: [],
    warnings: [],
    matched_policies: [],
    risk_score: fields.risk_score ?? null,
    evaluated_at: scope.iso(),
  }
  const newer = version === '2.10'
  const risk = Math.max(newer ? computedRisk(fields) : 0, fields.risk_score ?? 0)
  if (newer) {
    answer.risk_score = risk
    applyInjectionScan(answer, fields)
  }
  const active = scope.table<PolicyRow>('policies').filter((policy) => policy.active === 1)
  const webhooks: [PolicyRow, PolicyRules][] = []
  for (const policy of active) {
    const rules = rulesOf(policy)
    if (!rules) continue
    if (policy.policy_type === 'webhook_check') {
      webhooks.push([policy, rules])
      continue
    }
    const match = matchPolicy(scope, policy, rules, fields, risk)
    if (match) apply(answer, policy, match.action, match.reason)
  }
  const preliminary = structuredClone(answer)
  for (const [policy, rules] of webhooks) {
    applyVerdict(answer, policy, rules, preliminary, await askWebhook(scope, rules, fields, preliminary))
  }
  if (includeSignals && (newer || allDated(org))) {
    const { signals } = currentSignals(org, clock.now(), fields.agent_id ?? undefined)
    for (const signal of signals) answer.warnings.push(`Active signal: ${signal.type} — ${signal.label}`)
  }
  const id = newer ? hexId('act_gd_', 16) : hexId('gd_')
  const row = {
    id,
    org_id: org.id,
    agent_id: fields.agent_id ?? null,
    action_type: fields.action_type,
    risk_score: answer.risk_score,
    decision: answer.decision,
    reason: answer.reasons.join('; ') || null,
    created_at: answer.evaluated_at,
  }
  scope.table('guard_decisions').push(row)
  scope.publish('guard.decision.created', {
    id,
    org_id: org.id,
    agent_id: row.agent_id,
    decision: row.decision,
    reason: row.reason,
    matched_policies: answer.matched_policies,
    context: fields,
    risk_score: row.risk_score,
    action_type: row.action_type,
    created_at: row.created_at,
    ...(newer && { agent_risk_score: fields.risk_score ?? null }),
  })
  if (!newer) return { ...answer }
  return {
    ...answer,
    action_id: id,
    reason: row.reason,
    signals: [...answer.warnings, ...answer.reasons],
    agent_risk_score: fields.risk_score ?? null,
  }
}

/** The rules of a policy; nothing when they are no JSON object. */
function rulesOf({ rules }: PolicyRow): PolicyRules | undefined {
  try {
    const parsed: unknown = JSON.parse(rules)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

/** What newer servers check of themselves: a goal or type that tries to steer a model. */
function applyInjectionScan(answer: GuardAnswer, { action_type, declared_goal }: GuardFields): void {
  for (const text of [declared_goal, action_type]) {
    const { risk_level, recommendation, findings } = scanInjection(text ?? '')
    if (recommendation === 'allow') continue
    const names = [...new Set(findings.map(({ pattern }) => pattern))].join(', ')
    const said = `Prompt injection detected (${risk_level}): ${names}`
    if (recommendation === 'warn') answer.warnings.push(said)
    else {
      answer.reasons.push(said)
      answer.decision = 'block'
      answer.matched_policies = ['builtin:prompt_injection_scan']
    }
  }
}

/** Adds what the endpoint of a policy said: only a decision above the preliminary one counts. */
function applyVerdict(
  answer: GuardAnswer,
  policy: PolicyRow,
  rules: PolicyRules,
  preliminary: GuardAnswer,
  verdict: WebhookVerdict | undefined,
): void {
  if (!verdict) {
    if (rules.on_timeout === 'block')
      apply(answer, policy, 'block', 'Webhook check failed or timed out (on_timeout: block)')
    return
  }
  const { decision, reasons, warnings } = verdict
  const named = `${policy.name} (webhook)`
  const more = (texts: readonly string[]) => {
    for (const text of texts) answer.warnings.push(`${named}: ${text}`)
  }
  if (decision && SEVERITY[decision] > SEVERITY[preliminary.decision]) {
    apply(answer, policy, decision, `${named}: ${reasons.join('; ') || `Webhook escalated to ${decision}`}`)
    more(warnings)
  } else if (warnings.length) {
    apply(answer, policy, 'warn', `${named}: ${warnings[0]}`)
    more(warnings.slice(1))
  }
}

function apply(answer: GuardAnswer, policy: PolicyRow, action: Decision, reason: string): void {
  answer.matched_policies.push(policy.id)
  if (action === 'warn') answer.warnings.push(`${policy.name}: ${reason}`)
  else if (action !== 'allow') answer.reasons.push(`${policy.name}: ${reason}`)
  if (SEVERITY[action] > SEVERITY[answer.decision]) answer.decision = action
}
