import { checkNames, mismatch } from '../core/checks.ts'
import type { Core } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { reportTokens } from './token-report.ts'

/** Options of `wrapClient`. */
export interface WrapClientOptions {
  /** Whose client it is; what is compatible with OpenAI's counts as `openai`. Default: told from the client's methods. */
  provider?: 'openai' | 'anthropic' | 'google' | undefined
}

type Bag = Record<PropertyKey, unknown>
type Method = (this: unknown, ...args: unknown[]) => unknown

/** The methods that make the requests: helpers such as `stream()`, `parse()`, tool runners and chats all go through them. */
const PLACES = {
  anthropic: ['messages.create', 'beta.messages.create'],
  openai: [
    'chat.completions.create',
    'completions.create',
    'responses.create',
    'responses.compact',
    'beta.responses.create',
    'embeddings.create',
  ],
  google: ['models.generateContent', 'models.generateContentStream'],
}

/** Marks a client that is counted, in any copy of this package. */
const MARK = Symbol.for('dashclaw.wrapped')

/**
 * Makes the client of a model provider report the tokens of each call. The client itself is changed, and returned; one that is
 * wrapped already stays as it is. One that another tool observes through a proxy is left alone: what is returned counts.
 *
 * @throws {InputError} When the client has none of the methods that are counted.
 */
export function wrapClient<T>(core: Core, client: T, options: WrapClientOptions = {}): T {
  checkNames('wrapClient', options, ['provider'])
  const bag = client as Bag | null | undefined
  if (typeof bag?.['then'] === 'function') throw mismatch('llmClient', 'a client, such as new OpenAI()', client)
  if (bag?.[MARK]) return client
  const { provider } = options
  const name = (Object.keys(PLACES) as (keyof typeof PLACES)[]).find(
    (name) => (!provider || provider === name) && PLACES[name].some((place) => methodAt(client, place)),
  )
  const places = name ? PLACES[name].filter((place) => methodAt(client, place)) : []
  if (name && places.some((place) => isObserved(client, place)))
    return overlay(core, client as object, places, name) as T
  const fixed = places.filter((place) => !wrapPlace(core, client, place))
  if (!name || fixed.length === places.length) {
    throw new InputError(
      `wrapClient() found nothing to count in this ${provider ?? ''} client. It takes clients with messages.create ('anthropic'), ` +
        "chat.completions.create, responses.create or embeddings.create ('openai', or compatible), or models.generateContent ('google'), " +
        'which are not frozen and not made anew each time they are read.',
      'llmClient',
    )
  }
  if (fixed.length) {
    throw new InputError(`wrapClient() can't count ${fixed.join(', ')}: what is put there does not stay.`, 'llmClient')
  }
  put(bag!, MARK, true)
  const { withOptions } = bag!
  if (typeof withOptions === 'function') {
    put(bag!, 'withOptions', function (this: unknown, ...args: unknown[]) {
      const copy = withOptions.apply(this, args)
      attempt(() => wrapClient(core, copy, { provider: name }))
      return copy
    })
  }
  return client
}

/** The object with the method of a place, and the method's name; nothing where the client has none. */
function methodAt(client: unknown, place: string): { owner: Bag; name: string } | undefined {
  const path = place.split('.')
  let name = path.pop()!
  const owner = path.reduce((part, key) => (part as Bag | null | undefined)?.[key], client) as Bag | undefined
  // Google's public methods send several requests to continue an answer or to call tools; this one sends one.
  if (typeof owner?.[name + 'Internal'] === 'function') name += 'Internal'
  return typeof owner?.[name] === 'function' ? { owner, name } : undefined
}

/** Whether a proxy of another tool gives another method than the client has: a change would go through to the client beneath it. */
function isObserved(client: unknown, place: string): boolean {
  const { owner, name } = methodAt(client, place)!
  for (let object: object | null = owner; object; object = Object.getPrototypeOf(object)) {
    const own = Object.getOwnPropertyDescriptor(object, name)
    if (own) return 'value' in own && own.value !== owner[name]
  }
  return true
}

