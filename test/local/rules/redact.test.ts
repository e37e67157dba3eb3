import { describe, expect, test } from 'vitest'
import { Redactor, SECRET_PATTERNS, spansOf } from '../../../src/local/rules/redact.ts'

const x = (count: number) => 'x'.repeat(count)

/** Of each pattern: the shortest texts that it finds, and texts that miss it by one thing. */
const EDGES: Record<string, { hits: string[]; misses: string[] }> = {
  api_key_generic: {
    hits: [`api_key=${x(16)}`, `API-KEY : "${x(16)}"`, `apikey:'${x(16)}`],
    misses: [`api_key=${x(15)}`, `api key=${x(16)}`, `api_key ${x(16)}`],
  },
  aws_access_key: {
    hits: [`AKIA${'0'.repeat(16)}`],
    misses: [`AKIA${'0'.repeat(15)}`, `AKIA${x(16)}`, `akia${'0'.repeat(16)}`],
  },
  aws_secret_key: {
    hits: [`aws_secret_access_key=${x(40)}`, `SECRET-KEY: "${x(38)}/+"`, `secretkey=${x(40)}`],
    misses: [`aws_secret_access_key=${x(39)}`, `aws_secret_access=${x(40)}`, `secret_key ${x(40)}`],
  },
  github_token: {
    hits: ['p', 'o', 'u', 's', 'r'].map((kind) => `gh${kind}_${x(36)}`),
    misses: [`ghp_${x(35)}`, `ghx_${x(36)}`, `GHP_${x(36)}`],
  },
  openai_key: { hits: [`sk-${x(20)}`], misses: [`sk-${x(19)}`, `sk-proj-${x(19)}`, `sk_${x(20)}`] },
  anthropic_key: { hits: [`sk-ant-${x(18)}_-`], misses: [`sk-ant-${x(19)}`, `sk-and-${x(20)}`] },
  stripe_key: {
    hits: [`sk_live_${x(24)}`, `pk_test_${x(24)}`],
    misses: [`sk_live_${x(23)}`, `rk_live_${x(24)}`, `sk_prod_${x(24)}`],
  },
  slack_token: {
    hits: ['b', 'p', 's', 'a', 'r'].map((kind) => `xox${kind}-${'0'.repeat(10)}`),
    misses: [`xoxb-${'0'.repeat(9)}`, `xoxc-${'0'.repeat(10)}`],
  },
  jwt_token: {
    hits: [`eyJ${x(10)}.eyJ${x(10)}.${x(10)}`, `id=eyJ_-${x(8)}.eyJ${x(30)}.${x(40)}`],
    misses: [
      `eyJ${x(9)}.eyJ${x(10)}.${x(10)}`,
      `eyJ${x(10)}.eyJ${x(9)}.${x(10)}`,
      `eyJ${x(10)}.eyJ${x(10)}.${x(9)}`,
      // Three long parts are no token when only the first one is JSON.
      `eyJ${x(10)}.${x(13)}.${x(10)}`,
      `${x(13)}.eyJ${x(10)}.${x(10)}`,
    ],
  },
  private_key: {
    hits: ['', 'RSA ', 'EC ', 'DSA ', 'OPENSSH '].map((kind) => `-----BEGIN ${kind}PRIVATE KEY-----`),
    misses: ['-----BEGIN PUBLIC KEY-----', '-----BEGIN ENCRYPTED PRIVATE KEY-----', '-----END PRIVATE KEY-----'],
  },
  password_field: {
    hits: [`password: "${x(6)}"`, `PWD='${x(6)}`, `passwd = "${x(6)}`],
    misses: [`password: "${x(5)}"`, `password: ${x(6)}`, `pass: "${x(6)}"`],
  },
  bearer_token: { hits: [`Bearer ${x(20)}`, `Bearer \t${x(18)}_.`], misses: [`Bearer ${x(19)}`, `bearer ${x(20)}`] },
  database_url: {
    hits: ['postgres', 'MySQL', 'mongodb', 'redis'].map((scheme) => `${scheme}://${x(10)}`),
    misses: [`postgres://${x(9)}`, `postgresql://${x(10)}`, `mongodb+srv://${x(10)}`],
  },
}

test('there are edges for each of the platform’s patterns', () => {
  expect(Object.keys(EDGES)).toEqual(SECRET_PATTERNS.map(({ name }) => name))
})

describe.each(SECRET_PATTERNS.map((entry) => [entry.name, entry] as const))('the pattern %s', (name, entry) => {
  test.each(EDGES[name]?.hits ?? [])('finds %s in the midst of a text', (text) => {
    const masked = new Redactor().mask(`so: ${text} .`)
    expect(masked).toContain(`[REDACTED:${name}]`)
    expect(masked).not.toContain(text)
  })

  test.each(EDGES[name]?.misses ?? [])('leaves %s alone', (text) => {
    expect(spansOf(`so: ${text} .`, entry)).toEqual([])
  })
})
