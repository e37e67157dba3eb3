import { evaluate } from '../rules/guard.ts'
import type { GuardFields } from '../rules/guard-terms.ts'
import { UnreadableTime } from '../rules/policy-match.ts'
import { Redactor } from '../rules/redact.ts'
import { type FieldRules, validate } from '../rules/validate.ts'
import { DAY } from '../state/moment.ts'
import { fault, invalid, json } from './answers.ts'
import { page } from './fields.ts'
import { type Route, route } from './route.ts'

const FIELDS: FieldRules = {
  action_type: { required: true, max: 128 },
  risk_score: { type: 'integer', least: 0, most: 100 },
  agent_id: { max: 128 },
  systems_touched: { type: 'array', items: 50 },
  reversible: { type: 'boolean' },
  declared_goal: { max: 2000 },
}

interface DecisionRow {
  agent_id: string | null
  decision: string
  created_at: string
}

/** Newer servers take every field in camel case too, and two of them under other names. */
function renamed(fields: Record<string, unknown>): Record<string, unknown> {
  const others: Record<string, string> = { action_type: 'action', declared_goal: 'intent' }
  const read = (name: string) =>
    fields[name] ??
    fields[name.replace(/_(\w)/g, (_match, first: string) => first.toUpperCase())] ??
    fields[others[name] ?? name]
  return Object.fromEntries(Object.keys(FIELDS).map((name) => [name, read(name)]))
}

/** The guard and its log. */
export const guard: Route[] = [
  route('POST', '/api/guard', async (ctx) => {
    if (!ctx.bodyOk) return fault()
    const fields = ctx.version === '2.10' ? renamed(ctx.fields) : ctx.fields
    const problems = validate(fields, FIELDS)
    if (problems.length) return invalid(problems)
    const known = Object.fromEntries(
      Object.keys(FIELDS).flatMap((name) => (fields[name] == null ? [] : [[name, fields[name]]])),
    )
    const masked = new Redactor().mask(known) as GuardFields
    let answer: Awaited<ReturnType<typeof evaluate>>
    try {
      answer = await evaluate(ctx, masked, ctx.query['include_signals'] === 'true')
    } catch (cause) {
      if (cause instanceof UnreadableTime) return fault()
      throw cause
    }
    const refused = answer.decision === 'block' || answer.decision === 'require_approval'
    return json(refused && ctx.version === '2.0' ? 403 : 200, answer)
  }),

  route('GET', '/api/guard', (ctx) => {
    const pages = page(ctx.query, { limit: 20, max: 1000 })
    if (!pages) return fault()
    const { agent_id, decision } = ctx.query
    const all = ctx.table<DecisionRow>('guard_decisions')
    const found = all
      .filter((row) => (!agent_id || row.agent_id === agent_id) && (!decision || row.decision === decision))
      .reverse()
    const since = new Date(ctx.clock.now() - DAY).toISOString()
    const recent = all.filter((row) => row.created_at > since)
    const count = (word: string) => String(recent.filter((row) => row.decision === word).length)
    return json(200, {
      decisions: found.slice(pages.offset, pages.offset + pages.limit),
      total: found.length,
      stats: {
        total_24h: String(recent.length),
        blocks_24h: count('block'),
        warns_24h: count('warn'),
        approvals_24h: count('require_approval'),
      },
      limit: pages.limit,
      offset: pages.offset,
    })
  }),
]
