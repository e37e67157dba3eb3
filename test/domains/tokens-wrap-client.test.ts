import { describe, expect, test, vi } from 'vitest'
import { wrapClient } from '../../src/domains/tokens-wrap-client.ts'
import { rejection, setup } from '../support/local.ts'

type Row = Record<string, unknown>
type Create = (body: Row, options?: Row) => unknown

const USAGE = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }
const ANSWER = { id: '1', model: 'm-1', choices: [{ message: { content: 'Hi' } }], usage: USAGE }
const REPORT = { agent_id: 'agent-1', tokens_in: 5, tokens_out: 3, model: 'm-1' }

/** A client of OpenAI's shape. */
const chatClient = (create: Create) => ({ chat: { completions: { create } } })

async function reports({ claw, server }: Pick<ReturnType<typeof setup>, 'claw' | 'server'>) {
  await claw.flush()
  const bodies = server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)
  server.requests.length = 0
  return bodies
}

async function* chunks(...list: unknown[]) {
  yield* list
}
async function all(stream: unknown) {
  const list: unknown[] = []
  for await (const item of stream as AsyncIterable<unknown>) list.push(item)
  return list
}

/** A promise as the providers' own packages give it: it reads the answer when that is asked for. */
class LazyPromise<T> extends Promise<T> {
  constructor(
    readonly responsePromise: Promise<Response>,
    readonly parse: (response: Response) => Promise<T>,
  ) {
    super((resolve) => resolve(null as T))
  }
  static override get [Symbol.species]() {
    return Promise
  }
  _thenUnwrap<U>(change: (value: T) => U) {
    return new LazyPromise(this.responsePromise, async (response) => change(await this.parse(response)))
  }
  asResponse() {
    return this.responsePromise
  }
  // biome-ignore lint/suspicious/noThenProperty: the packages do just this.
  override then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.responsePromise.then(this.parse).then(done, failed)
  }
}

