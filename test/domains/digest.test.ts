import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { Actions } from '../../src/domains/actions.ts'
import { Digest } from '../../src/domains/digest.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'

const Client = compose(Actions, Digest)
const answer = { date: null, agent_id: null, digest: {}, summary: { action_count: 3, decision_count: 2 } }

function connect() {
  const { fetch, sent } = capture([answer])
  return {
    claw: new Client({ baseUrl: 'http://dashclaw.test', apiKey: 'k', agentId: 'a', logger: false, fetch }),
    sent,
  }
}

afterEach(() => {
  vi.useRealTimers()
})

test('the day is today in UTC, which may be the next one here', async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T22:30:00-05:00'), toFake: ['Date'] })
  const { claw, sent } = connect()
  await claw.getDailyDigest()
  await claw.getDailyDigest({ date: undefined })
  for (const { query } of sent) expect(query).toEqual({ agent_id: 'a', date: '2026-03-02' })
})

test('no day and no agent are sent for null', async () => {
  const { claw, sent } = connect()
  await claw.getDailyDigest({ date: null, agent_id: null })
  expect(sent).toEqual([{ method: 'GET', path: '/api/digest' }])
})

test('the documented counts stand beside those of the server', async () => {
  const { claw } = connect()
  expect(await claw.getDailyDigest()).toEqual({ ...answer, actions_count: 3, decisions_count: 2 })
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())

  test('a day counts the actions of the agent', async () => {
    const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'worker' })
    await claw.createAction({ action_type: 'research', declared_goal: 'Read', status: 'completed', risk_score: 20 })
    await claw.createAction({ action_type: 'research', declared_goal: 'Read more', risk_score: 41 })
    await claw.createAction({ action_type: 'research', declared_goal: 'Not mine', agent_id: 'other' })
    const { actions_count, digest } = await claw.getDailyDigest()
    expect(actions_count).toBe(2)
    expect(digest.actions).toMatchObject({ total: 2, completed: 1, failed: 0, avg_risk: 31 })
    expect((await claw.getDailyDigest({ agent_id: null })).actions_count).toBe(3)
  })
})
