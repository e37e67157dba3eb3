import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLocalServer } from '../../../src/local/index.ts'
import { send } from '../../support/seeds.ts'

const IMPORT = '/api/policies/import'

/** The rules that a document's policies are stored with, by their names. */
async function imported(yaml: string): Promise<Record<string, unknown>> {
  const server = createLocalServer()
  const answer = await send(server, 'POST', IMPORT, { yaml })
  expect(answer).toMatchObject({ status: 201, body: { errors: [], skipped: 0 } })
  const rows = (server.snapshot()['policies'] ?? []) as { name: string; rules: string }[]
  return Object.fromEntries(rows.map(({ name, rules }) => [name, JSON.parse(rules)]))
}

describe('a document', () => {
  test('gives its policies in every form that YAML has for them', async () => {
    const yaml = `---
# Two of them.
policies:
- id: plain
  applies_to:
    tools: [exec.*, "a, b", 'it''s'] # globs
  rule: { block: true }
-
  "id": literal
  description: >-
    Needs
    a person
  applies_to: { tools: [
    deploy,   # one
    release ] }
  rule:
    require: approval
    why: |
      one
        two
`
    for (const text of [yaml, yaml.replaceAll('\n', '\r\n')])
      expect(await imported(text)).toEqual({
        plain: { action_types: ['exec.*', 'a, b', "it's"], block: true, tests: [] },
        'Needs a person': {
          action_types: ['deploy', 'release'],
          require: 'approval',
          why: 'one\n  two\n',
          tests: [],
        },
      })
  })

  test('has the values of the core schema, and texts as keys', async () => {
    const values =
      'a: -2.5, b: ~, c: null, d: "1", e: True, f: 1.2.3, g: a:b, h: 0x1f, i: 2020-01-01, j: yes, k: , 1.0: x, null: y'
    expect(await imported(`policies: [{ id: p, rule: { ${values} } }]`)).toMatchObject({
      p: {
        ...{
          a: -2.5,
          b: null,
          c: null,
          d: '1',
          e: true,
          f: '1.2.3',
          g: 'a:b',
          h: 31,
          i: '2020-01-01',
          j: 'yes',
          k: null,
        },
        ...{ '1.0': 'x', null: 'y' },
      },
    })
  })

  test('keeps __proto__ as a key of its own', async () => {
    const { p } = await imported('__proto__: { a: 1 }\npolicies: [{ id: p, rule: { __proto__: { polluted: true } } }]')
    expect(Object.keys(p as object)).toContain('__proto__')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('of JSON is read as what it is', async () => {
    const values = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(
        values.map((value) => JSON.stringify(value).replaceAll('\x7f', '')),
        async (rule) => {
          const yaml = `{"policies": [{"id": "p", "applies_to": {"tools": ["x"]}, "rule": {"nested": ${rule}}}]}`
          expect((await imported(yaml))['p']).toEqual({ action_types: ['x'], nested: JSON.parse(rule), tests: [] })
        },
      ),
    )
  })

  test('of many keys takes no time to speak of', async () => {
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n')
    expect(await imported(`${keys}\npolicies:\n- id: p`)).toHaveProperty('p')
  })
})

test.each([
  [
    'an open list',
    'policies: [unclosed',
    'Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['an open text', 'policies: "unclosed', 'Missing closing "quote'],
  ['a tab', 'policies:\n\t- id: a', 'Tabs are not allowed as indentation'],
  [
    'an item where a key is due',
    'policies:\n  - id: a\n    - id: b',
    'A block sequence may not be used as an implicit map key',
  ],
  ['a line too far in', 'a: 1\n   b: 2', 'Nested mappings are not allowed in compact mappings'],
  ['a line without a key', 'a: 1\njust text', 'Implicit map keys need to be followed by map values'],
  ['a key twice', 'a: 1\na: 2', 'a is there twice'],
  ['a key twice within a line', 'policies: [{ a: 1, a: 2 }]', 'a is there twice'],
  ['a list as a key', 'policies: [{ [id]: 1 }]', 'With stringKeys, all keys must be strings'],
  ['an unknown escape', 'policies: "\\q"', 'Invalid escape sequence \\q'],
  ['an alias', 'policies: [&a x, *a]', 'an alias, *a: write out what it stands for'],
  ['an unknown alias', 'policies: *a', 'an alias, *a: write out what it stands for'],
  ['a tag', 'policies: [{ id: !!binary aGk= }]', 'Unresolved tag: tag:yaml.org,2002:binary'],
  ['two documents', 'policies: []\n---\npolicies: []', 'it holds more than one document'],
  ['a control character', 'policies: ["\0"]', 'it holds a control character'],
  ['a closing bracket too many', ']'.repeat(200_000), 'Unexpected flow-seq-end token in YAML document'],
  ['very deep brackets', `policies: ${'['.repeat(1_000_000)}`, 'it is nested too deep'],
  ['very deep items', '- '.repeat(500_000), 'it is nested too deep'],
  [
    'very deep lines',
    Array.from({ length: 1500 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    'it is nested too deep',
  ],
  ['null', 'null', 'it holds nothing'],
  ['no value', '# nothing\n', 'it holds nothing'],
  ['a text for the policies', 'policies: text', 'policies is no list'],
  ['a map for the policies', 'policies: { a: 1 }', 'policies is no list'],
  ['null for a policy', 'policies:\n  - id: a\n  -', 'policies[1] is null'],
])("a YAML with %s can't be read, which is the caller's fault", async (_what, yaml, reason) => {
  for (const version of ['2.0', '2.10'] as const) {
    const server = createLocalServer({ version })
    const answer = await send(server, 'POST', IMPORT, { yaml })
    expect(answer).toMatchObject({ status: 400, body: { error: `The YAML can't be read: ${reason}` } })
    expect(server.snapshot()['policies'] ?? []).toEqual([])
  }
})

test('a body above 2 MiB is not read', async () => {
  const yaml = `policies: []\n#${'x'.repeat(2_097_152)}`
  expect((await send(createLocalServer(), 'POST', IMPORT, { yaml })).status).toBe(413)
})
