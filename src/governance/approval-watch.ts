import { abortReason, checkSignal, onAbort } from '../core/abort.ts'
import { guarded } from '../core/callbacks.ts'
import { checkOptions, mismatch } from '../core/checks.ts'
import { type Closer, type Core, isClosed, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import {
  ApprovalDeniedError,
  ApprovalExpiredError,
  ApprovalTimeoutError,
  DashClawError,
  isDashClawError,
} from '../core/errors.ts'
import type { EventStream } from '../core/event-stream.ts'
import { amount, call } from '../core/options.ts'
import { pathPart } from '../core/path.ts'
import { refusedForGood, sleep } from '../core/retry.ts'
import { longTimeout, ticks } from '../core/timers.ts'
import type { ActionRecord } from './action-types.ts'
import { announce } from './approval-announce.ts'
import { verdict } from './approval-state.ts'
import { Sweep, type Sweeping } from './approval-sweep.ts'
import type { ApprovedAction, PendingAction, WaitForApprovalOptions } from './approval-types.ts'
import { writeOutcome } from './outcome.ts'
import { openEvents, type PlatformEvents } from './stream.ts'

/** All waits with one interval are looked at together. */
interface Pace {
  interval: number
  /** When the next look is. */
  due: number
  /** Whether there was one. */
  looked: boolean
  waiters: number
}

interface Waiter {
  id: string
  core: Core
  pace: Pace
  /** Whether its state was read since the wait began, and since the stream came or went. */
  checked: boolean
  settle: (row: ActionRecord) => void
  fail: (error: unknown) => void
  /** Ends it for want of a decision. */
  expire: (read: boolean, cause?: unknown) => void
}

const OPTIONS = ['timeout', 'interval', 'signal', 'cancelOnAbort', 'onPending']
const INTERVAL = 5000
/** How long a request of a look may take: one that hangs must not hold the watch up. */
const LOOK = 30_000
/** How long the last look of a wait may take. */
const LAST_LOOK = 3000

const watches = /* @__PURE__ */ new WeakMap<Shared, ApprovalWatch>()

/**
 * Waits until a reviewer decides about an action. All waits of a client share one watch: one event stream, and one look at
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
  pathPart('action_id', actionId)
  checkOptions('waitForApproval', options, OPTIONS, 'waitForApproval(id, { timeout: 300_000 })')
  const { timeout, interval = INTERVAL, signal, cancelOnAbort, onPending } = options
  amount('timeout', timeout, 0)
  if (!(typeof interval === 'number' && interval > 0)) {
    throw mismatch('interval', 'a number of milliseconds above 0', interval)
  }
  if (cancelOnAbort !== undefined && typeof cancelOnAbort !== 'boolean') {
    throw mismatch('cancelOnAbort', 'true or false', cancelOnAbort)
  }
  checkSignal(signal)
  call('onPending', onPending)
  if (isClosed(core)) throw closed()
  const shared = sharedOf(core)
  let watch = watches.get(shared)
  if (!watch) watches.set(shared, (watch = new ApprovalWatch(shared)))
  return watch.wait(core, actionId, options)
}

class ApprovalWatch {
  #shared: Shared
  #waiters = new Map<string, Set<Waiter>>()
  #paces = new Map<number, Pace>()
  /** The clients that want an action cancelled once nobody waits for it any more. */
  #unwanted = new Map<string, Core>()
  #stream: EventStream<PlatformEvents> | undefined
  /** The stream is connected and has replayed: every decision from now on arrives as an event. */
  #live = false
  /** Live streams in a row that broke off soon. */
  #flaps = 0
  /** Looks in a row that failed. */
  #failures = 0
  /** When the last look began. */
  #looked = -Infinity
  /** No look before this time: the server asked for it. */
  #held = 0
  #planned: { at: number; end: () => void } | undefined
  #busy = false
  /** The stream came or went while a look was under way: what it finds out may be older than that. */
  #stale = false
  #sweep: Sweep | undefined
  /** Those whose time is over, until they were looked at once more. */
  #late = new Set<Waiter>()
  #lookingLast = false
  #stop: Closer = (ends) => {
    for (const waiter of this.#all()) if (ends(waiter.core)) waiter.fail(closed())
  }

  constructor(shared: Shared) {
    this.#shared = shared
  }

  wait(
    core: Core,
    id: string,
    { timeout = 300_000, interval = INTERVAL, signal, cancelOnAbort, onPending }: WaitForApprovalOptions,
  ): Promise<ApprovedAction> {
    return new Promise((resolve, reject) => {
      let over = false
      let endTimer: (() => void) | undefined
      let release: (() => void) | undefined
      const end = () => {
        over = true
        endTimer?.()
        release?.()
        this.#remove(waiter)
      }
      const fail = (error: unknown) => {
        if (over) return
        end()
        reject(error)
      }
      // A promise calls back in the async context in which it was asked to: here, that of the caller.
      let tell!: (row: PendingAction) => void
      void new Promise<PendingAction>((seen) => {
        tell = seen
      }).then((row) => {
        if (onPending) guarded(settingsOf(core).logger, 'onPending', () => onPending(row))
        else announce(core, id, row)
      })
      const waiter: Waiter = {
        id,
        core,
        pace: this.#pace(Math.max(1, interval)),
        checked: false,
        fail,
        settle(row) {
          const decided = verdict(row)
          if (decided === undefined) return tell(row)
          if (over) return
          end()
          if (decided) return resolve({ action: row, action_id: id })
          if (row.status === 'expired') {
            const text = `Action ${id} expired on the server before a reviewer decided, so it can't be approved any more. Create it again, and wait longer with approvalTimeout.`
            return reject(new ApprovalExpiredError(text, id, row.status, row))
          }
          const why = row.error_message || 'no reason given'
          reject(new ApprovalDeniedError(`Action ${id} was not approved (${row.status}): ${why}`, id, row.status, row))
        },
        expire(read, cause) {
          const text = read
            ? `Nobody decided about action ${id} within ${timeout} ms. It still waits: approve or deny it, or wait again with waitForApproval.`
            : `No decision about action ${id} was seen within ${timeout} ms, and its state could not be read at the end. Check that the server answers, then wait again with waitForApproval.`
          fail(new ApprovalTimeoutError(text, id, cause === undefined ? undefined : { cause }))
        },
      }
      const abort = () => {
        if (cancelOnAbort) this.#unwanted.set(id, core)
        const unwanted = this.#unwanted.get(id)
        fail(abortReason(signal!))
        if (this.#waiters.has(id)) return
        this.#unwanted.delete(id)
        if (!unwanted) return
        const cancelled = { status: 'cancelled', error_message: 'The agent stopped waiting for approval.' } as const
        this.#shared.background.deliver(`cancellation of ${id}`, () => writeOutcome(unwanted, id, cancelled))
      }
      if (signal?.aborted) return abort()
      release = signal && onAbort(signal, abort)
      endTimer = longTimeout(() => {
        // Whatever the server does, the last look takes no longer than this.
        endTimer = longTimeout(() => waiter.expire(false), LAST_LOOK)
        this.#late.add(waiter)
        void this.#lookLast()
      }, timeout)
      this.#add(waiter)
    })
  }

  #pace(interval: number): Pace {
    return this.#paces.get(interval) ?? { interval, due: Infinity, looked: false, waiters: 0 }
  }

  #add(waiter: Waiter): void {
    const { id, core, pace } = waiter
    const same = this.#waiters.get(id)
    if (same) same.add(waiter)
    else this.#waiters.set(id, new Set([waiter]))
    pace.waiters++
    this.#paces.set(pace.interval, pace)
    this.#shared.closers.add(this.#stop)
    if (!this.#stream) this.#listen(core)
    // Before the stream is there, a look would have to be repeated after it; so the first one waits for it a moment. No
    // longer: a proxy or runtime that hands out answers only when they are complete never lets a stream connect.
    const wait = this.#live ? 0 : Math.min(pace.interval, INTERVAL) * jitter()
    pace.due = Math.min(pace.due, ticks() + wait)
    this.#plan(pace.due)
  }

  #remove(waiter: Waiter): void {
    const { id, pace } = waiter
    const same = this.#waiters.get(id)
    if (!same?.delete(waiter)) return
    this.#late.delete(waiter)
    if (!--pace.waiters) this.#paces.delete(pace.interval)
    if (same.size) return
    this.#waiters.delete(id)
    this.#unwanted.delete(id)
    if (!this.#waiters.size) this.#end()
  }

  #end(): void {
    this.#planned?.end()
    this.#planned = undefined
    this.#shared.closers.delete(this.#stop)
    const stream = this.#stream
    this.#stream = undefined
    this.#live = false
    this.#sweep = undefined
    this.#failures = this.#flaps = this.#held = 0
    stream?.close()
  }

  /** A copy: who is told is no waiter any more. */
  #all(): Waiter[] {
    const all: Waiter[] = []
    for (const same of this.#waiters.values()) all.push(...same)
    return all
  }

  /** Takes in what a row says. `checked`: it shows how things are now. */
  #hear(row: ActionRecord, checked: boolean): void {
    for (const waiter of [...(this.#waiters.get(row.action_id) ?? [])]) {
      if (checked) waiter.checked = true
      waiter.settle(row)
    }
  }

  #listen(core: Core): void {
    const down = (lasted: boolean) => {
      if (this.#stream !== stream) return
      if (this.#live) this.#flaps = lasted ? 0 : this.#flaps + 1
      this.#live = false
      // Without a stream decisions are looked for: soon after one that lasted, else when it is time, as without any. So streams
      // that break off again and again make no more looks.
      const now = ticks()
      for (const pace of this.#paces.values()) if (!pace.looked) pace.due = now
      this.#recheck(lasted && !this.#failures ? now + 1000 * Math.random() : Infinity)
    }
    const over = () => down(false)
    const onEmpty = (type: string) => {
      if (type === 'action.updated') this.#doubt()
    }
    const stream = openEvents(core, {}, { onDown: down, onEmpty })
    this.#stream = stream
    stream.done.then(over, over)
    stream.on('connected', () => {
      if (this.#stream !== stream || this.#live) return
      this.#live = true
      this.#failures = 0
      this.#sweep = undefined
      this.#recheck(ticks() + (this.#flaps < 2 ? 0 : INTERVAL))
    })
    stream.on('action.updated', (row) => {
      // Newer servers send null or a part of a row, whose status may be that of the outcome: then the action is read.
      if (row?.agent_id) this.#hear(row, true)
      else this.#doubt(row?.action_id)
    })
  }

  /** An event tells that something changed, but not what: those who wait for the action, or for any, are looked at again. */
  #doubt(id?: string): void {
    // What comes before the stream is live is read once it is.
    if (!this.#live) return
    const all = this.#all()
    const doubted = all.filter((waiter) => waiter.checked && (id === undefined || waiter.id === id))
    if (!doubted.length) return
    this.#stale ||= this.#busy
    const waiting = new Set(all.filter(({ checked }) => !checked).map(({ pace }) => pace))
    // However many such events come, one look follows, and none sooner than this after the last.
    const by = Math.max(ticks() + 1000 * Math.random(), this.#looked + INTERVAL)
    for (const waiter of doubted) {
      const { pace } = waiter
      waiter.checked = false
      pace.due = waiting.has(pace) ? Math.min(pace.due, by) : by
    }
    this.#schedule()
  }

  /** What was read of the waiters' states no longer holds, and neither does what is being read: they are looked at by then. */
  #recheck(by: number): void {
    this.#stale = this.#busy
    for (const waiter of this.#all()) waiter.checked = false
    for (const pace of this.#paces.values()) pace.due = Math.min(pace.due, by)
    this.#schedule()
  }

  /** Plans the next look, for the first of those who need one. */
  #schedule(): void {
    this.#planned?.end()
    this.#planned = undefined
    let at = Infinity
    // While the stream is live, a look is only needed for those whose state was not read since.
    for (const same of this.#waiters.values()) {
      for (const { pace, checked } of same) if (!this.#live || !checked) at = Math.min(at, pace.due)
    }
    this.#plan(at)
  }

  /** Plans a look, unless one is under way or comes sooner. */
  #plan(due: number): void {
    const at = Math.max(due, this.#held)
    if (this.#busy || at === Infinity || (this.#planned && this.#planned.at <= at)) return
    this.#planned?.end()
    this.#planned = { at, end: longTimeout(() => this.#look(), Math.max(0, at - ticks()), false) }
  }

  async #look(): Promise<void> {
    this.#planned = undefined
    this.#busy = true
    const now = ticks()
    this.#looked = now
    const paces = new Set<Pace>()
    for (const pace of this.#paces.values()) {
      // A timer may be early by a part of a millisecond.
      if (pace.due > now + 1) continue
      pace.due = Infinity
      pace.looked = true
      paces.add(pace)
    }
    const before = this.#waiters.size
    try {
      await this.#read(paces)
      this.#failures = 0
      // Looks that find decisions are worth their requests.
      if (this.#waiters.size < before) this.#flaps = 0
    } catch (error) {
      this.#failures++
      this.#held = ticks() + ((error as { retryAfter?: number }).retryAfter ?? 0)
      // A refusal stays a refusal: nobody is kept waiting for it.
      if (isDashClawError(error, 'APIError') && refusedForGood(error.status)) {
        for (const waiter of this.#all()) waiter.fail(error)
      }
    }
    this.#busy = false
    if (this.#stale) for (const waiter of this.#all()) waiter.checked = false
    this.#stale = false
    const spread = jitter()
    for (const pace of paces) {
      const { interval } = pace
      // Further apart after failures.
      const apart = Math.max(interval, Math.min(60_000, interval * 2 ** Math.min(this.#failures, 6)))
      // Unless a look was asked for meanwhile.
      if (pace.due === Infinity) pace.due = ticks() + apart * spread
    }
    this.#schedule()
  }

  /** Reads the states of those whose turn it is. */
  async #read(paces: ReadonlySet<Pace>): Promise<void> {
    const open = this.#all().filter(({ pace, checked }) => paces.has(pace) && !(this.#live && checked))
    if (!open.length) return
    const ids = [...new Set(open.map(({ id }) => id))]
    const fresh = new Sweep(ids)
    const sweep = fresh.few ? fresh : (this.#sweep ??= fresh)
    const interval = Math.min(60_000, ...[...paces].map((pace) => pace.interval))
    const { core } = open[0]!
    let more: boolean
    do {
      // Without a stream the reads of one look are few enough for the default limit of 100 requests a minute; what is left over
      // comes with the next looks, before the queue is read again.
      const most = sweep.few || this.#live ? Infinity : Math.max(1, interval / 1000)
      more = await sweep.step(core, most, LOOK, this.#sweeping(true))
      // The queue is read to its end at once while a stream takes over afterwards; else a page a look.
    } while (more && this.#live && this.#sweep === sweep)
    if (!more && this.#sweep === sweep) this.#sweep = undefined
  }

  /** Looks once more at those whose time is over; who comes meanwhile is in the next look, with all others. */
  async #lookLast(): Promise<void> {
    if (this.#lookingLast) return
    this.#lookingLast = true
    while (this.#late.size) {
      const batch = [...this.#late]
      this.#late.clear()
      // The queue may be longer than there is time for.
      const sweep = new Sweep([...new Set(batch.map(({ id }) => id))], 24)
      let cause: unknown
      try {
        while (await sweep.step(batch[0]!.core, Infinity, LAST_LOOK, this.#sweeping(false)));
      } catch (error) {
        cause = error
      }
      for (const waiter of batch) waiter.expire(sweep.seen.has(waiter.id), cause)
      // A moment in which those gather whose time ends together.
      if (this.#waiters.size) await sleep(10)
    }
    this.#lookingLast = false
  }

  /** Who hears of a sweep. `checked`: it shows how things are now. */
  #sweeping(checked: boolean): Sweeping {
    return {
      waits: (id) => this.#waiters.has(id),
      hear: (row) => this.#hear(row, checked),
      refuse: (id, error) => {
        for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter.fail(error)
      },
    }
  }
}

const closed = () =>
  new DashClawError('The client was closed while an approval was awaited. The action still waits on the server.')
const jitter = () => 0.8 + Math.random() * 0.4
