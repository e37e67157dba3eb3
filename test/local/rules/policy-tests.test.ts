import { expect, test } from 'vitest'
import { glob } from '../../../src/local/rules/policy-tests.ts'

test('a pattern matches whole texts, and only the asterisk is special', () => {
  const cases: [string, string, boolean][] = [
    ['exec.*', 'exec.curl', true],
    ['exec.*', 'exec.', true],
    ['exec.*', 'my.exec.curl', false],
    ['exec.*', 'execXcurl', false],
    ['*', '', true],
    ['*.send', 'email.send', true],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'a1c2b', false],
    ['ab*ba', 'aba', false],
    ['a.b', 'axb', false],
    ['Deploy', 'deploy', false],
  ]
  for (const [pattern, text, fits] of cases) expect([pattern, text, glob(pattern, text)]).toEqual([pattern, text, fits])
})
