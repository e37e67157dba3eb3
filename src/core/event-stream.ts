import { abortReason, onAbort } from './abort.ts'
import { report, settled } from './callbacks.ts'
import { type AsyncDisposableLike, disposeWithClose } from './dispose.ts'
import { DashClawError } from './errors.ts'
import { sleep } from './retry.ts'
import { createSSEParser, type ParsedEvent } from './sse-parser.ts'
import { longTimeout, ticks } from './timers.ts'
import type { CancelSignal, Logger } from './types.ts'

/**
 * An event of a stream: its type, its id (null when it has none), its data as parsed JSON (the text where it is none).
 * Comparing `type` with a listed name types `data`. The `unlisted` arm stands for the names that newer servers add: there
 * `type` is whatever the server wrote. To look for such a name, use `.on(name, …)`, or compare `event.type as string`.
 */
export type StreamEvent<M> =
  | { [K in keyof M & string]: { type: K; id: string | null; data: M[K] } }[keyof M & string]
  // Not `string & {}`: one arm that any name could be would keep the compiler from telling the others apart.
  | { type: `unlisted ${string}`; id: string | null; data: unknown }

/** What a connection attempt gives. */
export interface Connection {
  status: number
  contentType: string | null
  /** A `ReadableStream` of bytes, where the runtime has streams. */
  body?: unknown
  /** Milliseconds the server asks to wait before another attempt. */
  retryAfter?: number | undefined
}

/** How a stream connects, and how it behaves. Times are milliseconds. */
export interface EventStreamOptions {
  /** Opens one connection. What it throws may carry `status` and `retryAfter`; `final: true` says that another try is of no use. */
  connect(lastEventId: string | undefined, signal: CancelSignal): Promise<Connection>
  signal?: CancelSignal | undefined
  lastEventId?: string | undefined
  types?: readonly string[] | undefined
  reconnect?: boolean | undefined
  /** Silence after which a connection counts as dead. The server sends a comment every 15 s. Default: 45,000. */
  idleTimeout?: number
  /** Bounds of the wait before connecting again. Default: 1,000 and 30,000. */
  minDelay?: number
  maxDelay?: number
  /** Most events kept for an iteration that falls behind. Default: 10,000. */
  maxQueue?: number
  /** Told of each connection that the server accepted. */
  onOpen?: () => void
  /** Told each time that a connection broke off or could not be had, and whether it had lasted. Not at the end of the stream. */
  onDown?: (lasted: boolean) => void
  /** Told the type of an event without a payload, which nobody else hears of. */
  onEmpty?: (type: string) => void
  random?: () => number
  logger?: Logger
}

/** Two stacks: events are pushed to one and popped off the other, so that no end of a long queue costs more. */
interface Queue<E> {
  pushed: E[]
  popped: E[]
  waiting: { resolve(step: IteratorResult<E, undefined>): void; reject(error: unknown): void }[]
  dropped: boolean
}

function take<E>(queue: Queue<E>): E | undefined {
  if (!queue.popped.length) {
    queue.popped = queue.pushed.reverse()
    queue.pushed = []
  }
  return queue.popped.pop()
}

type Handler = (data: never, event: never) => unknown

interface Failure {
  status?: number
  final?: boolean
  retryAfter?: number | undefined
}

const failure = (message: string, facts: Failure) => Object.assign(new DashClawError(message), facts)

/** A connection that lived so long was a good one; proxies that cut answers end theirs sooner. Also the longest wait after one with an event. */
const LASTING = 5000

// Keys that no event of the server can have as its type.
const ALL = '*\n'
const ERROR = 'error\n'

/**
 * A stream of server-sent events that connects by itself with the first iteration or handler, resumes after a break, and
 * is over after `close()`, an abort, or a refusal.
 */
