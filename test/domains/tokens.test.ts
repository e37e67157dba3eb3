import { describe, expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { setup } from '../support/local.ts'

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

describe('reports in the background', () => {
  test('arrive with flush, and never throw for the server', async () => {
    const { claw, server, logger } = setup({ maxRetries: 0 })
    server.failNext({ status: 500 })
    expect(claw.queueTokenUsage({ tokens_in: 5, tokens_out: 7, model: 'm' })).toBeUndefined()
    await claw.flush()
    await claw.flush()
    expect(server.requests.map(({ body }) => body).at(-1)).toEqual({
      agent_id: 'agent-1',
      tokens_in: 5,
      tokens_out: 7,
      model: 'm',
    })
    expect(logger.texts).toHaveLength(1)
  })
  test('to a server without the route warn once, and stop', async () => {
    const { claw, server, logger } = setup()
    server.failNext({ status: 404, body: '<html>' })
    for (let i = 0; i < 3; i++) {
      claw.queueTokenUsage({ tokens_in: i, tokens_out: 1 })
      await claw.flush()
    }
    expect(logger.texts).toEqual(['dashclaw: this server takes no token reports, so none are sent.'])
    expect(server.requests).toHaveLength(1)
  })
})
