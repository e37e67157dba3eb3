import { describe, expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

describe('updating a template', () => {
  test('sends two fields in two requests and answers with the second', async () => {
    const { fetch, sent } = capture([
      { id: 'pt_1', description: 'new' },
      { id: 'pt_1', description: 'new', category: 'c' },
    ])
    const claw = await anyClient({ fetch })
    const answer = await claw['updatePromptTemplate']!('pt_1', { name: undefined, description: 'new', category: 'c' })
    expect(answer).toEqual({ id: 'pt_1', description: 'new', category: 'c' })
    expect(sent.map(({ body }) => body)).toEqual([{ description: 'new' }, { category: 'c' }])
  })

  test('writes nothing when the second field is wrong', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await expect(claw['updatePromptTemplate']!('pt_1', { name: 'n', category: 7 })).rejects.toThrow('category')
    expect(sent).toEqual([])
  })

  test('does not go on after a first field that was refused', async () => {
    const { fetch, sent } = capture([{ error: 'Template not found or no changes' }], 404)
    const claw = await anyClient({ fetch })
    await expect(claw['updatePromptTemplate']!('pt_1', { name: 'n', category: 'c' })).rejects.toMatchObject({
      status: 404,
    })
    expect(sent).toHaveLength(1)
  })

  test('sends a single field, an empty text too, in one request', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['updatePromptTemplate']!('pt_1', { description: '' })
    expect(sent.map(({ body }) => body)).toEqual([{ description: '' }])
  })
})

describe('rendering', () => {
  const failure = () => Response.json({ error: 'Failed to render prompt' }, { status: 500 })

  test.each([
    [undefined, 2],
    [false, 2],
    [true, 1],
  ])('with record %s goes out %i times when the first try fails', async (record, times) => {
    const { fetch, sent } = capture([failure(), { rendered: 'Hi' }])
    const claw = await anyClient({ fetch, maxRetries: 1 })
    await claw['renderPrompt']!({ version_id: 'pv_1', record }).catch(() => undefined)
    expect(sent).toHaveLength(times)
  })

  test('keeps an agent of null, which stores the run without one', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['renderPrompt']!({ version_id: 'pv_1', agent_id: null })
    expect(sent[0]!.body).toEqual({ version_id: 'pv_1', agent_id: null })
  })
})

test('runs of a version are asked for without its template, beside which the server ignores the version', async () => {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch })
  const filters = { template_id: 'pt_1', version_id: 'pv_1' }
  await claw['listPromptRuns']!(filters)
  await claw['listPromptRuns']!({ template_id: 'pt_1', version_id: undefined })
  expect(sent.map(({ query }) => query)).toEqual([{ version_id: 'pv_1' }, { template_id: 'pt_1' }])
  expect(filters).toEqual({ template_id: 'pt_1', version_id: 'pv_1' })
})
