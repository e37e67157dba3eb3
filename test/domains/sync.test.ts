import { describe, expect, test } from 'vitest'
import type { SyncResult, SyncState } from '../../src/domains/sync.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { warnings } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

type Body = Record<string, unknown[]>

/** What a server answers for a body: every entry synced. */
function synced(body: Record<string, unknown>): SyncResult {
  const sections = Object.entries(body).filter(([name]) => name !== 'agent_id')
  const count = (value: unknown): number =>
    Array.isArray(value) ? value.length : Object.values(value as object).reduce((sum, list) => sum + count(list), 0)
  const results = Object.fromEntries(sections.map(([name, value]) => [name, { synced: count(value) }]))
  return { results, total_synced: 0, total_errors: 0, duration_ms: 5 }
}

/** A client of a server that answers as `synced` does, or with what `fails` gives. */
async function connect(
  fails: (path: string, body: Body, at: number) => Response | Error | undefined = () => undefined,
) {
  const bodies: Body[] = []
  const paths: string[] = []
  const logger = warnings()
  const fetch = async (url: string, { body: text }: { body?: string }): Promise<Response> => {
    const { pathname } = new URL(url)
    const body = JSON.parse(text!) as Body
    paths.push(pathname)
    bodies.push(body)
    const fault = fails(pathname, body, bodies.length)
    if (fault instanceof Error) throw fault
    if (fault) return fault
    if (pathname === '/api/sync') return Response.json(synced(body))
    if (pathname === '/api/actions') return Response.json({ action_id: body['action_id'] }, { status: 201 })
    return Response.json({ connections: [], created: body['connections']!.length })
  }
  const claw = await anyClient({ fetch: fetch as never, logger })
  return { sync: (state: SyncState) => claw['syncState']!(state) as Promise<SyncResult>, bodies, paths, logger, claw }
}

const goals = (count: number) => Array.from({ length: count }, (_, at) => ({ title: `G${at}` }))
const act = (declared_goal: string) => ({ action_type: 'deploy', declared_goal })
const error = (status: number, body: object = { error: 'no' }) => Response.json(body, { status })

describe('the sections of a state', () => {
  test('that are null are left out, and so are null fields of entries', async () => {
    const { sync, bodies } = await connect()
    await sync({
      goals: null,
      memory: null,
      actions: null,
      preferences: { moods: null, approaches: [{ approach: 'a', success: null }] },
      content: [{ title: 'C', status: null, body: null }],
    })
    expect(bodies).toEqual([
      { agent_id: 'agent-x', preferences: { approaches: [{ approach: 'a' }] }, content: [{ title: 'C' }] },
    ])
  })

  test('that are empty are sent as they are', async () => {
    const { sync, bodies } = await connect()
    const { results } = await sync({ goals: [], decisions: [], preferences: {}, actions: [] })
    expect(bodies).toEqual([{ agent_id: 'agent-x', goals: [], learning: [], preferences: {} }])
    expect(results).toEqual({
      goals: { synced: 0 },
      learning: { synced: 0 },
      decisions: { synced: 0 },
      preferences: { synced: 0 },
      actions: { synced: 0 },
    })
  })

  test('none at all is one request with the agent', async () => {
    const { sync, bodies } = await connect()
    expect(await sync({})).toEqual({ results: {}, total_synced: 0, total_errors: 0, duration_ms: 5 })
    expect(bodies).toEqual([{ agent_id: 'agent-x' }])
  })

  test('that only newer servers know pass through once', async () => {
    const { sync, bodies } = await connect()
    const newer = JSON.parse('{"plans":[{"name":"p"}],"constructor":1,"__proto__":{"polluted":true}}') as object
    await sync({ ...newer, goals: goals(2001), ['__proto__' as string]: 1 } as SyncState)
    expect(bodies.map((body) => [body['plans'], body['constructor'], body['goals']!.length])).toEqual([
      [[{ name: 'p' }], 1, 2000],
      [undefined, Object, 1],
    ])
    expect({}).not.toHaveProperty('polluted')
  })

  test('decisions go as learning, behind what is given there, and have its result', async () => {
    const { sync, bodies } = await connect()
    const { results, total_synced } = await sync({ decisions: [{ decision: 'D' }], learning: [{ decision: 'L' }] })
    expect(bodies).toEqual([{ agent_id: 'agent-x', learning: [{ decision: 'L' }, { decision: 'D' }] }])
    expect(results).toEqual({ learning: { synced: 2 }, decisions: { synced: 2 } })
    expect(total_synced).toBe(2)
  })

  test.each([undefined, null, 0])('a key point with importance %s gets 5', async (importance) => {
    const { sync, bodies } = await connect()
    await sync({ context_points: [{ content: 'P', importance }] })
    expect(bodies[0]!['context_points']).toEqual([{ content: 'P', importance: 5 }])
  })

  test('a state is not changed', async () => {
    const { sync } = await connect()
    const state = { context_points: [{ content: 'P' }], decisions: [{ decision: 'D' }], actions: [act('Ship')] }
    const before = structuredClone(state)
    await sync(state)
    expect(state).toEqual(before)
  })
})

