import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Drift } from '../../../src/domains/drift.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Actions, Drift)

function connect(server: LocalServer) {
  const options = { baseUrl: server.baseUrl, apiKey: 'local', agentId: 'drifter', agentName: 'Drifter' }
  const claw = new Client({ ...options, fetch: server.fetch, logger: false, maxRetries: 0 })
  const act = async (fields: object) => {
    await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', ...fields })
  }
  return { claw, act }
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })

  async function act(agent_id: string, agent_name: string | null, fields: object): Promise<void> {
    const body = JSON.stringify({ agent_id, agent_name, action_type: 'deploy', declared_goal: 'Ship', ...fields })
    await server.fetch(`${server.baseUrl}/api/actions`, { method: 'POST', headers: { 'x-api-key': 'local' }, body })
  }

  replay({
    domain: 'drift',
    server,
    before: {
      'computeDriftBaselines: one agent': async () => {
        for (let at = 0; at < 6; at++) {
          const cost_estimate = 0.1 + at / 100
          const full = { risk_score: 20 + 2 * at, confidence: 75 + at, duration_ms: 1000 + 100 * at, cost_estimate }
          await act('drf-agent-1', 'drf-agent-1', full)
          await act('drf-agent-2', 'Drift Agent Two', { risk_score: 20 + 2 * at })
          await act('drf-unnamed', null, { risk_score: 20 })
        }
      },
      'detectDrift: several metrics moved': async () => {
        for (let at = 0; at < 6; at++) {
          await act('drf-agent-1', 'drf-agent-1', {
            risk_score: 40,
            confidence: 70,
            duration_ms: 90_000,
            cost_estimate: 0.19,
          })
        }
      },
    },
  })

  test('end with the numbers that were recorded for the same actions', () => {
    const tables = server.snapshot() as Record<string, { metric: string; agent_id: string }[]>
    const own = (name: string) =>
      new Map(tables[name]!.filter(({ agent_id }) => agent_id === 'drf-agent-1').map((row) => [row.metric, row]))
    const baselines = own('drift_baselines')
    expect(baselines.get('risk_score')).toMatchObject({
      mean: 25,
      stddev: 3.742,
      median: 25,
      p5: 20.5,
      p25: 22.5,
      p75: 27.5,
      p95: 29.5,
    })
    expect(baselines.get('confidence')).toMatchObject({ mean: 77.5, stddev: 1.871, p5: 75.25, p95: 79.75 })
    expect(baselines.get('duration_ms')).toMatchObject({ mean: 1250, stddev: 187.083, min_val: 1000, max_val: 1500 })
    expect(baselines.get('cost_estimate')).toMatchObject({
      mean: 0.125,
      stddev: 0.019,
      p5: 0.103,
      p25: 0.113,
      p75: 0.138,
      p95: 0.148,
    })
    const alerts = own('drift_alerts')
    expect(alerts.get('risk_score')).toMatchObject({
      severity: 'warning',
      z_score: 2.004,
      pct_change: 30,
      description:
        'Risk Score for drf-agent-1 has increased by 30% (z-score: 2.004). Baseline mean: 25, current mean: 32.5.',
    })
    expect(alerts.get('confidence')).toMatchObject({ z_score: -2.004, pct_change: -4.839, direction: 'decreasing' })
    expect(alerts.get('duration_ms')).toMatchObject({ severity: 'critical', z_score: 237.194, pct_change: 3550 })
    expect(alerts.get('cost_estimate')).toMatchObject({ severity: 'info', z_score: 1.737, pct_change: 26.4 })
    expect(own('drift_snapshots').get('risk_score')).toMatchObject({ mean: 32.5, stddev: 8.23, sample_count: 12 })
  })
})

