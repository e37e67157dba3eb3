import { Core, callRoute, checkedInput } from '../core/core.ts'
import { InputError, NotFoundError } from '../core/errors.ts'
import { fileName } from '../core/file-name.ts'
import { pages } from '../core/pages.ts'
import { pathPart } from '../core/path.ts'
import type { Download } from '../core/transport.ts'
import type { RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/action-types.ts'
import { type AttachmentFile, packFiles } from './messaging-attachments.ts'
import type {
  BroadcastInput,
  CreateMessageThreadInput,
  InboxFilters,
  ListedMessage,
  ListedMessageThread,
  MessageFilters,
  MessageList,
  MessageThread,
  MessageThreadFilters,
  SendMessageInput,
  SentMessage,
  SentMessageFilters,
  SharedDoc,
} from './messaging-types.ts'

export type { Attachment, AttachmentFile, AttachmentInput, AttachmentType } from './messaging-attachments.ts'
export type * from './messaging-types.ts'

/** What a server gives at once at most. */
const MOST = 1000
const FILES = '/api/messages/attachments'
const SEND =
  ' POST /api/messages body! from_agent_id!@agentId message_type subject thread_id urgent:bool doc_ref attachments:[filename,mime_type,data]'
const LIST =
  ' GET /api/messages agent_id@agentId message_type>type thread_id limit:num offset:num unread:bool direction -> messages!:[{}]'
const MARK = ' PATCH! /api/messages message_ids!#:list agent_id@agentId action'
const MESSAGE_THREADS = 'getMessageThreads@2 GET /api/messages/threads agent_id@agentId status limit:num'
const RESOLVE = 'resolveMessageThread@2 PATCH /api/messages/threads thread_id!# summary'

/** Messages between the agents of an organization: direct ones and broadcasts, files, threads, shared documents. */
export abstract class Messaging extends Core {
  /**
   * Sends a message to one agent, or to all without `to`. Files are checked before anything is sent: number, type, size.
   *
   * @returns The stored message; secrets in `body` are masked.
   * @throws {InputError} When a file breaks a rule or makes the request larger than 2 MiB. {@link NotFoundError} when the
   * thread is unknown. {@link ValidationError} when it is not open, or a context thread (`ct_…`).
   * Route: `POST /api/messages`. Not repeated after an unclear failure.
   */
  async sendMessage(input: SendMessageInput, options?: RequestOptions): Promise<SentMessage> {
    const route = 'sendMessage' + SEND + ' to to_agent_id'
    const { to, to_agent_id, ...fields } = checkedInput(this, route, input)
    // Null beside a receiver must not make a broadcast of it.
    return post(this, route, { ...fields, to_agent_id: to_agent_id ?? to }, options)
  }

  /**
   * Lists what was sent to the agent or to all, newest first; neither its own nor archived messages.
   *
   * Route: `GET /api/messages?direction=inbox`.
   */
  getInbox(filters: InboxFilters = {}, options?: RequestOptions): Promise<MessageList> {
    return list(this, 'getInbox' + LIST, filters, options, 'inbox')
  }

  /** Every message of the inbox, page after page; see {@link getInbox}. Mark them read after the loop: each one marked moves the next page up. */
  iterateInbox(filters: InboxFilters = {}, options?: RequestOptions): AsyncGenerator<ListedMessage, void, undefined> {
    return every(this, 'iterateInbox' + LIST, filters, options, 'inbox')
  }

  /** Lists what the agent sent, newest first. Route: `GET /api/messages?direction=sent`. */
  getSentMessages(filters: SentMessageFilters = {}, options?: RequestOptions): Promise<MessageList> {
    return list(this, 'getSentMessages' + LIST, filters, options, 'sent')
  }

  /** Every message that the agent sent, page after page; see {@link getSentMessages}. */
  iterateSentMessages(
    filters: SentMessageFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ListedMessage, void, undefined> {
    return every(this, 'iterateSentMessages' + LIST, filters, options, 'sent')
  }

  /** Lists messages in one direction or in all, newest first. Route: `GET /api/messages`. */
  getMessages(filters: MessageFilters = {}, options?: RequestOptions): Promise<MessageList> {
    return list(this, 'getMessages' + LIST, filters, options)
  }

  /** Every message that matches, page after page; see {@link getMessages}. Leave the loop, or abort `options.signal`, to stop. */
  iterateMessages(
    filters: MessageFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ListedMessage, void, undefined> {
    return every(this, 'iterateMessages' + LIST, filters, options)
  }

  /**
   * Reads one message. Servers have no route for it, so the client agent's messages and broadcasts are read (1,000 a
   * request, archived ones too) until it is found.
   *
   * @param messageId - `msg_…`
   * @throws {NotFoundError} When it is not among them; a message between two other agents never is.
   * Route: `GET /api/messages?direction=all`.
   */
  async getMessage(messageId: string, options?: RequestOptions): Promise<{ message: ListedMessage }> {
    pathPart('message_id', messageId)
    for (let offset = 0; ; offset += MOST) {
      const { messages } = await list(this, 'getMessage' + LIST, { limit: MOST, offset }, options, 'all')
      const message = messages.find(({ id }) => id === messageId)
      if (message) return { message }
      if (messages.length < MOST) {
        throw new NotFoundError(`Message ${messageId} is not among those of ${this.agentId} and the broadcasts.`, {
          status: 404,
          method: 'GET',
          path: '/api/messages',
          body: undefined,
        })
      }
    }
  }

  /**
   * Marks messages as read: direct ones by their receiver, broadcasts for this agent.
   *
   * @param messageIds - `msg_…`, one or more.
   * @param input - `agent_id`: who read them. Default: the client's agent; null: the dashboard, which may mark any direct message.
   * @returns How many changed: those of others, unknown ones and those read before do not count.
   * Route: `PATCH /api/messages`.
   */
  markRead(
    messageIds: readonly string[],
    input: { agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ updated: number }> {
    return mark(this, 'markRead', 'read', messageIds, input, options)
  }

  /**
   * Archives messages, for good. The server lets any agent archive any message, and an archived broadcast is gone for all.
   *
   * @param messageIds - `msg_…`, one or more.
   * @param input - `agent_id`: sent (default: the client's agent), but not looked at.
   * @returns How many changed; unknown ones and archived ones do not count. Route: `PATCH /api/messages`.
   */
  archiveMessages(
    messageIds: readonly string[],
    input: { agent_id?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ updated: number }> {
    return mark(this, 'archiveMessages', 'archive', messageIds, input, options)
  }

  /**
   * Sends a message to all agents of the organization.
   *
   * @throws As {@link sendMessage}. Route: `POST /api/messages`. Not repeated after an unclear failure.
   */
  async broadcast(input: BroadcastInput, options?: RequestOptions): Promise<SentMessage> {
    const route = 'broadcast' + SEND
    return post(this, route, { ...checkedInput(this, route, input), to_agent_id: null }, options)
  }

  /**
   * Opens a message thread; not to be confused with the context threads of `createThread`.
   *
   * @returns `thread_id` and `thread.id` are the same `mt_…`.
   * Route: `POST /api/messages/threads`. Not repeated after an unclear failure.
   */
  createMessageThread(
    input: CreateMessageThreadInput,
    options?: RequestOptions,
  ): Promise<{ thread: MessageThread; thread_id: string }> {
    return this.call(
      'createMessageThread@2 POST /api/messages/threads name! participants:list created_by!@agentId',
      input,
      options,
    )
  }

  /**
   * Lists message threads, those with the newest message first. The server looks for the agent's id anywhere in the
   * participants, so `agent-1` also finds threads of `agent-10`.
   *
   * @returns `total` counts the threads in this answer. Route: `GET /api/messages/threads`.
   */
  async getMessageThreads(
    filters: MessageThreadFilters = {},
    options?: RequestOptions,
  ): Promise<{ threads: ListedMessageThread[]; total: number }> {
    const { status, ...fields } = checkedInput(this, MESSAGE_THREADS, filters)
    return this.call(MESSAGE_THREADS, { ...fields, status: status === 'active' ? 'open' : status }, options)
  }

  /**
   * Resolves a thread: it takes no more messages. Resolving twice is fine and keeps `resolved_at`.
   *
   * @param threadId - `mt_…`
   * @param input - `summary` replaces the stored one; null wipes it; without it the stored one stays.
   * @throws {NotFoundError} When the thread is unknown. Route: `PATCH /api/messages/threads`.
   */
  async resolveMessageThread(
    threadId: string,
    input: { summary?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ thread: MessageThread }> {
    const fields = checkedInput(this, RESOLVE, input, { thread_id: threadId })
    return this.call(RESOLVE, { ...fields, status: 'resolved' }, options)
  }

  /**
   * Saves a document under a name that is unique in the organization, or the next version of the stored one.
   *
   * @param input - `name`: at most 500 characters. `content`: at most 100,000; secrets in it are stored as `[REDACTED:…]`.
   * `agent_id`: author. Default: the client's agent.
   * @returns `security` counts what was masked. Route: `POST /api/messages/docs`. Not repeated after an unclear failure. Not on newer servers.
   */
  saveSharedDoc(
    input: { name: string; content: string; agent_id?: string | undefined },
    options?: RequestOptions,
  ): Promise<{ doc: SharedDoc; doc_id: string; security: SecuritySummary }> {
    return this.call('saveSharedDoc@2 POST /api/messages/docs name! content! agent_id!@agentId', input, options)
  }

  /**
   * Gives the URL of a file, without a request. It answers only to a request with the `x-api-key` header, so a browser
   * can't open it: {@link getAttachment} downloads the file.
   *
   * @param attachmentId - Its `id` (`att_…`).
   * @throws {InputError} When the id is no text or empty.
   */
  getAttachmentUrl(attachmentId: string): string {
    return `${this.baseUrl}${FILES}?id=${pathPart('attachment_id', attachmentId)}`
  }

  /**
   * Downloads a file of a message.
   *
   * @param attachmentId - `att_…`, from `message.attachments`.
   * @returns Bytes, type, and a name that is safe to save under.
   * @throws {NotFoundError} When it is unknown. {@link ServerError} when its name has characters that the server can't send.
   * Route: `GET /api/messages/attachments`.
   */
  async getAttachment(attachmentId: string, options?: RequestOptions): Promise<AttachmentFile> {
    const id = attachmentId
    const { bytes, headers } = await callRoute<Download>(
      this,
      'getAttachment@2 GET /api/messages/attachments id!#',
      { id },
      options,
      [],
      {
        read: 'bytes',
      },
    )
    return {
      data: bytes,
      filename: fileName(headers.get('content-disposition')) || id,
      mime_type: headers.get('content-type') ?? 'application/octet-stream',
    }
  }
}

/** Reads one page, and tells whether only unread messages were asked for. */
async function page(
  core: Core,
  route: string,
  filters: MessageFilters,
  options: RequestOptions | undefined,
  direction?: string,
): Promise<[MessageList, boolean]> {
  const { unread, ...fields } = checkedInput(core, route, filters)
  // Any string but `true` switches the filter off, so nothing is sent for false.
  const query = { ...fields, direction: direction ?? fields.direction, unread: unread || undefined }
  return [await callRoute(core, route, query, options), unread === true]
}

async function list(
  core: Core,
  route: string,
  filters: MessageFilters,
  options: RequestOptions | undefined,
  direction?: string,
): Promise<MessageList> {
  const [answer, unread] = await page(core, route, filters, options, direction)
  if (!unread) return answer
  const messages = answer.messages.filter(({ is_read }) => !is_read)
  return { ...answer, messages, total: messages.length }
}

async function* every(
  core: Core,
  route: string,
  filters: MessageFilters,
  options: RequestOptions | undefined,
  direction?: string,
): AsyncGenerator<ListedMessage, void, undefined> {
  const fields = checkedInput(core, route, filters)
  // The list's total is that of the page, so it can't end the loop.
  const read = async (at: MessageFilters) => {
    const [{ messages }] = await page(core, route, at, options, direction)
    return { messages }
  }
  for await (const message of pages('messages', 'id', fields, read, options)) {
    if (!fields.unread || !message.is_read) yield message
  }
}

async function mark(
  core: Core,
  method: string,
  action: 'read' | 'archive',
  message_ids: readonly string[],
  input: object,
  options: RequestOptions | undefined,
): Promise<{ updated: number }> {
  // Servers of the 5 line only mark as read.
  const route = method + (action === 'archive' ? '@2' : '') + MARK
  const fields = checkedInput(core, route, input, { message_ids })
  if (!message_ids.every((id) => id && typeof id === 'string')) {
    throw new InputError(`${method} takes message_ids as an array of ids: ${method}(['msg_1']).`, 'message_ids')
  }
  if (!message_ids.length) return { updated: 0 }
  return callRoute(core, route, { ...fields, action }, options)
}

async function post(
  core: Core,
  route: string,
  input: SendMessageInput,
  options: RequestOptions | undefined,
): Promise<SentMessage> {
  // Null is no kind of message to the server.
  const { attachments, ...fields } = { ...input, message_type: input?.message_type ?? undefined }
  const files = packFiles(attachments)
  return files
    ? callRoute(core, route, { ...fields, attachments: files.list }, options, [], { encode: files.encode })
    : callRoute(core, route, fields, options)
}