describe('connections', () => {
  const with_metadata = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ provider: `p${at}`, metadata: { at } }))

  test('with metadata go to their own route, 50 a request, and share one result', async () => {
    const { sync, bodies, paths } = await connect()
    const { results, total_synced } = await sync({
      agent_id: 'a',
      connections: [...with_metadata(51), { provider: 'plain', metadata: {} }],
    })
    expect(paths).toEqual(['/api/sync', '/api/agents/connections', '/api/agents/connections'])
    expect(bodies[0]).toEqual({ agent_id: 'a', connections: [{ provider: 'plain' }] })
    expect(bodies.map((body) => body['connections']!.length)).toEqual([1, 50, 1])
    expect(bodies[2]).toMatchObject({ agent_id: 'a', connections: [{ provider: 'p50', metadata: { at: 50 } }] })
    expect(results).toEqual({ connections: { synced: 52 } })
    expect(total_synced).toBe(52)
  })

  test('need no state request when there is nothing else', async () => {
    const { sync, paths } = await connect()
    await sync({ connections: with_metadata(1) })
    expect(paths).toEqual(['/api/agents/connections'])
  })

  test('that are refused are errors of the section', async () => {
    const { sync, logger } = await connect((path) =>
      path.endsWith('connections')
        ? Response.json({
            connections: [],
            created: 0,
            errors: [{ provider: 'p0', error: 'metadata too large (max 10KB)' }],
          })
        : undefined,
    )
    const result = await sync({ connections: with_metadata(1), goals: goals(1) })
    expect(result).toMatchObject({
      results: {
        goals: { synced: 1 },
        connections: { synced: 0, errors: ['connection p0: metadata too large (max 10KB)'] },
      },
      total_synced: 1,
      total_errors: 1,
    })
    expect(logger.texts.join()).toContain('1 errors')
  })
})

test('metadata of capabilities is left out with a warning', async () => {
  const { sync, bodies, logger } = await connect()
  await sync({
    capabilities: [
      { name: 'a', metadata: { x: 1 } },
      { name: 'b', metadata: {} },
    ],
  })
  expect(bodies).toEqual([{ agent_id: 'agent-x', capabilities: [{ name: 'a' }, { name: 'b' }] }])
  expect(logger.texts).toHaveLength(1)
  expect(logger.texts[0]).toContain('metadata of 1 capabilities')
})

describe('a large state', () => {
  test('is split where a list has more entries than a request may hold, each of them sent once', async () => {
    const { sync, bodies } = await connect()
    const { results, total_synced, duration_ms } = await sync({
      goals: goals(4500),
      snippets: [{ name: 'S', code: 'x' }],
    })
    expect(bodies.map((body) => body['goals']!.length)).toEqual([2000, 2000, 500])
    expect(new Set(bodies.flatMap((body) => body['goals'])).size).toBe(4500)
    expect(bodies.map((body) => body['snippets']?.length)).toEqual([undefined, undefined, 1])
    expect(results).toEqual({ goals: { synced: 4500 }, snippets: { synced: 1 } })
    expect({ total_synced, duration_ms }).toEqual({ total_synced: 4501, duration_ms: 15 })
  })

  test('is split below 2 MiB of UTF-8, and sends what replaces or counts only once', async () => {
    const { fetch, inits } = capture([synced({})])
    const claw = await anyClient({ fetch })
    const moods = Array.from({ length: 300 }, (_, at) => ({ mood: `m${at}`, notes: '漢'.repeat(3000) }))
    await claw['syncState']!({
      memory: { health: { score: 1 }, topics: [{ name: 't' }] },
      preferences: { moods, approaches: [{ approach: 'a', success: true }] },
    })
    const bytes = inits.map(({ body }) => Buffer.byteLength(body!))
    expect(bytes.length).toBe(2)
    expect(Math.max(...bytes)).toBeLessThan(2_097_152)
    const bodies = inits.map(({ body }) => JSON.parse(body!) as { memory?: object; preferences: Body })
    expect(bodies.map(({ memory }) => memory)).toEqual([{ health: { score: 1 }, topics: [{ name: 't' }] }, undefined])
    expect(bodies.flatMap(({ preferences }) => preferences['moods'])).toEqual(moods)
    expect(bodies.flatMap(({ preferences }) => preferences['approaches'] ?? [])).toEqual([
      { approach: 'a', success: true },
    ])
  })

  test('that fails after its first part says so in the results, since a second call would double the first', async () => {
    const { sync, logger } = await connect((_path, _body, at) => (at === 2 ? error(400) : undefined))
    const { results, total_synced, total_errors } = await sync({ goals: goals(4001), content: [{ title: 'C' }] })
    expect(results).toEqual({
      goals: { synced: 2001, errors: [expect.stringMatching(/^goals: sync failed: .*400/)] },
      content: { synced: 1 },
    })
    expect({ total_synced, total_errors }).toEqual({ total_synced: 2002, total_errors: 1 })
    expect(logger.texts).toHaveLength(1)
  })

  test('that fails with its first part rejects: nothing is stored', async () => {
    const { sync, paths } = await connect(() => error(400))
    await expect(sync({ goals: goals(4001), actions: [act('Ship')] })).rejects.toMatchObject({
      name: 'ValidationError',
    })
    expect(paths).toEqual(['/api/sync'])
  })

  test('stops asking a server that is gone', async () => {
    const { claw, paths } = await connect((_path, _body, at) => (at > 1 ? new TypeError('fetch failed') : undefined))
    const state = { goals: goals(1), actions: [act('one'), act('two'), act('three')] }
    const { results } = (await claw['syncState']!(state, { maxRetries: 0 })) as SyncResult
    expect(results['actions']).toMatchObject({ synced: 0 })
    expect(results['actions']!.errors).toHaveLength(3)
    expect(results['actions']!.errors![2]).toContain('action "three": sync failed')
    expect(paths).toEqual(['/api/sync', '/api/actions'])
  })

  test('that is cancelled rejects with the reason', async () => {
    const controller = new AbortController()
    const { claw } = await connect((_path, _body, at) => {
      if (at === 2) controller.abort('enough')
      return undefined
    })
    await expect(claw['syncState']!({ goals: goals(6001) }, { signal: controller.signal })).rejects.toBe('enough')
  })
})

