import type { PolicyRow } from '../guard-engine.ts'
import { error, invalid, json, type Route, route } from '../router.ts'
import { hexId, type Org, table } from '../state.ts'
import { type Rules, validate } from '../validate.ts'

const TYPES = [
  'risk_threshold',
  'require_approval',
  'block_action_type',
  'rate_limit',
  'webhook_check',
  'behavioral_anomaly',
  'semantic_check',
] as const

const FIELDS: Rules = {
  name: { required: true, max: 256 },
  policy_type: { required: true, words: TYPES },
  rules: { required: true, max: 4000 },
  active: { type: 'integer', least: 0, most: 1 },
}

// Addresses in full: `10.example.com` is a name like any other.
const BLOCKED_HOST =
  /^(?:localhost|\[.*\]|(?:0|10|127)(?:\.\d+){3}|192\.168(?:\.\d+){2}|169\.254(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2})$|\.(?:localhost|local|internal|test|invalid|onion)$/i

/** Whether the server refuses to call a URL: not https, or not on the public net. */
export function isBlockedUrl(text: string): boolean {
  return urlProblem(text) !== undefined
}

function urlProblem(text: string): string | undefined {
  if (text === '') return 'URL is required'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'Invalid URL format'
  }
  if (url.protocol !== 'https:') return 'URL must use HTTPS'
  return BLOCKED_HOST.test(url.hostname)
    ? 'URL cannot point to localhost, private networks, or invalid domains'
    : undefined
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
      const problem = typeof url === 'string' ? urlProblem(url) : 'webhook_check policy requires rules.url as a string'
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
  const problems = validate({ name, policy_type, rules: text, active }, FIELDS)
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

const ADMIN = { admin: 'Admin access required' }
const FAULT = 'Internal server error'

/** Policies: list, create, change, remove. */
export const policiesCrud: Route[] = [
  route('GET', '/api/policies', (ctx) => json(200, { policies: [...ctx.table<PolicyRow>('policies')].reverse() })),

  route(
    'POST',
    '/api/policies',
    (ctx) => {
      if (!ctx.bodyOk) return error(500, FAULT)
      const { fields } = ctx
      const problems = validate(fields, FIELDS)
      if (problems.length) return invalid(problems)
      if ((fields['rules'] as string).trim() === 'null') return error(500, FAULT)
      const unfit = ruleProblems(fields['policy_type'] as string, fields['rules'] as string)
      if (unfit.length) return invalid(unfit)
      if (ctx.table<PolicyRow>('policies').some(({ name }) => name === fields['name'])) {
        return error(409, 'A policy with that name already exists')
      }
      const policy = createPolicy(ctx.org, fields as never, ctx.iso())
      if (typeof policy === 'string') return error(500, FAULT)
      ctx.publish('policy.updated', { change_type: 'created', policy })
      return json(201, { policy, policy_id: policy.id })
    },
    ADMIN,
  ),

  route(
    'PATCH',
    '/api/policies',
    (ctx) => {
      if (!ctx.bodyOk) return error(500, FAULT)
      const { id, name, rules, active, policy_type } = ctx.fields
      if (!id) return error(400, 'Policy id is required')
      const policies = ctx.table<PolicyRow>('policies')
      const policy = policies.find((row) => row.id === id)
      const changes: Partial<PolicyRow> = {}
      if (rules !== undefined && rules !== null) {
        if (!policy) return error(404, 'Policy not found')
        const text = typeof rules === 'string' ? rules : JSON.stringify(rules)
        if (text.trim() === 'null') return error(500, FAULT)
        const problems = validate(
          { name: name ?? policy.name, policy_type: policy_type ?? policy.policy_type, rules: text },
          FIELDS,
        )
        if (!problems.length)
          problems.push(...ruleProblems((policy_type as string | undefined) ?? policy.policy_type, text))
        if (problems.length) return invalid(problems)
        changes.rules = text
      }
      if (name !== undefined && name !== null) changes.name = String(name)
      if (active !== undefined && active !== null) changes.active = active ? 1 : 0
      if (!Object.keys(changes).length) return error(400, 'No fields to update')
      if (!policy) return error(404, 'Policy not found')
      if (changes.name !== undefined && policies.some((row) => row !== policy && row.name === changes.name)) {
        return ctx.version === '2.0' ? error(500, FAULT) : error(409, 'A policy with that name already exists')
      }
      Object.assign(policy, changes, { updated_at: ctx.iso() })
      ctx.publish('policy.updated', { change_type: 'updated', policy })
      return json(200, { policy })
    },
    ADMIN,
  ),

  route(
    'DELETE',
    '/api/policies',
    (ctx) => {
      const { id } = ctx.query
      if (!id) return error(400, 'Policy id is required')
      const policies = ctx.table<PolicyRow>('policies')
      const at = policies.findIndex((row) => row.id === id)
      if (at < 0) return error(404, 'Policy not found')
      policies.splice(at, 1)
      ctx.publish('policy.updated', { change_type: 'deleted', policy_id: id })
      return json(200, { deleted: true, id })
    },
    ADMIN,
  ),
]
