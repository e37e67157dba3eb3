import { createPolicy, POLICY_FIELDS, ruleProblems } from '../rules/policies.ts'
import { validate } from '../rules/validate.ts'
import type { PolicyRow } from '../state/rows.ts'
import { error, fault, invalid, json } from './answers.ts'
import { type Route, route } from './route.ts'

const ADMIN = { admin: 'Admin access required' }

/** Policies: list, create, change, remove. */
export const policies: Route[] = [
  route('GET', '/api/policies', (ctx) => json(200, { policies: [...ctx.table<PolicyRow>('policies')].reverse() })),

  route(
    'POST',
    '/api/policies',
    (ctx) => {
      if (!ctx.bodyOk) return fault()
      const { fields } = ctx
      const problems = validate(fields, POLICY_FIELDS)
      if (problems.length) return invalid(problems)
      if ((fields['rules'] as string).trim() === 'null') return fault()
      const unfit = ruleProblems(fields['policy_type'] as string, fields['rules'] as string)
      if (unfit.length) return invalid(unfit)
      if (ctx.table<PolicyRow>('policies').some(({ name }) => name === fields['name'])) {
        return error(409, 'A policy with that name already exists')
      }
      const policy = createPolicy(ctx.org, fields as never, ctx.iso())
      if (typeof policy === 'string') return fault()
      ctx.publish('policy.updated', { change_type: 'created', policy })
      return json(201, { policy, policy_id: policy.id })
    },
    ADMIN,
  ),

  route(
    'PATCH',
    '/api/policies',
    (ctx) => {
      if (!ctx.bodyOk) return fault()
      const { id, name, rules, active, policy_type } = ctx.fields
      if (!id) return error(400, 'Policy id is required')
      const policies = ctx.table<PolicyRow>('policies')
      const policy = policies.find((row) => row.id === id)
      const changes: Partial<PolicyRow> = {}
      if (rules !== undefined && rules !== null) {
        if (!policy) return error(404, 'Policy not found')
        const text = typeof rules === 'string' ? rules : JSON.stringify(rules)
        if (text.trim() === 'null') return fault()
        const problems = validate(
          { name: name ?? policy.name, policy_type: policy_type ?? policy.policy_type, rules: text },
          POLICY_FIELDS,
        )
        if (!problems.length)
          problems.push(...ruleProblems((policy_type as string | undefined) ?? policy.policy_type, text))
        if (problems.length) return invalid(problems)
        changes.rules = text
      }
      if (name !== undefined && name !== null) changes.name = String(name)
      if (active !== undefined && active !== null) changes.active = active ? 1 : 0
      if (!Object.keys(changes).length) return error(400, 'No fields to update')
      if (!policy) return error(404, 'Policy not found')
      if (changes.name !== undefined && policies.some((row) => row !== policy && row.name === changes.name)) {
        return ctx.version === '2.0' ? fault() : error(409, 'A policy with that name already exists')
      }
      Object.assign(policy, changes, { updated_at: ctx.iso() })
      ctx.publish('policy.updated', { change_type: 'updated', policy })
      return json(200, { policy })
    },
    ADMIN,
  ),

  route(
    'DELETE',
    '/api/policies',
    (ctx) => {
      const { id } = ctx.query
      if (!id) return error(400, 'Policy id is required')
      const policies = ctx.table<PolicyRow>('policies')
      const at = policies.findIndex((row) => row.id === id)
      if (at < 0) return error(404, 'Policy not found')
      policies.splice(at, 1)
      ctx.publish('policy.updated', { change_type: 'deleted', policy_id: id })
      return json(200, { deleted: true, id })
    },
    ADMIN,
  ),
]
