import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/core/errors.ts'
import { parseRoute, routeInput, routePath } from '../../src/core/route.ts'

const client = { agentId: 'agent-1', agentName: undefined }
const input = (fields: string, given: unknown) => routeInput(parseRoute(`POST /api/x ${fields}`), given, client)

describe('the notation of a route', () => {
  test('names verb, path and whether it may be repeated', () => {
    expect(parseRoute('GET /api/a')).toMatchObject({ verb: 'GET', path: '/api/a', repeatable: true })
    expect(parseRoute('POST /api/a')).toMatchObject({ verb: 'POST', repeatable: false })
    expect(parseRoute('POST~ /api/a x')).toMatchObject({ verb: 'POST', repeatable: true })
    expect(parseRoute('PATCH /api/a')).toMatchObject({ verb: 'PATCH', repeatable: true })
  })
  test('puts encoded ids into the path in order', () => {
    expect(routePath(parseRoute('GET /api/a/:one/b/:two'), ['x/y', 'ü'])).toBe('/api/a/x%2Fy/b/%C3%BC')
    expect(() => routePath(parseRoute('GET /api/a/:one/b/:two'), ['x'])).toThrow(/two must be/)
  })
  test('reads each text once', () => {
    expect(parseRoute('GET /api/once')).toBe(parseRoute('GET /api/once'))
  })
})

describe('fields', () => {
  test('pass through when they are not named, and the input is never changed', () => {
    const given = Object.freeze({ a: 1, new_field: { deep: true } })
    expect(input('a:int', given)).toEqual({ a: 1, new_field: { deep: true } })
  })
  test('are filled in from the client only when absent', () => {
    expect(input('agent_id!@agentId', {})).toEqual({ agent_id: 'agent-1' })
    expect(input('agent_id!@agentId', { agent_id: 'other' })).toEqual({ agent_id: 'other' })
    expect(input('agent_name@agentName', {})).toEqual({})
    expect(input('swarm_id@swarmId', { swarm_id: null })).toEqual({ swarm_id: null })
  })
  test('have defaults', () => {
    expect(input('limit=20:int active=true word=open', {})).toEqual({ limit: 20, active: true, word: 'open' })
    expect(input('limit=20:int', { limit: 0 })).toEqual({ limit: 0 })
  })
  test('are renamed unless the wire name is given as well', () => {
    expect(input('deadline>target_date', { deadline: 'd' })).toEqual({ target_date: 'd' })
    expect(input('deadline>target_date', { deadline: 'd', target_date: 't' })).toEqual({ target_date: 't' })
    expect(input('deadline!>target_date', { target_date: 't' })).toEqual({ target_date: 't' })
  })
  test.each([
    ['name!', {}, 'name is required for POST /api/x: give a value that is not empty.'],
    ['name!:text', { name: null }, 'name is required for POST /api/x: give a non-empty text without NUL.'],
    [
      'who!@agentName:text',
      {},
      'who is required for POST /api/x: give a non-empty text without NUL, or set agentName on the client.',
    ],
    ['name!', { name: '' }, 'name must be a value that is not empty; got "".'],
    ['name:text', { name: 5 }, 'name must be a text without NUL; got 5.'],
    ['name:text', { name: 'a\0b' }, 'name must be a text without NUL; got "a\\u0000b".'],
    ['name:text3', { name: 'four' }, 'name must be a text of at most 3 characters without NUL; got "four".'],
    ['n:int', { n: 1.5 }, 'n must be a whole number; got 1.5.'],
    ['n:int', { n: '1' }, 'n must be a whole number; got "1".'],
    ['n:int', { n: Number.POSITIVE_INFINITY }, 'n must be a whole number; got Infinity.'],
    ['n:int0..100', { n: 101 }, 'n must be a whole number from 0 to 100; got 101.'],
    ['n:int0..', { n: -1 }, 'n must be a whole number, 0 or more; got -1.'],
    ['n:num..5', { n: 5.1 }, 'n must be a number, 5 or less; got 5.1.'],
    ['b:bool', { b: 'true' }, 'b must be true or false; got "true".'],
    ['l:list', { l: 'x' }, 'l must be a list; got "x".'],
    ['l:list1', { l: [1, 2] }, 'l must be a list of at most 1 items; got a list of 2 items.'],
    ['o:object', { o: [] }, 'o must be an object; got a list of 0 items.'],
    ['d:date', { d: 'never' }, 'd must be a date such as 2026-01-31T12:00:00.000Z; got "never".'],
    ['w:a|b', { w: 'c' }, 'w must be one of: a, b; got "c".'],
  ])('%s refuses %o', (fields, given, message) => {
    expect(() => input(fields, given)).toThrow(new InputError(message, fields.split(/[^\w]/)[0]))
  })
  test('are taken when they keep the rules', () => {
    const given = { t: '', i: 100, n: 0.5, b: false, l: [], o: {}, d: new Date(0), w: 'b', nothing: null }
    expect(input('t:text i:int0..100 n:num0.. b:bool l:list5 o:object d:date w:a|b nothing:text', given)).toEqual(given)
  })
  test.each(['text', 5, null, [], true])('an input that is no object is refused: %o', (given) => {
    expect(() => input('name', given)).toThrow(/must be an object of fields, such as \{ name: … \}/)
  })
  test('a long wrong text is not repeated in the error', () => {
    expect(() => input('w:a|b', { w: 'secret'.repeat(20) })).toThrow('got a text of 120 characters.')
  })
  test('never reach a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const given = JSON.parse(`{"__proto__":${JSON.stringify(value)},"a":1}`)
        const out = input('a:int', given)!
        expect(Object.getPrototypeOf(out)).toBe(Object.prototype)
        expect(Object.prototype).not.toHaveProperty('polluted')
      }),
    )
  })
})
