import { logActivity } from './activity.ts'
import { hmacHex } from './guard-engine.ts'
import { currentSignals, type SignalRow } from './signals.ts'
import { type Clock, type Org, type ServerState, table, uuidId } from './state.ts'

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

interface Sender {
  org: Org
  server: ServerState
  clock: Clock
}

const TIMEOUT = 10_000
const MOST_FAILURES = 10

const BLOCKED_START = /^(?:localhost$|0\.|127\.|10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|\[::1?\]$)/
const BLOCKED_END = /\.(?:local|internal|test|invalid|onion)$/

/** Why the platform refuses the URL of a webhook; nothing when it takes it. */
export function webhookUrlProblem(url: unknown): string | undefined {
  if (typeof url !== 'string' || !url) return 'URL is required'
  if (!url.startsWith('https://')) return 'URL must use HTTPS'
  let host: string
  try {
    host = new URL(url).hostname
  } catch {
    return 'Invalid URL format'
  }
  return BLOCKED_START.test(host) || BLOCKED_END.test(host)
    ? 'URL cannot point to localhost, private networks, or invalid domains'
    : undefined
}

/** Posts signals to a webhook, signed, once, and notes how it went. */
export async function deliver(
  { org, server, clock }: Sender,
  webhook: WebhookRow,
  event: DeliveryRow['event_type'],
  signals: object[],
): Promise<DeliveryRow> {
  const started = clock.now()
  const id = uuidId('wd_')
  const attempted_at = new Date(started).toISOString()
  const body = JSON.stringify({ event, org_id: org.id, timestamp: attempted_at, signals })
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), TIMEOUT)
  let response_status: number | null = null
  let success = false
  try {
    const { username, password } = new URL(webhook.url)
    if (username || password) throw new Error('A webhook URL may hold no user and password.')
    const response = await (server.options.webhookFetch ?? globalThis.fetch)(webhook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-dashclaw-signature': await hmacHex(webhook.secret, body),
        'x-dashclaw-event': event,
        'x-dashclaw-delivery': id,
        'user-agent': 'DashClaw-Webhooks/1.0',
      },
      body,
      redirect: 'manual',
      signal: controller.signal,
    })
    response_status = response.status || null
    success = response.ok
    await response.body?.cancel()
  } catch {
    // No answer: the delivery failed without a status.
  } finally {
    clearTimeout(timer)
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
  table<DeliveryRow>(org, 'webhook_deliveries').push(row)
  return row
}

/** Tells active webhooks of the signals that were not seen before, as the platform's periodic check does. */
export async function deliverSignals(sender: Sender): Promise<{ signals: number; deliveries: number }> {
  const { org, clock } = sender
  const seen = table<{ key: string }>(org, 'seen_signals')
  const known = new Set(seen.map(({ key }) => key))
  const keyOf = ({ type, agent_id, action_id, loop_id, assumption_id }: SignalRow) =>
    [type, agent_id, action_id, loop_id, assumption_id].join(':')
  const fresh = currentSignals(org, clock.now()).signals.filter((signal) => !known.has(keyOf(signal)))
  seen.push(...fresh.map((signal) => ({ key: keyOf(signal) })))
  let deliveries = 0
  for (const webhook of table<WebhookRow>(org, 'webhooks')) {
    const wanted = fresh.filter(({ type }) => webhook.events.includes('all') || webhook.events.includes(type))
    if (!webhook.active || !wanted.length) continue
    const { status } = await deliver(sender, webhook, 'signals.detected', wanted)
    webhook.last_triggered_at = new Date(clock.now()).toISOString()
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
