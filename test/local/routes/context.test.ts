import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Context } from '../../../src/domains/context.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Context)

const connect = (server: LocalServer, agentId = 'a') =>
  new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId, fetch: server.fetch, logger: false, maxRetries: 0 })

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS, now: '2026-11-22T13:10:36.000Z' })
  replay({ domain: 'context', server: writtenOut(server) })
})

test('key points come most important first, then newest', async () => {
  const claw = connect(createLocalServer())
  for (const [content, importance] of [
    ['a', 3],
    ['b', 9],
    ['c', 9],
    ['d', 1],
  ] as const) {
    await claw.captureKeyPoint({ content, importance })
  }
  expect((await claw.getKeyPoints()).points.map(({ content }) => content)).toEqual(['c', 'b', 'a', 'd'])
  expect(await claw.getKeyPoints({ limit: 0 })).toEqual({ points: [], total: 0 })
})

test('a thread of the same name and agent is opened again; another agent gets its own', async () => {
  const server = createLocalServer()
  const claw = connect(server)
  const first = await claw.createThread({ name: 'Release', summary: 'one' })
  await claw.closeThread(first.thread_id)
  await expect(claw.addThreadEntry(first.thread_id, { content: 'late' })).rejects.toMatchObject({ status: 400 })
  const again = await claw.createThread({ name: 'Release' })
  expect(again.thread).toMatchObject({ id: first.thread_id, status: 'active', summary: 'one' })
  await claw.addThreadEntry(first.thread_id, { content: 'in time' })
  expect((await connect(server, 'b').createThread({ name: 'Release' })).thread_id).not.toBe(first.thread_id)
})

test('entries come back oldest first', async () => {
  const server = createLocalServer()
  const claw = connect(server)
  const { thread_id } = await claw.createThread({ name: 'Release' })
  await claw.addThreadEntry(thread_id, { content: 'one' })
  await claw.addThreadEntry(thread_id, { content: 'two', entry_type: 'milestone' })
  expect(await claw.request({ method: 'GET', path: `/api/context/threads/${thread_id}` })).toMatchObject({
    thread: { id: thread_id },
    entries: [
      { content: 'one', entry_type: 'note' },
      { content: 'two', entry_type: 'milestone' },
    ],
  })
  await expect(claw.request({ method: 'GET', path: '/api/context/threads/ct_nope' })).rejects.toMatchObject({
    status: 404,
    body: { error: 'Thread not found' },
  })
})
