import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../src/local/index.ts'
import { send } from '../support/seeds.ts'

type Fields = Record<string, unknown>

// What was seen on a server of the 2.0 line and is easily got wrong.
describe.each(['2.0', '2.10'] as const)('as on the platform, %s', (version) => {
  const make = (options = {}): LocalServer => createLocalServer({ version, ...options })

  test.each([
    ['POST', '/api/actions', { agent_id: ' ', action_type: 'deploy', declared_goal: '  ' }],
    ['POST', '/api/guard', { action_type: ' ' }],
    ['POST', '/api/policies', { name: ' ', policy_type: 'require_approval', rules: '{"action_types":["x"]}' }],
  ])('%s %s takes strings of whitespace only', async (method, path, body) => {
    const { status } = await send(make(), method, path, body)
    expect(status).toBeLessThan(300)
  })

  test('an empty string is none', async () => {
    const fields = { agent_id: '', action_type: 'deploy', declared_goal: '' }
    const { status, body } = await send(make(), 'POST', '/api/actions', fields)
    expect([status, body]).toEqual([
      400,
      { error: 'Validation failed', details: ['agent_id cannot be empty', 'declared_goal cannot be empty'] },
    ])
  })

  test('a routing task keeps its result when it failed', async () => {
    const server = make()
    const tasks = '/api/routing/tasks'
    const { body: made } = await send<{ task: { id: string } }>(server, 'POST', tasks, { title: 't', maxRetries: 0 })
    const end = async (fields: Fields) => (await send(server, 'POST', `${tasks}/${made.task.id}/complete`, fields)).body
    expect(await end({ success: false, result: { reason: 'no disk' } })).toMatchObject({
      task: { result: '{"reason":"no disk"}', status: 'escalated' },
      routing: { status: 'escalated' },
    })
    expect(await end({ success: false })).toMatchObject({ task: { result: null } })
    expect(await end({ result: 'done' })).toMatchObject({ task: { result: '"done"', status: 'completed' } })
  })

  test('null members of what scoring makes are stored as null; what is not given is the default', async () => {
    const server = make()
    const dimension = { name: 'd', data_source: 'risk_score' }
    const nulls = { description: null, weight: null, data_config: null, scale: null, sort_order: null }
    const profile = await send<Fields>(server, 'POST', '/api/scoring/profiles', {
      name: 'p',
      description: null,
      metadata: null,
      composite_method: null,
      dimensions: [{ ...dimension, ...nulls }, dimension],
    })
    expect(profile).toMatchObject({
      status: 201,
      body: {
        ...{ description: null, metadata: null, composite_method: null },
        dimensions: [nulls, { description: '', weight: 1, data_config: {}, scale: [], sort_order: 1 }],
      },
    })
    const id = profile.body['id']
    const added = await send(server, 'POST', `/api/scoring/profiles/${String(id)}/dimensions`, {
      ...dimension,
      ...nulls,
    })
    expect(added).toMatchObject({ status: 201, body: nulls })
    const templates = '/api/scoring/risk-templates'
    const none = { description: null, base_risk: null, rules: null }
    expect(await send(server, 'POST', templates, { name: 't', ...none })).toMatchObject({ status: 201, body: none })
    expect(await send(server, 'POST', templates, { name: 't' })).toMatchObject({
      body: { description: '', base_risk: 0, rules: [] },
    })
    for (const path of ['/api/scoring/profiles', templates]) expect((await send(server, 'GET', path)).status).toBe(200)
    const scored = await send(server, 'POST', '/api/scoring/score', { profile_id: id, action: { risk_score: 5 } })
    expect(scored).toMatchObject({ status: 200, body: { composite_score: 50 } })
  })

  test('a position that is no whole number is refused in the words of the database', async () => {
    const fields = { name: 'p', dimensions: [{ name: 'd', data_source: 'risk_score', sort_order: 0.5 }] }
    expect(await send(make(), 'POST', '/api/scoring/profiles', fields)).toMatchObject({
      status: 500,
      body: { error: 'invalid input syntax for type integer: "0.5"' },
    })
    expect(await send(make(), 'POST', '/api/scoring/risk-templates', { name: 't', base_risk: 'high' })).toMatchObject({
      status: 500,
      body: { error: 'invalid input syntax for type integer: "high"' },
    })
  })

  test('a state that is null is refused as any other that is no object; what is no JSON is a fault', async () => {
    expect(await send(make(), 'POST', '/api/sync', 'null')).toMatchObject({
      status: 400,
      body: { error: 'Validation failed', details: { _errors: ['Invalid input: expected object, received null'] } },
    })
    expect(await send(make(), 'POST', '/api/sync', '{')).toMatchObject({ status: 500 })
  })

  test('a key tells when it was used, looked up once in 5 minutes', async () => {
    const keys = [{ key: 'reader', role: 'readonly' }, { key: 'never' }]
    const server = make({ keys, now: '2026-01-02T03:04:05.000Z' })
    const at = '/api/orgs/org_local/keys'
    const used = async () => {
      const { body } = await send<{ keys: { last_used_at: string | null }[] }>(server, 'GET', at)
      return body.keys.map(({ last_used_at }) => last_used_at?.slice(11, 19) ?? null)
    }
    expect(await used()).toEqual([null, null, '03:04:05'])
    server.clock.set('2026-01-02T03:06:00.000Z')
    await send(server, 'GET', '/api/actions', undefined, { key: 'reader' })
    expect(await used()).toEqual([null, '03:06:00', '03:04:05'])
    server.clock.set('2026-01-02T03:09:06.000Z')
    expect(await used()).toEqual([null, '03:06:00', '03:09:06'])
    const { body } = await send<{ key: { id: string; key: string } }>(server, 'POST', at, {})
    await send(server, 'GET', '/api/actions', undefined, { key: body.key.key })
    await send(server, 'DELETE', `${at}?id=${body.key.id}`)
    expect((await used())[0]).toBe('03:09:06')
  })

  test('the log has no address behind no known proxy', async () => {
    const server = make({
      policies: [{ name: 'H', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }],
    })
    await send(server, 'POST', '/api/webhooks', { url: 'https://example.com/' })
    const fields = { agent_id: 'a', action_type: 'deploy', declared_goal: 'g', action_id: 'act_1' }
    await send(server, 'POST', '/api/actions', fields)
    const ruling = { decision: 'allow', reasoning: 'ok' }
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    await send(server, 'POST', '/api/actions/act_1/approve', ruling, { headers })
    const { body } = await send<{ logs: { ip_address: string }[] }>(server, 'GET', '/api/activity')
    expect(body.logs.map(({ ip_address }) => ip_address)).toEqual(['unknown', 'unknown'])
  })

  test.each([
    [undefined, 'URL is required'],
    ['', 'URL is required'],
    [5, 'URL is required'],
    [' ', 'URL must use HTTPS'],
    ['nowhere', 'URL must use HTTPS'],
    ['http://', 'URL must use HTTPS'],
    ['HTTPS://example.com', 'URL must use HTTPS'],
    ['https://', 'Invalid URL format'],
    ['https://[', 'Invalid URL format'],
    ['https://127.0.0.1/', 'URL cannot point to localhost, private networks, or invalid domains'],
  ])('a webhook to %j is refused', async (url, error) => {
    expect(await send(make(), 'POST', '/api/webhooks', { url })).toMatchObject({ status: 400, body: { error } })
  })

  test('an export of something like a list fails by itself', async () => {
    const server = make()
    const fields = { frameworks: { length: 1e9 } }
    const { status, body } = await send<{ id: string }>(server, 'POST', '/api/compliance/exports', fields)
    expect(status).toBe(201)
    expect(await send(server, 'GET', `/api/compliance/exports/${body.id}`)).toMatchObject({
      body: { status: 'failed' },
    })
  })
})
