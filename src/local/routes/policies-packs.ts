import { packPolicies } from '../rules/policy-packs.ts'
import { type PolicySource, readPolicies, UnreadableYaml } from '../rules/policy-yaml.ts'
import { hexId } from '../state/ids.ts'
import type { PolicyRow } from '../state/rows.ts'
import { error, INTERNAL, json } from './answers.ts'
import { type Context, type Route, route, saving } from './route.ts'

const PACKS = 'enterprise-strict, smb-safe, startup-growth, development'

function importAll(ctx: Context): Response {
  const { pack, yaml } = ctx.fields
  let found: readonly PolicySource[] | undefined
  if (pack) {
    found = packPolicies(String(pack))
    if (!found) return error(400, `Invalid pack. Choose from: ${PACKS}`)
  } else {
    if (!yaml) return error(400, 'Either pack or yaml is required')
    try {
      found = readPolicies(String(yaml))
    } catch (cause) {
      if (!(cause instanceof UnreadableYaml)) throw cause
      return error(400, `The YAML can't be read: ${cause.message}`)
    }
  }
  const policies = ctx.table<PolicyRow>('policies')
  const imported: Pick<PolicyRow, 'id' | 'name' | 'policy_type' | 'active'>[] = []
  const errors: string[] = []
  let skipped = 0
  for (const { id, description, applies_to, rule, tests } of found) {
    const given = description || id
    if (given === undefined || given === null) {
      errors.push(`Failed to import "${id ?? 'unknown'}": UNDEFINED_VALUE: Undefined values are not allowed`)
      continue
    }
    const name = String(given)
    if (policies.some((policy) => policy.name === name)) {
      skipped++
      continue
    }
    const approval = !rule?.['block'] && rule?.['require'] === 'approval'
    const now = ctx.iso()
    const policy: PolicyRow = {
      id: hexId('gp_'),
      org_id: ctx.org.id,
      name,
      policy_type: approval ? 'require_approval' : 'block_action_type',
      rules: JSON.stringify({ action_types: applies_to?.tools || [], ...rule, tests: tests || [] }),
      active: 1,
      created_by: null,
      created_at: now,
      updated_at: now,
    }
    policies.push(policy)
    imported.push({ id: policy.id, name, policy_type: policy.policy_type, active: 1 })
  }
  return json(201, { imported: imported.length, skipped, errors, policies: imported })
}

/** Policies of a pack or of a document. */
export const policiesPacks: Route[] = [
  route('POST', '/api/policies/import', saving(INTERNAL, importAll), { admin: 'Admin access required' }),
]
