import type { BadCase, CallCase, DomainCases, MethodCase } from '../support/cases.ts'

const call = (method: string, path: string, args: unknown[], fields?: unknown): CallCase => ({
  args,
  sends: {
    method,
    path,
    ...(fields === undefined ? {} : method === 'GET' ? { query: fields as Record<string, string> } : { body: fields }),
  },
})
const wrong = (names: string, ...args: unknown[]): BadCase => ({ args, names })
/** What every call with an id in the path refuses. */
const ids = (name: string, ...rest: unknown[]): BadCase[] => [wrong(name, '', ...rest), wrong(name, '..', ...rest)]
const paging = (...before: unknown[]): BadCase[] => [
  wrong('limit', ...before, { limit: 'many' }),
  wrong('offset', ...before, { offset: true }),
]

const template = {
  name: 'Release',
  slug: 'release',
  description: 'd',
  objective: 'Ship it',
  steps: [{ id: 'build' }],
  model_strategy_id: 'mst_1',
  linked_prompt_template_ids: ['pt_1'],
  linked_policy_ids: ['gp_1'],
  linked_knowledge_collection_ids: ['kc_1'],
  linked_capability_ids: ['cap_1'],
  linked_capability_tags: ['tag'],
  status: 'active',
}
const wrongTemplate = [
  { slug: 5 },
  { steps: 'build' },
  { model_strategy_id: 5 },
  { linked_policy_ids: 'gp_1' },
  { linked_capability_tags: {} },
]
const config = { primary: { provider: 'openai', model: 'm' }, costSensitivity: 'low' }
const collection = { name: 'Docs', description: 'd', source_type: 'urls', tags: ['a'] }
const item = {
  source_uri: 'https://a.example',
  title: 't',
  mime_type: 'text/html',
  metadata: { a: 1 },
  status: 'ready',
  item_id: 'kci_1',
}
const capability = {
  name: 'Mail',
  description: 'd',
  category: 'c',
  source_type: 'http_api',
  auth_type: 'bearer',
  risk_level: 'high',
  requires_approval: true,
  tags: ['a'],
  pricing: { per_call: 1 },
  health_status: 'ok',
  docs_url: 'https://a.example',
  invocation_schema: { type: 'object' },
}
const wrongCapability = [{ requires_approval: 'yes' }, { tags: 'a' }, { pricing: [] }, { invocation_schema: 'x' }]
const each = (name: string, fields: object[], ...before: unknown[]): BadCase[] =>
  fields.map((field) => wrong(Object.keys(field)[0]!, ...before, { name, ...field }))

/** A list without ids in its path. */
const list = (method: string, path: string, filters: Record<string, string>): MethodCase => ({
  method,
  required: call('GET', path, []),
  all: call('GET', path, [{ ...filters, limit: 0, offset: 2 }], { ...filters, limit: '0', offset: '2' }),
  bad: paging(),
})
/** A call that takes one id and nothing else. */
const byId = (method: string, verb: string, path: string, name: string): MethodCase => ({
  method,
  required: call(verb, path.replace(`:${name}`, 'a%2Fb'), ['a/b']),
  bad: ids(name),
})

