import { registerKey } from '../rules/identity.ts'
import { filled } from '../state/columns.ts'
import { uuidId } from '../state/ids.ts'
import { databaseTime } from '../state/moment.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface PairingRow {
  id: string
  agent_id: string
  agent_name: string | null
  algorithm: string
  public_key: string
  status: 'pending' | 'approved' | 'expired'
  created_at: string
  updated_at: string
  expires_at: string
}

const LIFETIME = 15 * 60_000
const ADMIN = { admin: 'Admin access required' }

const shown = ({ public_key: _, ...row }: PairingRow) => row
const find = (ctx: Context) => ctx.table<PairingRow>('pairings').find(({ id }) => id === ctx.params['pairing_id'])
const late = (ctx: Context, { expires_at }: PairingRow) => ctx.clock.now() > Date.parse(expires_at)

function setStatus(ctx: Context, row: PairingRow, status: PairingRow['status']): void {
  row.status = status
  row.updated_at = databaseTime(ctx.clock.now())
}

/** Pairings: an agent's offer of a public key, and an admin's yes. */
export const pairing: Route[] = [
  route(
    'POST',
    '/api/pairings',
    saving('Failed to create pairing', (ctx) => {
      const { agent_id, agent_name, public_key, algorithm } = ctx.fields
      if (!agent_id || typeof agent_id !== 'string') return error(400, 'agent_id is required')
      if (
        typeof public_key !== 'string' ||
        !public_key.includes('BEGIN PUBLIC KEY') ||
        !public_key.includes('END PUBLIC KEY')
      ) {
        return error(400, 'public_key must be a PEM public key')
      }
      const now = ctx.clock.now()
      const row: PairingRow = {
        id: uuidId('pair_'),
        agent_id,
        agent_name: filled(agent_name),
        algorithm: filled(algorithm) ?? 'RSASSA-PKCS1-v1_5',
        public_key,
        status: 'pending',
        created_at: databaseTime(now),
        updated_at: databaseTime(now),
        expires_at: new Date(now + LIFETIME).toISOString(),
      }
      ctx.table<PairingRow>('pairings').push(row)
      const { updated_at: _, ...created } = shown(row)
      return json(200, {
        pairing: created,
        pairing_url: `http://${ctx.headers.get('host') ?? 'dashclaw.local'}/pair/${row.id}`,
      })
    }),
  ),

  route(
    'GET',
    '/api/pairings',
    (ctx) => {
      const pages = page(ctx.query)
      if (!pages) return error(500, 'Failed to list pairings')
      const { status = 'pending' } = ctx.query
      const found = ctx.table<PairingRow>('pairings').filter((row) => row.status === (status || 'pending'))
      return json(200, { pairings: found.reverse().slice(0, pages.limit).map(shown) })
    },
    ADMIN,
  ),

  route('GET', '/api/pairings/:pairing_id', (ctx) => {
    const row = find(ctx)
    if (!row) return error(404, 'Pairing not found')
    const answer = shown(row)
    if (row.status === 'pending' && late(ctx, row)) {
      setStatus(ctx, row, 'expired')
      answer.status = 'expired'
    }
    return json(200, { pairing: answer })
  }),

  route(
    'POST',
    '/api/pairings/:pairing_id/approve',
    (ctx) => {
      const row = find(ctx)
      if (!row) return error(404, 'Pairing not found')
      if (late(ctx, row)) {
        if (row.status !== 'expired') setStatus(ctx, row, 'expired')
        return error(410, 'Pairing expired')
      }
      if (row.status !== 'pending') return error(409, `Pairing is not pending (status=${row.status})`)
      const { agent_id, algorithm, created_at, updated_at } = registerKey(ctx.org, { ...row, now: ctx.clock.now() })
      setStatus(ctx, row, 'approved')
      return json(200, { identity: { agent_id, algorithm, created_at, updated_at } })
    },
    { ...ADMIN, fault: 'Failed to approve pairing' },
  ),
]
