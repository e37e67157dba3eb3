import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Loops } from '../../../src/domains/loops.ts'
import { type ActionGraph, Studio } from '../../../src/domains/studio.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Actions, Loops, Studio)

function connect(
  server: LocalServer = createLocalServer({ keys: [{ key: 'oc_live_test' }] }),
  apiKey = 'oc_live_test',
) {
  return {
    server,
    claw: new Client({
      baseUrl: server.baseUrl,
      apiKey,
      agentId: 'bot',
      agentName: 'Bot',
      fetch: server.fetch,
      logger: false,
      maxRetries: 0,
    }),
  }
}
type Claw = ReturnType<typeof connect>['claw']

const raw = async (server: LocalServer, method: string, path: string, body?: string) => {
  const answer = await server.fetch(`${server.baseUrl}${path}`, {
    method,
    headers: { 'x-api-key': 'oc_live_test' },
    ...(body !== undefined && { body }),
  })
  return [answer.status, await answer.json()]
}
const config = { primary: { provider: 'openai', model: 'm' } }

describe('a 2.0 server', () => {
  replay({ domain: 'studio', server: createLocalServer({ version: '2.0', keys: REPLAY_KEYS }) })
})

describe('the graph of an action', () => {
  /** The same little history on either line of servers. */
  async function history(claw: Claw, server: LocalServer): Promise<ActionGraph> {
    const create = async (action_id: string, more: object = {}) => {
      server.clock.advance(1000)
      await claw.createAction({ action_id, action_type: 'deploy', declared_goal: `Goal of ${action_id}`, ...more })
    }
    await create('granny')
    await create('mother', { parent_action_id: 'granny' })
    await create('root', { parent_action_id: 'mother', systems_touched: ['db'], risk_score: 40 })
    await create('late', { parent_action_id: 'root' })
    await create('other', { agent_id: 'someone', systems_touched: ['db'] })
    await create('stranger', { agent_id: 'nobody' })
    const { assumption_id } = await claw.registerAssumption({
      action_id: 'root',
      assumption: 'It is up',
      assumption_id: 'asm_1',
    })
    await claw.registerAssumption({ action_id: 'root', assumption: 'It is free', assumption_id: 'asm_2' })
    await claw.validateAssumption(assumption_id, { validated: false, invalidated_reason: 'down' })
    await claw.registerOpenLoop({
      action_id: 'root',
      loop_type: 'review',
      description: 'Ask',
      loop_id: 'loop_1',
      priority: 'high',
    })
    server.clock.advance(2 * 3_600_000)
    await create('much_later')
    return claw.getActionGraph('root')
  }

  test('is the same from a newer server and built from the trace of an older one', async () => {
    const [newer, older] = await Promise.all(
      (['2.10', '2.0'] as const).map((version) => {
        const { server, claw } = connect(
          createLocalServer({ version, keys: [{ key: 'oc_live_test' }], now: '2026-01-02T03:04:05Z' }),
        )
        return history(claw, server)
      }),
    )
    const timeless = ({ rootActionId, nodes, edges }: ActionGraph) => ({
      rootActionId,
      nodes: nodes.map((node) =>
        node.type === 'action' ? { ...node, timestamp: null } : { ...node, meta: { ...node.meta, created_at: null } },
      ),
      edges,
    })
    expect(timeless(newer!)).toEqual(timeless(older!))
    expect(newer!.nodes.map(({ id }) => id)).toEqual([
      'action:root',
      'action:mother',
      'action:granny',
      'action:late',
      'action:other',
      'assumption:asm_1',
      'assumption:asm_2',
      'loop:loop_1',
    ])
    expect(newer!.edges.map(({ id, label }) => [id, label])).toEqual([
      ['edge:pc:mother->root', 'spawned'],
      ['edge:pc:granny->mother', 'spawned'],
      ['edge:pc:root->late', 'spawned'],
      ['edge:rel:root-other', 'correlated'],
      ['edge:rel:root-late', 'correlated'],
      ['edge:rel:root-mother', 'correlated'],
      ['edge:rel:root-granny', 'correlated'],
      ['edge:as:asm_1->root', 'invalidated'],
      ['edge:as:asm_2->root', 'unresolved'],
      ['edge:lp:loop_1->root', 'high'],
    ])
    expect(newer!.nodes[0]).toMatchObject({
      isRoot: true,
      riskScore: 40,
      agentName: 'Bot',
      meta: { parent_action_id: 'mother' },
    })
  })

  test.each(['2.0', '2.10'] as const)('of an unknown action is a NotFoundError on a %s server', async (version) => {
    const { claw } = connect(createLocalServer({ version, keys: [{ key: 'oc_live_test' }] }))
    await expect(claw.getActionGraph('act_nope')).rejects.toMatchObject({
      name: 'NotFoundError',
      body: { error: 'Action not found' },
    })
  })
})

