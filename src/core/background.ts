import { isDashClawError } from './errors.ts'
import type { Settings } from './options.ts'
import { refusedForGood, unref } from './retry.ts'

interface Job {
  what: string
  run: () => Promise<unknown>
  tries: number
  active: Promise<void> | undefined
  timer: ReturnType<typeof setTimeout> | undefined
}

const MAX_JOBS = 1000
const MAX_DELAY = 60_000

/**
 * Work that nobody awaits: token reports, telemetry, outcomes that could not be delivered. It never rejects, is retried
 * with back-off for as long as the process lives, and holds no process open.
 */
export class Background {
  #jobs = new Set<Job>()
  #settings: Settings
  #dropped = 0
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * Runs a task now, and again until it succeeds, the server refuses it for good, or the queue pushes it out.
   * A task that the caller has tried already is handed over with the error of that try.
   */
  deliver(what: string, run: () => Promise<unknown>, first?: { failed: unknown }): void {
    if (this.#jobs.size >= MAX_JOBS) {
      const [oldest] = this.#jobs
      this.#end(oldest!)
      if (!this.#dropped++) {
        this.#settings.logger.warn(`dashclaw: more than ${MAX_JOBS} reports wait for delivery; the oldest are dropped.`)
      }
      this.#report(oldest!, new Error('The queue of undelivered reports is full.'), true)
    }
    const job: Job = { what, run, tries: 0, active: undefined, timer: undefined }
    this.#jobs.add(job)
    if (first) this.#failed(job, first.failed)
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
    try {
      this.#settings.waitUntil?.(job.active)
    } catch (error) {
      this.#settings.logger.warn('dashclaw: waitUntil threw.', error)
    }
    return job.active
  }

  #failed(job: Job, error: unknown): void {
    const { status = 0 } = error as { status?: number }
    const final = this.#closed || refusedForGood(status) || isDashClawError(error, 'InputError')
    if (!job.tries++ || final) this.#report(job, error, final)
    if (final) return this.#end(job)
    if (!this.#jobs.has(job)) return
    const delay = Math.min(MAX_DELAY, 1000 * 2 ** Math.min(job.tries, 6)) * (0.5 + Math.random() / 2)
    job.timer = unref(setTimeout(() => this.#attempt(job), delay))
  }

  #end(job: Job): void {
    clearTimeout(job.timer)
    this.#jobs.delete(job)
  }

  #report(job: Job, error: unknown, final: boolean): void {
    const { logger, onUndelivered } = this.#settings
    try {
      if (onUndelivered) onUndelivered({ what: job.what, error, final })
      else
        logger.warn(
          `dashclaw: the ${job.what} was not delivered${final ? ' and is given up' : '; it is tried again'}.`,
          error,
        )
    } catch (problem) {
      logger.warn('dashclaw: onUndelivered threw.', problem)
    }
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
