import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Feedback } from '../../../src/domains/feedback.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Feedback)

function setup(version: '2.0' | '2.10' = '2.10') {
  const server = createLocalServer({ version })
  return new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch, maxRetries: 0 })
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  replay({ domain: 'feedback', server })

  test('end with the sentiments and tags that were recorded', () => {
    const rows = server.snapshot()['feedback'] as { comment: string; sentiment: string; tags: string }[]
    const of = (start: string) => rows.find(({ comment }) => comment.startsWith(start))
    expect(of('great great great')).toMatchObject({ sentiment: 'negative', tags: '[]' })
    expect(of('The wrong page')).toMatchObject({
      sentiment: 'negative',
      tags: '["performance","accuracy","reliability"]',
    })
    expect(of('the breakfast')).toMatchObject({ sentiment: 'positive', tags: '["performance","reliability"]' })
    expect(rows.some(({ comment }) => comment === 'good but bad')).toBe(false)
  })
})

test.each([
  [{ rating: 5, comment: 'terrible' }, 'positive', []],
  [{ rating: 3, comment: 'Great, but wrong and slow' }, 'negative', ['performance', 'accuracy']],
  [{ comment: 'good but bad' }, 'neutral', []],
  [{ comment: 'incorrect' }, 'neutral', ['accuracy']],
  [{ comment: 'the token leaked', tags: ['demo', 'security'] }, 'neutral', ['demo', 'security', 'cost']],
] as const)('%j is %s with the tags %j', async (input, sentiment, tags) => {
  expect(await setup().submitFeedback(input)).toMatchObject({ sentiment, tags })
})

describe('the statistics', () => {
  const fill = async (claw: ReturnType<typeof setup>) => {
    await claw.submitFeedback({ rating: 5, tags: ['x'] })
    await claw.submitFeedback({ rating: 4, agent_id: 'b', category: 'quality', comment: 'fast' })
    const { id } = await claw.submitFeedback({ comment: 'slow', agent_id: null })
    await claw.resolveFeedback(id)
  }

  test('fail on the older line as soon as there is any feedback', async () => {
    const claw = setup('2.0')
    expect((await claw.getFeedbackStats()).overall.total_feedback).toBe('0')
    await fill(claw)
    await expect(claw.getFeedbackStats()).rejects.toMatchObject({ name: 'ServerError' })
  })

  test('count by category, agent, rating and tag on the newer line', async () => {
    const claw = setup()
    await fill(claw)
    expect(await claw.getFeedbackStats({ agent_id: 'b' })).toEqual({
      overall: {
        total_feedback: '1',
        avg_rating: '4.00',
        positive_count: '1',
        negative_count: '0',
        neutral_count: '0',
        unresolved_count: '1',
        today_count: '1',
      },
      by_category: [
        { category: 'general', count: '2', avg_rating: '5.00' },
        { category: 'quality', count: '1', avg_rating: '4.00' },
      ],
      by_agent: [
        { agent_id: 'a', count: '1', avg_rating: '5.00', positive: '1', negative: '0' },
        { agent_id: 'b', count: '1', avg_rating: '4.00', positive: '1', negative: '0' },
      ],
      rating_distribution: [
        { rating: 4, count: '1' },
        { rating: 5, count: '1' },
      ],
      top_tags: [
        { tag: 'performance', count: '2' },
        { tag: 'x', count: '1' },
      ],
    })
    expect((await claw.getFeedbackStats()).overall).toMatchObject({
      total_feedback: '3',
      avg_rating: '4.50',
      unresolved_count: '2',
    })
  })
})

test('over real HTTP filters combine, also those that the server ignores beside others', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a' })
  for (let at = 0; at < 6; at++) {
    const { id } = await claw.submitFeedback({ rating: at % 2 ? 5 : 1, category: at < 3 ? 'early' : 'late' })
    if (at > 3) await claw.resolveFeedback(id)
  }
  const { feedback, total } = await claw.listFeedback({ sentiment: 'positive', category: 'late', resolved: true })
  expect(feedback).toMatchObject([
    { rating: 5, category: 'late', resolved: true, resolved_by: 'sdk', agent_id: 'a', source: 'sdk' },
  ])
  expect(total).toBe(1)
  const ids: string[] = []
  for await (const { id } of claw.iterateFeedback({ limit: 2, category: 'early' })) ids.push(id)
  expect(ids).toHaveLength(3)
  expect(await claw.getFeedback(ids[0]!)).toMatchObject({ id: ids[0], category: 'early' })
  await claw.deleteFeedback(ids[0]!)
  await expect(claw.getFeedback(ids[0]!)).rejects.toMatchObject({ name: 'NotFoundError' })
  await claw.close()
  await close()
})
