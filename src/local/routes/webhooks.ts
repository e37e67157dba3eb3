import { logActivity } from '../rules/activity.ts'
import { webhookUrlProblem } from '../rules/urls.ts'
import { type DeliveryRow, deliver, deliverSignals, type WebhookRow } from '../rules/webhook-delivery.ts'
import { hexId, uuidId } from '../state/ids.ts'
import type { ServerVersion } from '../state/server.ts'
import { error, json } from './answers.ts'
import { type Context, type Route, route } from './route.ts'

const SIGNALS = [
  'all',
  'autonomy_spike',
  'high_impact_low_oversight',
  'repeated_failures',
  'stale_loop',
  'assumption_drift',
  'stale_assumption',
  'stale_running_action',
]
const APPROVALS = ['approval_pending', 'approval_granted', 'approval_denied']
const eventsOf = (version: ServerVersion) => (version === '2.0' ? SIGNALS : [...SIGNALS, ...APPROVALS])

const ADMIN = { admin: 'Admin access required' }
const DELIVERIES_SHOWN = 20

/** The webhook that an id names, or why there is none. */
function find(ctx: Context, id: string | undefined): WebhookRow | Response {
  if (!id?.startsWith('wh_')) return error(400, 'Valid webhook id is required')
  return ctx.table<WebhookRow>('webhooks').find((row) => row.id === id) ?? error(404, 'Webhook not found')
}

const log = (ctx: Context, action: string, resource_id: string, details?: object) =>
  logActivity(ctx.org, { action, resource_type: 'webhook', resource_id, details, now: ctx.clock.now() })

/** Dots and four characters, as the platform shows a secret. */
const masked = (secret: string) => '\u2022'.repeat(28) + secret.slice(58, 62)

/** Webhooks and their deliveries. */
export const webhooks: Route[] = [
  route('GET', '/api/webhooks', (ctx) =>
    json(200, {
      webhooks: [...ctx.table<WebhookRow>('webhooks')]
        .reverse()
        .map((row) => ({ ...row, secret: masked(row.secret), events: JSON.stringify(row.events) })),
    }),
  ),

  route(
    'POST',
    '/api/webhooks',
    (ctx) => {
      if (!ctx.bodyOk) return error(500, 'Failed to create webhook')
      const { url, events = ['all'] } = ctx.fields
      const problem = webhookUrlProblem(url)
      if (problem) return error(400, problem)
      if (!Array.isArray(events) || !events.length) return error(400, 'Events must be a non-empty array')
      const known = eventsOf(ctx.version)
      const unknown: unknown = events.find((event) => !known.includes(event))
      if (unknown !== undefined) return error(400, `Invalid event type: ${unknown}`)
      const row: WebhookRow = {
        id: uuidId('wh_'),
        url: url as string,
        secret: hexId('', 64),
        events: events as string[],
        active: 1,
        failure_count: 0,
        last_triggered_at: null,
        created_at: ctx.iso(),
        created_by: '',
      }
      ctx.table<WebhookRow>('webhooks').push(row)
      log(ctx, 'webhook.created', row.id, { url, events })
      const { id, secret, active, created_at } = row
      return json(201, {
        webhook: { id, url, secret, events, active, created_at },
        secret_warning: 'Store this secret now — it will not be shown again.',
      })
    },
    { ...ADMIN, fault: 'Failed to create webhook' },
  ),

  route(
    'DELETE',
    '/api/webhooks',
    (ctx) => {
      const row = find(ctx, ctx.query['id'])
      if (row instanceof Response) return row
      const rows = ctx.table<WebhookRow>('webhooks')
      rows.splice(rows.indexOf(row), 1)
      log(ctx, 'webhook.deleted', row.id)
      return json(200, { success: true, deleted: row.id })
    },
    { ...ADMIN, fault: 'Failed to delete webhook' },
  ),

  route(
    'POST',
    '/api/webhooks/:webhook_id/test',
    async (ctx) => {
      const row = find(ctx, ctx.params['webhook_id'])
      if (row instanceof Response) return row
      const { status, response_status } = await deliver(ctx, row, 'test', [
        {
          type: 'test',
          severity: 'amber',
          label: 'Test delivery',
          detail: 'Sent to check that this endpoint receives and verifies deliveries.',
          help: 'Nothing has to be done.',
        },
      ])
      const success = status === 'success'
      log(ctx, 'webhook.tested', row.id, { success, status: response_status })
      return json(200, { success, response_status })
    },
    { ...ADMIN, fault: 'Failed to test webhook' },
  ),

  route('GET', '/api/webhooks/:webhook_id/deliveries', (ctx) => {
    const row = find(ctx, ctx.params['webhook_id'])
    if (row instanceof Response) return row
    const deliveries = ctx.table<DeliveryRow>('webhook_deliveries').filter(({ webhook_id }) => webhook_id === row.id)
    return json(200, {
      deliveries: deliveries
        .reverse()
        .slice(0, DELIVERIES_SHOWN)
        .map(({ webhook_id: _, ...shown }) => shown),
    })
  }),

  // The platform looks for new signals by itself from time to time; here a call of this route is that moment.
  route('POST', '/api/cron/signals', async (ctx) => json(200, await deliverSignals(ctx))),
]
