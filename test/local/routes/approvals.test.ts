import { describe, expect, test } from 'vitest'
import type { ActionRecord } from '../../../src/governance/action-types.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { HELD } from '../../support/local.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { actionsBefore, send } from '../../support/seeds.ts'

const server = (options: object = {}) => createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })
const VERSIONS = ['2.0', '2.10'] as const

interface Ruled {
  action: ActionRecord
}
const hold = async (local: LocalServer, fields: object = {}) => {
  const input = { agent_id: 'a', action_type: 'build', declared_goal: 'g', status: 'pending_approval' }
  return (await send<{ action_id: string }>(local, 'POST', '/api/actions', { ...input, ...fields })).body.action_id
}
const decide = (local: LocalServer, id: string, body: object | string, key?: string) =>
  send<Ruled>(local, 'POST', `/api/actions/${id}/approve`, body, key ? { key } : {})

describe('the recorded exchanges of approvals', () => {
  const gate = { name: 'core gate', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }
  const local = server({ policies: [gate] })
  replay({
    domain: 'approvals',
    server: local,
    before: actionsBefore('approvals', local),
    optional: ['.action.updated_at'],
  })
})

describe('a policy that asks for approval', () => {
  test('holds the action whatever status was given, and tells the listeners in order', async () => {
    for (const version of VERSIONS) {
      const local = server({ version, policies: [HELD] })
      const events: string[] = []
      const answer = await send<Ruled>(local, 'POST', '/api/actions', {
        agent_id: 'a',
        action_type: 'deploy',
        declared_goal: 'Ship',
        status: 'completed',
      })
      expect(answer).toMatchObject({
        status: 202,
        body: { action: { status: 'pending_approval' }, decision: { decision: 'require_approval' } },
      })
      await decide(local, answer.body.action.action_id, { decision: 'allow', reasoning: null })
      const stream = await local.fetch(`${local.baseUrl}/api/stream?lastEventId=mem-0`, {
        headers: { 'x-api-key': 'local' },
      })
      const reader = stream.body!.getReader()
      let text = ''
      while (!text.includes('event: connected')) text += new TextDecoder().decode((await reader.read()).value)
      await reader.cancel()
      for (const [, type] of text.matchAll(/^event: (.+)$/gm)) events.push(type!)
      expect(events).toEqual(['guard.decision.created', 'action.created', 'action.updated', 'connected'])
    }
  })
})

