import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { parseJsonText } from '../../../src/core/types.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { type CreateScorerInput, Evaluations } from '../../../src/domains/evaluations.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Actions, Evaluations)
const connect = (server: LocalServer) =>
  new Client({
    baseUrl: server.baseUrl,
    apiKey: 'local',
    agentId: 'a',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })

/** A run goes on after its answer: this waits for its end. */
const ended = async (claw: InstanceType<typeof Client>, id: string) => {
  await expect.poll(async () => (await claw.getEvalRun(id)).run.status).toMatch(/^(completed|failed)$/)
  return (await claw.getEvalRun(id)).run
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  const claw = connect(server)
  const act = (action_id: string, agent_id: string, fields: object) =>
    claw.createAction({ action_id, agent_id, action_type: 'deploy', declared_goal: 'Ship', ...fields })

  replay({
    domain: 'evaluations',
    server,
    before: {
      'createScore: all fields': async () => {
        await act('act_bef7fb49-562c-4988-8510-4b91869984f9', 'evl-agent-1', { risk_score: 20, status: 'completed' })
        await act('act_d813580a-c7ae-469b-9b4b-b132051b0e26', 'evl-agent-1', { risk_score: 90, status: 'failed' })
        await act('act_fbe19041-fc23-47ac-b88e-ec768117e7b3', 'evl-agent-2', { risk_score: 10, status: 'completed' })
      },
      'getScores: no filter': () =>
        claw.createScore({ action_id: 'act_missing', scorer_name: 'accuracy', score: 0.55, evaluated_by: 'llm_judge' }),
      // The recorder started two more runs than it kept; their ids are known from the reads that follow.
      'getEvalRun: right after the start': async () => {
        const scorers = (await claw.getScorers()).scorers
        const run = async (name: string, scorer: string, id: string) => {
          const started = await claw.createEvalRun({ name, scorer_id: scorers.find((row) => row.name === scorer)!.id })
          await ended(claw, started.id)
          server.seed('eval_runs', [{ ...server.snapshot()['eval_runs']!.at(-1), id }])
        }
        await run('evl run bad', 'evl bad function', 'er_2f5d537629a615ef1922fa0d')
        await run('evl run contains', 'evl contains', 'er_77b3221122e93827ad6feb94')
      },
    },
  })

  test('end with the numbers that were recorded for the same actions', async () => {
    const { runs } = await claw.getEvalRuns()
    const byName = (name: string) => runs.find((run) => run.name === name)!
    expect(byName('evl run filters')).toMatchObject({
      total_actions: 3,
      avg_score: 0.8666667,
      summary: '{"scored":3,"errors":0,"avg_score":0.8666666666666667}',
      filter_criteria: '{"action_type":"deploy","date_from":"2030-01-01"}',
    })
    expect(byName('evl run regex')).toMatchObject({
      avg_score: 0.2,
      summary: '{"scored":3,"errors":0,"avg_score":0.20000000000000004}',
    })
    expect(byName('evl run broken')).toMatchObject({
      scored_count: 0,
      summary: '{"scored":0,"errors":3,"avg_score":null}',
    })
    const { scores } = await claw.getScores({ scorer_name: 'evl run range' })
    expect(scores.map(({ score, label, reasoning }) => [score, label, reasoning]).sort()).toEqual([
      [0.25, 'out_of_range', 'risk_score=90 is not in range [0, 60]'],
      [1, 'in_range', 'risk_score=20 is in range [0, 60]'],
    ])
    expect((await claw.getEvalStats()).by_scorer).toContainEqual({
      scorer_name: 'tone',
      avg_score: 0.8499999940395355,
      total_scores: '2',
    })
  })
})

/** Runs one scorer over one action and gives what it said. */
async function judge(scorer: Omit<CreateScorerInput, 'name'>, fields: object = {}, seeded: object = {}) {
  const server = createLocalServer()
  const claw = connect(server)
  await claw.createAction({
    action_type: 'deploy',
    declared_goal: 'Ship v2',
    risk_score: 20,
    status: 'completed',
    ...fields,
  })
  if (Object.keys(seeded).length)
    server.seed('actions', [{ ...server.snapshot()['actions']![0], action_id: 'act_seeded', ...seeded }])
  const { id: scorer_id } = await claw.createScorer({ name: 'scorer', ...scorer } as CreateScorerInput)
  const { id } = await claw.createEvalRun({ name: 'run', scorer_id })
  const run = await ended(claw, id)
  const { scores } = await claw.getScores()
  return {
    run,
    score: scores.find(({ action_id }) => (Object.keys(seeded).length ? action_id === 'act_seeded' : true)),
  }
}

