import { InputError } from '../../core/errors.ts'

/** A clock that tests can move. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Moves the clock on. */
  advance(ms: number): void
  /** Sets the clock; it runs on from there. */
  set(time: number | string | Date): void
}

export function createClock(start?: number | string | Date): Clock {
  let offset = 0
  const clock: Clock = {
    now: () => Date.now() + offset,
    advance(ms) {
      if (!Number.isFinite(ms)) throw new InputError('clock.advance() takes a number of milliseconds.', 'ms')
      offset += ms
    },
    set(time) {
      const wanted = new Date(time).getTime()
      if (Number.isNaN(wanted))
        throw new InputError(`The clock can't be set to ${String(time)}: that is no time.`, 'now')
      offset = wanted - Date.now()
    },
  }
  if (start !== undefined) clock.set(start)
  return clock
}
