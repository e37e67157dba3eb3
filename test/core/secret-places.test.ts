/** What is masked in texts that the SDK writes by itself: which secrets, in which places, at what cost, and what stays readable. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scrub } from '../../src/core/text.ts'

/** Both ends and the middle of each generated secret carry it, so that a rest of one is found as well. */
const MARK = 'Zq7'
const marked = (unit: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.string({ unit, maxLength: 12 }), fc.string({ unit, maxLength: 12 }))
    .map((parts) => `${MARK}${parts.join(MARK)}${MARK}`)
const of = (letters: string) => fc.constantFrom(...letters)
const WORD = 'abcXYZ0189_-.~+/='

const json = (value: unknown, depth = 1): string => {
  let text = JSON.stringify(value)
  for (let at = 1; at < depth; at++) text = JSON.stringify({ body: text, z: 1 })
  return text
}
const single = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
const double = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const form = (text: string) => encodeURIComponent(text).replace(/%20/g, '+')

type Place = readonly [name: string, write: (secret: string) => string]
const NAMES =
  'password passwd pwd passphrase secret token api_key apikey api-key client_secret access_key private_key credential credentials db_password AWS_SECRET_ACCESS_KEY githubToken newPassword2 passwordHash SECRET_KEY_BASE authToken x-api-key PGPASSWORD sessionTokenValue'.split(
    ' ',
  )
const HEADERS = 'Authorization authorization Proxy-Authorization Cookie Set-Cookie cookies'.split(' ')
const SCHEMES = ['', 'Basic ', 'Bearer ', 'Token ', 'ApiKey ', 'Negotiate ', 'theme=dark; session=']

/** Places where quotes, or an encoding, take any character. */
const anywhere: Place[] = [...NAMES, ...HEADERS].flatMap((name): Place[] => [
  ...[1, 2, 3, 4].map(
    (depth): Place => [`JSON ${depth} deep, beside ${name}`, (s) => json({ a: 'b', [name]: s, url: 'c' }, depth)],
  ),
  [`an array in JSON, beside ${name}`, (s) => json({ [name]: ['x', s], url: 'c' })],
  [`an object in JSON, beside ${name}`, (s) => json({ [name]: { a: [{ b: `]}${s}` }] }, url: 'c' }, 2)],
  [`an object of JavaScript, beside ${name}`, (s) => `const a = { user: 'b', '${name}': ${single(s)}, c: 1 }`],
  [`an object of Python, beside ${name}`, (s) => `{'user': "b", '${name}': ${double(s)}, 'c': 1}`],
  [`code in JSON, beside ${name}`, (s) => json({ code: `f({ '${name}': ${double(s)}, c: 1 })`, z: 2 })],
  [`an assignment to ${name}`, (s) => `x["${name}"] = ${double(s)}; y = 1`],
  [
    `a record named ${name}`,
    (s) =>
      json([
        { name, value: s },
        { name: 'x', value: 'y' },
      ]),
  ],
  [`a YAML text beside ${name}`, (s) => `a: b\n${name}: ${double(s)}\nc: d`],
  [`an option --${name}`, (s) => `run --${name} ${shell(s)} --other --${name}=${shell(s)} x`],
  [`arguments in JSON, after --${name}`, (s) => json({ command: 'run', args: [`--${name}`, s, 'x'] })],
  [`an environment for ${name}`, (s) => `X=1 ${name}=${shell(s)} node app.js`],
  [`a query with ${name}`, (s) => `https://x.test/a?b=c&${name}=${encodeURIComponent(s)}&d=e`],
  [`a form with ${name}`, (s) => `${name}=${form(s)}&d=e`],
])
const login: Place[] = [
  ['curl -u', (s) => `curl -sS -u ${shell(`bob:${s}`)} https://x.test`],
  ['curl --user', (s) => `curl --user ${shell(`bob:${s}`)} https://x.test`],
  ['curl -b', (s) => `curl -b ${shell(`session=${s}`)} https://x.test`],
  ['arguments of curl', (s) => json({ command: 'curl', args: ['-u', `bob:${s}`, 'https://x.test'] })],
  ['mysql -p', (s) => `mysql -u root -p${shell(s)} db`],
  ['sshpass -p', (s) => `sshpass -p ${shell(s)} ssh host`],
  ['SQL', (s) => `ALTER USER a PASSWORD '${s.replaceAll("'", "''")}'; SELECT 1`],
  ['a call in Python', (s) => `requests.get(url, auth=("bob", ${double(s)}), timeout=3)`],
]
/** Places that a line ends. */
const lines: Place[] = [
  ...HEADERS.slice(0, 5).flatMap((name) =>
    SCHEMES.flatMap((scheme): Place[] => [
      [`the header line ${name}: ${scheme}`, (s) => `GET / HTTP/1.1\r\n${name}: ${scheme}${s}\r\nHost: x\r\n\r\n`],
      [`curl -H with ${name}: ${scheme}`, (s) => `curl -H ${shell(`${name}: ${scheme}${s}`)} https://x.test`],
      [
        `curl -H in double quotes with ${name}: ${scheme}`,
        (s) => `curl -H ${double(`${name}: ${scheme}${s}`)} https://x.test`,
      ],
      [
        `a command in JSON with ${name}: ${scheme}`,
        (s) => json({ command: `curl -H ${double(`${name}: ${scheme}${s}`)} https://x.test`, z: 1 }),
      ],
      [
        `a request in JSON with ${name}: ${scheme}`,
        (s) => json({ raw: `GET / HTTP/1.1\r\n${name}: ${scheme}${s}\r\nHost: x\r\n`, z: 1 }),
      ],
    ]),
  ),
  ...NAMES.flatMap((name): Place[] => [
    [`a line of YAML with ${name}`, (s) => `user: bob\n  ${name}: ${s}\nhost: x`],
    [`a line of YAML in JSON with ${name}`, (s) => json({ text: `user: bob\n  ${name}: ${s}\nhost: x`, z: 1 })],
  ]),
]
/** Places that a space ends. */
const words: Place[] = NAMES.flatMap((name): Place[] => [
  [`a line of .env with ${name}`, (s) => `A=1\nexport ${name}=${s}\nB=2`],
  [`the last line of .env with ${name}`, (s) => `A=1\n${name}=${s}`],
  [`prose with ${name}`, (s) => `The ${name}: ${s} is set`],
  [`an option --${name}`, (s) => `run --${name} ${s} --other --${name}=${s}`],
  [`an element ${name}`, (s) => `<a><${name}>${s}</${name}></a>`],
])
const urls: Place[] = ['postgres', 'https', 'mongodb+srv', 'amqp'].flatMap((scheme): Place[] => [
  [`${scheme} with a user`, (s) => `open ${scheme}://bob:${s}@db.test:5432/a?b=c, then`],
  [`${scheme} in JSON`, (s) => json({ url: `${scheme}://bob:${s}@db.test/a`, z: 1 }, 2)],
  [`${scheme} without a user`, (s) => `URL=${scheme}://:${s}@localhost/0`],
  [
    `${scheme} without slashes that are plain`,
    (s) => json({ url: `${scheme}://bob:${s}@db.test/a` }).replaceAll('/', '\\/'),
  ],
])
const tokens: Place[] = [['the user of a URL', (s) => `git clone https://${s}@github.test/a/b.git`]]

describe('no secret survives', () => {
  test.each([
    [
      'in quotes or encoded',
      anywhere,
      fc.oneof(marked(fc.string({ unit: 'grapheme', maxLength: 1 })), marked(of(`ab "',;:=&@|\\{}[]()<>$#%\`\n\t`))),
    ],
    [
      'in a login',
      login,
      fc.oneof(marked(fc.string({ unit: 'grapheme', maxLength: 1 })), marked(of(`ab "',;:=&@|{}[]()<>$#%`))),
    ],
    ['on a line', lines, marked(of(`abZ09 ',;:=&@|{}[]()<>$#%é😀`))],
    ['in a word', words, marked(of(WORD))],
    ['in a URL', urls, marked(of(`${WORD}@:%!$&*;,`))],
    ['alone in a URL', tokens, marked(of('abcXYZ0189_-.~+=%'))],
  ] as const)('%s', (_kind, places, secrets) => {
    fc.assert(
      fc.property(fc.constantFrom(...places), secrets, ([name, write], secret) => {
        const masked = scrub(write(secret))
        expect(masked, name).toContain('[REDACTED]')
        expect(masked.includes(MARK) && `${name}: ${write(secret)} became ${masked}`).toBe(false)
        expect(scrub(masked)).toBe(masked)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('keys of providers', () => {
  const x = (count: number) => 'aB3'.repeat(count).slice(0, count)
  const hex = (count: number) => '0af9'.repeat(count).slice(0, count)
  const KEYS: Record<string, string> = {
    OpenAI: `sk-${x(48)}`,
    'OpenAI project': `sk-proj-${x(40)}_${x(20)}-${x(20)}`,
    'OpenAI service account': `sk-svcacct-${x(60)}`,
    Anthropic: `sk-ant-api03-${x(40)}-${x(40)}AA`,
    OpenRouter: `sk-or-v1-${hex(64)}`,
    GitHub: `ghp_${x(36)}`,
    'GitHub app': `ghs_${x(36)}`,
    'GitHub fine grained': `github_pat_11${x(20)}_${x(59)}`,
    GitLab: `glpat-${x(20)}`,
    'GitLab runner': `glrt-${x(20)}`,
    AWS: 'AKIAIOSFODNN7EXAMPLE',
    'AWS for a time': 'ASIAIOSFODNN7EXAMPLE',
    Google: `AIza${x(35)}`,
    'Google OAuth': `ya29.a0${x(60)}`,
    Slack: `xoxb-123456789012-1234567890123-${x(24)}`,
    'Slack app': `xapp-1-A0${x(9)}-123456789012-${hex(64)}`,
    'Slack webhook': `hooks.slack.com/services/T0${x(8)}/B0${x(8)}/${x(24)}`,
    Stripe: `sk_live_${x(24)}`,
    'Stripe restricted': `rk_live_${x(24)}`,
    'Stripe webhook': `whsec_${x(20)}/${x(11)}`,
    SendGrid: `SG.${x(22)}.${x(43)}`,
    Twilio: `SK${hex(32)}`,
    'Twilio account': `AC${hex(32)}`,
    npm: `npm_${x(36)}`,
    PyPI: `pypi-AgEIcHlwaS5vcmc${x(60)}`,
    'Hugging Face': `hf_${x(34)}`,
    Groq: `gsk_${x(52)}`,
    xAI: `xai-${x(80)}`,
    Replicate: `r8_${x(37)}`,
    Perplexity: `pplx-${x(48)}`,
    Databricks: `dapi${hex(32)}-2`,
    DigitalOcean: `dop_v1_${hex(64)}`,
    Shopify: `shpat_${hex(32)}`,
    Linear: `lin_api_${x(40)}`,
    Notion: `ntn_${x(46)}`,
    'Notion before': `secret_${x(43)}`,
    Supabase: `sbp_${hex(40)}`,
    Azure: `${x(3)}8Q~${x(34)}`,
    Vercel: `vcp_${x(56)}`,
    Cloudflare: `cfut_${x(40)}`,
    Mailgun: `key-${hex(32)}`,
    Discord: `M${x(25)}.${x(6)}.${x(38)}`,
    'Discord webhook': `discord.com/api/webhooks/123456789012345678/${x(68)}`,
    Telegram: `bot123456789:AA${x(33)}`,
    JWT: `eyJ${x(17)}.eyJ${x(40)}.${x(43)}`,
    'JWT without a signature': `eyJ${x(17)}.eyJ${x(40)}.`,
    'JWT that is cut': `eyJ${x(17)}`,
    DashClaw: `oc_live_${hex(32)}`,
  }
  test.each(Object.entries(KEYS))('of %s are masked wherever they stand', (_name, key) => {
    const bare = key.replace(/\.$/, '')
    for (const [before, after] of [
      ['', ''],
      ['use ', ' now'],
      ['(', ')'],
      ['x=', ', y'],
      ['"', '"'],
      ['line\\n', '\\nline'],
      ['%20', '%20'],
      ['a\n', '\n'],
    ] as const) {
      const masked = scrub(before + key + after)
      expect([`${before}[REDACTED]${after}`, `${before}[REDACTED].${after}`]).toContain(masked)
      expect(masked).not.toContain(bare)
      expect(scrub(masked)).toBe(masked)
    }
    const masked = scrub(json({ text: `a\n${key}\nb`, list: [key] }, 3))
    expect(masked).not.toContain(bare)
  })
  test('that are PEM are masked whole, with their headers, in any quotes, and when they are cut', () => {
    const body = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n${x(64)}\n${x(20)}`
    for (const kind of ['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ']) {
      const pem = `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----`
      expect(scrub(`a ${pem}\nb`)).toBe('a [REDACTED]\nb')
      expect(scrub(json({ private_key: `${pem}\n`, a: 1 }, 2))).not.toMatch(/aB3|DEK/)
      expect(scrub(json({ file: `${pem}\nb`, a: 1 }))).toBe('{"file":"[REDACTED]\\nb","a":1}')
      expect(scrub(`a ${pem.slice(0, -40)}`)).toBe('a [REDACTED]')
    }
    expect(scrub(`-----BEGIN PGP PRIVATE KEY BLOCK-----\n${x(20)}`)).toBe('[REDACTED]')
  })
})

describe('what stays readable', () => {
  test.each([
    'the password policy is strict',
    'Deployed v2.0 to prod-api; 3 pods, 12 ms. See https://example.com/a?b=c and task-123.',
    '{"max_tokens":100,"tokens_in":5,"token_count":7,"total_tokens":"512","tokens":{"in":1},"tokens_used":3}',
    'max_tokens: 100, token_limit: 5, tokens: 512, token_type: bearer, tokenizer: bpe',
    '{"password":null,"token":true,"secret":false} api_key=undefined, token: None',
    'secretary: Ann, bypass: yes, compass: north, passenger: Bob, passed: 12, pass: 12, pass_rate: 0.9',
    'password_min_length: 8, passwordPolicy: strict, token_url: https://x.test/token, secret_name: prod/db',
    'authorization_scope: tool:refund, author: Ann, authorizationEndpoint: /a',
    'primary_key: id, public_key: abc, foreign_key: b, key: c',
    'ssh://git@github.com/a/b.git git+ssh://git@github.com/a/b.git file:///a@b',
    'https://host:8080/a@b http://registry:4873/@scope/pkg https://x.test/@user http://x.test?a=b@c me@x.test',
    'sort -u file; docker run -u 1000:1000 -p 8080:80 img; git push -u origin main; sqlmap -u http://x.test:80/a',
    'mkdir -p a/b; tar -b 20; run --password --user x; The password: ',
    '{"hint":"Enter password: ","b":"c"}',
    'task-1234567890123456 disk-abcdefghijklmnop1234 risk-x1x1x1x1x1x1x1x1x1',
    '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
  ])('%j', (text) => {
    expect(scrub(text)).toBe(text)
  })
  test.each([
    ['{"user":"a","password":"b c","url":"d"}', '{"user":"a","password":"[REDACTED]","url":"d"}'],
    ['{"password":12345678,"a":1}', '{"password":[REDACTED],"a":1}'],
    [
      'curl -H "Authorization: Basic YTpi" -u a:b https://x.test -X DELETE',
      'curl -H "Authorization: [REDACTED]" -u [REDACTED] https://x.test -X DELETE',
    ],
    ['TOKEN=abc; rm -rf /', 'TOKEN=[REDACTED]; rm -rf /'],
    ['TOKEN=abc node app.js && password=b&c=d', 'TOKEN=[REDACTED] node app.js && password=[REDACTED]&c=d'],
    ['postgres://a:p@ss/w:d@db.test:5432/x?y=z', 'postgres://[REDACTED]@db.test:5432/x?y=z'],
    [
      'redis://:a@localhost/0 and https://abc@github.test/x',
      'redis://[REDACTED]@localhost/0 and https://[REDACTED]@github.test/x',
    ],
    [
      'pip install git+https://a:b@github.com/c/d.git@v1.2',
      'pip install git+https://[REDACTED]@github.com/c/d.git@v1.2',
    ],
    ['mysql -u root -pabc db; mysqldump -p"a b" db', 'mysql -u root -p[REDACTED] db; mysqldump -p"[REDACTED]" db'],
    [
      'Hello, password: abcd and more (token=abc) [secret: abc]',
      'Hello, password: [REDACTED] and more (token=[REDACTED]) [secret: [REDACTED]]',
    ],
    [
      'GET / HTTP/1.1\nAuthorization: Digest username="a", response="b"\nHost: x',
      'GET / HTTP/1.1\nAuthorization: [REDACTED]\nHost: x',
    ],
    [
      json({ raw: 'GET /\r\nAuthorization: Digest username="a", response="b"\r\nHost: x', url: 'y' }),
      '{"raw":"GET /\\r\\nAuthorization: [REDACTED]\\r\\nHost: x","url":"y"}',
    ],
    [
      'Sent Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;c, Signature=d\nok',
      'Sent Authorization: [REDACTED]\nok',
    ],
    [
      'https://x.test/a?X-Amz-Signature=abc&sig=d%2F&b=c',
      'https://x.test/a?X-Amz-Signature=[REDACTED]&sig=[REDACTED]&b=c',
    ],
  ])('around a secret: %j', (text, masked) => {
    expect(scrub(text)).toBe(masked)
    expect(scrub(masked)).toBe(masked)
  })
})

describe('masking takes time in proportion to the text', () => {
  // Shapes on which patterns that look back, nest or start over need quadratic time, or overflow the stack.
  const SHAPES = [
    'eyJ-',
    'a://',
    'a://b:',
    '://a:b@ ',
    '@',
    '"password":"',
    '\\"password\\":\\"',
    'password=',
    '\npassword=a b',
    '\npassword: a',
    '\\npassword: a',
    "' \\ntokens:",
    'cookie=&token_',
    'token',
    'PASSWORD_',
    'password ',
    'token   ',
    'a',
    'a-',
    'ab ',
    '\\',
    '\\"',
    '"',
    "'",
    '`',
    "'\\''",
    'sk-',
    'xoxb-',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    'bearer ',
    '-u ',
    '-u "',
    "-u 'a",
    'mysql ',
    'mysql -p',
    '{"secret":[',
    'secret:(',
    'Authorization: ',
    'cookie:="',
    '--password ',
    'token value',
    '\n',
    ';a',
    '😀',
  ]
  const time = (text: string) => {
    const start = performance.now()
    scrub(text)
    return performance.now() - start
  }
  test.each(SHAPES.flatMap((shape) => [['', shape] as const, ['{"a":"', shape] as const]))(
    '%j and many %j',
    (before, shape) => {
      const many = (length: number) => before + shape.repeat(length / shape.length)
      // The best of three: other work on the machine only ever adds. Quadratic time gives 16, and far more than the few milliseconds.
      const best = (length: number) => Math.min(...[1, 2, 3].map(() => time(many(length))))
      const [small, large] = [best(50_000), best(200_000)]
      expect(large).toBeLessThan(10 * small + 40)
    },
  )
  test('also with 10 MB, or 2 MB behind the start of a value, without an error', () => {
    for (const shape of [
      'a',
      'eyJ-',
      'sk-',
      'password=',
      '"password":"',
      "token='",
      'a://',
      '\\',
      ' ',
      '{"a":"b c"},',
      '"password":"x",',
      'word ',
      '\\"',
      'secret',
    ]) {
      expect(scrub(shape.repeat(10_000_000 / shape.length)).length).toBeGreaterThan(0)
      for (const before of ['sk-', 'token: ', 'token="', '{"secret":"', '{"secret":['])
        scrub(before + shape.repeat(2_000_000 / shape.length))
    }
  }, 120_000)
  test('and what is masked stays so, whatever the text', () => {
    const parts = [
      ...SHAPES,
      'eyJabcdefgh.',
      'https://a:b',
      "'password': '",
      '\\"token\\":\\"',
      'password',
      'authorization: Digest a="',
      'cookie',
      'ghp_',
      '-----BEGIN RSA PRIVATE KEY-----',
      ' ',
      ' -u ',
      'mysql a -p',
      '{"a":',
      '[',
      '"secret":[',
      '"secret":["',
      'https://hooks.slack.com/services/',
      '1234567890:AA',
      'x=y&token=',
      '%41',
      'ü',
      '[REDACTED]',
      'pass',
      'auth',
      ':',
      '=',
      ',',
      '&',
      '{',
      '}',
      ']',
      ')',
      '<',
      '>',
      '%22',
      'null',
      '12',
      '/',
      '.',
      'x.co',
      'export ',
    ]
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...parts), fc.string()), { maxLength: 14 }), (some) => {
        const masked = scrub(some.join(''))
        expect(scrub(masked).includes('[REDACTED]')).toBe(masked.includes('[REDACTED]'))
      }),
      { numRuns: 8000 },
    )
  })
})
