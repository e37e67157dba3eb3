import { DashClaw } from '../../src/client.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../src/local/index.ts'

/** Warnings that a client wrote. */
export interface Warnings {
  warn(message: string, ...details: unknown[]): void
  texts: string[]
}

export function warnings(): Warnings {
  const texts: string[] = []
  return { texts, warn: (message) => void texts.push(message) }
}

/** An embedded server and a client of it, in process. */
export function setup(options: Partial<DashClawOptions> = {}, server: LocalServerOptions | LocalServer = {}) {
  const local = 'fetch' in server ? server : createLocalServer(server)
  const logger = warnings()
  const claw = new DashClaw({
    baseUrl: local.baseUrl,
    apiKey: 'local',
    agentId: 'agent-1',
    fetch: local.fetch,
    logger,
    ...options,
  })
  return { server: local, claw, logger }
}

export const HELD = { name: 'Held', policy_type: 'require_approval', rules: { action_types: ['deploy'] } } as const
export const BLOCKED = {
  name: 'Blocked',
  policy_type: 'block_action_type',
  rules: { action_types: ['cleanup'] },
} as const
export const WARNED = {
  name: 'Warned',
  policy_type: 'risk_threshold',
  rules: { threshold: 50, action: 'warn' },
} as const

/** What a promise rejects with; fails when it resolves. */
export const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`)
    },
    (error: Error) => error,
  )

/** What a function throws; fails when it does not. */
export function thrown(run: () => unknown): Error & { field?: string } {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a throw')
}

export type Row = Record<string, unknown>
/** The actions that a server holds, oldest first. */
export const rows = (server: LocalServer): Row[] => (server.snapshot()['actions'] ?? []) as Row[]

/** Routes that were asked, such as `POST /api/guard`. */
export const asked = ({ requests }: LocalServer): string[] =>
  requests.map(({ method, path }) => `${method} ${path.replace(/act_[^/]+/, ':id')}`)