describe('wrapClient', () => {
  test('gives the same object back, and counts each call once, however often it is wrapped', async () => {
    const { claw, server } = setup()
    const client = chatClient(async () => ANSWER)
    expect(wrapClient(claw, client)).toBe(client)
    expect(wrapClient(claw.forAgent('agent-2'), client)).toBe(client)
    expect(await client.chat.completions.create({})).toBe(ANSWER)
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test.each([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'sk-…'],
    ['an empty object', {}],
    ['a method that is no function', chatClient('x' as never)],
    ['a frozen client', { chat: { completions: Object.freeze({ create: async () => ANSWER }) } }],
  ])('refuses %s, and names what it takes', (_name, client) => {
    const { claw } = setup()
    expect(() => wrapClient(claw, client)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        message: expect.stringMatching(/messages\.create.*chat\.completions\.create.*models\.generateContent/),
      }),
    )
  })
  test('refuses a client that is not of the provider that is given, and a provider that it does not know', () => {
    const { claw } = setup()
    const client = () => chatClient(async () => ANSWER)
    expect(() => wrapClient(claw, client(), { provider: 'anthropic' })).toThrow("'anthropic'")
    expect(() => wrapClient(claw, client(), { provider: 'acme' as never })).toThrow('acme')
    expect(() => wrapClient(claw, client(), { provider: 'openai' })).not.toThrow()
  })
  test('tells Anthropic before OpenAI where a client has the methods of both, unless the provider is given', async () => {
    const both = () => ({
      messages: { create: async () => ({ model: 'm-1', usage: { input_tokens: 5, output_tokens: 3 } }) },
      ...chatClient(async () => ANSWER),
    })
    const { claw, server } = setup()
    const [first, second] = [wrapClient(claw, both()), wrapClient(claw, both(), { provider: 'openai' })]
    await first.chat.completions.create({})
    await second.messages.create()
    expect(await reports({ claw, server })).toEqual([])
    await first.messages.create()
    await second.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })

  test.each([
    ['chat', ANSWER, [5, 3]],
    ['responses', { model: 'm-1', usage: { input_tokens: 5, output_tokens: 3, output_tokens_details: {} } }, [5, 3]],
    ['embeddings', { model: 'm-1', usage: { prompt_tokens: 5, total_tokens: 5 } }, [5, 0]],
    ['zero', { model: 'm-1', usage: { prompt_tokens: 0, completion_tokens: 0 } }, [0, 0]],
    [
      'Anthropic with its cache',
      {
        model: 'm-1',
        usage: { input_tokens: 1, cache_creation_input_tokens: 20, cache_read_input_tokens: 300, output_tokens: 4 },
      },
      [321, 4],
    ],
    ['cache fields of null', { model: 'm-1', usage: { input_tokens: 1, cache_read_input_tokens: null } }, [1, 0]],
    ['both spellings', { model: 'm-1', usage: { ...USAGE, input_tokens: 5, cache_read_input_tokens: 4 } }, [5, 3]],
    [
      'Gemini with thoughts and tools',
      {
        modelVersion: 'm-1',
        usageMetadata: {
          promptTokenCount: 5,
          toolUsePromptTokenCount: 1,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 30,
        },
      },
      [6, 32],
    ],
  ])('counts the tokens of %s', async (_name, answer, [tokens_in, tokens_out]) => {
    const { claw, server } = setup()
    await wrapClient(
      claw,
      chatClient(async () => answer),
    ).chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([{ ...REPORT, tokens_in, tokens_out }])
  })
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'Hi'],
    ['no usage', { model: 'm-1' }],
    ['usage of null', { usage: null }],
    ['usage without counts', { usage: { prompt_tokens: '5', total_tokens: 8 } }],
    [
      'usage that throws',
      {
        get usage() {
          throw new Error('mine')
        },
      },
    ],
  ])('passes an answer of %s and reports nothing', async (_name, answer) => {
    const { claw, server } = setup()
    expect(
      await wrapClient(
        claw,
        chatClient(async () => answer),
      ).chat.completions.create({}),
    ).toBe(answer)
    expect(await reports({ claw, server })).toEqual([])
  })
  test('leaves the model out where the answer has none', async () => {
    const { claw, server } = setup()
    await wrapClient(
      claw,
      chatClient(async () => ({ usage: USAGE })),
    ).chat.completions.create({ model: 'asked' })
    expect(await reports({ claw, server })).toEqual([{ agent_id: 'agent-1', tokens_in: 5, tokens_out: 3 }])
  })

  test('calls the method with its own object and all arguments, and passes what it throws', async () => {
    const { claw, server } = setup()
    const error = new Error('no')
    const create = vi.fn(function (this: unknown) {
      throw error
    })
    const client = wrapClient(claw, chatClient(create))
    const options = { signal: 1 }
    expect(() => client.chat.completions.create({ model: 'm' }, options)).toThrow(error)
    expect(create.mock.calls).toEqual([[{ model: 'm' }, options]])
    expect(create.mock.contexts[0]).toBe(client.chat.completions)
    const rejects = wrapClient(
      claw,
      chatClient(() => Promise.reject(error)),
    )
    expect(await rejection(rejects.chat.completions.create({}) as Promise<unknown>)).toBe(error)
    expect(await reports({ claw, server })).toEqual([])
  })
  test('takes clients that answer at once', async () => {
    const { claw, server } = setup()
    expect(
      wrapClient(
        claw,
        chatClient(() => ANSWER),
      ).chat.completions.create({}),
    ).toBe(ANSWER)
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('keeps a lazy promise lazy, and of its class', async () => {
    const { claw, server } = setup()
    const parse = vi.fn(async (response: Response) => (await response.json()) as unknown)
    const create = () => new LazyPromise(Promise.resolve(Response.json(ANSWER)), parse)
    const promise = wrapClient(claw, chatClient(create)).chat.completions.create({}) as LazyPromise<unknown>
    expect(promise).toBeInstanceOf(LazyPromise)
    await new Promise((resolve) => setTimeout(resolve))
    expect(parse).not.toHaveBeenCalled()
    expect(await promise).toEqual(ANSWER)
    expect(parse).toHaveBeenCalledTimes(1)
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('keeps foreign promises, whatever they are', async () => {
    const { claw, server } = setup()
    class Query extends Promise<unknown> {
      cancel = () => 'cancelled'
    }
    const made = Query.resolve(ANSWER)
    const promise = wrapClient(
      claw,
      chatClient(() => made),
    ).chat.completions.create({})
    expect(promise).toBe(made)
    expect(await made).toBe(ANSWER)
    expect(await made.catch(() => {})).toBe(ANSWER)
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('wraps what withOptions gives, and leaves that alone where it is something else', async () => {
    const { claw, server } = setup()
    const copy = chatClient(async () => ANSWER)
    const client = wrapClient(claw, {
      ...chatClient(async () => ANSWER),
      withOptions: (odd?: boolean) => (odd ? 5 : copy),
    })
    expect(client.withOptions(true)).toBe(5)
    expect(client.withOptions()).toBe(copy)
    await copy.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
})

describe('a stream of a wrapped client', () => {
  const hi = () => ({ model: 'm-1', choices: [{ delta: { content: 'Hi' } }] })
  const last = { model: 'm-1', choices: [], usage: USAGE }

  test('asks for its usage and hides the chunk that holds it, in a copy of what the caller passed', async () => {
    const { claw, server } = setup()
    const create = vi.fn(async (_body: Row) => chunks(hi(), { ...hi(), usage: null }, last))
    const body = Object.freeze({ stream: true })
    const stream = await wrapClient(claw, chatClient(create)).chat.completions.create(body)
    expect(create).toHaveBeenCalledWith({ stream: true, stream_options: { include_usage: true } })
    expect(await all(stream)).toEqual([hi(), hi()])
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('shows chunks without choices that hold no usage', async () => {
    const { claw } = setup()
    const filters = { model: 'm-1', choices: [], prompt_filter_results: [] }
    const client = wrapClient(
      claw,
      chatClient(async () => chunks(filters, hi(), last)),
    )
    expect(await all(await client.chat.completions.create({ stream: true }))).toEqual([filters, hi()])
  })
  test('asks no other kind of call for usage', async () => {
    const { claw } = setup()
    const responses = { create: vi.fn(async (_body: Row) => chunks()) }
    const body = { stream: true }
    await wrapClient(claw, { responses }, {}).responses.create(body)
    expect(responses.create.mock.calls).toEqual([[body]])
    const messages = { create: vi.fn(async (_body: Row) => chunks()) }
    const completions = { create: vi.fn(async (_body: Row) => chunks()) }
    const anthropic = wrapClient(claw, { messages, completions })
    await anthropic.completions.create(body)
    expect(completions.create.mock.calls).toEqual([[body]])
    expect(body).toEqual({ stream: true })
  })
  test.each([400, 422])('goes on without the field where the host refuses it with %i', async (status) => {
    const { claw, server } = setup()
    const create = vi.fn(async (body: Row) => {
      if (body['stream_options']) throw Object.assign(new Error('unknown field'), { status })
      return chunks(hi(), last)
    })
    const client = wrapClient(claw, chatClient(create))
    for (let i = 0; i < 2; i++) {
      expect(await all(await client.chat.completions.create({ stream: true }))).toEqual([hi(), last])
    }
    expect(create).toHaveBeenCalledTimes(3)
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })
  test('does not repeat a call that failed for another reason', async () => {
    const { claw } = setup()
    const error = Object.assign(new Error('slow down'), { status: 429 })
    const create = vi.fn(async () => {
      throw error
    })
    const client = wrapClient(claw, chatClient(create))
    expect(await rejection(client.chat.completions.create({ stream: true }) as Promise<unknown>)).toBe(error)
    expect(create).toHaveBeenCalledTimes(1)
  })
  test('does not repeat a refused call once the host has taken the field', async () => {
    const { claw } = setup()
    const error = Object.assign(new Error('bad model'), { status: 400 })
    const create = vi.fn(async (body: Row) => {
      if (body['model'] === 'bad') throw error
      return chunks(hi(), last)
    })
    const client = wrapClient(claw, chatClient(create))
    await client.chat.completions.create({ stream: true })
    expect(await rejection(client.chat.completions.create({ stream: true, model: 'bad' }) as Promise<unknown>)).toBe(
      error,
    )
    expect(create).toHaveBeenCalledTimes(2)
  })
  test('counts the usage that a host puts beside its last words', async () => {
    const { claw, server } = setup()
    const groq = { ...hi(), x_groq: { usage: USAGE } }
    const client = wrapClient(
      claw,
      chatClient(async () => chunks(hi(), groq)),
    )
    expect(await all(await client.chat.completions.create({ stream: true }))).toEqual([hi(), groq])
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('keeps what a generator gives to throw() and return()', async () => {
    const { claw, server } = setup()
    const seen: unknown[] = []
    async function* source() {
      try {
        yield { model: 'm-1', usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3 } }
      } catch (error) {
        seen.push(error)
        yield 'caught'
      }
    }
    const generateContentStream = async () => source()
    const client = wrapClient(claw, { models: { generateContentStream } })
    const stream = await client.models.generateContentStream()
    await stream.next()
    expect(await stream.throw('mine')).toEqual({ value: 'caught', done: false })
    expect(await stream.return()).toEqual({ value: undefined, done: true })
    expect(seen).toEqual(['mine'])
    expect(await reports({ claw, server })).toEqual([{ ...REPORT, partial: true }])
  })
  test('leaves no listener on its signal, and counts once when that aborts later', async () => {
    const { claw, server } = setup()
    const controller = new AbortController()
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const stream = { controller, iterator: () => chunks(hi(), last), [Symbol.asyncIterator]: () => stream.iterator() }
    const client = wrapClient(
      claw,
      chatClient(async () => stream),
    )
    await all(await client.chat.completions.create({ stream: true }))
    controller.abort()
    expect(removed.mock.calls).toEqual(added.mock.calls.map((call) => call.slice(0, 2)))
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('that is asked for twice tells so, and is counted once', async () => {
    const { claw, server } = setup()
    let used = false
    const stream = {
      async *[Symbol.asyncIterator]() {
        if (used) throw new Error('consumed')
        used = true
        yield hi()
        yield last
      },
    }
    const client = wrapClient(
      claw,
      chatClient(async () => stream),
    )
    const got = (await client.chat.completions.create({ stream: true })) as typeof stream
    const first = got[Symbol.asyncIterator]()
    await first.next()
    await expect(all(got)).rejects.toThrow('consumed')
    expect(await first.next()).toEqual({ value: undefined, done: true })
    expect(await reports({ claw, server })).toEqual([REPORT])
  })

  test.each([1, 2, 3, 7, 50, 1000])(
    'a raw body cut into pieces of %i bytes loses the hidden event, and nothing else',
    async (size) => {
      const { claw, server } = setup()
      const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
      const say = { ...hi(), choices: [{ delta: { content: 'Grüße 👋\n' } }] }
      const text = `: comment\n\n${event(say)}${event({ ...say, usage: null })}${event(last)}data: [DONE]\n\n`
      const bytes = new TextEncoder().encode(text)
      const source = () =>
        new ReadableStream({
          start(out) {
            for (let at = 0; at < bytes.length; at += size) out.enqueue(bytes.slice(at, at + size))
            out.close()
          },
        })
      const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
      const create = () => new LazyPromise(Promise.resolve(new Response(source(), { headers })), async () => chunks())
      const promise = wrapClient(claw, chatClient(create)).chat.completions.create({ stream: true })
      const got = await (await (promise as LazyPromise<unknown>).asResponse()).text()
      expect(got.replace(/\n{2,}/g, '\n\n')).toBe(`: comment\n\n${event(say)}${event(say)}data: [DONE]\n\n`)
      expect(await reports({ claw, server })).toEqual([REPORT])
    },
  )
  test('leaves a raw body alone that is no stream of the web', async () => {
    const { claw, server } = setup()
    const body = { pipe: () => {} }
    const headers = new Headers({ 'content-type': 'text/event-stream' })
    const response = { body, headers, text: async () => 'data: [DONE]' } as unknown as Response
    const client = wrapClient(
      claw,
      chatClient(() => new LazyPromise(Promise.resolve(response), async () => chunks())),
    )
    const got = await (client.chat.completions.create({ stream: true }) as LazyPromise<unknown>).asResponse()
    expect(got.body).toBe(body)
    expect(await got.text()).toBe('data: [DONE]')
    expect(await reports({ claw, server })).toEqual([])
  })
})

describe('reports of a wrapped client', () => {
  test('are never waited for', async () => {
    let answer = (_response: Response) => {}
    const fetch = vi.fn((_url: string) => new Promise<Response>((resolve) => (answer = resolve)))
    const { claw } = setup({ fetch })
    const client = wrapClient(
      claw,
      chatClient(async () => ANSWER),
    )
    expect(await client.chat.completions.create({})).toBe(ANSWER)
    const flushed = vi.fn()
    const flush = claw.flush().then(flushed)
    await expect.poll(() => fetch.mock.calls.length).toBe(1)
    expect(flushed).not.toHaveBeenCalled()
    answer(Response.json({ snapshot: {} }, { status: 201 }))
    await flush
    expect(flushed).toHaveBeenCalled()
  })
  test('that fail are tried again, and the call knows nothing of it', async () => {
    const { claw, server, logger } = setup()
    server.failNext('network')
    const client = wrapClient(
      claw,
      chatClient(async () => ANSWER),
    )
    expect(await client.chat.completions.create({})).toBe(ANSWER)
    await claw.flush()
    const rows = server.snapshot()['token_reports'] as Row[]
    expect(rows.filter(({ agent_id }) => agent_id)).toMatchObject([{ tokens_in: 5, tokens_out: 3, model: 'm-1' }])
    expect(logger.texts).toEqual([expect.stringMatching(/token report was not delivered; it is tried again/)])
  })
  test('end with one warning where the server has no route for them', async () => {
    const fetch = vi.fn(async () => new Response('<html>', { status: 404, headers: { 'content-type': 'text/html' } }))
    const { claw, logger } = setup({ fetch })
    const make = () =>
      wrapClient(
        claw,
        chatClient(async () => ANSWER),
      )
    await Promise.all([make(), make()].map((client) => client.chat.completions.create({})))
    await claw.flush()
    const asked = fetch.mock.calls.length
    await make().chat.completions.create({})
    await claw.flush()
    expect(fetch.mock.calls.length).toBe(asked)
    expect(logger.texts).toEqual([expect.stringContaining('takes no token reports')])
  })
  test('can not break a call when the logger and the hooks throw', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const { claw } = setup({ fetch: broken as never, onUndelivered: broken, waitUntil: broken, redact: broken })
    const client = wrapClient(
      claw,
      chatClient(async () => ANSWER),
    )
    expect(await client.chat.completions.create({})).toBe(ANSWER)
    await claw.flush()
  })
})

describe('wrapClient beside other wrappers', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1 }
  const answer = { model: 'm', choices: [], usage }
  /** What Langfuse does: every method and part is read through a proxy. */
  const observe = <T extends object>(object: T, seen: string[], path = ''): T =>
    new Proxy(object, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value === 'function') {
          return (...args: unknown[]) => {
            seen.push(path + String(key))
            return value.apply(target, args)
          }
        }
        return value && typeof value === 'object' ? observe(value, seen, `${path}${String(key)}.`) : value
      },
    })
  const reports = async (claw: ReturnType<typeof setup>['claw'], server: ReturnType<typeof setup>['server']) => {
    await claw.flush()
    return server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)
  }
  const raw = () => {
    const completions = {
      create: async (_body: object) => answer,
      // A helper of the package builds on the method.
      parse: (body: object) => completions.create(body),
    }
    return { chat: { completions } }
  }

  test('over a proxy: it sees each call once, the client beneath keeps its method, each call counts once', async () => {
    const { claw, server } = setup()
    const client = raw()
    const { create } = client.chat.completions
    const seen: string[] = []
    const wrapped = wrapClient(claw, observe(client, seen))
    seen.length = 0
    expect(await wrapped.chat.completions.create({})).toBe(answer)
    expect(await wrapped.chat.completions.parse({})).toBe(answer)
    expect(seen).toEqual(['chat.completions.create', 'chat.completions.parse'])
    expect(client.chat.completions.create).toBe(create)
    expect(await reports(claw, server)).toHaveLength(2)
    expect(wrapClient(claw, wrapped)).toBe(wrapped)
  })
  test('under a proxy, and twice: each call counts once', async () => {
    const { claw, server } = setup()
    const seen: string[] = []
    const wrapped = wrapClient(claw, observe(wrapClient(claw, raw()), seen))
    await wrapped.chat.completions.create({})
    expect(seen.filter((path) => !path.startsWith('Symbol('))).toEqual(['chat.completions.create'])
    expect(await reports(claw, server)).toHaveLength(1)
  })
  test('a promise whose methods fail on its proxy can be awaited, and counts once', async () => {
    class LazyPromise<T> extends Promise<T> {
      #change = (value: unknown) => value
      static override get [Symbol.species]() {
        return Promise
      }
      _thenUnwrap(change: (value: unknown) => unknown) {
        const first = this.#change
        return Promise.resolve(this).then((value) => change(first(value)))
      }
    }
    const create = () => {
      const promise = new LazyPromise((resolve) => resolve(answer))
      return new Proxy(promise, {
        get: (target, key, receiver) =>
          key === 'then' ? target.then.bind(target) : Reflect.get(target, key, receiver),
      })
    }
    const { claw, server } = setup()
    const client = wrapClient(claw, { chat: { completions: { create } } })
    const promise = client.chat.completions.create()
    expect(await promise).toBe(answer)
    expect(await promise).toBe(answer)
    await expect(Promise.resolve(promise).finally(() => {})).resolves.toBe(answer)
    expect(await reports(claw, server)).toHaveLength(1)
  })
  test.each([
    [
      'makes its parts anew each time',
      () => ({
        get chat() {
          return raw().chat
        },
      }),
    ],
  ])('a client that %s is counted all the same', async (_name, make) => {
    const { claw, server } = setup()
    await wrapClient(claw, make()).chat.completions.create({})
    expect(await reports(claw, server)).toHaveLength(1)
  })
  test('a promise of a client is an error, not silence', () => {
    const { claw } = setup()
    expect(() => wrapClient(claw, Promise.resolve(raw()))).toThrow(
      expect.objectContaining({ name: 'InputError', field: 'llmClient' }),
    )
  })
  test.each([
    { prompt_tokens: 'many' },
    { prompt_tokens: Number.NaN },
    { prompt_tokens: -5 },
    { prompt_tokens: Number.POSITIVE_INFINITY },
    5,
    'x',
  ])('a usage of %j breaks no call and reports nothing', async (odd) => {
    const { claw, server } = setup()
    const odds = { model: 'm', choices: [], usage: odd }
    const client = wrapClient(claw, { chat: { completions: { create: async () => odds } } })
    expect(await client.chat.completions.create()).toBe(odds)
    expect(await reports(claw, server)).toEqual([])
  })
  test('a usage that throws when it is read breaks no call', async () => {
    const { claw } = setup()
    const odd = {
      get usage(): never {
        throw new Error('no')
      },
    }
    const client = wrapClient(claw, { chat: { completions: { create: async () => odd } } })
    expect((await client.chat.completions.create()) === odd).toBe(true)
  })
})