describe('a scorer', () => {
  test.each([
    [{}, 1, 'match', 'Outcome matched pattern //'],
    [{ pattern: 'ok', no_match_score: 0.2 }, 0.2, 'no_match', 'Outcome did not match pattern /ok/'],
    [{ pattern: '^$', match_score: 3 }, 3, 'match', 'Outcome matched pattern /^$/'],
  ])('regex %j looks at an empty outcome', async (config, score, label, reasoning) => {
    expect((await judge({ scorer_type: 'regex', config })).score).toMatchObject({
      score,
      label,
      reasoning,
      evaluated_by: 'auto',
    })
  })

  test.each([
    [{ keywords: ['OK', 'done'] }, 1, 'contains', 'Found keywords: OK'],
    [{ keywords: ['OK', 'done'], mode: 'all' as const }, 0, 'missing', 'Missing keywords (mode: all): done'],
    [{ keywords: [], mode: 'all' as const }, 1, 'contains', 'Found keywords: '],
    [{}, 0, 'missing', 'Missing keywords (mode: any): '],
  ])('contains %j looks for words without regard to case', async (config, score, label, reasoning) => {
    const { score: found } = await judge({ scorer_type: 'contains', config }, {}, { outcome: 'All is ok' })
    expect(found).toMatchObject({ score, label, reasoning })
  })

  test.each([
    [{ max: 60 }, 1, 'in_range', 'risk_score=20 is in range [-Infinity, 60]'],
    [{ field: 'confidence', min: 51 }, 0, 'out_of_range', 'confidence=50 is not in range [51, Infinity]'],
    [{ min: 20, max: 20, in_range_score: 0.7 }, 0.7, 'in_range', 'risk_score=20 is in range [20, 20]'],
  ])('numeric_range %j includes its bounds', async (config, score, label, reasoning) => {
    expect((await judge({ scorer_type: 'numeric_range', config })).score).toMatchObject({ score, label, reasoning })
  })

  test.each(['no_such_field', 'declared_goal', '__proto__', 'duration_ms'])(
    'numeric_range gives no score for %s',
    async (field) => {
      const { run, score } = await judge({ scorer_type: 'numeric_range', config: { field } })
      expect(score).toBeUndefined()
      expect(parseJsonText(run.summary)).toEqual({ scored: 0, errors: 1, avg_score: null })
      expect(run.status).toBe('completed')
    },
  )

  test('custom_function is cut to 0 to 1', async () => {
    const expression = "declared_goal.includes('v2') ? risk_score : 0"
    const { score } = await judge({ scorer_type: 'custom_function', config: { expression } })
    expect(score).toMatchObject({ score: 1, label: 'pass', reasoning: 'Custom expression returned 1' })
  })

  test('with a config that is no JSON makes every action an error', async () => {
    expect((await judge({ scorer_type: 'contains', config: '{oops' })).run).toMatchObject({
      status: 'completed',
      scored_count: 0,
    })
  })
})

test('over real HTTP a run goes from pending to completed, and its scores can be read', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a', logger: false })
  const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 20 })
  await claw.createScore({ action_id, scorer_name: 'accuracy', score: 0.9, metadata: { by: 'kim' } })
  const scorer = await claw.createScorer({ name: 'low', scorer_type: 'numeric_range', config: { max: 40 } })
  const started = await claw.createEvalRun({ name: 'check', scorer_id: scorer.id })
  expect(started.status).toBe('pending')
  let details = await claw.getEvalRun(started.id)
  while (details.run.status !== 'completed') details = await claw.getEvalRun(started.id)
  expect(details).toMatchObject({
    run: { scored_count: 1, avg_score: 1 },
    distribution: [{ bucket: 'excellent', count: '1' }],
  })
  expect((await claw.getScores({ agent_id: 'a', min_score: 0.9, max_score: 0.95 })).scores).toMatchObject([
    { scorer_name: 'accuracy', metadata: '{"by":"kim"}' },
  ])
  const names: string[] = []
  for await (const { scorer_name } of claw.iterateScores({ limit: 1 })) names.push(scorer_name)
  expect(names).toEqual(['check', 'accuracy'])
  await claw.deleteScorer(scorer.id)
  for await (const run of claw.iterateEvalRuns()) expect(run).toMatchObject({ name: 'check', scorer_name: null })
  await claw.close()
  await close()
})
