import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Activity, type ActivityFilters } from '../../../src/domains/activity.ts'
import { Webhooks } from '../../../src/domains/webhooks.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  const entry = (at: number, action: string, actor_id = '') => ({
    id: `al_${at}`,
    org_id: 'org_local',
    actor_id,
    actor_type: 'user',
    action,
    resource_type: action.split('.')[0]!,
    resource_id: `id_${at}`,
    details: '{"decision":"deny"}',
    ip_address: 'unknown',
    created_at: `2026-11-22T10:00:0${at}.000Z`,
  })
  server.seed('activity', [
    ...[0, 1, 2, 3].map((at) => entry(at, 'webhook.created')),
    entry(4, 'setting.updated', 'usr_1'),
    entry(5, 'action.denyed'),
  ])
  replay({ domain: 'activity', server })
})

test('over real HTTP what was done to webhooks is in the log, newest first, and every filter narrows it', async () => {
  const server = createLocalServer({ version: '2.0' })
  const { url, close } = await server.listen()
  const Client = compose(Activity, Webhooks)
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a', logger: false, maxRetries: 0 })
  const { webhook } = await claw.createWebhook({ url: 'https://example.com/hook', events: ['all'] })
  await claw.deleteWebhook(webhook.id)

  const { logs, stats, pagination } = await claw.getActivityLogs()
  expect(logs.map(({ action }) => action)).toEqual(['webhook.deleted', 'webhook.created'])
  expect(logs[0]).toMatchObject({ id: expect.stringMatching(/^al_[\da-f]{8}-/), actor_id: '', resource_id: webhook.id })
  expect(stats).toEqual({ total: '2', today: '2', unique_actors: '1' })
  expect(pagination).toEqual({ limit: 50, offset: 0 })

  const found = async (filters: ActivityFilters) =>
    (await claw.getActivityLogs(filters)).logs.map(({ action }) => action.split('.')[1])
  expect(await found({ type: 'webhook.created' })).toEqual(['created'])
  expect(await found({ type: 'webhook' })).toEqual(['deleted', 'created'])
  expect(await found({ resource_type: 'action' })).toEqual([])
  expect(await found({ agent_id: 'usr_1' })).toEqual([])
  expect(await found({ before: new Date(Date.now() + 60_000), after: new Date(Date.now() - 60_000) })).toHaveLength(2)
  expect(await found({ after: new Date(Date.now() + 60_000) })).toEqual([])
  expect(await found({ before: '2020-01-01' })).toEqual([])
  expect(await found({ limit: 0 })).toEqual([])

  const ids: string[] = []
  for await (const { id } of claw.iterateActivityLogs({ limit: 1 })) ids.push(id)
  expect(ids).toEqual(logs.map(({ id }) => id))
  await close()
})

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test('the log has no address behind no known proxy', async () => {
    const server = createLocalServer({
      version,
      policies: [{ name: 'H', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }],
    })
    await send(server, 'POST', '/api/webhooks', { url: 'https://example.com/' })
    const fields = { agent_id: 'a', action_type: 'deploy', declared_goal: 'g', action_id: 'act_1' }
    await send(server, 'POST', '/api/actions', fields)
    const ruling = { decision: 'allow', reasoning: 'ok' }
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    await send(server, 'POST', '/api/actions/act_1/approve', ruling, { headers })
    const { body } = await send<{ logs: { ip_address: string }[] }>(server, 'GET', '/api/activity')
    expect(body.logs.map(({ ip_address }) => ip_address)).toEqual(['unknown', 'unknown'])
  })
})
