import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { contract } from '../../support/fixtures.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { seedAction, send } from '../../support/seeds.ts'

const ORIGIN = 'https://app.example.com'
const server = (options: LocalServerOptions = {}) =>
  createLocalServer({ version: '2.0', keys: [...REPLAY_KEYS, { key: 'other', org: 'org_other' }], ...options })
const goal = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }
const MAX = 2_097_152

const { signing } = contract('transport') as unknown as {
  signing: {
    test_key: { agent_id: string; public_key_pem: string }
    vectors: {
      name: string
      payload: object
      signature: string
      server_answer: { status: number; verified: boolean }
    }[]
  }
}
const registerKey = (local: LocalServer) => {
  const { agent_id, public_key_pem: public_key } = signing.test_key
  return send(local, 'POST', '/api/identities', { agent_id, public_key })
}

describe('the recorded exchanges of transport', () => {
  const servers = new Map<string, LocalServer>()
  const optionsOf = (title: string): LocalServerOptions => {
    if (title.includes('enforced: ')) return { enforceSignatures: true }
    if (title.startsWith('closedEnrollment')) return { closedEnrollment: true }
    if (title.includes('rate limit')) return { rateLimit: { limit: 60 } }
    if (title.startsWith('cors')) return { cors: { origin: title.includes('no origin') ? '' : ORIGIN } }
    return {}
  }
  const serverOf = (title: string): LocalServer => {
    const options = optionsOf(title)
    const name = JSON.stringify(options)
    if (!servers.has(name)) servers.set(name, server(options))
    return servers.get(name)!
  }
  const taken = (title: string, action_id: string, key: string) => () =>
    send(serverOf(title), 'POST', '/api/actions', { ...goal, action_id }, { key })
  const demo = 'the embedded server has no demo mode'
  replay({
    domain: 'transport',
    server: serverOf,
    optional: ['.action.updated_at'],
    keys: {
      'auth: no key': null,
      'auth: wrong key': 'wrong',
      'auth: key in the Authorization header is not read': null,
      'auth: key in the query is not read': null,
      'auth: browser same-origin request with neither key nor session': null,
      'errors: unknown API path without a key': null,
      'cors: GET from the configured origin, error 401': null,
    },
    before: {
      'errors: 409 shape': taken('', 'core_probe_1', 'local'),
      'errors: action_id in use by another organization': taken('', 'core_xorg_1', 'other'),
      'closedEnrollment: an agent that has an identity and a heartbeat but no action yet': async () => {
        const local = serverOf('closedEnrollment')
        await send(local, 'POST', '/api/identities', { agent_id: 'core-new-agent', public_key: 'x' })
        await send(local, 'POST', '/api/agents/heartbeat', { agent_id: 'core-new-agent' })
      },
      'closedEnrollment: an agent that already has an action': () =>
        seedAction(serverOf('closedEnrollment'), { action_id: 'one', agent_id: 'core-act-1' }),
      'createAction (signed): enforced: no signature': () => registerKey(serverOf('enforced: ')),
      'updateOutcome: enforced: updates need no signature': () =>
        seedAction(serverOf('enforced: '), { action_id: 'p1', agent_id: 'core-p' }),
      'errors: rate limit exceeded': async () => {
        for (let at = 0; at < 60; at++) await send(serverOf('rate limit'), 'GET', '/api/actions')
      },
    },
    skip: {
      'demoMode: read without a key': demo,
      'demoMode: write': demo,
      'demoMode: guard is a write': demo,
      'demoMode: path without a fixture': demo,
      'demoMode: unknown action': demo,
      'errors: server without a configured API key': 'the embedded server always has a key',
      'errors: public path needs no key': 'health tells of the embedded server itself; see below',
    },
  })
})

describe('signatures', () => {
  test.each(signing.vectors.map((vector) => [vector.name, vector] as const))('verify: %s', async (_name, vector) => {
    const local = server()
    await registerKey(local)
    const body = { ...vector.payload, _signature: vector.signature }
    expect(await send(local, 'POST', '/api/actions', body)).toMatchObject({
      status: vector.server_answer.status,
      body: { action: { verified: vector.server_answer.verified, signature: vector.signature } },
    })
  })

  test('that are wrong are kept as texts, and told apart only where they are wanted', async () => {
    const local = server()
    await registerKey(local)
    const verified = async (_signature: unknown, agent_id = signing.test_key.agent_id) =>
      (await send<{ action: object }>(local, 'POST', '/api/actions', { ...goal, agent_id, _signature })).body.action
    for (const wrong of ['%%%', 5, { a: 1 }, 'AAAA']) {
      expect(await verified(wrong)).toMatchObject({ verified: false, signature: String(wrong) })
    }
    for (const none of ['', null, 0]) expect(await verified(none)).toMatchObject({ verified: false, signature: null })
  })
})

