import { expectTypeOf } from 'vitest'
import type { JsonText, Open } from '../../src/core/types.ts'
import type {
  AttachmentFile,
  ListedMessage,
  ListedMessageThread,
  Message,
  MessageList,
  MessageThread,
  Messaging,
  SentMessage,
  SharedDoc,
} from '../../src/domains/messaging.ts'
import type { SecuritySummary } from '../../src/governance/action-types.ts'

declare const claw: Messaging
const signal = new AbortController().signal

expectTypeOf(claw.sendMessage({ body: 'b' })).resolves.toEqualTypeOf<SentMessage>()
claw.sendMessage(
  {
    body: 'b',
    to: null,
    message_type: 'lesson',
    urgent: true,
    attachments: [{ filename: 'a', mime_type: 'text/csv', data: 'eA==' }],
  },
  { signal, timeout: 1 },
)
claw.sendMessage({ body: 'b', attachments: [{ filename: 'a', mime_type: 'image/png', data: new Uint8Array(1) }] })
// @ts-expect-error body is required
claw.sendMessage({ to: 'a' })
// A word of a newer server compiles.
claw.sendMessage({ body: 'b', message_type: 'alert' })
// A word of a newer server compiles.
claw.sendMessage({ body: 'b', attachments: [{ filename: 'a', mime_type: 'application/zip', data: '' }] })
// @ts-expect-error data is required
claw.sendMessage({ body: 'b', attachments: [{ filename: 'a', mime_type: 'text/plain' }] })
// @ts-expect-error one word a field: snake_case
claw.sendMessage({ body: 'b', threadId: 'mt_1' })

expectTypeOf(claw.getInbox()).resolves.toEqualTypeOf<MessageList>()
claw.getInbox({
  unread: true,
  type: 'info',
  message_type: 'info',
  agent_id: null,
  limit: 1,
  offset: 0,
  thread_id: 'mt_1',
})
// @ts-expect-error a direction is fixed here
claw.getInbox({ direction: 'all' })
// @ts-expect-error true or false
claw.getInbox({ unread: 'true' })

expectTypeOf(claw.getSentMessages({ message_type: 'status' })).resolves.toEqualTypeOf<MessageList>()
// @ts-expect-error what was sent can't be unread
claw.getSentMessages({ unread: true })

expectTypeOf(claw.getMessages({ direction: 'all' })).resolves.toEqualTypeOf<MessageList>()
// A word of a newer server compiles.
claw.getMessages({ direction: 'out' })

expectTypeOf(claw.iterateInbox({ unread: true })).toEqualTypeOf<AsyncGenerator<ListedMessage, void, undefined>>()
expectTypeOf(claw.iterateSentMessages()).toEqualTypeOf<AsyncGenerator<ListedMessage, void, undefined>>()
expectTypeOf(claw.iterateMessages()).toEqualTypeOf<AsyncGenerator<ListedMessage, void, undefined>>()

expectTypeOf(claw.getMessage('msg_1')).resolves.toEqualTypeOf<{ message: ListedMessage }>()
// @ts-expect-error an id is required
claw.getMessage()

expectTypeOf(claw.markRead(['msg_1'], { agent_id: null })).resolves.toEqualTypeOf<{ updated: number }>()
// @ts-expect-error a list
claw.markRead('msg_1')
expectTypeOf(claw.archiveMessages(['msg_1'])).resolves.toEqualTypeOf<{ updated: number }>()
// @ts-expect-error a list
claw.archiveMessages('msg_1')

expectTypeOf(claw.broadcast({ body: 'b', subject: null })).resolves.toEqualTypeOf<SentMessage>()
// @ts-expect-error a broadcast has no receiver
claw.broadcast({ body: 'b', to: 'a' })

expectTypeOf(claw.createMessageThread({ name: 'n', participants: ['a'] })).resolves.toEqualTypeOf<{
  thread: MessageThread
  thread_id: string
}>()
// @ts-expect-error name is required
claw.createMessageThread({})

expectTypeOf(claw.getMessageThreads({ status: 'active' })).resolves.toEqualTypeOf<{
  threads: ListedMessageThread[]
  total: number
}>()
// @ts-expect-error a whole number
claw.getMessageThreads({ limit: '5' })

expectTypeOf(claw.resolveMessageThread('mt_1', { summary: null })).resolves.toEqualTypeOf<{ thread: MessageThread }>()
// @ts-expect-error an id is required
claw.resolveMessageThread({ summary: 's' })

expectTypeOf(claw.saveSharedDoc({ name: 'n', content: 'c' })).resolves.toEqualTypeOf<{
  doc: SharedDoc
  doc_id: string
  security: SecuritySummary
}>()
// @ts-expect-error content is required
claw.saveSharedDoc({ name: 'n' })

expectTypeOf(claw.getAttachmentUrl('att_1')).toEqualTypeOf<string>()
// @ts-expect-error an id is required
claw.getAttachmentUrl()
expectTypeOf(claw.getAttachment('att_1')).resolves.toEqualTypeOf<AttachmentFile>()
expectTypeOf<AttachmentFile>().toEqualTypeOf<{ data: Uint8Array; filename: string; mime_type: string }>()
// @ts-expect-error an id is a text
claw.getAttachment(1)

expectTypeOf<Message['read_by']>().toEqualTypeOf<JsonText<string[]> | null>()
expectTypeOf<Message['message_type']>().toEqualTypeOf<Open<'action' | 'info' | 'lesson' | 'question' | 'status'>>()
expectTypeOf<Message['to_agent_id']>().toEqualTypeOf<string | null>()
expectTypeOf<Message['urgent']>().toEqualTypeOf<boolean>()
expectTypeOf<ListedMessageThread['message_count']>().toEqualTypeOf<number>()
