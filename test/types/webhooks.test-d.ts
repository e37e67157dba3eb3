import { expectTypeOf } from 'vitest'
import type { Flag, JsonText, Open } from '../../src/core/types.ts'
import type {
  CreatedWebhook,
  Webhook,
  WebhookDelivery,
  WebhookEventName,
  Webhooks,
} from '../../src/domains/webhooks.ts'

declare const claw: Webhooks
const options = { timeout: 1_000 }
const url = 'https://hooks.example.com/x'

// getWebhooks
expectTypeOf(claw.getWebhooks(options)).resolves.toEqualTypeOf<{ webhooks: Webhook[] }>()
expectTypeOf<Webhook['events']>().toEqualTypeOf<JsonText<Open<WebhookEventName>[]>>()
expectTypeOf<Webhook['active']>().toEqualTypeOf<Flag>()
expectTypeOf<Webhook['secret']>().toEqualTypeOf<string | null>()

// createWebhook
expectTypeOf(claw.createWebhook({ url }, options)).resolves.toEqualTypeOf<{
  webhook: CreatedWebhook
  secret_warning: string
}>()
claw.createWebhook({ url, events: 'all' })
claw.createWebhook({ url, events: ['stale_loop', 'approval_pending'] as const })
expectTypeOf<CreatedWebhook['events']>().toEqualTypeOf<Open<WebhookEventName>[]>()
// @ts-expect-error url is required
claw.createWebhook({ events: 'all' })
// @ts-expect-error signals and approvals only
claw.createWebhook({ url, events: ['action.created'] })
// @ts-expect-error the server refuses null
claw.createWebhook({ url, events: null })

// deleteWebhook
expectTypeOf(claw.deleteWebhook('wh_1', options)).resolves.toEqualTypeOf<{ success: true; deleted: string }>()
// @ts-expect-error the id is an argument
claw.deleteWebhook({ id: 'wh_1' })

// testWebhook
expectTypeOf(claw.testWebhook('wh_1', options)).resolves.toEqualTypeOf<{
  success: boolean
  response_status: number | null
}>()
// @ts-expect-error the id is required
claw.testWebhook()

// getWebhookDeliveries
expectTypeOf(claw.getWebhookDeliveries('wh_1', options)).resolves.toEqualTypeOf<{ deliveries: WebhookDelivery[] }>()
expectTypeOf<WebhookDelivery['status']>().toEqualTypeOf<Open<'success' | 'failed'>>()
// @ts-expect-error there is no paging
claw.getWebhookDeliveries('wh_1', { limit: 5 })