describe('a workflow template', () => {
  test('gets a slug of its name and defaults, and is listed by status', async () => {
    const { claw } = connect()
    const { template } = await claw.createWorkflowTemplate({ name: ' Release: it, now! ', description: '' })
    expect(template).toMatchObject({
      slug: 'release-it-now',
      status: 'draft',
      version: 1,
      steps: [],
      description: null,
      model_strategy_snapshot: null,
      linked_policy_ids: [],
    })
    expect(template.template_id).toMatch(/^wft_[0-9a-f-]{36}$/)
    await claw.createWorkflowTemplate({ name: '???', status: 'active' })
    expect((await claw.listWorkflowTemplates({ status: 'active' })).templates.map(({ slug }) => slug)).toEqual([
      expect.stringMatching(/^wft-\d+$/),
    ])
    expect((await claw.listWorkflowTemplates({ limit: 1, offset: 1 })).templates).toHaveLength(1)
  })

  test('conflicts when its slug or id is taken, the slug in this organization, the id in all', async () => {
    const { server, claw } = connect(
      createLocalServer({ keys: [{ key: 'oc_live_test' }, { key: 'oc_live_other', org: 'org_other' }] }),
    )
    const other = connect(server, 'oc_live_other').claw
    await claw.createWorkflowTemplate({ name: 'Release', template_id: 'mine' })
    await expect(claw.createWorkflowTemplate({ name: 'RELEASE' })).rejects.toMatchObject({
      status: 409,
      body: { error: 'A template with this slug already exists' },
    })
    await expect(other.createWorkflowTemplate({ name: 'Release' })).resolves.toBeDefined()
    await expect(other.createWorkflowTemplate({ name: 'B', template_id: 'mine' })).rejects.toMatchObject({
      status: 409,
    })
    await expect(other.getWorkflowTemplate('mine')).rejects.toMatchObject({ status: 404 })
  })

  test('raises its version when its steps change, and keeps what is null', async () => {
    const { server, claw } = connect()
    const { template } = await claw.createWorkflowTemplate({
      name: 'Release',
      objective: 'Ship',
      steps: [{ id: 'a' }],
      model_strategy_id: 'mst_1',
    })
    const update = async (input: object) => (await claw.updateWorkflowTemplate(template.template_id, input)).template
    server.clock.advance(1000)
    expect(await update({ steps: [{ id: 'a' }] })).toMatchObject({ version: 1 })
    expect(await update({ steps: [{ id: 'b' }], objective: null, name: null })).toMatchObject({
      version: 2,
      objective: 'Ship',
      name: 'Release',
    })
    expect(await update({ steps: null })).toMatchObject({ version: 3, steps: [{ id: 'b' }] })
    expect(await update({})).toMatchObject({ model_strategy_id: 'mst_1', version: 3 })
    const last = await update({ model_strategy_id: null, objective: '' })
    expect(last).toMatchObject({ model_strategy_id: null, objective: null })
    expect(last.updated_at > template.updated_at).toBe(true)
  })

  test('fails like the platform when a change takes the slug of another', async () => {
    const { claw } = connect()
    await claw.createWorkflowTemplate({ name: 'A' })
    const { template } = await claw.createWorkflowTemplate({ name: 'B' })
    await expect(claw.updateWorkflowTemplate(template.template_id, { slug: 'A' })).rejects.toMatchObject({
      name: 'ServerError',
    })
    await expect(claw.duplicateWorkflowTemplate(template.template_id, { slug: 'a' })).rejects.toMatchObject({
      name: 'ServerError',
    })
  })

  test('is copied as a draft of version 1', async () => {
    const { claw } = connect()
    const { template } = await claw.createWorkflowTemplate({
      name: 'Release',
      steps: [1],
      status: 'active',
      created_by: 'me',
      linked_policy_ids: ['gp_1'],
    })
    await claw.updateWorkflowTemplate(template.template_id, { steps: [2] })
    const copy = (await claw.duplicateWorkflowTemplate(template.template_id)).template
    expect(copy).toMatchObject({
      name: 'Release (copy)',
      status: 'draft',
      version: 1,
      steps: [2],
      created_by: 'me',
      linked_policy_ids: ['gp_1'],
    })
    expect(copy.slug).toMatch(/^release-copy-[0-9a-z]+$/)
    await expect(claw.duplicateWorkflowTemplate('wft_nope')).rejects.toMatchObject({
      body: { error: 'Source template not found' },
    })
  })

  test('is launched as a running action with its strategy frozen', async () => {
    const { claw } = connect()
    const { strategy } = await claw.createModelStrategy({ name: 'S', config })
    const { template } = await claw.createWorkflowTemplate({
      name: 'Release',
      objective: 'Ship',
      model_strategy_id: strategy.strategy_id,
    })
    const { launch } = await claw.launchWorkflowTemplate(template.template_id)
    const resolved = { strategy_id: strategy.strategy_id, name: 'S', config }
    expect(launch).toMatchObject({ template_version: 1, resolved_strategy: resolved })
    const { action } = await claw.getAction(launch.action_id)
    expect(action).toMatchObject({
      agent_id: 'workflow_launcher',
      action_type: 'workflow_launch',
      declared_goal: 'Ship',
      status: 'running',
      trigger: `workflow:${template.template_id}`,
      timestamp_start: launch.launched_at,
    })
    const meta: unknown = JSON.parse(action.reasoning!.replace('WORKFLOW_LAUNCH_META=', ''))
    expect(meta).toMatchObject({ template_slug: 'release', linked_capability_ids: [], resolved_strategy: resolved })
    await claw.updateOutcome(launch.action_id, { status: 'completed' })

    expect(await claw.deleteModelStrategy(strategy.strategy_id)).toEqual({ deleted: true })
    const unlinked = (await claw.getWorkflowTemplate(template.template_id)).template
    expect(unlinked).toMatchObject({ model_strategy_id: null, model_strategy_snapshot: resolved })
    const again = await claw.launchWorkflowTemplate(template.template_id, { agent_id: 'bot', declared_goal: 'Again' })
    expect(again.launch.resolved_strategy).toBeNull()
    expect((await claw.getAction(again.launch.action_id)).action).toMatchObject({
      agent_id: 'bot',
      declared_goal: 'Again',
    })
  })
})

