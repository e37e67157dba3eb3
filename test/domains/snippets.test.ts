import { afterAll, describe, expect, test } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { parseJsonText } from '../../src/core/types.ts'
import { Snippets } from '../../src/domains/snippets.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const Client = compose(Snippets)

test('using a snippet counts, so it is not asked for twice; deleting is', async () => {
  const { fetch, sent } = capture([{ error: 'An error occurred while saving snippet' }], 500)
  const claw = new Client({
    baseUrl: 'http://dashclaw.test',
    apiKey: 'k',
    agentId: 'a',
    logger: false,
    maxRetries: 1,
    fetch,
  })
  await expect(claw.useSnippet('sn_1')).rejects.toMatchObject({ status: 500, attempts: 1 })
  await expect(claw.deleteSnippet('sn_1')).rejects.toMatchObject({ status: 500, attempts: 2 })
  expect(sent).toHaveLength(3)
})

test('a search sends no agent: snippets are shared', async () => {
  const { fetch, sent } = capture([{ snippets: [], total: 0 }])
  await new Client({ baseUrl: 'http://dashclaw.test', apiKey: 'k', agentId: 'a', logger: false, fetch }).getSnippets()
  expect(sent).toEqual([{ method: 'GET', path: '/api/snippets' }])
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())
  const agent = (agentId: string) => new Client({ baseUrl: url, apiKey: 'local', agentId, maxRetries: 0 })

  test('a snippet is saved again under its name, keeps what is left out, and is counted when used', async () => {
    const first = await agent('a').saveSnippet({
      name: 'retry',
      code: 'key = "AKIAABCDEFGHIJKLMNOP"',
      description: 'Tries again',
      tags: ['http', 'retry'],
    })
    expect(first.snippet.code).toBe('key = "[REDACTED:aws_access_key]"')
    expect(first.security).toMatchObject({ clean: false, findings_count: 1, critical_count: 1 })
    const second = await agent('b').saveSnippet({ name: 'retry', code: 'v2', description: '' })
    expect(second.snippet).toMatchObject({
      id: first.snippet_id,
      agent_id: 'b',
      code: 'v2',
      description: 'Tries again',
    })
    expect(parseJsonText(second.snippet.tags)).toEqual(['http', 'retry'])
    await agent('c').useSnippet(first.snippet_id)
    expect((await agent('c').getSnippet(first.snippet_id)).snippet.use_count).toBe(1)
  })

  test('a deleted snippet is gone', async () => {
    const claw = agent('a')
    const { snippet_id } = await claw.saveSnippet({ name: 'gone', code: 'x' })
    expect(await claw.deleteSnippet(snippet_id)).toEqual({ deleted: true, id: snippet_id })
    await expect(claw.deleteSnippet(snippet_id)).rejects.toMatchObject({ status: 404 })
    await expect(claw.getSnippet(snippet_id)).rejects.toMatchObject({ body: { error: 'Snippet not found' } })
  })
})
