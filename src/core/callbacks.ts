import type { Logger } from './types.ts'

/** Writes a line to the logger. A logger that throws or rejects changes nothing. */
export function report(
  logger: Logger | undefined,
  level: 'warn' | 'error' | 'info' | 'debug',
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

/** A user's logger that never throws and never rejects. */
export class SafeLogger implements Logger {
  readonly #logger: Logger | undefined

  /** @param logger - None for silence. */
  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  #write(level: 'warn' | 'error' | 'info' | 'debug', message: string, details: unknown[]): void {
    report(this.#logger, level, message, ...details)
  }

  warn(message: string, ...details: unknown[]): void {
    this.#write('warn', message, details)
  }

  error(message: string, ...details: unknown[]): void {
    this.#write('error', message, details)
  }

  /** A warning where there is no level for it, and on the console, whose `info` goes to the output that some protocols need. */
  info(message: string, ...details: unknown[]): void {
    const own = this.#logger?.info && this.#logger !== (globalThis.console as unknown)
    this.#write(own ? 'info' : 'warn', message, details)
  }

  debug(message: string, ...details: unknown[]): void {
    this.#write('debug', message, details)
  }
}
