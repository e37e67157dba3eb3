import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Webhooks } from '../../../src/domains/webhooks.ts'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { verifyWebhook } from '../../../src/webhooks.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const Client = compose(Actions, Webhooks)
const url = 'https://hooks.example.com/x'

interface Delivery {
  url: string
  headers: Headers
  body: string
}

/** A server whose deliveries are kept, with a client. */
function setup(answer: () => Response = () => new Response('ok'), options: LocalServerOptions = {}) {
  const sent: Delivery[] = []
  const server = createLocalServer({
    ...options,
    keys: [{ key: 'oc_live_test' }],
    webhookFetch: (async (target: string, init: { headers: Record<string, string>; body: string }) => {
      sent.push({ url: target, headers: new Headers(init.headers), body: init.body })
      return answer()
    }) as unknown as typeof fetch,
  })
  const claw = new Client({
    baseUrl: server.baseUrl,
    apiKey: 'oc_live_test',
    agentId: 'bot',
    fetch: server.fetch,
    logger: false,
    maxRetries: 0,
  })
  return { server, claw, sent }
}

const checkSignals = (server: LocalServer) => server.fetch(`${server.baseUrl}/api/cron/signals`, { method: 'POST' })

describe('the recorded exchanges', () => {
  const other = { key: 'other', org: 'org_other' }
  const server = createLocalServer({
    version: '2.0',
    keys: [...REPLAY_KEYS, other],
    // Nothing of what the recordings name can be reached.
    webhookFetch: async () => {
      throw new TypeError('fetch failed')
    },
  })
  replay({
    domain: 'webhooks',
    server,
    keys: {
      'testWebhook: webhook of another org': 'other',
      'getWebhookDeliveries: webhook of another org': 'other',
      'deleteWebhook: webhook of another org': 'other',
    },
  })

  test('show the same part of a secret as was recorded', () => {
    const { secret } = (server.snapshot()['webhooks'] as { secret: string }[])[0]!
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('deliveries', () => {
  test('of a test are signed with the secret of the webhook', async () => {
    const { claw, sent } = setup()
    const { webhook } = await claw.createWebhook({ url })
    expect(await claw.testWebhook(webhook.id)).toEqual({ success: true, response_status: 200 })
    const { headers, body } = sent[0]!
    const verified = await verifyWebhook({ body, headers, secret: webhook.secret })
    expect(verified).toBeTruthy()
    expect(JSON.parse(body)).toMatchObject({
      event: 'test',
      org_id: 'org_local',
      signals: [{ type: 'test', severity: 'amber' }],
    })
    const { deliveries } = await claw.getWebhookDeliveries(webhook.id)
    expect(deliveries).toMatchObject([
      { id: headers.get('x-dashclaw-delivery'), event_type: 'test', status: 'success', response_status: 200 },
    ])
  })

  test.each([301, 404, 500])('that are answered with %i have failed, and a test counts no failure', async (status) => {
    const { claw } = setup(() => new Response(null, { status }))
    const { webhook } = await claw.createWebhook({ url })
    expect(await claw.testWebhook(webhook.id)).toEqual({ success: false, response_status: status })
    expect((await claw.getWebhooks()).webhooks).toMatchObject([
      { active: 1, failure_count: 0, last_triggered_at: null },
    ])
  })

  test('to a URL with a password are not sent', async () => {
    const { claw, sent } = setup()
    const { webhook } = await claw.createWebhook({ url: 'https://user:password@hooks.example.com/' })
    expect(await claw.testWebhook(webhook.id)).toEqual({ success: false, response_status: null })
    expect(sent).toEqual([])
  })

  test('of signals tell each webhook of what it asked for, once', async () => {
    const { server, claw, sent } = setup()
    const wide = await claw.createWebhook({ url, events: 'all' })
    await claw.createWebhook({ url: 'https://hooks.example.com/none', events: ['stale_loop'] })
    const act = () =>
      claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 90, reversible: false })
    await act()
    await checkSignals(server)
    await checkSignals(server)
    expect(sent.map((delivery) => delivery.url)).toEqual([url])
    const payload = JSON.parse(sent[0]!.body) as { event: string; signals: { type: string }[] }
    expect(payload.event).toBe('signals.detected')
    expect(payload.signals.map(({ type }) => type)).toEqual(['high_impact_low_oversight'])
    expect(
      await verifyWebhook({ body: sent[0]!.body, headers: sent[0]!.headers, secret: wide.webhook.secret }),
    ).toBeTruthy()
    await act()
    await checkSignals(server)
    expect(sent).toHaveLength(2)
  })

  test('that fail ten times in a row switch the webhook off', async () => {
    const { server, claw, sent } = setup(() => new Response(null, { status: 500 }))
    await claw.createWebhook({ url })
    for (let at = 0; at < 12; at++) {
      await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship', risk_score: 90, reversible: false })
      server.clock.advance(2 * 3_600_000)
      await checkSignals(server)
    }
    expect(sent).toHaveLength(10)
    expect((await claw.getWebhooks()).webhooks).toMatchObject([{ active: 0, failure_count: 10 }])
  })
})

test('approval events are known to newer servers only', async () => {
  const [older, newer] = (['2.0', '2.10'] as const).map((version) => setup(undefined, { version }).claw)
  await expect(older!.createWebhook({ url, events: 'approval_pending' })).rejects.toThrow(
    'Invalid event type: approval_pending',
  )
  await expect(newer!.createWebhook({ url, events: 'approval_pending' })).resolves.toMatchObject({
    webhook: { events: ['approval_pending'] },
  })
})

test.each([
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://[::1]/',
  'https://a.onion/',
  'https://0.0.0.0/',
])('refuses %s, which is not on the public net', async (target) => {
  const { claw } = setup()
  await expect(claw.createWebhook({ url: target })).rejects.toThrow(
    'URL cannot point to localhost, private networks, or invalid domains',
  )
})

test('writes what happened to webhooks into the activity log', async () => {
  const { server, claw } = setup()
  const { webhook } = await claw.createWebhook({ url })
  await claw.testWebhook(webhook.id)
  await claw.deleteWebhook(webhook.id)
  const rows = server.snapshot()['activity'] as { action: string; resource_id: string; details: string | null }[]
  expect(rows.map(({ action, details }) => [action, details])).toEqual([
    ['webhook.created', JSON.stringify({ url, events: ['all'] })],
    ['webhook.tested', '{"success":true,"status":200}'],
    ['webhook.deleted', null],
  ])
  expect(new Set(rows.map(({ resource_id }) => resource_id))).toEqual(new Set([webhook.id]))
})

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test.each([
    [undefined, 'URL is required'],
    ['', 'URL is required'],
    [5, 'URL is required'],
    [' ', 'URL must use HTTPS'],
    ['nowhere', 'URL must use HTTPS'],
    ['http://', 'URL must use HTTPS'],
    ['HTTPS://example.com', 'URL must use HTTPS'],
    ['https://', 'Invalid URL format'],
    ['https://[', 'Invalid URL format'],
    ['https://127.0.0.1/', 'URL cannot point to localhost, private networks, or invalid domains'],
  ])('a webhook to %j is refused', async (url, error) => {
    expect(await send(createLocalServer({ version }), 'POST', '/api/webhooks', { url })).toMatchObject({
      status: 400,
      body: { error },
    })
  })
})
