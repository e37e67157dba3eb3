import { unref } from './retry.ts'

/** The longest time that a timer of a runtime can hold; more becomes 1 ms there. */
const LONGEST = 2_147_483_647

/**
 * Calls once after any number of milliseconds; never after `Infinity`.
 *
 * @param hold - Whether it holds a process open, where the runtime can tell.
 * @returns Ends the timer.
 */
export function longTimeout(run: () => void, ms: number, hold = true): () => void {
  let timer: ReturnType<typeof setTimeout>
  const arm = (left: number) => {
    timer = setTimeout(left > LONGEST ? () => arm(left - LONGEST) : run, Math.min(left, LONGEST))
    if (!hold) unref(timer)
  }
  arm(ms)
  return () => clearTimeout(timer)
}

/** Milliseconds of a clock that nobody sets, where the runtime has one. */
export const ticks = (): number => globalThis.performance?.now() ?? Date.now()
