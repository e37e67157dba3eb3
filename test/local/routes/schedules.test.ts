import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Schedules } from '../../../src/domains/schedules.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

describe('the recorded exchanges', () => {
  replay({ domain: 'schedules', server: writtenOut(createLocalServer({ version: '2.0', keys: REPLAY_KEYS })) })
})

test('over real HTTP schedules are kept by agent, and newest first', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new (compose(Schedules))({ baseUrl: url, apiKey: 'local', agentId: 'a' })
  const add = (agent_id: string, name: string) =>
    claw.createAgentSchedule({
      agent_id,
      name,
      cron_expression: '0 6 * * *',
      next_run: new Date('2027-01-01T00:00:00Z'),
    })
  await add('b', 'one')
  await add('a', 'two')
  const { schedule } = await add('a', 'three')
  expect(schedule).toMatchObject({ enabled: true, description: null, next_run: '2027-01-01T00:00:00.000Z' })
  const names = async (filters?: { agent_id: string }) =>
    (await claw.listAgentSchedules(filters)).schedules.map(({ name }) => name)
  expect(await names()).toEqual(['three', 'two', 'one'])
  expect(await names({ agent_id: 'a' })).toEqual(['three', 'two'])
  expect(await names({ agent_id: 'c' })).toEqual([])
  await claw.close()
  await close()
})
