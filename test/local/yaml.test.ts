import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseYaml } from '../../src/local/yaml.ts'

describe('reading YAML', () => {
  test.each<[name: string, text: string, value: unknown]>([
    ['nothing', '', null],
    ['comments only', '# a\n\n  # b', null],
    ['a document start', '---\na: 1', { a: 1 }],
    [
      'values of each kind',
      'a: 1\nb: -2.5\nc: true\nd: ~\ne: null\nf: text\ng:',
      { a: 1, b: -2.5, c: true, d: null, e: null, f: 'text', g: null },
    ],
    [
      'what only looks like a value',
      'a: "1"\nb: \'true\'\nc: 1.2.3\nd: a:b\ne: a#b',
      { a: '1', b: 'true', c: '1.2.3', d: 'a:b', e: 'a#b' },
    ],
    ['comments after values', 'a: 1 # one\nb: "x # y" # z\nc: [1] # d', { a: 1, b: 'x # y', c: [1] }],
    ['nested maps', 'a:\n  b:\n    c: 1\n  d: 2', { a: { b: { c: 1 }, d: 2 } }],
    ['lists', '- a\n- - b\n  - c\n-\n  d: 1', ['a', ['b', 'c'], { d: 1 }]],
    ['a list as far out as its key', 'a:\n- 1\n- 2\nb: 3', { a: [1, 2], b: 3 }],
    ['maps in lists', '- a: 1\n  b: 2\n- a: 3', [{ a: 1, b: 2 }, { a: 3 }]],
    ['flow', 'a: [x, "y, z", {b: 1, c: }, []]', { a: ['x', 'y, z', { b: 1, c: null }, []] }],
    ['flow over lines', 'a: [\n  x, # one\n  y\n]\nb: 1', { a: ['x', 'y'], b: 1 }],
    ['quotes', "a: 'it''s'\nb: \"a\\n\\u00e9\\\"\"", { a: "it's", b: 'a\né"' }],
    ['quoted keys', '"a b": 1\n\'c: d\': 2', { 'a b': 1, 'c: d': 2 }],
    ['text over lines', 'a: one\n  two\n  three\nb: 1', { a: 'one two three', b: 1 }],
    ['literal text', 'a: |\n  one\n    two\n\n  three\nb: 1', { a: 'one\n  two\n\nthree\n', b: 1 }],
    ['folded text', 'a: >-\n  one\n  two\n\n  three\n', { a: 'one two\nthree' }],
    ['a globbing tool', 'tools: [exec.*, infra.*]', { tools: ['exec.*', 'infra.*'] }],
    ['windows line ends', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
  ])('understands %s', (_name, text, value) => {
    expect(parseYaml(text)).toEqual(value)
  })

  test.each([
    'policies: [unclosed',
    'a: "unclosed',
    'a: 1\n   b: 2',
    'a: 1\na: 2',
    'a: {b: 1 c: 2}',
    'a: [1] x',
    'a: &anchor 1',
    'a: *anchor',
    '\ta: 1',
    'a: 1\njust text',
    'a: 1\n---\nb: 2',
    '- '.repeat(200),
  ])('refuses %j', (text) => {
    expect(() => parseYaml(text)).toThrow(SyntaxError)
  })

  test('keeps __proto__ as a key of its own', () => {
    const value = parseYaml('__proto__: { polluted: true }\na: { __proto__: 1 }') as { a: object }
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(Object.keys(value.a)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('reads every JSON document as what it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue()), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value))
        expect(parseYaml(JSON.stringify(plain))).toEqual(plain)
      }),
    )
  })
})