describe('a model strategy', () => {
  test.each([
    [{}, 'name is required'],
    [{ name: 5, config }, 'name is required'],
    [{ name: 'S' }, 'config is required'],
    [{ name: 'S', config: [] }, 'config must be an object'],
    [{ name: 'S', config: { primary: 'm' } }, 'config.primary is required'],
    [
      { name: 'S', config: { primary: { provider: 'p' } } },
      'config.primary.provider and config.primary.model are required',
    ],
    [
      { name: 'S', config: { ...config, costSensitivity: 'cheap' } },
      'config.costSensitivity must be one of low, balanced, high-quality',
    ],
    [
      { name: 'S', config: { ...config, latencySensitivity: 'x' } },
      'config.latencySensitivity must be one of low, medium, high',
    ],
    [{ name: 'S', config: { ...config, maxBudgetUsd: '5' } }, 'config.maxBudgetUsd must be a number when provided'],
    [{ name: 'S', config: { ...config, maxRetries: 1.5 } }, 'config.maxRetries must be an integer when provided'],
    [{ name: 'S', config: { ...config, fallback: {} } }, 'config.fallback must be an array when provided'],
    [
      { name: 'S', config: { ...config, allowedProviders: 'a' } },
      'config.allowedProviders must be an array when provided',
    ],
    [
      { name: 'S', config: { ...config, disallowedProviders: 'a' } },
      'config.disallowedProviders must be an array when provided',
    ],
  ])('%j is refused: %s', async (body, text) => {
    const { server } = connect()
    expect(await raw(server, 'POST', '/api/model-strategies', JSON.stringify(body))).toEqual([400, { error: text }])
  })

  test('is changed key by key at the top level', async () => {
    const { claw } = connect()
    const { strategy } = await claw.createModelStrategy({
      name: 'S',
      description: 'd',
      config: { ...config, maxRetries: 1, house_rule: 2 },
    })
    const changed = await claw.updateModelStrategy(strategy.strategy_id, {
      description: '',
      config: { maxRetries: null },
    })
    expect(changed.strategy).toMatchObject({
      name: 'S',
      description: null,
      config: { ...config, maxRetries: null, house_rule: 2 },
    })
    await expect(
      claw.updateModelStrategy(strategy.strategy_id, { config: { primary: { provider: '', model: '' } } }),
    ).rejects.toMatchObject({ status: 400 })
    await expect(
      claw.createModelStrategy({ name: 'T', config, strategy_id: strategy.strategy_id }),
    ).rejects.toMatchObject({ status: 500 })
    expect((await claw.listModelStrategies()).strategies).toHaveLength(1)
    for (const call of [
      claw.getModelStrategy('mst_nope'),
      claw.deleteModelStrategy('mst_nope'),
      claw.updateModelStrategy('mst_nope'),
    ]) {
      await expect(call).rejects.toMatchObject({ body: { error: 'Strategy not found' } })
    }
  })
})

