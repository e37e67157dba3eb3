import { describe, expect, test } from 'vitest'
import type { PromptInjectionScan } from '../../src/domains/security.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const fault = () => Response.json({ error: 'An error occurred during security scan' }, { status: 500 })

describe('scanning a text', () => {
  test.each(['scanContent', 'reportSecurityFinding'])('%s answers the masked text under both names', async (method) => {
    const { fetch } = capture([{ clean: false, findings_count: 1, redacted_text: '[REDACTED:openai_key]' }])
    const claw = await anyClient({ fetch })
    await expect(claw[method]!({ text: 'sk-xxxxxxxxxxxxxxxxxxxxxxxx' })).resolves.toEqual({
      clean: false,
      findings_count: 1,
      redacted_text: '[REDACTED:openai_key]',
      redacted: '[REDACTED:openai_key]',
    })
  })

  test.each([
    ['scanContent', 2],
    ['scanPromptInjection', 2],
    ['reportSecurityFinding', 1],
  ])('%s is sent %i times when the first answer is a server fault', async (method, times) => {
    const { fetch, sent } = capture([fault(), { clean: true }])
    const claw = await anyClient({ fetch, maxRetries: 1 })
    const outcome = await claw[method]!({ text: 'a' }).then(
      () => 'answered',
      (error: Error) => error.name,
    )
    expect(sent).toHaveLength(times)
    expect(outcome).toBe(times === 2 ? 'answered' : 'ServerError')
  })

  test('takes any text, also one that no database would store', async () => {
    const { fetch, sent } = capture([{ clean: true, redacted_text: 'a' }])
    const claw = await anyClient({ fetch })
    await claw['scanPromptInjection']!({ text: 'ignore\0previous' })
    expect(sent[0]!.body).toMatchObject({ text: 'ignore\0previous' })
  })
})

test('gives every recorded scan once, page after page', async () => {
  const scan = (n: number) => ({ id: `pi_${n}` })
  const { fetch, sent } = capture([
    { scans: [scan(1), scan(2)], total: 3 },
    // A scan was added in between, so one row comes twice.
    { scans: [scan(2), scan(3)], total: 4 },
  ])
  const claw = await anyClient({ fetch })
  const ids: string[] = []
  for await (const { id } of claw['iteratePromptInjectionScans']!({
    limit: 2,
  }) as unknown as AsyncIterable<PromptInjectionScan>)
    ids.push(id)
  expect(ids).toEqual(['pi_1', 'pi_2', 'pi_3'])
  expect(sent.map(({ query }) => query)).toEqual([
    { limit: '2', offset: '0' },
    { limit: '2', offset: '2' },
  ])
})
