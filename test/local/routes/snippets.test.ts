import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Snippets } from '../../../src/domains/snippets.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Snippets)

const connect = (server: LocalServer, agentId = 'a') =>
  new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId, fetch: server.fetch, logger: false, maxRetries: 0 })

describe('the recorded exchanges', () => {
  replay({ domain: 'snippets', server: writtenOut(createLocalServer({ version: '2.0', keys: REPLAY_KEYS })) })
})

test('the list is searched with the wildcards of the database, most used first', async () => {
  const claw = connect(createLocalServer())
  const first = await claw.saveSnippet({ name: 'fetch_retry', code: '1', description: 'Tries again', tags: ['http'] })
  await claw.saveSnippet({ name: 'other', code: '2', language: 'python' })
  const names = async (filters: object) => (await claw.getSnippets(filters)).snippets.map(({ name }) => name)
  expect(await names({})).toEqual(['other', 'fetch_retry'])
  await claw.useSnippet(first.snippet_id)
  expect(await names({})).toEqual(['fetch_retry', 'other'])
  expect(await names({ search: 'TRIES' })).toEqual(['fetch_retry'])
  expect(await names({ search: 'f%try' })).toEqual(['fetch_retry'])
  expect(await names({ search: 'fetch\\_retry' })).toEqual(['fetch_retry'])
  expect(await names({ search: 'o\\_her' })).toEqual([])
  expect(await names({ search: 'o_her' })).toEqual(['other'])
  expect(await names({ tag: 'ttp' })).toEqual(['fetch_retry'])
  expect(await names({ language: 'Python' })).toEqual([])
})

test('a search of many wildcards ends', async () => {
  const claw = connect(createLocalServer())
  await claw.saveSnippet({ name: 'n', code: 'x', description: 'a'.repeat(2000) })
  expect((await claw.getSnippets({ search: `${'%a'.repeat(200)}b` })).total).toBe(0)
})

test('a value with NUL is refused by the database', async () => {
  const server = createLocalServer()
  const answer = await server.fetch(`${server.baseUrl}/api/snippets`, {
    method: 'POST',
    headers: { 'x-api-key': 'local' },
    body: JSON.stringify({ name: 'n', code: 'a\0b' }),
  })
  expect([answer.status, await answer.json()]).toEqual([500, { error: 'An error occurred while saving snippet' }])
})
