import type { Logger } from './types.ts'

/**
 * Calls what a user gave, such as a callback. Whatever it throws, or rejects with later, is logged: never an unhandled rejection,
 * never another result.
 */
export function guarded(logger: Logger, what: string, run: () => unknown): void {
  const threw = (error: unknown) => logger.warn(`dashclaw: ${what} threw.`, error)
  try {
    const answer = run() as PromiseLike<unknown> | null | undefined
    if (typeof answer?.then === 'function') answer.then(undefined, threw)
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
    try {
      const answer: unknown = this.#logger?.[level]?.(message, ...details)
      void Promise.resolve(answer).catch(() => {})
    } catch {
      // There is nobody left to tell.
    }
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
