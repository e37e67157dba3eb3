import { checkNames, isPlain } from '../core/checks.ts'
import { type Core, sharedOf } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import { attempt, type Bag, Meter, type Method, put, tap } from './tokens-meter.ts'

/** Options of `wrapClient`. */
export interface WrapClientOptions {
  /** Whose client it is; what is compatible with OpenAI's counts as `openai`. Default: told from the client's methods. */
  provider?: 'openai' | 'anthropic' | 'google' | undefined
}

/** The methods that make the requests: helpers such as `stream()`, `parse()`, tool runners and chats all go through them. */
const PLACES = {
  anthropic: ['messages.create', 'beta.messages.create'],
  openai: [
    'chat.completions.create',
    'beta.chat.completions.create',
    'completions.create',
    'responses.create',
    'responses.compact',
    'beta.responses.create',
    'embeddings.create',
  ],
  google: ['models.generateContent', 'models.generateContentStream'],
}

/** Makes the method that counts from the one that is there, which another tool may want to be called on its own object. */
type Wrap = (method: Method, owner?: object) => Method
/** Where a method is, and what is made of it. */
interface Job {
  path: string[]
  wrap: Wrap
}

/**
 * Makes the client of a model provider report the tokens of each call. The client itself is changed, and returned; one that the
 * same DashClaw client wrapped already stays as it is. Where another tool's proxy answers for the client, what is beneath belongs to
 * that tool, so that nothing is changed and a proxy over it is returned.
 *
 * @throws {InputError} When the client has none of the methods that are counted, or they can't be changed.
 */
export function wrapClient<T>(core: Core, client: T, options?: WrapClientOptions): T {
  if (options != null && !isPlain(options)) {
    throw new InputError("wrapClient() takes its options as an object: { provider: 'openai' }.", 'options')
  }
  checkNames('wrapClient', options, ['provider'])
  const mark = Symbol.for('dashclaw.wrapped')
  const shared = sharedOf(core)
  const bag = client as Bag
  const marks = attempt(() => bag[mark] as WeakSet<object>)
  if (attempt(() => marks!.has(shared))) return client
  const provider = options?.provider
  for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    if (provider && provider !== name) continue
    const over: Job[] = []
    const install = (place: string, wrap: Wrap, helper?: boolean) => {
      const job = { path: place.split('.'), wrap }
      const found = fit(client, job, helper)
      if (found === 'over') over.push(job)
      return found
    }
    const places = PLACES[name]
    const found = places.filter((place) => install(place, counting(core, /\bcompletions/.test(place) && undefined)))
    if (!found.length) continue
    // Another tool's go through its own methods, or the client's, so they are counted where they are called.
    for (const owner of new Set(places.map((place) => place.replace(/\w+$/, '')))) {
      for (const helper of ['parse', 'stream', 'runTools']) install(owner + helper, counting(core, false), true)
    }
    const copying: Wrap = (method, owner) =>
      function (this: unknown, ...args) {
        const copy = method.apply(owner ?? this, args)
        return attempt(() => wrapClient(core, copy, { provider: name })) ?? copy
      }
    for (const key of ['withOptions', 'with_options']) {
      if (over.length) over.push({ path: [key], wrap: copying })
      else fit(client, { path: [key], wrap: copying })
    }
    const known = new WeakSet([shared])
    if (!over.length) {
      if (!attempt(() => marks!.add(shared))) put(bag, mark, known)
      return client
    }
    const outer = proxy(bag, over, mark, known)
    try {
      for (const { path } of over) path.reduce<unknown>((part, key) => (part as Bag)[key], outer)
    } catch {
      throw refused(FROZEN)
    }
    return outer as T
  }
  throw refused(
    typeof attempt(() => bag['then']) === 'function'
      ? 'got a promise, so an await is missing before it'
      : client && /^[fo]/.test(typeof client)
        ? `found nothing to count in this ${provider ? `${provider} ` : ''}client`
        : `needs a client, not ${client == null ? client : `a ${typeof client}`}`,
  )
}

const FROZEN = "can't count in this client, which is frozen"
const refused = (what: string) =>
  new InputError(
    `wrapClient() ${what}. It takes clients with messages.create ('anthropic'), ` +
      "chat.completions.create, responses.create or embeddings.create ('openai', or compatible), or models.generateContent ('google').",
    'llmClient',
  )

/**
 * Puts the counting where the method is, also behind getters that make their object later or anew each time.
 *
 * @param helper - Only where another tool put the method; the provider's own goes through one that is counted.
 * @returns What was found: `over` where the method is seen through another tool's proxy, so that nothing was changed.
 */
function fit(owner: unknown, { path: [key = '', ...path], wrap }: Job, helper?: boolean): 'here' | 'over' | false {
  const bag = owner as Bag
  const read = () => attempt(() => bag[key])
  const value = read()
  if (!path.length) {
    if (typeof value !== 'function') return false
    if (isForeign(bag, key)) return 'over'
    if (helper && !Object.hasOwn(bag, key)) return false
    // Google's public methods send several requests to continue an answer or to call tools; this one sends one.
    const name = typeof bag[key + 'Internal'] === 'function' ? key + 'Internal' : key
    if (put(bag, name, wrap(bag[name] as Method))) return 'here'
    throw refused(FROZEN)
  }
  const stable = value != null && value === read()
  const found = fit(value, { path, wrap }, helper)
  if (stable || found === 'over') return found
  // Made anew each time. A proxy does so as well, but holds a value.
  const property = attempt(() => held(bag, key))
  const make = property?.get
  const get = function (this: unknown) {
    const made: unknown = make!.call(this)
    attempt(() => fit(made, { path, wrap }, helper))
    return made
  }
  return make && Reflect.defineProperty(bag, key, { ...property, configurable: true, get }) ? found : found && 'over'
}

