/** Which addresses the platform calls. Each of its three callers has limits of its own. */

const NOT_PUBLIC = 'URL cannot point to localhost, private networks, or invalid domains'

// Addresses in full: `10.example.com` is a name like any other.
const POLICY_HOST =
  /^(?:localhost|\[.*\]|(?:0|10|127)(?:\.\d+){3}|192\.168(?:\.\d+){2}|169\.254(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2})$|\.(?:localhost|local|internal|test|invalid|onion)$/i

/** Why a policy may not name a URL; nothing when it may. */
export function policyUrlProblem(text: string): string | undefined {
  if (text === '') return 'URL is required'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'Invalid URL format'
  }
  if (url.protocol !== 'https:') return 'URL must use HTTPS'
  return POLICY_HOST.test(url.hostname) ? NOT_PUBLIC : undefined
}

const WEBHOOK_START = /^(?:localhost$|0\.|127\.|10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|\[::1?\]$)/
const WEBHOOK_END = /\.(?:local|internal|test|invalid|onion)$/

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
  return WEBHOOK_START.test(host) || WEBHOOK_END.test(host) ? NOT_PUBLIC : undefined
}

const ROUTING_HOST =
  /^(?:localhost$|(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.|\[(?:::1?\]$|fe80:|f[cd][0-9a-f]{2}:))/i

/** Whether the router tells an address of a task. */
export function isRoutable(text: string): boolean {
  try {
    const { protocol, username, password, hostname } = new URL(text)
    return protocol === 'https:' && !username && !password && !ROUTING_HOST.test(hostname)
  } catch {
    return false
  }
}
