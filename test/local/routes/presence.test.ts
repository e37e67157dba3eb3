import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { seedAction, send } from '../../support/seeds.ts'

const MINUTE = 60_000
const server = (options: object = {}) => createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })
const beat = (local: LocalServer, fields: object) => send(local, 'POST', '/api/agents/heartbeat', fields)

interface Agent {
  agent_id: string
  agent_name: string
  presence_state: string
  [field: string]: unknown
}
const agents = async (local: LocalServer, query = '') =>
  (await send<{ agents: Agent[]; meta?: object }>(local, 'GET', `/api/agents${query}`)).body

describe('the recorded exchanges of presence', () => {
  replay({
    domain: 'presence',
    server: server(),
    skip: {
      'heartbeat: the very first heartbeat on a server whose presence table does not exist yet':
        'the embedded server always has the table',
    },
  })
})

describe('a heartbeat', () => {
  test('replaces all that the last one said', async () => {
    const local = server()
    await beat(local, {
      agent_id: 'bot',
      agent_name: 'Bot',
      status: 'busy',
      current_task_id: 't',
      metadata: { load: 1 },
    })
    expect((await agents(local)).agents).toMatchObject([
      { agent_name: 'Bot', reported_status: 'busy', current_task_id: 't', presence_metadata: { load: 1 } },
    ])
    await beat(local, { agent_id: 'bot' })
    expect((await agents(local)).agents).toMatchObject([
      { agent_name: 'bot', reported_status: 'online', current_task_id: null, presence_metadata: {} },
    ])
    expect(local.snapshot()['presence']).toHaveLength(1)
  })

  test('stores texts of what is none, and null for a status of null', async () => {
    const local = server()
    await beat(local, { agent_id: 5, status: null, current_task_id: 7 })
    expect((await agents(local)).agents).toMatchObject([{ agent_id: '5', reported_status: null, current_task_id: '7' }])
    expect((await beat(local, { agent_id: '' })).status).toBe(400)
    expect((await beat(local, { agent_id: 'a\0' })).status).toBe(500)
  })

  test('tells of the task only where the beat did', async () => {
    const local = server()
    await beat(local, { agent_id: 'a' })
    await beat(local, { agent_id: 'a', current_task_id: null, agent_name: 'A' })
    const answer = await local.fetch(`${local.baseUrl}/api/stream?lastEventId=mem-0`, {
      headers: { 'x-api-key': 'local' },
    })
    const reader = answer.body!.getReader()
    let text = ''
    while (!text.includes('event: connected')) text += new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
    const events = [...text.matchAll(/^event: agent\.heartbeat\ndata: (.*)$/gm)].map(
      ([, data]) => JSON.parse(data!) as object,
    )
    const same = { agent_id: 'a', status: 'online', last_heartbeat_at: expect.any(String) }
    expect(events).toEqual([same, { ...same, current_task_id: null }])
  })
})

describe('the state of an agent', () => {
  test.each([
    ['online', 9, 'online', 'online'],
    ['busy', 9, 'online', 'busy'],
    ['online', 11, 'stale', 'online'],
    ['online', 29, 'stale', 'online'],
    ['online', 31, 'offline', 'online'],
    ['offline', 0, 'offline', 'offline'],
    ['error', 0, 'offline', 'error'],
  ])('after %s and %d minutes is %s', async (status, minutes, state, reported_status) => {
    const local = server()
    await beat(local, { agent_id: 'a', status })
    local.clock.advance(minutes * MINUTE)
    expect((await agents(local)).agents).toMatchObject([
      { presence_state: state, status: state, reported_status, seconds_since_seen: minutes * 60 },
    ])
  })

  test('follows the later of its heartbeat and what it did', async () => {
    const local = server()
    await beat(local, { agent_id: 'a' })
    local.clock.advance(20 * MINUTE)
    const active = new Date(local.clock.now() - MINUTE).toISOString()
    seedAction(local, { action_id: 'one', agent_id: 'a', agent_name: 'Alice', timestamp_start: active })
    seedAction(local, { action_id: 'two', agent_id: 'a', timestamp_start: 'soon' })
    await send(local, 'POST', '/api/learning', { decision: 'd', agent_id: 'b' })
    const [b, a] = (await agents(local)).agents
    expect(a).toMatchObject({
      agent_id: 'a',
      agent_name: 'Alice',
      presence_state: 'online',
      action_count: 2,
      goal_count: 0,
      decision_count: 0,
      last_active: active,
      last_seen_at: active,
    })
    expect(b).toMatchObject({ agent_id: 'b', agent_name: 'b', reported_status: 'unknown', decision_count: 1 })
    expect(b).not.toHaveProperty('last_heartbeat_at')
  })

  test('is unknown where nothing tells when it was seen', async () => {
    const local = server()
    seedAction(local, { action_id: 'one', agent_id: 'a', timestamp_start: 'soon' })
    expect((await agents(local)).agents).toMatchObject([
      { presence_state: 'unknown', last_seen_at: null, seconds_since_seen: null, last_active: null },
    ])
  })

  test('orders the list: online first, then the last seen', async () => {
    const local = server()
    for (const agent_id of ['old', 'mid', 'new']) {
      await beat(local, { agent_id })
      local.clock.advance(8 * MINUTE)
    }
    await beat(local, { agent_id: 'gone', status: 'offline' })
    expect((await agents(local)).agents.map(({ agent_id }) => agent_id)).toEqual(['new', 'gone', 'mid', 'old'])
  })

  test('comes with connections and facts of the server only where asked', async () => {
    const local = server()
    await beat(local, { agent_id: 'a' })
    const connection = { provider: 'openai', auth_type: 'api_key' }
    await send(local, 'POST', '/api/agents/connections', { agent_id: 'a', connections: [connection] })
    const { agents: found, meta } = await agents(local, '?include_connections=true&debug=true')
    expect(found).toMatchObject([{ connections: [{ provider: 'openai' }] }])
    expect(meta).toMatchObject({ org_id: 'org_local', agent_count: 1, online_window_ms: 'default(600000)' })
    const plain = await agents(local, '?include_connections=1&debug=1')
    expect(plain.agents[0]).not.toHaveProperty('connections')
    expect(plain).not.toHaveProperty('meta')
  })
})
