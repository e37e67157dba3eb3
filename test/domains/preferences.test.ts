import { afterAll, describe, expect, test } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { Preferences } from '../../src/domains/preferences.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'

const Client = compose(Preferences)

function connect() {
  const { fetch, sent } = capture()
  return {
    claw: new Client({ baseUrl: 'http://dashclaw.test', apiKey: 'k', agentId: 'a', logger: false, fetch }),
    sent,
  }
}

describe('the context of a mood', () => {
  test.each([
    [{ context: 'standup' }, { notes: 'standup' }],
    [{ context: 'standup', notes: null }, { notes: 'standup' }],
    [{ context: null }, { notes: null }],
    [{ notes: null }, {}],
    [
      { context: 'standup', notes: 'coffee' },
      { context: 'standup', notes: 'coffee' },
    ],
    [{ notes: 'coffee' }, { notes: 'coffee' }],
  ])('goes where it is kept: %j is sent as %j', async (input, sentAs) => {
    const { claw, sent } = connect()
    await claw.logMood({ mood: 'calm', ...input })
    expect(sent[0]!.body).toEqual({ type: 'mood', agent_id: 'a', mood: 'calm', ...sentAs })
  })
})

describe('whether an approach worked', () => {
  test.each([
    [{ succeeded: true }, { success: true }],
    [{ succeeded: false }, { success: false }],
    [{ success: true }, { success: true }],
    [{ succeeded: true, success: false }, { success: false }],
    [{ succeeded: true, success: null }, { success: true }],
    [{}, {}],
  ])('goes out under the name that the server reads: %j as %j', async (input, sentAs) => {
    const { claw, sent } = connect()
    await claw.trackApproach({ approach: 'Small steps', ...input })
    expect(sent[0]!.body).toEqual({ type: 'approach', agent_id: 'a', approach: 'Small steps', ...sentAs })
  })
})

test('the kind of a row is fixed by the method', async () => {
  const { claw, sent } = connect()
  await claw.logObservation({ observation: 'o', type: 'mood' } as never)
  await claw.getApproaches({ type: 'moods' } as never)
  expect(sent[0]!.body).toMatchObject({ type: 'observation' })
  expect(sent[1]!.query).toMatchObject({ type: 'approaches' })
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())

  test('what was learned comes back in the summary', async () => {
    const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'tutor' })
    await claw.logObservation({ observation: 'Reads on the phone', importance: 0 })
    await claw.setPreference({ preference: 'tabs', confidence: 90 })
    await claw.setPreference({ preference: 'tabs' })
    await claw.logMood({ mood: 'focused', energy: 'high', context: 'morning standup' })
    await claw.trackApproach({ approach: 'Small steps', succeeded: true })
    await claw.trackApproach({ approach: 'Small steps', succeeded: false })
    const { summary } = await claw.getPreferenceSummary()
    expect(summary).toMatchObject({
      observations_count: 1,
      preferences: [{ confidence: 90 }, { confidence: 50 }],
      recent_moods: [{ mood: 'focused', energy: 'high', notes: 'morning standup' }],
      top_approaches: [{ success_count: 1, fail_count: 1 }],
    })
    expect(await claw.getApproaches({ limit: 1 })).toMatchObject({ total: 1 })
  })
})
