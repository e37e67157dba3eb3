import { uuidId } from '../state/ids.ts'
import { holds } from '../state/like.ts'
import { newestFirst } from '../state/order.ts'
import type { Dated } from '../state/rows.ts'
import { isTaken } from '../state/server.ts'
import { error, fault, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'
import { fieldsOf, nameProblem, slugOf } from './studio-shared.ts'

interface CollectionRow extends Dated {
  collection_id: string
  org_id: string
  name: string
  description: string | null
  source_type: string
  tags: string[]
  ingestion_status: string
  doc_count: number
  last_synced_at: string | null
}

interface ItemRow extends Dated {
  item_id: string
  collection_id: string
  org_id: string
  source_uri: string
  title: string | null
  mime_type: string | null
  status: string
  metadata: Record<string, unknown>
}

interface CapabilityRow extends Dated {
  capability_id: string
  org_id: string
  name: string
  slug: string
  description: string | null
  category: string | null
  source_type: string
  auth_type: string | null
  risk_level: string
  requires_approval: boolean
  tags: string[]
  pricing: Record<string, unknown>
  health_status: string
  docs_url: string | null
  invocation_schema: Record<string, unknown>
}

const COLLECTIONS = 'knowledge_collections'
const ITEMS = 'knowledge_items'
const CAPABILITIES = 'capabilities'
const KNOWLEDGE_SOURCES = ['files', 'urls', 'external', 'notes']
const SOURCES = ['internal_sdk', 'http_api', 'webhook', 'human_approval', 'external_marketplace']
const RISKS = ['low', 'medium', 'high', 'critical']

const text = (value: unknown): string | null => (value as string | undefined) || null
const collectionOf = (ctx: Context) =>
  ctx.table<CollectionRow>(COLLECTIONS).find((row) => row.collection_id === ctx.params['collection_id'])
const capabilityOf = (ctx: Context) =>
  ctx.table<CapabilityRow>(CAPABILITIES).find((row) => row.capability_id === ctx.params['capability_id'])

/** 400 for a word outside its list; nothing and the empty text pass. */
function wordProblem(name: string, value: unknown, words: readonly string[]): Response | undefined {
  return value && !words.includes(value as string)
    ? error(400, `${name} must be one of ${words.join(', ')}`)
    : undefined
}

const capabilityProblem = (fields: Record<string, unknown>) =>
  wordProblem('risk_level', fields['risk_level'], RISKS) ?? wordProblem('source_type', fields['source_type'], SOURCES)

const knowledge: Route[] = [
  route(
    'GET',
    '/api/knowledge/collections',
    (ctx) => {
      const pages = page(ctx.query, { zero: true })
      if (!pages) return fault()
      const { source_type } = ctx.query
      const rows = newestFirst(
        ctx.table<CollectionRow>(COLLECTIONS).filter((row) => !source_type || row.source_type === source_type),
      )
      return json(200, { collections: rows.slice(pages.offset, pages.offset + pages.limit) })
    },
    NEWER,
  ),
  route(
    'POST',
    '/api/knowledge/collections',
    (ctx) => {
      const fields = fieldsOf(ctx)
      if (!fields) return fault()
      const { name, source_type, collection_id } = fields as {
        name: string
        source_type?: string
        collection_id?: string
      }
      const problem = nameProblem(name) ?? wordProblem('source_type', source_type, KNOWLEDGE_SOURCES)
      if (problem) return problem
      if (collection_id && isTaken(ctx.server, COLLECTIONS, 'collection_id', collection_id)) return fault()
      const now = ctx.iso()
      const collection: CollectionRow = {
        collection_id: collection_id || uuidId('kc_'),
        org_id: ctx.org.id,
        name,
        description: text(fields['description']),
        source_type: source_type || 'files',
        tags: (fields['tags'] ?? []) as string[],
        ingestion_status: 'empty',
        doc_count: 0,
        last_synced_at: null,
        created_at: now,
        updated_at: now,
      }
      ctx.table<CollectionRow>(COLLECTIONS).push(collection)
      return json(201, { collection })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/knowledge/collections/:collection_id',
    (ctx) => {
      const collection = collectionOf(ctx)
      return collection ? json(200, { collection }) : error(404, 'Collection not found')
    },
    NEWER,
  ),
  route(
    'PATCH',
    '/api/knowledge/collections/:collection_id',
    (ctx) => {
      const fields = fieldsOf(ctx) as Partial<CollectionRow> | undefined
      if (!fields) return fault()
      const row = collectionOf(ctx)
      if (!row) return error(404, 'Collection not found')
      const problem = wordProblem('source_type', fields.source_type, KNOWLEDGE_SOURCES)
      if (problem) return problem
      Object.assign(row, {
        name: fields.name ?? row.name,
        description: text(fields.description ?? row.description),
        source_type: fields.source_type ?? row.source_type,
        tags: fields.tags ?? row.tags,
        ingestion_status: fields.ingestion_status ?? row.ingestion_status,
        updated_at: ctx.iso(),
      })
      return json(200, { collection: row })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/knowledge/collections/:collection_id/items',
    (ctx) => {
      const pages = page(ctx.query, { limit: 100, max: 500, zero: true })
      if (!pages) return fault()
      const rows = ctx.table<ItemRow>(ITEMS).filter((row) => row.collection_id === ctx.params['collection_id'])
      return json(200, { items: rows.reverse().slice(pages.offset, pages.offset + pages.limit) })
    },
    NEWER,
  ),
  route(
    'POST',
    '/api/knowledge/collections/:collection_id/items',
    (ctx) => {
      const fields = fieldsOf(ctx)
      if (!fields) return fault()
      const { source_uri, item_id } = fields as { source_uri: string; item_id?: string }
      if (!source_uri) return error(400, 'source_uri is required')
      if (typeof source_uri !== 'string') return fault()
      const collection = collectionOf(ctx)
      if (!collection) return error(404, 'Collection not found')
      if (item_id && isTaken(ctx.server, ITEMS, 'item_id', item_id)) return fault()
      const now = ctx.iso()
      const item: ItemRow = {
        item_id: item_id || uuidId('kci_'),
        collection_id: collection.collection_id,
        org_id: ctx.org.id,
        source_uri,
        title: text(fields['title']),
        mime_type: text(fields['mime_type']),
        status: text(fields['status']) ?? 'pending',
        metadata: (fields['metadata'] ?? {}) as Record<string, unknown>,
        created_at: now,
        updated_at: now,
      }
      ctx.table<ItemRow>(ITEMS).push(item)
      collection.doc_count++
      if (collection.ingestion_status === 'empty') collection.ingestion_status = 'pending'
      collection.updated_at = now
      return json(201, { item })
    },
    NEWER,
  ),
]

const capabilities: Route[] = [
  route(
    'GET',
    '/api/capabilities',
    (ctx) => {
      const pages = page(ctx.query, { limit: 100, max: 500, zero: true })
      if (!pages) return fault()
      const { category, risk_level, search } = ctx.query
      const found = ctx
        .table<CapabilityRow>(CAPABILITIES)
        .filter(
          (row) =>
            (!category || row.category === category) &&
            (!risk_level || row.risk_level === risk_level) &&
            (!search ||
              [row.name, row.description ?? '', JSON.stringify(row.tags)].some((value) => holds(value, search))),
        )
      return json(200, { capabilities: newestFirst(found).slice(pages.offset, pages.offset + pages.limit) })
    },
    NEWER,
  ),
  route(
    'POST',
    '/api/capabilities',
    (ctx) => {
      const fields = fieldsOf(ctx)
      if (!fields) return fault()
      const { name, slug, capability_id } = fields as { name: string; slug?: string; capability_id?: string }
      const problem = nameProblem(name) ?? capabilityProblem(fields)
      if (problem) return problem
      const rows = ctx.table<CapabilityRow>(CAPABILITIES)
      const wanted = slugOf(slug || name, 'cap', ctx.clock.now())
      if (
        rows.some((row) => row.slug === wanted) ||
        (capability_id && isTaken(ctx.server, CAPABILITIES, 'capability_id', capability_id))
      ) {
        return error(409, 'A capability with this slug already exists')
      }
      const now = ctx.iso()
      const capability: CapabilityRow = {
        capability_id: capability_id || uuidId('cap_'),
        org_id: ctx.org.id,
        name,
        slug: wanted,
        description: text(fields['description']),
        category: text(fields['category']),
        source_type: text(fields['source_type']) ?? 'internal_sdk',
        auth_type: text(fields['auth_type']) ?? 'none',
        risk_level: text(fields['risk_level']) ?? 'medium',
        requires_approval: Boolean(fields['requires_approval']),
        tags: (fields['tags'] ?? []) as string[],
        pricing: (fields['pricing'] ?? {}) as Record<string, unknown>,
        health_status: text(fields['health_status']) ?? 'unknown',
        docs_url: text(fields['docs_url']),
        invocation_schema: (fields['invocation_schema'] ?? {}) as Record<string, unknown>,
        created_at: now,
        updated_at: now,
      }
      rows.push(capability)
      return json(201, { capability })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/capabilities/:capability_id',
    (ctx) => {
      const capability = capabilityOf(ctx)
      return capability ? json(200, { capability }) : error(404, 'Capability not found')
    },
    NEWER,
  ),
  route(
    'PATCH',
    '/api/capabilities/:capability_id',
    (ctx) => {
      const fields = fieldsOf(ctx) as Partial<CapabilityRow> | undefined
      if (!fields) return fault()
      const row = capabilityOf(ctx)
      if (!row) return error(404, 'Capability not found')
      const problem = capabilityProblem(fields)
      if (problem) return problem
      Object.assign(row, {
        name: fields.name ?? row.name,
        description: text(fields.description ?? row.description),
        category: text(fields.category ?? row.category),
        source_type: fields.source_type ?? row.source_type,
        auth_type: text(fields.auth_type ?? row.auth_type),
        risk_level: fields.risk_level ?? row.risk_level,
        tags: fields.tags ?? row.tags,
        pricing: fields.pricing ?? row.pricing,
        health_status: fields.health_status ?? row.health_status,
        docs_url: text(fields.docs_url ?? row.docs_url),
        invocation_schema: fields.invocation_schema ?? row.invocation_schema,
        updated_at: ctx.iso(),
      })
      if ('requires_approval' in fields) row.requires_approval = Boolean(fields.requires_approval)
      return json(200, { capability: row })
    },
    NEWER,
  ),
]

/** Execution Studio: knowledge collections and capabilities. */
export const studioRegistry: Route[] = [...knowledge, ...capabilities]
