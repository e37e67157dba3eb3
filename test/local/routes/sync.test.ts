import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Context } from '../../../src/domains/context.ts'
import { Dashboard } from '../../../src/domains/dashboard.ts'
import { Handoffs } from '../../../src/domains/handoffs.ts'
import { Preferences } from '../../../src/domains/preferences.ts'
import { Snippets } from '../../../src/domains/snippets.ts'
import { Sync, type SyncState } from '../../../src/domains/sync.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { wholeLists } from '../../support/lists.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const Client = compose(Actions, Context, Dashboard, Handoffs, Preferences, Snippets, Sync)

const connect = (server: LocalServer) =>
  new Client({
    baseUrl: server.baseUrl,
    apiKey: 'local',
    agentId: 'a',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })

const rowsOf = (server: LocalServer, table: string) => (server.snapshot()[table] ?? []) as Record<string, unknown>[]

async function raw(server: LocalServer, body: unknown) {
  const init = { method: 'POST', headers: { 'x-api-key': 'local' }, body: JSON.stringify(body) }
  const answer = await server.fetch(`${server.baseUrl}/api/sync`, init)
  return { status: answer.status, ...((await answer.json()) as object) }
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  replay({ domain: 'sync', server: wholeLists(writtenOut(server)) })

  test('end with the rows that the notes on them describe', () => {
    const of = (table: string, wanted: object) =>
      rowsOf(server, table).filter((row) => Object.entries(wanted).every(([name, value]) => row[name] === value))
    expect(of('connections', { provider: 'meta0' })).toMatchObject([{ metadata: '[object Object]' }])
    expect(of('connections', { provider: 'slack' })).toMatchObject([{ plan_name: null, auth_type: 'oauth' }])
    expect(of('key_points', { content: 'P3' })).toMatchObject([{ category: 'general', importance: 5 }])
    expect(of('ideas', { title: 'zero' })).toMatchObject([{ score: 50 }])
    expect(of('decisions', { decision: 'zero' })).toMatchObject([{ confidence: 50, outcome: 'pending' }])
    expect(rowsOf(server, 'memory_entities')).toEqual([{ name: 'E', type: 'other', mentions: 0 }])
    expect(rowsOf(server, 'memory_snapshots').at(-1)).toMatchObject({ health_score: 0 })
    expect(of('snippets', { name: 'synsec-mwruymm7' })).toMatchObject([{ code: '[REDACTED:aws_access_key]' }])
    expect(of('goals', { title: 'lost with it' })).toEqual([])
    expect(of('approaches', { approach: 'a', agent_id: 'syn-a-mwruymm7' })).toMatchObject([
      { success_count: 1, fail_count: 1 },
    ])
    // Missing texts stay as they were, the number of files does not.
    expect(of('capabilities', { name: 'scan' })).toMatchObject([{ description: 'd', source_path: 'p', file_count: 1 }])
    expect(of('contacts', { name: 'Bob mwruymm7' })).toHaveLength(1)
  })
})

describe('the sections of a state', () => {
  test('end up where the single routes keep theirs', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    await claw.syncState({
      context_points: [{ content: 'point', category: 'constraint' }],
      context_threads: [{ name: 'thread', summary: 's' }],
      handoffs: [{ summary: 'handoff', open_tasks: ['x'] }],
      snippets: [{ name: 'snippet', code: 'x' }],
      preferences: { observations: [{ observation: 'o' }], approaches: [{ approach: 'p', success: true }] },
      relationships: [{ name: 'Dana' }],
    })
    expect((await claw.getKeyPoints()).points).toMatchObject([{ content: 'point', category: 'general', importance: 5 }])
    expect((await claw.getThreads()).threads).toMatchObject([{ name: 'thread', status: 'active' }])
    expect((await claw.getLatestHandoff()).handoff).toMatchObject({ summary: 'handoff', open_tasks: '["x"]' })
    expect((await claw.getSnippets()).snippets).toMatchObject([{ name: 'snippet', use_count: 0 }])
    const { summary } = await claw.getPreferenceSummary()
    expect(summary).toMatchObject({ observations_count: 1, top_approaches: [{ approach: 'p', success_count: 1 }] })
    expect((await claw.recordInteraction({ summary: 's', contact_name: 'Dana' })).interaction.contact_id).not.toBeNull()
  })

  test('replace, count or add when they come again', async () => {
    const server = createLocalServer()
    const claw = connect(server)
    const state: SyncState = {
      goals: [{ title: 'g' }],
      decisions: [{ decision: 'd' }],
      context_threads: [{ name: 't', summary: 's' }],
      snippets: [{ name: 's', code: 'x', language: 'js' }],
      relationships: [{ name: 'Bob' }],
      capabilities: [{ name: 'c', file_count: 2 }],
      connections: [{ provider: 'p' }],
      preferences: { approaches: [{ approach: 'a', success: true }] },
    }
    await claw.syncState(state)
    await claw.syncState({ ...state, snippets: [{ name: 's', code: 'y' }], context_threads: [{ name: 't' }] })
    const counts = ['goals', 'decisions', 'context_threads', 'snippets', 'contacts', 'capabilities', 'connections']
    expect(counts.map((table) => rowsOf(server, table).length)).toEqual([2, 2, 1, 1, 1, 1, 1])
    expect(rowsOf(server, 'snippets')).toMatchObject([{ code: 'y', language: 'js' }])
    expect(rowsOf(server, 'context_threads')).toMatchObject([{ summary: 's' }])
    expect(rowsOf(server, 'approaches')).toMatchObject([{ success_count: 2, fail_count: 0 }])
  })

  test('report each entry that the database refuses and store the others', async () => {
    const server = createLocalServer()
    const { results, total_synced, total_errors } = await connect(server).syncState({
      goals: [{ title: 'half', progress: 10.5 }, { title: 'whole' }],
      context_points: [{ content: 'p', importance: 5.5 }],
      preferences: { observations: [{ observation: 'o', importance: 1.5 }], moods: [{ mood: 'calm' }] },
      memory: { health: { score: 1.5 }, topics: [{ name: 't' }] },
    })
    expect(results).toEqual({
      goals: { synced: 1, errors: ['goal "half": sync failed'] },
      context_points: { synced: 0, errors: ['context point: sync failed'] },
      preferences: { synced: 1, errors: ['observation: sync failed'] },
      memory: { synced: 0, errors: ['memory: sync failed'] },
    })
    expect({ total_synced, total_errors }).toEqual({ total_synced: 2, total_errors: 4 })
  })
})

