import { checkNames } from '../core/checks.ts'
import { type Core, callRoute, onClose, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { timer, unref } from '../core/retry.ts'
import type { Open, RequestOptions } from '../core/types.ts'

/** What a heartbeat says. */
export interface HeartbeatInput {
  /** Free text. Default: `online`. `offline` and `error` count as offline at once. */
  status?: Open<'online' | 'busy' | 'error' | 'offline'> | null | undefined
  /** What the agent works at. */
  current_task_id?: string | null | undefined
  /** Any JSON object. */
  metadata?: Record<string, unknown> | null | undefined
  /** Default: the client's agent. */
  agent_id?: string | undefined
  /** Default: the client's. */
  agent_name?: string | null | undefined
}

/** Options of `startHeartbeat`. */
export interface StartHeartbeatOptions extends Omit<HeartbeatInput, 'agent_id' | 'agent_name'> {
  /** **Milliseconds** between two beats, 1,000 or more. Default: 60,000. */
  interval?: number | undefined
}

const HEARTBEAT =
  'heartbeat POST~ /api/agents/heartbeat agent_id!@agentId agent_name@agentName status=online current_task_id metadata:object'

export function sendHeartbeat(
  core: Core,
  input: HeartbeatInput,
  options?: RequestOptions,
): Promise<{ status: Open<'ok'>; timestamp: string }> {
  return callRoute(core, HEARTBEAT, input, options)
}

const beating = /* @__PURE__ */ new WeakMap<Shared, Map<string, () => void>>()

/** Starts the heartbeat of a client's agent, unless it runs. */
export function startBeating(core: Core, options: StartHeartbeatOptions): void {
  checkNames('startHeartbeat', options, ['interval', 'status', 'current_task_id', 'metadata'])
  const { interval = 60_000, ...input } = options
  if (!(interval >= 1000)) throw new InputError('interval must be a number of milliseconds, 1,000 or more.', 'interval')
  const settings = settingsOf(core)
  const shared = sharedOf(core)
  let agents = beating.get(shared)
  if (!agents) beating.set(shared, (agents = new Map()))
  if (shared.closed || agents.has(core.agentId)) return
  let failing = false
  let wait: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  const beat = async () => {
    try {
      await sendHeartbeat(core, input)
      failing = false
    } catch (error) {
      if (!failing)
        settings.logger.warn(
          `dashclaw: a heartbeat of ${core.agentId} failed; the next one follows in ${interval} ms.`,
          error,
        )
      failing = true
    }
    // The next beat is planned when this one is over, so beats never pile up.
    if (!stopped) wait = unref(timer(() => void beat(), interval))
  }
  const stop = () => {
    stopped = true
    clearTimeout(wait)
    agents.delete(core.agentId)
    forget()
  }
  agents.set(core.agentId, stop)
  const forget = onClose(core, stop)
  void beat()
}

/** Ends the heartbeat of an agent; does nothing when none runs. */
export function stopBeating(shared: Shared, agentId: string): void {
  beating.get(shared)?.get(agentId)?.()
}