export class EventStream<M, E = StreamEvent<M>> implements AsyncIterable<E> {
  /** Settles when the stream is over; rejects with what ended it when that was an error. */
  readonly done: Promise<void>
  #options: EventStreamOptions
  #lastEventId: string
  /** A list is never changed, only replaced: who walks it while handlers come and go walks the old one. */
  #handlers = new Map<string, readonly Handler[]>()
  #queues = new Set<Queue<E>>()
  /** Iterations and handlers of events: with the last one the stream ends. */
  #listeners = 0
  #ended: { error?: unknown } | undefined
  #settle!: (end: { error?: unknown }) => void
  /** Ends the connection, or the wait for the next one. */
  #current: AbortController | undefined
  #release: (() => void) | undefined
  #base: number
  /** Connections in a row that could not be had, or did not last. */
  #failures = 0
  /** When the connection was accepted, and whether it brought an event. */
  #opened = Infinity
  #brought = false
  #onAbort = () => {
    // Who aborts wants nothing more.
    for (const queue of this.#queues) queue.pushed = queue.popped = []
    this.#end({ error: abortReason(this.#options.signal!) }, true)
  }

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#lastEventId = options.lastEventId ?? ''
    this.#base = options.minDelay ?? 1000
    this.done = new Promise((resolve, reject) => {
      this.#settle = (end) => ('error' in end ? reject(end.error) : resolve())
    })
    // Nobody has to look at it.
    this.done.catch(() => {})
    // Here and not in a static block, which would keep the class in every bundle.
    disposeWithClose(this)
  }

  /** Id of the last complete event, where another stream can resume; empty when none had an id. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /**
   * Calls a handler for each event of a type (`*` for all). What a handler throws is logged; the stream goes on.
   * A handler of `error` is called once, with what ended the stream, such as a refusal (401, 403); not after an abort.
   *
   * @returns A function that takes the handler off; the stream ends when nobody listens to events any more.
   */
  on(type: 'error', handler: (error: unknown) => unknown): () => void
  on<K extends keyof M & string>(
    type: K,
    handler: (data: M[K], event: { type: K; id: string | null; data: M[K] }) => unknown,
  ): () => void
  on(type: '*', handler: (data: unknown, event: E) => unknown): () => void
  on(
    type: string & {},
    handler: (data: unknown, event: { type: string; id: string | null; data: unknown }) => unknown,
  ): () => void
  on(type: string, handler: Handler): () => void {
    const isError = type === 'error'
    const key = isError ? ERROR : type === '*' ? ALL : type
    // A function of its own: one that is given twice is called twice, and taken off one at a time.
    const entry: Handler = (data, event) => handler(data, event)
    this.#handlers.set(key, [...(this.#handlers.get(key) ?? []), entry])
    if (!isError) {
      this.#listeners++
      this.#start()
    }
    return () => {
      const handlers = this.#handlers.get(key)
      if (!handlers?.includes(entry)) return
      if (handlers.length > 1)
        this.#handlers.set(
          key,
          handlers.filter((handler) => handler !== entry),
        )
      else this.#handlers.delete(key)
      if (!isError) this.#leave()
    }
  }

  /** Ends the stream. Iterations end normally, after the events that have arrived. */
  close(): void {
    this.#end({})
  }

  /** Events in order, from now on. Leaving the loop ends the stream when nobody else listens. */
  [Symbol.asyncIterator](): AsyncIterator<E, undefined> {
    const queue: Queue<E> = { pushed: [], popped: [], waiting: [], dropped: false }
    this.#queues.add(queue)
    this.#listeners++
    return {
      next: () =>
        new Promise((resolve, reject) => {
          queue.waiting.push({ resolve, reject })
          this.#start()
          this.#serve(queue)
        }),
      return: async () => {
        queue.pushed = queue.popped = []
        if (this.#queues.delete(queue)) this.#leave()
        this.#serve(queue)
        return { done: true, value: undefined }
      },
    }
  }

  /** Gives to those that wait what there is: events, then the end. */
  #serve(queue: Queue<E>): void {
    while (queue.waiting.length) {
      const value = take(queue)
      if (!value && !this.#ended && this.#queues.has(queue)) return
      const { resolve, reject } = queue.waiting.shift()!
      if (value) resolve({ done: false, value })
      else if (this.#queues.delete(queue) && 'error' in this.#ended!) reject(this.#ended.error)
      else resolve({ done: true, value: undefined })
    }
  }

  #leave(): void {
    if (!--this.#listeners) this.#end({})
  }

  #start(): void {
    if (this.#current || this.#ended) return
    const { signal } = this.#options
    if (signal?.aborted) return this.#onAbort()
    this.#release = signal && onAbort(signal, this.#onAbort)
    this.#run().catch((error) => this.#end({ error }))
  }

  #end(end: { error?: unknown }, aborted = false): void {
    if (this.#ended) return
    this.#release?.()
    const failed = 'error' in end && !aborted && this.#handlers.get(ERROR)
    this.#handlers.clear()
    this.#ended = end
    this.#current?.abort()
    for (const handler of failed || []) this.#call(handler, 'error', end.error)
    for (const queue of this.#queues) this.#serve(queue)
    this.#settle(end)
  }

  async #run(): Promise<void> {
    const { reconnect = true, maxDelay = 30_000, random = Math.random, logger, onDown } = this.#options
    while (!this.#ended) {
      let error: unknown
      this.#opened = Infinity
      this.#brought = false
      try {
        await this.#connect()
      } catch (problem) {
        error = problem
      }
      if (this.#ended) return
      const { status, final, retryAfter } = (error ?? {}) as Failure
      if (!reconnect || final || status === 401 || status === 403 || status === 404) {
        return this.#end(error === undefined ? {} : { error })
      }
      report(logger, 'debug', 'dashclaw: the event stream broke off and is opened again.', error)
      // That something arrived does not make a connection good: each may end right after its first event.
      const lasted = ticks() - this.#opened >= LASTING
      if (lasted) this.#failures = 0
      const base = Math.min(this.#base, maxDelay)
      const most = this.#brought ? Math.min(maxDelay, LASTING) : maxDelay
      const wait = base * 0.1 + random() * Math.min(most, base * 2 ** Math.min(this.#failures++, 10)) * 0.9
      const current = new AbortController()
      this.#current = current
      onDown?.(lasted)
      // A server that asks for no wait at all does not get a loop without one.
      await sleep(Math.max(wait, retryAfter || 0), current.signal as CancelSignal).catch(() => {})
    }
  }

  /** One connection, from its request to its end. */
  async #connect(): Promise<void> {
    const { connect, onOpen, idleTimeout = 45_000 } = this.#options
    const current = new AbortController()
    this.#current = current
    // One timer that looks at the time of the last byte, instead of one that is set anew with every chunk.
    let last = ticks()
    let end: (() => void) | undefined
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
    const stop = () => {
      end?.()
      reader?.cancel().catch(() => {})
    }
    const watch = () => {
      // A clock that was set back must not hide the silence.
      const left = idleTimeout - Math.abs(ticks() - last)
      if (left > 0) end = longTimeout(watch, left, false)
      else current.abort()
    }
    watch()
    current.signal.addEventListener('abort', stop)
    try {
      const { status, contentType, body, retryAfter } = await connect(
        this.#lastEventId || undefined,
        current.signal as CancelSignal,
      )
      last = ticks()
      reader = (body as ReadableStream<Uint8Array> | null | undefined)?.getReader?.()
      if (current.signal.aborted) return stop()
      if (status === 204) return this.#end({})
      if (status !== 200) {
        throw failure(`The event stream was answered with status ${status}.`, {
          status,
          ...(retryAfter !== undefined && { retryAfter }),
        })
      }
      if (!/^text\/event-stream\b/i.test(contentType ?? '')) {
        throw failure(
          `The event stream came as ${contentType ?? 'no content type'}; check that baseUrl is a DashClaw server.`,
          { final: true },
        )
      }
      if (!reader) {
        throw failure('Events need streaming answers, which this runtime has not. Poll instead.', {
          final: true,
        })
      }
      this.#opened = last
      onOpen?.()
      const parser = createSSEParser({
        lastEventId: this.#lastEventId,
        onRetry: (ms) => {
          this.#base = Math.max(ms, 100)
        },
        wants: (type) => {
          // What came with the last chunk after the end is not handed out, so it does not count as seen.
          if (this.#ended) return false
          this.#lastEventId = parser.lastEventId
          this.#brought = true
          return (this.#asked(type) && (this.#queues.size > 0 || this.#handlers.has(ALL))) || this.#handlers.has(type)
        },
        onEvent: (event) => this.#dispatch(event),
      })
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#ended) return
        last = ticks()
        parser.feed(value)
        if (!this.#ended) this.#lastEventId = parser.lastEventId
      }
    } finally {
      current.abort()
    }
  }

  /** Whether iterations and `*` handlers get events of a type; a handler of the type itself always does. */
  #asked(type: string): boolean {
    const { types } = this.#options
    return !types || types.includes(type)
  }

  #dispatch({ type, id, data }: ParsedEvent): void {
    let value: unknown = data
    try {
      value = JSON.parse(data)
    } catch {
      // The text itself.
    }
    // An event without a payload says nothing.
    if (value === null) return this.#options.onEmpty?.(type)
    const event = { type, id: id || null, data: value } as E
    const { logger, maxQueue = 10_000 } = this.#options
    const asked = this.#asked(type)
    // Iterations first: a handler that closes the stream does not take this event from them.
    for (const queue of asked ? this.#queues : []) {
      if (queue.pushed.length + queue.popped.length >= maxQueue) {
        take(queue)
        if (!queue.dropped) {
          report(logger, 'warn', `dashclaw: an iteration of events fell ${maxQueue} behind; the oldest are dropped.`)
        }
        queue.dropped = true
      }
      queue.pushed.push(event)
      this.#serve(queue)
    }
    // Looking a name up that was just cut out of the stream costs more than all the rest here.
    if (this.#handlers.size > 1 || !this.#handlers.has(ALL)) this.#tell(type, type, value, event)
    if (asked) this.#tell(ALL, type, value, event)
  }

  #tell(key: string, name: string, data: unknown, event: unknown): void {
    const handlers = this.#handlers.get(key)
    if (!handlers) return
    for (const handler of handlers) {
      const now = this.#handlers.get(key)
      if (now === handlers || now?.includes(handler)) this.#call(handler, name, data, event)
    }
  }

  /** Calls a handler; one that does not wait for anything costs no promise. */
  #call(handler: Handler, name: string, data: unknown, event?: unknown): void {
    try {
      const answer = handler(data as never, event as never)
      if (answer) settled(answer, (error) => this.#threw(name, error))
    } catch (error) {
      this.#threw(name, error)
    }
  }

  #threw(name: string, error: unknown): void {
    report(this.#options.logger, 'warn', `dashclaw: a handler of ${name} events threw.`, error)
  }
}

// biome-ignore lint/correctness/noUnusedVariables: a merged interface needs the parameters of its class
export interface EventStream<M, E = StreamEvent<M>> extends AsyncDisposableLike {}
