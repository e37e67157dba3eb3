import type { JsonText, Open } from '../core/types.ts'
import type { Attachment, AttachmentInput } from './messaging-attachments.ts'

/** Kinds of messages. */
export type MessageType = 'action' | 'info' | 'lesson' | 'question' | 'status'
/** A direct message goes from `sent` to `read` to `archived`; a broadcast is never `read` as a whole. There is no way back. */
export type MessageStatus = 'sent' | 'read' | 'archived'
/** Input of {@link Messaging.broadcast}. */
export interface BroadcastInput {
  /** 1 to 2,000 characters. Secrets in it are stored as `[REDACTED:…]`. */
  body: string
  /** Default: `info`. */
  message_type?: Open<MessageType> | null | undefined
  /** At most 200 characters; secrets in it are kept. */
  subject?: string | null | undefined
  /** A message thread that is open (`mt_…`, from {@link Messaging.createMessageThread}). */
  thread_id?: string | null | undefined
  /** Sender. Default: the client's agent. */
  from_agent_id?: string | undefined
}

/** Input of {@link Messaging.sendMessage}. */
export interface SendMessageInput extends BroadcastInput {
  /** Receiver; not checked against known agents. Without one the message goes to all. */
  to?: string | null | undefined
  /** The server's name for `to`; goes first when both are given. */
  to_agent_id?: string | null | undefined
  /** Default: false. */
  urgent?: boolean | null | undefined
  /** Free text, meant for the id of a shared document. */
  doc_ref?: string | null | undefined
  /** At most 3 files. The whole request may have 2 MiB, so all files together about 1.5 MB: base64 adds a third. */
  attachments?: readonly AttachmentInput[] | null | undefined
}

/** A stored message. */
export interface Message {
  /** `msg_…` */
  id: string
  org_id: string
  thread_id: string | null
  from_agent_id: string
  /** Null for a broadcast. */
  to_agent_id: string | null
  message_type: Open<MessageType>
  subject: string | null
  /** With secrets masked. */
  body: string
  urgent: boolean
  status: Open<MessageStatus>
  doc_ref: string | null
  /** JSON list as text of those who read a broadcast; null for a direct message. */
  read_by: JsonText<string[]> | null
  /** ISO 8601 in UTC. */
  created_at: string
  /** Direct messages only. */
  read_at: string | null
  archived_at: string | null
  /** Empty when there are none. */
  attachments: Attachment[]
}

/** A message in a list. */
export interface ListedMessage extends Message {
  /** Read or archived; of a broadcast: read by the agent that asks. */
  is_read: boolean
}

/** Answer of {@link Messaging.sendMessage} and {@link Messaging.broadcast}. */
export interface SentMessage {
  message: Message
  /** `message.id`. */
  message_id: string
}

/** Filters of {@link Messaging.getSentMessages}. */
export interface SentMessageFilters {
  message_type?: Open<MessageType> | undefined
  /** The server's name for `message_type`; goes first when both are given. */
  type?: Open<MessageType> | undefined
  thread_id?: string | undefined
  /** Whose messages. Default: the client's agent; null: what the dashboard sees of the whole organization. */
  agent_id?: string | null | undefined
  /** 0 to 1,000; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  /** Default: 0. */
  offset?: number | undefined
}

/** Filters of {@link Messaging.getInbox}. */
export interface InboxFilters extends SentMessageFilters {
  /** True: unread ones only. A page may then hold fewer than `limit`: the server lists broadcasts that were read, and they are dropped here. */
  unread?: boolean | undefined
}

/** Filters of {@link Messaging.getMessages}. */
export interface MessageFilters extends InboxFilters {
  /** Default: `inbox`. `all`: sent, received and broadcasts, archived ones too. */
  direction?: Open<'inbox' | 'sent' | 'all'> | undefined
}

/** Answer of the lists of messages. */
export interface MessageList {
  /** Newest first. */
  messages: ListedMessage[]
  /** Messages in this answer, not all that match. */
  total: number
  /** All that the agent has not read, whatever the filters. */
  unread_count: number
}

/** Input of {@link Messaging.createMessageThread}. */
export interface CreateMessageThreadInput {
  /** Need not be unique. */
  name: string
  /** For information only: it limits nobody. */
  participants?: readonly string[] | null | undefined
  /** Default: the client's agent. */
  created_by?: string | undefined
}

/** A conversation that messages belong to. */
export interface MessageThread {
  /** `mt_…` */
  id: string
  org_id: string
  name: string
  /** JSON list as text. */
  participants: JsonText<string[]> | null
  /** Only an open one takes messages. */
  status: Open<'open' | 'resolved'>
  summary: string | null
  created_by: string
  /** ISO 8601 in UTC. */
  created_at: string
  /** Renewed by each message. */
  updated_at: string
  /** When it was resolved last; stays when it is opened again. */
  resolved_at: string | null
}

/** A thread in a list. */
export interface ListedMessageThread extends MessageThread {
  message_count: number
  last_message_at: string | null
}

/** Filters of {@link Messaging.getMessageThreads}. */
export interface MessageThreadFilters {
  /** `active` is what the documentation calls `open`. Without it: threads of every status. */
  status?: Open<'active' | 'open' | 'resolved'> | undefined
  /** 0 to 100; larger values are cut by the server. Default: 20. */
  limit?: number | undefined
  /** Threads that the agent made, took part in, or is named in. Default: the client's agent; null: all. */
  agent_id?: string | null | undefined
}

/** A text that the agents of an organization share. */
export interface SharedDoc {
  /** `sd_…` */
  id: string
  org_id: string
  name: string
  /** With secrets masked. */
  content: string
  created_by: string
  last_edited_by: string | null
  /** 1, and one more with each save; older ones are not kept. */
  version: number
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}
