import { describe, expect, test } from 'vitest'
import { parseJsonText } from '../../src/core/types.ts'
import type { Webhook } from '../../src/domains/webhooks.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const url = 'https://hooks.example.com/x'

describe('creating a webhook', () => {
  test('makes a list of the one event that the documentation writes as a text', async () => {
    const { fetch, sent } = capture()
    const claw = await anyClient({ fetch })
    await claw['createWebhook']!({ url, events: 'all' })
    await claw['createWebhook']!({ url, events: 'stale_loop' })
    expect(sent.map(({ body }) => body)).toEqual([
      { url, events: ['all'] },
      { url, events: ['stale_loop'] },
    ])
  })

  test('leaves the event that an unknown server may know to that server', async () => {
    const { fetch, sent } = capture()
    await (await anyClient({ fetch }))['createWebhook']!({ url, events: ['session_stalled'] })
    expect(sent[0]!.body).toEqual({ url, events: ['session_stalled'] })
  })

  test('is not repeated when it is unclear whether it was created', async () => {
    const { fetch, sent } = capture([{ error: 'Failed to create webhook' }], 500)
    const claw = await anyClient({ fetch, maxRetries: 3 })
    await expect(claw['createWebhook']!({ url })).rejects.toMatchObject({ name: 'ServerError' })
    expect(sent).toHaveLength(1)
  })
})

test('reads the events of a listed webhook, which are JSON as text', async () => {
  const { fetch } = capture([{ webhooks: [{ id: 'wh_1', events: '["all"]' }] }])
  const { webhooks } = (await (await anyClient({ fetch }))['getWebhooks']!()) as { webhooks: Webhook[] }
  expect(parseJsonText(webhooks[0]!.events)).toEqual(['all'])
})

test('resolves a test delivery that failed', async () => {
  const { fetch } = capture([{ success: false, response_status: null }])
  const claw = await anyClient({ fetch })
  await expect(claw['testWebhook']!('wh_1')).resolves.toEqual({ success: false, response_status: null })
})
