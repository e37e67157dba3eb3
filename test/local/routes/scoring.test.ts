import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { type ScorableAction, Scoring, type ScoringDimensionInput } from '../../../src/domains/scoring.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { contract, recordings } from '../../support/fixtures.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })

  /** Profiles that the recorder made outside of the recordings, with dimensions that give the recorded scores. */
  const before: Record<string, () => void> = {}
  for (const { method, name, request, response } of recordings('scoring')) {
    const id = (request.body as { profile_id?: string } | null)?.profile_id
    const { dimensions, composite_method = 'weighted_average' } = response.body as {
      dimensions?: { dimension_id: string; dimension_name: string; weight: number; score: number }[]
      composite_method?: string
    }
    const made = method === 'scoreWithProfile' && /^composite method|zero|above 100/.test(name)
    if (!made || !id) continue
    before[`${method}: ${name}`] = () => {
      const row = {
        id,
        org_id: 'org_local',
        name,
        description: '',
        action_type: null,
        status: 'active',
        composite_method,
      }
      server.seed('scoring_profiles', [{ ...row, metadata: {}, created_at: '', updated_at: '' }])
      const above = name.includes('above')
      const rows = dimensions ?? [
        { dimension_id: `sd_${name}`, dimension_name: 'Odd', weight: above ? 1 : 0, score: above ? 150 : 50 },
      ]
      server.seed(
        'scoring_dimensions',
        rows.map(({ dimension_id, dimension_name, weight, score }, sort_order) => ({
          id: dimension_id,
          profile_id: id,
          name: dimension_name,
          weight,
          data_source: 'risk_score',
          data_config: {},
          scale: [{ operator: 'gte', value: 0, score }],
          sort_order,
        })),
      )
    }
  }

  replay({
    domain: 'scoring',
    server,
    before,
    skip: {
      'getScoringProfile: stored scale and data_config turned into real JSON by hand first':
        'rows that were changed in the database by hand',
    },
    // Lists of unlike items: a pair beside a number, a score beside an error.
    optional: [
      '.scale[].value',
      ...[
        'id',
        'profile_id',
        'profile_name',
        'composite_score',
        'composite_method',
        'dimensions',
        'error',
        'action_id',
      ].map((name) => `.results[].${name}`),
    ],
  })
})

test('calibration gives the numbers of the worked example', async () => {
  const server = createLocalServer()
  const Client = compose(Actions, Scoring)
  const claw = new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'scorer', fetch: server.fetch })
  expect(await claw.autoCalibrate()).toMatchObject({
    status: 'insufficient_data',
    message: 'Need at least 10 actions, found 0',
  })
  for (let at = 0; at < 12; at++) {
    await claw.createAction({
      action_type: 'test',
      declared_goal: 'g',
      risk_score: 10 + 5 * at,
      confidence: 40 + 4 * at,
    })
  }
  const { body } = contract('scoring')['calibration_example'] as { body: object }
  expect(await claw.autoCalibrate({ metrics: ['risk_score', 'confidence'] })).toEqual(body)
})

test('an update keeps the action type that the server would clear', async () => {
  for (const version of ['2.0', '2.10'] as const) {
    const server = createLocalServer({ version })
    const Client = compose(Scoring)
    const claw = new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'scorer', fetch: server.fetch })
    const { id } = await claw.createScoringProfile({ name: 'a', action_type: 'deploy' })
    expect(await claw.updateScoringProfile(id, { name: 'b' })).toMatchObject({ name: 'b', action_type: 'deploy' })
    const template = await claw.createRiskTemplate({ name: 'a', action_type: 'deploy' })
    expect(await claw.updateRiskTemplate(template.id, { base_risk: 7 })).toMatchObject({
      base_risk: 7,
      action_type: 'deploy',
    })
  }
})