describe('the gate', () => {
  test.each([
    ['an unknown path with a key', 'GET', '/api/does-not-exist', 'local', 404, 'text/html; charset=utf-8'],
    ['an unknown path without one', 'GET', '/api/does-not-exist', null, 401, 'application/json'],
    ['a wrong key', 'GET', '/api/actions', 'wrong', 401, 'application/json'],
    ['a method that the path does not have', 'PUT', '/api/actions', 'local', 405, null],
    ['a method that an action does not have', 'DELETE', '/api/actions/act_x', 'local', 405, null],
    ['a part of a path that another path has', 'PATCH', '/api/actions/signals', 'local', 405, null],
    ['a trailing slash', 'GET', '/api/actions/', 'local', 308, null],
    ['HEAD', 'HEAD', '/api/actions', 'local', 200, 'application/json'],
    ['HEAD of what is not there', 'HEAD', '/api/actions/act_x', 'local', 404, 'application/json'],
    ['a broken percent-encoding', 'GET', '/api/actions/%E0%A4%A', 'local', 400, 'text/html; charset=utf-8'],
    ['a broken percent-encoding of no route', 'GET', '/api/nowhere/%', 'local', 400, 'text/html; charset=utf-8'],
    ['a public path', 'GET', '/api/health', null, 200, 'application/json'],
    ['a public path with a wrong key', 'GET', '/api/health', 'wrong', 200, 'application/json'],
    ['a readonly key that writes', 'POST', '/api/guard', 'key-readonly', 403, 'application/json'],
    ['a readonly key that writes nowhere', 'POST', '/api/nowhere', 'key-readonly', 403, 'application/json'],
    ['a readonly key that reads', 'GET', '/api/actions', 'key-readonly', 200, 'application/json'],
    [
      'a readonly key that writes to a public path',
      'POST',
      '/api/prompts/render',
      'key-readonly',
      500,
      'application/json',
    ],
    ['a member at an admin call', 'GET', '/api/orgs', 'key-member', 403, 'application/json'],
    ['preflight without a key', 'OPTIONS', '/api/actions', null, 204, null],
  ])('%s', async (_title, method, path, key, status, type) => {
    const answer = await send(server(), method, path, undefined, { key })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type])
    if (method === 'HEAD' || status === 405) expect(answer.text).toBe('')
  })

  test('names the path without its slash, and keeps the query', async () => {
    const { headers } = await send(server(), 'GET', '/api/actions/?limit=1')
    expect(headers.get('location')).toBe('/api/actions?limit=1')
  })

  test('decodes an id of a path, slashes too, and reads the first of two values', async () => {
    const local = server()
    await send(local, 'POST', '/api/actions', { ...goal, action_id: 'a/b é' })
    expect((await send(local, 'GET', '/api/actions/a%2Fb%20%C3%A9')).status).toBe(200)
    const { body } = await send(local, 'GET', '/api/actions?agent_id=a&agent_id=b&__proto__=x')
    expect(body).toMatchObject({ total: 1 })
  })

  test('answers each admin call of the contract with its text to a member', async () => {
    const { admin_only } = (
      contract('transport') as unknown as {
        auth: { admin_only: { method: string; path: string; error: string }[] }
      }
    ).auth
    const local = server()
    for (const { method, path, error } of admin_only) {
      const answer = await send(local, method, path.replace(/:\w+/g, 'x'), method === 'GET' ? undefined : 'no JSON', {
        key: 'key-member',
      })
      expect([method, path, answer.status, (answer.body as { error: string }).error]).toEqual([
        method,
        path,
        403,
        error,
      ])
    }
    expect(admin_only.length).toBeGreaterThan(20)
  })

  test('keeps organizations apart, but ids of actions are unique over all', async () => {
    const local = server()
    await send(local, 'POST', '/api/actions', { ...goal, action_id: 'mine' }, { key: 'other' })
    expect((await send(local, 'GET', '/api/actions/mine')).status).toBe(404)
    expect((await send(local, 'PATCH', '/api/actions/mine', { status: 'failed' })).status).toBe(404)
    expect((await send(local, 'POST', '/api/actions', { ...goal, action_id: 'mine' })).status).toBe(409)
    expect(local.snapshot('org_other')['actions']).toMatchObject([{ status: 'running', org_id: 'org_other' }])
  })

  test('refuses in the platform’s order: values, enrollment, signature, policies', async () => {
    const policies = [{ name: 'B', policy_type: 'block_action_type', rules: { action_types: ['build'] } }]
    const local = server({ closedEnrollment: true, enforceSignatures: true, policies })
    const attempt = async (fields: object) => (await send(local, 'POST', '/api/actions', { ...goal, ...fields })).body
    expect(await attempt({ declared_goal: '' })).toMatchObject({ error: 'Validation failed' })
    expect(await attempt({})).toMatchObject({ code: 'AGENT_NOT_REGISTERED' })
    expect((await send(server({ closedEnrollment: true }), 'POST', '/api/guard', goal)).status).toBe(200)
    seedAction(local, { action_id: 'one', agent_id: 'a' })
    expect(await attempt({})).toMatchObject({ code: 'SIGNATURE_REQUIRED' })
    expect(await attempt({ _signature: 'AAAA' })).toMatchObject({ code: 'INVALID_AGENT_SIGNATURE' })
    expect(local.snapshot()['guard_decisions']).toBeUndefined()
  })
})

