import { describe, expect, test } from 'vitest'
import { packFiles } from '../../src/domains/messaging-attachments.ts'
import { thrown } from '../support/local.ts'

const refused = (files: unknown): Error => thrown(() => packFiles(files as never))
const file = { filename: 'a.txt', mime_type: 'text/plain', data: 'aGk=' } as const

describe('files of a message', () => {
  test('are none, or an array', () => {
    for (const none of [undefined, null, []]) expect(packFiles(none as never)).toBeUndefined()
    expect(packFiles([file, file, file])!.list).toHaveLength(3)
    for (const wrong of ['a.txt', {}, 5]) {
      expect(refused(wrong)).toMatchObject({
        name: 'InputError',
        field: 'attachments',
        message: 'attachments must be an array of files.',
      })
    }
  })
  test('go as base64: a text as it is, bytes encoded, also those of a part of a buffer', () => {
    const whole = new TextEncoder().encode('..hi..')
    const { list, encode } = packFiles([
      file,
      { ...file, data: new Uint8Array(whole.buffer, 2, 2) },
      { ...file, mime_type: 'application/pdf', data: ' aGk \n=' },
    ])!
    expect(list).toEqual([file, { ...file, data: 'aGk=' }, { ...file, mime_type: 'application/pdf', data: ' aGk \n=' }])
    expect(encode({ attachments: list })).toBe(JSON.stringify({ attachments: list }))
  })
  test.each([
    ['filename', ''],
    ['filename', undefined],
    ['filename', 7],
    ['filename', 'Ā.txt'],
    ['mime_type', ''],
    ['mime_type', undefined],
    ['data', ''],
    ['data', undefined],
    ['data', new Uint8Array(0)],
    ['data', new ArrayBuffer(4)],
    ['data', 'data:text/plain;base64,aGk='],
    ['data', 'a.b'],
  ])('with the %s %j are refused by their place', (field, value) => {
    expect(refused([file, { ...file, [field]: value }]).message).toMatch(
      new RegExp(`^attachments\\[1\\]\\.${field} must be`),
    )
  })
  test('may be missing from the list by mistake', () => {
    expect(refused([undefined]).message).toMatch(/^attachments\[0\]\.filename must be/)
  })
  test('may have names up to U+00FF', () => {
    expect(packFiles([{ ...file, filename: 'ÿ é.txt' }])!.list[0]!.filename).toBe('ÿ é.txt')
  })
  test('fit into a request together, before they are encoded and with what is around them', () => {
    const half = { ...file, data: 'a'.repeat(1_048_576) }
    const { list, encode } = packFiles([half, half])!
    expect(refused([half, { ...half, data: `${half.data}a` }]).message).toBe(
      'attachments make the request 2097153 bytes, and servers take at most 2097152 (2 MiB). As base64: a.txt 1048576, a.txt 1048577. Send fewer or smaller files.',
    )
    expect(() => encode({ list })).toThrow(/^attachments make the request 20\d{5} bytes/)
    // Three bytes become four characters.
    expect(packFiles([{ ...file, data: new Uint8Array(1_572_864) }])!.list[0]!.data).toHaveLength(2_097_152)
    expect(refused([{ ...file, data: new Uint8Array(1_572_865) }]).message).toContain('2097156 bytes')
  })
})