/** Scores one action by one dimension. */
async function judge(dimension: Omit<ScoringDimensionInput, 'name'>, action: ScorableAction) {
  const server = createLocalServer()
  const Client = compose(Scoring)
  const claw = new Client({
    baseUrl: server.baseUrl,
    apiKey: 'local',
    agentId: 'a',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
  const { id } = await claw.createScoringProfile({ name: 'p', dimensions: [{ name: 'd', ...dimension }] })
  const { results } = await claw.batchScoreWithProfile(id, [action])
  const [result] = results
  return result && 'dimensions' in result ? result.dimensions[0]! : result
}

describe('a dimension', () => {
  test.each([
    ['duration_ms', { duration_ms: 0 }, 0],
    ['cost_estimate', { metadata: { cost_estimate: 0.5 } }, 0.5],
    ['confidence', { confidence: null, metadata: { confidence: 60 } }, 60],
    ['risk_score', { risk_score: 20, metadata: { risk_score: 90 } }, 20],
    ['tokens_total', { prompt_tokens: 100, completion_tokens: 50 }, 150],
    ['tokens_total', { metadata: { tokens_total: 7 } }, 7],
  ] as const)('takes %s out of %j', async (data_source, action, raw_value) => {
    expect(await judge({ data_source }, action)).toMatchObject({ raw_value, score: 50, label: 'unscaled' })
  })

  test.each([
    [{ field: 'result.latency' }, { result: { latency: 80 } }, 80],
    [{ field: 'env' }, { env: 'prod' }, 'prod'],
  ])('reads the field %j of the metadata', async (data_config, metadata, raw_value) => {
    expect(await judge({ data_source: 'metadata_field', data_config }, { metadata })).toMatchObject({ raw_value })
  })

  test.each([
    ['risk_score', undefined, { metadata: { risk_score: 90 } }],
    ['metadata_field', { field: 'a.b' }, { metadata: { a: null } }],
    ['metadata_field', { field: 'constructor.name' }, { metadata: {} }],
    ['metadata_field', {}, { metadata: { a: 1 } }],
    ['custom_function', { function_body: 'return action.constructor.name' }, {}],
    ['custom_function', { function_body: 'return process.exit()' }, {}],
    ['custom_function', { function_body: 'for (;;) {}' }, {}],
    ['custom_function', {}, {}],
  ] as const)('%s with %j has no data in %j', async (data_source, data_config, action) => {
    expect(await judge({ data_source, data_config }, action)).toEqual({
      error: 'Could not compute composite score  --  no dimensions had data',
    })
  })

  test.each([
    ['return action.duration_ms / 1000', 5.3],
    ['return action.metadata.tests.failed > 0 ? 0 : 100;', 100],
    ["return action.metadata?.env.toUpperCase() === 'PROD' ? 1 : 2", 1],
    ['action.risk_score + action.confidence', 70],
    ["return 'action.risk_score'.length", 17],
  ])('computes %j', async (function_body, raw_value) => {
    const action = {
      duration_ms: 5300,
      risk_score: 20,
      confidence: 50,
      metadata: { env: 'prod', tests: { failed: 0 } },
    }
    expect(await judge({ data_source: 'custom_function', data_config: { function_body } }, action)).toMatchObject({
      raw_value,
    })
  })
})

describe('a step of a scale', () => {
  const scale = (operator: string, value: unknown) => [
    { label: 'yes', operator, value, score: 90 },
    { operator: 'eq', value: 'never', score: 10 },
  ]

  test.each([
    ['lt', 5, 4, 'yes'],
    ['lt', 5, 5, 'default'],
    ['lte', 5, 5, 'yes'],
    ['gt', 5, 5, 'default'],
    ['gte', 5, 5, 'yes'],
    ['eq', '5', 5, 'yes'],
    ['eq', true, true, 'default'],
    ['eq', 1, true, 'yes'],
    ['between', [1, 5], 5, 'yes'],
    ['between', [1, 5], 5.1, 'default'],
    ['contains', 'PROD', 'my prod', 'yes'],
    ['contains', '5', 15, 'default'],
    ['gte', 0, {}, 'default'],
    ['like', 5, 5, 'default'],
  ])('%s %j of %j is %s', async (operator, value, raw, label) => {
    const dimension = { data_source: 'metadata_field', data_config: { field: 'x' }, scale: scale(operator, value) }
    expect(await judge(dimension as never, { metadata: { x: raw } })).toMatchObject({
      label,
      score: label === 'yes' ? 90 : 10,
    })
  })
})

test('over real HTTP scores are stored, listed page after page, and counted', async () => {
  const server = createLocalServer({ version: '2.0' })
  const { url, close } = await server.listen()
  const Client = compose(Scoring)
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a', logger: false, maxRetries: 0 })
  const { id } = await claw.createScoringProfile({ name: 'p' })
  const dimension = await claw.addScoringDimension(id, { name: 'Risk', data_source: 'risk_score' })
  await claw.updateScoringDimension(id, dimension.id, {
    scale: [
      { operator: 'lte', value: 30, score: 100 },
      { operator: 'gt', value: 30, score: 40 },
    ],
  })
  await claw.scoreWithProfile(id, { action_id: 'act_1', agent_id: 'a', risk_score: 20 })
  await claw.scoreWithProfile(id, { id: 'act_2', agent_id: 'b', risk_score: 90 })
  const scores: [string | null, number][] = []
  for await (const row of claw.iterateProfileScores({ profile_id: id, limit: 1 }))
    scores.push([row.action_id, row.composite_score])
  expect(scores).toEqual([
    ['act_2', 40],
    ['act_1', 100],
  ])
  expect(await claw.getProfileScoreStats(id)).toEqual({
    total_scores: 2,
    avg_score: 70,
    min_score: 40,
    max_score: 100,
    stddev_score: 42.43,
    unique_agents: 2,
    unique_actions: 2,
  })
  await expect(claw.autoCalibrate()).rejects.toMatchObject({ name: 'ServerError', status: 500 })
  expect(await claw.deleteScoringProfile(id)).toEqual({ deleted: true })
  expect(await claw.getProfileScores()).toEqual({ scores: [] })
  await close()
})

test('a template that is archived leaves the list and comes back by its id', async () => {
  const server = createLocalServer()
  const Client = compose(Scoring)
  const claw = new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch })
  const { id } = await claw.createRiskTemplate({ name: 'Deploys', action_type: 'deploy', base_risk: 40 })
  const general = await claw.createRiskTemplate({ name: 'Anything' })
  const listed = async (action_type?: string) =>
    (await claw.listRiskTemplates({ action_type })).templates.map((template) => template.id)
  expect(await listed('deploy')).toEqual([general.id, id])
  expect(await listed('build')).toEqual([general.id])
  await claw.updateRiskTemplate(id, { status: 'archived' })
  expect(await listed()).toEqual([general.id])
  await claw.updateRiskTemplate(id, { status: 'active', action_type: 'deploy' })
  expect(await listed('deploy')).toEqual([general.id, id])
  await claw.deleteRiskTemplate(id)
  await expect(claw.deleteRiskTemplate(id)).rejects.toMatchObject({ name: 'NotFoundError' })
})