describe('a knowledge collection', () => {
  test('counts its items and leaves the state empty with the first one', async () => {
    const { claw } = connect()
    const { collection } = await claw.createKnowledgeCollection({ name: 'Docs', source_type: 'urls' })
    expect(collection).toMatchObject({ ingestion_status: 'empty', doc_count: 0, last_synced_at: null, tags: [] })
    const id = collection.collection_id
    await claw.addKnowledgeCollectionItem(id, { source_uri: 'a' })
    await claw.updateKnowledgeCollection(id, { ingestion_status: 'ready', tags: ['x'], name: null })
    await claw.addKnowledgeCollectionItem(id, { source_uri: 'a', metadata: { n: 1 }, title: '' })
    expect((await claw.getKnowledgeCollection(id)).collection).toMatchObject({
      doc_count: 2,
      ingestion_status: 'ready',
      name: 'Docs',
      tags: ['x'],
    })
    const { items } = await claw.listKnowledgeCollectionItems(id)
    expect(items).toMatchObject([
      { source_uri: 'a', status: 'pending', title: null, metadata: { n: 1 } },
      { source_uri: 'a', metadata: {} },
    ])
    const seen: string[] = []
    for await (const { item_id } of claw.iterateKnowledgeCollectionItems(id, { limit: 1 })) seen.push(item_id)
    expect(seen).toEqual(items.map(({ item_id }) => item_id))
    expect((await claw.listKnowledgeCollections({ source_type: 'notes' })).collections).toEqual([])
    expect((await claw.listKnowledgeCollections({ source_type: 'urls' })).collections).toHaveLength(1)
  })

  test('that is unknown has no items, but takes none', async () => {
    const { server, claw } = connect()
    expect(await claw.listKnowledgeCollectionItems('kc_nope')).toEqual({ items: [] })
    await expect(claw.addKnowledgeCollectionItem('kc_nope', { source_uri: 'a' })).rejects.toMatchObject({
      body: { error: 'Collection not found' },
    })
    expect(await raw(server, 'POST', '/api/knowledge/collections/kc_nope/items', '{}')).toEqual([
      400,
      { error: 'source_uri is required' },
    ])
    expect(await raw(server, 'POST', '/api/knowledge/collections', '{"name":"n","source_type":"mail"}')).toEqual([
      400,
      { error: 'source_type must be one of files, urls, external, notes' },
    ])
  })
})

