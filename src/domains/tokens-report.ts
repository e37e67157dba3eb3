import { type Core, callRoute, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import { isDashClawError } from '../core/errors.ts'

/** Counts of one call of a model. */
export interface TokenReport {
  tokens_in: number
  tokens_out: number
  model?: string | undefined
  /** Default: the client's agent. */
  agent_id?: string | null | undefined
  /** Whether the call ended before all was counted. */
  partial?: true | undefined
}

/** Servers that have no route for reports. */
const silent = /* @__PURE__ */ new WeakSet<Shared>()

/** Reports in the background; to a server that takes no reports, once. */
export function reportTokens(core: Core, report: TokenReport): void {
  const settings = settingsOf(core)
  const shared = sharedOf(core)
  shared.background.deliver('token report', async () => {
    if (silent.has(shared)) return
    try {
      await callRoute(
        core,
        'queueTokenUsage@2 POST /api/tokens agent_id@agentId tokens_in:num tokens_out:num model partial:bool',
        report,
      )
    } catch (error) {
      if (!isDashClawError(error, 'RouteNotFoundError')) throw error
      // Several may have been under way.
      if (silent.has(shared)) return
      silent.add(shared)
      settings.logger.warn('dashclaw: this server takes no token reports, so none are sent.')
    }
  })
}
