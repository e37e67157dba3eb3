import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Orgs } from '../../../src/domains/orgs.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const Client = compose(Actions, Orgs)

function connect(server: LocalServer, apiKey = 'oc_live_test') {
  return new Client({
    baseUrl: server.baseUrl,
    apiKey,
    agentId: 'bot',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
}
const start = () => createLocalServer({ keys: [{ key: 'oc_live_test' }, { key: 'key-member', role: 'member' }] })

describe('the recorded exchanges', () => {
  replay({ domain: 'orgs', server: createLocalServer({ version: '2.0', keys: REPLAY_KEYS }) })
})

describe('a key', () => {
  test('that was created works with its role, and not any more when it is revoked', async () => {
    const server = start()
    const admin = connect(server)
    const { organization } = await admin.getOrg()
    const { key } = await admin.createOrgKey(organization.id, { label: 'reader', role: 'readonly' })
    expect(key.key).toMatch(/^oc_live_[0-9a-f]{32}$/)
    const reader = connect(server, key.key)
    expect((await reader.getActions()).total).toBe(0)
    await expect(reader.createAction({ action_type: 'deploy', declared_goal: 'Ship' })).rejects.toMatchObject({
      status: 403,
    })

    expect(await admin.revokeOrgKey(organization.id, { id: key.id })).toEqual({ success: true, revoked: key.id })
    await expect(reader.getActions()).rejects.toMatchObject({ status: 401 })
    await expect(admin.revokeOrgKey(organization.id, { id: key.id })).rejects.toMatchObject({ status: 409 })
    await expect(admin.revokeOrgKey(organization.id, { id: 'key_nope' })).rejects.toMatchObject({ status: 404 })
  })

  test('is listed, newest first, without its text, those of the options too', async () => {
    const server = start()
    const admin = connect(server)
    const { organization } = await admin.getOrg()
    expect(organization.active_keys).toBe('3')
    const { key } = await admin.createOrgKey(organization.id, { label: null })
    expect(key).toMatchObject({ label: null, role: 'member' })
    const { keys } = await admin.getOrgKeys(organization.id)
    expect(keys.map(({ label, role }) => [label, role])).toEqual([
      [null, 'member'],
      ['member key', 'member'],
      ['admin key', 'admin'],
      ['admin key', 'admin'],
    ])
    expect(JSON.stringify(keys)).not.toContain(key.key)
    expect((await admin.getOrgById(organization.id)).active_keys).toBe(4)
  })
})

describe('an organization', () => {
  test('is made with a key that sees nothing of the others', async () => {
    const server = start()
    const admin = connect(server)
    await admin.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
    const { organization, api_key } = await admin.createOrg({ name: ' Acme ', slug: 'acme' })
    expect(organization).toMatchObject({ name: 'Acme', slug: 'acme', plan: 'free' })
    const child = connect(server, api_key.key)
    expect((await child.getActions()).total).toBe(0)
    expect((await child.getOrg()).organization).toMatchObject({ id: organization.id, active_keys: '1' })
    await expect(admin.getOrgById(organization.id)).rejects.toMatchObject({
      status: 403,
      body: { error: 'Forbidden - cannot access other organizations' },
    })
    await expect(child.createOrg({ name: 'Acme', slug: 'acme' })).rejects.toMatchObject({ status: 409 })
  })

  test('changes its name only', async () => {
    const server = start()
    const admin = connect(server)
    const { organization: before } = await admin.getOrg()
    server.clock.advance(1000)
    const { organization } = await admin.updateOrg(before.id, { name: ' New ', slug: 'other', plan: 'pro' })
    expect(organization).toMatchObject({ name: 'New', slug: before.slug, plan: 'free', created_at: before.created_at })
    expect(organization.updated_at > before.updated_at).toBe(true)
  })

  test('is for admins only', async () => {
    const member = connect(start(), 'key-member')
    await expect(member.getOrg()).rejects.toMatchObject({ body: { error: 'Forbidden - admin role required' } })
    await expect(member.createOrg({ name: 'Acme', slug: 'acme' })).rejects.toMatchObject({ status: 403 })
  })
})

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test('a key tells when it was used, looked up once in 5 minutes', async () => {
    const keys = [{ key: 'reader', role: 'readonly' as const }, { key: 'never' }]
    const server = createLocalServer({ version, keys, now: '2026-01-02T03:04:05.000Z' })
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
})
