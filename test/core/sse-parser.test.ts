import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createSSEParser, type ParsedEvent } from '../../src/core/sse-parser.ts'

interface Result {
  events: ParsedEvent[]
  retries: number[]
  lastEventId: string
}

function parse(chunks: Iterable<string | Uint8Array>): Result {
  const events: ParsedEvent[] = []
  const retries: number[] = []
  const parser = createSSEParser({ onEvent: (event) => events.push(event), onRetry: (ms) => retries.push(ms) })
  for (const chunk of chunks) parser.feed(chunk)
  const { lastEventId } = parser
  parser.end()
  return { events, retries, lastEventId }
}

/** The rules once more, over a whole text and without any thought of speed. */
function reference(text: string): Result {
  const result: Result = { events: [], retries: [], lastEventId: '' }
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  lines.pop()
  let type = ''
  let id = ''
  let data = ''
  for (const line of lines) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
    if (line === '') {
      result.lastEventId = id
      if (data) result.events.push({ type: type || 'message', id, data: data.slice(0, -1) })
      type = data = ''
    } else if (field === 'data') data += `${value}\n`
    else if (field === 'event') type = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) result.retries.push(Number(value))
  }
  return result
}

const message = (data: string, id = '', type = 'message'): ParsedEvent => ({ type, id, data })

const cases: [title: string, stream: string, events: ParsedEvent[], lastEventId?: string][] = [
  ['LF', 'data: a\n\n', [message('a')]],
  ['CR', 'data: a\r\r', [message('a')]],
  ['CRLF', 'data: a\r\n\r\n', [message('a')]],
  ['mixed line ends', 'data: a\r\n\ndata: b\r\rdata: c\n\r\n', [message('a'), message('b'), message('c')]],
  ['a BOM at the start', '\ufeffdata: a\n\n', [message('a')]],
  ['only one BOM is taken off', '\ufeff\ufeffdata: a\n\ndata: b\n\n', [message('b')]],
  ['a BOM later is a part of the field name', 'data: a\n\n\ufeffdata: b\n\n', [message('a')]],
  ['no space after the colon', 'data:a\n\n', [message('a')]],
  ['only one space is taken off', 'data:  a \n\n', [message(' a ')]],
  ['several data lines are joined by LF', 'data: 1\ndata: 2\ndata:\n\n', [message('1\n2\n')]],
  ['an empty data line is an event', 'data\n\n', [message('')]],
  ['two empty data lines are a line feed', 'data\ndata\n\n', [message('\n')]],
  ['data: with nothing', 'data:\n\n', [message('')]],
  ['a comment', ': heartbeat\n\ndata: a\n\n', [message('a')]],
  ['a comment inside an event', 'data: a\n:x\ndata: b\n\n', [message('a\nb')]],
  ['an event type', 'event: action.updated\ndata: a\n\n', [message('a', '', 'action.updated')]],
  ['the type after the data', 'data: a\nevent: x\n\n', [message('a', '', 'x')]],
  ['the last type wins', 'event: x\nevent: y\ndata: a\n\n', [message('a', '', 'y')]],
  ['the type is reset', 'event: x\ndata: a\n\ndata: b\n\n', [message('a', '', 'x'), message('b')]],
  ['the type is reset also without data', 'event: x\n\ndata: b\n\n', [message('b')]],
  ['an empty type is message', 'event:\ndata: a\n\n', [message('a')]],
  ['no data, no event', 'event: x\nid: 1\n\n', [], '1'],
  ['an id', 'id: mem-1\ndata: a\n\n', [message('a', 'mem-1')], 'mem-1'],
  ['an id without a space', 'id:8\ndata: a\n\n', [message('a', '8')], '8'],
  ['an id stays for later events', 'id: 1\ndata: a\n\ndata: b\n\n', [message('a', '1'), message('b', '1')], '1'],
  ['an empty id resets', 'id: 1\ndata: a\n\nid\ndata: b\n\n', [message('a', '1'), message('b', '')], ''],
  ['an id with NUL is ignored', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [message('a', '1'), message('b', '1')], '1'],
  ['the id of a cut event is not seen', 'id: 1\ndata: a\n\nid: 2\ndata: b\n', [message('a', '1')], '1'],
  ['an event cut before its blank line is none', 'data: a\n', []],
  ['a cut line is none', 'data: a\n\ndata: b', [message('a')]],
  ['an unknown field', 'foo: bar\ndata: a\nfoobar\n\n', [message('a')]],
  ['a field name is case-sensitive', 'Data: a\nDATA: b\n\n', []],
  ['a field name with a space is another one', ' data: a\ndata : b\n\n', []],
  ['many blank lines', '\n\n\n\ndata: a\n\n\n\n\n', [message('a')]],
  ['a colon in the value', 'data: a:b: c\n\n', [message('a:b: c')]],
  ['characters of all lengths', 'data: é日😀\n\n', [message('é日😀')]],
  ['U+2028 is no line end', 'data: a\u2028b\u0085c\n\n', [message('a\u2028b\u0085c')]],
]

