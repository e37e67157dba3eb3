import { guarded } from './callbacks.ts'
import { isDashClawError } from './errors.ts'
import type { Settings } from './options.ts'
import { refusedForGood, unref } from './retry.ts'

interface Job {
  what: string
  /** Bytes of text that it keeps in memory. */
  size: number
  run: () => Promise<unknown>
  tries: number
  active: Promise<void> | undefined
  timer: ReturnType<typeof setTimeout> | undefined
}

const MAX_JOBS = 1000
const MAX_BYTES = 4_194_304
const MAX_DELAY = 60_000

/**
 * Work that nobody awaits: token reports, telemetry, outcomes that could not be delivered. It never rejects, is retried
 * with back-off for as long as the process lives, and holds no process open.
 */
export class Background {
  #jobs = new Set<Job>()
  #settings: Settings
  #bytes = 0
  #dropped = 0
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * Runs a task now, and again until it succeeds, the server refuses it for good, or the queue pushes it out.
   * A task that the caller has tried already is handed over with the error of that try. `size` is the memory that it keeps, in bytes.
   */
  deliver(what: string, run: () => Promise<unknown>, size = 0, failed?: unknown): void {
    this.#bytes += size
    for (const oldest of this.#jobs) {
      if (this.#jobs.size < MAX_JOBS && this.#bytes <= MAX_BYTES) break
      this.#end(oldest)
      const text = `more than ${MAX_JOBS} reports or 4 MiB wait for delivery; ${++this.#dropped} of the oldest are dropped.`
      // The first, the tenth, the hundredth; who asked for it is told of each.
      if (/^10*$/.test(`${this.#dropped}`)) this.#settings.logger.warn(`dashclaw: ${text}`)
      if (this.#settings.onUndelivered) this.#report(oldest, new Error(text), true)
    }
    const job: Job = { what, size, run, tries: 0, active: undefined, timer: undefined }
    this.#jobs.add(job)
    if (failed) this.#failed(job, failed)
    else this.#attempt(job)
  }

  #attempt(job: Job): Promise<void> {
    job.timer = undefined
    const work = (async () => {
      try {
        await job.run()
        this.#end(job)
      } catch (error) {
        this.#failed(job, error)
      }
    })()
    job.active = work.finally(() => {
      job.active = undefined
    })
    const { active } = job
    const { waitUntil, logger } = this.#settings
    if (waitUntil) guarded(logger, 'waitUntil', () => waitUntil(active))
    return active
  }

  #failed(job: Job, error: unknown): void {
    // Dropped while it was under way.
    if (!this.#jobs.has(job)) return
    // Some libraries reject with nothing.
    const { status = 0 } = (error ?? {}) as { status?: number }
    const final = this.#closed || refusedForGood(status) || isDashClawError(error, 'InputError')
    if (!job.tries++ || final) this.#report(job, error, final)
    if (final) return this.#end(job)
    const delay = Math.min(MAX_DELAY, 1000 * 2 ** Math.min(job.tries, 6)) * (0.5 + Math.random() / 2)
    job.timer = unref(setTimeout(() => this.#attempt(job), delay))
  }

  #end(job: Job): void {
    clearTimeout(job.timer)
    if (this.#jobs.delete(job)) this.#bytes -= job.size
  }

  #report(job: Job, error: unknown, final: boolean): void {
    const { logger, onUndelivered } = this.#settings
    if (onUndelivered) return guarded(logger, 'onUndelivered', () => onUndelivered({ what: job.what, error, final }))
    logger.warn(
      `dashclaw: the ${job.what} was not delivered${final ? ' and is given up' : '; it is tried again'}.`,
      error,
    )
  }

  /** Tries everything that waits once more, and resolves when each has had its try. Never rejects. */
  async flush(): Promise<void> {
    const seen = new Set<Job>()
    // Work may start more work; that is awaited too.
    for (;;) {
      const open = [...this.#jobs].filter((job) => job.active || !seen.has(job))
      if (!open.length) return
      await Promise.all(
        open.map((job) => {
          if (job.active) return job.active
          seen.add(job)
          clearTimeout(job.timer)
          return this.#attempt(job)
        }),
      )
    }
  }

  /** Flushes, then gives up what still could not be delivered. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
    for (const job of this.#jobs) this.#end(job)
  }
}
