/** A provider of models as `wrapClient` meets it: plain, and under the wrappers of other tools. */
import type { setup } from './local.ts'

export type Row = Record<string, unknown>
type Setup = ReturnType<typeof setup>

export const USAGE = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }
export const answer = (usage: unknown = { ...USAGE }) => ({
  model: 'm-1',
  choices: [{ message: { content: 'Hi' } }],
  usage,
})
export const REPORT = { agent_id: 'agent-1', tokens_in: 5, tokens_out: 3, model: 'm-1' }

export async function reports({ claw, server }: Pick<Setup, 'claw' | 'server'>) {
  await claw.flush()
  const bodies = server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)
  server.requests.length = 0
  return bodies
}
export async function all(stream: unknown) {
  const list: unknown[] = []
  for await (const item of stream as AsyncIterable<unknown>) list.push(item)
  return list
}

/** A promise of the providers' packages: it reads late, and its methods need a private field. */
export class LazyPromise extends Promise<unknown> {
  readonly #read: () => Promise<unknown>
  constructor(read: () => Promise<unknown>) {
    super((resolve) => resolve(null))
    let sent: Promise<unknown> | undefined
    this.#read = () => (sent ??= read())
  }
  static override get [Symbol.species]() {
    return Promise
  }
  // biome-ignore lint/suspicious/noThenProperty: the packages do just this.
  override then: Promise<unknown>['then'] = (done, failed) => this.#read().then(done, failed)
  _thenUnwrap(change: (value: unknown) => unknown) {
    const read = this.#read
    return new LazyPromise(async () => change(await read()))
  }
  async asResponse() {
    return Response.json(await this.#read())
  }
  async withResponse() {
    return { data: await this.#read(), response: Response.json({}) }
  }
}

/** A provider's client: its helpers go through the client's own `create`. */
class Completions {
  constructor(
    readonly client: Provider,
    readonly send: (body: Row) => unknown,
  ) {}
  create(body: Row): unknown {
    return new LazyPromise(async () => this.send(body))
  }
  parse(body: Row) {
    const promise = this.client.chat.completions.create(body) as LazyPromise
    return promise._thenUnwrap((value) => ({ ...(value as Row), parsed: true }))
  }
}
export class Provider {
  readonly chat: { completions: Completions }
  constructor(readonly send: (body: Row) => unknown = () => answer()) {
    this.chat = { completions: new Completions(this, send) }
  }
  withOptions() {
    return new Provider(this.send)
  }
}

/** As tools for observing do it: everything is seen through a proxy, and each method runs on its own object. */
export function observe<T extends object>(object: T, seen: string[] = []): T {
  return new Proxy(object, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value === 'function' && key !== 'constructor') {
        return (...args: unknown[]) => {
          seen.push(String(key))
          return value.apply(target, args) as unknown
        }
      }
      return value && typeof value === 'object' ? observe(value, seen) : value
    },
  })
}
/** As tools for tracing do it: the promise is a proxy whose reading was begun, and whose other methods fail unless they are bound. */
export function traced(create: (body: Row) => unknown, bound = false) {
  return (body: Row) => {
    const promise = create(body) as LazyPromise
    const read = promise.then((value) => value)
    return new Proxy(promise, {
      get(target, key) {
        if (key === 'then' || key === 'catch') return read[key].bind(read)
        const value: unknown = Reflect.get(target, key, target)
        return bound && typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  }
}
