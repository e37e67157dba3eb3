import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { cutText, errorText, newId, scrub, summarize, tidy } from '../../src/core/text.ts'

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
    // Only the first half of a pair is left out: at both ends of its range, and one step beside them.
    const before = (unit: string) => cutText(`${'x'.repeat(39)}${unit}${'x'.repeat(960)}`, 64).split('…')[0]
    expect(['\ud7ff', '\ud800', '\udbff', '\udc00', '\ue000'].map((unit) => before(unit)!.length)).toEqual([
      40, 39, 39, 40, 40,
    ])
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
  const x = (count: number) => 'x1'.repeat(count).slice(0, count)
  test.each([
    ...['sk', 'pk', 'rk'].flatMap((kind) =>
      ['-', '_'].flatMap((mark) =>
        ['', 'live_', 'test_', 'ant-', 'proj-'].map((word) => `${kind}${mark}${word}${x(16)}`),
      ),
    ),
    'SK-LIVE_ABCDEFGHIJ-_1234',
    ...['p', 'o', 'u', 's', 'r'].map((kind) => `gh${kind}_${x(20)}`),
    `github_pat_${x(20)}`,
    `AKIA${'A1'.repeat(8)}`,
    `ASIA${'Z9'.repeat(8)}`,
    ...['a', 'b', 'e', 'o', 'p', 'r', 's'].map((kind) => `xox${kind}-1234567-ab`),
    'oc_live_0123abcd',
    'eyJabcd-_gh.ab-_.sig-_nature',
    `-----BEGIN PRIVATE KEY-----\nMIIE\n${x(50)}\n-----END PRIVATE KEY-----`,
    '-----BEGIN EC PRIVATE KEY-----\ncut off',
    `Bearer ${x(12)}`,
    `bearer    ${x(5)}._~+/-${x(6)}==`,
  ])('takes the whole of %j out', (secret) => {
    expect(scrub(secret)).toBe('[REDACTED]')
    const tail = secret.endsWith('cut off') ? '' : ' after'
    expect(scrub(`before ${secret}${tail}`)).toBe(`before [REDACTED]${tail}`)
  })
  test.each([
    `sk-${x(15)}`,
    `sk.${x(16)}`,
    `ask-${x(16)}`,
    `ghp_${x(15)}`,
    `ghx_${x(20)}`,
    `xghp_${x(20)}`,
    `github_pat_${x(15)}`,
    `AKIA${'A1'.repeat(7)}A`,
    `AKIA${'A1'.repeat(8)}B`,
    `XAKIA${'A1'.repeat(8)}`,
    `AXIA${'A1'.repeat(8)}`,
    'xoxb-1234567',
    'xoxz-1234567890',
    'oc_live_0123abc',
    'eyJabcdefg.abcd.ef',
    'xeyJabcdefgh.abcd.ef',
    '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
    `bearer ${x(11)}`,
    `forbearer${x(12)}`,
    'https://host/a:b@c',
    'https://host/@user',
  ])('leaves %j, which only looks like one', (text) => {
    expect(scrub(text)).toBe(text)
  })
  test.each([
    ['postgres://user:hunter22@db.test/x', 'postgres://[REDACTED]@db.test/x'],
    ['git+ssh://me:x@host', 'git+ssh://[REDACTED]@host'],
    ['see https://a-b.c:p%40ss@h.test', 'see https://[REDACTED]@h.test'],
  ])('takes the login out of %s', (url, masked) => {
    expect(scrub(url)).toBe(masked)
  })
  test.each(
    [
      'pass',
      'password',
      'passwd',
      'passphrase',
      'secret',
      'token',
      'apikey',
      'api_key',
      'api-key',
      'accesskey',
      'access_key',
      'access-key',
      'privatekey',
      'private_key',
      'private-key',
      'credential',
      'credentials',
      'authorization',
      'cookie',
      'PASSWORD',
      'x_token',
      'Client-Secret',
    ].map((name) => [name]),
  )('hides the value of %s, however it is written', (name) => {
    for (const [before, after] of [
      ['=', ''],
      [': ', ''],
      ['    =    ', ''],
      ['":"', '"'],
      ["': '", "'"],
      ['" : "', '"'],
      ['="', '"'],
    ]) {
      expect(scrub(`${name}${before}a.b-c!1${after}`)).toBe(`${name}${before}[REDACTED]${after}`)
    }
    for (const end of [', ', '; ', '&a=', '} ', ' ', '\n']) {
      // The values of these two go on to the end of the line, or of the field of a form.
      if (/^(?:authorization|cookie)/.test(name) && !/[&\n]/.test(end)) continue
      expect(scrub(`${name}=abcd${end}rest`)).toBe(`${name}=[REDACTED]${end}rest`)
    }
    for (const text of [`${name} abcdef`, `${name}`, `${name}:`, `${name}="" x`]) expect(scrub(text)).toBe(text)
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
})

describe('a text of the SDK that a server has to store', () => {
  test('has no NUL and no half of a surrogate pair', () => {
    const bad = 'a\0b\ud800c\udc00\0😀'
    const good = 'a\ufffdb\ufffdc\ufffd\ufffd😀'
    expect(tidy(bad, 100)).toBe(good)
    expect(summarize(bad)).toBe(good)
    expect(errorText(new Error(bad))).toBe(good)
    expect(summarize({ bad })).not.toMatch(/[\0\ud800-\udfff]/u)
  })
  test('is cut with a mark, and nothing is masked where it is only made tidy', () => {
    expect(tidy(`token=abcd\0${'x'.repeat(100)}`, 60)).toMatch(/^token=abcd\ufffdx+… \[cut, 111 characters\]$/)
  })
  test('of 10 MB is masked as far as it is shown, and tells its whole length', () => {
    const text = `token="${'a'.repeat(100_000)}" and password=hunter22 ${'x'.repeat(10_000_000)}`
    const cut = summarize(text)!
    expect(cut).toMatch(/^token="\[REDACTED\]" and password=\[REDACTED\] x+… \[cut, \d+ characters\]$/)
    expect(cut).toContain(`[cut, ${text.length} characters]`)
    expect(cut.length).toBe(4000)
  })
  test('shows no secret that it is cut in, wherever the cut falls', () => {
    const key = 'sk-abcdefghijklmnop1234'
    for (let at = 3900; at < 4010; at++) {
      for (const secret of [key, `password="${key} b"`, `https://a:${key}@b.test`]) {
        expect(summarize(`${'x '.repeat(at / 2)} ${secret} ${'y '.repeat(40_000)}`)).not.toContain('abc')
      }
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
    const gone = Proxy.revocable({}, {})
    gone.revoke()
    const shy = {
      get secret(): string {
        throw new Error('no')
      },
    }
    for (const value of [gone.proxy, shy, Object.create(null), Symbol('a'), () => 1, { toString: null }]) {
      expect(typeof summarize(value)).toBe('string')
      expect(typeof errorText(value)).toBe('string')
    }
    fc.assert(fc.property(fc.anything(), (value) => (summarize(value)?.length ?? 0) <= 4000))
  })
  test('of an error is its message, whatever was thrown', () => {
    expect(errorText(new Error('disk full'))).toBe('disk full')
    expect(errorText('plain')).toBe('plain')
    expect(errorText(undefined)).toBe('undefined')
    expect(errorText(new Error('password=hunter22'))).toBe('password=[REDACTED]')
    expect(errorText({ message: '' })).toBe('[object Object]')
    expect(errorText({ message: 5 })).toBe('[object Object]')
    const shy = {
      get message(): string {
        throw new Error('no')
      },
    }
    expect(errorText(shy)).toBe('an error without a text')
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
