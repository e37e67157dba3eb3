import { expect, test } from 'vitest'
import { Activity, type ActivityFilters } from '../../src/domains/activity.ts'
import { capture } from '../support/capture.ts'

const client = (fetch: ReturnType<typeof capture>['fetch']) => {
  class Client extends Activity {}
  return new Client({ baseUrl: 'http://dashclaw.test', apiKey: 'k', agentId: 'agent-x', logger: false, fetch })
}

const queryOf = async (filters: ActivityFilters) => {
  const { fetch, sent } = capture([{ logs: [] }])
  await client(fetch).getActivityLogs(filters)
  return sent[0]!.query
}

test.each([
  [{ agent_id: 'agent-1' }, { actor_id: 'agent-1' }],
  [{ type: 'action' }, { resource_type: 'action' }],
  [{ type: 'webhook.created' }, { action: 'webhook.created' }],
] as const)('the documented filter %j is sent as %j, which servers read', async (given, wire) => {
  expect(await queryOf(given)).toEqual(wire)
})

test('the names of the server go first when both are given', async () => {
  expect(await queryOf({ agent_id: 'a', actor_id: 'usr_1', type: 'x.y', action: 'key.created' })).toEqual({
    actor_id: 'usr_1',
    action: 'key.created',
  })
})

test.each([
  [new Date(Date.UTC(2026, 0, 31, 12)), '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T13:00:00+01:00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
])('a time given as %s is sent as %s, since the server compares texts', async (time, text) => {
  expect(await queryOf({ before: time, after: time })).toEqual({ before: text, after: text })
})

test('entries come page after page until a page is short', async () => {
  const { fetch, sent } = capture([{ logs: [{ id: 'a' }, { id: 'b' }] }, { logs: [{ id: 'c' }] }])
  const ids: string[] = []
  for await (const { id } of client(fetch).iterateActivityLogs({ limit: 2, agent_id: 'usr_1' })) ids.push(id)
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(sent.map(({ query }) => query)).toEqual([
    { actor_id: 'usr_1', limit: '2', offset: '0' },
    { actor_id: 'usr_1', limit: '2', offset: '2' },
  ])
})
