import { expectTypeOf } from 'vitest'
import type { AgentIdentity, Identity, RegisteredIdentity, RevokedIdentity } from '../../src/domains/identity.ts'

declare const claw: Identity
const options = { timeout: 1_000 }

// registerIdentity
expectTypeOf(
  claw.registerIdentity({ agent_id: 'a', public_key: 'pem', algorithm: null }, options),
).resolves.toEqualTypeOf<{
  identity: RegisteredIdentity
}>()
expectTypeOf<RegisteredIdentity['id']>().toEqualTypeOf<number>()
// @ts-expect-error the agent is not the client's own
claw.registerIdentity({ public_key: 'pem' })
// @ts-expect-error the key is required
claw.registerIdentity({ agent_id: 'a' })

// getIdentities
expectTypeOf(claw.getIdentities(options)).resolves.toEqualTypeOf<{ identities: AgentIdentity[] }>()
expectTypeOf<AgentIdentity>().not.toHaveProperty('public_key')
// @ts-expect-error there are no filters
claw.getIdentities({ limit: 5 })

// revokeIdentity
expectTypeOf(claw.revokeIdentity('a', options)).resolves.toEqualTypeOf<RevokedIdentity>()
// @ts-expect-error the agent is required
claw.revokeIdentity()