describe('detection', () => {
  test('after a flat baseline says 999 and increasing, whichever way the mean went', async () => {
    const { claw, act } = connect(createLocalServer())
    for (let at = 0; at < 5; at++) await act({ risk_score: 50 })
    await claw.computeDriftBaselines()
    expect((await claw.detectDrift()).alerts).toEqual([])
    for (let at = 0; at < 5; at++) await act({ risk_score: 30 })
    expect((await claw.detectDrift()).alerts).toMatchObject([
      { metric: 'risk_score', z_score: 999, severity: 'critical', direction: 'increasing', pct_change: -20 },
    ])
  })

  test('needs a baseline of 5 values and 3 values in the window', async () => {
    const server = createLocalServer()
    const { claw, act } = connect(server)
    for (let at = 0; at < 4; at++) await act({ risk_score: 10 + at })
    expect((await claw.computeDriftBaselines()).results).toEqual([])
    await act({ risk_score: 10 })
    expect((await claw.computeDriftBaselines()).results.map(({ metric }) => metric)).toEqual([
      'risk_score',
      'confidence',
    ])
    server.clock.advance(8 * 86_400_000)
    for (let at = 0; at < 2; at++) await act({ risk_score: 90 })
    expect((await claw.detectDrift()).alerts).toEqual([])
    await act({ risk_score: 90 })
    expect((await claw.detectDrift()).alerts).toMatchObject([{ severity: 'critical', direction: 'increasing' }])
  })

  test('goes by the name of the agent, and by its id for the learning score only', async () => {
    const { claw, act } = connect(createLocalServer())
    for (let at = 0; at < 5; at++) await act({ risk_score: at })
    for (const { action_id } of (await claw.getActions()).actions)
      await claw.updateOutcome(action_id, { status: 'completed' })
    const metrics = async (agent_id: string) =>
      (await claw.computeDriftBaselines({ agent_id })).results.map(({ metric }) => metric)
    expect(await metrics('Drifter')).toEqual(['risk_score', 'confidence'])
    expect(await metrics('drifter')).toEqual(['learning_score'])
  })

  test('uses the newest baseline', async () => {
    const { claw, act } = connect(createLocalServer())
    for (let at = 0; at < 5; at++) await act({ risk_score: 10 + at })
    await claw.computeDriftBaselines()
    for (let at = 0; at < 5; at++) await act({ risk_score: 90 + at })
    expect((await claw.detectDrift()).alerts).toHaveLength(1)
    await claw.computeDriftBaselines()
    expect((await claw.detectDrift()).alerts).toEqual([])
  })
})

test('over real HTTP alerts are listed, filtered, acknowledged, counted and deleted', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'drifter', agentName: 'Drifter', logger: false })
  const act = (fields: object) => claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', ...fields })
  for (let at = 0; at < 5; at++) await act({ risk_score: 10 + at, confidence: 80 + at })
  await claw.computeDriftBaselines({ agent_id: 'Drifter' })
  for (let at = 0; at < 5; at++) await act({ risk_score: 90, confidence: 10 })
  const { alerts } = await claw.detectDrift({ agent_id: 'Drifter' })
  expect(alerts.map(({ metric }) => metric)).toEqual(['risk_score', 'confidence'])
  await claw.acknowledgeDriftAlert(alerts[0]!.id)
  const open = { agent_id: 'Drifter', acknowledged: false }
  expect(await claw.listDriftAlerts(open)).toMatchObject({ alerts: [{ metric: 'confidence' }], total: 1 })
  expect((await claw.listDriftAlerts({ metric: 'risk_score' })).alerts).toMatchObject([
    { acknowledged: true, acknowledged_by: 'user' },
  ])
  const all: string[] = []
  for await (const { id } of claw.iterateDriftAlerts({ limit: 1 })) all.push(id)
  expect(all).toEqual(alerts.map(({ id }) => id).reverse())
  await claw.recordDriftSnapshots()
  expect((await claw.getDriftSnapshots({ agent_id: 'Drifter', metric: 'confidence' })).snapshots).toMatchObject([
    { sample_count: 10 },
  ])
  await claw.deleteDriftAlert(alerts[1]!.id)
  expect((await claw.getDriftStats()).overall).toMatchObject({
    total_alerts: '1',
    unacknowledged: '0',
    today_count: '1',
  })
  expect((await claw.getDriftMetrics()).metrics).toHaveLength(6)
  await claw.close()
  await close()
})
