import type { Flag, JsonText, Open } from '../core/types.ts'

/**
 * What a webhook can be told of: governance signals, or `all` of them. The three `approval_…` events exist on newer servers only;
 * 2.0 servers refuse them.
 */
export type WebhookEventName =
  | 'all'
  | 'autonomy_spike'
  | 'high_impact_low_oversight'
  | 'repeated_failures'
  | 'stale_loop'
  | 'assumption_drift'
  | 'stale_assumption'
  | 'stale_running_action'
  | 'approval_pending'
  | 'approval_granted'
  | 'approval_denied'

/** Input of {@link Webhooks.createWebhook}. */
export interface CreateWebhookInput {
  /**
   * Where the server posts to: starts with `https://` in lower case, on a public host (not localhost, a private address, or a name
   * that ends in .local, .internal, .test, .invalid or .onion), without user and password. The same URL may be used again.
   */
  url: string
  /** One event or a list of them. Default: `all`. */
  events?: WebhookEventName | readonly WebhookEventName[] | undefined
}

/** A webhook that was just created. */
export interface CreatedWebhook {
  /** `wh_…`. */
  id: string
  url: string
  /** What deliveries are signed with: 64 hex digits, used as text. Comes only in this answer: keep it. */
  secret: string
  events: Open<WebhookEventName>[]
  active: 1
  /** ISO 8601 in UTC. */
  created_at: string
}

/** A webhook in the list. */
export interface Webhook {
  /** `wh_…`. */
  id: string
  url: string
  /** Masked: dots and four characters. */
  secret: string | null
  /** JSON list as text, unlike the answer of `createWebhook`. */
  events: JsonText<Open<WebhookEventName>[]>
  /** 0 after 10 failed deliveries in a row. No call turns it on again: delete it and create a new one. */
  active: Flag
  /** Failed deliveries in a row. */
  failure_count: number
  /** ISO 8601 in UTC; null before the first delivery. A test delivery leaves it as it is. */
  last_triggered_at: string | null
  created_at: string
  /** Empty when it was created with an API key. */
  created_by: string | null
}

/** One delivery of a webhook. What was sent and answered is not readable. */
export interface WebhookDelivery {
  /** `wd_…`: the header `X-DashClaw-Delivery` of the request. */
  id: string
  event_type: Open<'test' | 'signals.detected'>
  /** `success` means that the receiver answered 2xx. */
  status: Open<'success' | 'failed'>
  /** HTTP status of the receiver; null when it did not answer. */
  response_status: number | null
  /** ISO 8601 in UTC. */
  attempted_at: string
  /** Milliseconds. */
  duration_ms: number
}
