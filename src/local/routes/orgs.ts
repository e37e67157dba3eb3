import { text } from '../state/columns.ts'
import { hexId, uuidId } from '../state/ids.ts'
import { createOrg, type Org, table } from '../state/org.ts'
import type { Role } from '../state/server.ts'
import { error, json } from './answers.ts'
import { type Context, type Route, route } from './route.ts'

interface OrgRow {
  plan: string
  created_at: string
  updated_at: string
}

interface KeyRow {
  id: string
  key_prefix: string
  label: string | null
  role: Role
  last_used_at: string | null
  created_at: string
  revoked_at: string | null
}

const ADMIN = { admin: 'Forbidden - admin role required' }
const ROLES = ['admin', 'member', 'readonly']
const WARNING = 'Save this key now. It will not be shown again.'
const SLUG = /^[a-z0-9-]+$/

const blank = (value: unknown) => typeof value !== 'string' || !value.trim()
const foreign = (ctx: Context) =>
  ctx.params['org_id'] === ctx.org.id ? undefined : error(403, 'Forbidden - cannot access other organizations')

/** What the organization's table holds besides its name; organizations of the options get theirs when first looked at. */
function facts(org: Org, now: string): OrgRow {
  const rows = table<OrgRow>(org, 'organization')
  if (!rows[0]) rows.push({ plan: 'free', created_at: now, updated_at: now })
  return rows[0]!
}

function brief(org: Org, now: string) {
  const { plan, created_at, updated_at } = facts(org, now)
  return { id: org.id, name: org.name, slug: org.slug, plan, created_at, updated_at }
}

const full = (org: Org, now: string) => ({
  ...brief(org, now),
  stripe_customer_id: null,
  stripe_subscription_id: null,
  subscription_status: 'active',
  current_period_end: null,
  trial_ends_at: null,
})

/** The rows of the organization's keys; keys of the options get theirs when first looked at. */
function keyRows(ctx: Context): KeyRow[] {
  const rows = ctx.table<KeyRow>('api_keys')
  for (const [key, entry] of ctx.server.keys) {
    if (entry.org !== ctx.org.id) continue
    entry.id ??= addKey(ctx, ctx.org, key, entry.role, `${entry.role} key`).id
    const row = rows.find(({ id }) => id === entry.id)
    if (row && entry.used !== undefined) row.last_used_at = new Date(entry.used).toISOString()
  }
  return rows
}

function addKey(ctx: Context, org: Org, key: string, role: Role, label: string | null): KeyRow {
  const row: KeyRow = {
    id: uuidId('key_'),
    key_prefix: key.slice(0, 8),
    label,
    role,
    last_used_at: null,
    created_at: ctx.iso(),
    revoked_at: null,
  }
  table<KeyRow>(org, 'api_keys').push(row)
  return row
}

function newKey(ctx: Context, org: Org, role: Role, label: string | null): KeyRow & { key: string } {
  const key = hexId('oc_live_', 32)
  const row = addKey(ctx, org, key, role, label)
  ctx.server.keys.set(key, { org: org.id, role, id: row.id })
  return { ...row, key }
}

const working = (ctx: Context) => keyRows(ctx).filter(({ revoked_at }) => revoked_at === null).length

/** Organizations and their keys. */
export const orgs: Route[] = [
  route(
    'GET',
    '/api/orgs',
    (ctx) => json(200, { organizations: [{ ...brief(ctx.org, ctx.iso()), active_keys: String(working(ctx)) }] }),
    ADMIN,
  ),

  route(
    'POST',
    '/api/orgs',
    (ctx) => {
      if (!ctx.bodyOk) return error(500, 'An error occurred while creating the organization')
      const { name, slug } = ctx.fields as { name: string; slug: string }
      if (blank(name)) return error(400, 'name is required')
      if (typeof slug !== 'string' || !SLUG.test(slug)) {
        return error(400, 'slug is required and must be lowercase alphanumeric with hyphens')
      }
      if (slug.length > 64) return error(400, 'slug must be 64 characters or fewer')
      if (name.length > 256) return error(400, 'name must be 256 characters or fewer')
      if ([...ctx.server.orgs.values()].some((org) => org.slug === slug)) {
        return error(409, 'An organization with this slug already exists')
      }
      const org = createOrg(uuidId('org_'), name.trim(), slug)
      ctx.server.orgs.set(org.id, org)
      const { id, key, key_prefix, role } = newKey(ctx, org, 'admin', 'Admin Key')
      return json(201, {
        organization: full(org, ctx.iso()),
        api_key: { id, key, prefix: key_prefix, role, warning: WARNING },
      })
    },
    { ...ADMIN, fault: 'An error occurred while creating the organization' },
  ),

  route(
    'GET',
    '/api/orgs/:org_id',
    (ctx) => foreign(ctx) ?? json(200, { organization: brief(ctx.org, ctx.iso()), active_keys: working(ctx) }),
    ADMIN,
  ),

  route(
    'PATCH',
    '/api/orgs/:org_id',
    (ctx) => {
      const refused = foreign(ctx)
      if (refused) return refused
      if (!ctx.bodyOk) return error(500, 'An error occurred while updating the organization')
      const { name } = ctx.fields as { name?: string }
      if (name !== undefined) {
        if (blank(name)) return error(400, 'name must be a non-empty string')
        if (name.length > 256) return error(400, 'name must be 256 characters or fewer')
        ctx.org.name = name.trim()
      }
      facts(ctx.org, ctx.iso()).updated_at = ctx.iso()
      return json(200, { organization: full(ctx.org, ctx.iso()) })
    },
    { ...ADMIN, fault: 'An error occurred while updating the organization' },
  ),

  route(
    'GET',
    '/api/orgs/:org_id/keys',
    (ctx) => foreign(ctx) ?? json(200, { keys: [...keyRows(ctx)].reverse() }),
    ADMIN,
  ),

  route(
    'POST',
    '/api/orgs/:org_id/keys',
    (ctx) => {
      const refused = foreign(ctx)
      if (refused) return refused
      if (!ctx.bodyOk) return error(500, 'An error occurred while generating the API key')
      const { label = 'API Key', role = 'member' } = ctx.fields as { label?: unknown; role?: Role }
      const given = text(label)
      if (given && given.length > 256) return error(400, 'label must be 256 characters or fewer')
      if (!ROLES.includes(role)) return error(400, 'role must be one of: admin, member, readonly')
      const { id, key, key_prefix } = newKey(ctx, ctx.org, role, given)
      return json(201, { key: { id, key, prefix: key_prefix, label: given, role, warning: WARNING } })
    },
    { ...ADMIN, fault: 'An error occurred while generating the API key' },
  ),

  route(
    'DELETE',
    '/api/orgs/:org_id/keys',
    (ctx) => {
      const refused = foreign(ctx)
      if (refused) return refused
      const { id } = ctx.query
      if (!id) return error(400, 'id query parameter is required')
      const row = keyRows(ctx).find((entry) => entry.id === id)
      if (!row) return error(404, 'API key not found')
      if (row.revoked_at) return error(409, 'API key is already revoked')
      row.revoked_at = ctx.iso()
      for (const [key, entry] of ctx.server.keys) if (entry.id === id) ctx.server.keys.delete(key)
      return json(200, { success: true, revoked: id })
    },
    { ...ADMIN, fault: 'An error occurred while revoking the API key' },
  ),
]
