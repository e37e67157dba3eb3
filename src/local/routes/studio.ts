import { graphOf } from '../rules/action-graph.ts'
import { uuidId } from '../state/ids.ts'
import { newestFirst } from '../state/order.ts'
import type { ActionRow, Dated } from '../state/rows.ts'
import { isTaken } from '../state/server.ts'
import { error, fault, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, NEWER, type Route, route } from './route.ts'
import { fieldsOf, slugOf } from './studio-shared.ts'

type Config = Record<string, unknown>

interface StrategyRow extends Dated {
  strategy_id: string
  org_id: string
  name: string
  description: string | null
  config: Config
  created_by: string | null
}

type Resolved = Pick<StrategyRow, 'strategy_id' | 'name' | 'config'>

const LINKS = [
  'linked_prompt_template_ids',
  'linked_policy_ids',
  'linked_knowledge_collection_ids',
  'linked_capability_ids',
  'linked_capability_tags',
] as const

interface TemplateRow extends Dated, Record<(typeof LINKS)[number], string[]> {
  template_id: string
  org_id: string
  name: string
  slug: string
  description: string | null
  objective: string | null
  steps: unknown[]
  model_strategy_id: string | null
  model_strategy_snapshot: Resolved | null
  version: number
  status: string
  created_by: string | null
}

const TEMPLATES = 'workflow_templates'
const STRATEGIES = 'model_strategies'

const text = (value: unknown): string | null => (value as string | undefined) || null
const templatesOf = (ctx: Context) => ctx.table<TemplateRow>(TEMPLATES)
const templateOf = (ctx: Context) => templatesOf(ctx).find((row) => row.template_id === ctx.params['template_id'])
const strategyOf = (ctx: Context) =>
  ctx.table<StrategyRow>(STRATEGIES).find((row) => row.strategy_id === ctx.params['strategy_id'])
const linksOf = (fields: Partial<Record<(typeof LINKS)[number], unknown>>) =>
  Object.fromEntries(LINKS.map((name) => [name, fields[name] ?? []])) as Record<(typeof LINKS)[number], string[]>

function addTemplate(
  ctx: Context,
  row: Omit<TemplateRow, keyof Dated | 'org_id' | 'version' | 'model_strategy_snapshot'>,
): Response {
  const now = ctx.iso()
  const template: TemplateRow = {
    org_id: ctx.org.id,
    ...row,
    model_strategy_snapshot: null,
    version: 1,
    created_at: now,
    updated_at: now,
  }
  templatesOf(ctx).push(template)
  return json(201, { template })
}

const LEVELS = [
  ['costSensitivity', ['low', 'balanced', 'high-quality']],
  ['latencySensitivity', ['low', 'medium', 'high']],
] as const

/** What is wrong with the config of a strategy: the first thing, in the platform's order. */
function configProblem(config: Config): string | undefined {
  const primary = config['primary'] as Config | null | undefined
  if (typeof primary !== 'object' || primary === null) return 'config.primary is required'
  if (!primary['provider'] || !primary['model']) return 'config.primary.provider and config.primary.model are required'
  for (const [name, words] of LEVELS) {
    const value = config[name]
    if (value != null && !(words as readonly unknown[]).includes(value))
      return `config.${name} must be one of ${words.join(', ')}`
  }
  const { maxBudgetUsd, maxRetries } = config
  if (maxBudgetUsd != null && typeof maxBudgetUsd !== 'number')
    return 'config.maxBudgetUsd must be a number when provided'
  if (maxRetries != null && !Number.isInteger(maxRetries)) return 'config.maxRetries must be an integer when provided'
  for (const name of ['fallback', 'allowedProviders', 'disallowedProviders']) {
    if (config[name] != null && !Array.isArray(config[name])) return `config.${name} must be an array when provided`
  }
  return undefined
}

const graph = route(
  'GET',
  '/api/actions/:action_id/graph',
  (ctx) => {
    const action = ctx.table<ActionRow>('actions').find((row) => row.action_id === ctx.params['action_id'])
    if (!action) return error(404, 'Action not found')
    const built = graphOf(ctx.org, action)
    return built ? json(200, built) : fault()
  },
  NEWER,
)

