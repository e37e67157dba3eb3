import { databaseTime } from '../state/moment.ts'
import { type Org, table } from '../state/org.ts'
import type { IdentityRow } from '../state/rows.ts'

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
