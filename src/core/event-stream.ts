import { type AsyncDisposableLike, disposeWithClose } from './dispose.ts'
import { DashClawError } from './errors.ts'
import { sleep, unref } from './retry.ts'
import { createSSEParser, type ParsedEvent } from './sse-parser.ts'
import type { CancelSignal, Logger } from './types.ts'

/** An event of a stream: its type, its id (null when it has none), its data as parsed JSON. */
export type StreamEvent<M> =
  | { [K in keyof M & string]: { type: K; id: string | null; data: M[K] } }[keyof M & string]
  | { type: string & {}; id: string | null; data: unknown }

/** What a connection attempt gives. */
export interface Connection {
  status: number
  contentType: string | null
  /** A `ReadableStream` of bytes, where the runtime has streams. */
  body: unknown
  /** Milliseconds the server asks to wait before another attempt. */
  retryAfter?: number
}

/** How a stream connects, and how it behaves. Times are milliseconds. */
export interface EventStreamOptions {
  connect(lastEventId: string, signal: CancelSignal): Promise<Connection>
  signal?: CancelSignal
  lastEventId?: string
  types?: readonly string[]
  reconnect?: boolean
  /** Silence after which a connection counts as dead. The server sends a comment every 15 s. Default: 45,000. */
  idleTimeout?: number
  /** Bounds of the wait before connecting again. Default: 1,000 and 30,000. */
  minDelay?: number
  maxDelay?: number
  /** Most events kept for an iteration that falls behind. Default: 10,000. */
  maxQueue?: number
  random?: () => number
  logger?: Logger
}

interface Queue<E> {
  items: E[]
  wake: (() => void) | undefined
  dropped: boolean
}

type Handler = (data: never, event: never) => unknown

/**
 * A stream of server-sent events that connects by itself with the first iteration or handler, resumes after a break, and
 * is over after `close()`, an abort, or a refusal.
 */
