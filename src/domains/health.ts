import { Core, callRoute, learnLine } from '../core/core.ts'
import { isDashClawError } from '../core/errors.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ServerHealth } from './health-types.ts'

export type * from './health-types.ts'

const HEALTH = 'getHealth GET /api/health -> version!'

/** Health: whether a server works, and which one it is. */
export abstract class Health extends Core {
  /**
   * Reads whether the server works, and its version. The client keeps the line of the version: `claw` then knows which methods the server
   * lacks. Costs the server one query, so ask once per process.
   *
   * @returns Also for a server that reports that it is degraded (503).
   * @throws {APIError} When something other than a DashClaw server answers.
   * Route: `GET /api/health`. Any role. Not repeated unless `maxRetries` says so.
   */
  async getHealth(options?: RequestOptions): Promise<ServerHealth> {
    const answer = await callRoute<Omit<ServerHealth, 'line'>>(this, HEALTH, undefined, {
      maxRetries: 0,
      ...options,
    }).catch((error: unknown) => {
      const body = isDashClawError(error, 'ServerError') && error.status === 503 ? error.body : undefined
      if (typeof (body as Partial<ServerHealth> | null | undefined)?.version !== 'string') throw error
      return body as Omit<ServerHealth, 'line'>
    })
    const [, major] = /^v?(\d+)\./.exec(String(answer.version)) ?? []
    const line = major === undefined ? undefined : Number(major) < 5 ? '2' : '5'
    if (line) learnLine(this, line)
    return { ...answer, version: String(answer.version), line } as ServerHealth
  }
}
