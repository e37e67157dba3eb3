import { expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const rows = (from: number, count: number) => Array.from({ length: count }, (_, at) => ({ id: `x_${from + at}` }))

async function ids(method: string, filters: object, answers: unknown[]) {
  const { fetch, sent } = capture(answers)
  const claw = await anyClient({ fetch })
  const found: string[] = []
  for await (const { id } of claw[method]!(filters) as unknown as AsyncIterable<{ id: string }>) found.push(id)
  return { found, offsets: sent.map(({ query }) => query!['offset']) }
}

test('iterating scores reads pages until the total and keeps the filters', async () => {
  const { found, offsets } = await ids('iterateScores', { agent_id: 'a', limit: 2 }, [
    { scores: rows(0, 2), total: 3 },
    { scores: rows(2, 1), total: 3 },
  ])
  expect(found).toEqual(['x_0', 'x_1', 'x_2'])
  expect(offsets).toEqual(['0', '2'])
})

test('iterating runs, which have no total, ends at the first page that is not full', async () => {
  const { found, offsets } = await ids('iterateEvalRuns', { limit: 2 }, [{ runs: rows(0, 2) }, { runs: rows(2, 1) }])
  expect(found).toEqual(['x_0', 'x_1', 'x_2'])
  expect(offsets).toEqual(['0', '2'])
})

test.each([
  ['createScore', [{ action_id: 'act_1', scorer_name: 's', score: 1 }]],
  ['createScorer', [{ name: 'n', scorer_type: 'regex' }]],
  ['createEvalRun', [{ name: 'n', scorer_id: 'es_1' }]],
])('%s is not sent again after an unclear failure', async (method, args) => {
  const { fetch, sent } = capture([{ error: 'Failed' }], 500)
  const claw = await anyClient({ fetch })
  await expect(claw[method]!(...args)).rejects.toMatchObject({ status: 500 })
  expect(sent).toHaveLength(1)
})

test('a config goes out as it is given, also as JSON text or null', async () => {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch })
  for (const config of ['{"pattern":"("}', null, { min: -1 }]) {
    await claw['createScorer']!({ name: 'n', scorer_type: 'numeric_range', config })
  }
  expect(sent.map(({ body }) => (body as { config: unknown }).config)).toEqual(['{"pattern":"("}', null, { min: -1 }])
})
