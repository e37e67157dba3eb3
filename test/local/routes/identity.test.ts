import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Identity } from '../../../src/domains/identity.ts'
import { createLocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Identity)

function connect(apiKey = 'oc_live_test', options: LocalServerOptions = {}) {
  const server = createLocalServer({ ...options, keys: [...REPLAY_KEYS, { key: 'oc_live_test' }] })
  return new Client({
    baseUrl: server.baseUrl,
    apiKey,
    agentId: 'admin',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
}

describe('the recorded exchanges', () => {
  replay({
    domain: 'identity',
    server: createLocalServer({ version: '2.0', keys: [...REPLAY_KEYS, { key: 'other', org: 'org_other' }] }),
    keys: { 'getIdentities: empty org': 'other' },
  })
})

test('lists agents by id without their keys, and keeps the first date when a key is replaced', async () => {
  const claw = connect()
  const { identity } = await claw.registerIdentity({ agent_id: 'zoe', public_key: 'one' })
  await claw.registerIdentity({ agent_id: 'adam', public_key: 'two', algorithm: 'other' })
  const replaced = (await claw.registerIdentity({ agent_id: 'zoe', public_key: 'three' })).identity
  expect(replaced).toMatchObject({ id: identity.id, created_at: identity.created_at, public_key: 'three' })
  const { identities } = await claw.getIdentities()
  expect(identities.map(({ agent_id, algorithm }) => [agent_id, algorithm])).toEqual([
    ['adam', 'other'],
    ['zoe', 'RSASSA-PKCS1-v1_5'],
  ])
  expect(identities[0]).not.toHaveProperty('public_key')
})

test('revokes on newer servers, once', async () => {
  const claw = connect()
  await claw.registerIdentity({ agent_id: 'team/bot', public_key: 'one' })
  expect(await claw.revokeIdentity('team/bot')).toEqual({ success: true, revoked: 'team/bot' })
  expect((await claw.getIdentities()).identities).toEqual([])
  await expect(claw.revokeIdentity('team/bot')).rejects.toMatchObject({ name: 'NotFoundError' })
})

test('tells that 2.0 servers can not revoke, and that members may not', async () => {
  await expect(connect('oc_live_test', { version: '2.0' }).revokeIdentity('bot')).rejects.toMatchObject({
    name: 'RouteNotFoundError',
  })
  await expect(connect('key-member').revokeIdentity('bot')).rejects.toMatchObject({ name: 'PermissionDeniedError' })
})
