import { InputError } from './errors.ts'
import type { CancelSignal } from './types.ts'

/** What ends a call whose signal is aborted. Some polyfills of AbortController, React Native's among them, keep no reason. */
export const abortReason = (signal: CancelSignal): unknown =>
  signal.reason ?? Object.assign(new Error('Aborted.'), { name: 'AbortError' })

/** Refuses what is no signal, such as the controller itself: nobody would ever hear of an abort. */
export function checkSignal(signal: CancelSignal | undefined): void {
  if (signal != null && typeof signal.addEventListener !== 'function') {
    throw new InputError('signal must be an AbortSignal, such as controller.signal.', 'signal')
  }
}

/** Throws what ends a call, where its signal is aborted. */
export function throwIfAborted(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal)
}

/** Who waits for a signal. */
class Waiting extends Set<() => void> {
  readonly fire = () => {
    for (const run of this) run()
  }
}

const waiting = /* @__PURE__ */ new WeakMap<CancelSignal, Waiting>()

/**
 * Calls back when a signal is aborted from now on. One signal may end hundreds of calls at once, and Node warns of the eleventh
 * listener as of a leak, so a signal gets a single one: while somebody waits, and none after.
 *
 * @returns Stops that.
 */
export function onAbort(signal: CancelSignal, run: () => void): () => void {
  let all = waiting.get(signal)
  if (!all) waiting.set(signal, (all = new Waiting()))
  const { fire } = all
  if (!all.size) signal.addEventListener('abort', fire)
  all.add(run)
  return () => {
    if (all.delete(run) && !all.size) signal.removeEventListener('abort', fire)
  }
}
