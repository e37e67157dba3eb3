import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { isDashClawError } from '../../../src/core/errors.ts'
import { generateKeyPair } from '../../../src/core/keys.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Identity } from '../../../src/domains/identity.ts'
import { Pairing } from '../../../src/domains/pairing.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Actions, Identity, Pairing)
const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'

function connect(apiKey = 'local') {
  const server = createLocalServer({ keys: REPLAY_KEYS })
  const options = {
    baseUrl: server.baseUrl,
    apiKey,
    agentId: 'bot',
    fetch: server.fetch,
    logger: false as const,
    maxRetries: 0,
  }
  return { server, options, claw: new Client(options) }
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: [...REPLAY_KEYS, { key: 'other', org: 'org_other' }] })
  /** A pairing whose time is over: the recorder wrote these rows by hand. */
  const lapsed = (id: string, agent_id: string, status: string) => {
    const time = '2026-11-22 13:11:02.228812+00'
    const expires_at = '2020-01-01T00:00:00.000Z'
    const algorithm = 'RSASSA-PKCS1-v1_5'
    const row = {
      id,
      agent_id,
      agent_name: null,
      algorithm,
      public_key: pem,
      status,
      created_at: time,
      updated_at: time,
      expires_at,
    }
    server.seed('pairings', [row])
  }
  replay({
    domain: 'pairing',
    server,
    keys: { 'approvePairing: pairing of another org': 'other' },
    before: {
      'listPairings: a lapsed one is still listed as pending until someone reads it': () => {
        lapsed('pair_49b0c586-a76f-4244-89f7-fb44d96c4d1a', 'gov-late-1', 'pending')
        lapsed('pair_8774891b-c6e7-4b88-a566-d8c397d0eb18', 'gov-late-2', 'pending')
        lapsed('pair_4d054382-b1e8-48a8-80f2-4fa38eaf1a49', 'gov-late-3', 'approved')
      },
    },
  })
})

describe('a pairing', () => {
  test('that is approved over real HTTP lets the agent sign what the server verifies', async () => {
    const { server } = connect()
    const { url, close } = await server.listen()
    try {
      const { privateJwk } = await generateKeyPair()
      const agent = new Client({
        baseUrl: url,
        apiKey: 'key-member',
        agentId: 'bot',
        agentName: 'Bot',
        privateKey: privateJwk,
        logger: false,
      })
      const admin = new Client({ baseUrl: url, apiKey: 'local', agentId: 'admin', logger: false })
      const { pairing, pairing_url } = await agent.createPairingFromPrivateJwk(privateJwk)
      expect(pairing_url).toBe(`${url}/pair/${pairing.id}`)
      const waiting = agent.waitForPairing(pairing.id, { timeout: 20_000, interval: 5 })
      const { pairings } = await admin.listPairings()
      expect(pairings).toMatchObject([{ id: pairing.id, agent_name: 'Bot', status: 'pending' }])
      expect((await admin.approvePairing(pairing.id)).identity.agent_id).toBe('bot')
      await expect(waiting).resolves.toMatchObject({ id: pairing.id, status: 'approved' })
      const { action } = await agent.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
      expect(action.verified).toBe(true)
    } finally {
      await close()
    }
  })

  test('expires after 15 minutes, for those who read it and for the one who waits', async () => {
    const { server, claw } = connect()
    const { pairing } = await claw.createPairing({ public_key_pem: pem })
    expect(Date.parse(pairing.expires_at) - server.clock.now()).toBeGreaterThan(14 * 60_000)
    server.clock.advance(15 * 60_000 + 1)
    expect((await claw.listPairings()).pairings).toHaveLength(1)
    const before = (await claw.listPairings()).pairings[0]!.updated_at
    const read = (await claw.getPairing(pairing.id)).pairing
    expect(read).toMatchObject({ status: 'expired', updated_at: before })
    expect((await claw.getPairing(pairing.id)).pairing.updated_at).not.toBe(before)
    const error = await claw.waitForPairing(pairing.id).catch((reason: unknown) => reason)
    expect(isDashClawError(error, 'PairingError') && error.status).toBe('expired')
    await expect(claw.approvePairing(pairing.id)).rejects.toMatchObject({ name: 'APIError', status: 410 })
    expect((await claw.listPairings({ status: 'expired' })).pairings).toHaveLength(1)
  })

  test('can be made by a member, but not approved or listed', async () => {
    const { claw } = connect('key-member')
    const { pairing } = await claw.createPairing({ public_key_pem: pem })
    await expect(claw.approvePairing(pairing.id)).rejects.toMatchObject({ status: 403 })
    await expect(claw.listPairings()).rejects.toMatchObject({ status: 403 })
  })

  test('that is approved again replaces the key and keeps the first date', async () => {
    const { server, claw } = connect()
    const first = await claw.createPairing({ public_key_pem: pem })
    const { identity } = await claw.approvePairing(first.pairing.id)
    server.clock.advance(1000)
    const second = await claw.createPairing({ public_key_pem: pem })
    const again = (await claw.approvePairing(second.pairing.id)).identity
    expect(again.created_at).toBe(identity.created_at)
    expect(again.updated_at > identity.updated_at).toBe(true)
    expect((await claw.getIdentities()).identities).toHaveLength(1)
  })

  test('is waited for through lost answers and server faults', async () => {
    const { server, claw } = connect()
    const { pairing } = await claw.createPairing({ public_key_pem: pem })
    server.failNext('network')
    server.failNext({ status: 500, body: { error: 'Failed to fetch pairing' } })
    server.failNext('malformed')
    const waiting = claw.waitForPairing(pairing.id, { interval: 1 })
    while (server.requests.filter(({ path }) => path.endsWith(pairing.id)).length < 4)
      await new Promise((resolve) => setTimeout(resolve, 5))
    await claw.approvePairing(pairing.id)
    await expect(waiting).resolves.toMatchObject({ status: 'approved' })
  })
})
