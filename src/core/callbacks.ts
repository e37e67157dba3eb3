import type { Logger } from './types.ts'

/** Writes a line to the logger. A logger that throws or rejects changes nothing. */
export function report(
  logger: Logger | undefined,
  level: 'warn' | 'info' | 'debug',
  message: string,
  ...details: unknown[]
): void {
  try {
    settled(logger?.[level]?.(message, ...details), () => {})
  } catch {
    // There is no other place to write to.
  }
}

/** Tells of a failure of what a callback returned, when it is a promise. Never throws, never leaves a rejection behind. */
export function settled(answer: unknown, failed: (error: unknown) => void): void {
  try {
    if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then !== 'function') return
    const after = (answer as PromiseLike<unknown>).then(undefined, failed) as PromiseLike<unknown> | undefined
    // A `then` of somebody's own may be async itself.
    if (!(answer instanceof Promise)) after?.then?.(undefined, failed)
  } catch (error) {
    failed(error)
  }
}

/** Runs a callback of the caller's. Whatever it does, nothing is thrown and no rejection is left: the logger is told. */
export function guarded(logger: Logger, what: string, run: () => unknown): void {
  const threw = (error: unknown) => report(logger, 'warn', `dashclaw: ${what} threw.`, error)
  try {
    settled(run(), threw)
  } catch (error) {
    threw(error)
  }
}