describe('a decision', () => {
  test.each([
    [
      'allow with a reason',
      null,
      { decision: 'allow', reasoning: 'fine' },
      '\n\n[HITL Decision: ALLOW by ]\nReason: fine',
      'running',
      null,
    ],
    [
      'allow without one',
      'planned',
      { decision: 'allow', reasoning: null },
      'planned\n\n[HITL Decision: ALLOW by ]',
      'running',
      null,
    ],
    [
      'deny with a reason',
      'planned',
      { decision: 'deny', reasoning: 'no' },
      'planned\n\n[HITL Decision: DENY by ]\nReason: no',
      'failed',
      'no',
    ],
    [
      'deny without one',
      null,
      { decision: 'deny', reasoning: '' },
      '\n\n[HITL Decision: DENY by ]',
      'failed',
      'Denied by human operator',
    ],
    [
      'a reason that is no text',
      null,
      { decision: 'deny', reasoning: { why: 1 } },
      '\n\n[HITL Decision: DENY by ]\nReason: [object Object]',
      'failed',
      '[object Object]',
    ],
  ])(
    'to %s is written to the end of the reasoning',
    async (_title, reasoning, body, written, status, error_message) => {
      for (const version of VERSIONS) {
        const local = server({ version })
        const id = await hold(local, { reasoning, error_message: 'before' })
        const { action } = (await decide(local, id, body)).body
        expect(action).toMatchObject({
          reasoning: written,
          status,
          error_message,
          timestamp_end: null,
          updated_at: null,
        })
      }
    },
  )

  test('is signed on newer servers only, and only when it allows', async () => {
    for (const decision of ['allow', 'deny'] as const) {
      const local = server({ version: '2.10' })
      const { action } = (await decide(local, await hold(local), { decision })).body
      expect(action.approved_by).toBe(decision === 'allow' ? 'local' : null)
      expect(typeof action.approved_at).toBe(decision === 'allow' ? 'string' : 'object')
    }
    const local = server()
    const { action } = (await decide(local, await hold(local), { decision: 'allow', reasoning: null })).body
    expect(action).not.toHaveProperty('approved_by')
  })

  test('without the field for the reason fails on 2.0, and the action keeps waiting', async () => {
    const local = server()
    const id = await hold(local)
    expect((await decide(local, id, { decision: 'allow' })).status).toBe(500)
    expect((await decide(local, id, { decision: 'allow', reasoning: null })).status).toBe(200)
    const newer = server({ version: '2.10' })
    expect((await decide(newer, await hold(newer), { decision: 'allow' })).status).toBe(200)
  })

  test('is taken once, from one that waits', async () => {
    const local = server()
    for (const status of ['running', 'completed', 'failed', 'cancelled', 'pending']) {
      const id = await hold(local, { status })
      expect(await decide(local, id, { decision: 'allow', reasoning: null })).toMatchObject({
        status: 400,
        body: { error: 'Action is not pending approval' },
      })
    }
    const id = await hold(local)
    expect((await decide(local, id, { decision: 'deny', reasoning: null })).status).toBe(200)
    expect((await decide(local, id, { decision: 'allow', reasoning: null })).status).toBe(400)
  })

  test('is checked in the platform’s order: role, JSON, word, action, state', async () => {
    const local = server({ keys: [...REPLAY_KEYS, { key: 'other', org: 'org_other' }] })
    const id = await hold(local, { status: 'running' })
    const statuses = [
      await decide(local, id, 'no JSON', 'key-member'),
      await decide(local, id, 'no JSON'),
      await decide(local, 'nope', { decision: 'maybe' }),
      await decide(local, id, { decision: 'allow' }, 'other'),
      await decide(local, id, { decision: 'allow' }),
    ].map(({ status }) => status)
    expect(statuses).toEqual([403, 500, 400, 404, 400])
  })

  test('replaces secrets in the row, and leaves them in the log as the platform does', async () => {
    const local = server()
    const reasoning = 'key AKIAIOSFODNN7EXAMPLE leaked'
    const id = await hold(local)
    const { body } = await decide(local, id, { decision: 'deny', reasoning })
    expect(body).toMatchObject({
      success: true,
      action: { error_message: 'key [REDACTED:aws_access_key] leaked' },
      security: { findings_count: 1, critical_count: 1 },
    })
    expect(local.snapshot()['activity']).toMatchObject([
      {
        action: 'action.denyed',
        resource_type: 'action',
        resource_id: id,
        details: JSON.stringify({ decision: 'deny', reasoning }),
      },
    ])
  })

  test('has a path of its own on newer servers only', async () => {
    for (const [version, status] of [
      ['2.0', 404],
      ['2.10', 200],
    ] as const) {
      const local = server({ version })
      const path = `/api/approvals/${await hold(local)}`
      expect((await send(local, 'POST', path, { decision: 'allow' })).status).toBe(status)
    }
    const local = server({ version: '2.10' })
    const path = `/api/approvals/${await hold(local)}`
    expect(await send(local, 'POST', path, { decision: 'allow' }, { key: 'key-member' })).toMatchObject({
      status: 403,
      body: { error: 'Admin access required for approvals' },
    })
  })

  test('can be taken past HTTP', async () => {
    const local = server({ keys: [{ key: 'other', org: 'org_other' }] })
    const [one, two] = [await hold(local), await hold(local)]
    local.approve(one, { reasoning: 'fine' })
    local.deny(two)
    expect(local.snapshot()['actions']).toMatchObject([
      { status: 'running', reasoning: '\n\n[HITL Decision: ALLOW by ]\nReason: fine' },
      { status: 'failed', error_message: 'Denied by human operator' },
    ])
    expect(local.snapshot()['activity']).toMatchObject([
      { action: 'action.allowed', resource_id: one },
      { action: 'action.denyed', resource_id: two },
    ])
    expect(() => local.approve(one)).toThrow(`Action ${one} is not pending approval`)
    expect(() => local.deny('act_unknown')).toThrow('Action act_unknown is unknown to the embedded server')
    const input = { agent_id: 'a', action_type: 'build', declared_goal: 'g', status: 'pending_approval' }
    await send(local, 'POST', '/api/actions', { ...input, action_id: 'theirs' }, { key: 'other' })
    local.approve('theirs')
    expect(local.snapshot('org_other')['actions']).toMatchObject([{ status: 'running' }])
  })
})

test('a waiting action is left by its agent without a person, and never by time', async () => {
  const local = server()
  const id = await hold(local)
  local.clock.advance(365 * 86_400_000)
  const queue = async () =>
    (
      await send<{ total: number }>(local, 'GET', '/api/actions?status=pending_approval', undefined, {
        key: 'key-readonly',
      })
    ).body.total
  expect(await queue()).toBe(1)
  await send(local, 'PATCH', `/api/actions/${id}`, { status: 'cancelled' })
  expect(await queue()).toBe(0)
  expect((await decide(local, id, { decision: 'allow', reasoning: null })).status).toBe(400)
})
