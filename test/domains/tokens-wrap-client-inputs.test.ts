import { describe, expect, test } from 'vitest'
import { wrapClient } from '../../src/domains/tokens-wrap-client.ts'
import { setup } from '../support/local.ts'
import { all, answer, observe, Provider, REPORT, type Row, reports, USAGE } from '../support/provider.ts'

describe('wrapClient and resources that are made late', () => {
  const late = {
    'made at first use': class {
      #chat: Provider['chat'] | undefined
      get chat() {
        return (this.#chat ??= new Provider().chat)
      }
    },
    'made anew each time': class {
      get chat() {
        return new Provider().chat
      }
    },
    'made anew beneath': class {
      chat = {
        get completions() {
          return new Provider().chat.completions
        },
      }
    },
  }
  test.each(Object.entries(late))('a getter: %s', async (_name, Client) => {
    const { claw, server } = setup()
    const client = new Client()
    expect(wrapClient(claw, client)).toBe(client)
    await client.chat.completions.create({})
    await client.chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT])
    expect(await reports({ claw, server })).toEqual([])
    await wrapClient(claw, observe(new Client())).chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('a resource that fails or is missing at first is counted when it is there', async () => {
    const { claw, server } = setup()
    const client = {
      ready: false,
      embeddings: { create: async () => answer() },
      get chat() {
        if (!this.ready) throw new Error('Call init() first')
        return new Provider().chat
      },
      get responses() {
        return this.ready ? { create: async () => answer() } : undefined
      },
    }
    wrapClient(claw, client)
    expect(() => client.chat).toThrow('Call init() first')
    expect(client.responses).toBeUndefined()
    client.ready = true
    await client.chat.completions.create({})
    await client.responses!.create()
    await client.embeddings.create()
    expect(await reports({ claw, server })).toEqual([REPORT, REPORT, REPORT])
  })
  test('an object that gives other ones each time, with no getter to see, is counted through what is returned', async () => {
    const { claw, server } = setup()
    const fresh = new Proxy({} as Provider, { get: (_, key) => Reflect.get(new Provider(), key) as unknown })
    await wrapClient(claw, fresh).chat.completions.create({})
    expect(await reports({ claw, server })).toEqual([REPORT])
  })
  test('a client that has nothing yet is an error', () => {
    const { claw } = setup()
    const client = { chat: undefined as unknown, init() {} }
    expect(() => wrapClient(claw, client)).toThrow('wrapClient() found nothing to count in this client.')
  })
})

describe('wrapClient and inputs that can only be a mistake', () => {
  test.each([
    [null, 'needs a client, not null'],
    [undefined, 'needs a client, not undefined'],
    ['sk-secret', 'needs a client, not a string'],
    [5, 'needs a client, not a number'],
    [Promise.resolve(new Provider()), 'got a promise, so an await is missing before it'],
    [Provider, 'found nothing to count in this client'],
  ])('%o', (client, message) => {
    const { claw } = setup()
    const error = expect.objectContaining({ name: 'InputError', field: 'llmClient' })
    expect(() => wrapClient<unknown>(claw, client)).toThrow(error)
    expect(() => wrapClient<unknown>(claw, client)).toThrow(`wrapClient() ${message}. It takes clients with`)
    expect(() => wrapClient<unknown>(claw, client)).not.toThrow('sk-secret')
  })
  test('an option that does not exist is refused, with the nearest one', () => {
    const { claw } = setup()
    const wrap = (options: unknown) => () => wrapClient(claw, new Provider(), options as object)
    expect(wrap({ Provider: 'openai' })).toThrow('wrapClient has no option Provider; did you mean provider?')
    expect(wrap('openai')).toThrow("wrapClient() takes its options as an object: { provider: 'openai' }.")
    expect(wrap(null)).not.toThrow()
    expect(wrap({ provider: undefined })).not.toThrow()
  })
})

describe('wrapClient and hostile answers', () => {
  const fail = () => {
    throw new Error('mine')
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const hostile: [string, unknown][] = [
    ['a string for a count', { ...USAGE, completion_tokens: '3' }],
    ['NaN', { ...USAGE, prompt_tokens: NaN }],
    ['a negative count', { ...USAGE, completion_tokens: -3 }],
    ['infinity', { ...USAGE, prompt_tokens: Infinity }],
    ['a huge count', { ...USAGE, prompt_tokens: 2 ** 31 }],
    ['counts whose sum is huge', { input_tokens: 2 ** 30, cache_read_input_tokens: 2 ** 30, output_tokens: 1 }],
    ['an object for a count', { ...USAGE, completion_tokens: {} }],
    ['a string', 'many'],
    ['a number', 7],
    ['a list', [1, 2]],
    ['a getter that throws', Object.defineProperty({ ...USAGE }, 'completion_tokens', { get: fail })],
    ['a revoked proxy', revoked.proxy],
  ]
  test.each(hostile)('%s: the answer passes, and no report is made', async (_name, usage) => {
    const { claw, server } = setup()
    const given = answer(usage)
    const client = wrapClient(claw, new Provider(() => given))
    expect(await client.chat.completions.create({})).toBe(given)
    const chunk = { model: 'm-1', choices: [{ delta: {} }], usage }
    const streaming = wrapClient(
      claw,
      new Provider(async function* () {
        yield chunk
      }),
    )
    expect(await all(await streaming.chat.completions.create({ stream: true }))).toEqual([chunk])
    expect(await reports({ claw, server })).toEqual([])
  })
  test('an object that refuses every look', async () => {
    const { claw, server } = setup()
    const wild = new Proxy({} as Row, {
      get(_, key) {
        if (key === 'then') return undefined
        throw new Error('mine')
      },
    })
    const client = wrapClient(claw, new Provider(() => wild))
    expect((await client.chat.completions.create({})) === wild).toBe(true)
    const sync = wrapClient(claw, { chat: { completions: { create: () => wild } } })
    expect(sync.chat.completions.create() === wild).toBe(true)
    expect(await reports({ claw, server })).toEqual([])
  })
})
