import { text } from '../columns.ts'
import { error, json, type Route, route } from '../router.ts'
import type { IdentityRow } from '../rows.ts'
import { databaseTime, type Org, table } from '../state.ts'

/** Registers a public key for an agent, in place of an earlier one. */
export function registerKey(
  org: Org,
  {
    agent_id,
    public_key,
    algorithm,
    now,
  }: { agent_id: string; public_key: string; algorithm?: string | undefined; now: number },
): IdentityRow {
  const rows = table<IdentityRow>(org, 'identities')
  const time = databaseTime(now)
  const known = rows.find((row) => row.agent_id === agent_id)
  if (known) return Object.assign(known, { public_key, algorithm: algorithm ?? 'RSASSA-PKCS1-v1_5', updated_at: time })
  const row: IdentityRow = {
    id: ++org.rows,
    org_id: org.id,
    agent_id,
    public_key,
    algorithm: algorithm ?? 'RSASSA-PKCS1-v1_5',
    created_at: time,
    updated_at: time,
  }
  rows.push(row)
  return row
}

/** Public keys of agents. */
export const identity: Route[] = [
  route(
    'POST',
    '/api/identities',
    (ctx) => {
      if (!ctx.bodyOk) return error(500, 'Failed to register identity')
      const { agent_id, public_key, algorithm } = ctx.fields
      if (!agent_id || !public_key) return error(400, 'agent_id and public_key are required')
      const row = registerKey(ctx.org, {
        agent_id: String(agent_id),
        public_key: String(public_key),
        algorithm: text(algorithm) ?? undefined,
        now: ctx.clock.now(),
      })
      return json(200, { identity: row })
    },
    { admin: 'Admin access required', fault: 'Failed to register identity' },
  ),
  route('GET', '/api/identities', (ctx) =>
    json(200, {
      identities: ctx
        .table<IdentityRow>('identities')
        .map(({ agent_id, algorithm, created_at, updated_at }) => ({ agent_id, algorithm, created_at, updated_at }))
        .sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1)),
    }),
  ),
  route(
    'DELETE',
    '/api/identities/:agent_id',
    (ctx) => {
      const rows = ctx.table<IdentityRow>('identities')
      const at = rows.findIndex((row) => row.agent_id === ctx.params['agent_id'])
      if (at < 0) return error(404, 'Identity not found')
      rows.splice(at, 1)
      return json(200, { success: true, revoked: ctx.params['agent_id'] })
    },
    { admin: 'Admin access required', versions: ['2.10'] },
  ),
]
