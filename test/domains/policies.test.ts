import { expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const run = (details: object[]) => ({
  results: { total_policies: details.length, total_tests: 9, passed: 8, failed: 1, success: false, details },
  generated_at: '2026-01-01T00:00:00.000Z',
})

test('testPolicies counts policies, and a policy passes when all its tests did', async () => {
  const { fetch } = capture([
    run([
      { policy_id: 'gp_1', policy_name: 'None', tests: [] },
      {
        policy_id: 'gp_2',
        policy_name: 'Bad',
        tests: [
          { passed: false, reason: null },
          { passed: false, reason: 'x' },
        ],
      },
      { policy_id: 'gp_3', policy_name: 'Good', tests: [{ passed: true, reason: 'approved' }] },
    ]),
  ])
  const claw = await anyClient({ fetch })
  expect(await claw['testPolicies']!()).toMatchObject({
    passed: 2,
    total: 3,
    results: [
      { policy: 'None', passed: true, reason: null },
      { policy: 'Bad', passed: false, reason: null },
      { policy: 'Good', passed: true, reason: null },
    ],
    run: { passed: 8, total_tests: 9 },
  })
})

test('testPolicies is not repeated after a failure, since every run is stored', async () => {
  const { fetch, sent } = capture([{ error: 'Internal server error' }], 500)
  const claw = await anyClient({ fetch, maxRetries: 2 })
  await expect(claw['testPolicies']!()).rejects.toMatchObject({ name: 'ServerError', status: 500 })
  expect(sent).toHaveLength(1)
})

test('simulatePolicy is repeated after a failure, since nothing is stored', async () => {
  const failure = Response.json({ error: 'Internal server error' }, { status: 503, headers: { 'retry-after': '0' } })
  const { fetch, sent } = capture([failure, { summary: { total: 0 }, matches: [] }])
  const claw = await anyClient({ fetch })
  await claw['simulatePolicy']!({ policy_type: 'risk_threshold', rules: {} })
  expect(sent).toHaveLength(2)
})

test('importPolicies resolves with errors and logs a warning for each', async () => {
  const answer = {
    imported: 0,
    skipped: 0,
    errors: ['Failed to import "a": x', 'Failed to import "b": y'],
    policies: [],
  }
  const warnings: string[] = []
  const claw = await anyClient({ fetch: capture([answer], 201).fetch, logger: { warn: (text) => warnings.push(text) } })
  expect(await claw['importPolicies']!({ yaml: 'policies:\n  - name: a' })).toEqual(answer)
  expect(warnings).toEqual([
    'dashclaw: importPolicies: Failed to import "a": x',
    'dashclaw: importPolicies: Failed to import "b": y',
  ])
})

test('a proof report in markdown has no document', async () => {
  const claw = await anyClient({ fetch: capture([{ report: '# Proof', format: 'xml' }]).fetch })
  expect(await claw['getProofReport']!({ format: 'xml' })).toEqual({ report: '# Proof', format: 'xml', document: null })
})
