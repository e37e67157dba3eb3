import type { PolicyRow } from '../state/rows.ts'

/** A stored policy as tests, proofs and compliance see it. */
export interface ConvertedPolicy {
  id: string
  description: string
  applies_to: { tools: string[] }
  rule: Record<string, unknown>
  tests: unknown[]
}

interface StoredTest {
  name: string
  input: { tool: string; approval?: boolean; context?: { approved?: boolean } }
  expect: { allowed: boolean }
}

const NOTE = 'Only part of what this policy does can be tested'

/** The active policies, newest first, converted. */
export function activePolicies(policies: readonly PolicyRow[]): ConvertedPolicy[] {
  return policies
    .filter(({ active }) => active === 1)
    .reverse()
    .map(convert)
}

function convert({ id, name, policy_type, rules: text }: PolicyRow): ConvertedPolicy {
  const rules = (JSON.parse(text) ?? {}) as Record<string, unknown>
  const named = policy_type === 'require_approval' || policy_type === 'block_action_type'
  const types = rules['action_types'] as string[] | undefined
  return {
    id,
    description: name,
    applies_to: { tools: named ? (types ?? ['*']) : ['*'] },
    rule: ruleOf(policy_type, rules),
    tests: Array.isArray(rules['tests']) ? rules['tests'] : generatedTests(policy_type, types?.[0]),
  }
}

function ruleOf(policyType: string, rules: Record<string, unknown>): Record<string, unknown> {
  const typed = { block: true, _dashclaw_type: policyType }
  switch (policyType) {
    case 'require_approval':
      return { require: 'approval' }
    case 'block_action_type':
      return { block: true }
    case 'risk_threshold':
      return { ...typed, _threshold: rules['threshold'] || 80, _action: rules['action'] || 'block' }
    case 'rate_limit':
      return { ...typed, _max_actions: rules['max_actions'], _window_minutes: rules['window_minutes'] }
    case 'webhook_check':
      return {
        require: 'approval',
        _dashclaw_type: policyType,
        _url: rules['url'],
        _timeout_ms: rules['timeout_ms'],
        _on_timeout: rules['on_timeout'],
      }
    default:
      return { ...typed, _note: NOTE }
  }
}

function generatedTests(policyType: string, first: string | undefined): StoredTest[] {
  const test = (name: string, tool: string, allowed: boolean, approval?: boolean): StoredTest => ({
    name,
    input: { tool, ...(approval !== undefined && { approval }) },
    expect: { allowed },
  })
  if (policyType === 'require_approval') {
    const tool = first ?? 'external_send'
    return [test('blocks_without_approval', tool, false, false), test('allows_with_approval', tool, true, true)]
  }
  if (policyType === 'block_action_type') return [test('blocks_action_type', first ?? 'destructive', false)]
  return [test('placeholder_test', 'example_tool', false)]
}

/** Whether a pattern, in which only `*` is special, matches a whole text. */
export function glob(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const last = parts.pop()!
  if (!parts.length) return pattern === text
  const first = parts.shift()!
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let from = first.length
  const end = text.length - last.length
  for (const part of parts) {
    const found = text.indexOf(part, from)
    if (found < 0 || found + part.length > end) return false
    from = found + part.length
  }
  return true
}

/**
 * Runs the tests of a policy.
 *
 * @throws {TypeError} When a stored test is malformed.
 */
export function runTests({ applies_to, rule, tests }: ConvertedPolicy) {
  return (tests as StoredTest[]).map(({ name, input, expect }) => {
    const [actual, reason] = outcome(applies_to.tools, rule, input)
    const expected = expect.allowed
    return { name, passed: actual === expected, expected, actual, reason }
  })
}

function outcome(
  tools: readonly string[],
  rule: Record<string, unknown>,
  input: StoredTest['input'],
): [allowed: boolean, reason: string | null] {
  const { tool } = input
  if (!tools.some((entry) => glob(entry, tool))) return [true, 'policy does not apply']
  if (rule['block'] === true) return [false, 'blocked by policy']
  if (rule['require'] === 'approval') {
    const approved = input.approval === true || input.context?.approved === true
    return approved ? [true, 'approved'] : [false, 'approval required']
  }
  return [true, null]
}

/** The proof of policies in markdown. */
export function proofMarkdown(project: string, now: string, policies: readonly ConvertedPolicy[]): string {
  const cases = policies.reduce((count, { tests }) => count + tests.length, 0)
  const lines = [
    '# Guardrails Proof Report',
    '',
    `**Project:** ${project}`,
    `**Generated:** ${now}`,
    '',
    '## Summary',
    '',
    `- **Total Policies:** ${policies.length}`,
    `- **Total Test Cases:** ${cases}`,
    '',
    '## Policies',
    '',
  ]
  for (const { id, description, applies_to, rule, tests } of policies) {
    lines.push(`### ${id}`, '', description, '', '**Applies to:**', '')
    for (const tool of applies_to.tools) lines.push(`- \`${tool}\``)
    lines.push('', `**Rule:** ${rule['block'] ? 'BLOCK' : 'REQUIRE APPROVAL'}`, '', `**Tests:** ${tests.length}`, '')
    for (const { name, expect } of tests as StoredTest[])
      lines.push(`- ${name}: expects ${expect.allowed ? 'allowed' : 'blocked'}`)
    lines.push('')
  }
  lines.push('## Attestation', '', `These ${policies.length} policies were active when this report was written.`, '')
  return lines.join('\n')
}
