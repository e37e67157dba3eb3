import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { compose } from '../../src/core/compose.ts'
import { isDashClawError } from '../../src/core/errors.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { type ListedMessage, Messaging } from '../../src/domains/messaging.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { capture } from '../support/capture.ts'
import { recordings } from '../support/fixtures.ts'
import { rejection } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const Client = compose(Messaging)

const connect = (options: DashClawOptions) =>
  new Client({
    baseUrl: 'http://dashclaw.test',
    apiKey: 'k',
    agentId: 'agent-x',
    logger: false,
    maxRetries: 0,
    ...options,
  })

const rows = (from: number, to: number, fields: object = {}) =>
  Array.from({ length: to - from }, (_, at) => ({ id: `msg_${from + at}`, is_read: false, ...fields }))

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('unread messages', () => {
  const messages = [
    { id: 'msg_1', is_read: false },
    { id: 'msg_2', is_read: true },
  ]

  test('leave out the broadcasts that the agent has read, and count what is left', async () => {
    const { fetch, sent } = capture([{ messages, total: 2, unread_count: 1 }])
    expect(await connect({ fetch }).getInbox({ unread: true })).toEqual({
      messages: [messages[0]],
      total: 1,
      unread_count: 1,
    })
    expect(sent[0]!.query).toMatchObject({ unread: 'true' })
  })

  test('are asked for with true only: false sends nothing and drops nothing', async () => {
    const { fetch, sent } = capture([{ messages, total: 2, unread_count: 1 }])
    expect((await connect({ fetch }).getInbox({ unread: false })).messages).toEqual(messages)
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x', direction: 'inbox' })
  })

  test('are all found page by page, though pages lose rows', async () => {
    const { fetch, sent } = capture([
      { messages: rows(0, 200, { is_read: true }), total: 200 },
      { messages: [...rows(200, 399, { is_read: true }), ...rows(399, 400)], total: 200 },
      { messages: rows(400, 402), total: 2 },
    ])
    const found = await collect(connect({ fetch }).iterateInbox({ unread: true }))
    expect(found.map(({ id }) => id)).toEqual(['msg_399', 'msg_400', 'msg_401'])
    expect(sent.map(({ query }) => query?.['offset'])).toEqual(['0', '200', '400'])
    expectTypeOf(found).toEqualTypeOf<ListedMessage[]>()
  })
})

test.each([
  ['iterateInbox', { direction: 'inbox' }],
  ['iterateSentMessages', { direction: 'sent' }],
  ['iterateMessages', {}],
] as const)('%s goes on after a page whose total is its length, and keeps the filters', async (method, fixed) => {
  const { fetch, sent } = capture([
    { messages: rows(0, 2), total: 2 },
    { messages: rows(2, 3), total: 1 },
  ])
  expect(await collect(connect({ fetch })[method]({ limit: 2, thread_id: 'mt_1' }))).toHaveLength(3)
  expect(sent.map(({ query }) => query)).toEqual([
    { agent_id: 'agent-x', limit: '2', offset: '0', thread_id: 'mt_1', ...fixed },
    { agent_id: 'agent-x', limit: '2', offset: '2', thread_id: 'mt_1', ...fixed },
  ])
})

describe('one message', () => {
  test('is looked for on all pages of the agent', async () => {
    const { fetch, sent } = capture([{ messages: rows(0, 1000) }, { messages: rows(1000, 1500) }])
    expect(await connect({ fetch }).getMessage('msg_1200')).toEqual({ message: { id: 'msg_1200', is_read: false } })
    expect(sent.map(({ query }) => query)).toEqual([
      { agent_id: 'agent-x', direction: 'all', limit: '1000', offset: '0' },
      { agent_id: 'agent-x', direction: 'all', limit: '1000', offset: '1000' },
    ])
  })

  test('that is in no page is not found', async () => {
    const { fetch, sent } = capture([{ messages: rows(0, 1000) }, { messages: [] }])
    const error = await rejection(connect({ fetch }).getMessage('msg_x'))
    expect(isDashClawError(error, 'NotFoundError') && [error.status, error.message]).toEqual([
      404,
      'Message msg_x is not among those of agent-x and the broadcasts.',
    ])
    expect(isDashClawError(error, 'RouteNotFoundError')).toBe(false)
    expect(sent).toHaveLength(2)
  })
})