const templates: Route[] = [
  route(
    'GET',
    '/api/workflows/templates',
    (ctx) => {
      const pages = page(ctx.query, { zero: true })
      if (!pages) return fault()
      const { status } = ctx.query
      const rows = newestFirst(templatesOf(ctx).filter((row) => !status || row.status === status))
      return json(200, { templates: rows.slice(pages.offset, pages.offset + pages.limit) })
    },
    NEWER,
  ),
  route(
    'POST',
    '/api/workflows/templates',
    (ctx) => {
      const fields = fieldsOf(ctx)
      if (!fields) return fault()
      const { name, slug, template_id } = fields as { name: string; slug?: string; template_id?: string }
      if (!name || typeof name !== 'string') return error(400, 'name is required')
      const wanted = slugOf(slug || name, 'wft', ctx.clock.now())
      if (
        templatesOf(ctx).some((row) => row.slug === wanted) ||
        (template_id && isTaken(ctx.server, TEMPLATES, 'template_id', template_id))
      ) {
        return error(409, 'A template with this slug already exists')
      }
      return addTemplate(ctx, {
        template_id: template_id || uuidId('wft_'),
        name,
        slug: wanted,
        description: text(fields['description']),
        objective: text(fields['objective']),
        steps: (fields['steps'] ?? []) as unknown[],
        model_strategy_id: text(fields['model_strategy_id']),
        ...linksOf(fields),
        status: text(fields['status']) ?? 'draft',
        created_by: text(fields['created_by']),
      })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/workflows/templates/:template_id',
    (ctx) => {
      const template = templateOf(ctx)
      return template ? json(200, { template }) : error(404, 'Template not found')
    },
    NEWER,
  ),
  route(
    'PATCH',
    '/api/workflows/templates/:template_id',
    (ctx) => {
      const fields = fieldsOf(ctx) as Partial<TemplateRow> | undefined
      if (!fields) return fault()
      const row = templateOf(ctx)
      if (!row) return error(404, 'Template not found')
      const slug = fields.slug ? slugOf(fields.slug, 'wft', ctx.clock.now()) : row.slug
      if (templatesOf(ctx).some((other) => other !== row && other.slug === slug)) return fault()
      if ('steps' in fields && JSON.stringify(fields.steps) !== JSON.stringify(row.steps)) row.version++
      Object.assign(row, {
        slug,
        name: fields.name ?? row.name,
        description: text(fields.description ?? row.description),
        objective: text(fields.objective ?? row.objective),
        steps: fields.steps ?? row.steps,
        ...Object.fromEntries(LINKS.map((name) => [name, fields[name] ?? row[name]])),
        status: fields.status ?? row.status,
        updated_at: ctx.iso(),
      })
      if ('model_strategy_id' in fields) row.model_strategy_id = text(fields.model_strategy_id)
      return json(200, { template: row })
    },
    NEWER,
  ),
  route(
    'POST',
    '/api/workflows/templates/:template_id/duplicate',
    (ctx) => {
      const source = templateOf(ctx)
      if (!source) return error(404, 'Source template not found')
      const { name, slug, created_by } = ctx.fields
      const now = ctx.clock.now()
      const wanted = slug ? slugOf(slug, 'wft', now) : `${source.slug}-copy-${now.toString(36)}`.slice(0, 80)
      if (templatesOf(ctx).some((row) => row.slug === wanted)) return fault()
      const { description, objective, steps, model_strategy_id } = structuredClone(source)
      return addTemplate(ctx, {
        template_id: uuidId('wft_'),
        name: text(name) ?? `${source.name} (copy)`,
        slug: wanted,
        description,
        objective,
        steps,
        model_strategy_id,
        ...linksOf(structuredClone(source)),
        status: 'draft',
        created_by: text(created_by) ?? source.created_by,
      })
    },
    NEWER,
  ),
  route('POST', '/api/workflows/templates/:template_id/launch', launch, NEWER),
]

function launch(ctx: Context): Response {
  const template = templateOf(ctx)
  if (!template) return error(404, 'Template not found')
  const { template_id, name, slug, version } = template
  const launched_at = ctx.iso()
  const linked = ctx.table<StrategyRow>(STRATEGIES).find((row) => row.strategy_id === template.model_strategy_id)
  const resolved: Resolved | null = linked
    ? structuredClone({ strategy_id: linked.strategy_id, name: linked.name, config: linked.config })
    : null
  if (resolved) Object.assign(template, { model_strategy_snapshot: resolved, updated_at: launched_at })
  const meta = {
    template_id,
    template_name: name,
    template_slug: slug,
    template_version: version,
    ...linksOf(template),
    resolved_strategy: resolved,
  }
  const action: ActionRow = {
    id: ++ctx.org.rows,
    org_id: ctx.org.id,
    action_id: uuidId('act_'),
    agent_id: text(ctx.fields['agent_id']) ?? 'workflow_launcher',
    agent_name: null,
    swarm_id: null,
    parent_action_id: null,
    action_type: 'workflow_launch',
    declared_goal: text(ctx.fields['declared_goal']) ?? template.objective ?? `Launch workflow: ${name}`,
    reasoning: `WORKFLOW_LAUNCH_META=${JSON.stringify(meta)}`,
    authorization_scope: null,
    trigger: `workflow:${template_id}`,
    systems_touched: '[]',
    input_summary: null,
    status: 'running',
    reversible: 1,
    risk_score: 0,
    confidence: 50,
    recommendation_id: null,
    recommendation_applied: 0,
    recommendation_override_reason: null,
    output_summary: null,
    side_effects: '[]',
    artifacts_created: '[]',
    error_message: null,
    timestamp_start: launched_at,
    timestamp_end: null,
    duration_ms: null,
    cost_estimate: 0,
    tokens_in: 0,
    tokens_out: 0,
    signature: null,
    verified: false,
    created_at: launched_at,
    updated_at: null,
  }
  ctx.table<ActionRow>('actions').push(action)
  return json(201, {
    launch: {
      action_id: action.action_id,
      template_id,
      template_version: version,
      launched_at,
      resolved_strategy: resolved,
    },
  })
}

const strategies: Route[] = [
  route(
    'GET',
    '/api/model-strategies',
    (ctx) => json(200, { strategies: newestFirst(ctx.table<StrategyRow>(STRATEGIES)) }),
    NEWER,
  ),
  route(
    'POST',
    '/api/model-strategies',
    (ctx) => {
      const fields = fieldsOf(ctx)
      if (!fields) return fault()
      const { name, config, strategy_id } = fields as { name: string; config: Config; strategy_id?: string }
      if (!name || typeof name !== 'string') return error(400, 'name is required')
      if (!config) return error(400, 'config is required')
      if (typeof config !== 'object' || Array.isArray(config)) return error(400, 'config must be an object')
      const problem = configProblem(config)
      if (problem) return error(400, problem)
      if (strategy_id && isTaken(ctx.server, STRATEGIES, 'strategy_id', strategy_id)) return fault()
      const now = ctx.iso()
      const strategy: StrategyRow = {
        strategy_id: strategy_id || uuidId('mst_'),
        org_id: ctx.org.id,
        name,
        description: text(fields['description']),
        config,
        created_by: text(fields['created_by']),
        created_at: now,
        updated_at: now,
      }
      ctx.table<StrategyRow>(STRATEGIES).push(strategy)
      return json(201, { strategy })
    },
    NEWER,
  ),
  route(
    'GET',
    '/api/model-strategies/:strategy_id',
    (ctx) => {
      const strategy = strategyOf(ctx)
      return strategy ? json(200, { strategy }) : error(404, 'Strategy not found')
    },
    NEWER,
  ),
  route(
    'PATCH',
    '/api/model-strategies/:strategy_id',
    (ctx) => {
      const fields = fieldsOf(ctx) as Partial<StrategyRow> | undefined
      if (!fields) return fault()
      const row = strategyOf(ctx)
      if (!row) return error(404, 'Strategy not found')
      const config = { ...row.config, ...fields.config }
      const problem = 'config' in fields ? configProblem(config) : undefined
      if (problem) return error(400, problem)
      const description = text(fields.description ?? row.description)
      Object.assign(row, { name: fields.name ?? row.name, description, config, updated_at: ctx.iso() })
      return json(200, { strategy: row })
    },
    NEWER,
  ),
  route(
    'DELETE',
    '/api/model-strategies/:strategy_id',
    (ctx) => {
      const row = strategyOf(ctx)
      if (!row) return error(404, 'Strategy not found')
      const rows = ctx.table<StrategyRow>(STRATEGIES)
      rows.splice(rows.indexOf(row), 1)
      for (const template of templatesOf(ctx)) {
        if (template.model_strategy_id === row.strategy_id)
          Object.assign(template, { model_strategy_id: null, updated_at: ctx.iso() })
      }
      return json(200, { deleted: true })
    },
    NEWER,
  ),
]

/** Execution Studio: graph, workflow templates, model strategies. */
export const studio: Route[] = [graph, ...templates, ...strategies]
