import { describe } from 'vitest'
import { createLocalServer } from '../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../support/replay.ts'

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
