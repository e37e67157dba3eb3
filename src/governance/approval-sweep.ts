import { type Core, callRoute, settingsOf } from '../core/core.ts'
import { DashClawError } from '../core/errors.ts'
import { refusedForGood } from '../core/retry.ts'
import type { RequestOptions } from '../core/types.ts'
import { readAction } from './action-stored.ts'
import type { ActionRecord } from './action-types.ts'

/** Who is told what a sweep finds. */
export interface Sweeping {
  /** Whether anybody still waits for an action. */
  waits(id: string): boolean
  hear(row: ActionRecord): void
  /** The server refused to tell about this action. */
  refuse(id: string, error: unknown): void
}

interface ActionPage {
  actions?: ActionRecord[]
  total?: number
}

const QUEUE = 'getPendingApprovals GET /api/actions'
const PAGE = 200
/** So few actions are read one by one, unless the sweep says otherwise; more are found in the queue, a page at a time. */
const FEW = 2

/** Reads the states of actions: those that wait from the queue, the others one by one. */
export class Sweep {
  /** The ids that were read. */
  readonly seen = new Set<string>()
  readonly few: boolean
  #ids: readonly string[]
  #offset = 0

  constructor(ids: readonly string[], few = FEW) {
    this.#ids = ids
    this.few = ids.length <= few
  }

  /**
   * Reads a page of the queue, and at its end those who are not in it, and so have been decided.
   *
   * @param most - How many are read one by one.
   * @param limit - Longest time of a request, in milliseconds.
   * @returns Whether there is more to read.
   */
  async step(core: Core, most: number, limit: number, to: Sweeping): Promise<boolean> {
    const { seen } = this
    // Whoever sweeps repeats it by itself.
    const options = { maxRetries: 0, timeout: Math.min(settingsOf(core).timeout || limit, limit) }
    const open = () => this.#ids.filter((id) => !seen.has(id) && to.waits(id))
    if (!this.few) {
      const query = { status: 'pending_approval', limit: PAGE, offset: this.#offset }
      const page = await callRoute<ActionPage | null>(core, QUEUE, query, options)
      const rows = page?.actions
      if (!Array.isArray(rows)) throw new DashClawError(`${QUEUE} answered without a list of actions.`)
      let fresh = false
      for (const row of rows) {
        const id = row?.action_id
        if (typeof id !== 'string' || seen.has(id)) continue
        fresh = true
        seen.add(id)
        to.hear(row)
      }
      this.#offset += rows.length
      // A server that gives the same page again has no more.
      if (fresh && this.#offset < (page?.total ?? 0) && open().length) return true
    }
    const missing = open()
    const now = missing.slice(0, most)
    for (let at = 0; at < now.length; at += 8) {
      await Promise.all(now.slice(at, at + 8).map((id) => this.#read(core, id, options, to)))
    }
    return now.length < missing.length
  }

  async #read(core: Core, id: string, options: RequestOptions, to: Sweeping): Promise<void> {
    try {
      const action = await readAction(core, id, options)
      this.seen.add(id)
      to.hear(action)
    } catch (error) {
      // What is refused for this action says nothing about the others; what is refused for the key does.
      const { status = 0 } = error as { status?: number }
      if (!refusedForGood(status) || status === 401 || status === 403) throw error
      to.refuse(id, error)
    }
  }
}
