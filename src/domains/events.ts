import { checkNames } from '../core/checks.ts'
import { Core, onClose } from '../core/core.ts'
import type { EventStream } from '../core/event-stream.ts'
import { type EventsOptions, openEvents, type PlatformEvents } from '../governance/stream.ts'

/** Events: what happens in the organization, as it happens. */
export abstract class Events extends Core {
  /**
   * Listens to the organization's events: `for await (const event of claw.events())`, or `.on('action.updated', handler)`.
   * It connects with the first of both, connects again after a break (with what was missed, up to 10 minutes and 200 events), and
   * ends with `close()`, the signal, or when the server refuses (401, 403).
   *
   * Every event of all agents arrives; filter by `agent_id` yourself. Give `types` for those that you need: the others are not parsed, and `event.data` has their type.
   *
   * Route: `GET /api/stream`. Any role.
   */
  events(options?: EventsOptions & { types?: undefined }): EventStream<PlatformEvents>
  events<const T extends keyof PlatformEvents>(
    options: EventsOptions & { types: readonly T[] },
  ): EventStream<Pick<PlatformEvents, T>, never>
  events(options: EventsOptions): EventStream<PlatformEvents>
  events(options: EventsOptions = {}): unknown {
    checkNames('events', options, ['signal', 'lastEventId', 'types', 'reconnect'])
    const stream = openEvents(this, options)
    const forget = onClose(this, () => stream.close())
    stream.done.then(forget, forget)
    return stream
  }
}
