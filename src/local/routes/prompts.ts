import { groups, mean } from '../rules/statistics.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { createOrg, table } from '../state/org.ts'
import type { TableName } from '../state/tables.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route } from './route.ts'

interface TemplateRow {
  id: string
  org_id: string
  name: string
  description: string
  category: string
  created_at: string
  updated_at: string
}

interface VersionRow {
  id: string
  org_id: string
  template_id: string
  version: number
  content: string
  model_hint: string
  /** JSON as text, as servers with plain Postgres answer it. */
  parameters: string
  changelog: string
  is_active: boolean
  created_by: 'user'
  created_at: string
}

interface RunRow {
  id: string
  org_id: string
  template_id: string
  version_id: string
  action_id: string
  agent_id: string
  input_vars: string
  rendered: string
  tokens_used: number
  latency_ms: number
  outcome: string
  created_at: string
}

/** Prompts of all keys, and of none, live in this organization. */
const SHARED = 'org_default'

/** A table of the shared organization. */
function shared<T extends object>({ server }: Context, name: TableName): T[] {
  let org = server.orgs.get(SHARED)
  if (!org) {
    org = createOrg(SHARED, 'Default')
    server.orgs.set(SHARED, org)
  }
  return table<T>(org, name)
}

const templatesOf = (ctx: Context) => shared<TemplateRow>(ctx, 'prompt_templates')
const versionsOf = (ctx: Context) => shared<VersionRow>(ctx, 'prompt_versions')
const runsOf = (ctx: Context) => shared<RunRow>(ctx, 'prompt_runs')
const templateOf = (ctx: Context) => templatesOf(ctx).find(({ id }) => id === ctx.params['template_id'])
const versionOf = (ctx: Context) =>
  versionsOf(ctx).find(
    ({ id, template_id }) => id === ctx.params['version_id'] && template_id === ctx.params['template_id'],
  )

const text = (value: unknown, fallback = ''): string => (value ? String(value) : fallback)

function listTemplates(ctx: Context): Response {
  const { category } = ctx.query
  const templates = templatesOf(ctx)
    .filter((row) => !category || row.category === category)
    .reverse()
    .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at))
    .map((row) => {
      const own = versionsOf(ctx).filter(({ template_id }) => template_id === row.id)
      return {
        ...row,
        version_count: String(own.length),
        active_version: own.find(({ is_active }) => is_active)?.version ?? null,
      }
    })
  return json(200, { templates })
}

function createTemplate(ctx: Context): Response {
  if (!ctx.bodyOk) return error(500, 'Failed to create template')
  const { name, description, category } = ctx.fields
  if (!name) return error(400, 'name is required')
  const row: TemplateRow = {
    id: hexId('pt_'),
    org_id: SHARED,
    name: String(name),
    description: text(description),
    category: text(category, 'general'),
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
  }
  templatesOf(ctx).push(row)
  return json(201, { id: row.id, name, description, category })
}

function updateTemplate(ctx: Context): Response {
  const FAULT = 'Failed to update template'
  if (!ctx.bodyOk) return error(500, FAULT)
  const given = (['name', 'description', 'category'] as const).filter((field) => ctx.fields[field] !== undefined)
  const row = templateOf(ctx)
  if (!row || !given.length) return error(404, 'Template not found or no changes')
  if (ctx.fields['name'] === null) return error(500, FAULT)
  // 2.0 servers write all three fields or the first one only.
  const written = ctx.version === '2.0' && given.length === 2 ? given.slice(0, 1) : given
  for (const field of written) row[field] = String(ctx.fields[field] ?? '')
  row.updated_at = ctx.iso()
  return json(200, row)
}

function deleteTemplate(ctx: Context): Response {
  const id = ctx.params['template_id']
  const templates = templatesOf(ctx)
  templates.splice(0, templates.length, ...templates.filter((row) => row.id !== id))
  for (const rows of [versionsOf(ctx), runsOf(ctx)] as { template_id: string }[][]) {
    rows.splice(0, rows.length, ...rows.filter((row) => row.template_id !== id))
  }
  return json(200, { deleted: true })
}

