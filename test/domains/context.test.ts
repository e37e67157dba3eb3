import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { Context } from '../../src/domains/context.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'

const Client = compose(Context)

function connect(answers?: unknown[], status?: number) {
  const { fetch, sent } = capture(answers, status)
  const claw = new Client({
    baseUrl: 'http://dashclaw.test',
    apiKey: 'k',
    agentId: 'agent-x',
    logger: false,
    maxRetries: 0,
    fetch,
  })
  return { claw, sent }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a key point', () => {
  test('of the documented category constraint goes out as general', async () => {
    const { claw, sent } = connect()
    await claw.captureKeyPoint({ content: 'c', category: 'constraint' })
    expect(sent[0]!.body).toMatchObject({ category: 'general' })
  })

  test('of a word that a newer server may know goes out', async () => {
    const { claw, sent } = connect()
    await claw.captureKeyPoint({ content: 'c', category: 'idea' })
    expect(sent[0]!.body).toMatchObject({ category: 'idea' })
  })

  test('has no null in it but that of an agent, which the caller wants sent', async () => {
    const { claw, sent } = connect()
    const input = { content: 'c', category: null, importance: null, session_date: null, agent_id: null }
    await claw.captureKeyPoint(input)
    expect(sent[0]!.body).toEqual({ content: 'c', agent_id: null })
    expect(input.importance).toBeNull()
  })
})

test('an entry of no kind leaves the kind to the server', async () => {
  const { claw, sent } = connect()
  await claw.addThreadEntry('ct_1', { content: 'c', entry_type: null })
  expect(sent[0]!.body).toEqual({ content: 'c' })
})

test.each([
  [undefined, { status: 'closed' }],
  [{ summary: '' }, { status: 'closed' }],
  [{ summary: null }, { status: 'closed', summary: null }],
  [{ summary: 'Done' }, { status: 'closed', summary: 'Done' }],
])('closing with %j sends %j: only null wipes the summary', async (input, body) => {
  const { claw, sent } = connect()
  await claw.closeThread('ct_1', input)
  expect(sent[0]!.body).toEqual(body)
})

describe('the summary', () => {
  test('is of the UTC day, which may be the next one here', async () => {
    vi.useFakeTimers({ now: new Date('2026-03-01T22:30:00-05:00'), toFake: ['Date'] })
    const { claw, sent } = connect([
      { points: [], total: 0 },
      { threads: [], total: 0 },
    ])
    expect(await claw.getContextSummary()).toEqual({ points: [], threads: [] })
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x', session_date: '2026-03-02' })
  })

  test('fails when one of its two requests does', async () => {
    const { claw, sent } = connect([{ error: 'An error occurred while fetching threads' }], 500)
    await expect(claw.getContextSummary()).rejects.toMatchObject({ status: 500 })
    expect(sent).toHaveLength(2)
  })
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())

  test('the summary holds the points of today and the threads that are active', async () => {
    const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'planner' })
    await claw.captureKeyPoint({ content: 'Budget is fixed', category: 'constraint', importance: 8 })
    await claw.captureKeyPoint({ content: 'Old', session_date: '2020-01-01' })
    const { thread_id } = await claw.createThread({ name: 'Release' })
    const done = await claw.createThread({ name: 'Done' })
    await claw.closeThread(done.thread_id, { summary: 'All shipped' })
    await claw.addThreadEntry(thread_id, { content: 'Kickoff' })
    const { points, threads } = await claw.getContextSummary()
    expect(points).toMatchObject([{ content: 'Budget is fixed', category: 'general', importance: 8 }])
    expect(threads).toMatchObject([{ id: thread_id, status: 'active' }])
    expect((await claw.getThreads({ status: 'closed' })).threads).toMatchObject([{ summary: 'All shipped' }])
  })
})
