import { describe, expect, test } from 'vitest'
import type { DriftAlert, DriftAlertFilters } from '../../src/domains/drift.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const alerts = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    id: `da_${from + at}`,
    metric: (from + at) % 2 ? 'confidence' : 'risk_score',
    acknowledged: (from + at) % 3 === 0,
  }))
/** As the server sends a page: the total is its length. */
const page = (from: number, count: number) => ({ alerts: alerts(from, count), total: count })

async function list(filters: DriftAlertFilters, answers: unknown[]) {
  const { fetch, sent } = capture(answers)
  const claw = await anyClient({ fetch })
  return { answer: (await claw['listDriftAlerts']!(filters)) as { alerts: DriftAlert[]; total: number }, sent }
}

async function iterate(filters: DriftAlertFilters, answers: unknown[]) {
  const { fetch, sent } = capture(answers)
  const claw = await anyClient({ fetch })
  const ids: string[] = []
  for await (const { id } of claw['iterateDriftAlerts']!(filters) as unknown as AsyncIterable<DriftAlert>) ids.push(id)
  return { ids, sent }
}

describe('listing alerts', () => {
  test('filters by metric over all pages, although the total of a page is its length', async () => {
    const { answer, sent } = await list({ metric: 'confidence' }, [page(0, 200), page(200, 200), page(400, 10)])
    expect(answer.total).toBe(205)
    expect(answer.alerts).toHaveLength(50)
    expect(new Set(answer.alerts.map(({ metric }) => metric))).toEqual(new Set(['confidence']))
    expect(sent.map(({ query }) => query)).toEqual([
      { limit: '200', offset: '0' },
      { limit: '200', offset: '200' },
      { limit: '200', offset: '400' },
    ])
  })

  test.each<DriftAlertFilters>([{ agent_id: 'a' }, { severity: 'info' }])(
    'applies acknowledged beside %j',
    async (filters) => {
      const { answer, sent } = await list({ ...filters, acknowledged: true }, [page(0, 7)])
      expect(answer.alerts.map(({ id }) => id)).toEqual(['da_0', 'da_3', 'da_6'])
      expect(answer.total).toBe(3)
      expect(sent[0]!.query).toMatchObject(filters)
    },
  )

  test('leaves to the server what it can do', async () => {
    const { answer, sent } = await list({ acknowledged: false, limit: 2 }, [page(0, 2)])
    expect(answer).toEqual(page(0, 2))
    expect(sent[0]!.query).toEqual({ acknowledged: 'false', limit: '2' })
  })

  test('pages through what it filtered', async () => {
    const ids = async (offset: number) =>
      (await list({ metric: 'risk_score', limit: 2, offset }, [page(0, 9)])).answer.alerts.map(({ id }) => id)
    expect(await ids(0)).toEqual(['da_0', 'da_2'])
    expect(await ids(4)).toEqual(['da_8'])
    expect(await ids(5)).toEqual([])
  })
})

describe('iterating alerts', () => {
  test('reads on after a full page and gives an alert that moved only once', async () => {
    const { ids, sent } = await iterate({ limit: 3 }, [page(0, 3), page(2, 3), page(5, 1)])
    expect(ids).toEqual(['da_0', 'da_1', 'da_2', 'da_3', 'da_4', 'da_5'])
    expect(sent.map(({ query }) => query!['offset'])).toEqual(['0', '3', '6'])
  })

  test('filters as the list does and never sends the metric', async () => {
    const { ids, sent } = await iterate({ metric: 'confidence', agent_id: 'a', acknowledged: true }, [page(0, 10)])
    expect(ids).toEqual(['da_3', 'da_9'])
    expect(sent[0]!.query).toEqual({ agent_id: 'a', acknowledged: 'true', limit: '200', offset: '0' })
  })
})

test('an operation can not be turned into another one by a field of the caller', async () => {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch })
  await claw['computeDriftBaselines']!({ action: 'detect' })
  await claw['detectDrift']!({ action: 'record_snapshots' })
  expect(sent.map(({ body }) => (body as { action: string }).action)).toEqual(['compute_baselines', 'detect'])
})

test('a detection is not sent again after an unclear failure, since it would store its alerts twice', async () => {
  const { fetch, sent } = capture([{ error: 'Drift operation failed' }], 500)
  const claw = await anyClient({ fetch })
  await expect(claw['detectDrift']!()).rejects.toMatchObject({ status: 500 })
  expect(sent).toHaveLength(1)
})