function createVersion(ctx: Context): Response {
  const template = templateOf(ctx)
  if (!template) return error(404, 'Template not found')
  if (!ctx.bodyOk) return error(500, 'Failed to create version')
  const { content, model_hint, parameters, changelog } = ctx.fields
  if (!content) return error(400, 'content is required')
  const versions = versionsOf(ctx)
  const numbers = versions.flatMap((row) => (row.template_id === template.id ? [row.version] : []))
  const row: VersionRow = {
    id: hexId('pv_'),
    org_id: SHARED,
    template_id: template.id,
    version: Math.max(0, ...numbers) + 1,
    content: String(content),
    model_hint: text(model_hint),
    parameters: JSON.stringify(parameters ?? []),
    changelog: text(changelog),
    is_active: false,
    created_by: 'user',
    created_at: ctx.iso(),
  }
  versions.push(row)
  template.updated_at = ctx.iso()
  const { id, template_id, version, is_active } = row
  return json(201, { id, template_id, version, content, is_active })
}

function activate(ctx: Context): Response {
  const chosen = versionOf(ctx)
  if (!chosen) return error(404, 'Version not found')
  for (const row of versionsOf(ctx)) if (row.template_id === chosen.template_id) row.is_active = row === chosen
  return json(200, { ...chosen, message: 'Version activated' })
}

/**
 * Fills the variables in, one after the other. 2.0 servers take a name for a regular expression and a value for a replacement
 * text with `$&` and the like; the newer line takes both as they are.
 */
function fill(content: string, variables: Record<string, unknown>, version: Context['version']): string {
  let filled = content
  for (const [name, value] of Object.entries(variables)) {
    const source = version === '2.0' ? name : name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    const mark = new RegExp(`\\{\\{\\s*${source}\\s*\\}\\}`, 'g')
    filled = version === '2.0' ? filled.replace(mark, String(value)) : filled.replace(mark, () => String(value))
  }
  return filled
}

/** Names of letters, digits and underscores between braces, each once. */
const namesIn = (content: string): string[] => [
  ...new Set([...content.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1]!)),
]

function render(ctx: Context): Response {
  const FAULT = 'Failed to render prompt'
  if (!ctx.bodyOk) return error(500, FAULT)
  const { fields } = ctx
  const { template_id, version_id } = fields
  if (!template_id && !version_id) return error(400, 'template_id or version_id is required')
  const version = versionsOf(ctx).find((row) =>
    version_id ? row.id === version_id : row.template_id === template_id && row.is_active,
  )
  if (!version) return error(404, 'No active version found for this template')
  const variables = (fields['variables'] ?? {}) as Record<string, unknown>
  const [tokens_used, latency_ms] = [fields['tokens_used'] || 0, fields['latency_ms'] || 0].map(Number) as [
    number,
    number,
  ]
  let rendered: string
  try {
    rendered = fill(version.content, variables, ctx.version)
  } catch {
    return error(500, FAULT)
  }
  const answer = {
    rendered,
    version_id: version.id,
    template_id: version.template_id,
    version: version.version,
    parameters: namesIn(version.content),
  }
  if (!fields['record']) return json(200, answer)
  if (!Number.isInteger(tokens_used) || !Number.isInteger(latency_ms)) return error(500, FAULT)
  const run: RunRow = {
    id: hexId('pr_'),
    org_id: SHARED,
    template_id: version.template_id,
    version_id: version.id,
    action_id: text(fields['action_id']),
    agent_id: text(fields['agent_id']),
    input_vars: JSON.stringify(variables),
    rendered,
    tokens_used,
    latency_ms,
    outcome: text(fields['outcome']),
    created_at: ctx.iso(),
  }
  runsOf(ctx).push(run)
  return json(200, { ...answer, run_id: run.id })
}

function listRuns(ctx: Context): Response {
  const { template_id, version_id } = ctx.query
  const pages = page(ctx.query, { max: 100 })
  if (!pages) return error(500, 'Failed to fetch runs')
  const names = new Map(templatesOf(ctx).map(({ id, name }) => [id, name]))
  const numbers = new Map(versionsOf(ctx).map(({ id, version }) => [id, version]))
  const runs = runsOf(ctx)
    .filter((run) => (template_id ? run.template_id === template_id : !version_id || run.version_id === version_id))
    .reverse()
    .slice(0, pages.limit)
  return json(200, {
    runs: runs.map((run) => ({
      ...run,
      template_name: names.get(run.template_id),
      version: numbers.get(run.version_id),
    })),
  })
}

