import { Core, sharedOf } from '../core/core.ts'
import type { EventStream } from '../core/event-stream.ts'
import { type EventsOptions, openEvents, type PlatformEvents } from '../governance/stream.ts'

/** Events: what happens in the organization, as it happens. */
export abstract class Events extends Core {
  /**
   * Listens to the organization's events: `for await (const event of claw.events())`, or `.on('action.updated', handler)`.
   * It connects with the first of both, connects again after a break (with what was missed, up to 10 minutes and 200 events), and
   * ends with `close()`, the signal, or when the server refuses (401, 403).
   *
   * Every event of all agents arrives; filter by `agent_id` yourself. Give `types` for those that you need: the others are not parsed.
   *
   * Route: `GET /api/stream`. Any role.
   */
  events(options: EventsOptions = {}): EventStream<PlatformEvents> {
    const { closers } = sharedOf(this)
    const stream = openEvents(this, options)
    const stop = () => void stream.close()
    closers.add(stop)
    const forget = () => void closers.delete(stop)
    stream.done.then(forget, forget)
    return stream
  }
}
