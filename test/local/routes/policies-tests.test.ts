import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Guard } from '../../../src/domains/guard.ts'
import { Policies } from '../../../src/domains/policies.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { recordings } from '../../support/fixtures.ts'
import { unrecordedPolicies } from '../../support/policies.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Actions, Guard, Policies)
const connect = (server: LocalServer, apiKey = 'local') =>
  new Client({ baseUrl: server.baseUrl, apiKey, agentId: 'tester', fetch: server.fetch, logger: false, maxRetries: 0 })

const pack = (name: string): { key: string; tools: string[]; rule: object; policy_type: string; tests: object[] }[] =>
  JSON.parse(readFileSync(new URL('../../fixtures/contract/policies.json', import.meta.url), 'utf8')).packs[name]

describe('the recorded exchanges', () => {
  const server = createLocalServer({
    version: '2.0',
    keys: [
      ...REPLAY_KEYS,
      { key: 'other', org: 'org_other' },
      { key: 'other-member', org: 'org_other', role: 'member' },
    ],
  })
  // From here on a second organization was recorded.
  const native = recordings('policies').findIndex(({ method }) => method === 'createPolicy')
  const keys: Record<string, string> = {}
  for (const { method, name, request } of recordings('policies').slice(native)) {
    const role = (request as { caller?: string }).caller
    if (name !== 'policy of another org') keys[`${method}: ${name}`] = role === 'member' ? 'other-member' : 'other'
  }
  const act = (action_type: string, declared_goal: string, risk_score: number) =>
    server.fetch(`${server.baseUrl}/api/actions`, {
      method: 'POST',
      headers: { 'x-api-key': 'other' },
      body: JSON.stringify({ agent_id: 'gov-agent', agent_name: 'Gov Agent', action_type, declared_goal, risk_score }),
    })
  const policies = connect(server, 'other')
  replay({
    domain: 'policies',
    server,
    keys,
    // The platform calls these its own fault; here the caller is told what is wrong with the document.
    skip: {
      'importPolicies: yaml syntax error': 'a 400 with the reason',
      'importPolicies: yaml null': 'a 400 with the reason',
    },
    before: {
      ...unrecordedPolicies(server),
      'simulatePolicy: with history': async () => {
        // Policies would keep the actions from being recorded.
        for (const { id } of (await policies.listPolicies()).policies) await policies.updatePolicy(id, { active: 0 })
        await act('deploy', 'gov ship', 90)
        await act('build', 'gov build', 50)
        await act('research', 'gov read', 10)
      },
    },
  })

  test('end with the numbers that were recorded', async () => {
    const numbers = ({
      results,
      generated_at: _at,
      ...rest
    }: {
      results: { details: object[] }
      generated_at: string
    }) => {
      const { details, ...counts } = results
      return { ...rest, ...counts, details: details.map((one) => (one as { tests: object[] }).tests) }
    }
    const recorded = recordings('policies').find(({ name }) => name === 'imported policies')!.response.body
    const answer = await server.fetch(`${server.baseUrl}/api/policies/test`, {
      method: 'POST',
      headers: { 'x-api-key': 'local' },
    })
    expect(numbers((await answer.json()) as never)).toEqual(numbers(recorded as never))
  })

  test('import the same packs', async () => {
    const fresh = createLocalServer()
    const claw = connect(fresh)
    for (const name of ['enterprise-strict', 'smb-safe', 'startup-growth', 'development']) {
      const { policies: imported } = await claw.importPolicies({ pack: name })
      const { policies: stored } = await claw.listPolicies()
      const found = imported.map(({ id, policy_type }) => {
        const { action_types, tests, ...rule } = JSON.parse(stored.find((policy) => policy.id === id)!.rules)
        return { policy_type, tools: action_types, rule, tests }
      })
      const expected = pack(name).map(({ policy_type, tools, rule, tests }) => ({
        policy_type,
        tools,
        rule,
        tests: tests.map((one) => {
          const { name, tool, approval, expect_allowed } = one as Record<string, unknown>
          return { name, input: { tool, ...(approval !== null && { approval }) }, expect: { allowed: expect_allowed } }
        }),
      }))
      expect(found).toEqual(expected)
    }
    expect(new Set((await claw.listPolicies()).policies.map(({ name }) => name)).size).toBe(15)
  })
})

test('over real HTTP policies are imported, tested, proven and tried', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'tester', logger: false })
  expect(await claw.simulatePolicy({ policy_type: 'risk_threshold', rules: { threshold: 50 } })).toMatchObject({
    matches: [],
    message: 'No historical actions found in the specified window.',
  })
  await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 60 })
  await claw.createAction({ action_type: 'build', declared_goal: 'Build', risk_score: 20 })
  const yaml = `
policies:
  - description: Deploys need a person
    applies_to: { tools: [deploy] }
    rule: { require: approval }
    tests:
      - { name: held, input: { tool: deploy, approval: false }, expect: { allowed: false } }
      - { name: wrong, input: { tool: deploy, approval: true }, expect: { allowed: false } }
  - name: only a name
    rule: { block: true }
`
  const { imported, errors } = await claw.importPolicies({ yaml })
  expect({ imported, errors }).toEqual({
    imported: 1,
    errors: ['Failed to import "unknown": UNDEFINED_VALUE: Undefined values are not allowed'],
  })
  expect((await claw.importPolicies({ yaml })).skipped).toBe(1)
  expect((await claw.guard({ action_type: 'deploy', declared_goal: 'Ship' })).decision).toBe('require_approval')
  expect(await claw.testPolicies()).toMatchObject({
    passed: 0,
    total: 1,
    results: [{ policy: 'Deploys need a person', passed: false, reason: 'approved' }],
    run: { total_tests: 2, passed: 1 },
  })
  expect(server.snapshot()['guardrail_test_runs']).toHaveLength(1)
  const { document } = await claw.getProofReport()
  expect(document).toMatchObject({
    summary: { total_policies: 1, total_tests: 2, test_results: null },
    policies: [{ applies_to: { tools: ['deploy'] }, rule: { require: 'approval' }, test_count: 2 }],
  })
  expect((await claw.getProofReport({ format: 'md' })).report).toMatch(/^# Guardrails Proof Report\n/)
  const stored = (await claw.listPolicies()).policies[0]!
  const tried = await claw.simulatePolicy({ policy_type: stored.policy_type, rules: stored.rules, days: 1 })
  expect(tried).toMatchObject({
    summary: { total: 2, matches: 1, require_approval: 1, allow: 1 },
    matches: [{ goal: 'Ship', agent_name: 'tester', simulated_action: 'require_approval' }],
    window_days: 1,
  })
  await claw.close()
  await close()
})

test('an action whose start is no date fails a dry run on older servers only', async () => {
  for (const [version, fails] of [
    ['2.0', true],
    ['2.10', false],
  ] as const) {
    const server = createLocalServer({ version })
    server.seed('actions', [{ action_id: 'act_1', agent_id: 'tester', timestamp_start: 'soon' }])
    const claw = connect(server)
    const answer = claw.simulatePolicy({ policy_type: 'risk_threshold', rules: {} })
    if (fails) await expect(answer).rejects.toMatchObject({ status: 500 })
    else expect((await answer).summary.total).toBe(0)
  }
})
