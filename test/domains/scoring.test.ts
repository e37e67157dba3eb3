import { expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const names = (sent: { method: string }[]) => sent.map(({ method }) => method)

test.each([
  ['updateScoringProfile', { id: 'x', action_type: 'deploy' }],
  [
    'updateRiskTemplate',
    {
      templates: [
        { id: 'y', action_type: 'build' },
        { id: 'x', action_type: 'deploy' },
      ],
    },
  ],
] as const)('%s sends the action type along that the server would clear', async (method, stored) => {
  const { fetch, sent } = capture([stored, { id: 'x' }])
  const input = Object.freeze({ name: 'n' })
  await (await anyClient({ fetch }))[method]!('x', input)
  expect(names(sent)).toEqual(['GET', 'PATCH'])
  expect(sent[1]!.body).toEqual({ name: 'n', action_type: 'deploy' })
  expect(input).toEqual({ name: 'n' })
})

test.each(['updateScoringProfile', 'updateRiskTemplate'])(
  '%s reads nothing when the caller gives the action type, also to clear it',
  async (method) => {
    const { fetch, sent } = capture()
    await (await anyClient({ fetch }))[method]!('x', { action_type: null })
    expect(names(sent)).toEqual(['PATCH'])
    expect(sent[0]!.body).toEqual({ action_type: null })
  },
)

test('an unknown profile is reported by the read, and nothing is changed', async () => {
  const { fetch, sent } = capture([{ error: 'Profile not found' }], 404)
  const claw = await anyClient({ fetch })
  await expect(claw['updateScoringProfile']!('sp_1', { name: 'n' })).rejects.toMatchObject({ name: 'NotFoundError' })
  expect(names(sent)).toEqual(['GET'])
})

test('an archived template, which no list shows, is changed all the same', async () => {
  const { fetch, sent } = capture([{ templates: [] }, { id: 'rt_1' }])
  await (await anyClient({ fetch }))['updateRiskTemplate']!('rt_1', { status: 'active' })
  expect(sent[1]!.body).toEqual({ status: 'active' })
})

test.each([
  [{ name: 'd' }, 'data_source'],
  [{ data_source: 'confidence' }, 'name'],
  [{ name: 'd', dataSource: 'confidence' }, 'dataSource'],
  [null, 'dimensions'],
])('a profile with the dimension %j is refused as a whole, before the server keeps half of it', async (bad, field) => {
  const { fetch, sent } = capture()
  const dimensions = [{ name: 'ok', data_source: 'risk_score' }, bad]
  await expect((await anyClient({ fetch }))['createScoringProfile']!({ name: 'n', dimensions })).rejects.toMatchObject({
    name: 'InputError',
    field,
  })
  expect(sent).toEqual([])
})

test.each([
  ['scoreWithProfile', ['sp_1', { risk_score: 5 }]],
  ['createRiskTemplate', [{ name: 'n' }]],
])('%s is not repeated after a failure that may have stored something', async (method, args) => {
  const { fetch, sent } = capture([{ error: 'Internal server error' }], 500)
  await expect((await anyClient({ fetch, maxRetries: 2 }))[method]!(...args)).rejects.toMatchObject({ status: 500 })
  expect(sent).toHaveLength(1)
})

test.each([
  ['iterateScoringProfiles', 'profiles'],
  ['iterateProfileScores', 'scores'],
])('%s reads page after page until one is short', async (method, key) => {
  const page = (...ids: string[]) => ({ [key]: ids.map((id) => ({ id })) })
  const { fetch, sent } = capture([page('a', 'b'), page('b', 'c'), page('d')])
  const claw = (await anyClient({ fetch })) as unknown as Record<
    string,
    (filters: object) => AsyncIterable<{ id: string }>
  >
  const ids: string[] = []
  for await (const { id } of claw[method]!({ limit: 2 })) ids.push(id)
  expect(ids).toEqual(['a', 'b', 'c', 'd'])
  expect(sent.map(({ query }) => query)).toEqual([
    { limit: '2', offset: '0' },
    { limit: '2', offset: '2' },
    { limit: '2', offset: '4' },
  ])
})
