/** What a client learns of values that it lets through and the database can't store. */
import { describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { createLocalServer, type LocalServerOptions } from '../../src/local/index.ts'

function setup(options: LocalServerOptions = {}) {
  const server = createLocalServer(options)
  const { baseUrl, fetch } = server
  return {
    server,
    claw: new DashClaw({ baseUrl, apiKey: 'local', agentId: 'agent-1', fetch, logger: false, maxRetries: 0 }),
  }
}

const failed = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: Error & { status?: number }) => `${error.name} ${error.status}`,
  )

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test.each<[string, (claw: DashClaw) => Promise<unknown>]>([
    ['a task', (claw) => claw.submitRoutingTask({ title: 'a\0b' })],
    ['an agent of the pool', (claw) => claw.registerRoutingAgent({ name: 'a\0b' })],
    ['a message', (claw) => claw.sendMessage({ body: 'a\0b' })],
    ['a handoff', (claw) => claw.createHandoff({ summary: 'a\0b' })],
    ['a snippet', (claw) => claw.saveSnippet({ name: 'a\0b', code: 'x' })],
    ['a prompt', (claw) => claw.createPromptTemplate({ name: 'a\0b' })],
    ['a preference', (claw) => claw.setPreference({ preference: 'a\0b' })],
    ['a scorer', (claw) => claw.createScorer({ name: 'a\0b', scorer_type: 'contains', config: { keywords: ['x'] } })],
    ['a profile', (claw) => claw.createScoringProfile({ name: 'a\0b' })],
    ['a point', (claw) => claw.captureKeyPoint({ content: 'a\0b' })],
    [
      'an open loop',
      (claw) => claw.registerOpenLoop({ action_id: 'act_1', loop_type: 'followup', description: 'a\0b' }),
    ],
  ])('a NUL in %s is a ServerError', async (_what, send) => {
    const { claw } = setup({ version })
    await claw.createAction({ action_id: 'act_1', action_type: 'build', declared_goal: 'Build' })
    expect(await failed(send(claw))).toBe('ServerError 500')
  })

  test('an integer that the column can not hold is a ServerError', async () => {
    const { claw } = setup({ version })
    expect(await failed(claw.submitRoutingTask({ title: 'Sum', timeoutSeconds: 2 ** 31 }))).toBe('ServerError 500')
    expect(await failed(claw.submitRoutingTask({ title: 'Sum', maxRetries: 2 ** 31 }))).toBe('ServerError 500')
  })
})
