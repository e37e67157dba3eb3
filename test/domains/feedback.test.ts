import { describe, expect, test } from 'vitest'
import type { FeedbackEntry, FeedbackFilters, FeedbackList } from '../../src/domains/feedback.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

/** As the server sends a page: the total is its length. Its own filters are not applied here, so only the SDK's are seen. */
const page = (from: number, count: number) => ({
  feedback: Array.from({ length: count }, (_, at) => ({
    id: `fb_${from + at}`,
    agent_id: 'a',
    category: (from + at) % 2 ? 'speed' : 'quality',
    sentiment: 'negative',
    resolved: (from + at) % 3 === 0,
  })),
  total: count,
})

async function list(filters: FeedbackFilters, answers: unknown[]) {
  const { fetch, sent } = capture(answers)
  return { answer: (await (await anyClient({ fetch }))['listFeedback']!(filters)) as FeedbackList, sent }
}

describe('listing feedback', () => {
  test.each<[FeedbackFilters, Record<string, string>]>([
    [{ action_id: 'act_1' }, { action_id: 'act_1' }],
    [
      { agent_id: 'a', category: 'quality' },
      { agent_id: 'a', category: 'quality' },
    ],
    [
      { sentiment: 'negative', limit: 2 },
      { sentiment: 'negative', limit: '2' },
    ],
    [
      { resolved: false, offset: 1 },
      { resolved: 'false', offset: '1' },
    ],
  ])('leaves %j to the server', async (filters, query) => {
    const { answer, sent } = await list(filters, [page(0, 2)])
    expect(sent.map((request) => request.query)).toEqual([query])
    expect(answer).toEqual(page(0, 2))
  })

  test.each<[FeedbackFilters, Record<string, string>, string[]]>([
    [{ category: 'speed' }, {}, ['fb_1', 'fb_3']],
    [{ agent_id: 'a', category: 'quality', resolved: true }, { agent_id: 'a', category: 'quality' }, ['fb_0', 'fb_3']],
    [{ agent_id: 'a', resolved: true }, { agent_id: 'a' }, ['fb_0', 'fb_3']],
    [{ sentiment: 'negative', category: 'speed' }, { sentiment: 'negative' }, ['fb_1', 'fb_3']],
    [{ resolved: false, category: 'speed' }, { resolved: 'false' }, ['fb_1', 'fb_3']],
  ])('filters by what the server ignores in %j', async (filters, query, ids) => {
    const { answer, sent } = await list(filters, [page(0, 4)])
    expect(sent[0]!.query).toEqual({ ...query, limit: '200', offset: '0' })
    expect(answer.feedback.map(({ id }) => id)).toEqual(ids)
    expect(answer.total).toBe(ids.length)
  })

  test('reads all pages to filter, and pages through what is left', async () => {
    const answers = [page(0, 200), page(200, 200), page(400, 10)]
    const { answer, sent } = await list({ category: 'speed', limit: 3, offset: 100 }, answers)
    expect(sent.map(({ query }) => query!['offset'])).toEqual(['0', '200', '400'])
    expect(answer.feedback.map(({ id }) => id)).toEqual(['fb_201', 'fb_203', 'fb_205'])
    expect(answer.total).toBe(205)
  })
})

test('iterating reads on after a full page, although the total of a page is its length', async () => {
  const { fetch, sent } = capture([page(0, 3), page(3, 3), page(6, 1)])
  const claw = await anyClient({ fetch })
  const ids: string[] = []
  const entries = claw['iterateFeedback']!({ limit: 3, resolved: false, category: 'speed' })
  for await (const { id } of entries as unknown as AsyncIterable<FeedbackEntry>) ids.push(id)
  expect(ids).toEqual(['fb_1', 'fb_3', 'fb_5'])
  expect(sent.map(({ query }) => query)).toEqual([
    { limit: '3', offset: '0', resolved: 'false' },
    { limit: '3', offset: '3', resolved: 'false' },
    { limit: '3', offset: '6', resolved: 'false' },
  ])
})

test('feedback names its source and its agent, unless the caller does', async () => {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch })
  await claw['submitFeedback']!({ rating: 5 })
  await claw['submitFeedback']!({ rating: 0, comment: 'c', agent_id: null, source: 'form' })
  expect(sent.map(({ body }) => body)).toEqual([
    { rating: 5, agent_id: 'agent-x', source: 'sdk' },
    { rating: 0, comment: 'c', agent_id: null, source: 'form' },
  ])
})
