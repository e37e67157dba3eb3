import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../../src/local/rules/expression.ts'

describe('an expression', () => {
  const scope = { outcome: 'Done', risk_score: 40, status: 'completed' }

  test.each([
    ['1 + 2 * 3 - -4', 11],
    ['2 ** 3 ** 2', 512],
    ['(1 + 2) * 3 % 4', 1],
    ["status === 'completed' && risk_score < 50 ? 0.9 : 0.1", 0.9],
    ["status !== 'failed' || nosuchthing", true],
    ['null ?? .5', 0.5],
    ['!(risk_score >= 40)', false],
    ["outcome.toLowerCase().startsWith('do')", true],
    ["['a', 'b'].includes('b') ? Math.max(1, 2, 3) : 0", 3],
    ["Number('0.25') + outcome.length", 4.25],
    ["outcome[0] == 'D'", true],
    ["'1' == 1", true],
    ["'it\\'s'", "it's"],
    ['Math.round(Math.PI)', 3],
    ['1e3', 1000],
    ["'a,b'.split(',')[1]", 'b'],
  ])('%s has its value', (source, value) => {
    expect(parseExpression(source)(scope)).toEqual(value)
  })

  test.each([
    'nosuchthing.x',
    "''.constructor",
    "''['constructor']",
    "outcome.constructor('return 1')()",
    '[].constructor',
    'Math.constructor("x")',
    'toString',
    '__proto__',
    'constructor',
    "outcome.replace('D', 'd')",
    'null.length',
  ])('%s reaches nothing', (source) => {
    expect(() => parseExpression(source)(scope)).toThrow()
  })

  test.each(['', '1 +', '(1', 'risk_score = 1', '() => 1', '`open', '1; 2', '{}', 'new Date', '[1 2]', '"open'])(
    '%j is none',
    (source) => {
      expect(() => parseExpression(source)).toThrow(SyntaxError)
    },
  )
})