export default {
  domain: 'studio',
  cases: [
    byId('getActionGraph', 'GET', '/api/actions/:action_id/graph', 'action_id'),
    list('listWorkflowTemplates', '/api/workflows/templates', { status: 'draft' }),
    {
      method: 'createWorkflowTemplate',
      required: call('POST', '/api/workflows/templates', [{ name: 'Release' }], { name: 'Release' }),
      all: call('POST', '/api/workflows/templates', [{ ...template, template_id: 'wft_1', created_by: 'me' }], {
        ...template,
        template_id: 'wft_1',
        created_by: 'me',
      }),
      bad: [
        wrong('name'),
        wrong('name', {}),
        wrong('name', { name: '' }),
        wrong('name', { name: 5 }),
        ...each('n', wrongTemplate),
      ],
    },
    byId('getWorkflowTemplate', 'GET', '/api/workflows/templates/:template_id', 'template_id'),
    {
      method: 'updateWorkflowTemplate',
      required: call('PATCH', '/api/workflows/templates/wft_1', ['wft_1'], {}),
      all: call('PATCH', '/api/workflows/templates/wft_1', ['wft_1', { ...template, model_strategy_id: null }], {
        ...template,
        model_strategy_id: null,
      }),
      bad: [...ids('template_id', {}), ...each('n', wrongTemplate, 'wft_1')],
    },
    {
      method: 'duplicateWorkflowTemplate',
      required: call('POST', '/api/workflows/templates/wft_1/duplicate', ['wft_1'], {}),
      all: call(
        'POST',
        '/api/workflows/templates/wft_1/duplicate',
        ['wft_1', { name: 'B', slug: 'b', created_by: 'me' }],
        {
          name: 'B',
          slug: 'b',
          created_by: 'me',
        },
      ),
      bad: [...ids('template_id'), wrong('slug', 'wft_1', { slug: 5 })],
    },
    {
      method: 'launchWorkflowTemplate',
      // The client's own agent is not filled in.
      required: call('POST', '/api/workflows/templates/wft_1/launch', ['wft_1'], {}),
      all: call('POST', '/api/workflows/templates/wft_1/launch', ['wft_1', { agent_id: 'a', declared_goal: 'g' }], {
        agent_id: 'a',
        declared_goal: 'g',
      }),
      bad: [...ids('template_id'), wrong('declared_goal', 'wft_1', { declared_goal: 5 })],
    },
    { method: 'listModelStrategies', required: call('GET', '/api/model-strategies', []), bad: [] },
    {
      method: 'createModelStrategy',
      required: call('POST', '/api/model-strategies', [{ name: 'S', config }], { name: 'S', config }),
      all: call(
        'POST',
        '/api/model-strategies',
        [{ name: 'S', config, description: 'd', strategy_id: 'mst_1', created_by: 'me' }],
        {
          name: 'S',
          config,
          description: 'd',
          strategy_id: 'mst_1',
          created_by: 'me',
        },
      ),
      bad: [wrong('name', { config }), wrong('config', { name: 'S' }), wrong('config', { name: 'S', config: [] })],
    },
    byId('getModelStrategy', 'GET', '/api/model-strategies/:strategy_id', 'strategy_id'),
    {
      method: 'updateModelStrategy',
      required: call('PATCH', '/api/model-strategies/mst_1', ['mst_1'], {}),
      all: call(
        'PATCH',
        '/api/model-strategies/mst_1',
        ['mst_1', { name: 'S', description: null, config: { maxRetries: 1 } }],
        {
          name: 'S',
          description: null,
          config: { maxRetries: 1 },
        },
      ),
      bad: [...ids('strategy_id'), wrong('config', 'mst_1', { config: 'x' })],
    },
    byId('deleteModelStrategy', 'DELETE', '/api/model-strategies/:strategy_id', 'strategy_id'),
    list('listKnowledgeCollections', '/api/knowledge/collections', { source_type: 'notes' }),
    {
      method: 'createKnowledgeCollection',
      required: call('POST', '/api/knowledge/collections', [{ name: 'Docs' }], { name: 'Docs' }),
      all: call('POST', '/api/knowledge/collections', [{ ...collection, collection_id: 'kc_1' }], {
        ...collection,
        collection_id: 'kc_1',
      }),
      bad: [wrong('name', {}), ...each('n', [{ tags: 'a' }, { collection_id: 5 }])],
      passes: [[{ name: 'n', source_type: 'mail' }]],
    },
    byId('getKnowledgeCollection', 'GET', '/api/knowledge/collections/:collection_id', 'collection_id'),
    {
      method: 'updateKnowledgeCollection',
      required: call('PATCH', '/api/knowledge/collections/kc_1', ['kc_1'], {}),
      all: call('PATCH', '/api/knowledge/collections/kc_1', ['kc_1', { ...collection, ingestion_status: 'ready' }], {
        ...collection,
        ingestion_status: 'ready',
      }),
      bad: [...ids('collection_id'), ...each('n', [{ ingestion_status: 5 }], 'kc_1')],
      passes: [['kc_1', { source_type: 'mail' }]],
    },
    {
      method: 'addKnowledgeCollectionItem',
      required: call('POST', '/api/knowledge/collections/kc_1/items', ['kc_1', { source_uri: 'a' }], {
        source_uri: 'a',
      }),
      all: call('POST', '/api/knowledge/collections/kc_1/items', ['kc_1', item], item),
      bad: [
        ...ids('collection_id', { source_uri: 'a' }),
        wrong('source_uri', 'kc_1'),
        wrong('source_uri', 'kc_1', { title: 't' }),
        wrong('metadata', 'kc_1', { source_uri: 'a', metadata: [] }),
      ],
    },
    {
      method: 'listKnowledgeCollectionItems',
      required: call('GET', '/api/knowledge/collections/kc_1/items', ['kc_1']),
      all: call('GET', '/api/knowledge/collections/kc_1/items', ['kc_1', { limit: 500, offset: 1 }], {
        limit: '500',
        offset: '1',
      }),
      bad: [...ids('collection_id'), ...paging('kc_1')],
    },
    list('listCapabilities', '/api/capabilities', { category: 'c', risk_level: 'low', search: 'mail' }),
    {
      method: 'createCapability',
      required: call('POST', '/api/capabilities', [{ name: 'Mail' }], { name: 'Mail' }),
      all: call('POST', '/api/capabilities', [{ ...capability, slug: 'mail', capability_id: 'cap_1' }], {
        ...capability,
        slug: 'mail',
        capability_id: 'cap_1',
      }),
      bad: [wrong('name', {}), ...each('n', wrongCapability), wrong('capability_id', { name: 'n', capability_id: 5 })],
      passes: [[{ name: 'n', source_type: 'rpc' }], [{ name: 'n', risk_level: 'extreme' }]],
    },
    byId('getCapability', 'GET', '/api/capabilities/:capability_id', 'capability_id'),
    {
      method: 'updateCapability',
      required: call('PATCH', '/api/capabilities/cap_1', ['cap_1'], {}),
      all: call('PATCH', '/api/capabilities/cap_1', ['cap_1', { ...capability, requires_approval: null }], {
        ...capability,
        requires_approval: null,
      }),
      bad: [...ids('capability_id'), ...each('n', wrongCapability, 'cap_1')],
    },
  ],
} satisfies DomainCases
