import { describe, expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { send } from '../../support/seeds.ts'

const TYPES =
  'risk_threshold, require_approval, block_action_type, rate_limit, webhook_check, behavioral_anomaly, semantic_check'
const server = (version: '2.0' | '2.10' = '2.0') => createLocalServer({ version })
const good = { name: 'P', policy_type: 'risk_threshold', rules: '{"threshold":70}' }

interface Stored {
  policy: { id: string; name: string; rules: string; active: 0 | 1; policy_type: string; created_by: string | null }
  policy_id: string
}
const create = (local: LocalServer, fields: object) => send<Stored>(local, 'POST', '/api/policies', fields)
const change = (local: LocalServer, fields: object) => send<Stored>(local, 'PATCH', '/api/policies', fields)

describe('creating a policy', () => {
  test.each([
    [{}, ['name is required', 'policy_type is required', 'rules is required']],
    [{ ...good, name: '', rules: '' }, ['name cannot be empty', 'rules cannot be empty']],
    [{ ...good, name: 'x'.repeat(257) }, ['name exceeds max length of 256']],
    [{ ...good, name: 5, policy_type: 'nope' }, ['name must be a string', `policy_type must be one of: ${TYPES}`]],
    [{ ...good, rules: { threshold: 1 } }, ['rules must be a string']],
    [{ ...good, rules: 'x'.repeat(4001) }, ['rules exceeds max length of 4000']],
    [{ ...good, active: true }, ['active must be an integer']],
    [{ ...good, active: 2 }, ['active must be <= 1']],
    [{ ...good, active: -1 }, ['active must be >= 0']],
    [{ ...good, rules: '{' }, ['rules must be valid JSON']],
    [
      { ...good, rules: '{"threshold":101,"action":"stop"}' },
      ['rules.action must be one of: allow, warn, block, require_approval'],
    ],
  ])('refuses %j', async (fields, details) => {
    expect(await create(server(), fields)).toMatchObject({ status: 400, body: { error: 'Validation failed', details } })
  })

  test.each([
    ['risk_threshold', {}, ['risk_threshold policy requires rules.threshold (0-100)']],
    ['risk_threshold', { threshold: '70' }, ['risk_threshold policy requires rules.threshold (0-100)']],
    ['require_approval', { action_types: [] }, ['require_approval policy requires rules.action_types array']],
    ['block_action_type', { action_types: 'deploy' }, ['block_action_type policy requires rules.action_types array']],
    [
      'rate_limit',
      { max_actions: 0 },
      ['rate_limit policy requires rules.max_actions > 0', 'rate_limit policy requires rules.window_minutes > 0'],
    ],
    ['webhook_check', { url: 5 }, ['webhook_check policy requires rules.url as a string']],
    ['webhook_check', { url: '' }, ['URL is required']],
    ['webhook_check', { url: 'nowhere' }, ['Invalid URL format']],
    ['webhook_check', { url: 'http://example.com' }, ['URL must use HTTPS']],
    [
      'webhook_check',
      { url: 'https://a.internal', timeout_ms: 999, on_timeout: 'wait' },
      [
        'URL cannot point to localhost, private networks, or invalid domains',
        'webhook_check rules.timeout_ms must be 1000-10000',
        'webhook_check rules.on_timeout must be "allow" or "block"',
      ],
    ],
    [
      'behavioral_anomaly',
      { similarity_threshold: 1.1 },
      ['behavioral_anomaly policy requires rules.similarity_threshold (0.0-1.0)'],
    ],
    ['semantic_check', { instruction: '' }, ['semantic_check policy requires rules.instruction string']],
  ])('of type %s refuses the rules %j', async (policy_type, rules, details) => {
    const fields = { name: 'P', policy_type, rules: JSON.stringify(rules) }
    expect(await create(server(), fields)).toMatchObject({ status: 400, body: { details } })
    expect(() => createLocalServer({ policies: [{ ...fields, rules }] })).toThrow(`policy "P": ${details.join('; ')}`)
  })

  test.each([
    ['localhost', false],
    ['localhost.example.com', true],
    ['10.1.2.3', false],
    ['10.example.com', true],
    ['0x7f.1', false],
    ['192.168.0.1', false],
    ['192.169.0.1', true],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['169.254.169.254', false],
    ['[::1]', false],
    ['a.local', false],
    ['a.test', false],
    ['a.onion', false],
    ['localtest.me', true],
  ])('lets an endpoint be at %s: %s', async (host, allowed) => {
    const rules = JSON.stringify({ url: `https://${host}/hook` })
    const { status } = await create(server(), { name: 'P', policy_type: 'webhook_check', rules })
    expect(status).toBe(allowed ? 201 : 400)
  })

  test('keeps names apart in an organization, and stores who made it', async () => {
    const local = server()
    const { body } = await create(local, { ...good, active: 0, created_by: 'me' })
    expect(body.policy_id).toMatch(/^gp_[0-9a-f]{24}$/)
    expect(body.policy).toMatchObject({ id: body.policy_id, active: 0, created_by: 'me', rules: good.rules })
    expect(await create(local, good)).toMatchObject({
      status: 409,
      body: { error: 'A policy with that name already exists' },
    })
    expect((await create(local, { ...good, name: 'Q', rules: ' null ' })).status).toBe(500)
  })
})

describe('changing a policy', () => {
  const stored = async (version: '2.0' | '2.10' = '2.0') => {
    const local = server(version)
    return { local, id: (await create(local, good)).body.policy_id }
  }

  test('takes rules as text or object, and any truth for active', async () => {
    const { local, id } = await stored()
    const changed = async (fields: object) => (await change(local, { id, ...fields })).body.policy
    expect(await changed({ rules: { threshold: 5 } })).toMatchObject({ rules: '{"threshold":5}', active: 1, name: 'P' })
    expect(await changed({ rules: '{"threshold":6}' })).toMatchObject({ rules: '{"threshold":6}' })
    expect(await changed({ active: false })).toMatchObject({ active: 0 })
    expect(await changed({ active: 'no' })).toMatchObject({ active: 1 })
    expect(await changed({ name: 'Q', policy_type: 'rate_limit' })).toMatchObject({
      name: 'Q',
      policy_type: 'risk_threshold',
    })
  })

  test.each([
    ['no id', { id: undefined, name: 'x' }, 400, { error: 'Policy id is required' }],
    ['nothing to change', { rules: null, active: null }, 400, { error: 'No fields to update' }],
    ['nothing to change of an unknown one', { id: 'gp_x' }, 400, { error: 'No fields to update' }],
    ['an unknown one', { id: 'gp_x', active: 0 }, 404, { error: 'Policy not found' }],
    ['rules of an unknown one', { id: 'gp_x', rules: '{}' }, 404, { error: 'Policy not found' }],
    [
      'rules of another type',
      { rules: '{}' },
      400,
      { details: ['risk_threshold policy requires rules.threshold (0-100)'] },
    ],
    ['rules that are null', { rules: 'null' }, 500, { error: 'Internal server error' }],
    [
      'a long name beside rules',
      { name: 'x'.repeat(257), rules: good.rules },
      400,
      { details: ['name exceeds max length of 256'] },
    ],
  ])('answers to %s', async (_title, fields, status, body) => {
    const { local, id } = await stored()
    expect(await change(local, { id, ...fields })).toMatchObject({ status, body })
  })

  test('checks rules by another type where one is given, and keeps its own', async () => {
    const { local, id } = await stored()
    const { body } = await change(local, { id, policy_type: 'semantic_check', rules: { instruction: 'be kind' } })
    expect(body.policy).toMatchObject({ policy_type: 'risk_threshold', rules: '{"instruction":"be kind"}' })
    // The engine falls back to its own threshold.
    const guard = async (risk_score: number) =>
      (await send<{ decision: string }>(local, 'POST', '/api/guard', { action_type: 'x', risk_score })).body.decision
    expect([await guard(79), await guard(80)]).toEqual(['allow', 'block'])
  })

  test('to a name that is taken fails, with a word for it on newer servers', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 409],
    ] as const) {
      const { local, id } = await stored(version)
      await create(local, { ...good, name: 'Q' })
      expect((await change(local, { id, name: 'Q' })).status).toBe(status)
    }
  })
})