describe('files', () => {
  const file = (data: Uint8Array | string, filename = 'a.txt') => ({ filename, mime_type: 'text/plain' as const, data })

  test('go out as base64, from a window into a larger buffer as well', async () => {
    const { fetch, sent } = capture()
    const window = new Uint8Array([9, 104, 105, 9]).subarray(1, 3)
    const attachments = [file(window), file(Buffer.from('hi'))]
    await connect({ fetch }).sendMessage({ body: 'b', attachments })
    expect(sent[0]!.body).toMatchObject({ attachments: [{ data: 'aGk=' }, { data: 'aGk=' }] })
    expect(attachments[0]!.data).toBe(window)
  })

  test.each([null, undefined, []])('of none are left out (%j)', async (attachments) => {
    const { fetch, sent } = capture()
    await connect({ fetch }).sendMessage({ body: 'b', attachments })
    expect(sent[0]!.body).toEqual({ body: 'b', from_agent_id: 'agent-x' })
  })

  test('are refused above 2 MiB with the sizes, and pass at exactly 2 MiB', async () => {
    const { fetch, sent } = capture()
    const claw = connect({ fetch })
    const empty = JSON.stringify({ body: 'é', from_agent_id: 'agent-x', attachments: [file('')] })
    const room = 2_097_152 - new TextEncoder().encode(empty).length
    await claw.sendMessage({ body: 'é', attachments: [file('A'.repeat(room))] })
    expect(new TextEncoder().encode(JSON.stringify(sent[0]!.body)).length).toBe(2_097_152)
    const error = await rejection(claw.sendMessage({ body: 'é', attachments: [file('A'.repeat(room + 1), 'big.txt')] }))
    expect((error as Error).message).toBe(
      `attachments make the request 2097155 bytes, and servers take at most 2097152 (2 MiB). As base64: big.txt ${room + 1}. Send fewer or smaller files.`,
    )
    expect(sent).toHaveLength(1)
  })

  test('are measured after the redact option has run', async () => {
    const { fetch, sent } = capture()
    const claw = connect({ fetch, redact: (text) => (text === 'b' ? 'x'.repeat(3_000_000) : text) })
    const error = await rejection(claw.sendMessage({ body: 'b', attachments: [file('aGk=')] }))
    expect(isDashClawError(error, 'InputError') && error.field).toBe('attachments')
    expect(sent).toEqual([])
  })

  test('far above the limit are refused without being encoded, with their size as base64', async () => {
    const large = new Uint8Array(64_000_000)
    const error = await rejection(
      connect({ fetch: capture().fetch }).sendMessage({ body: 'b', attachments: [file(large)] }),
    )
    expect((error as Error).message).toContain('85333336')
  })

  const download = (disposition: string | undefined, type: string | null = 'text/plain') =>
    new Response(new Uint8Array([0, 255]), {
      headers: {
        ...(type && { 'content-type': type }),
        ...(disposition && { 'content-disposition': `attachment; filename="${disposition}"` }),
      },
    })
  const bytesOf = (name: string) => String.fromCharCode(...new TextEncoder().encode(name))

  test.each([
    ['notes.txt', 'notes.txt'],
    [bytesOf('résumé.txt'), 'résumé.txt'],
    [bytesOf('отчёт.txt'), 'отчёт.txt'],
    ['caf\xe9.txt', 'café.txt'],
    ['../../etc/x.txt', 'x.txt'],
    ['C:\\temp\\x.txt', 'x.txt'],
    ['a/..', 'att_1'],
    ['a/.', 'att_1'],
    ['dir/', 'att_1'],
    ['', 'att_1'],
    [undefined, 'att_1'],
  ])('named %j by the server come as %j', async (sent, filename) => {
    const { fetch } = capture([download(sent)])
    expect(await connect({ fetch }).getAttachment('att_1')).toEqual({
      data: new Uint8Array([0, 255]),
      filename,
      mime_type: 'text/plain',
    })
  })

  test('without a type are octets', async () => {
    const { fetch } = capture([download('a', null)])
    expect((await connect({ fetch }).getAttachment('att_1')).mime_type).toBe('application/octet-stream')
  })

  test('that were recorded come with their bytes and names', async () => {
    const names: string[] = []
    for (const { method, response } of recordings('messaging')) {
      if (method !== 'getAttachment' || response.status !== 200) continue
      const { headers, body } = response as typeof response & { headers: Record<string, string> }
      const { fetch } = capture([new Response(Buffer.from(body as string, 'base64'), { headers })])
      const { data, filename, mime_type } = await connect({ fetch }).getAttachment('att_1')
      expect(Buffer.from(data).toString('base64')).toBe(body)
      expect(mime_type).toBe(response.content_type)
      names.push(filename)
    }
    expect(names).toEqual(['notes.txt', 'dot.png', 'a_b_c.txt', 'résumé.txt', 'x.txt'])
  })

  test('have an address with the id encoded, which a wrong id has not', () => {
    const claw = connect({ baseUrl: 'http://dashclaw.test/', fetch: capture().fetch })
    expect(claw.getAttachmentUrl('att/1&x')).toBe('http://dashclaw.test/api/messages/attachments?id=att%2F1%26x')
    for (const id of ['', undefined, 7]) expect(() => claw.getAttachmentUrl(id as string)).toThrow('attachment_id')
  })
})

