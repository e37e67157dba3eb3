import { describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { isDashClawError } from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { capture } from '../support/capture.ts'
import { rejection } from '../support/local.ts'

const client = (answers: unknown[], options: Partial<DashClawOptions> = {}) => {
  const wire = capture(answers)
  const base = { baseUrl: 'https://claw.test', apiKey: 'k', agentId: 'a', logger: false, fetch: wire.fetch } as const
  return { ...wire, claw: new DashClaw({ ...base, ...options }) }
}

describe('the key that created an action', () => {
  const forbidden = (code?: string) => Response.json({ error: 'The credential that created it', code }, { status: 403 })

  test.each(['allow', 'deny'] as const)('may not %s it', async (decision) => {
    const { claw } = client([forbidden('SELF_APPROVAL_FORBIDDEN')])
    const error = await rejection(claw.approveAction('act_1', { decision }))
    expect(isDashClawError(error, 'SelfApprovalError') && isDashClawError(error, 'PermissionDeniedError')).toBe(true)
    expect(error).toMatchObject({ status: 403, code: 'SELF_APPROVAL_FORBIDDEN', path: '/api/actions/act_1/approve' })
    expect(error.message).toMatch(
      /^Action act_1 was created with this key, .*another admin key, or with the root operator key/,
    )
  })

  test.each([undefined, 'APPROVER_IDENTITY_REQUIRED'])('is not what a 403 with the code %s means', async (code) => {
    const { claw } = client([forbidden(code)])
    expect((await rejection(claw.approveAction('act_1', { decision: 'allow' }))).name).toBe('PermissionDeniedError')
  })
})

describe('how long the agent waits', () => {
  const action = { action_id: 'act_1', agent_id: 'a', action_type: 'deploy', status: 'running' }
  const deploy = { action_id: 'act_1', action_type: 'deploy', declared_goal: 'Ship' }

  test.each<[what: string, options: Partial<DashClawOptions>, call: object, told: number | undefined]>([
    ['by the client', { hitlMode: 'wait', approvalTimeout: 1_200_000 }, {}, 1200],
    ['by default', { hitlMode: 'wait' }, {}, 300],
    ['by the call', {}, { wait: true, approvalTimeout: 61_001 }, 62],
    ['a moment', { hitlMode: 'wait' }, { approvalTimeout: 0 }, 5],
    ['without end', { hitlMode: 'wait', approvalTimeout: Infinity }, {}, 86_400],
    ['not at all', {}, {}, undefined],
    ['not for this call', { hitlMode: 'wait' }, { wait: false }, undefined],
  ])('is told to servers of the 5 line: %s', async (_what, options, call, told) => {
    const { claw, sent } = client([{ action }], { line: '5', ...options })
    await claw.createAction(deploy, call)
    expect((sent[0]!.body as Record<string, unknown>)['approval_wait_seconds']).toBe(told)
  })

  test('is what the caller says, where the caller says it', async () => {
    const { claw, sent } = client([{ action }], { line: '5', hitlMode: 'wait' })
    await claw.createAction({ ...deploy, approval_wait_seconds: 10 })
    expect(sent[0]!.body).toMatchObject({ approval_wait_seconds: 10 })
  })

  test.each(['2', 'auto'] as const)('is not told to a server whose line is %s', async (line) => {
    const { claw, sent } = client([{ action }], { line, hitlMode: 'wait' })
    await claw.createAction(deploy)
    expect(sent[0]!.body).not.toHaveProperty('approval_wait_seconds')
  })
})