test('removing one takes it out of force, and every change is an event', async () => {
  const local = server()
  const { policy_id: id } = (await create(local, { ...good, rules: '{"threshold":0}' })).body
  const decision = async () =>
    (await send<{ decision: string }>(local, 'POST', '/api/guard', { action_type: 'x' })).body.decision
  expect(await decision()).toBe('block')
  await change(local, { id, active: 0 })
  expect(await decision()).toBe('allow')
  expect(await send(local, 'DELETE', `/api/policies?id=${id}`)).toMatchObject({
    status: 200,
    body: { deleted: true, id },
  })
  expect((await send(local, 'DELETE', `/api/policies?id=${id}`)).status).toBe(404)
  expect((await send(local, 'DELETE', '/api/policies')).status).toBe(400)
  const { body } = await send<{ policies: object[] }>(local, 'GET', '/api/policies')
  expect(body.policies).toEqual([])
})

test('only admins change policies, and everybody may read them', async () => {
  const local = createLocalServer({
    keys: [
      { key: 'member', role: 'member' },
      { key: 'reader', role: 'readonly' },
    ],
  })
  const statuses = async (key: string) => [
    (await send(local, 'GET', '/api/policies', undefined, { key })).status,
    (await send(local, 'POST', '/api/policies', 'no JSON', { key })).status,
    (await send(local, 'PATCH', '/api/policies', 'no JSON', { key })).status,
    (await send(local, 'DELETE', '/api/policies', undefined, { key })).status,
  ]
  expect(await statuses('member')).toEqual([200, 403, 403, 403])
  expect(await statuses('reader')).toEqual([200, 403, 403, 403])
  expect(await statuses('local')).toEqual([200, 500, 500, 400])
})
