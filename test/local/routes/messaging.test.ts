import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Events } from '../../../src/domains/events.ts'
import { Messaging } from '../../../src/domains/messaging.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { writtenOut } from '../../support/placeholders.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Messaging, Events)

const connect = (server: LocalServer, agentId: string, apiKey = 'local') =>
  new Client({ baseUrl: server.baseUrl, apiKey, agentId, fetch: server.fetch, logger: false, maxRetries: 0 })

const text = (data: string, filename = 'a.txt') => ({ filename, mime_type: 'text/plain' as const, data })

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  const thread = (id: string, name: string) =>
    server.seed('message_threads', [
      {
        id,
        org_id: 'org_local',
        name,
        participants: null,
        status: 'open',
        summary: null,
        created_by: 'msg-alpha-mwrus38p',
        created_at: '2026-11-22T13:08:50.743Z',
        updated_at: '2026-11-22T13:08:50.743Z',
        resolved_at: null,
      },
    ])

  replay({
    domain: 'messaging',
    server: writtenOut(server),
    before: {
      'resolveMessageThread: no summary key': () => thread('mt_b4348d7b094b4f7f98b8f86f', 'Open room'),
      'resolveMessageThread: status is not checked': () => thread('mt_07824c1972d141b48f5e4122', 'tmp'),
    },
    skip: {
      'sendMessage: attachment of 3 MB, chunked request without Content-Length':
        'the embedded server measures the body itself, so nothing gets past the limit',
    },
  })
})

