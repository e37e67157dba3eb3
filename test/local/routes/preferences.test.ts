import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Preferences } from '../../../src/domains/preferences.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Preferences)

function connect() {
  const server = createLocalServer()
  return new Client({
    baseUrl: server.baseUrl,
    apiKey: 'local',
    agentId: 'a',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
}

describe('the recorded exchanges', () => {
  replay({ domain: 'preferences', server: writtenOut(createLocalServer({ version: '2.0', keys: REPLAY_KEYS })) })
})

test('the summary holds the surest preferences, the newest moods, the best approaches, each with its limit', async () => {
  const claw = connect()
  for (let at = 0; at < 22; at++) await claw.setPreference({ preference: `p${at}`, confidence: at + 1 })
  for (let at = 0; at < 7; at++) await claw.logMood({ mood: `m${at}` })
  for (let at = 0; at < 12; at++) await claw.trackApproach({ approach: `a${at}`, succeeded: at !== 3 })
  await claw.trackApproach({ approach: 'a5', succeeded: true })
  await claw.logObservation({ observation: 'o' })
  const { summary } = await claw.getPreferenceSummary()
  expect(summary.observations_count).toBe(1)
  expect(summary.preferences).toHaveLength(20)
  expect(summary.preferences[0]).toMatchObject({ preference: 'p21', confidence: 22 })
  expect(summary.recent_moods.map(({ mood }) => mood)).toEqual(['m6', 'm5', 'm4', 'm3', 'm2'])
  expect(summary.top_approaches).toHaveLength(10)
  expect(summary.top_approaches[0]).toMatchObject({ approach: 'a5', success_count: 2, fail_count: 0 })
})

test('an unknown kind names those that are known', async () => {
  const claw = connect()
  await expect(
    claw.request({ method: 'GET', path: '/api/preferences', query: { type: 'approach' } }),
  ).rejects.toMatchObject({
    body: { error: 'Invalid type: approach. Use: summary, observations, preferences, moods, approaches' },
  })
  await expect(
    claw.request({ method: 'GET', path: '/api/preferences', query: { type: 'constructor' } }),
  ).rejects.toMatchObject({ status: 400 })
  expect(await claw.request({ method: 'GET', path: '/api/preferences', query: { type: 'moods' } })).toEqual({
    moods: [],
    total: 0,
  })
})
