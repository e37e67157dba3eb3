import { expectTypeOf } from 'vitest'
import { generateKeyPair } from '../../src/core/keys.ts'
import type { Open } from '../../src/core/types.ts'
import type {
  CreatedPairing,
  CreatePairingResult,
  PairedIdentity,
  Pairing,
  PairingRecord,
  PairingStatus,
} from '../../src/domains/pairing.ts'

declare const claw: Pairing
const options = { timeout: 1_000 }
const { signal } = new AbortController()

// createPairing
expectTypeOf(claw.createPairing({ public_key_pem: 'pem' }, options)).resolves.toEqualTypeOf<CreatePairingResult>()
expectTypeOf<CreatePairingResult['pairing']>().toEqualTypeOf<CreatedPairing>()
expectTypeOf<CreatedPairing['status']>().toEqualTypeOf<'pending'>()
claw.createPairing({ public_key_pem: 'pem', algorithm: null, agent_name: 'Bot', agent_id: 'bot' })
// @ts-expect-error the key is required
claw.createPairing({ agent_name: 'Bot' })
// @ts-expect-error an agent is needed
claw.createPairing({ public_key_pem: 'pem', agent_id: null })

// createPairingFromPrivateJwk
const { privateJwk } = await generateKeyPair()
expectTypeOf(
  claw.createPairingFromPrivateJwk(privateJwk, { agent_name: null }, options),
).resolves.toEqualTypeOf<CreatePairingResult>()
claw.createPairingFromPrivateJwk({ kty: 'RSA', n: 'n', e: 'AQAB' })
// @ts-expect-error a JWK is an object
claw.createPairingFromPrivateJwk('pem')
// @ts-expect-error the algorithm is always the one that the SDK signs with
claw.createPairingFromPrivateJwk(privateJwk, { algorithm: 'a' })

// waitForPairing
expectTypeOf(
  claw.waitForPairing('pair_1', { timeout: 60_000, interval: 500, signal }),
).resolves.toEqualTypeOf<PairingRecord>()
expectTypeOf<PairingRecord['status']>().toEqualTypeOf<Open<PairingStatus>>()
// @ts-expect-error the id is required
claw.waitForPairing()
// @ts-expect-error a wait makes its own retries
claw.waitForPairing('pair_1', { maxRetries: 5 })

// getPairing
expectTypeOf(claw.getPairing('pair_1', options)).resolves.toEqualTypeOf<{ pairing: PairingRecord }>()
// @ts-expect-error the id is a string
claw.getPairing(1)

// listPairings
expectTypeOf(claw.listPairings({ status: 'approved', limit: 5 }, options)).resolves.toEqualTypeOf<{
  pairings: PairingRecord[]
}>()
// @ts-expect-error the server has no offset here
claw.listPairings({ offset: 5 })

// approvePairing
expectTypeOf(claw.approvePairing('pair_1', options)).resolves.toEqualTypeOf<{ identity: PairedIdentity }>()
// @ts-expect-error nothing can be sent along
claw.approvePairing('pair_1', { decision: 'allow' })
