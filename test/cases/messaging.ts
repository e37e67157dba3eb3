import type { BadCase, DomainCases, RecordingOverride } from '../support/cases.ts'
import { recordings } from '../support/fixtures.ts'

const long = (length: number) => 'x'.repeat(length + 1)
const MESSAGES = '/api/messages'
const THREADS = '/api/messages/threads'
const file = { filename: 'a.txt', mime_type: 'text/plain', data: 'eA==' }

const overrides: Record<string, RecordingOverride> = {
  'sendMessage: attachment that makes the request larger than 2 MiB': {
    args: [{ body: 'x', attachments: [{ ...file, data: 'QUFB'.repeat(533_334) }] }],
  },
  'sendMessage: attachment of 3 MB, chunked request without Content-Length': {
    skip: 'a request of the SDK has a length, and is refused above 2 MiB',
  },
  'sendMessage: attachments is not an array (ignored)': { skip: 'the SDK refuses files that would not be sent' },
  'sendMessage: attachment data is not base64 text': {
    skip: 'the SDK refuses a file that would be stored damaged',
  },
  'sendMessage: file name in Cyrillic': { skip: 'the SDK refuses a file that could never be read back' },
  'archiveMessages: empty list': { skip: 'nothing to do: the SDK sends nothing' },
  'getInbox: unread=True (how Python encodes it) does not filter': { skip: 'the SDK sends the text true' },
  'markRead: unknown action': { skip: 'a raw call: the SDK fills the action in' },
  'getMessageThreads: status=active matches nothing': {
    sends: { method: 'GET', path: THREADS, query: { agent_id: 'msg-alpha-mwrus38p', status: 'open' } },
  },
  'getMessageThreads: limit is not a number': { args: [{ limit: 'x' }] },
  'resolveMessageThread: status is not checked': { skip: 'a raw call: the SDK fills the status in' },
  'getMessage: way around: all messages of the organization, without agent_id': {
    skip: 'the SDK reads the messages of its agent only',
  },
  'markRead: no agent_id acts as the dashboard and may read any message': {
    // The SDK names its agent; null asks for the dashboard.
    args: [['msg_faa30b5702334a6c800d953b'], { agent_id: null }],
    sends: {
      method: 'PATCH',
      path: MESSAGES,
      body: { message_ids: ['msg_faa30b5702334a6c800d953b'], action: 'read', agent_id: null },
    },
  },
}

for (const { method, name, request } of recordings('messaging')) {
  const key = `${method}: ${name}`
  if (key in overrides) continue
  const { query } = request
  const body = request.body as Record<string, unknown> | undefined
  if (name.startsWith('(no SDK method)')) overrides[key] = { skip: 'no method of the SDK' }
  // The id, or the list of ids, is an argument of its own.
  else if (method === 'getAttachment') overrides[key] = { args: [query['id']] }
  else if (method === 'markRead' || method === 'archiveMessages') {
    const { message_ids, action: _, ...rest } = body ?? {}
    overrides[key] = { args: [message_ids, rest] }
  } else if (method === 'resolveMessageThread') {
    const { thread_id, status: _, ...rest } = body ?? {}
    overrides[key] = { args: [thread_id, rest] }
  } else if (method === 'saveSharedDoc' && body && !('agent_id' in body)) {
    overrides[key] = { skip: 'the SDK names its agent' }
  }
}

const lists = (method: string, fixed: Record<string, string>, extra: object, sent: Record<string, string>) => ({
  method,
  required: {
    args: [],
    sends: { method: 'GET', path: MESSAGES, query: { agent_id: 'agent-x', ...fixed } },
    answers: [{ messages: [], total: 0, unread_count: 0 }],
  },
  all: {
    args: [{ message_type: 'status', thread_id: 'mt_1', agent_id: 'a', limit: 5, offset: 2, ...extra }],
    sends: {
      method: 'GET',
      path: MESSAGES,
      query: { type: 'status', thread_id: 'mt_1', agent_id: 'a', limit: '5', offset: '2', ...fixed, ...sent },
    },
    answers: [{ messages: [], total: 0, unread_count: 0 }],
  },
  bad: [
    { args: [{ offset: 'x' }], names: 'offset' },
    { args: [{ unread: 'True' }], names: 'unread' },
    { args: [{ thread_id: 7 }], names: 'thread_id' },
    { args: [{ message_type: ['info'] }], names: 'message_type' },
    { args: [{ agent_id: 7 }], names: 'agent_id' },
  ],
  passes: [[{ limit: 1.5 }], [{ limit: -1 }], [{ offset: -1 }], [{ offset: '2' }]],
})

