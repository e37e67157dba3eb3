import { registerKey } from '../rules/identity.ts'
import { text } from '../state/columns.ts'
import type { IdentityRow } from '../state/rows.ts'
import { error, json } from './answers.ts'
import { NEWER, type Route, route } from './route.ts'

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
    { admin: 'Admin access required', ...NEWER },
  ),
]
