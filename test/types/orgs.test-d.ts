import { expectTypeOf } from 'vitest'
import type { NumberText, Open } from '../../src/core/types.ts'
import type {
  CreatedOrgKey,
  KeyRole,
  ListedOrg,
  OrgAnswer,
  Organization,
  OrgKey,
  OrgSummary,
  Orgs,
} from '../../src/domains/orgs.ts'

declare const claw: Orgs
const options = { timeout: 1_000 }

// getOrg
expectTypeOf(claw.getOrg(options)).resolves.toEqualTypeOf<OrgAnswer>()
expectTypeOf<OrgAnswer['organization']>().toEqualTypeOf<ListedOrg>()
expectTypeOf<OrgAnswer['organizations'][number]['active_keys']>().toEqualTypeOf<NumberText>()

// createOrg
expectTypeOf(claw.createOrg({ name: 'Acme', slug: 'acme' }, options)).resolves.toEqualTypeOf<{
  organization: Organization
  api_key: CreatedOrgKey
}>()
// @ts-expect-error slug is required
claw.createOrg({ name: 'Acme' })
// @ts-expect-error name is a text
claw.createOrg({ name: null, slug: 'acme' })

// getOrgById
expectTypeOf(claw.getOrgById('org_1', options)).resolves.toEqualTypeOf<{
  organization: OrgSummary
  active_keys: number
}>()
// @ts-expect-error the id is required
claw.getOrgById()

// updateOrg
expectTypeOf(claw.updateOrg('org_1', { name: 'Acme' }, options)).resolves.toEqualTypeOf<{
  organization: Organization
}>()
claw.updateOrg('org_1')
// @ts-expect-error the server refuses null
claw.updateOrg('org_1', { name: null })

// getOrgKeys
expectTypeOf(claw.getOrgKeys('org_1', options)).resolves.toEqualTypeOf<{ keys: OrgKey[] }>()
expectTypeOf<OrgKey['revoked_at']>().toEqualTypeOf<string | null>()
// @ts-expect-error there are no filters
claw.getOrgKeys('org_1', { limit: 5 })

// createOrgKey
expectTypeOf(claw.createOrgKey('org_1', { label: null, role: 'readonly' }, options)).resolves.toEqualTypeOf<{
  key: CreatedOrgKey & { label: string | null }
}>()
expectTypeOf<CreatedOrgKey['role']>().toEqualTypeOf<Open<KeyRole>>()
claw.createOrgKey('org_1')
// A word of a newer server compiles.
claw.createOrgKey('org_1', { role: 'owner' })

// revokeOrgKey
expectTypeOf(claw.revokeOrgKey('org_1', { id: 'key_1' }, options)).resolves.toEqualTypeOf<{
  success: true
  revoked: string
}>()
// @ts-expect-error the key's id is a field
claw.revokeOrgKey('org_1', 'key_1')
