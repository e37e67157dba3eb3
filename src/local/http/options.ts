import type { Role, ServerVersion } from '../state/server.ts'
import type { HostFetch } from './host.ts'

/** A key of the embedded server. */
export interface LocalKey {
  key: string
  /** `admin` may do all, `member` all but administration, `service` also keeps learning recommendations, `readonly` only reads. Default: `admin`. */
  role?: Role | undefined
  /** Id of its organization. Default: `org_local`. */
  org?: string | undefined
}

/** A policy that the server starts with. */
export interface LocalPolicy {
  name: string
  policy_type: string
  /** An object, or JSON text. */
  rules: object | string
  active?: 0 | 1 | undefined
}

/** Options of {@link createLocalServer}. */
export interface LocalServerOptions {
  /** Which line of servers to answer like. Default: `2.10`, with every route in service. */
  version?: ServerVersion | undefined
  policies?: readonly LocalPolicy[] | undefined
  /** More keys. The admin key `local` always works. */
  keys?: readonly LocalKey[] | undefined
  /** Refuse actions without a signature that verifies. Default: false. */
  enforceSignatures?: boolean | undefined
  /** Refuse actions of agents that never stored one. Default: false. */
  closedEnrollment?: boolean | undefined
  /** Answer 429 above so many requests in a window (default 60,000 ms). Default: no limit. */
  rateLimit?: { limit: number; windowMs?: number | undefined } | undefined
  /** The one origin that browsers may call from; `*` echoes every origin, as a server in development does; an empty text allows none. Default: `*`. */
  cors?: { origin: string } | undefined
  /** What the clock starts at. Default: the real time. */
  now?: number | string | Date | undefined
  /** `fetch` for `webhook_check` policies and webhook deliveries. Default: the global one. */
  webhookFetch?: HostFetch | undefined
  /** Secret that signs guard webhooks. Default: none. */
  secret?: string | undefined
}
