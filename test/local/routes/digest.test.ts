import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Digest } from '../../../src/domains/digest.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Digest)
const DAY = '2026-11-22'
const TIME = `${DAY}T13:12:44.000Z`

const connect = (server: LocalServer, agentId = 'dig-a-mwrux3hg') =>
  new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId, fetch: server.fetch, logger: false, maxRetries: 0 })

/** One thing of each kind, on one day. */
function fill(server: LocalServer): void {
  const own = { agent_id: 'dig-a-mwrux3hg', created_at: TIME, timestamp: TIME }
  const action = { ...own, declared_goal: 'g', action_type: 'research', timestamp_start: TIME }
  server.seed('actions', [
    { ...action, action_id: 'act_1', status: 'completed', risk_score: 20 },
    { ...action, action_id: 'act_2', status: 'failed', risk_score: 80 },
    { ...action, action_id: 'act_3', status: 'running', risk_score: 41, timestamp_start: `${DAY}T23:59:59.999Z` },
  ])
  server.seed('decisions', [{ ...own, id: 1, decision: 'Chose retry', outcome: 'pending' }])
  server.seed('lessons', [{ ...own, id: 1, lesson: null, content: 'Retry less' }])
  server.seed('content', [{ ...own, id: 1, title: 'C', platform: null, status: 'draft' }])
  server.seed('ideas', [{ id: 1, title: 'Idea', score: 50, captured_at: TIME }])
  server.seed('interactions', [{ ...own, id: 1, summary: 'I', direction: 'outbound', created_at: null, date: TIME }])
  server.seed('goals', [{ ...own, id: 1, title: 'G', progress: 0, status: 'active' }])
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS, now: TIME })
  fill(server)
  replay({ domain: 'digest', server })
})

test('a day is a day in UTC, to its last millisecond', async () => {
  const server = createLocalServer()
  fill(server)
  const claw = connect(server)
  const { digest, summary } = await claw.getDailyDigest({ date: DAY })
  expect(digest.actions).toMatchObject({ total: 3, completed: 1, failed: 1, avg_risk: 47 })
  expect(digest.actions.items.map(({ action_id }) => action_id)).toEqual(['act_3', 'act_2', 'act_1'])
  expect(digest.lessons.items).toEqual([{ id: 1, lesson: 'Retry less', timestamp: TIME }])
  expect(summary).toMatchObject({ total_activities: 9, action_count: 3, interaction_count: 1 })
  expect((await claw.getDailyDigest({ date: '2026-11-23' })).summary.total_activities).toBe(0)
})

test('interactions of a day are missing on the older line, and there without a date', async () => {
  const server = createLocalServer({ version: '2.0' })
  fill(server)
  const claw = connect(server)
  expect((await claw.getDailyDigest({ date: DAY })).summary.interaction_count).toBe(0)
  expect((await claw.getDailyDigest({ date: null })).digest.interactions).toEqual({
    total: 1,
    items: [{ id: 1, summary: 'I', direction: 'outbound', created_at: null }],
  })
})

test('without a date each kind stops at its newest 50, and ideas are those of all agents', async () => {
  const server = createLocalServer()
  fill(server)
  server.seed(
    'goals',
    Array.from({ length: 60 }, (_, id) => ({ id, title: 'G', agent_id: 'other', created_at: TIME })),
  )
  const { digest } = await connect(server, 'other').getDailyDigest({ date: null })
  expect(digest.goals.total).toBe(50)
  expect(digest.goals.items).toHaveLength(10)
  expect(digest.actions.total).toBe(0)
  expect(digest.ideas.total).toBe(1)
})
