import type { Line, Open } from '../core/types.ts'

/** Answer of {@link Health.getHealth}. */
export interface ServerHealth {
  /** `degraded`: the server answers, but something behind it does not. */
  status: Open<'healthy' | 'degraded'>
  /** ISO 8601 in UTC. */
  timestamp: string
  /** Version of the platform, such as `5.37.0`; `demo` on a server whose answers are made up. */
  version: string
  /** The line that the version belongs to; undefined for a version that names none. */
  line: Line | undefined
  /** Servers of the 5 line only. `demo`: the server keeps nothing. */
  mode?: Open<'live' | 'demo'>
  /** What the server looked at, by name. */
  checks?: Record<string, unknown>
  [field: string]: unknown
}
