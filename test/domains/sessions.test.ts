import { expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

test('opens a session for the agent of the client, and lists those of all', async () => {
  const { fetch, sent } = capture()
  const claw = (await anyClient({ fetch })).forAgent('reviewer')
  await claw['createSession']!({ branch: 'main' })
  await claw['listSessions']!()
  expect(sent).toEqual([
    { method: 'POST', path: '/api/sessions', body: { agent_id: 'reviewer', branch: 'main' } },
    { method: 'GET', path: '/api/sessions' },
  ])
})
