import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { parseJsonText } from '../../../src/core/types.ts'
import { Handoffs } from '../../../src/domains/handoffs.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Handoffs)

const connect = (server: LocalServer, agentId = 'a') =>
  new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId, fetch: server.fetch, logger: false, maxRetries: 0 })

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  replay({
    domain: 'handoffs',
    server: writtenOut(server),
    before: {
      'getHandoffs: date': () =>
        server.seed('handoffs', [
          {
            id: 'ho_c9eb15c2aeca448db2e4a002',
            org_id: 'org_local',
            agent_id: 'hof-a-mwruucxl',
            session_date: '2025-01-15',
            summary: 'Second session',
            key_decisions: '["use Postgres"]',
            open_tasks: '["write docs"]',
            mood_notes: 'focused',
            next_priorities: '["test"]',
            created_at: '2026-11-22T13:10:36.660Z',
          },
        ]),
    },
  })
})

test('the newest handoff is the one that was made last, whatever its date', async () => {
  const server = createLocalServer({ now: '2026-03-01T23:30:00-05:00' })
  const claw = connect(server)
  await claw.createHandoff({ summary: 'first', session_date: '2099-01-01' })
  const { handoff } = await claw.createHandoff({ summary: 'second' })
  expect(handoff.session_date).toBe('2026-03-02')
  expect((await claw.getLatestHandoff()).handoff?.summary).toBe('second')
  expect((await connect(server, 'b').getLatestHandoff()).handoff).toBeNull()
  expect((await connect(server, 'b').getLatestHandoff({ agent_id: null })).handoff?.summary).toBe('second')
})

test('lists are kept as JSON, with their secrets; texts are masked', async () => {
  const secret = 'AKIAABCDEFGHIJKLMNOP'
  const { handoff } = await connect(createLocalServer()).createHandoff({
    summary: secret,
    mood_notes: secret,
    key_decisions: [secret, { id: 1 }],
    open_tasks: [],
    context: { dropped: true },
  })
  expect(handoff).toMatchObject({ summary: '[REDACTED:aws_access_key]', mood_notes: '[REDACTED:aws_access_key]' })
  expect(parseJsonText(handoff.key_decisions)).toEqual([secret, { id: 1 }])
  expect(handoff).toMatchObject({ open_tasks: '[]', next_priorities: null })
  expect(handoff).not.toHaveProperty('context')
})
