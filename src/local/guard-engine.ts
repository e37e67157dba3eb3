import type { ServerVersion } from './router.ts'
import { isBlockedUrl } from './routes/policies-crud.ts'
import { currentSignals } from './signals.ts'
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

/** What a run of the engine may use. */
export interface GuardRun {
  server: ServerState
  org: Org
  clock: Clock
  version: ServerVersion
}

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
  const risk = version === '2.10' ? Math.max(computedRisk(fields), fields.risk_score ?? 0) : (fields.risk_score ?? 0)
  if (version === '2.10') answer.risk_score = risk
  const active = table<PolicyRow>(org, 'policies').filter((policy) => policy.active === 1)
  const webhooks: [PolicyRow, Rules][] = []
  for (const policy of active) {
    let rules: Rules
    try {
      rules = JSON.parse(policy.rules) as Rules
    } catch {
      continue
    }
    if (policy.policy_type === 'webhook_check') {
      webhooks.push([policy, rules])
      continue
    }
    const match = matchPolicy(run, policy, rules, fields, risk)
    if (match) apply(answer, policy, match.action, match.reason)
  }
  const preliminary = structuredClone(answer)
  for (const [policy, rules] of webhooks) await checkWebhook(run, policy, rules, fields, preliminary, answer)
  if (includeSignals) {
    const { signals } = currentSignals(org, clock.now(), fields.agent_id ?? undefined)
    for (const signal of signals) answer.warnings.push(`Active signal: ${signal.type} — ${signal.label}`)
  }
  const id = hexId('gd_')
  const row = {
    id,
    org_id: org.id,
    agent_id: fields.agent_id ?? null,
    action_type: fields.action_type,
    risk_score: fields.risk_score ?? null,
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
    },
    clock.now(),
  )
  if (version === '2.0') return { ...answer }
  return {
    ...answer,
    action_id: hexId('act_gd_', 16),
    reason: row.reason,
    signals: [...answer.warnings, ...answer.reasons],
    agent_risk_score: fields.risk_score ?? null,
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
  { org, clock }: GuardRun,
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
      return rules.action_types?.includes(fields.action_type)
        ? { action: 'require_approval', reason: `Action type "${fields.action_type}" requires approval` }
        : undefined
    case 'block_action_type':
      return rules.action_types?.includes(fields.action_type)
        ? { action: 'block', reason: `Action type "${fields.action_type}" is blocked by policy` }
        : undefined
    case 'rate_limit': {
      if (!fields.agent_id) return undefined
      const minutes = Math.min(10_080, Math.max(1, Math.floor(Number(rules.window_minutes)) || 60))
      const since = clock.now() - minutes * 60_000
      const count = table<{ agent_id: string; timestamp_start: string }>(org, 'actions').filter(
        (row) => row.agent_id === fields.agent_id && Date.parse(row.timestamp_start) >= since,
      ).length
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

async function checkWebhook(
  { server, org, clock }: GuardRun,
  policy: PolicyRow,
  rules: Rules,
  fields: GuardFields,
  preliminary: GuardAnswer,
  answer: GuardAnswer,
): Promise<void> {
  const failed = () => {
    if (rules.on_timeout === 'block')
      apply(answer, policy, 'block', 'Webhook check failed or timed out (on_timeout: block)')
  }
  if (typeof rules.url !== 'string' || isBlockedUrl(rules.url)) return failed()
  const body = JSON.stringify({
    event: 'guard.evaluation',
    org_id: org.id,
    timestamp: new Date(clock.now()).toISOString(),
    context: {
      action_type: fields.action_type,
      risk_score: fields.risk_score ?? null,
      agent_id: fields.agent_id ?? null,
      systems_touched: fields.systems_touched ?? [],
      reversible: fields.reversible ?? null,
      declared_goal: fields.declared_goal ?? null,
    },
    preliminary_decision: preliminary.decision,
    matched_policies: preliminary.matched_policies,
    reasons: preliminary.reasons,
    warnings: preliminary.warnings,
  })
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-dashclaw-event': 'guard.evaluation',
    'x-dashclaw-delivery': `wd_${crypto.randomUUID()}`,
    'user-agent': 'DashClaw-Guard/1.0',
  }
  const { secret, webhookFetch } = server.options
  if (secret) {
    const time = String(clock.now())
    headers['x-dashclaw-timestamp'] = time
    headers['x-dashclaw-signature'] = `v1=${await hmacHex(secret, `${time}.${body}`)}`
  }
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), rules.timeout_ms ?? 5000)
  let said: { decision?: Decision; reasons?: unknown; warnings?: unknown }
  try {
    const response = await (webhookFetch ?? globalThis.fetch)(rules.url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: controller.signal,
    })
    const text = (await response.text()).slice(0, 2000)
    if (!response.ok) return failed()
    said = JSON.parse(text) as typeof said
    if (!said) return failed()
  } catch {
    return failed()
  } finally {
    clearTimeout(timer)
  }
  const texts = (list: unknown) =>
    Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []
  const warnings = texts(said.warnings)
  const named = `${policy.name} (webhook)`
  if (said.decision && SEVERITY[said.decision] > SEVERITY[preliminary.decision]) {
    const reason = texts(said.reasons).join('; ') || `Webhook escalated to ${said.decision}`
    apply(answer, policy, said.decision, `${named}: ${reason}`)
    for (const text of warnings) answer.warnings.push(`${named}: ${text}`)
  } else if (warnings.length) {
    apply(answer, policy, 'warn', `${named}: ${warnings[0]}`)
    for (const text of warnings.slice(1)) answer.warnings.push(`${named}: ${text}`)
  }
}

/** Hex HMAC-SHA256, as deliveries and guard webhooks are signed. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const BASE_RISK: Record<string, number> = {
  security: 80,
  deploy: 75,
  migrate: 70,
  apply: 60,
  sync: 40,
  api: 35,
  config: 30,
  cleanup: 30,
  build: 25,
  post: 25,
  test: 15,
  message: 15,
  monitor: 10,
  alert: 10,
  calendar: 10,
  research: 10,
  review: 10,
}

/** The risk that newer servers compute from an action by themselves. */
export function computedRisk({ action_type, reversible, systems_touched, declared_goal }: GuardFields): number {
  let score = BASE_RISK[action_type] ?? 20
  if (reversible === false) score += 15
  const systems = (Array.isArray(systems_touched) ? systems_touched : []).map((system) => String(system).toLowerCase())
  if (systems.some((system) => ['production', 'database', 'postgres', 'neon', 'redis'].includes(system))) score += 10
  if (systems.some((system) => ['filesystem', 'shell'].includes(system))) score += 5
  const goal = String(declared_goal ?? '').toLowerCase()
  const mentions = (...words: string[]) => words.some((word) => goal.includes(word))
  if (mentions('rm -rf', 'drop table', 'delete from', 'truncate', 'format', 'wipe')) score += 20
  if (mentions('push', 'deploy', 'release', 'ship', 'migrate')) score += 10
  if (mentions('secret', 'credential', 'password', 'token', 'key', '.env')) score += 15
  return Math.min(100, Math.max(0, score))
}