describe('a state that breaks a rule', () => {
  test.each([
    [{ goals: null }, { goals: { _errors: ['Invalid input: expected array, received null'] } }],
    [{ memory: [] }, { memory: { _errors: ['Invalid input: expected object, received array'] } }],
    [
      { memory: { topics: [{ mentions: 'x' }] } },
      {
        memory: {
          topics: {
            0: {
              name: { _errors: ['Invalid input: expected string, received undefined'] },
              mentions: { _errors: ['Invalid input: expected number, received string'] },
            },
          },
        },
      },
    ],
    [
      { preferences: { approaches: [{ approach: 'a', success: null }] } },
      {
        preferences: {
          approaches: { 0: { success: { _errors: ['Invalid input: expected boolean, received null'] } } },
        },
      },
    ],
    [
      { target_org_id: 'x'.repeat(101) },
      { target_org_id: { _errors: ['Too big: expected string to have <=100 characters'] } },
    ],
    [{ goals: [5] }, { goals: { 0: { _errors: ['Invalid input: expected object, received number'] } } }],
  ])('%j is refused as a whole, with a tree of what is wrong', async (state, details) => {
    const server = createLocalServer()
    const body = { ...state, content: [{ title: 'lost with it' }] }
    expect(await raw(server, body)).toMatchObject({ status: 400, error: 'Validation failed', details })
    expect(rowsOf(server, 'content')).toEqual([])
  })

  test('is none on the newer line for metadata, which is stored', async () => {
    const server = createLocalServer()
    const metadata = { team: 'T1' }
    expect(await raw(server, { agent_id: 'a', connections: [{ provider: 'p', metadata }] })).toMatchObject({
      status: 200,
    })
    expect(rowsOf(server, 'connections')).toMatchObject([{ metadata: '{"team":"T1"}' }])
  })
})

test.each(['2.0', '2.10'] as const)('over real HTTP the %s line stores a whole state', async (version) => {
  const server = createLocalServer({
    version,
    policies: [{ name: 'No cleanup', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }],
  })
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a', logger: false })
  const goals = Array.from({ length: 2500 }, (_, at) => ({ title: `G${at}` }))
  const content = Array.from({ length: 300 }, (_, at) => ({ title: `C${at}`, body: 'b'.repeat(9000) }))
  const result = await claw.syncState({
    goals,
    content,
    decisions: [{ decision: 'D' }],
    context_points: [{ content: 'P', importance: null }],
    connections: [
      { provider: 'plain' },
      { provider: 'linked', metadata: { team: 'T1' } },
      { provider: 'odd', metadata: { a: 1 }, auth_type: 'magic' },
    ],
    capabilities: [{ name: 'scan', metadata: { a: 1 } }],
    memory: null,
    actions: [
      { action_type: 'deploy', declared_goal: 'Ship', status: 'completed' },
      { action_type: 'cleanup', declared_goal: 'Wipe' },
    ],
  })
  expect(result.results).toMatchObject({
    goals: { synced: 2500 },
    content: { synced: 300 },
    learning: { synced: 1 },
    decisions: { synced: 1 },
    context_points: { synced: 1 },
    connections: { synced: 2, errors: [expect.stringContaining('connection odd: auth_type must be one of')] },
    capabilities: { synced: 1 },
    actions: { synced: 1, errors: [expect.stringContaining('action "Wipe": sync failed')] },
  })
  expect(result).toMatchObject({ total_synced: 2806, total_errors: 2 })
  expect(rowsOf(server, 'goals')).toHaveLength(2500)
  expect(rowsOf(server, 'content')).toHaveLength(300)
  expect(rowsOf(server, 'connections')).toMatchObject([{ metadata: null }, { metadata: '{"team":"T1"}' }])
  expect((await claw.getActions({ status: 'completed' })).actions).toMatchObject([
    { declared_goal: 'Ship', status: 'completed', agent_id: 'a' },
  ])
  await claw.close()
  await close()
})

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test('a state that is null is refused as any other that is no object; what is no JSON is a fault', async () => {
    expect(await send(createLocalServer({ version }), 'POST', '/api/sync', 'null')).toMatchObject({
      status: 400,
      body: { error: 'Validation failed', details: { _errors: ['Invalid input: expected object, received null'] } },
    })
    expect(await send(createLocalServer({ version }), 'POST', '/api/sync', '{')).toMatchObject({ status: 500 })
  })
})