const badMark: BadCase[] = [
  { args: [], names: 'message_ids' },
  { args: ['msg_1'], names: 'message_ids' },
  { args: [['msg_1', '']], names: 'message_ids' },
  { args: [[7]], names: 'message_ids' },
  { args: [['msg_1'], { agent_id: 7 }], names: 'agent_id' },
]

const badText: BadCase[] = [
  { args: [{}], names: 'body' },
  { args: [{ body: '' }], names: 'body' },
  { args: [{ body: 5 }], names: 'body' },
  { args: [{ body: 'b', thread_id: 7 }], names: 'thread_id' },
  { args: [{ body: 'b', from_agent_id: '' }], names: 'from_agent_id' },
]

const passes = [[{ body: long(2000) }], [{ body: 'b', subject: long(200) }], [{ body: 'b', message_type: 'alert' }]]

const badFile = (change: object): BadCase => ({
  args: [{ body: 'b', attachments: [file, { ...file, ...change }] }],
  names: 'attachments',
})

export default {
  domain: 'messaging',
  cases: [
    {
      method: 'sendMessage',
      required: {
        args: [{ body: 'hello' }],
        sends: { method: 'POST', path: MESSAGES, body: { body: 'hello', from_agent_id: 'agent-x' } },
      },
      all: {
        args: [
          {
            body: 'hello',
            to: 'b',
            message_type: 'question',
            subject: 's',
            thread_id: 'mt_1',
            urgent: true,
            doc_ref: 'sd_1',
            from_agent_id: 'a',
            attachments: [
              file,
              { ...file, filename: 'é.png', mime_type: 'image/png', data: new Uint8Array([1, 2, 255]) },
            ],
          },
        ],
        sends: {
          method: 'POST',
          path: MESSAGES,
          body: {
            body: 'hello',
            to_agent_id: 'b',
            message_type: 'question',
            subject: 's',
            thread_id: 'mt_1',
            urgent: true,
            doc_ref: 'sd_1',
            from_agent_id: 'a',
            attachments: [file, { filename: 'é.png', mime_type: 'image/png', data: 'AQL/' }],
          },
        },
      },
      bad: [
        ...badText,
        { args: [{ body: 'b', to: 7 }], names: 'to' },
        { args: [{ body: 'b', urgent: 'yes' }], names: 'urgent' },
        { args: [{ body: 'b', doc_ref: {} }], names: 'doc_ref' },
        { args: [{ body: 'b', attachments: file }], names: 'attachments' },
        { args: [{ body: 'b', attachments: [null] }], names: 'attachments' },
        badFile({ filename: '' }),
        badFile({ filename: undefined }),
        badFile({ filename: 'отчёт.txt' }),
        badFile({ mime_type: '' }),
        badFile({ data: '' }),
        badFile({ data: 12 }),
        badFile({ data: new Uint8Array(0) }),
        badFile({ data: 'data:text/plain;base64,aGk=' }),
        badFile({ data: new Uint8Array(1_600_000) }),
        badFile({ data: 'QUFB'.repeat(530_000) }),
      ],
      passes: [
        ...passes,
        [{ body: 'b', attachments: [file, file, file, file] }],
        [{ body: 'b', attachments: [{ ...file, mime_type: 'application/zip' }] }],
      ],
    },
    {
      method: 'broadcast',
      required: {
        args: [{ body: 'all' }],
        sends: { method: 'POST', path: MESSAGES, body: { body: 'all', from_agent_id: 'agent-x', to_agent_id: null } },
      },
      all: {
        args: [{ body: 'all', message_type: 'status', subject: 's', thread_id: 'mt_1', from_agent_id: 'a' }],
        sends: {
          method: 'POST',
          path: MESSAGES,
          body: {
            body: 'all',
            message_type: 'status',
            subject: 's',
            thread_id: 'mt_1',
            from_agent_id: 'a',
            to_agent_id: null,
          },
        },
      },
      bad: badText,
      passes,
    },
    lists('getInbox', { direction: 'inbox' }, { unread: true }, { unread: 'true' }),
    lists('getSentMessages', { direction: 'sent' }, {}, {}),
    lists('getMessages', {}, { direction: 'all', unread: true }, { direction: 'all', unread: 'true' }),
    {
      method: 'getMessage',
      required: {
        args: ['msg_2'],
        sends: {
          method: 'GET',
          path: MESSAGES,
          query: { agent_id: 'agent-x', direction: 'all', limit: '1000', offset: '0' },
        },
        answers: [{ messages: [{ id: 'msg_1' }, { id: 'msg_2', body: 'hi' }], total: 2, unread_count: 0 }],
        resolves: { message: { id: 'msg_2', body: 'hi' } },
      },
      bad: [
        { args: [], names: 'message_id' },
        { args: [''], names: 'message_id' },
        { args: [7], names: 'message_id' },
      ],
    },
    {
      method: 'markRead',
      required: {
        args: [['msg_1']],
        sends: {
          method: 'PATCH',
          path: MESSAGES,
          body: { message_ids: ['msg_1'], action: 'read', agent_id: 'agent-x' },
        },
      },
      all: {
        args: [['msg_1', 'msg_2'], { agent_id: 'a' }],
        sends: {
          method: 'PATCH',
          path: MESSAGES,
          body: { message_ids: ['msg_1', 'msg_2'], action: 'read', agent_id: 'a' },
        },
      },
      bad: badMark,
      empty: [[[]]],
    },
    {
      method: 'archiveMessages',
      required: {
        args: [['msg_1']],
        sends: {
          method: 'PATCH',
          path: MESSAGES,
          body: { message_ids: ['msg_1'], action: 'archive', agent_id: 'agent-x' },
        },
      },
      all: {
        args: [['msg_1'], { agent_id: 'a' }],
        sends: { method: 'PATCH', path: MESSAGES, body: { message_ids: ['msg_1'], action: 'archive', agent_id: 'a' } },
      },
      bad: badMark,
      empty: [[[]]],
    },
    {
      method: 'createMessageThread',
      required: {
        args: [{ name: 'Ops' }],
        sends: { method: 'POST', path: THREADS, body: { name: 'Ops', created_by: 'agent-x' } },
      },
      all: {
        args: [{ name: 'Ops', participants: ['a', 'b'], created_by: 'a' }],
        sends: { method: 'POST', path: THREADS, body: { name: 'Ops', participants: ['a', 'b'], created_by: 'a' } },
      },
      bad: [
        { args: [{}], names: 'name' },
        { args: [{ name: '' }], names: 'name' },
        { args: [{ name: 'n', participants: 'a' }], names: 'participants' },
        { args: [{ name: 'n', created_by: '' }], names: 'created_by' },
      ],
    },
    {
      method: 'getMessageThreads',
      required: { args: [], sends: { method: 'GET', path: THREADS, query: { agent_id: 'agent-x' } } },
      all: {
        args: [{ status: 'active', limit: 5, agent_id: 'a' }],
        sends: { method: 'GET', path: THREADS, query: { status: 'open', limit: '5', agent_id: 'a' } },
      },
      bad: [
        { args: [{ status: true }], names: 'status' },
        { args: [{ agent_id: 7 }], names: 'agent_id' },
      ],
      passes: [[{ limit: -1 }], [{ limit: 0.5 }]],
    },
    {
      method: 'resolveMessageThread',
      required: {
        args: ['mt_1'],
        sends: { method: 'PATCH', path: THREADS, body: { thread_id: 'mt_1', status: 'resolved' } },
      },
      all: {
        args: ['mt_1', { summary: 'Fixed' }],
        sends: { method: 'PATCH', path: THREADS, body: { thread_id: 'mt_1', status: 'resolved', summary: 'Fixed' } },
      },
      bad: [
        { args: [], names: 'thread_id' },
        { args: [''], names: 'thread_id' },
        { args: [7], names: 'thread_id' },
        { args: ['mt_1', { summary: 7 }], names: 'summary' },
      ],
    },
    {
      method: 'saveSharedDoc',
      required: {
        args: [{ name: 'Runbook', content: 'Steps' }],
        sends: {
          method: 'POST',
          path: '/api/messages/docs',
          body: { name: 'Runbook', content: 'Steps', agent_id: 'agent-x' },
        },
      },
      all: {
        args: [{ name: 'Runbook', content: 'Steps', agent_id: 'a' }],
        sends: {
          method: 'POST',
          path: '/api/messages/docs',
          body: { name: 'Runbook', content: 'Steps', agent_id: 'a' },
        },
      },
      bad: [
        { args: [{ content: 'c' }], names: 'name' },
        { args: [{ name: 'n' }], names: 'content' },
        { args: [{ name: 'n', content: 'c', agent_id: '' }], names: 'agent_id' },
      ],
      passes: [[{ name: long(500), content: 'c' }], [{ name: 'n', content: long(100_000) }]],
    },
    // Without a request; what it refuses is thrown, so it is checked with the domain's behaviour.
    { method: 'getAttachmentUrl', required: { args: ['att_1'], sends: [] }, bad: [] },
    {
      method: 'getAttachment',
      required: {
        args: ['att/1'],
        sends: { method: 'GET', path: '/api/messages/attachments', query: { id: 'att/1' } },
        answers: [new Response('hi', { headers: { 'content-type': 'text/plain' } })],
        resolves: { data: new Uint8Array([104, 105]), filename: 'att/1', mime_type: 'text/plain' },
      },
      bad: [
        { args: [], names: 'id' },
        { args: [''], names: 'id' },
        { args: [7], names: 'id' },
      ],
    },
  ],
  recordings: overrides,
} satisfies DomainCases
