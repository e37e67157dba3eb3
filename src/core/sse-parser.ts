/** One event as it stood in the stream. */
export interface ParsedEvent {
  /** `message` when the stream names none. */
  type: string
  /** Id of the last event that had one; empty when none had. */
  id: string
  data: string
}

/** What a parser reports to. */
export interface ParserOptions {
  onEvent(event: ParsedEvent): void
  /** Milliseconds that the server asks to wait before connecting again. */
  onRetry?: ((ms: number) => void) | undefined
  /** Whether anybody needs events of a type; the text of the others is not put together. Default: all. */
  wants?: ((type: string) => boolean) | undefined
  /** Where the stream resumes: the id until an event brings another. */
  lastEventId?: string | undefined
  /** Most UTF-16 units that are kept of one event; `feed` throws a RangeError beyond. Default: 16,777,216. */
  maxBuffer?: number | undefined
}

/** A push parser of `text/event-stream`. */
export interface SSEParser {
  /** Reads on. A chunk may end anywhere, also inside a character. */
  feed(chunk: Uint8Array | string): void
  /** Ends the stream: an event without its blank line is not one. */
  end(): void
  /** Id of the last complete event that had one: where to resume. */
  readonly lastEventId: string
}

/** Reads a stream by the rules of the HTML standard, section 9.2.6. */
export function createSSEParser({
  onEvent,
  onRetry,
  wants,
  lastEventId = '',
  maxBuffer = 16_777_216,
}: ParserOptions): SSEParser {
  // The mark at the start is taken off once, below, for text and bytes alike.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let started = false
  let swallowLF = false
  // An unfinished line is kept in pieces and joined once, so a long one costs no more than its length.
  let pieces: string[] = []
  let pending = 0
  let type = ''
  /** The lines of an event's data; most have one. */
  let data: string | string[] | undefined
  let size = 0
  let idBuffer = lastEventId

  const check = () => {
    if (size + pending > maxBuffer) {
      throw new RangeError(`An event of the stream is longer than ${maxBuffer} characters.`)
    }
  }

  /** Reads one line where it stands: nothing but its value is cut out. */
  function line(text: string, from: number, to: number): void {
    if (from === to) {
      lastEventId = idBuffer
      const name = type || 'message'
      if (data !== undefined && (!wants || wants(name))) {
        onEvent({ type: name, id: lastEventId, data: typeof data === 'string' ? data : data.join('\n') })
      }
      type = ''
      size = 0
      data = undefined
      return
    }
    const first = text.charCodeAt(from)
    const field = first === 100 ? 'data' : first === 101 ? 'event' : first === 105 ? 'id' : first === 114 ? 'retry' : ''
    const colon = from + field.length
    if (!field || (colon < to && text.charCodeAt(colon) !== 58)) return
    for (let at = 1; at < field.length; at++) if (text.charCodeAt(from + at) !== field.charCodeAt(at)) return
    const value = text.slice(text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1, to)
    if (field === 'data') {
      if (data === undefined) data = value
      else if (typeof data === 'string') data = [data, value]
      else data.push(value)
      size += value.length + 1
      check()
    } else if (field === 'event') type = value
    else if (field === 'id') {
      if (!value.includes('\0')) idBuffer = value
    } else if (/^\d+$/.test(value)) onRetry?.(Number(value))
  }

  function read(text: string): void {
    if (!text) return
    let at = 0
    if (!started) {
      started = true
      if (text.charCodeAt(0) === 0xfeff) at = 1
    }
    if (swallowLF && at < text.length) {
      swallowLF = false
      if (text[at] === '\n') at++
    }
    let lf = text.indexOf('\n', at)
    let cr = text.indexOf('\r', at)
    while (lf >= 0 || cr >= 0) {
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf
      if (pending) {
        pieces.push(text.slice(at, end))
        const whole = pieces.join('')
        pieces = []
        pending = 0
        line(whole, 0, whole.length)
      } else line(text, at, end)
      at = end + 1
      // Most streams have no CR at all.
      if (cr < 0) {
        for (;;) {
          lf = text.indexOf('\n', at)
          if (lf < 0) break
          line(text, at, lf)
          at = lf + 1
        }
        break
      }
      if (end === cr) {
        // A CR ends the line at once: waiting for a LF that may never come would hold the event back.
        if (at === text.length) swallowLF = true
        else if (text[at] === '\n') at++
        cr = text.indexOf('\r', at)
      }
      if (lf >= 0 && lf < at) lf = text.indexOf('\n', at)
    }
    if (at < text.length) {
      pieces.push(at ? text.slice(at) : text)
      pending += text.length - at
      check()
    }
  }

  return {
    feed: (chunk) => read(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })),
    end() {
      pieces = []
      pending = 0
      data = undefined
      type = ''
      size = 0
      idBuffer = lastEventId
    },
    get lastEventId() {
      return lastEventId
    },
  }
}
