import { abortReason, onAbort } from '../core/abort.ts'
import { guarded } from '../core/callbacks.ts'
import { checkNames, describe, isPlain, mismatch } from '../core/checks.ts'
import { type Core, callRoute, onClose, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import {
  ApprovalDeniedError,
  ApprovalTimeoutError,
  DashClawError,
  InputError,
  isDashClawError,
} from '../core/errors.ts'
import type { EventStream } from '../core/event-stream.ts'
import { amount, call } from '../core/options.ts'
import { pathPart } from '../core/path.ts'
import { refusedForGood, timer, unref } from '../core/retry.ts'
import type { CancelSignal } from '../core/types.ts'
import { writeOutcome } from './outcome.ts'
import type { ActionRecord } from './records.ts'
import { readAction } from './stored.ts'
import { openEvents, type PlatformEvents } from './stream.ts'

/** Options of a wait for a reviewer. */
export interface WaitForApprovalOptions {
  /** How long to wait, in **milliseconds**; Infinity means without end. Default: 300,000 (5 minutes). */
  timeout?: number | undefined
  /** Time between two looks where the server offers no event stream, in **milliseconds**. Default: 5,000. */
  interval?: number | undefined
  /** Ends this wait. The action still waits, for others and for a later call. */
  signal?: CancelSignal | undefined
  /** Whether an abort also records the action as `cancelled`, unless another call of this client waits for it. Default: false. */
  cancelOnAbort?: boolean | undefined
  /** Called once with the action when it is seen to wait for a reviewer. Default: the client's. What it throws is logged. */
  onPending?: ((action: PendingAction) => void) | undefined
}

/** A row of the approval queue, as far as every server sends it. */
export type PendingAction = Pick<
  ActionRecord,
  | 'action_id'
  | 'agent_id'
  | 'agent_name'
  | 'action_type'
  | 'declared_goal'
  | 'reasoning'
  | 'status'
  | 'risk_score'
  | 'reversible'
>

/** Answer of `waitForApproval`: the action that a person let go on. */
export interface ApprovedAction {
  action: ActionRecord
  /** The id of `action`. */
  action_id: string
}

interface Waiter {
  id: string
  core: Core
  /** Whether its state was read since the wait began. */
  checked: boolean
  /** Milliseconds between two looks where there is no stream, and when the next one is due. */
  interval: number
  due: number
  pending: (row: PendingAction) => void
  settle: (row: ActionRecord) => void
  fail: (error: unknown) => void
}

interface ActionPage {
  actions?: ActionRecord[]
  total?: number
}

const QUEUE = 'getPendingApprovals GET /api/actions'
const PAGE = 200
/** So few waiters are read one by one; more are found in the queue, a page at a time. */
const FEW = 2

/** How long a wait that is over looks once more, in milliseconds. */
const LAST_LOOK = 3000
/** How long a stream has to last to be worth a look of its own, in milliseconds. */
const STEADY = 5000

const DENIED = /^(failed|cancelled|expired|blocked)$/

/** A string in quotes, that can't steer a terminal. */
const printable = (text: unknown): string => JSON.stringify(String(text)).replace(/[\u007f-\u009f\u2028\u2029]/g, '')

/** Whether a status says that a person has yet to decide. */
export const isPending = (status: string): boolean => status.startsWith('pending')

/** What a row says about its approval: true, false, or undefined while nobody decided. A word that is not known is no decision. */
export function verdict(row: Pick<ActionRecord, 'status' | 'approved_by'> | null | undefined): boolean | undefined {
  const status = row?.status
  if (typeof status !== 'string' || isPending(status)) return undefined
  if (DENIED.test(status)) return false
  return status === 'running' || status === 'completed' || row?.approved_by ? true : undefined
}

const watches = /* @__PURE__ */ new WeakMap<Shared, ApprovalWatch>()

/**
 * Waits until a person decides about an action. All waits of a client share one watch: one event stream, and one look at
 * the queue for all that wait.
 *
 * @throws {ApprovalDeniedError} When the action was denied, cancelled, blocked or has expired.
 * @throws {ApprovalTimeoutError} When nobody decided in time; the action still waits on the server.
 */
export async function awaitApproval(
  core: Core,
  actionId: string,
  options: WaitForApprovalOptions = {},
): Promise<ApprovedAction> {
  if (!isPlain(options as unknown)) {
    throw new InputError(
      `The options of waitForApproval must be an object: waitForApproval(id, { timeout: 300_000 }). It got ${describe(options)}.`,
      'options',
    )
  }
  checkNames('waitForApproval', options, ['timeout', 'interval', 'signal', 'cancelOnAbort', 'onPending'])
  const { timeout, interval = 1, onPending } = options
  pathPart('action_id', actionId)
  amount('timeout', timeout, 0)
  if (!(interval > 0)) throw mismatch('interval', 'a number of milliseconds above 0', interval)
  call('onPending', onPending)
  const shared = sharedOf(core)
  let watch = watches.get(shared)
  if (!watch) watches.set(shared, (watch = new ApprovalWatch(shared)))
  return watch.wait(core, actionId, options)
}

class ApprovalWatch {
  #shared: Shared
  #waiters = new Map<string, Set<Waiter>>()
  #stream: EventStream<PlatformEvents> | undefined
  /** The stream is connected and has replayed: every decision from now on arrives as an event. */
  #live = false
  #failures = 0
  /** Actions that the log names as waiting. */
  #announced = new Set<string>()
  /** When the stream was connected last, and how many in a row ended right after that. */
  #opened = 0
  #short = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The shortest interval of those that wait, as the next look is planned by. */
  #apart = 0
  #busy = false
  /** A look was asked for while one was under way. */
  #urgent = false
  /** The stream came or went while a look was under way: what it finds out may be older than that. */
  #stale = false
  /** Where the next page of the queue begins, the ids seen since its first page, and those that are looked for. */
  #offset = 0
  #seen = new Set<string>()
  #cycle: string[] | undefined

  constructor(shared: Shared) {
    this.#shared = shared
  }

  wait(
    core: Core,
    id: string,
    { timeout = 300_000, interval = 5000, signal, cancelOnAbort, onPending }: WaitForApprovalOptions,
  ): Promise<ApprovedAction> {
    const { logger, baseUrl, onPending: ofClient } = settingsOf(core)
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortReason(signal))
      let tell: ((row: PendingAction) => void) | undefined
      // By a promise, so that the callback runs in the async context of this call, not in that of who opened the stream.
      void new Promise<PendingAction>((heard) => {
        tell = heard
      }).then((row) => {
        const call = onPending ?? ofClient
        if (call) return guarded(logger, 'onPending', () => call(row))
        if (this.#announced.has(id)) return
        this.#announced.add(id)
        logger.info(
          `dashclaw: ${printable(row.declared_goal)} of ${printable(row.agent_id)} waits for a reviewer (risk ${row.risk_score}, action ${id}). Decide in the dashboard at ${baseUrl}, or with approveAction('${id}', { decision: 'allow' }).`,
        )
      })
      const done = () => {
        clearTimeout(limit)
        release?.()
        forget()
        this.#remove(waiter)
      }
      const fail = (error: unknown) => {
        done()
        reject(error)
      }
      const waiter: Waiter = {
        id,
        core,
        checked: false,
        interval: Math.max(1, interval),
        due: 0,
        fail,
        pending(row) {
          waiter.checked = true
          tell!(row)
        },
        settle(row) {
          const decided = verdict(row)
          if (decided === undefined) return waiter.pending(row)
          if (decided) {
            done()
            return resolve({ action: row, action_id: id })
          }
          const why = row.error_message || 'no reason given'
          fail(new ApprovalDeniedError(`Action ${id} was not approved (${row.status}): ${why}`, id, row.status, row))
        },
      }
      const late = (why: string) => fail(new ApprovalTimeoutError(why, id))
      const limit = timer(async () => {
        const after = `Nobody decided about action ${id} within ${timeout} ms`
        const again = 'approve or deny it, or wait again with waitForApproval.'
        // A live stream has told all that there is. Without one, a decision may have come since the last look.
        if (!this.#live || !waiter.checked) {
          try {
            waiter.settle(await readAction(core, id, { timeout: LAST_LOOK, maxRetries: 0 }))
          } catch (error) {
            if (refusedForGood((error as { status?: number }).status ?? 0)) return fail(error)
            return late(`${after}, as far as is known: its state could not be read. If it still waits, ${again}`)
          }
        }
        late(`${after}. It still waits: ${again}`)
      }, timeout)
      const release =
        signal &&
        onAbort(signal, () => {
          fail(abortReason(signal))
          if (!cancelOnAbort || this.#waiters.has(id)) return
          const cancelled = { status: 'cancelled', error_message: 'The agent stopped waiting for approval.' } as const
          this.#shared.background.deliver(`cancellation of ${id}`, () => writeOutcome(core, id, cancelled))
        })
      const forget = onClose(core, () =>
        fail(
          new DashClawError(
            'The client was closed while an approval was awaited. The action still waits on the server.',
          ),
        ),
      )
      this.#add(waiter)
    })
  }

  #add(waiter: Waiter): void {
    const same = this.#waiters.get(waiter.id)
    if (same) same.add(waiter)
    else this.#waiters.set(waiter.id, new Set([waiter]))
    // A look that is planned for others may be too late for this one.
    if (waiter.interval < this.#apart) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    if (!this.#stream) this.#listen(waiter.core)
    // Before the stream is there, a look would have to be repeated after it; so the first one waits for it a moment. No
    // longer: a proxy or runtime that hands out answers only when they are complete never lets a stream connect.
    this.#schedule(this.#live ? 0 : undefined)
  }

  #remove(waiter: Waiter): void {
    const same = this.#waiters.get(waiter.id)
    same?.delete(waiter)
    if (same?.size === 0) this.#waiters.delete(waiter.id)
    if (this.#waiters.size === 0) this.#end()
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const stream = this.#stream
    this.#stream = undefined
    this.#live = false
    this.#rewind()
    this.#failures = 0
    this.#announced.clear()
    stream?.close()
  }

  #rewind(): void {
    this.#offset = 0
    this.#seen.clear()
    this.#cycle = undefined
  }

  #all(): Waiter[] {
    const all: Waiter[] = []
    for (const same of this.#waiters.values()) all.push(...same)
    return all
  }

  /** A copy: who is told is no waiter any more. */
  #of(id: string): Waiter[] {
    return [...(this.#waiters.get(id) ?? [])]
  }

  /** What was read of the waiters' states no longer holds, and neither does what is being read. */
  #forget(): void {
    this.#stale = this.#busy
    for (const waiter of this.#all()) {
      waiter.checked = false
      waiter.due = 0
    }
  }

  #listen(core: Core): void {
    const down = () => {
      if (this.#stream !== stream) return
      // Without a stream decisions are looked for, and all states are unknown again.
      if (this.#live) this.#short = Math.abs(Date.now() - this.#opened) < STEADY ? this.#short + 1 : 0
      this.#live = false
      this.#forget()
      this.#schedule(this.#failures || this.#short > 1 ? undefined : 0)
    }
    const stream = openEvents(core, { onDown: down })
    this.#stream = stream
    stream.done.then(down, down)
    stream.on('connected', () => {
      if (this.#stream !== stream) return
      this.#live = true
      this.#opened = Date.now()
      this.#failures = 0
      this.#forget()
      // Streams that break off again and again must not cause a look each time.
      this.#schedule(this.#short > 1 ? undefined : 0)
    })
    stream.on('action.updated', (row) => {
      for (const waiter of this.#of(row?.action_id)) waiter.settle(row)
    })
  }

  /** Plans the next look; with jitter, and further apart after failures. */
  #schedule(delay?: number): void {
    if (this.#busy) {
      if (delay === 0) this.#urgent = true
      return
    }
    // A look that is needed at once does not wait for the planned one.
    if (!this.#waiters.size || (this.#timer !== undefined && delay !== 0)) return
    clearTimeout(this.#timer)
    this.#apart = Math.min(...this.#all().map(({ interval }) => interval))
    const apart = Math.min(60_000, this.#apart * 2 ** Math.min(this.#failures, 6))
    this.#timer = unref(setTimeout(() => this.#look(), delay ?? apart * (0.8 + Math.random() * 0.4)))
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    this.#busy = true
    let asked: number | undefined
    try {
      await this.#read()
      this.#failures = 0
    } catch (error) {
      this.#failures++
      asked = (error as { retryAfter?: number }).retryAfter
      // A refusal stays a refusal: nobody is kept waiting for it.
      if (isDashClawError(error, 'APIError') && refusedForGood(error.status)) {
        for (const waiter of this.#all()) waiter.fail(error)
      }
    } finally {
      this.#busy = false
    }
    if (this.#stale) this.#forget()
    if (this.#urgent) {
      this.#urgent = false
      return this.#schedule(0)
    }
    // While the stream is live, a look is only needed for those whose state was not read since.
    if (this.#live && this.#all().every((waiter) => waiter.checked)) return
    this.#schedule(asked ?? (this.#live && !this.#failures ? 0 : undefined))
  }

  async #read(): Promise<void> {
    const now = Date.now()
    const open = this.#all().filter((waiter) =>
      this.#live ? !waiter.checked : waiter.due <= now || waiter.due > now + waiter.interval,
    )
    // Looks come up to a fifth early.
    for (const waiter of open) waiter.due = now + waiter.interval * 0.8
    const ids = [...new Set(open.map((waiter) => waiter.id))]
    if (!ids.length) return
    const { core } = open[0]!
    if (ids.length <= FEW) {
      await Promise.all(ids.map((id) => this.#readOne(core, id)))
      return
    }
    // One page of the queue a look; whoever is not in it by its end has been decided, and is read by itself.
    const cycle = (this.#cycle ??= ids)
    const page = await callRoute<ActionPage>(
      core,
      QUEUE,
      { status: 'pending_approval', limit: PAGE, offset: this.#offset },
      { maxRetries: 0 },
    )
    // The watch ended meanwhile, and perhaps began anew.
    if (this.#cycle !== cycle) return
    // No list is a failure like any other, which the next look makes good.
    const rows = page.actions!
    for (const row of rows) {
      if (!row) continue
      this.#seen.add(row.action_id)
      for (const waiter of this.#of(row.action_id)) waiter.settle(row)
    }
    this.#offset += rows.length
    if (rows.length && this.#offset < (page.total ?? 0)) {
      // The queue is read to its end at once while a stream takes over afterwards; else a page an interval.
      if (this.#live) return this.#read()
      return
    }
    const missing = cycle.filter((id) => !this.#seen.has(id) && this.#waiters.has(id))
    // Without a stream the reads of one look are few enough for the default limit of 100 requests a minute; what is left over
    // comes with the next looks, before the queue is read again.
    const next = this.#live ? missing : missing.slice(0, Math.max(1, this.#apart / 1000))
    for (const id of next) this.#seen.add(id)
    if (next.length === missing.length) this.#rewind()
    while (next.length) await Promise.all(next.splice(0, 8).map((id) => this.#readOne(core, id)))
  }

  async #readOne(core: Core, id: string): Promise<void> {
    try {
      const action = await readAction(core, id, { maxRetries: 0 })
      for (const waiter of this.#of(id)) waiter.settle(action)
    } catch (error) {
      // Only this action is unknown; the others wait on.
      if (!isDashClawError(error, 'NotFoundError')) throw error
      for (const waiter of this.#of(id)) waiter.fail(error)
    }
  }
}