describe('messages', () => {
  test('reach their receiver, and broadcasts everybody but the sender', async () => {
    const server = createLocalServer()
    const [a, b, c] = ['a', 'b', 'c'].map((id) => connect(server, id)) as [Client, Client, Client]
    type Client = ReturnType<typeof connect>
    await a.sendMessage({ to: 'b', body: 'only you' })
    await a.broadcast({ body: 'all' })
    const bodies = async (client: Client) => (await client.getInbox()).messages.map(({ body }) => body)
    expect(await bodies(b)).toEqual(['all', 'only you'])
    expect(await bodies(c)).toEqual(['all'])
    expect(await bodies(a)).toEqual([])
    expect((await a.getSentMessages()).messages.map(({ body }) => body)).toEqual(['all', 'only you'])
  })

  test('are read by their receiver only, broadcasts once an agent', async () => {
    const server = createLocalServer()
    const [a, b] = [connect(server, 'a'), connect(server, 'b')]
    const direct = (await a.sendMessage({ to: 'b', body: 'd' })).message_id
    const all = (await a.broadcast({ body: 'x' })).message_id
    expect(await a.markRead([direct])).toEqual({ updated: 0 })
    expect((await b.getInbox()).unread_count).toBe(2)
    expect(await b.markRead([direct, all, 'msg_nope'])).toEqual({ updated: 2 })
    expect(await b.markRead([direct, all])).toEqual({ updated: 0 })
    const { messages, unread_count } = await b.getInbox()
    expect(unread_count).toBe(0)
    expect(messages.map(({ status, is_read, read_by }) => [status, is_read, read_by])).toEqual([
      ['sent', true, '["b"]'],
      ['read', true, null],
    ])
  })

  test('are gone from every inbox when archived, and still there for direction all', async () => {
    const server = createLocalServer()
    const [a, b] = [connect(server, 'a'), connect(server, 'b')]
    const { message_id } = await a.broadcast({ body: 'x' })
    expect(await connect(server, 'stranger').archiveMessages([message_id])).toEqual({ updated: 1 })
    expect((await b.getInbox()).messages).toEqual([])
    expect((await b.getMessages({ direction: 'all' })).messages).toMatchObject([{ status: 'archived', is_read: true }])
  })

  test('are told to listeners with their files, without the bytes and without secrets', async () => {
    const server = createLocalServer()
    server.emit('first', {})
    const a = connect(server, 'a')
    const { message } = await a.sendMessage({ body: 'key AKIAABCDEFGHIJKLMNOP', attachments: [text('aGk=')] })
    const stream = a.events({ lastEventId: 'mem-1', reconnect: false })
    const told = await new Promise((resolve) => stream.on('message.created', resolve))
    await stream.close()
    expect(told).toEqual(message)
    expect(told).toMatchObject({ body: 'key [REDACTED:aws_access_key]', attachments: [{ size_bytes: 3 }] })
    expect(JSON.stringify(told)).not.toContain('aGk=')
  })

  test('of another organization are not seen', async () => {
    const server = createLocalServer({ keys: [{ key: 'other', org: 'org_b' }] })
    const { message } = await connect(server, 'a').sendMessage({ body: 'x', attachments: [text('aGk=')] })
    const other = connect(server, 'b', 'other')
    expect((await other.getInbox()).messages).toEqual([])
    expect(await other.markRead([message.id])).toEqual({ updated: 0 })
    await expect(other.getAttachment(message.attachments[0]!.id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('files', () => {
  const raw = (server: LocalServer, body: object) =>
    server.fetch(`${server.baseUrl}/api/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'local' },
      body: JSON.stringify({ from_agent_id: 'a', body: 'x', ...body }),
    })

  test('with a name in any script come back from the newer line, and fail for ever on the older one', async () => {
    for (const version of ['2.0', '2.10'] as const) {
      const server = createLocalServer({ version })
      const { message } = (await (await raw(server, { attachments: [text('cQ==', 'отчёт.txt')] })).json()) as {
        message: { attachments: { id: string }[] }
      }
      const file = connect(server, 'a').getAttachment(message.attachments[0]!.id)
      if (version === '2.0') await expect(file).rejects.toMatchObject({ status: 500 })
      else expect(await file).toMatchObject({ filename: 'отчёт.txt' })
    }
  })

  test('that are not text leave the message behind on the older line only', async () => {
    const bad = { attachments: [{ ...text(''), data: 12 }] }
    const old = createLocalServer({ version: '2.0' })
    expect((await raw(old, bad)).status).toBe(500)
    expect(old.snapshot()['messages']).toHaveLength(1)
    const now = createLocalServer()
    expect((await raw(now, bad)).status).toBe(400)
    expect(now.snapshot()['messages'] ?? []).toHaveLength(0)
  })
})

describe('threads', () => {
  test('take messages while they are open', async () => {
    const a = connect(createLocalServer(), 'a')
    const { thread_id } = await a.createMessageThread({ name: 'Ops', participants: ['agent-10'] })
    await a.sendMessage({ body: 'x', thread_id })
    const { thread } = await a.resolveMessageThread(thread_id, { summary: 'Fixed' })
    await expect(a.sendMessage({ body: 'y', thread_id })).rejects.toMatchObject({ status: 400 })
    await expect(a.sendMessage({ body: 'y', thread_id: 'ct_1' })).rejects.toThrow('Invalid thread type')
    await expect(a.sendMessage({ body: 'y', thread_id: 'mt_nope' })).rejects.toMatchObject({ status: 404 })
    expect((await a.resolveMessageThread(thread_id)).thread).toMatchObject({
      summary: 'Fixed',
      resolved_at: thread.resolved_at,
    })
    expect((await a.getMessageThreads({ status: 'active' })).threads).toEqual([])
    expect((await a.getMessageThreads()).threads).toMatchObject([{ message_count: 1, status: 'resolved' }])
  })

  test('are found by any part of a participant, with the wildcards of the database', async () => {
    const server = createLocalServer()
    await connect(server, 'maker').createMessageThread({ name: 'Ops', participants: ['agent-10'] })
    const found = async (id: string) => (await connect(server, id).getMessageThreads()).total
    expect(await Promise.all(['agent-1', 'AGENT-10', 'a%0', 'agent_10', 'agent-2'].map(found))).toEqual([1, 1, 1, 1, 0])
  })
})

test('a shared document keeps its id and its author, and counts its versions', async () => {
  const server = createLocalServer()
  const { doc } = await connect(server, 'a').saveSharedDoc({ name: 'Runbook', content: 'one' })
  const saved = await connect(server, 'b').saveSharedDoc({ name: 'Runbook', content: 'AKIAABCDEFGHIJKLMNOP' })
  expect(saved.doc).toMatchObject({ id: doc.id, created_by: 'a', last_edited_by: 'b', version: 2 })
  expect(saved.security).toMatchObject({ clean: false, findings_count: 1, categories: ['cloud_credential'] })
})

test('a readonly key may read, and sends nothing', async () => {
  const server = createLocalServer({ keys: [{ key: 'ro', role: 'readonly' }] })
  const reader = connect(server, 'a', 'ro')
  await expect(reader.sendMessage({ body: 'x' })).rejects.toMatchObject({ status: 403 })
  expect(await reader.getInbox()).toEqual({ messages: [], total: 0, unread_count: 0 })
})
