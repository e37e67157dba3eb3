import { type Core, type Shared, sharedOf } from '../core/core.ts'
import { reportTokens } from './tokens-report.ts'

export type Bag = Record<PropertyKey, unknown>
export type Method = (this: unknown, ...args: unknown[]) => unknown

let turns = 0
/** By which call the counts of an answer were taken: it may pass through several wrappers of one DashClaw client. */
const taken = /* @__PURE__ */ new WeakMap<Shared, WeakMap<object, number>>()
const COUNTS =
  'prompt_tokens completion_tokens input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens ' +
  'promptTokenCount toolUsePromptTokenCount candidatesTokenCount thoughtsTokenCount'

/** The counts of one call, reported once. */
export class Meter {
  /** Whether the chunk with nothing but the usage is kept from the caller, who did not ask for it. */
  hides = false
  /** Whether the answer was read as an object. */
  read = false
  answered: (() => void) | undefined
  #core: Core
  #turn = ++turns
  #model: unknown
  #counts: Record<string, number> = {}
  #complete = false
  #over = false
  #signal: AbortSignal | undefined

  constructor(core: Core) {
    this.#core = core
  }

  /** Whether no call within this one has counted the answer, or its usage, yet. The inner one begins later, and sees it first. */
  first(answer: object): boolean {
    const shared = sharedOf(this.#core)
    const by = taken.get(shared) ?? new WeakMap<object, number>()
    taken.set(shared, by)
    if (by.get(answer)! > this.#turn) return false
    by.set(answer, this.#turn)
    return true
  }

  /** Takes a whole answer, or watches a stream. */
  take(value: unknown): void {
    this.answered?.()
    this.read = true
    const stream = value as (Bag & { controller?: { signal?: AbortSignal } }) | null | undefined
    if (typeof stream?.['emitted'] === 'function') return this.#listen(stream['on'] as Method, stream)
    if (typeof stream?.[Symbol.asyncIterator] !== 'function') {
      this.see(value)
      this.#complete = true
      this.#end()
      return
    }
    this.#signal = stream.controller?.signal
    this.#signal?.addEventListener('abort', this.#end)
    if (typeof stream['next'] === 'function') return this.#watch(stream as unknown as AsyncIterator<unknown>)
    let watched = false
    // The packages' own iterate through `iterator`; another tool may have put its own beside it.
    for (const key of ['iterator', Symbol.asyncIterator]) {
      const make = stream[key]
      if (typeof make !== 'function') continue
      put(stream, key, (...args: unknown[]) => {
        const iterator = make.apply(stream, args) as AsyncIterator<unknown>
        // A second one only tells that the stream is used up.
        if (!watched) attempt(() => this.#watch(iterator))
        watched = true
        return iterator
      })
    }
  }

  /** A helper of the provider's own packages: it may be read to its end without being iterated. */
  #listen(on: Method, helper: object): void {
    const listen = (event: string, see: (value: unknown) => void) =>
      on.call(helper, event, (value: unknown) => void attempt(() => see(value)))
    for (const event of ['streamEvent', 'event']) listen(event, (value) => this.see(value))
    // A tool runner makes several calls.
    listen('chatCompletion', (value) => {
      const one = new Meter(this.#core)
      one.#turn = this.#turn
      one.take(value)
    })
    listen('end', this.#end)
  }

  #watch(iterator: AsyncIterator<unknown>): void {
    const { next } = iterator
    iterator.next = async (...args) => {
      try {
        for (;;) {
          const step = await next.apply(iterator, args)
          if (step.done) {
            this.#complete ||= !this.#signal?.aborted
            this.#end()
          } else if (attempt(() => this.see(step.value))) continue
          return step
        }
      } catch (error) {
        this.#end()
        throw error
      }
    }
    for (const name of ['return', 'throw'] as const) {
      const leave = iterator[name] as Method | undefined
      if (!leave) continue
      iterator[name] = (...args: unknown[]) => {
        this.#end()
        return leave.apply(iterator, args) as Promise<IteratorResult<unknown>>
      }
    }
  }

  /** Watches a raw event stream; what is hidden is cut out of its text. */
  filter(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = source.getReader()
    const decoder = new TextDecoder()
    let rest = ''
    return new ReadableStream(
      {
        pull: async (out) => {
          try {
            for (;;) {
              const { done, value } = await reader.read()
              const text = rest + decoder.decode(value, { stream: !done })
              const end = done ? text.length : text.lastIndexOf('\n') + 1
              rest = text.slice(end)
              const lines = text.slice(0, end).replace(/^data:([^\n]*)(\n{0,2})/gm, (line, json, ends) => {
                const chunk = attempt((): unknown => JSON.parse(json))
                if (attempt(() => this.see(chunk))) return ''
                return chunk && this.hides ? `data: ${JSON.stringify(chunk)}${ends}` : line
              })
              if (lines) out.enqueue(new TextEncoder().encode(lines))
              if (done) {
                this.#complete = true
                this.#end()
                return out.close()
              }
              if (lines) return
            }
          } catch (error) {
            this.#end()
            throw error
          }
        },
        cancel: (reason) => {
          this.#end()
          return reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Notes the counts of an answer or a chunk; true for a chunk that the caller must not see. */
  see(value: unknown): boolean {
    const chunk = value as Record<string, Bag | null | undefined> | null | undefined
    // Some events wrap the answer that they tell about.
    const answer = chunk?.response ?? chunk?.message ?? chunk
    this.#model = answer?.model ?? answer?.modelVersion ?? this.#model
    const usage = (answer?.usage ?? chunk?.usage ?? answer?.usageMetadata ?? chunk?.x_groq?.usage) as
      | Bag
      | null
      | undefined
    if (usage && this.first(usage)) {
      for (const name of COUNTS.split(' ')) {
        const count = attempt(() => usage[name] ?? undefined, NaN)
        // One that is no count makes the whole report void.
        if (count !== undefined) this.#counts[name] = typeof count === 'number' && count >= 0 ? count : NaN
      }
    }
    const alone = !!usage && (chunk?.choices as Bag | undefined)?.length === 0
    this.#complete ||=
      alone ||
      /^(message_(delta|stop)|response\.(completed|incomplete|failed))$/.test(String(chunk?.type)) ||
      !!(chunk?.candidates?.[0] as Bag | undefined)?.finishReason
    if (this.hides && chunk?.usage === null) delete chunk.usage
    return alone && this.hides
  }

  /** Reports what is known, unless that was done. */
  #end = (): void => {
    if (this.#over) return
    this.#over = true
    this.#signal?.removeEventListener('abort', this.#end)
    attempt(() => {
      const counts = this.#counts
      const sum = (names: string) => {
        const known = names.split(' ').flatMap((name) => counts[name] ?? [])
        return known.length ? known.reduce((total, count) => total + count) : undefined
      }
      // Cached tokens are part of prompt_tokens, and apart from input_tokens where they have fields beside it.
      const tokensIn =
        counts.prompt_tokens ??
        sum('input_tokens cache_creation_input_tokens cache_read_input_tokens promptTokenCount toolUsePromptTokenCount')
      const tokensOut = counts.completion_tokens ?? sum('output_tokens candidatesTokenCount thoughtsTokenCount')
      // Undefined, not a number, or more than any call has.
      if (!(Math.max(tokensIn ?? tokensOut ?? NaN, tokensOut ?? 0) < 2 ** 31)) return
      reportTokens(this.#core, {
        tokens_in: tokensIn ?? 0,
        tokens_out: tokensOut ?? 0,
        model: typeof this.#model === 'string' ? this.#model : undefined,
        partial: this.#complete ? undefined : true,
      })
    })
  }
}

/** Counts in the raw answer, for callers who read that. */
export function tap(response: Response, meter: Meter): void {
  const source = response.body
  meter.answered?.()
  if (!source || response.bodyUsed || !meter.first(response)) return
  if (!/event-stream/.test(response.headers.get('content-type') ?? '')) {
    response
      .clone()
      .json()
      .then((value) => meter.take(value))
      .catch(() => {})
    return
  }
  // A Node stream, as older packages have it.
  if (typeof source.getReader !== 'function') return
  let body: ReadableStream | undefined
  Object.defineProperty(response, 'body', {
    configurable: true,
    // What the provider's own package reads is counted event by event.
    get: () => body ?? (meter.read ? source : (body = meter.filter(source))),
  })
  put(response, 'text', () => new Response(response.body).text())
}

/** Sets a property that does not show where the object is listed or copied, unless it did before; false when it is frozen. */
export function put(object: object, key: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(object, key, { configurable: true, writable: true, value })
}

/** Counting never breaks a call. */
export function attempt<V>(work: () => V, otherwise?: V): V | undefined {
  try {
    return work()
  } catch {
    return otherwise
  }
}
