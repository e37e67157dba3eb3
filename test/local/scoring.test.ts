import { describe, expect, test } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { Actions } from '../../src/domains/actions.ts'
import { Scoring } from '../../src/domains/scoring.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { contract, recordings } from '../support/fixtures.ts'
import { REPLAY_KEYS, replay } from '../support/replay.ts'

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
