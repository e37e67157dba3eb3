import type { Scope } from '../state/server.ts'
import { hmacHex } from './bytes.ts'
import type { Decision, GuardAnswer, GuardFields, PolicyRules } from './guard-terms.ts'
import { policyUrlProblem } from './urls.ts'

/** What an endpoint may answer. */
export interface WebhookVerdict {
  decision?: Decision
  reasons: string[]
  warnings: string[]
}

const MOST = 2000

/** Asks the endpoint of a policy about an action; nothing when it gives no answer in time that can be read. */
export async function askWebhook(
  { server, org, clock, iso }: Scope,
  rules: PolicyRules,
  fields: GuardFields,
  preliminary: GuardAnswer,
): Promise<WebhookVerdict | undefined> {
  if (typeof rules.url !== 'string' || policyUrlProblem(rules.url)) return undefined
  const { url } = rules
  const body = JSON.stringify({
    event: 'guard.evaluation',
    org_id: org.id,
    timestamp: iso(),
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
  const { secret } = server.options
  if (secret) {
    const time = String(clock.now())
    headers['x-dashclaw-timestamp'] = time
    headers['x-dashclaw-signature'] = `v1=${await hmacHex(secret, `${time}.${body}`)}`
  }
  try {
    const { ok, text } = await server.send({ url, headers, body, ms: rules.timeout_ms ?? 5000, read: true })
    return ok ? verdict(JSON.parse(text.slice(0, MOST))) : undefined
  } catch {
    return undefined
  }
}

function verdict(said: unknown): WebhookVerdict | undefined {
  if (!said) return undefined
  const { decision, reasons, warnings } = said as { decision?: Decision; reasons?: unknown; warnings?: unknown }
  return { ...(decision && { decision }), reasons: texts(reasons), warnings: texts(warnings) }
}

const texts = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []
