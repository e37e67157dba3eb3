import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorText, scrub, summarize, tidy } from '../../src/core/text.ts'

const NAMES = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'token',
  'api_key',
  'apiKey',
  'api-key',
  'client_secret',
  'AWS_SECRET_ACCESS_KEY',
  'githubToken',
  'db_password',
  'access_token',
  'private_key',
]
/** Where a value of any characters stands in quotes, so that its end is known. */
const QUOTED: [string, (name: string, value: string) => string][] = [
  ['JSON', (name, value) => JSON.stringify({ a: 1, [name]: value, b: 2 })],
  ['JSON with blanks', (name, value) => JSON.stringify({ a: 1, [name]: value, b: 2 }, null, 2)],
  ['JSON in JSON', (name, value) => JSON.stringify({ body: JSON.stringify({ [name]: value, user: 'a' }), c: 1 })],
  [
    'JSON in JSON in JSON',
    (name, value) => JSON.stringify([{ body: JSON.stringify({ deep: JSON.stringify({ [name]: value, x: 1 }) }) }]),
  ],
  ['an array in JSON', (name, value) => JSON.stringify({ [name]: [value, value] })],
  ['Python', (name, value) => `{'user': 'a', '${name}': ${python(value)}, 'x': 1}`],
  ['an assignment', (name, value) => `const ${name.replace(/-/g, '_')} = ${JSON.stringify(value)};`],
  ['a flag', (name, value) => `tool --${name} ${JSON.stringify(value)} --verbose`],
  ['a flag with =', (name, value) => `tool --${name}=${JSON.stringify(value)} --verbose`],
  ['YAML', (name, value) => `user: a\n${name}: ${JSON.stringify(value)}\nother: b\n`],
]
const python = (value: string) => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
/** Where a value ends with a blank or a line. */
const PLAIN: [string, (name: string, value: string) => string][] = [
  ['the environment', (name, value) => `FOO=1\n${name}=${value}\nBAR=2`],
  ['a query', (name, value) => `https://h.example/x?a=1&${name}=${value}&b=2`],
  ['YAML', (name, value) => `user: a\n${name}: ${value}\nother: b`],
  ['a flag', (name, value) => `tool --${name} ${value} --verbose`],
]
const SCHEMES = ['Basic', 'Bearer', 'Token', 'ApiKey', 'Negotiate', 'AWS4-HMAC-SHA256', 'Digest username="u",']
const HEADERS: [string, (name: string, value: string) => string][] = [
  ['a line', (name, value) => `GET / HTTP/1.1\r\nHost: h\r\n${name}: ${value}\r\nAccept: */*\r\n`],
  ['JSON', (name, value) => JSON.stringify({ headers: { Host: 'h', [name]: value, Accept: 'x' } })],
  ['JSON in JSON', (name, value) => JSON.stringify({ body: JSON.stringify({ headers: { [name]: value } }), c: 1 })],
  [
    'pairs',
    (name, value) =>
      JSON.stringify({
        headers: [
          ['Host', 'h'],
          [name, value],
        ],
      }),
  ],
  ['curl -H ""', (name, value) => `curl -H "${name}: ${value.replace(/"/g, '\\"')}" https://x.example/keep`],
  ["curl -H ''", (name, value) => `curl -H '${name}: ${value}' https://x.example/keep`],
  [
    'curl in JSON',
    (name, value) => JSON.stringify({ command: `curl -H "${name}: ${value.replace(/"/g, '\\"')}" https://x.example` }),
  ],
  ['a header list as text in JSON', (name, value) => JSON.stringify({ raw: `Host: h\n${name}: ${value}\nAccept: x` })],
]

/** Long enough not to be a part of what stands around it by chance. */
const marked = (characters: fc.Arbitrary<string>) => characters.map((text) => `Zq7${text}xW9`)
const any = marked(fc.string({ unit: 'grapheme', maxLength: 30 }))
const word = marked(fc.string({ unit: fc.constantFrom(...'abcXYZ0189_-.!~*%+/'), maxLength: 30 }))
const base64 = marked(fc.string({ unit: fc.constantFrom(...'abcXYZ0189+/'), minLength: 12, maxLength: 40 }))

const gone = (text: string) => {
  const clean = scrub(text)
  return !/Zq7|xW9/.test(clean) && clean.includes('[REDACTED]') && scrub(clean) === clean
}

describe('no secret survives', () => {
  test.each(QUOTED)('beside a name, in %s', (_place, write) => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), any, (name, value) => gone(write(name, value))),
      { numRuns: 300 },
    )
  })
  test.each(PLAIN)('without quotes, in %s', (_place, write) => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), word, (name, value) => gone(write(name, value))),
      { numRuns: 300 },
    )
  })
  test.each(HEADERS)('in the headers of authorization, in %s', (_place, write) => {
    fc.assert(
      fc.property(
        fc.constantFrom('Authorization', 'authorization', 'Proxy-Authorization'),
        fc.constantFrom(...SCHEMES),
        base64,
        (name, scheme, value) =>
          gone(
            write(name, scheme.startsWith('Digest') ? `${scheme} response="${value}", nc=1` : `${scheme} ${value}==`),
          ),
      ),
      { numRuns: 300 },
    )
  })
  test.each(HEADERS)('in cookies, in %s', (_place, write) => {
    fc.assert(
      fc.property(fc.constantFrom('Cookie', 'Set-Cookie', 'cookie'), word, (name, value) =>
        gone(write(name, `theme=dark; session=${value}; Path=/; HttpOnly`)),
      ),
      { numRuns: 300 },
    )
  })
  test('in the URLs of databases and hosts', () => {
    const password = marked(fc.string({ unit: fc.constantFrom(...'abcXYZ019@:/_-.!~*%+'), maxLength: 20 }))
    fc.assert(
      fc.property(
        fc.constantFrom('postgres', 'redis', 'https', 'mongodb+srv', 'amqp'),
        fc.constantFrom('user', '', 'a.b'),
        password.filter((value) => !/^\d+\//.test(value)),
        (scheme, user, value) => gone(`before ${scheme}://${user}:${value}@db.example:5432/x?y=1 after`),
      ),
      { numRuns: 500 },
    )
  })
  test.each([
    ['curl -u user:Zq7pass https://x', 'curl -u [REDACTED] https://x'],
    ["curl -u 'user:Zq7 pass word' https://x", "curl -u '[REDACTED]' https://x"],
    ['curl --user user:Zq7pass', 'curl --user [REDACTED]'],
    ['curl --user="user:Zq7pass" x', 'curl --user="[REDACTED]" x'],
    ['curl --proxy-user u:Zq7pass x', 'curl --proxy-user [REDACTED] x'],
    ['mysql -h db -pZq7pass shop', 'mysql -h db -p[REDACTED] shop'],
    ["sshpass -p 'Zq7 pass' ssh a@b", "sshpass -p '[REDACTED]' ssh a@b"],
    ['tool --password Zq7pass run', 'tool --password [REDACTED] run'],
    ['tool --api-key=Zq7pass run', 'tool --api-key=[REDACTED] run'],
    ['{"password":12345678}', '{"password":[REDACTED]}'],
    ['https://Zq7abcdefghijklmnop@github.com/a/b', 'https://[REDACTED]@github.com/a/b'],
  ])('%s', (text, masked) => {
    expect(scrub(text)).toBe(masked)
  })
  test.each([
    'sk-proj-abcdefghijklmnop1234',
    'sk-ant-api03-abcdefghijklmnop1234',
    'sk-svcacct-abcdefghijklmnop1234',
    'sk-or-v1-0123456789abcdef0123',
    'ghp_abcdefghijklmnopqrst',
    'glpat-abcdefghijklmnopqrst',
    'AKIAABCDEFGHIJKLMNOP',
    `AIza${'a1B2'.repeat(9)}`,
    `ya29.${'a1B2'.repeat(9)}`,
    'xoxb-1234567890-abcdef',
    'xapp-1-A1B2C3-abcdef',
    'https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop',
    'sk_live_abcdefghijklmnop',
    'rk_live_abcdefghijklmnop',
    'whsec_abcdefghijklmnop1234',
    `SG.${'a1B2'.repeat(5)}.${'a1B2'.repeat(10)}`,
    `SK${'0123456789abcdef'.repeat(2)}`,
    `npm_${'a1B2'.repeat(9)}`,
    `pypi-${'a1B2'.repeat(9)}`,
    `hf_${'a1B2'.repeat(9)}`,
    `gsk_${'a1B2'.repeat(9)}`,
    `xai-${'a1B2'.repeat(9)}`,
    `r8_${'a1B2'.repeat(9)}`,
    `pplx-${'a1B2'.repeat(9)}`,
    `dapi${'0123456789abcdef'.repeat(2)}`,
    `dop_v1_${'0123456789abcdef'.repeat(4)}`,
    `shpat_${'0123456789abcdef'.repeat(2)}`,
    `lin_api_${'a1B2'.repeat(9)}`,
    `ntn_${'a1B2'.repeat(9)}`,
    `sbp_${'0123456789abcdef'.repeat(3)}`,
    `key-${'0123456789abcdef'.repeat(2)}`,
    `dckr_pat_${'a1B2'.repeat(7)}`,
    `hvs.${'a1B2'.repeat(9)}`,
    `1234567890:AA${'a1B2'.repeat(9)}`,
    'oc_live_0123456789abcdef',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef',
  ])('the key %s, wherever it stands', (key) => {
    for (const text of [key, `use ${key} now`, `"${key}"`, `(${key})`, `k=${key}&b=1`]) {
      expect(scrub(text)).not.toContain(key)
      expect(scrub(text)).toContain('[REDACTED]')
    }
  })
  test.each(['', '-----END RSA PRIVATE KEY-----'])('a private key, whole or cut (%j)', (end) => {
    const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc+/=\n${end}`
    expect(scrub(`key:\n${pem}`)).not.toContain('MIIE')
    expect(scrub(JSON.stringify({ file: pem }))).not.toContain('MIIE')
  })
})

test.each([
  'max_tokens: 1000',
  '{"tokens_in":512,"tokens_out":98,"total_tokens":610,"max_tokens":1000}',
  'token_count=512',
  'prompt_tokens=512',
  'secretary: Alice Smith',
  'author: Alice Smith',
  'tokenizer: cl100k_base',
  'The password policy is strict, and each secret counts.',
  'git push -u origin main',
  'see https://unpkg.com/@scope/pkg@1.2.3/index.js',
  'http://localhost:3000/@user/path',
  'mail to alice@example.com',
  'passed: 12 of 12 tests',
  '{"token":null,"secret":true}',
  'compass: north',
])('%s stays as it is', (text) => {
  expect(scrub(text)).toBe(text)
})

describe('masking takes time in proportion to 800,000 characters', () => {
  const pieces = [
    'eyJ-',
    'eyJabcdefgh.',
    'a://',
    'https://a:b',
    '"password":"',
    "'password': '",
    '\\"token\\":\\"',
    'password',
    'password=',
    'Authorization: ',
    'authorization: Digest a="',
    'cookie',
    'sk-',
    'ghp_',
    '-----BEGIN ',
    '-----BEGIN RSA PRIVATE KEY-----',
    '\\',
    '\\"',
    '"',
    "'",
    'a',
    'a-',
    ' ',
    '\n',
    ' -u ',
    'mysql ',
    'mysql a -p',
    '@',
    ':',
    '{"a":',
    '[',
    '"secret":[',
    '"secret":["',
    'bearer ',
    'https://hooks.slack.com/services/',
    '1234567890:AA',
    'x=y&token=',
    '%41',
    'ü',
  ]
  const time = (text: string) => {
    const start = performance.now()
    scrub(text)
    return performance.now() - start
  }
  test.each(pieces)('%j, again and again', (piece) => {
    const of = (length: number) => piece.repeat(Math.ceil(length / piece.length))
    time(of(1000))
    const short = Math.max(2, Math.min(time(of(50_000)), time(of(50_000))))
    const long = Math.min(time(of(800_000)), time(of(800_000)))
    // 16 times the length; what is quadratic takes 256 times as long.
    expect(long / short).toBeLessThan(80)
  })
})

describe('strings that the SDK makes', () => {
  test('hold no NUL', () => {
    expect(summarize('PNG\0\0data')).toBe('PNG\ufffd\ufffddata')
    expect(summarize({ a: 'x\0' })).not.toContain('\0')
    expect(errorText(new Error('bad\0byte'))).toBe('bad\ufffdbyte')
    expect(tidy('a\0b', 10)).toBe('a\ufffdb')
  })
  test('are cut with the length that they had, and a secret at the cut does not show', () => {
    const text = `${'x'.repeat(3990)} password="Zq7 ${'y'.repeat(40_000)}"`
    const short = summarize(text)!
    expect(short.length).toBeLessThanOrEqual(4000)
    expect(short).not.toContain('Zq7')
    expect(summarize(`${'password=Zq7secretvalue '.repeat(2000)}end`)).not.toContain('Zq7')
    expect(summarize('z'.repeat(1_000_000))).toContain('[cut, 1000000 characters]')
  })
  test('never fail for what was given', () => {
    const hostile = [
      {
        get a() {
          throw new Error('no')
        },
      },
      {
        toJSON() {
          throw new Error('no')
        },
      },
      { a: 1n },
      Symbol('x'),
      () => 1,
      new Proxy(
        {},
        {
          get() {
            throw new Error('no')
          },
          ownKeys() {
            throw new Error('no')
          },
        },
      ),
      Object.create(null),
      Number.NaN,
    ]
    for (const value of hostile) {
      expect(typeof (summarize(value) ?? '')).toBe('string')
      expect(typeof errorText(value)).toBe('string')
    }
  })
})