/** Wraps one method in place; false where it is not there afterwards: a frozen client, or one that makes its parts anew each time. */
function wrapPlace(core: Core, client: unknown, place: string): boolean {
  const { owner, name } = methodAt(client, place)!
  const create = owner[name] as Method
  const call = counted(core, place)
  // As a proxy, the method keeps what else it carries.
  const wrapped = new Proxy(create, { apply: (_, self, args) => call(create, self, args) })
  return put(owner, name, wrapped) && methodAt(client, place)?.owner[name] === wrapped
}

/** The client with counting around it, where what is put into it would land in the client beneath a proxy. */
function overlay(core: Core, client: object, places: readonly string[], provider: keyof typeof PLACES): object {
  const calls = new Map(places.map((place) => [place, counted(core, place)]))
  const layer = (target: object, path: string): object =>
    new Proxy(Object.create(target) as object, {
      get(_, key) {
        if (key === MARK) return true
        const value: unknown = Reflect.get(target, key)
        const place = path + String(key)
        if (typeof value === 'function') {
          // `parse` is `create` with the answer parsed.
          const call = calls.get(place) ?? (key === 'parse' ? calls.get(`${path}create`) : undefined)
          return new Proxy(value, {
            apply(method, self, args) {
              if (call) return call(method as Method, target, args)
              // Private fields are not reached through a proxy.
              const answer: unknown = Reflect.apply(method, typeof self === 'object' ? target : self, args)
              return place === 'withOptions' ? wrapClient(core, answer, { provider }) : answer
            },
          })
        }
        const inside = typeof value === 'object' && value && places.some((one) => one.startsWith(`${place}.`))
        return inside ? layer(value, `${place}.`) : value
      },
    })
  return layer(client, '')
}

/** Calls a method of a place so that it is counted. */
function counted(core: Core, place: string): (create: Method, self: unknown, args: unknown[]) => unknown {
  // Chat streams hold the usage only when it is asked for. Unknown until the host has answered whether it can be asked.
  let asks: boolean | undefined = /\bcompletions/.test(place) ? undefined : false

  return (create, self, args) => {
    const meter = new Meter(core)
    const [body, options] = args as [Bag | undefined, { __metadata?: { helperMethod?: string } } | undefined]
    const given = body?.['stream_options'] as { include_usage?: unknown } | undefined
    if (asks === false || !body?.['stream'] || given?.include_usage) return observe(create.apply(self, args), meter)

    // OpenAI's helpers watch the body that they made, so that one is changed; a caller's own never is.
    const theirs = /^(stream|runTools)$/.test(options?.__metadata?.helperMethod ?? '')
    const asking = Object.assign(theirs ? body : { ...body }, { stream_options: { ...given, include_usage: true } })
    meter.hides = true
    const answer = create.call(self, asking, ...args.slice(1))
    const again = (error: unknown) => {
      const { status } = (error ?? {}) as { status?: unknown }
      if (asks || (status !== 400 && status !== 422)) throw error
      // Some hosts refuse the field: the call is made as the caller wrote it.
      meter.hides = false
      if (theirs) body['stream_options'] = given
      const plain = create.apply(self, args)
      return Promise.resolve(requestOf(plain) ?? plain).then((value) => {
        asks = false
        return value
      })
    }
    meter.answered = () => {
      asks ??= true
    }
    const out = observe(
      answer instanceof Promise && !requestOf(answer) ? answer.catch(again) : answer,
      meter,
      again,
    ) as Lazy
    const request = requestOf(out)
    if (request) {
      out.responsePromise = request.catch(again)
      // Set on the instance, these hold on to the first request; those of the class use the one above.
      delete out.withResponse
      delete out._thenUnwrap
    }
    return out
  }
}

/** The promises of the providers' own packages: they read the answer when they are asked to, and have methods of their own. */
interface Lazy extends PromiseLike<unknown> {
  /** The request, without its answer read. */
  responsePromise?: Promise<unknown>
  asResponse?(): Promise<Response>
  withResponse?(): Promise<unknown>
  _thenUnwrap?(change: (value: unknown) => unknown): Lazy
}

function requestOf(answer: unknown): Promise<unknown> | undefined {
  const request = (answer as Lazy | null | undefined)?.responsePromise
  return request instanceof Promise ? request : undefined
}

