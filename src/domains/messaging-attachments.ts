import { toBase64, utf8 } from '../core/encoding.ts'
import { InputError } from '../core/errors.ts'
import type { Open } from '../core/types.ts'

/** Types of files that a message may carry. The text must be exactly this: no charset, no capitals. */
export type AttachmentType =
  | 'image/png'
  | 'image/jpeg'
  | 'image/gif'
  | 'image/webp'
  | 'application/pdf'
  | 'text/plain'
  | 'text/markdown'
  | 'text/csv'
  | 'application/json'

/** A file to send with a message. */
export interface AttachmentInput {
  /** Characters up to U+00FF: a server stores other names, but can never give such a file back. Others see it as it is, path parts included. */
  filename: string
  mime_type: Open<AttachmentType>
  /** The bytes, or their base64 as a text without a `data:` prefix; not empty. */
  data: Uint8Array | string
}

/** A file of a message, without its bytes: `getAttachment` has them. */
export interface Attachment {
  /** `att_…` */
  id: string
  org_id: string
  message_id: string
  /** As it was sent: it may hold path parts. */
  filename: string
  mime_type: Open<AttachmentType>
  /** Bytes, estimated from the base64 text: up to 2 too many. */
  size_bytes: number
  /** ISO 8601 in UTC; that of its message. */
  created_at: string
}

/** A file of a message with its bytes. */
export interface AttachmentFile {
  data: Uint8Array
  /** Without path parts; the attachment's id when nothing else is left. */
  filename: string
  mime_type: string
}

/** Servers refuse a longer request before they look at it. */
const MAX_BYTES = 2_097_152

/** Files as they go on the wire, and the writer of a body with them that keeps to the server's limit. */
export interface PackedFiles {
  list: { filename: string; mime_type: Open<AttachmentType>; data: string }[]
  /** @throws {InputError} When the whole body is too long. */
  encode: (body: Record<string, unknown>) => string
}

/**
 * Checks the files of a message and writes their bytes as base64; undefined when there are none.
 *
 * @throws {InputError} Naming the file and the rule that it breaks.
 */
export function packFiles(files: readonly AttachmentInput[] | null | undefined): PackedFiles | undefined {
  if (files == null) return undefined
  if (!Array.isArray(files)) throw wrong(' must be an array of files.')
  if (!files.length) return undefined
  const sizes = files.map(checkFile)
  const fit = (bytes: number) => {
    if (bytes <= MAX_BYTES) return
    const each = files.map(({ filename }, at) => `${filename} ${sizes[at]}`).join(', ')
    throw wrong(
      ` make the request ${bytes} bytes, and servers take at most ${MAX_BYTES} (2 MiB). As base64: ${each}. Send fewer or smaller files.`,
    )
  }
  // A first look, so that nothing large is encoded in vain.
  fit(sizes.reduce((sum, size) => sum + size))
  return {
    list: files.map((file: AttachmentInput) => ({ ...file, data: base64(file.data) })),
    encode(body) {
      const text = JSON.stringify(body)
      fit(utf8(text).length)
      return text
    },
  }
}

/** Gives the length of the file's base64. */
function checkFile(file: Partial<AttachmentInput> | undefined, at: number): number {
  const { filename, mime_type, data } = file ?? {}
  if (typeof filename !== 'string' || !filename || /[^\0-\xff]/.test(filename)) {
    throw wrong(
      `[${at}].filename must be a string of characters up to U+00FF, as servers can't give back a file with another name: rename it.`,
    )
  }
  if (typeof mime_type !== 'string' || !mime_type) throw wrong(`[${at}].mime_type must be a string such as text/plain.`)
  const isText = typeof data === 'string'
  const size = isText ? data.length : ArrayBuffer.isView(data) ? 4 * Math.ceil(data.byteLength / 3) : 0
  // The server decodes what it can of other texts, so the file would arrive damaged.
  if (!size || (isText && /[^\w+/=\s-]/.test(data))) {
    throw wrong(`[${at}].data must be a Uint8Array, or a base64 string without a data: prefix, and not empty.`)
  }
  return size
}

const wrong = (text: string) => new InputError(`attachments${text}`, 'attachments')

const base64 = (data: Uint8Array | string) =>
  typeof data === 'string' ? data : toBase64(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
