import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { cutText, errorText, newId, scrub, summarize } from '../../src/core/text.ts'

describe('a text that is too long', () => {
  test('is cut with a mark that tells its length', () => {
    expect(cutText('x'.repeat(5000), 4000)).toMatch(/^x+… \[cut, 5000 characters\]$/)
    expect(cutText('x'.repeat(4000), 4000)).toBe('x'.repeat(4000))
  })
  test('never exceeds the limit and never ends inside a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 60 }), fc.integer({ min: 40, max: 80 }), (text, limit) => {
        const cut = cutText(text, limit)
        expect(cut.length).toBeLessThanOrEqual(limit)
        expect(() => encodeURIComponent(cut)).not.toThrow()
      }),
    )
    expect(cutText('😀'.repeat(100), 60)).not.toMatch(/[\ud800-\udbff]…/)
  })
})

describe('masking', () => {
  test.each([
    ['sk-abcdefghijklmnop1234'],
    ['sk-ant-api03-abcdefghijklmnop'],
    ['ghp_abcdefghijklmnopqrstuvwx'],
    ['AKIAIOSFODNN7EXAMPLE'],
    ['xoxb-1234567890-abcdefghij'],
    ['oc_live_0123456789abcdef0123456789abcdef'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['Bearer abcdefghijklmnop'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----'],
    ['postgres://user:hunter22@'],
  ])('hides %s', (secret) => {
    const masked = scrub(`before ${secret} after`)
    expect(masked).not.toContain(secret)
    expect(masked).toMatch(/^before .*\[REDACTED\].* after$|^before \[REDACTED\]/s)
  })
  test.each([
    ['password=hunter22', 'password=[REDACTED]'],
    ['{"api_key":"abcd1234"}', '{"api_key":"[REDACTED]"}'],
    ['token: abcd1234', 'token: [REDACTED]'],
  ])('hides the value in %s', (text, masked) => {
    expect(scrub(text)).toBe(masked)
  })
  test('leaves ordinary text alone', () => {
    const text = 'Deployed v2.0 to prod-api; 3 pods, 12 ms. See https://example.com/a?b=c and task-123.'
    expect(scrub(text)).toBe(text)
  })
  test('takes time in proportion to the text', () => {
    // A quadratic pattern would need hours for these.
    for (const piece of [
      'sk-',
      'eyJ.',
      'a:',
      'password',
      '-----BEGIN ',
      'bearer ',
      'x://y:',
      'password=',
      'ab+',
    ] as const) {
      scrub(piece.repeat(200_000))
    }
  })
})

describe('a summary', () => {
  test.each([
    [undefined, undefined],
    [null, undefined],
    ['done', 'done'],
    [{ ok: true }, '{"ok":true}'],
    [7, '7'],
    [10n, '"10"'],
    [{ a: 1n }, '{"a":"1"}'],
  ])('of %o is %o', (value, expected) => {
    expect(summarize(value)).toBe(expected)
  })
  test('never throws and stays within the limit', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    expect(summarize(cyclic)).toBe("[object that can't be written as JSON]")
    expect(
      summarize({
        toJSON: () => {
          throw new Error('no')
        },
      }),
    ).toMatch(/can't be written/)
    fc.assert(fc.property(fc.anything(), (value) => (summarize(value)?.length ?? 0) <= 4000))
  })
  test('of an error is its message, whatever was thrown', () => {
    expect(errorText(new Error('disk full'))).toBe('disk full')
    expect(errorText('plain')).toBe('plain')
    expect(errorText(undefined)).toBe('undefined')
    expect(errorText(new Error('password=hunter22'))).toBe('password=[REDACTED]')
    fc.assert(fc.property(fc.anything(), (value) => typeof errorText(value) === 'string'))
  })
})

describe('a new id', () => {
  const UUID = /^act_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  test('is a prefix and a UUID v4', () => {
    expect(newId('act_')).toMatch(UUID)
  })
  test('is one also where randomUUID, or all of crypto, is missing', () => {
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(255) })
    expect(newId('act_')).toBe('act_ffffffff-ffff-4fff-bfff-ffffffffffff')
    vi.stubGlobal('crypto', undefined)
    expect(newId('act_')).toMatch(UUID)
    expect(newId('act_')).not.toBe(newId('act_'))
    vi.unstubAllGlobals()
  })
})
