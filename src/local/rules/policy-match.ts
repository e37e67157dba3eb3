import { instant } from '../state/moment.ts'
import type { PolicyRow } from '../state/rows.ts'
import type { Scope } from '../state/server.ts'
import type { Decision, GuardFields, PolicyRules } from './guard-terms.ts'

interface Started {
  agent_id: string
  status: string
  timestamp_start: string
}

/** A time that is none, on which the database of the 2.0 line fails. */
export class UnreadableTime extends Error {}

/** Whether a policy matches an action, what it then asks for, and why. Webhooks are asked elsewhere. */
export function matchPolicy(
  { table, clock, version }: Scope,
  policy: PolicyRow,
  rules: PolicyRules,
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
      const starts = table<Started>('actions')
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

const named = ({ action_types }: PolicyRules, { action_type }: GuardFields): boolean =>
  Array.isArray(action_types) && action_types.includes(action_type)
