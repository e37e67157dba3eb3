import { checkOptions } from '../core/checks.ts'
import { type Closer, Core, isClosed, sharedOf } from '../core/core.ts'
import type { EventStream } from '../core/event-stream.ts'
import {
  type EventName,
  type EventsOptions,
  openEvents,
  type PlatformEvent,
  type PlatformEvents,
} from '../governance/stream.ts'

const OPTIONS = ['signal', 'lastEventId', 'types', 'reconnect']

/** Events: what happens in the organization, as it happens. */
export abstract class Events extends Core {
  /**
   * Listens to the organization's events: `for await (const event of claw.events())`, or `.on('action.updated', handler)`.
   * It connects with the first of both, connects again after a break (with what was missed, up to 10 minutes and 200 events), and
   * ends with `close()`, the signal, or when the server refuses (401, 403).
   *
   * Every event of all agents arrives; filter by `agent_id` yourself. Give `types` for those that you need: the others are not parsed,
   * and the events of an iteration are typed by it.
   *
   * @throws {InputError} For an option that is not known or of a wrong kind.
   * Route: `GET /api/stream`. Any role.
   */
  events<T extends EventName = EventName>(
    options: EventsOptions<T> = {},
  ): EventStream<PlatformEvents, PlatformEvent<T>> {
    checkOptions('events', options, OPTIONS, "events({ types: ['action.created'] })")
    const { closers } = sharedOf(this)
    const stream = openEvents(this, options)
    if (isClosed(this)) stream.close()
    const stop: Closer = (ends) => {
      if (ends(this)) stream.close()
    }
    closers.add(stop)
    const forget = () => void closers.delete(stop)
    stream.done.then(forget, forget)
    return stream
  }
}
