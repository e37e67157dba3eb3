import { fromBase64 } from '../rules/bytes.ts'
import { Redactor } from '../rules/redact.ts'
import { filled, jsonColumn, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { holds } from '../state/like.ts'
import { newest } from '../state/order.ts'
import { error, invalid, json } from './answers.ts'
import { page, tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface MessageRow {
  id: string
  org_id: string
  thread_id: string | null
  from_agent_id: string
  to_agent_id: string | null
  message_type: string
  subject: string | null
  body: string
  urgent: boolean
  status: string
  doc_ref: string | null
  read_by: string | null
  created_at: string
  read_at: string | null
  archived_at: string | null
}

interface AttachmentRow {
  id: string
  org_id: string
  message_id: string
  filename: string
  mime_type: string
  size_bytes: number
  created_at: string
  data: Uint8Array
}

interface ThreadRow {
  id: string
  org_id: string
  name: string
  participants: string | null
  status: string
  summary: string | null
  created_by: string
  created_at: string
  updated_at: string
  resolved_at: string | null
}

interface DocRow {
  id: string
  org_id: string
  name: string
  content: string
  created_by: string
  last_edited_by: string | null
  version: number
  created_at: string
  updated_at: string
}

const TYPES = ['action', 'info', 'lesson', 'question', 'status']
const FILE_TYPES =
  'image/png, image/jpeg, image/gif, image/webp, application/pdf, text/plain, text/markdown, text/csv, application/json'
const MAX_FILE = 5_242_880
const SENDING = 'An error occurred while sending message'

const messagesOf = (ctx: Context) => ctx.table<MessageRow>('messages')
const threadsOf = (ctx: Context) => ctx.table<ThreadRow>('message_threads')
const filesOf = (ctx: Context, message: MessageRow) =>
  ctx
    .table<AttachmentRow>('attachments')
    .filter(({ message_id }) => message_id === message.id)
    .map(({ data: _, ...row }) => row)

/** The reader of a broadcast is kept as text, in quotes. */
const readBy = (message: MessageRow, reader: string) => (message.read_by ?? '').includes(JSON.stringify(reader))

function send(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { subject: 200, body: 2000 })
  if (problems.length) return invalid(problems)
  if (!fields['body']) return error(400, 'body is required')
  if (!fields['from_agent_id']) return error(400, 'from_agent_id is required')
  const type = fields['message_type'] ?? 'info'
  if (!TYPES.includes(type as string)) return error(400, `message_type must be one of: ${TYPES.join(', ')}`)
  const threadId = filled(fields['thread_id'])
  if (threadId?.startsWith('ct_')) {
    return error(
      400,
      'Invalid thread type: context threads (ct_*) cannot be used for messaging. Use createMessageThread() to create a message thread (mt_*).',
    )
  }
  const thread = threadsOf(ctx).find(({ id }) => id === threadId)
  if (threadId && !thread) return error(404, 'Thread not found')
  if (thread && thread.status !== 'open') return error(400, 'Thread is not open')
  const given = fields['attachments']
  const files = (Array.isArray(given) ? given : []) as Record<string, unknown>[]
  const refusal = refuseFiles(files)
  if (refusal) return error(400, refusal)
  const broken = files.some(({ data }) => typeof data !== 'string')
  // The older line stores the message before it finds out.
  if (broken && ctx.version !== '2.0') return error(400, 'Each attachment requires filename, mime_type, and data')

  const to = filled(fields['to_agent_id'])
  const row: MessageRow = {
    id: hexId('msg_'),
    org_id: ctx.org.id,
    thread_id: threadId,
    from_agent_id: text(fields['from_agent_id'])!,
    to_agent_id: to,
    message_type: type as string,
    subject: filled(fields['subject']),
    body: new Redactor().mask(text(fields['body'])!),
    urgent: Boolean(fields['urgent']),
    status: 'sent',
    doc_ref: filled(fields['doc_ref']),
    read_by: to ? null : '[]',
    created_at: ctx.iso(),
    read_at: null,
    archived_at: null,
  }
  messagesOf(ctx).push(row)
  if (thread) thread.updated_at = ctx.iso()
  for (const file of files) {
    if (typeof file['data'] !== 'string') return error(500, SENDING)
    ctx.table<AttachmentRow>('attachments').push({
      id: hexId('att_'),
      org_id: ctx.org.id,
      message_id: row.id,
      filename: text(file['filename'])!,
      mime_type: text(file['mime_type'])!,
      size_bytes: Math.ceil((file['data'].length * 3) / 4),
      created_at: row.created_at,
      data: decoded(file['data']),
    })
  }
  const message = { ...row, attachments: filesOf(ctx, row) }
  ctx.publish('message.created', message)
  return json(201, { message, message_id: row.id })
}

function refuseFiles(files: Record<string, unknown>[]): string | undefined {
  if (files.length > 3) return 'Maximum 3 attachments per message'
  for (const file of files) {
    const { filename, mime_type, data } = file ?? {}
    if (!filename || !mime_type || !data) return 'Each attachment requires filename, mime_type, and data'
    if (!FILE_TYPES.split(', ').includes(mime_type as string)) {
      return `Unsupported MIME type: ${mime_type}. Allowed: ${FILE_TYPES}`
    }
    if (typeof data === 'string' && Math.ceil((data.length * 3) / 4) > MAX_FILE) {
      return `Attachment "${filename}" exceeds 5MB limit`
    }
  }
  return undefined
}

/** What can be decoded of a text that should be base64. */
function decoded(data: string): Uint8Array {
  const clean = data.replace(/[^\w+/-]/g, '')
  return fromBase64(clean.length % 4 === 1 ? clean.slice(0, -1) : clean) ?? new Uint8Array(0)
}

function list(ctx: Context): Response {
  const { direction = 'inbox', agent_id: agent, type, unread, thread_id } = ctx.query
  const pages = page(ctx.query, { max: 1000 })
  if (!pages) return error(500, 'An error occurred while fetching messages')
  const received = (row: MessageRow) =>
    !agent || ((row.to_agent_id === agent || row.to_agent_id === null) && row.from_agent_id !== agent)
  const wanted = (row: MessageRow) => {
    if (direction === 'inbox') return received(row) && row.status !== 'archived'
    if (!agent) return true
    if (direction === 'sent') return row.from_agent_id === agent
    return row.from_agent_id === agent || row.to_agent_id === agent || row.to_agent_id === null
  }
  const reader = agent || 'dashboard'
  const messages = messagesOf(ctx)
    .filter(
      (row) =>
        wanted(row) &&
        (!type || row.message_type === type) &&
        (unread !== 'true' || row.status === 'sent') &&
        (!thread_id || row.thread_id === thread_id),
    )
    .reverse()
    .slice(pages.offset, pages.offset + pages.limit)
    .map((row) => ({
      ...row,
      attachments: filesOf(ctx, row),
      is_read: row.status === 'read' || row.status === 'archived' || readBy(row, reader),
    }))
  const waiting = messagesOf(ctx).filter((row) => row.status === 'sent' && received(row) && !readBy(row, reader))
  return json(200, { messages, total: messages.length, unread_count: waiting.length })
}

function mark(ctx: Context): Response {
  const { message_ids: ids, action, agent_id } = ctx.fields
  if (!Array.isArray(ids) || !ids.length) return error(400, 'message_ids array is required')
  if (action !== 'read' && action !== 'archive') return error(400, 'action must be "read" or "archive"')
  for (const id of ids) text(id)
  const reader = filled(agent_id) ?? 'dashboard'
  const change = (row: MessageRow): boolean => {
    if (action === 'archive') {
      if (row.status === 'archived') return false
      row.status = 'archived'
      row.archived_at = ctx.iso()
      return true
    }
    if (row.to_agent_id === null) {
      if (readBy(row, reader)) return false
      row.read_by = JSON.stringify([...JSON.parse(row.read_by ?? '[]'), reader])
      return true
    }
    if (row.status !== 'sent' || (row.to_agent_id !== reader && reader !== 'dashboard')) return false
    row.status = 'read'
    row.read_at = ctx.iso()
    return true
  }
  const updated = messagesOf(ctx).filter((row) => ids.includes(row.id) && change(row)).length
  return json(200, { updated })
}

function openThread(ctx: Context): Response {
  const { name, created_by, participants } = ctx.fields
  if (!name) return error(400, 'name is required')
  if (!created_by) return error(400, 'created_by is required')
  const thread: ThreadRow = {
    id: hexId('mt_'),
    org_id: ctx.org.id,
    name: text(name)!,
    participants: jsonColumn(participants),
    status: 'open',
    summary: null,
    created_by: text(created_by)!,
    created_at: ctx.iso(),
    updated_at: ctx.iso(),
    resolved_at: null,
  }
  threadsOf(ctx).push(thread)
  return json(201, { thread, thread_id: thread.id })
}

function listThreads(ctx: Context): Response {
  const pages = page(ctx.query, { limit: 20, max: 100 })
  if (!pages) return error(500, 'An error occurred while fetching threads')
  const { agent_id: agent, status } = ctx.query
  const threads = threadsOf(ctx)
    .map((thread) => {
      const messages = messagesOf(ctx).filter(({ thread_id }) => thread_id === thread.id)
      const part =
        !agent ||
        thread.created_by === agent ||
        holds(thread.participants, agent) ||
        messages.some((row) => row.from_agent_id === agent || row.to_agent_id === agent)
      return { thread, part, message_count: messages.length, last_message_at: messages.at(-1)?.created_at ?? null }
    })
    .filter(({ thread, part }) => part && (!status || thread.status === status))
    .map(({ thread, part: _, ...counted }) => ({ ...thread, ...counted }))
    .reverse()
    .sort(newest((thread) => thread.last_message_at ?? thread.created_at))
    .slice(0, pages.limit)
  return json(200, { threads, total: threads.length })
}

function updateThread(ctx: Context): Response {
  const { thread_id, status, summary } = ctx.fields
  if (!thread_id) return error(400, 'thread_id is required')
  const thread = threadsOf(ctx).find(({ id }) => id === thread_id)
  if (!thread) return error(404, 'Thread not found')
  if (summary !== undefined) thread.summary = text(summary)
  if (status) {
    if (status === 'resolved' && thread.status !== 'resolved') thread.resolved_at = ctx.iso()
    thread.status = text(status)!
  }
  thread.updated_at = ctx.iso()
  return json(200, { thread })
}

function saveDoc(ctx: Context): Response {
  const { fields } = ctx
  const problems = tooLong(fields, { name: 500, content: 100_000 })
  if (problems.length) return invalid(problems)
  for (const name of ['name', 'content', 'agent_id']) if (!fields[name]) return error(400, `${name} is required`)
  const redactor = new Redactor()
  const name = text(fields['name'])!
  const agent = text(fields['agent_id'])!
  const content = redactor.mask(text(fields['content'])!)
  const docs = ctx.table<DocRow>('shared_docs')
  let doc = docs.find((row) => row.name === name)
  if (doc) {
    Object.assign(doc, { content, last_edited_by: agent, version: doc.version + 1, updated_at: ctx.iso() })
  } else {
    doc = {
      id: hexId('sd_'),
      org_id: ctx.org.id,
      name,
      content,
      created_by: agent,
      last_edited_by: agent,
      version: 1,
      created_at: ctx.iso(),
      updated_at: ctx.iso(),
    }
    docs.push(doc)
  }
  return json(201, { doc, doc_id: doc.id, security: redactor.summary() })
}

function readDocs(ctx: Context): Response {
  const { id, search } = ctx.query
  const rows = ctx.table<DocRow>('shared_docs')
  if (id) {
    const doc = rows.find((row) => row.id === id)
    return doc ? json(200, { doc }) : error(404, 'Document not found')
  }
  const pages = page(ctx.query, { limit: 20, max: 100 })
  if (!pages) return error(500, 'An error occurred while fetching documents')
  const docs = rows
    .filter((row) => !search || holds(row.name, search))
    .reverse()
    .sort(newest((doc) => doc.updated_at))
    .slice(0, pages.limit)
  return json(200, { docs, total: docs.length })
}

function download(ctx: Context): Response {
  const { id } = ctx.query
  if (!id) return error(400, 'id query parameter is required')
  const file = ctx.table<AttachmentRow>('attachments').find((row) => row.id === id)
  if (!file) return error(404, 'Attachment not found')
  // The older line can't put such a name into a header.
  if (ctx.version === '2.0' && /[^\0-\xff]/.test(file.filename)) {
    return error(500, 'An error occurred while fetching attachment')
  }
  const name = String.fromCharCode(...new TextEncoder().encode(file.filename.replace(/["\0-\x1f\x7f]/g, '_')))
  return new Response(new Uint8Array(file.data), {
    headers: {
      'content-type': file.mime_type,
      'content-disposition': `attachment; filename="${name}"`,
      'content-length': String(file.data.length),
      'cache-control': 'private, max-age=3600',
    },
  })
}

/** Messages, their files and threads, shared documents. */
export const messaging: Route[] = [
  route('POST', '/api/messages', saving(SENDING, send)),
  route('GET', '/api/messages', list),
  route('PATCH', '/api/messages', saving('An error occurred while updating messages', mark)),
  route('POST', '/api/messages/threads', saving('An error occurred while creating thread', openThread)),
  route('GET', '/api/messages/threads', listThreads),
  route('PATCH', '/api/messages/threads', saving('An error occurred while updating thread', updateThread)),
  route('POST', '/api/messages/docs', saving('An error occurred while saving document', saveDoc)),
  route('GET', '/api/messages/docs', readDocs),
  route('GET', '/api/messages/attachments', download),
]
