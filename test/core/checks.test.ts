import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { checkNames, isPlain, unknownName } from '../../src/core/checks.ts'

const OPTIONS = ['baseUrl', 'guardMode', 'hitlMode', 'maxRetries', 'policies']

describe('names of options', () => {
  test.each([
    ['hitl_mode', 'hitlMode'],
    ['guardmode', 'guardMode'],
    ['retries', 'maxRetries'],
    ['polices', 'policies'],
    ['baseURL', 'baseUrl'],
  ])('%s: did you mean %s?', (name, nearest) => {
    expect(() => checkNames('new DashClaw()', { [name]: 1 }, OPTIONS)).toThrow(
      `new DashClaw() has no option ${name}; did you mean ${nearest}?`,
    )
  })
  test('a name that is like none lists them all', () => {
    expect(unknownName('x()', 'option', 'zzzzzz', OPTIONS).message).toBe(
      'x() has no option zzzzzz. It has: baseUrl, guardMode, hitlMode, maxRetries, policies.',
    )
  })
  test('known names, undefined and null pass', () => {
    checkNames('x()', { baseUrl: undefined, policies: null }, OPTIONS)
    checkNames('x()', undefined, OPTIONS)
    checkNames('x()', null, OPTIONS)
  })
})

describe('plain objects', () => {
  test.each([
    ['{}', {}],
    ['no prototype', Object.create(null)],
    ['of another realm', runInNewContext('({ a: 1 })')],
    ['a proxy of one', new Proxy({}, {})],
  ])('%s', (_name, value) => expect(isPlain(value)).toBe(true))
  test.each([
    ['a string', 'x'],
    ['null', null],
    ['an array', []],
    ['an array of another realm', runInNewContext('[]')],
    ['a date', new Date()],
    ['a map', new Map()],
    ['a promise', Promise.resolve({})],
    ['a function', () => {}],
    ['an instance', new (class Deploy {})()],
  ])('not %s', (_name, value) => expect(isPlain(value)).toBe(false))
})