describe('actions', () => {
  test('are created one by one, for the agent of the state, each with an id of its own', async () => {
    const { sync, bodies, paths } = await connect()
    const { results } = await sync({
      agent_id: 'a',
      actions: [act('one'), { ...act('two'), agent_id: 'b', action_id: 'mine' }],
    })
    expect(paths).toEqual(['/api/actions', '/api/actions'])
    expect(bodies[0]).toEqual({ ...act('one'), agent_id: 'a', action_id: expect.stringMatching(/^act_/) })
    expect(bodies[1]).toEqual({ ...act('two'), agent_id: 'b', action_id: 'mine' })
    expect(results).toEqual({ actions: { synced: 2 } })
  })

  test('fit the limits of the route: pending waits for a person, long texts are cut', async () => {
    const { sync, bodies } = await connect()
    await sync({ actions: [{ ...act('one'), status: 'pending', output_summary: 'x'.repeat(5000) }] })
    expect(bodies[0]).toMatchObject({ status: 'pending_approval' })
    expect(bodies[0]!['output_summary']).toHaveLength(4000)
  })

  test('that a policy blocks or the server refuses are errors, and the others are created', async () => {
    const { sync, paths } = await connect((_path, _body, at) =>
      at === 1 ? error(403, { error: 'blocked', decision: { decision: 'block' } }) : at === 2 ? error(409) : undefined,
    )
    const { results } = await sync({ actions: [act('one'), { ...act('two'), action_id: 'taken' }, act('three')] })
    expect(results['actions']).toEqual({
      synced: 1,
      errors: [
        expect.stringMatching(/^action "one": sync failed: .*blocked/),
        expect.stringMatching(/^action "two": sync failed: /),
      ],
    })
    expect(paths).toHaveLength(3)
  })

  test('with a key that the server does not know reject', async () => {
    const { sync } = await connect(() => error(401))
    await expect(sync({ actions: [act('one')] })).rejects.toMatchObject({ name: 'AuthenticationError' })
  })

  test('whose answer was lost are sent again with the same id, and a conflict then means that they arrived', async () => {
    const { sync, bodies } = await connect((_path, _body, at) =>
      at === 1 ? new TypeError('fetch failed') : error(409),
    )
    expect((await sync({ actions: [act('one')] })).results).toEqual({ actions: { synced: 1 } })
    expect(bodies).toHaveLength(2)
    expect(bodies[0]!['action_id']).toBe(bodies[1]!['action_id'])
  })

  test('with an id of the caller are not sent again after an unclear failure', async () => {
    const { sync, bodies } = await connect(() => error(500))
    await expect(sync({ actions: [{ ...act('one'), action_id: 'mine' }] })).rejects.toMatchObject({ status: 500 })
    expect(bodies).toHaveLength(1)
  })

  test('are signed where the client has a key', async () => {
    const { privateKey } = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    )
    const { fetch, sent } = capture([{ action_id: 'act_1' }], 201)
    const claw = await anyClient({ fetch, privateKey })
    await claw['syncState']!({ actions: [act('one')] })
    expect(sent[0]!.body).toMatchObject({ ...act('one'), _signature: expect.stringMatching(/^[\w+/]{300,}=*$/) })
  })
})

test('an entry that can not be stored is named with its place', async () => {
  const { sync } = await connect()
  await expect(sync({ goals: [{ title: 'ok' }, { category: 'work' }] as never })).rejects.toThrow(
    'syncState goals[1] needs title.',
  )
  await expect(sync({ memory: { topics: [{}] } as never })).rejects.toThrow('syncState memory topics[0] needs name.')
})

test('a state is not sent again after an unclear failure, since most sections would double', async () => {
  const { sync, paths } = await connect(() => error(500))
  await expect(sync({ goals: goals(1) })).rejects.toMatchObject({ name: 'ServerError' })
  expect(paths).toEqual(['/api/sync'])
})