describe('fields with two names', () => {
  test('of the receiver: the server name goes first, and one goes out', async () => {
    const { fetch, sent } = capture()
    const claw = connect({ fetch })
    await claw.sendMessage({ body: 'b', to: 'a' })
    await claw.sendMessage({ body: 'b', to: 'a', to_agent_id: 'c' })
    await claw.sendMessage({ body: 'b', to: 'a', to_agent_id: null })
    await claw.sendMessage({ body: 'b', to: null, message_type: null })
    expect(sent.map(({ body }) => body)).toEqual([
      { body: 'b', from_agent_id: 'agent-x', to_agent_id: 'a' },
      { body: 'b', from_agent_id: 'agent-x', to_agent_id: 'c' },
      { body: 'b', from_agent_id: 'agent-x', to_agent_id: 'a' },
      { body: 'b', from_agent_id: 'agent-x', to_agent_id: null },
    ])
  })

  test('of the kind of message: both filter', async () => {
    const { fetch, sent } = capture([{ messages: [] }])
    const claw = connect({ fetch })
    await claw.getMessages({ message_type: 'info' })
    await claw.getMessages({ type: 'info' })
    for (const { query } of sent) expect(query).toEqual({ agent_id: 'agent-x', type: 'info' })
  })

  test.each([
    ['active', 'open'],
    ['open', 'open'],
    ['resolved', 'resolved'],
  ])('threads that are %s are asked for as %s', async (status, wire) => {
    const { fetch, sent } = capture()
    await connect({ fetch }).getMessageThreads({ status })
    expect(sent[0]!.query).toEqual({ agent_id: 'agent-x', status: wire })
  })
})

test('a message is not sent again after an unclear failure, a mark is', async () => {
  const { fetch, sent } = capture([{ error: 'An error occurred while sending message' }], 500)
  const claw = connect({ fetch, maxRetries: 1 })
  await rejection(claw.sendMessage({ body: 'b' }))
  expect(sent).toHaveLength(1)
  await rejection(claw.markRead(['msg_1']))
  expect(sent).toHaveLength(3)
})

test('wrong arguments reject and never throw', async () => {
  const claw = connect({ fetch: capture().fetch })
  for (const method of ['sendMessage', 'broadcast', 'createMessageThread', 'saveSharedDoc', 'markRead'] as const) {
    const call = claw[method] as (input: unknown) => Promise<unknown>
    for (const input of [undefined, null, 'text', 7]) {
      expect(isDashClawError(await rejection(call.call(claw, input)), 'InputError')).toBe(true)
    }
  }
})

test('a name beyond ASCII comes back from the embedded server', async () => {
  const { fetch, baseUrl } = createLocalServer()
  const claw = connect({ fetch, baseUrl, apiKey: 'local' })
  const { message } = await claw.sendMessage({
    body: 'see file',
    attachments: [{ filename: 'Zürich.txt', mime_type: 'text/plain', data: 'aGk=' }],
  })
  expect((await claw.getAttachment(message.attachments[0]!.id)).filename).toBe('Zürich.txt')
})

describe('over HTTP', async () => {
  const server = createLocalServer()
  const { url } = await server.listen()
  afterAll(() => server.close())
  const agent = (agentId: string) => connect({ baseUrl: url, apiKey: 'local', agentId })

  test('a file comes back as it was sent, with its name', async () => {
    const data = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256)
    const { message } = await agent('a').sendMessage({
      to: 'b',
      body: 'see file',
      attachments: [{ filename: '../plan "1".pdf', mime_type: 'application/pdf', data }],
    })
    const file = await agent('b').getAttachment(message.attachments[0]!.id)
    expect(file).toEqual({ data, filename: 'plan _1_.pdf', mime_type: 'application/pdf' })
  })

  test('a name travels as UTF-8 bytes, as Node writes a header, and is read so', async () => {
    const node = createServer((_request, response) => {
      response.writeHead(200, {
        'content-type': 'text/plain',
        'content-disposition': 'attachment; filename="résumé.txt"',
      })
      response.flushHeaders()
      response.end('hi')
    })
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    const { port } = node.address() as AddressInfo
    const file = await connect({ baseUrl: `http://127.0.0.1:${port}` }).getAttachment('att_1')
    node.close()
    expect(file).toEqual({ data: new Uint8Array([104, 105]), filename: 'résumé.txt', mime_type: 'text/plain' })
  })

  test('a message is read by its id, marked, and no longer unread', async () => {
    const { message_id } = await agent('a').broadcast({ body: 'all hands', message_type: 'status' })
    const reader = agent('c')
    expect((await reader.getMessage(message_id)).message).toMatchObject({ body: 'all hands', is_read: false })
    expect((await reader.getInbox({ unread: true })).messages).toHaveLength(1)
    await reader.markRead([message_id])
    expect(await reader.getInbox({ unread: true })).toMatchObject({ messages: [], total: 0, unread_count: 0 })
    expect((await reader.getInbox()).messages).toHaveLength(1)
    await expect(reader.getMessage('msg_nope')).rejects.toMatchObject({ status: 404 })
  })
})
