import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Sessions } from '../../../src/domains/sessions.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Sessions)

function connect() {
  const server = createLocalServer({ keys: [{ key: 'oc_live_test' }] })
  const claw = new Client({
    baseUrl: server.baseUrl,
    apiKey: 'oc_live_test',
    agentId: 'bot',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
  return { server, claw }
}

describe('a 2.0 server', () => {
  replay({ domain: 'sessions', server: createLocalServer({ version: '2.0', keys: REPLAY_KEYS }) })
})

test('keeps an event for every status, with the reason of a block', async () => {
  const { server, claw } = connect()
  const { session } = await claw.createSession({ workspace: '/repo', branch: 'main' })
  expect(session).toMatchObject({
    agent_id: 'bot',
    status: 'spawning',
    workspace: '/repo',
    branch: 'main',
    blocked_reason: null,
  })
  expect(session.id).toMatch(/^sess_[0-9a-f]{12}$/)
  server.clock.advance(1000)
  const working = (await claw.updateSession(session.id, { status: 'working', blocked_reason: 'not now' })).session
  expect(working).toMatchObject({ status: 'working', blocked_reason: null })
  expect(working.status_since > session.status_since).toBe(true)
  const behind = (await claw.updateSession(session.id, { commits_behind: 3, green_level: 'tests' })).session
  expect(behind).toMatchObject({ commits_behind: 3, green_level: 'tests', status: 'working' })
  await claw.updateSession(session.id, { status: 'blocked', blocked_reason: 'no key' })
  expect((await claw.getSession(session.id)).session).toMatchObject({ status: 'blocked', blocked_reason: 'no key' })
  const { events } = await claw.getSessionEvents(session.id)
  expect(events.map(({ seq, kind, detail }) => [seq, kind, detail])).toEqual([
    [1, 'working', null],
    [2, 'blocked', 'no key'],
  ])
})

test('lists sessions of all agents, last changed first, by agent and status', async () => {
  const { server, claw } = connect()
  const ids: string[] = []
  for (const agent_id of ['a', 'b', 'a']) {
    server.clock.advance(1000)
    ids.push((await claw.createSession({ agent_id })).session.id)
  }
  server.clock.advance(1000)
  await claw.updateSession(ids[0]!, { status: 'closed' })
  const list = async (filters?: object) => (await claw.listSessions(filters)).sessions.map(({ id }) => ids.indexOf(id))
  expect(await list()).toEqual([0, 2, 1])
  expect(await list({ agent_id: 'a' })).toEqual([0, 2])
  expect(await list({ status: 'spawning', limit: 1 })).toEqual([2])
})

test('answers as the platform to what it can not do', async () => {
  const { server, claw } = connect()
  const { session } = await claw.createSession()
  await expect(claw.updateSession(session.id, {})).rejects.toMatchObject({
    status: 400,
    body: { error: 'No update fields provided' },
  })
  for (const call of [
    claw.getSession('sess_nope'),
    claw.getSessionEvents('sess_nope'),
    claw.updateSession('sess_nope', { status: 'x' }),
  ]) {
    await expect(call).rejects.toMatchObject({ name: 'NotFoundError', body: { error: 'Session not found' } })
  }
  const headers = { 'x-api-key': 'oc_live_test' }
  const nobody = await server.fetch(`${server.baseUrl}/api/sessions`, { method: 'POST', headers, body: '{}' })
  expect([nobody.status, await nobody.json()]).toEqual([400, { error: 'agent_id is required' }])
})
