import { uuidId } from '../state/ids.ts'
import type { Scope } from '../state/server.ts'
import { logActivity } from './activity.ts'
import { hmacHex } from './bytes.ts'
import { currentSignals, type SignalRow } from './signals.ts'

/** A registered webhook. */
export interface WebhookRow {
  id: string
  url: string
  secret: string
  events: string[]
  active: 0 | 1
  failure_count: number
  last_triggered_at: string | null
  created_at: string
  created_by: string
}

/** One delivery of a webhook. */
export interface DeliveryRow {
  id: string
  webhook_id: string
  event_type: 'test' | 'signals.detected'
  status: 'success' | 'failed'
  response_status: number | null
  attempted_at: string
  duration_ms: number
}

const TIMEOUT = 10_000
const MOST_FAILURES = 10

/** Posts signals to a webhook, signed, once, and notes how it went. */
export async function deliver(
  { org, server, clock, table }: Scope,
  webhook: WebhookRow,
  event: DeliveryRow['event_type'],
  signals: object[],
): Promise<DeliveryRow> {
  const started = clock.now()
  const id = uuidId('wd_')
  const attempted_at = new Date(started).toISOString()
  const body = JSON.stringify({ event, org_id: org.id, timestamp: attempted_at, signals })
  let response_status: number | null = null
  let success = false
  try {
    const { username, password } = new URL(webhook.url)
    if (username || password) throw new Error('A webhook URL may hold no user and password.')
    const { status, ok } = await server.send({
      url: webhook.url,
      headers: {
        'content-type': 'application/json',
        'x-dashclaw-signature': await hmacHex(webhook.secret, body),
        'x-dashclaw-event': event,
        'x-dashclaw-delivery': id,
        'user-agent': 'DashClaw-Webhooks/1.0',
      },
      body,
      ms: TIMEOUT,
    })
    response_status = status || null
    success = ok
  } catch {
    // No answer: the delivery failed without a status.
  }
  const row: DeliveryRow = {
    id,
    webhook_id: webhook.id,
    event_type: event,
    status: success ? 'success' : 'failed',
    response_status,
    attempted_at,
    duration_ms: Math.max(0, clock.now() - started),
  }
  table<DeliveryRow>('webhook_deliveries').push(row)
  return row
}

/** Tells active webhooks of the signals that were not seen before, as the platform's periodic check does. */
export async function deliverSignals(scope: Scope): Promise<{ signals: number; deliveries: number }> {
  const { org, clock, iso, table } = scope
  const seen = table<{ key: string }>('seen_signals')
  const known = new Set(seen.map(({ key }) => key))
  const keyOf = ({ type, agent_id, action_id, loop_id, assumption_id }: SignalRow) =>
    [type, agent_id, action_id, loop_id, assumption_id].join(':')
  const fresh = currentSignals(org, clock.now()).signals.filter((signal) => !known.has(keyOf(signal)))
  seen.push(...fresh.map((signal) => ({ key: keyOf(signal) })))
  let deliveries = 0
  for (const webhook of table<WebhookRow>('webhooks')) {
    const wanted = fresh.filter(({ type }) => webhook.events.includes('all') || webhook.events.includes(type))
    if (!webhook.active || !wanted.length) continue
    const { status } = await deliver(scope, webhook, 'signals.detected', wanted)
    webhook.last_triggered_at = iso()
    webhook.failure_count = status === 'success' ? 0 : webhook.failure_count + 1
    if (webhook.failure_count >= MOST_FAILURES) webhook.active = 0
    logActivity(org, {
      action: 'webhook.fired',
      resource_type: 'webhook',
      resource_id: webhook.id,
      details: { status, signals: wanted.length },
      actor_id: 'cron',
      ip_address: null,
      now: clock.now(),
    })
    deliveries++
  }
  return { signals: fresh.length, deliveries }
}
