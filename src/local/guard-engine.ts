import { askWebhook, type WebhookVerdict } from './guard-webhook.ts'
import { instant } from './moment.ts'
import { computedRisk } from './risk.ts'
import type { ServerVersion } from './router.ts'
import { scanInjection } from './scanners.ts'
import { allDated, currentSignals } from './signals.ts'
import { type Clock, hexId, type Org, publish, type ServerState, table } from './state.ts'

export type Decision = 'allow' | 'warn' | 'require_approval' | 'block'

const SEVERITY: Record<Decision, number> = { allow: 0, warn: 1, require_approval: 2, block: 3 }

/** A policy row. */
export interface PolicyRow {
  id: string
  org_id: string
  name: string
  policy_type: string
  rules: string
  active: 0 | 1
  created_by: string | null
  created_at: string
  updated_at: string
}

/** What is checked. */
export interface GuardFields {
  action_type: string
  risk_score?: number | null
  agent_id?: string | null
  systems_touched?: unknown[] | null
  reversible?: boolean | null
  declared_goal?: string | null
  [field: string]: unknown
}

export interface GuardAnswer {
  decision: Decision
  reasons: string[]
  warnings: string[]
  matched_policies: string[]
  risk_score: number | null
  evaluated_at: string
}

/** What rules may hold, as far as the engine reads them. */
export interface Rules {
  threshold?: number
  action?: Decision
  action_types?: string[]
  max_actions?: number
  window_minutes?: number
  url?: string
  timeout_ms?: number
  on_timeout?: string
  fallback?: string
}

interface Started {
  agent_id: string
  status: string
  timestamp_start: string
}

/** What a run of the engine may use. */
export interface GuardRun {
  server: ServerState
  org: Org
  clock: Clock
  version: ServerVersion
}

/** A time that is none, on which the database of the 2.0 line fails. */
export class UnreadableTime extends Error {}

/** Runs every active policy over an action, logs the decision and tells the listeners. */
export async function evaluate(
  run: GuardRun,
  fields: GuardFields,
  includeSignals = false,
): Promise<GuardAnswer & Record<string, unknown>> {
  const { org, clock, version } = run
  const answer: GuardAnswer = {
    decision: 'allow',
    reasons: [],
    warnings: [],
    matched_policies: [],
    risk_score: fields.risk_score ?? null,
    evaluated_at: new Date(clock.now()).toISOString(),
  }
  const newer = version === '2.10'
  const risk = Math.max(newer ? computedRisk(fields) : 0, fields.risk_score ?? 0)
  if (newer) {
    answer.risk_score = risk
    applyInjectionScan(answer, fields)
  }
  const active = table<PolicyRow>(org, 'policies').filter((policy) => policy.active === 1)
  const webhooks: [PolicyRow, Rules][] = []
  for (const policy of active) {
    const rules = rulesOf(policy)
    if (!rules) continue
    if (policy.policy_type === 'webhook_check') {
      webhooks.push([policy, rules])
      continue
    }
    const match = matchPolicy(run, policy, rules, fields, risk)
    if (match) apply(answer, policy, match.action, match.reason)
  }
  const preliminary = structuredClone(answer)
  for (const [policy, rules] of webhooks) {
    applyVerdict(answer, policy, rules, preliminary, await askWebhook(run, rules, fields, preliminary))
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
  table(org, 'guard_decisions').push(row)
  publish(
    org,
    'guard.decision.created',
    {
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
    },
    clock.now(),
  )
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
function rulesOf({ rules }: PolicyRow): Rules | undefined {
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
  rules: Rules,
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

/** Whether a policy matches an action, what it then asks for, and why. Webhooks are asked elsewhere. */
export function matchPolicy(
  { org, clock, version }: GuardRun,
  policy: PolicyRow,
  rules: Rules,
  fields: GuardFields,
  risk: number,
): { action: Decision; reason: string } | undefined {
  switch (policy.policy_type) {
    case 'risk_threshold': {
      const score = Math.min(100, Math.max(0, risk))
      const threshold = rules.threshold ?? 80
      return score >= threshold
        ? { action: rules.action ?? 'block', reason: `Risk score ${score} >= threshold ${threshold}` }
        : undefined
    }
    case 'require_approval':
      return named(rules, fields)
        ? { action: 'require_approval', reason: `Action type "${fields.action_type}" requires approval` }
        : undefined
    case 'block_action_type':
      return named(rules, fields)
        ? { action: 'block', reason: `Action type "${fields.action_type}" is blocked by policy` }
        : undefined
    case 'rate_limit': {
      if (!fields.agent_id) return undefined
      const asked = Math.trunc(Number(rules.window_minutes))
      const minutes = Number.isNaN(asked) ? 60 : Math.min(10_080, Math.max(1, asked))
      const since = clock.now() - minutes * 60_000
      // Blocked attempts are stored by newer servers only, and are no actions that were done.
      const starts = table<Started>(org, 'actions')
        .filter((row) => row.agent_id === fields.agent_id && row.status !== 'blocked')
        .map((row) => instant(row.timestamp_start))
      if (version === '2.0' && starts.some(Number.isNaN)) throw new UnreadableTime()
      const count = starts.filter((start) => start >= since).length
      return count >= Number(rules.max_actions)
        ? {
            action: rules.action ?? 'warn',
            reason: `Agent performed ${count} actions in ${minutes}min (limit: ${rules.max_actions})`,
          }
        : undefined
    }
    case 'semantic_check':
      // Without a language model only the fallback speaks.
      return rules.fallback === 'block'
        ? { action: 'block', reason: 'Semantic check failed (fallback: block)' }
        : undefined
    default:
      // behavioral_anomaly has no effect without an embedding provider.
      return undefined
  }
}

const named = ({ action_types }: Rules, { action_type }: GuardFields): boolean =>
  Array.isArray(action_types) && action_types.includes(action_type)

/** Hex HMAC-SHA256, as deliveries and guard webhooks are signed. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