function stats(ctx: Context): Response {
  const { template_id } = ctx.query
  const runs = runsOf(ctx)
  const whole = (rows: readonly RunRow[], field: 'tokens_used' | 'latency_ms') =>
    rows.length ? String(Math.round(mean(rows.map((row) => row[field])))) : null
  const counts = (rows: readonly RunRow[]) => ({
    total_runs: String(rows.length),
    avg_tokens: whole(rows, 'tokens_used'),
    avg_latency_ms: whole(rows, 'latency_ms'),
  })
  const distinct = (rows: readonly RunRow[], field: 'version_id' | 'agent_id' | 'template_id') =>
    String(new Set(rows.map((row) => row[field]).filter(Boolean)).size)
  if (template_id) {
    const own = runs.filter((run) => run.template_id === template_id)
    return json(200, {
      ...counts(own),
      versions_used: distinct(own, 'version_id'),
      unique_agents: distinct(own, 'agent_id'),
    })
  }
  const names = new Map(templatesOf(ctx).map(({ id, name }) => [id, name]))
  const numbers = new Map(versionsOf(ctx).map(({ id, version }) => [id, version]))
  const most = (key: (run: RunRow) => string, limit: number) =>
    [...groups(runs, key)].sort((a, b) => b[1].length - a[1].length).slice(0, limit)
  const since = ctx.clock.now() - DAY
  return json(200, {
    overall: {
      total_runs: String(runs.length),
      unique_templates: distinct(runs, 'template_id'),
      avg_tokens: whole(runs, 'tokens_used'),
      avg_latency_ms: whole(runs, 'latency_ms'),
      today_count: String(runs.filter(({ created_at }) => Date.parse(created_at) >= since).length),
    },
    by_template: most((run) => names.get(run.template_id) ?? '', 10).map(([template_name, rows]) => ({
      template_name,
      ...counts(rows),
    })),
    by_version: most((run) => run.version_id, 20).map(([version_id, rows]) => ({
      template_name: names.get(rows[0]!.template_id),
      version: numbers.get(version_id),
      version_id,
      total_runs: String(rows.length),
      avg_tokens: whole(rows, 'tokens_used'),
    })),
  })
}

/** The platform's texts for people who set it up, in short: this server needs no set-up. */
const DOCUMENTS: readonly [name: string, text: string][] = [
  [
    'agent-connect',
    'Point the client at this server: its `baseUrl`, and one of its keys as `apiKey`. The first admin key is `local`.',
  ],
  [
    'server-setup',
    'The embedded server is made with `createLocalServer()` and keeps everything in memory: there is nothing to set up.',
  ],
  [
    'sdk-coverage',
    'Every documented method of the SDK has its route here. `version: "2.0"` answers like that line of servers.',
  ],
]

const TEMPLATE = '/api/prompts/templates/:template_id'
const VERSION = `${TEMPLATE}/versions/:version_id`

/** Prompt templates, their versions, rendering, and what was rendered. No route asks for a key. */
export const prompts: Route[] = [
  route('GET', '/api/prompts/templates', listTemplates),
  route('POST', '/api/prompts/templates', createTemplate, { fault: 'Failed to create template' }),
  route('GET', TEMPLATE, (ctx) => {
    const row = templateOf(ctx)
    return row ? json(200, row) : error(404, 'Template not found')
  }),
  route('PATCH', TEMPLATE, updateTemplate, { fault: 'Failed to update template' }),
  route('DELETE', TEMPLATE, deleteTemplate, { fault: 'Failed to delete template' }),
  route('GET', `${TEMPLATE}/versions`, (ctx) => {
    const versions = versionsOf(ctx).filter((row) => row.template_id === ctx.params['template_id'])
    return json(200, { versions: versions.sort((a, b) => b.version - a.version) })
  }),
  route('POST', `${TEMPLATE}/versions`, createVersion, { fault: 'Failed to create version' }),
  route('GET', VERSION, (ctx) => {
    const row = versionOf(ctx)
    return row ? json(200, row) : error(404, 'Version not found')
  }),
  route('POST', VERSION, activate, { fault: 'Failed to activate version' }),
  route('POST', '/api/prompts/render', render, { fault: 'Failed to render prompt' }),
  route('GET', '/api/prompts/runs', listRuns),
  route('GET', '/api/prompts/stats', stats),
  ...DOCUMENTS.map(([name, body]) =>
    route(
      'GET',
      `/api/prompts/${name}/raw`,
      () => new Response(`# ${name}\n\n${body}\n`, { headers: { 'content-type': 'text/markdown; charset=utf-8' } }),
    ),
  ),
]
