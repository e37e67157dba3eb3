import { afterAll, describe, expect, test } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { Handoffs } from '../../src/domains/handoffs.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'

const Client = compose(Handoffs)
const rows = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `ho_${at}` }))

function connect(answers: unknown[]) {
  const { fetch, sent } = capture(answers)
  const claw = new Client({ baseUrl: 'http://dashclaw.test', apiKey: 'k', agentId: 'agent-x', logger: false, fetch })
  return { claw, sent }
}

describe('an offset', () => {
  test('is asked for as more rows and cut off here, so that the server never sees it', async () => {
    const { claw, sent } = connect([{ handoffs: rows(70), total: 70 }])
    const { handoffs, total } = await claw.getHandoffs({ offset: 20 })
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x', limit: '70' })
    expect([handoffs.length, handoffs[0]!.id, total]).toEqual([50, 'ho_20', 50])
  })

  test.each([
    [{ limit: 10, offset: 995 }, '1000', 5],
    [{ limit: 10, offset: 2000 }, '1000', 0],
    [{ limit: 0, offset: 3 }, '3', 0],
  ])('reaches the newest 1,000 (%j)', async (filters, limit, found) => {
    const { claw, sent } = connect([{ handoffs: rows(Number(limit)), total: Number(limit) }])
    const { handoffs, total } = await claw.getHandoffs(filters)
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x', limit })
    expect([handoffs.length, total]).toEqual([found, found])
  })

  test('of 0 changes nothing', async () => {
    const { claw, sent } = connect([{ handoffs: rows(3), total: 3 }])
    expect((await claw.getHandoffs({ offset: 0 })).total).toBe(3)
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x' })
  })
})

test('the iterator gives all that the server has in one request, and stops when aborted', async () => {
  const { claw, sent } = connect([{ handoffs: rows(3), total: 3 }])
  const ids: string[] = []
  for await (const { id } of claw.iterateHandoffs({ offset: 1, date: '2026-01-31' })) ids.push(id)
  expect(ids).toEqual(['ho_1', 'ho_2'])
  expect(sent).toEqual([
    { method: 'GET', path: '/api/handoffs', query: { agent_id: 'agent-x', date: '2026-01-31', limit: '1000' } },
  ])
  const stop = new AbortController()
  const reason = new Error('enough')
  const seen: string[] = []
  await expect(
    (async () => {
      for await (const { id } of claw.iterateHandoffs({}, { signal: stop.signal })) {
        seen.push(id)
        stop.abort(reason)
      }
    })(),
  ).rejects.toBe(reason)
  expect(seen).toEqual(['ho_0'])
})

test('all agents are read with agent_id null', async () => {
  const { claw, sent } = connect([{ handoffs: [], total: 0 }])
  await claw.getHandoffs({ agent_id: null })
  await claw.getLatestHandoff({ agent_id: null })
  expect(sent.map(({ query }) => query)).toEqual([undefined, { latest: 'true' }])
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())

  test('one session leaves a note and the next one finds it', async () => {
    const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'worker' })
    for (const summary of ['one', 'two', 'three']) await claw.createHandoff({ summary, open_tasks: ['docs'] })
    const page = await claw.getHandoffs({ limit: 1, offset: 1 })
    expect([page.total, page.handoffs[0]?.summary]).toEqual([1, 'two'])
    expect((await claw.getLatestHandoff()).handoff).toMatchObject({ summary: 'three', open_tasks: '["docs"]' })
  })
})
