import { describe, expect, test, vi } from 'vitest'
import { wrapClient } from '../../src/domains/tokens-wrap-client.ts'
import { setup } from '../support/local.ts'
import {
  all,
  answer,
  type LazyPromise,
  observe,
  Provider,
  REPORT,
  type Row,
  reports,
  traced,
  USAGE,
} from '../support/provider.ts'

describe('wrapClient over a client that another tool observes through a proxy', () => {
  test('each call is seen once, counted once, and the client beneath keeps its own method', async () => {
    const { claw, server } = setup()
    const raw = new Provider()
    const seen: string[] = []
    const observed = observe(raw, seen)
    const client = wrapClient(claw, observed)
    expect(Object.hasOwn(raw.chat.completions, 'create')).toBe(false)
    expect(Reflect.ownKeys(raw)).toEqual(['send', 'chat'])
    expect(client).toBeInstanceOf(Provider)
    expect(client.constructor).toBe(Provider)
    seen.length = 0
    expect(await client.chat.completions.create({})).toEqual(answer())
    expect(seen).toEqual(['create'])
    expect(await reports({ claw, server })).toEqual([REPORT])
    await raw.chat.completions.create({})
    await observed.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([])
  })
  test('helpers that build on create go on working, and are counted once', async () => {
    const { claw, server } = setup()
    const seen: string[] = []
    const client = wrapClient(claw, observe(new Provider(), seen))
    seen.length = 0
    expect(await client.chat.completions.parse({})).toEqual({ ...answer(), parsed: true })
    expect(seen).toEqual(['parse'])
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('a stream is counted, and its last chunk is kept from the caller', async () => {
    const { claw, server } = setup()
    const bodies: Row[] = []
    const hi = { model: 'm-1', choices: [{ delta: {} }] }
    const raw = new Provider(async function* (body) {
      bodies.push(body)
      yield hi
      yield { model: 'm-1', choices: [], usage: USAGE }
    })
    const client = wrapClient(claw, observe(raw))
    expect(await all(await client.chat.completions.create({ stream: true }))).toEqual([hi])
    expect(bodies).toEqual([{ stream: true, stream_options: { include_usage: true } }])
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('a helper that tells its events to listeners is counted without being iterated', async () => {
    const { claw, server } = setup()
    const listeners: Record<string, ((value?: unknown) => void)[]> = {}
    const helper = {
      emitted: () => {},
      on: (event: string, listener: () => void) => (listeners[event] ??= []).push(listener),
      async *[Symbol.asyncIterator]() {},
    }
    const tell = (event: string, value?: unknown) => listeners[event]?.forEach((listener) => void listener(value))
    const raw = { messages: { create: () => answer(), stream: () => helper }, chat: { completions: {} } }
    const chat = { completions: { create: () => answer(), runTools: () => helper } }
    expect(wrapClient(claw, observe(raw)).messages.stream()).toBe(helper)
    tell('streamEvent', { type: 'message_start', message: { model: 'm-1', usage: { input_tokens: 5 } } })
    tell('streamEvent', { type: 'message_delta', usage: { output_tokens: 3 } })
    tell('end')
    expect(await reports({ claw, server })).toEqual([REPORT])
    for (const event in listeners) delete listeners[event]
    wrapClient(claw, observe({ chat })).chat.completions.runTools()
    tell('chatCompletion', answer())
    tell('chatCompletion', answer())
    tell('end')
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })
  test('what the other tool lets through is counted in place', async () => {
    const { claw, server } = setup()
    const raw = new Provider()
    const client = wrapClient(claw, new Proxy({} as Provider, { get: (_, key) => Reflect.get(raw, key) as unknown }))
    await client.chat.completions.parse({})
    await raw.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })
  test('copies of withOptions() are counted, and wrapping again changes nothing', async () => {
    const { claw, server } = setup()
    const client = wrapClient(claw, observe(new Provider()))
    expect(wrapClient(claw, client)).toBe(client)
    expect(wrapClient(claw.forAgent('agent-2'), client)).toBe(client)
    await client.withOptions().chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('a frozen client with a proxy in it is an error, not a call that fails later', () => {
    const { claw } = setup()
    const client = Object.freeze({ chat: observe(new Provider()).chat })
    expect(() => wrapClient(claw, client)).toThrow(/frozen\. It takes clients with messages\.create/)
  })
})

describe('wrapClient over a client whose promises another tool wraps', () => {
  const client = (send?: (body: Row) => unknown, bound?: boolean) => {
    const raw = new Provider(send)
    return { chat: { completions: { create: traced((body) => raw.chat.completions.create(body), bound) } } }
  }
  test('the awaited call goes on working, and is counted once', async () => {
    const { claw, server } = setup()
    const { create } = wrapClient(claw, client()).chat.completions
    const promise = create({}) as Promise<unknown>
    expect(await Promise.all([promise, promise.finally(() => {}), promise.catch(() => {})])).toEqual(
      Array(3).fill(answer()),
    )
    expect(await reports({ claw, server })).toEqual([REPORT])
    await expect((create({}) as LazyPromise).withResponse()).rejects.toThrow('private member')
    expect(await reports({ claw, server })).toEqual([REPORT])
    const bound = wrapClient(claw, client(undefined, true)).chat.completions
    expect(await (bound.create({}) as LazyPromise).withResponse()).toMatchObject({ data: answer() })
    expect(await (await (bound.create({}) as LazyPromise).asResponse()).json()).toEqual(answer())
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })
  test('an error comes through as it is, also nothing at all', async () => {
    const { claw, server } = setup()
    for (const reason of [new Error('mine'), undefined, null, 'text']) {
      for (const stream of [false, true]) {
        const calls = wrapClient(
          claw,
          client(() => Promise.reject(reason)),
        )
        const outcome = await (calls.chat.completions.create({ stream }) as Promise<unknown>).then(
          () => 'resolved',
          (error: unknown) => ({ error }),
        )
        expect(outcome).toEqual({ error: reason })
      }
    }
    expect(await reports({ claw, server })).toEqual([])
  })
  test('a host that refuses stream_options gets the call as it was written', async () => {
    const { claw } = setup()
    const bodies: Row[] = []
    const calls = wrapClient(
      claw,
      client((body) => {
        bodies.push(body)
        if (body['stream_options']) throw Object.assign(new Error('unknown field'), { status: 400 })
        return answer()
      }, true),
    )
    const read = calls.chat.completions.create({ stream: true }) as LazyPromise
    expect(await read.withResponse()).toMatchObject({ data: answer() })
    expect(await read).toEqual(answer())
    expect(bodies.map((body) => 'stream_options' in body)).toEqual([true, false])
    await calls.chat.completions.create({ stream: true })
    expect(bodies.length).toBe(3)
  })
  test('looking at a promise does not begin to read it', async () => {
    const { claw, server } = setup()
    const send = vi.fn(() => answer())
    const raw = new Provider(send)
    const lazy = (body: Row) => {
      let read: Promise<unknown> | undefined
      const promise = raw.chat.completions.create(body) as LazyPromise
      return new Proxy({} as LazyPromise, {
        get(_, key) {
          if (key === 'asResponse') return () => promise.asResponse()
          if (!(key in Promise.prototype)) return undefined
          read ??= promise.then((value) => value)
          return (Reflect.get(read, key) as () => unknown).bind(read)
        },
      })
    }
    const calls = wrapClient(claw, { chat: { completions: { create: lazy } } })
    await calls.chat.completions.create({}).asResponse()
    expect(send).toHaveBeenCalledTimes(1)
    await calls.chat.completions.create({})
    expect(send).toHaveBeenCalledTimes(2)
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
  })
})

describe('wrapClient beside other wrappers', () => {
  test('beneath another tool each call is seen and counted once', async () => {
    const { claw, server } = setup()
    const seen: string[] = []
    const client = observe(wrapClient(claw, new Provider()), seen)
    await client.chat.completions.create({})
    await client.chat.completions.parse({})
    await client.withOptions().chat.completions.create({})
    expect(seen).toEqual(['create', 'parse', 'withOptions'])
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT, REPORT])
  })
  test('beneath and above another tool, or one that copies the client, each call is counted once', async () => {
    const { claw, server } = setup()
    const raw = wrapClient(claw, new Provider())
    const copy = { ...raw, chat: { completions: { create: traced((body) => raw.chat.completions.create(body)) } } }
    for (const client of [observe(raw), observe(copy), copy]) {
      const wrapped = wrapClient(claw, client)
      await wrapped.chat.completions.create({})
      await wrapped.chat.completions.create({})
      expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
    }
  })
  test.each([
    ['a client', (raw: Provider) => raw],
    ['the proxy of another tool', (raw: Provider) => observe(raw)],
  ])('two DashClaw clients each count once: %s', async (_name, other) => {
    const [one, two] = [setup(), setup()]
    const client = wrapClient(two.claw, wrapClient(one.claw, other(new Provider())))
    expect(wrapClient(one.claw, wrapClient(two.claw, client))).toBeInstanceOf(Provider)
    await client.chat.completions.create({})
    await client.chat.completions.parse({})
    await client.withOptions().chat.completions.create({})
    expect(await reports(one)).toEqual([REPORT, REPORT, REPORT])
    expect(await reports(two)).toEqual([REPORT, REPORT, REPORT])
  })
  test('a client and its copies each count once', async () => {
    const { claw, server } = setup()
    const raw = new Provider()
    const copy = wrapClient(claw, raw.withOptions())
    await wrapClient(claw, raw).chat.completions.create({})
    await copy.chat.completions.create({})
    await wrapClient(claw, raw.withOptions()).chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT, REPORT])
  })
  test('a constant answer of a fake client counts with each call', async () => {
    const { claw, server } = setup()
    const same = answer()
    const client = wrapClient(claw, new Provider(() => same))
    await Promise.all([client.chat.completions.create({}), client.chat.completions.create({})])
    await client.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT, REPORT])
  })
})