describe('a capability', () => {
  test('is found by category, risk and a search in name, description and tags', async () => {
    const { claw } = connect()
    await claw.createCapability({ name: 'Send mail', category: 'mail', risk_level: 'high', tags: ['smtp'] })
    await claw.createCapability({ name: 'Read file', description: 'From a 100% safe disk', requires_approval: true })
    const find = async (filters: object) =>
      (await claw.listCapabilities(filters)).capabilities.map(({ slug }) => slug).sort()
    expect(await find({})).toEqual(['read-file', 'send-mail'])
    expect(await find({ category: 'mail' })).toEqual(['send-mail'])
    expect(await find({ risk_level: 'medium' })).toEqual(['read-file'])
    expect(await find({ search: 'SMTP' })).toEqual(['send-mail'])
    expect(await find({ search: 'safe disk' })).toEqual(['read-file'])
    expect(await find({ search: 's%mail' })).toEqual(['send-mail'])
    expect(await find({ search: 'f_le' })).toEqual(['read-file'])
    expect(await find({ search: 'f_e' })).toEqual([])
    expect(await find({ search: '' })).toHaveLength(2)
  })

  test('keeps its slug, and reads null as no approval', async () => {
    const { server, claw } = connect()
    const { capability } = await claw.createCapability({
      name: 'Mail',
      requires_approval: true,
      docs_url: 'https://a.example',
    })
    const { capability: changed } = await claw.updateCapability(capability.capability_id, {
      name: 'Post',
      requires_approval: null,
      docs_url: null,
    })
    expect(changed).toMatchObject({
      name: 'Post',
      slug: 'mail',
      requires_approval: false,
      docs_url: 'https://a.example',
    })
    await expect(claw.createCapability({ name: 'mail' })).rejects.toMatchObject({ status: 409 })
    await expect(claw.getCapability('cap_nope')).rejects.toMatchObject({ body: { error: 'Capability not found' } })
    expect(await raw(server, 'POST', '/api/capabilities', '{"name":"n","risk_level":"x","source_type":"y"}')).toEqual([
      400,
      { error: 'risk_level must be one of low, medium, high, critical' },
    ])
    expect(
      await raw(server, 'POST', '/api/capabilities', '{"name":"n","risk_level":"","source_type":""}'),
    ).toMatchObject([201, { capability: { risk_level: 'medium', source_type: 'internal_sdk' } }])
  })
})

test.each([
  ['POST', '/api/workflows/templates', 'no json'],
  ['POST', '/api/model-strategies', 'null'],
  ['POST', '/api/knowledge/collections', '[]'],
  ['POST', '/api/knowledge/collections', '{"name":5}'],
  ['POST', '/api/capabilities', '{"name":{}}'],
  ['GET', '/api/workflows/templates?limit=-1', undefined],
  ['GET', '/api/capabilities?offset=-1', undefined],
])('%s %s with %j is a fault of the platform', async (method, path, body) => {
  const { server } = connect()
  expect(await raw(server, method, path, body)).toEqual([500, { error: 'Internal server error' }])
})

test('lists last changed things first', async () => {
  const { server, claw } = connect()
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) {
    server.clock.advance(1000)
    ids.push((await claw.createWorkflowTemplate({ name })).template.template_id)
  }
  server.clock.advance(1000)
  await claw.updateWorkflowTemplate(ids[0]!, {})
  expect((await claw.listWorkflowTemplates()).templates.map(({ name }) => name)).toEqual(['a', 'c', 'b'])
})