/** Watches what a method gave without waiting for it, and gives a thing of the same kind. */
function observe(answer: unknown, meter: Meter, again?: (error: unknown) => unknown): unknown {
  const look = <V>(value: V): V => {
    attempt(() => meter.take(value))
    return value
  }
  const promise = answer as Lazy
  if (typeof promise?._thenUnwrap === 'function') {
    const out = attempt(() => promise._thenUnwrap!(look))
    // Another tool's proxy of such a promise: its methods fail there, and it can be awaited only.
    if (!out) return awaited(promise, look, again)
    const { asResponse } = out
    if (asResponse) {
      put(out, 'asResponse', () =>
        asResponse.call(out).then((response) => {
          attempt(() => tap(response, meter))
          return response
        }),
      )
    }
    return out
  }
  if (typeof promise?.then !== 'function') return look(answer)
  const { then } = promise
  if ((promise as object).constructor === Promise) return promise.then(look)
  put(promise, 'then', (done?: ((value: unknown) => unknown) | null, failed?: ((error: unknown) => unknown) | null) =>
    then.call(promise, (value) => (done ? done(look(value)) : look(value)), failed),
  )
  return promise
}

/** A promise that is counted when it is awaited, and is what it was in all else. */
function awaited(promise: Lazy, look: <V>(value: V) => V, again?: (error: unknown) => unknown): unknown {
  let settled: Promise<unknown> | undefined
  const value = () => (settled ??= Promise.resolve(promise).then(undefined, again).then(look))
  const own: Bag = {
    // biome-ignore lint/suspicious/noThenProperty: it stands for a promise
    then: (done?: (value: unknown) => unknown, failed?: (error: unknown) => unknown) => value().then(done, failed),
    catch: (failed?: (error: unknown) => unknown) => value().catch(failed),
    finally: (done?: () => void) => value().finally(done),
    // Another request can't be put into it.
    responsePromise: undefined,
  }
  return new Proxy(promise, {
    get: (target, key) => (Object.hasOwn(own, key) ? own[key] : Reflect.get(target, key)),
  })
}

/** Counts in the raw answer, for callers who read that. */
function tap(response: Response, meter: Meter): void {
  const source = response.body
  if (!source || response.bodyUsed) return
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
function put(object: object, key: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(object, key, { configurable: true, writable: true, value })
}

/** Counting never breaks a call. */
function attempt<V>(work: () => V): V | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** The counts of one call, reported once. */
class Meter {
  /** Whether the chunk with nothing but the usage is kept from the caller, who did not ask for it. */
  hides = false
  /** Whether the answer was read as an object. */
  read = false
  answered: (() => void) | undefined
  #core: Core
  #model: unknown
  #counts: Record<string, number> = {}
  #complete = false
  #over = false
  #signal: AbortSignal | undefined

  constructor(core: Core) {
    this.#core = core
  }

  /** Takes a whole answer, or watches a stream. */
  take(value: unknown): void {
    this.answered?.()
    this.read = true
    const stream = value as (Bag & { controller?: { signal?: AbortSignal } }) | null | undefined
    if (typeof stream?.[Symbol.asyncIterator] !== 'function') {
      this.see(value)
      this.#complete = true
      this.#end()
      return
    }
    this.#signal = stream.controller?.signal
    this.#signal?.addEventListener('abort', this.#end)
    if (typeof stream['next'] === 'function') return this.#watch(stream as unknown as AsyncIterator<unknown>)
    const key = typeof stream['iterator'] === 'function' ? 'iterator' : Symbol.asyncIterator
    const make = stream[key] as Method
    let watched = false
    put(stream, key, (...args: unknown[]) => {
      const iterator = make.apply(stream, args) as AsyncIterator<unknown>
      // A second one only tells that the stream is used up.
      if (!watched) attempt(() => this.#watch(iterator))
      watched = true
      return iterator
    })
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
    const usage = answer?.usage ?? chunk?.usage ?? answer?.usageMetadata ?? chunk?.x_groq?.usage
    for (const [name, count] of Object.entries(usage ?? {})) {
      if (typeof count === 'number' && count >= 0 && Number.isFinite(count)) this.#counts[name] = count
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
      if ((tokensIn ?? tokensOut) === undefined) return
      reportTokens(this.#core, {
        tokens_in: tokensIn ?? 0,
        tokens_out: tokensOut ?? 0,
        model: typeof this.#model === 'string' ? this.#model : undefined,
        partial: this.#complete ? undefined : true,
      })
    })
  }
}