describe('the stream format', () => {
  test.each(cases)('%s', (_title, stream, events, lastEventId = '') => {
    expect(parse([stream])).toMatchObject({ events, lastEventId })
  })

  test.each(cases)('gives the same when it is cut at any byte: %s', (_title, stream, events, lastEventId = '') => {
    const bytes = new TextEncoder().encode(stream)
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toMatchObject({ events, lastEventId })
    }
    expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toMatchObject({ events, lastEventId })
    expect(parse([...stream])).toMatchObject({ events, lastEventId })
  })

  test('retry takes digits only', () => {
    expect(parse(['retry: 1500\nretry: 1.5\nretry: -1\nretry\nretry: x\nretry: 0\n']).retries).toEqual([1500, 0])
  })

  test('a CR ends the line at once, without waiting for what follows', () => {
    const events: ParsedEvent[] = []
    const parser = createSSEParser({ onEvent: (event) => events.push(event) })
    parser.feed('data: a\r\r')
    expect(events).toEqual([message('a')])
    parser.feed('\ndata: b\r\n\r')
    expect(events).toEqual([message('a'), message('b')])
  })

  test('resumes from the id that it is given', () => {
    const parser = createSSEParser({ onEvent() {}, lastEventId: 'mem-7' })
    parser.feed('data: a\n\n')
    expect(parser.lastEventId).toBe('mem-7')
  })

  test('the id of an event is committed when its handler runs, and end() takes an unfinished one back', () => {
    const seen: string[] = []
    const parser = createSSEParser({ onEvent: ({ data }) => seen.push(`${data} ${parser.lastEventId}`) })
    parser.feed('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n')
    parser.end()
    expect(seen).toEqual(['a 1', 'b 2'])
    expect(parser.lastEventId).toBe('2')
  })

  test('follows the rules however it is chunked', () => {
    const line = fc.oneof(
      fc.constantFrom('', '', 'data', 'id', 'event', ':', 'retry: 5', 'retry: x', 'id: \0', '\ufeffdata: a'),
      fc
        .tuple(
          fc.constantFrom('data', 'id', 'event', 'x', ''),
          fc.constantFrom(':', ': '),
          fc.string({ unit: 'grapheme' }),
        )
        .map((parts) => parts.join('')),
    )
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n'))).map((lines) => lines.flat().join(''))
    fc.assert(
      fc.property(stream, fc.array(fc.nat(12)), (text, sizes) => {
        const bytes = new TextEncoder().encode(text)
        const chunks: Uint8Array[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = (sizes[i % (sizes.length || 1)] ?? 3) + 1
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(parse(chunks)).toEqual(reference(text))
        expect(parse([text])).toEqual(reference(text))
      }),
      { numRuns: 500 },
    )
  })
})

describe('cost and limits', () => {
  test('the text of events that nobody wants is not put together', () => {
    const seen: string[] = []
    const parser = createSSEParser({ onEvent: ({ type }) => seen.push(type), wants: (type) => type === 'b' })
    const join = vi.spyOn(Array.prototype, 'join')
    try {
      parser.feed('event: a\nid: 1\ndata: x\ndata: y\n\n')
      expect(join).not.toHaveBeenCalled()
      parser.feed('data: x\nevent: b\ndata: y\n\n')
      expect(join).toHaveBeenCalledTimes(1)
    } finally {
      join.mockRestore()
    }
    expect(seen).toEqual(['b'])
    expect(parser.lastEventId).toBe('1')
  })

  test('a long event in small chunks is joined once', () => {
    const data = 'x'.repeat(2_000_000)
    const text = `data: ${data}\n\n`
    const chunks: string[] = []
    for (let at = 0; at < text.length; at += 1000) chunks.push(text.slice(at, at + 1000))
    let searched = 0
    let joined = 0
    const { indexOf } = String.prototype
    const { join } = Array.prototype
    // Counts the characters that are looked at and put together: each once, not once a chunk again.
    Array.prototype.join = function (this: unknown[], between?: string) {
      const text = join.call(this, between)
      joined += text.length
      return text
    }
    String.prototype.indexOf = function (this: string, what: string, from = 0) {
      if (what === '\n' || what === '\r') searched += this.length - from
      return indexOf.call(this, what, from)
    }
    try {
      expect(parse(chunks).events[0]?.data).toBe(data)
    } finally {
      String.prototype.indexOf = indexOf
      Array.prototype.join = join
    }
    expect(searched).toBeLessThan(3 * text.length)
    expect(joined).toBeLessThan(2 * text.length)
  })

  test.each(['data: ', ': ', 'x'])('what is longer than the limit is refused: %j', (start) => {
    const parser = createSSEParser({ onEvent() {}, maxBuffer: 1000 })
    expect(() => {
      for (let i = 0; i < 200; i++) parser.feed(i === 0 ? start : '0123456789')
    }).toThrow(/longer than 1000 characters/)
    const lines = createSSEParser({ onEvent() {}, maxBuffer: 1000 })
    expect(() => {
      for (let i = 0; i < 200; i++) lines.feed('data: 0123456789\n')
    }).toThrow(/longer than 1000 characters/)
  })
  test('an event up to the limit passes, and each event counts for itself', () => {
    const seen: number[] = []
    const parser = createSSEParser({ onEvent: ({ data }) => seen.push(data.length), maxBuffer: 1000 })
    for (let i = 0; i < 5; i++) parser.feed(`data: ${'x'.repeat(499)}\ndata: ${'x'.repeat(499)}\n\n`)
    expect(seen).toEqual([999, 999, 999, 999, 999])
    parser.feed(`data: ${'x'.repeat(499)}\n`)
    expect(() => parser.feed(`data: ${'x'.repeat(500)}\n`)).toThrow(RangeError)
  })
})