describe('the size of a body', () => {
  const body = (characters: number) =>
    JSON.stringify({ ...goal, junk: 'x'.repeat(characters - JSON.stringify({ ...goal, junk: '' }).length) })

  test.each([
    ['of 2 MiB passes', body(MAX), {}, 201],
    ['above is refused', body(MAX + 1), {}, 413],
    ['counts bytes, not characters', JSON.stringify({ ...goal, junk: 'é'.repeat(MAX / 2) }), {}, 413],
    ['is what content-length says', JSON.stringify(goal), { 'content-length': String(MAX + 1) }, 413],
    ['that comes in chunks is not looked at', body(MAX + 1), { 'transfer-encoding': 'chunked' }, 201],
  ])('%s', async (_title, text, headers, status) => {
    const answer = await send(server(), 'POST', '/api/actions', text, { headers })
    expect(answer.status).toBe(status)
    if (status === 413) expect(answer.body).toEqual({ error: 'Request body too large', maxBytes: MAX })
  })

  test('is checked before the key, and not where there is no body to speak of', async () => {
    const headers = { 'content-length': String(MAX + 1) }
    expect((await send(server(), 'PATCH', '/api/nowhere', '{}', { key: null, headers })).status).toBe(413)
    expect((await send(server(), 'DELETE', '/api/actions?action_id=x', '{}', { headers })).status).toBe(200)
  })
})

describe('the rate limit', () => {
  test('counts in a fixed window, public paths too, but no preflight', async () => {
    const local = server({ rateLimit: { limit: 2, windowMs: 10_000 } })
    const status = async (path = '/api/actions', method = 'GET', key: string | null = 'local') =>
      (await send(local, method, path, undefined, { key })).status
    expect(await status('/api/actions', 'OPTIONS')).toBe(204)
    expect(await status('/api/health', 'GET', null)).toBe(200)
    expect(await status('/api/actions', 'GET', 'wrong')).toBe(401)
    expect(await status()).toBe(429)
    expect(await status('/api/stream')).toBe(429)
    expect(await status('/api/actions', 'OPTIONS')).toBe(204)
    local.clock.advance(9_000)
    expect(await status()).toBe(429)
    local.clock.advance(1_000)
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429])
    local.clock.set('2020-01-01')
    expect(await status()).toBe(200)
  })

  test('counts for a minute unless told otherwise', async () => {
    const local = server({ rateLimit: { limit: 1 } })
    const status = async () => (await send(local, 'GET', '/api/actions')).status
    expect([await status(), await status()]).toEqual([200, 429])
    local.clock.advance(59_000)
    expect(await status()).toBe(429)
    local.clock.advance(1_000)
    expect(await status()).toBe(200)
  })

  test('says to wait a minute, whatever is left of the window', async () => {
    const local = server({ rateLimit: { limit: 0 } })
    local.clock.advance(30_000)
    const { status, headers, body } = await send(local, 'GET', '/api/actions')
    expect([status, headers.get('retry-after'), body]).toEqual([
      429,
      '60',
      { error: 'Rate limit exceeded. Please slow down.' },
    ])
  })
})

describe('answers to browsers', () => {
  const headersOf = async (local: LocalServer, path: string, key: string | null, origin = ORIGIN, method = 'GET') => {
    const { headers, status } = await send(local, method, path, undefined, { key, headers: { origin } })
    return [status, headers.get('access-control-allow-origin'), headers.has('access-control-allow-methods')]
  }

  test('carry the origin when a route made them, and nothing when the gate did', async () => {
    const local = server({ cors: { origin: ORIGIN } })
    expect(await headersOf(local, '/api/actions', 'local')).toEqual([200, ORIGIN, true])
    expect(await headersOf(local, '/api/actions/act_x', 'local')).toEqual([404, ORIGIN, true])
    expect(await headersOf(local, '/api/actions', 'wrong')).toEqual([401, null, false])
    expect(await headersOf(local, '/api/guard', 'key-readonly', ORIGIN, 'POST')).toEqual([403, null, false])
    expect(await headersOf(local, '/api/actions', 'local', 'https://evil.example.com')).toEqual([200, null, true])
    const limited = server({ cors: { origin: ORIGIN }, rateLimit: { limit: 0 } })
    expect(await headersOf(limited, '/api/actions', 'local')).toEqual([429, null, false])
  })

  test('carry any origin as in development, unless one is configured', async () => {
    expect(await headersOf(server(), '/api/actions', 'local', 'http://localhost:5173')).toEqual([
      200,
      'http://localhost:5173',
      true,
    ])
    const plain = await send(server(), 'GET', '/api/actions')
    expect(plain.headers.has('access-control-allow-methods')).toBe(false)
  })
})

test('health tells the line of the server, and that nothing is kept', async () => {
  expect((await send(server(), 'GET', '/api/health', undefined, { key: null })).body).toMatchObject({
    status: 'healthy',
    version: '2.0.3',
    storage: expect.stringMatching(/memory/),
  })
  expect((await send(createLocalServer(), 'GET', '/api/health')).body).toMatchObject({ version: '2.10.0' })
})
