import { hexId } from '../state/ids.ts'
import { type Org, table } from '../state/org.ts'
import type { PolicyRow } from '../state/rows.ts'
import { policyUrlProblem } from './urls.ts'
import { type FieldRules, validate } from './validate.ts'

const TYPES = [
  'risk_threshold',
  'require_approval',
  'block_action_type',
  'rate_limit',
  'webhook_check',
  'behavioral_anomaly',
  'semantic_check',
] as const

/** What the fields of a policy may be. */
export const POLICY_FIELDS: FieldRules = {
  name: { required: true, max: 256 },
  policy_type: { required: true, words: TYPES },
  rules: { required: true, max: 4000 },
  active: { type: 'integer', least: 0, most: 1 },
}

/** The texts for rules that do not fit a type; none when they do. */
export function ruleProblems(policyType: string, text: string): string[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return ['rules must be valid JSON']
  }
  if (parsed === null) return ['rules must be an object']
  const rules = parsed as Record<string, unknown>
  const { action } = rules
  if (action !== undefined && !['allow', 'warn', 'block', 'require_approval'].includes(action as string)) {
    return ['rules.action must be one of: allow, warn, block, require_approval']
  }
  const problems: string[] = []
  const within = (value: unknown, least: number, most: number) =>
    typeof value === 'number' && value >= least && value <= most
  switch (policyType) {
    case 'risk_threshold':
      if (!within(rules['threshold'], 0, 100)) problems.push('risk_threshold policy requires rules.threshold (0-100)')
      break
    case 'require_approval':
    case 'block_action_type':
      if (!Array.isArray(rules['action_types']) || rules['action_types'].length === 0) {
        problems.push(`${policyType} policy requires rules.action_types array`)
      }
      break
    case 'rate_limit':
      for (const name of ['max_actions', 'window_minutes']) {
        if (!(typeof rules[name] === 'number' && rules[name] > 0))
          problems.push(`rate_limit policy requires rules.${name} > 0`)
      }
      break
    case 'webhook_check': {
      const { url, timeout_ms, on_timeout } = rules
      const problem =
        typeof url === 'string' ? policyUrlProblem(url) : 'webhook_check policy requires rules.url as a string'
      if (problem) problems.push(problem)
      if (timeout_ms !== undefined && !within(timeout_ms, 1000, 10_000))
        problems.push('webhook_check rules.timeout_ms must be 1000-10000')
      if (on_timeout !== undefined && on_timeout !== 'allow' && on_timeout !== 'block') {
        problems.push('webhook_check rules.on_timeout must be "allow" or "block"')
      }
      break
    }
    case 'behavioral_anomaly':
      if (!within(rules['similarity_threshold'], 0, 1)) {
        problems.push('behavioral_anomaly policy requires rules.similarity_threshold (0.0-1.0)')
      }
      break
    case 'semantic_check':
      if (typeof rules['instruction'] !== 'string' || !rules['instruction']) {
        problems.push('semantic_check policy requires rules.instruction string')
      }
      break
  }
  return problems
}

/** Stores a policy, or gives the text of what is wrong with it. */
export function createPolicy(
  org: Org,
  {
    name,
    policy_type,
    rules,
    active,
    created_by,
  }: {
    name: string
    policy_type: string
    rules: string | object
    active?: number | undefined
    created_by?: string | null
  },
  now: string,
): PolicyRow | string {
  const text = typeof rules === 'string' ? rules : JSON.stringify(rules)
  const problems = validate({ name, policy_type, rules: text, active }, POLICY_FIELDS)
  if (!problems.length) problems.push(...ruleProblems(policy_type, text))
  if (problems.length) return problems.join('; ')
  const policy: PolicyRow = {
    id: hexId('gp_'),
    org_id: org.id,
    name,
    policy_type,
    rules: text,
    active: active === 0 ? 0 : 1,
    created_by: created_by ?? null,
    created_at: now,
    updated_at: now,
  }
  table<PolicyRow>(org, 'policies').push(policy)
  return policy
}