/** The property as the object or its class holds it. */
function held(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = object; at; at = Reflect.getPrototypeOf(at)) {
    const property = Reflect.getOwnPropertyDescriptor(at, key)
    if (property) return property
  }
  return undefined
}

/** Whether a property reads as something else than the object holds: another tool's proxy answers for it. */
function isForeign(object: object, key: string): boolean {
  const property = held(object, key)
  return !property?.get && property?.value !== (object as Bag)[key]
}

/** What another tool's proxy gives, with the methods counted on the way; nothing is set through it. */
function proxy(client: object, jobs: Job[], mark?: symbol, known?: unknown): object {
  return new Proxy(client, {
    get(target, key) {
      if (key === mark) return known
      const value: unknown = Reflect.get(target, key)
      const inner = jobs.flatMap(({ path: [first, ...path], wrap }) => (first === key ? { path, wrap } : []))
      if (!inner[0] || !value) return value
      if (inner[0].path.length) return typeof value === 'object' ? proxy(value, inner) : value
      return typeof value === 'function' ? inner[0].wrap(value as Method, target) : value
    },
  })
}

/**
 * Makes methods count.
 *
 * @param asks - Whether streams hold the usage only when it is asked for: unknown until the host has answered whether it can be asked.
 */
function counting(core: Core, asks?: boolean): Wrap {
  const call = (create: Method, self: unknown, args: unknown[]): unknown => {
    const meter = new Meter(core)
    const [body, options] = args as [Bag | undefined, { __metadata?: { helperMethod?: string } } | undefined]
    const given = body?.['stream_options'] as { include_usage?: unknown } | undefined
    if (asks === false || !body?.['stream'] || given?.include_usage) return observe(create.apply(self, args), meter)

    // OpenAI's helpers watch the body that they made, so that one is changed; a caller's own never is.
    const theirs = /^(stream|runTools)$/.test(options?.__metadata?.helperMethod ?? '')
    const asking = Object.assign(theirs ? body : { ...body }, { stream_options: { ...given, include_usage: true } })
    meter.hides = true
    meter.answered = () => {
      asks ??= true
    }
    return observe(create.call(self, asking, ...args.slice(1)), meter, (error) => {
      const status = (error as { status?: unknown } | null | undefined)?.status
      if (asks || (status !== 400 && status !== 422)) throw error
      // Some hosts refuse the field: the call is made as the caller wrote it.
      meter.hides = false
      meter.answered = () => {
        asks = false
      }
      if (theirs) body['stream_options'] = given
      return create.apply(self, args)
    })
  }
  // As a proxy, the method keeps what else it carries.
  return (create, owner) =>
    new Proxy(create, { apply: (_, self, args: unknown[]) => call(create, owner ?? self, args) })
}

/** The promises of the providers' own packages: they read the answer when they are asked to, and have methods of their own. */
interface Lazy extends PromiseLike<unknown> {
  asResponse(): Promise<Response>
  withResponse(): Promise<object>
  _thenUnwrap(change: (...args: unknown[]) => unknown): Lazy
}

/** Watches what a method gave without waiting for it, and gives a thing of the same kind. */
function observe(answer: unknown, meter: Meter, again?: (error: unknown) => unknown): unknown {
  const look = <V>(value: V): V => {
    attempt(() => meter.take(value))
    return value
  }
  const promise = answer as Lazy
  // Of those of other tools, some begin to read when then() is looked at.
  if (attempt(() => promise.asResponse ?? promise._thenUnwrap)) return proxyPromise(promise, meter, look, again)
  const then = attempt(() => promise.then)
  if (typeof then !== 'function') return look(answer)
  if ((promise as object).constructor === Promise) return promise.then(undefined, again).then(look)
  if (again || isForeign(promise, 'then')) return proxyPromise(promise, meter, look, again)
  put(promise, 'then', (done?: ((value: unknown) => unknown) | null, failed?: ((error: unknown) => unknown) | null) =>
    then.call(promise, (value) => (done ? done(look(value)) : look(value)), failed),
  )
  return promise
}

/** A promise that reads when it is asked to, and then once. Its methods run on the promise itself, which may hold private fields. */
function proxyPromise(
  promise: Lazy,
  meter: Meter,
  look: <V>(value: V) => V,
  again?: (error: unknown) => unknown,
): unknown {
  let value: Promise<unknown> | undefined
  let second: Lazy | undefined
  const retry = again && ((error: unknown) => (second ??= again(error) as Lazy))
  const read = () => (value ??= Promise.resolve(promise).then(undefined, retry).then(look))
  const methods: Partial<Record<PropertyKey, Method>> = {
    asResponse: () =>
      promise
        .asResponse()
        .then(undefined, retry && ((error) => retry(error).asResponse()))
        .then((response) => {
          attempt(() => tap(response, meter))
          return response
        }),
    withResponse: () =>
      Promise.all([
        promise.withResponse().then(undefined, retry && ((error) => retry(error).withResponse())),
        read(),
      ]).then(([rest, data]) => ({ ...rest, data })),
    _thenUnwrap: (change) => promise._thenUnwrap((value, ...rest) => (change as Method)(look(value), ...rest)),
  }
  return new Proxy(promise, {
    get(target, key) {
      if (key === 'then' || key === 'catch' || key === 'finally') {
        return (...args: unknown[]) => (read()[key] as Method).apply(value, args)
      }
      const method: unknown = Reflect.get(target, key)
      if (typeof method !== 'function' || key === 'constructor') return method
      return Object.hasOwn(methods, key) ? methods[key] : method.bind(target)
    },
  })
}
