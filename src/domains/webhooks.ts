import { isPlain } from '../core/checks.ts'
import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type { CreatedWebhook, CreateWebhookInput, Webhook, WebhookDelivery } from './webhooks-types.ts'

export type * from './webhooks-types.ts'

/** Webhooks: endpoints of yours that the server tells of governance signals, with signed requests. */
export abstract class Webhooks extends Core {
  /**
   * Lists all webhooks, newest first, with masked secrets. Any role may read it.
   *
   * Route: `GET /api/webhooks`.
   */
  getWebhooks(options?: RequestOptions): Promise<{ webhooks: Webhook[] }> {
    return this.call('getWebhooks GET /api/webhooks', undefined, options)
  }

  /**
   * Creates a webhook; needs an admin key. Each delivery is one POST (10 s, no redirects, no second try) that is signed with the
   * webhook's secret: verify it with `verifyWebhook` of `dashclaw/webhooks`.
   *
   * @returns The webhook with its secret, which no later answer shows.
   * @throws {ValidationError} When the server refuses the URL or does not know an event; the message names it.
   * {@link PermissionDeniedError} for another role. Route: `POST /api/webhooks`. Not repeated after an unclear failure.
   */
  createWebhook(
    input: CreateWebhookInput,
    options?: RequestOptions,
  ): Promise<{ webhook: CreatedWebhook; secret_warning: string }> {
    return this.call(
      'createWebhook POST /api/webhooks url! events:list',
      // The documentation writes "all" without an array; the server takes arrays only.
      isPlain(input) && typeof input['events'] === 'string' ? { ...input, events: [input['events']] } : input,
      options,
    )
  }

  /**
   * Deletes a webhook; needs an admin key. Its deliveries can't be read any more.
   *
   * @param webhookId - `wh_…`.
   * @throws {NotFoundError} When it is unknown. {@link PermissionDeniedError} for another role. Route: `DELETE /api/webhooks?id=`.
   */
  deleteWebhook(webhookId: string, options?: RequestOptions): Promise<{ success: true; deleted: string }> {
    return this.call('deleteWebhook DELETE! /api/webhooks id!#', { id: webhookId }, options)
  }

  /**
   * Sends a test delivery and waits for its answer (at most 10 s); needs an admin key. Works on an inactive webhook too.
   *
   * @param webhookId - `wh_…`.
   * @returns Resolves also when the delivery failed: look at `success`. `response_status` is null when the receiver did not answer.
   * @throws {NotFoundError} When it is unknown. {@link PermissionDeniedError} for another role.
   * Route: `POST /api/webhooks/:webhook_id/test`. Not repeated after an unclear failure.
   */
  testWebhook(
    webhookId: string,
    options?: RequestOptions,
  ): Promise<{ success: boolean; response_status: number | null }> {
    return this.call('testWebhook POST /api/webhooks/:webhook_id/test', undefined, options, webhookId)
  }

  /**
   * Lists the last 20 deliveries of a webhook, newest first. Any role may read it.
   *
   * @param webhookId - `wh_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/webhooks/:webhook_id/deliveries`.
   */
  getWebhookDeliveries(webhookId: string, options?: RequestOptions): Promise<{ deliveries: WebhookDelivery[] }> {
    return this.call('getWebhookDeliveries GET /api/webhooks/:webhook_id/deliveries', undefined, options, webhookId)
  }
}
