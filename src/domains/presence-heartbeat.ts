import { report } from '../core/callbacks.ts'
import { checkOptions } from '../core/checks.ts'
import { type Closer, type Core, callRoute, isClosed, lineOf, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import { InputError, isDashClawError } from '../core/errors.ts'
import { longTimeout } from '../core/timers.ts'
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
  'heartbeat@2 POST~ /api/agents/heartbeat agent_id!@agentId agent_name@agentName status=online current_task_id metadata:object'

export function sendHeartbeat(
  core: Core,
  input: HeartbeatInput,
  options?: RequestOptions,
): Promise<{ status: Open<'ok'>; timestamp: string }> {
  return callRoute(core, HEARTBEAT, input, options)
}

/** The heartbeat of an agent, and the clients that asked for it. */
interface Beat {
  owners: Set<Core>
  stop: () => void
}

const OPTIONS = ['interval', 'status', 'current_task_id', 'metadata']
const beating = /* @__PURE__ */ new WeakMap<Shared, Map<string, Beat>>()

/** Starts the heartbeat of a client's agent, unless it runs. */
export function startBeating(core: Core, options: StartHeartbeatOptions): void {
  checkOptions('startHeartbeat', options, OPTIONS, 'startHeartbeat({ interval: 60_000 })')
  const { interval = 60_000, ...input } = options
  if (!(typeof interval === 'number' && interval >= 1000)) {
    throw new InputError('interval must be a number of milliseconds, 1,000 or more.', 'interval')
  }
  if (isClosed(core)) return
  const { logger } = settingsOf(core)
  const { agentId } = core
  const shared = sharedOf(core)
  let agents = beating.get(shared)
  if (!agents) beating.set(shared, (agents = new Map()))
  const running = agents.get(agentId)
  if (running) return void running.owners.add(core)
  let failing = false
  let missing = 0
  let endTimer: (() => void) | undefined
  let stopped = false
  const beat = async () => {
    try {
      await sendHeartbeat(core, input)
      failing = false
      missing = 0
    } catch (error) {
      // A gateway may lose its server for a moment; one that has no such route says so each time.
      missing = isDashClawError(error, 'RouteNotFoundError') ? missing + 1 : 0
      if (missing === 3 || (missing && lineOf(core) === '5')) {
        report(logger, 'warn', `dashclaw: this server takes no heartbeats, so those of ${agentId} end.`, error)
        return stop()
      }
      const text = `dashclaw: a heartbeat of ${agentId} failed; the next one follows in ${interval} ms.`
      if (!failing) report(logger, 'warn', text, error)
      failing = true
    }
    // The next beat is planned when this one is over, so beats never pile up.
    if (!stopped) endTimer = longTimeout(beat, interval, false)
  }
  const owners = new Set([core])
  const close: Closer = (ends) => {
    for (const owner of owners) if (ends(owner)) owners.delete(owner)
    if (!owners.size) stop()
  }
  const stop = () => {
    stopped = true
    endTimer?.()
    agents.delete(agentId)
    shared.closers.delete(close)
  }
  agents.set(agentId, { owners, stop })
  shared.closers.add(close)
  void beat()
}

/** Ends the heartbeat of an agent; does nothing when none runs. */
export function stopBeating(shared: Shared, agentId: string): void {
  beating.get(shared)?.get(agentId)?.stop()
}