test('profiles come page after page; archived ones only when they are asked for', async () => {
  const server = createLocalServer({ version: '2.0' })
  const Client = compose(Scoring)
  const claw = new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch })
  const made: string[] = []
  for (const name of ['a', 'b', 'c']) made.unshift((await claw.createScoringProfile({ name })).id)
  const old = await claw.createScoringProfile({ name: 'old', dimensions: [{ name: 'd', data_source: 'confidence' }] })
  await claw.updateScoringProfile(old.id, { status: 'archived' })
  const read = async (status?: 'active' | 'archived') => {
    const ids: string[] = []
    for await (const { id } of claw.iterateScoringProfiles({ limit: 2, status })) ids.push(id)
    return ids
  }
  expect(await read()).toEqual(made)
  expect(await read('archived')).toEqual([old.id])
})

describe.each(['2.0', '2.10'] as const)('what scoring stores on %s', (version) => {
  test('holds null where null was given, and else the default', async () => {
    const server = createLocalServer({ version })
    const dimension = { name: 'd', data_source: 'risk_score' }
    const nulls = { description: null, weight: null, data_config: null, scale: null, sort_order: null }
    const profile = await send<Record<string, unknown>>(server, 'POST', '/api/scoring/profiles', {
      name: 'p',
      description: null,
      metadata: null,
      composite_method: null,
      dimensions: [{ ...dimension, ...nulls }, dimension],
    })
    expect(profile).toMatchObject({
      status: 201,
      body: {
        ...{ description: null, metadata: null, composite_method: null },
        dimensions: [nulls, { description: '', weight: 1, data_config: {}, scale: [], sort_order: 1 }],
      },
    })
    const id = profile.body['id']
    const added = await send(server, 'POST', `/api/scoring/profiles/${String(id)}/dimensions`, {
      ...dimension,
      ...nulls,
    })
    expect(added).toMatchObject({ status: 201, body: nulls })
    const templates = '/api/scoring/risk-templates'
    const none = { description: null, base_risk: null, rules: null }
    expect(await send(server, 'POST', templates, { name: 't', ...none })).toMatchObject({ status: 201, body: none })
    expect(await send(server, 'POST', templates, { name: 't' })).toMatchObject({
      body: { description: '', base_risk: 0, rules: [] },
    })
    for (const path of ['/api/scoring/profiles', templates]) expect((await send(server, 'GET', path)).status).toBe(200)
    const scored = await send(server, 'POST', '/api/scoring/score', { profile_id: id, action: { risk_score: 5 } })
    expect(scored).toMatchObject({ status: 200, body: { composite_score: 50 } })
  })

  test('a position that is no whole number is refused in the words of the database', async () => {
    const fields = { name: 'p', dimensions: [{ name: 'd', data_source: 'risk_score', sort_order: 0.5 }] }
    expect(await send(createLocalServer({ version }), 'POST', '/api/scoring/profiles', fields)).toMatchObject({
      status: 500,
      body: { error: 'invalid input syntax for type integer: "0.5"' },
    })
    expect(
      await send(createLocalServer({ version }), 'POST', '/api/scoring/risk-templates', {
        name: 't',
        base_risk: 'high',
      }),
    ).toMatchObject({
      status: 500,
      body: { error: 'invalid input syntax for type integer: "high"' },
    })
  })
})
