import { expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const bodyOf = async (input: object) => {
  const { fetch, sent } = capture()
  await (await anyClient({ fetch }))['reportTokenUsage']!(input)
  return sent[0]!.body
}

test('session_key goes before session_id, and session_id is not sent itself', async () => {
  expect(await bodyOf({ tokens_in: 1, session_id: 'one', session_key: 'two' })).toEqual({
    agent_id: 'agent-x',
    tokens_in: 1,
    session_key: 'two',
  })
})

test('one count is enough, and null counts as given', async () => {
  expect(await bodyOf({ tokens_out: 7 })).toEqual({ agent_id: 'agent-x', tokens_out: 7 })
  expect(await bodyOf({ tokens_in: null, agent_id: null })).toEqual({ agent_id: null, tokens_in: null })
})

test('a report is not sent again after an unclear failure, since counts add up', async () => {
  const { fetch, sent } = capture([{ error: 'no' }], 500)
  const claw = await anyClient({ fetch })
  await expect(claw['reportTokenUsage']!({ tokens_in: 1 })).rejects.toMatchObject({ name: 'ServerError' })
  expect(sent).toHaveLength(1)
})
