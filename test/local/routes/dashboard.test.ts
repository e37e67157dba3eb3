import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Dashboard } from '../../../src/domains/dashboard.ts'
import { Presence } from '../../../src/domains/presence.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { wholeLists } from '../../support/lists.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Dashboard, Presence)

const connect = (server: LocalServer) =>
  new Client({
    baseUrl: server.baseUrl,
    apiKey: 'local',
    agentId: 'a',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })

async function call(server: LocalServer, method: string, path: string, body?: object) {
  const init = { method, headers: { 'x-api-key': 'local' }, ...(body && { body: JSON.stringify(body) }) }
  return (await (await server.fetch(server.baseUrl + path, init)).json()) as Record<string, unknown>
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS, now: '2026-11-22T13:00:00Z' })
  replay({
    domain: 'dashboard',
    server: wholeLists(writtenOut(server)),
    before: {
      'recordInteraction: all fields, known contact name is resolved': () =>
        call(server, 'POST', '/api/sync', { agent_id: 'dsh-a-mwruvyyv', relationships: [{ name: 'Dana mwruvyyv' }] }),
      'reportMemoryHealth: (no SDK method) latest health with entities: breakdown counts are text': () =>
        call(server, 'POST', '/api/memory', {
          health: { score: 70 },
          entities: [
            { name: 'A', type: 'person', mentions: 3 },
            { name: 'B', type: 'person' },
          ],
        }),
    },
    skip: { 'reportConnections: one good, three bad': 'its errors differ in their keys: compared below' },
  })

  test('say what was recorded of each connection that is refused', async () => {
    const bad = [{ auth_type: 'api_key' }, { provider: 'x', auth_type: 'magic' }, { provider: 'y', status: 'broken' }]
    const { connections, ...rest } = await connect(server).reportConnections([
      { provider: 'aws', metadata: 'raw text' },
      ...(bad as never[]),
    ])
    expect(connections).toMatchObject([{ provider: 'aws', metadata: 'raw text', auth_type: 'api_key' }])
    expect(rest).toEqual({
      created: 1,
      errors: [
        { error: 'provider is required and must be <= 128 chars' },
        { provider: 'x', error: 'auth_type must be one of: api_key, subscription, oauth, pre_configured, environment' },
        { provider: 'y', error: 'status must be one of: active, inactive, error' },
      ],
    })
  })

  test('end with the numbers that were recorded', async () => {
    expect(await call(server, 'GET', '/api/goals?agent_id=dsh-a-mwruvyyv')).toMatchObject({
      stats: { totalGoals: 4, active: 2, completed: 0, avgProgress: 135 },
    })
    expect(await call(server, 'GET', '/api/content?agent_id=dsh-a-mwruvyyv')).toMatchObject({
      stats: {
        published: 1,
        draft: 2,
        byPlatform: { other: { count: 2 }, linkedin: { count: 1, published: 1, draft: 0 } },
      },
    })
    expect(await call(server, 'GET', '/api/relationships?agent_id=dsh-a-mwruvyyv')).toMatchObject({
      contacts: [
        { name: 'Dana mwruvyyv', platform: 'contact', temperature: 'WARM', context: 'contact', interactions: 1 },
      ],
      stats: { total: 1, warm: 1, followUpsDue: 0 },
    })
    expect(await call(server, 'GET', '/api/inspiration')).toMatchObject({
      stats: { totalIdeas: 5, pending: 4, shipped: 0, avgScore: 37, topIdeas: 1 },
    })
  })
})

test('an event is shown five hours late by the older line only', async () => {
  for (const [version, time] of [
    ['2.0', '2027-01-15T10:00:00-05:00'],
    ['2.10', '2027-01-15T10:00:00.000Z'],
  ] as const) {
    const server = createLocalServer({ version, now: '2026-11-22T13:00:00Z' })
    const { event } = await connect(server).createCalendarEvent({ summary: 's', start_time: '2027-01-15 10:00' })
    expect(event.start_time).toBe('2027-01-15T10:00:00.000Z')
    expect(await call(server, 'GET', '/api/calendar')).toMatchObject({ events: [{ start_time: time }], count: 1 })
  }
})

test('past events are left out, and ten are shown', async () => {
  const server = createLocalServer({ now: '2027-01-15T10:00:00Z' })
  const claw = connect(server)
  await claw.createCalendarEvent({ summary: 'past', start_time: '2027-01-15T03:59:00Z' })
  for (let at = 11; at > 0; at--) {
    await claw.createCalendarEvent({ summary: `e${at}`, start_time: new Date(Date.UTC(2027, 0, 16, at)) })
  }
  const { events, count } = (await call(server, 'GET', '/api/calendar')) as {
    events: { summary: string }[]
    count: number
  }
  expect([count, events[0]!.summary, events.at(-1)!.summary]).toEqual([10, 'e1', 'e10'])
})

test('a list of names replaces those of the whole organization, and one that fails midway leaves the rest undone', async () => {
  const server = createLocalServer()
  const claw = connect(server)
  await claw.reportMemoryHealth({ health: 'good', entities: [{ name: 'old' }], topics: [{ name: 't', mentions: 4 }] })
  await claw.reportMemoryHealth({ health: 'good', entities: [] })
  expect(await call(server, 'GET', '/api/memory')).toMatchObject({
    entities: [{ name: 'old', type: 'other', mentions: 1 }],
  })
  const entities = [{ name: 'new', mention_count: 7 }, { type: 'person' }]
  expect(await call(server, 'POST', '/api/memory', { health: { score: 1 }, entities })).toHaveProperty('error')
  expect(await call(server, 'GET', '/api/memory')).toMatchObject({
    health: { score: 1 },
    entities: [{ name: 'new', mentions: 7 }],
    topics: [{ name: 't', mentions: 4 }],
  })
})

test('over real HTTP everything of a day is stored for its agent', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a', logger: false })
  expect((await claw.createGoal({ title: 'g', deadline: '2026-12-31', priority: 'high' })).goal).toMatchObject({
    agent_id: 'a',
    target_date: '2026-12-31',
    status: 'active',
  })
  const secret = 'AKIAABCDEFGHIJKLMNOP'
  expect(await claw.recordContent({ title: secret, content_type: 'report', body: secret })).toMatchObject({
    content: { title: secret, platform: 'report', body: '[REDACTED:aws_access_key]' },
    security: { clean: false, findings_count: 1 },
  })
  expect((await claw.recordIdea({ title: 'i', body: 'whole', fun_factor: 9 })).idea).toMatchObject({
    description: 'whole',
    score: 3,
  })
  expect((await claw.recordInteraction({ summary: 's', contact_name: 'nobody' })).interaction).toMatchObject({
    contact_id: null,
    direction: 'outbound',
  })
  const many = Array.from({ length: 60 }, (_, at) => ({ provider: `p${at}`, metadata: { at } }))
  const first = await claw.reportConnections(many)
  const again = await claw.reportConnections([{ provider: 'p59', status: 'error' }])
  expect(first.created).toBe(60)
  expect(again.connections).toMatchObject([{ id: first.connections[59]!.id, status: 'error', metadata: null }])
  const { agents } = await claw.listAgents({ include_connections: true })
  expect(agents).toMatchObject([{ agent_id: 'a', goal_count: 1 }])
  expect(agents[0]!.connections).toHaveLength(60)
  expect(await claw.reportMemoryHealth({ health: 'healthy', entities: 42, topics: 8 })).toMatchObject({
    snapshot: { health_score: 100 },
    entities_count: 0,
  })
  await claw.close()
  await close()
})