export class EventStream<M> implements AsyncIterable<StreamEvent<M>> {
  /** Settles when the stream is over; rejects with what ended it when that was an error. */
  readonly done: Promise<void>
  #options: EventStreamOptions
  #lastEventId: string
  #handlers = new Map<string, Set<Handler>>()
  #queues = new Set<Queue<StreamEvent<M>>>()
  #started = false
  #ended: { error?: unknown } | undefined
  #settle!: (end: { error?: unknown }) => void
  /** Ends the connection, or the wait for the next one. */
  #current: AbortController | undefined
  #onAbort = () => this.#end({ error: this.#options.signal!.reason })

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#lastEventId = options.lastEventId ?? ''
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
   *
   * @returns A function that takes the handler off; the stream ends when nobody listens any more.
   */
  on<K extends keyof M & string>(
    type: K,
    handler: (data: M[K], event: { type: K; id: string | null; data: M[K] }) => unknown,
  ): () => void
  on(type: '*', handler: (data: unknown, event: StreamEvent<M>) => unknown): () => void
  on(
    type: string & {},
    handler: (data: unknown, event: { type: string; id: string | null; data: unknown }) => unknown,
  ): () => void
  on(type: string, handler: Handler): () => void {
    let handlers = this.#handlers.get(type)
    if (!handlers) this.#handlers.set(type, (handlers = new Set()))
    handlers.add(handler)
    this.#start()
    return () => {
      handlers.delete(handler)
      if (!handlers.size && this.#handlers.get(type) === handlers) this.#handlers.delete(type)
      this.#leave()
    }
  }

  /** Ends the stream. Iterations end normally. */
  async close(): Promise<void> {
    this.#end({})
  }

  /** Events in order, from now on. Leaving the loop ends the stream when nobody else listens. */
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent<M>, undefined> {
    const queue: Queue<StreamEvent<M>> = { items: [], wake: undefined, dropped: false }
    this.#queues.add(queue)
    let at = 0
    const over = { done: true, value: undefined } as const
    return {
      next: async () => {
        this.#start()
        for (;;) {
          if (this.#ended && 'error' in this.#ended) {
            this.#queues.delete(queue)
            throw this.#ended.error
          }
          if (at < queue.items.length) {
            const value = queue.items[at++]!
            if (at === queue.items.length || at > 1000) {
              queue.items.splice(0, at)
              at = 0
            }
            return { done: false, value }
          }
          if (this.#ended || !this.#queues.has(queue)) return over
          await new Promise<void>((resolve) => {
            queue.wake = resolve
          })
        }
      },
      return: async () => {
        this.#queues.delete(queue)
        queue.wake?.()
        this.#leave()
        return over
      },
    }
  }

  #leave(): void {
    if (!this.#queues.size && !this.#handlers.size) this.#end({})
  }

  #start(): void {
    if (this.#started || this.#ended) return
    this.#started = true
    const { signal } = this.#options
    if (signal?.aborted) return this.#onAbort()
    signal?.addEventListener('abort', this.#onAbort)
    void this.#run()
  }

  #end(end: { error?: unknown }): void {
    if (this.#ended) return
    this.#ended = end
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#current?.abort()
    for (const queue of this.#queues) queue.wake?.()
    this.#handlers.clear()
    this.#settle(end)
  }

  async #run(): Promise<void> {
    const { connect, reconnect = true, maxDelay = 30_000, random = Math.random, logger } = this.#options
    let base = this.#options.minDelay ?? 1000
    let failures = 0
    const setBase = (ms: number) => {
      base = Math.min(ms, maxDelay)
    }
    while (!this.#ended) {
      const current = new AbortController()
      this.#current = current
      let asked: number | undefined
      let error: unknown
      try {
        const { status, contentType, body, retryAfter } = await connect(
          this.#lastEventId,
          current.signal as CancelSignal,
        )
        asked = retryAfter
        if (status === 204) return this.#end({})
        if (!/^text\/event-stream\b/i.test(contentType ?? '')) {
          throw new FinalError(
            `The event stream came as ${contentType ?? 'no content type'}; check that baseUrl is a DashClaw server.`,
          )
        }
        const stream = body as ReadableStream<Uint8Array> | null | undefined
        if (typeof stream?.getReader !== 'function') {
          throw new FinalError(
            'This runtime gives no streaming answers, so events can not be listened to. Poll instead.',
          )
        }
        if (await this.#read(stream, current, setBase)) failures = 0
      } catch (problem) {
        error = problem
        asked ??= (problem as { retryAfter?: number } | null)?.retryAfter
      }
      if (this.#ended) return
      const status = (error as { status?: number } | undefined)?.status
      if (error instanceof FinalError || status === 401 || status === 403 || status === 404) return this.#end({ error })
      if (!reconnect) return this.#end(error === undefined ? {} : { error })
      logger?.debug?.('dashclaw: the event stream broke off and is opened again.', error)
      const wait = asked ?? base * 0.1 + random() * Math.min(maxDelay, base * 2 ** Math.min(failures++, 10)) * 0.9
      const pause = new AbortController()
      this.#current = pause
      await sleep(wait, pause.signal as CancelSignal).catch(() => {})
    }
  }

  /** Reads a connection to its end. True when it delivered an event. */
  async #read(
    body: ReadableStream<Uint8Array>,
    current: AbortController,
    onRetry: (ms: number) => void,
  ): Promise<boolean> {
    let delivered = false
    const parser = createSSEParser({
      onRetry,
      lastEventId: this.#lastEventId,
      wants: (type) => {
        delivered = true
        return this.#handlers.has(type) || (this.#asked(type) && (this.#queues.size > 0 || this.#handlers.has('*')))
      },
      onEvent: (event) => this.#dispatch(event),
    })
    const reader = body.getReader()
    const cancel = () => void reader.cancel().catch(() => {})
    current.signal.addEventListener('abort', cancel, { once: true })
    // Ticks instead of a timer that is set anew with every chunk: nine quiet ones in a row are the limit.
    let quiet = 0
    const watchdog = unref(
      setInterval(
        () => {
          if (++quiet > 9) current.abort()
        },
        (this.#options.idleTimeout ?? 45_000) / 9,
      ),
    )
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#ended) return delivered
        quiet = 0
        parser.feed(value)
        this.#lastEventId = parser.lastEventId
      }
    } finally {
      clearInterval(watchdog)
      current.signal.removeEventListener('abort', cancel)
      cancel()
    }
  }

  /** Whether iterations and `*` handlers get events of a type; a handler of the type itself always does. */
  #asked(type: string): boolean {
    const { types } = this.#options
    return !types || types.includes(type)
  }

  #dispatch({ type, id, data }: ParsedEvent): void {
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch {
      value = data
    }
    // An event without a payload says nothing.
    if (value === null) return
    const event = { type, id: id || null, data: value } as StreamEvent<M>
    const { logger, maxQueue = 10_000 } = this.#options
    const asked = this.#asked(type)
    for (const name of asked ? [type, '*'] : [type]) {
      for (const handler of this.#handlers.get(name) ?? []) {
        const failed = (error: unknown) => logger?.warn(`dashclaw: a handler of ${name} events threw.`, error)
        try {
          const result = handler(value as never, event as never) as Promise<unknown> | undefined
          if (typeof result?.then === 'function') result.then(undefined, failed)
        } catch (error) {
          failed(error)
        }
      }
    }
    for (const queue of asked ? this.#queues : []) {
      if (queue.items.length >= maxQueue) {
        queue.items.shift()
        if (!queue.dropped)
          logger?.warn(`dashclaw: an iteration of events fell ${maxQueue} behind; the oldest are dropped.`)
        queue.dropped = true
      }
      queue.items.push(event)
      queue.wake?.()
    }
  }
}

// biome-ignore lint/correctness/noUnusedVariables: a merged interface needs the parameters of its class
export interface EventStream<M> extends AsyncDisposableLike {}

/** Connecting again would not help. */
class FinalError extends DashClawError {}
