import { readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { createLocalServer, type ServerVersion } from '../../src/local/index.ts'
import { routes } from '../../src/local/routes/index.ts'
import { type ContractField, type ContractMethod, contract } from './fixtures.ts'
import { send } from './seeds.ts'

const pattern = (path: string) => path.replace(/:\w+/g, ':id')

/** Fields of every write route, and all names that fields have, as far as the contract knows them. */
const FIELDS = new Map<string, Record<string, ContractField>>()
export const NAMES = new Set<string>()
for (const file of readdirSync(new URL('../fixtures/contract', import.meta.url))) {
  const { methods = [], types = {} } = contract(file.replace('.json', '')) as {
    methods?: ContractMethod[]
    types?: Record<string, { fields?: object }>
  }
  for (const { http, body } of methods) {
    if (!http || !body) continue
    const key = `${http.method} ${pattern(http.path)}`
    FIELDS.set(key, { ...FIELDS.get(key), ...body })
  }
  for (const { fields } of Object.values(types)) for (const name of Object.keys(fields ?? {})) NAMES.add(name)
}
/** What the contract knows of the body of a route. */
export const fieldsOf = (method: string, path: string) => FIELDS.get(`${method} ${pattern(path)}`) ?? {}

/** What some routes want to see. */
const LIKELY: Record<string, object> = {
  '/api/policies': { policy_type: 'require_approval', rules: '{"action_types":["x"]}' },
  '/api/policies/import': { yaml: 'policies: []', pack: undefined },
  '/api/compliance/exports': { frameworks: ['soc2'] },
  '/api/compliance/schedules': { frameworks: ['soc2'] },
  '/api/pairings': { public_key: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' },
  '/api/actions/assumptions/:assumption_id': { validated: false },
  '/api/learning/recommendations/events': { events: undefined },
  '/api/messages': { thread_id: undefined, attachments: undefined },
  '/api/scoring/profiles/:profile_id': { metadata: undefined },
  '/api/preferences': { type: 'mood', mood: 'x' },
  '/api/model-strategies': { config: { primary: { provider: 'x', model: 'x' } } },
}

/** A value that the contract allows, as far as one can tell. */
function usual(name: string, { type, min, enum: words }: ContractField): unknown {
  if (words?.length) return words[0]
  if (type.includes('[]')) return []
  if (/^(integer|number)/.test(type)) return min ?? 1
  if (type.startsWith('boolean')) return true
  if (!type.startsWith('string')) return {}
  if (/url|endpoint/i.test(name)) return 'https://example.com/x'
  return /date|_at$|time|next_run/.test(name) ? '2026-01-02T03:04:05Z' : 'x'
}
/** A body that a route takes. */
export const usualBody = (method: string, path: string): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(fieldsOf(method, path)).map(([name, field]) => [name, usual(name, field)])),
  ...LIKELY[path],
})

/** A server with a row of everything, and its write routes with ids that lead to one. */
export async function stocked(version: ServerVersion) {
  const server = createLocalServer({ version, webhookFetch: async () => new Response('{}') })
  const served = routes.filter(({ versions }) => !versions || versions.includes(version))
  const writes = served.filter(({ method }) => method !== 'GET')
  for (const { method, path } of writes)
    if (method === 'POST' && !path.includes(':')) await send(server, method, path, usualBody(method, path))
  server.seed('drift_alerts', [{ id: 'da_1', agent_id: 'x', metric: 'risk_score', severity: 'info', z_score: 1 }])
  server.seed('recommendations', [{ id: 'lrec_1', agent_id: 'x', action_type: 'x', hints: {}, confidence: 1 }])
  const ids = () => {
    const rows = ['org_local', 'org_default'].flatMap((org) => Object.values(server.snapshot(org)).flat())
    const named = rows.flatMap((row) => Object.entries(row).filter(([name]) => /^id$|_id$/.test(name)))
    return [...new Set(named.map(([, value]: [string, unknown]) => value))].filter((id) => typeof id === 'string' && id)
  }
  const led: { method: string; path: string; at: string }[] = []
  for (const { method, path } of writes) {
    // What stands within another thing is looked for within the one that was found for it.
    const within = /^(.*:\w+)\/.*:/.exec(path)?.[1]
    const outer = within && led.find((entry) => entry.path === within && !entry.at.includes('/x1'))
    const open = outer ? path.replace(outer.path, outer.at) : path
    let found = open.replace(/:\w+/g, 'x1')
    const count = method === 'DELETE' ? 0 : open.split(':').length - 1
    for (const id of count ? ids() : []) {
      const at = open.replace(/:\w+/, encodeURIComponent(id as string))
      const { status } = await send(server, method, at, usualBody(method, path))
      if (status !== 404 && (status < 300 || found.includes('/x1'))) found = at
      if (status < 300) break
    }
    if (count) expect(found).not.toContain('/x1')
    led.push({ method, path, at: found })
  }
  return { server, served, led }
}
