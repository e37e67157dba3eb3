import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InputError } from '../../src/core/errors.ts'
import { checkLoss, parseRoute, routeInput, routePath } from '../../src/core/route.ts'

const client = { agentId: 'agent-1', agentName: undefined }
const input = (fields: string, given: unknown) => routeInput(parseRoute(`save POST /api/x ${fields}`), given, client)

function refused(run: () => unknown): InputError {
  try {
    run()
  } catch (error) {
    return error as InputError
  }
  throw new Error('nothing was refused')
}

describe('the notation of a route', () => {
  test('names method, verb, path and whether it may be repeated', () => {
    expect(parseRoute('get GET /api/a')).toMatchObject({ name: 'get', verb: 'GET', path: '/api/a', repeatable: true })
    expect(parseRoute('make POST /api/a')).toMatchObject({ verb: 'POST', repeatable: false, strict: false })
    expect(parseRoute('ask POST~ /api/a x')).toMatchObject({ verb: 'POST', repeatable: true })
    expect(parseRoute('change PATCH /api/a')).toMatchObject({ verb: 'PATCH', repeatable: true })
    expect(parseRoute('drop DELETE! /api/a')).toMatchObject({ verb: 'DELETE', repeatable: true, strict: true })
    expect(parseRoute('drop POST! /api/a')).toMatchObject({ verb: 'POST', repeatable: false, strict: true })
    expect(parseRoute('run+fn POST /api/a')).toMatchObject({ name: 'run', more: 'fn' })
  })
  test('puts encoded ids into the path in order', () => {
    expect(routePath(parseRoute('get GET /api/a/:one/b/:two'), ['x/y', 'ü'])).toBe('/api/a/x%2Fy/b/%C3%BC')
    expect(() => routePath(parseRoute('get GET /api/a/:one/b/:two'), ['x'])).toThrow(/two must be/)
    expect(routePath(parseRoute('get GET /api/:one/:two_2'), ['a', 'b'])).toBe('/api/a/b')
    expect(routePath(parseRoute('get GET /api/:one'), [])).toBe('/api/:one')
  })
  test('reads each text once, whatever the blanks', () => {
    expect(parseRoute('get GET /api/once')).toBe(parseRoute('get GET /api/once'))
    expect(parseRoute('get  GET /api/:one   a  b!').fields).toMatchObject([
      { name: 'a', required: false },
      { name: 'b', required: true },
    ])
  })
})

describe('fields', () => {
  test('pass through when they are not named, and the input is never changed', () => {
    const given = Object.freeze({ a: 1, new_field: { deep: true } })
    expect(input('a:num', given)).toEqual({ a: 1, new_field: { deep: true } })
  })
  test('may all be absent', () => {
    expect(routeInput(parseRoute('get POST /api/none'), undefined, client)).toBeUndefined()
    expect(input('limit=20:num', undefined)).toEqual({ limit: 20 })
  })
  test('are filled in from the client only when absent', () => {
    expect(input('agent_id!@agentId', {})).toEqual({ agent_id: 'agent-1' })
    expect(input('agent_id!@agentId', { agent_id: 'other' })).toEqual({ agent_id: 'other' })
    expect(input('agent_name@agentName', {})).toEqual({})
    expect(input('swarm_id@swarmId', { swarm_id: null })).toEqual({ swarm_id: null })
    expect(input('who@agentId>agent', {})).toEqual({ agent: 'agent-1' })
    expect(input('who@agentId>agent', { agent: 'mine' })).toEqual({ agent: 'mine' })
    expect(input('who@missing=none', {})).toEqual({ who: 'none' })
  })
  test('have defaults of the kind that they look like', () => {
    expect(input('a=1:num b=true:bool c=7d d=open', {})).toEqual({ a: 1, b: true, c: '7d', d: 'open' })
    expect(input('limit=20:num', { limit: 0 })).toEqual({ limit: 0 })
    expect(input('a=5:num', { a: null })).toEqual({ a: null })
  })
  test('are renamed unless the wire name is given as well', () => {
    expect(input('deadline>target_date', { deadline: 'd' })).toEqual({ target_date: 'd' })
    expect(input('deadline>target_date', { deadline: 'd', target_date: 't' })).toEqual({ target_date: 't' })
    expect(input('deadline!>target_date', { target_date: 't' })).toEqual({ target_date: 't' })
    expect(input('a>b', { a: null })).toEqual({ b: null })
    expect(input('a>b', {})).toEqual({})
  })
  test('that are positional come beside the input', () => {
    const route = parseRoute('mark PATCH! /api/x ids!#:list by')
    expect(routeInput(route, { by: 'me' }, client, { ids: ['a'] })).toEqual({ by: 'me', ids: ['a'] })
    expect(refused(() => routeInput(route, {}, client, { ids: undefined })).message).toBe('mark needs ids, an array.')
  })
  test.each([
    ['name!', {}, 'save needs name: save({ name: … }).'],
    ['name!', { name: null }, 'save needs name: save({ name: … }).'],
    ['a! b!:list c', {}, 'save needs a: save({ a: …, b: … }).'],
    ['who!@agentName', {}, 'save needs who: give it, or set agentName on the client.'],
    ['name!', { name: '' }, 'save: name must be a non-empty string; got "".'],
    ['name', { name: 5 }, 'save: name must be a string; got 5.'],
    ['n:num', { n: 'x' }, 'save: n must be a number; got "x".'],
    ['n:num', { n: '' }, 'save: n must be a number; got "".'],
    ['n:num', { n: Number.POSITIVE_INFINITY }, 'save: n must be a number; got Infinity.'],
    ['n:num', { n: Number.NaN }, 'save: n must be a number; got NaN.'],
    ['n:num', { n: true }, 'save: n must be a number; got true.'],
    ['n:num', { n: 10n }, 'save: n must be a number; got the BigInt 10.'],
    ['b:bool', { b: 'true' }, 'save: b must be true or false; got "true".'],
    ['l:list', { l: 'x' }, 'save: l must be an array; got "x".'],
    ['l:list', { l: new Set(['x']) }, 'save: l must be an array; got an object of type Set.'],
    ['o:object', { o: [] }, 'save: o must be an object; got an array of 0 items.'],
    ['d:date', { d: 'never' }, 'save: d must be a date such as 2026-01-31T12:00:00.000Z; got "never".'],
    [
      'd:date',
      { d: new Date(Number.NaN) },
      'save: d must be a date such as 2026-01-31T12:00:00.000Z; got an object of type Date.',
    ],
    ['t', { t: Promise.resolve('x') }, 'save: t must be a string; got a promise: an await is missing.'],
    ['t', { t: 'x'.repeat(41).split('') }, 'save: t must be a string; got an array of 41 items.'],
    ['n:num', { n: 'secret'.repeat(20) }, 'save: n must be a number; got a string of 120 characters.'],
    ['r:{a}', { r: [] }, 'save: r must be an object; got an array of 0 items.'],
    ['r:[a]', { r: { a: 1 } }, 'save: r must be an array; got an object.'],
    ['r:[a!]', { r: [{ a: 1 }, {}] }, 'save r[1] needs a.'],
    ['r:[a]', { r: ['x'] }, 'save r[0] must be an object; got "x".'],
  ])('%s refuses %o', (fields, given, message) => {
    const error = refused(() => input(fields, given))
    expect(error.name).toBe('InputError')
    expect(error.message).toBe(message)
  })
  test('are taken as they are: no lengths, no words, no ranges', () => {
    const given = {
      t: '',
      n: -1.5,
      b: false,
      l: Array(5000).fill(1),
      o: {},
      d: '2026-01-31',
      w: 'new word',
      nothing: null,
    }
    expect(input('t n:num b:bool l:list o:object d:date w nothing', given)).toEqual(given)
    expect(input('t', { t: 'x'.repeat(1e6) + '\0' })).toEqual({ t: 'x'.repeat(1e6) + '\0' })
  })
  test.each([
    ['n:num', '60', 60],
    ['n:num', ' 0.50 ', 0.5],
    ['n:num', '-1e3', -1000],
    ['n:int', 12.6, 13],
    ['n:int', '12.4', 12],
    ['d:date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['d:date', 1_767_225_600_000, '2026-01-01T00:00:00.000Z'],
    ['d:date', 1_767_225_600, '2026-01-01T00:00:00.000Z'],
  ])('%s converts %o to %o', (fields, given, sent) => {
    const [name] = fields
    expect(input(fields, { [name!]: given })).toEqual({ [name!]: sent })
  })
  test('that are empty strings in a query are none, where the call is harmless', () => {
    expect(routeInput(parseRoute('list GET /api/x limit:num tag'), { limit: '', tag: '' }, client)).toEqual({ tag: '' })
    expect(refused(() => routeInput(parseRoute('drop DELETE! /api/x before:date'), { before: '' }, client)).field).toBe(
      'before',
    )
  })
})

describe('an input that is no plain object', () => {
  class Deploy {
    name = 'x'
  }
  test.each([
    ['text', '"text"'],
    [5, '5'],
    [null, 'null'],
    [[], 'an array of 0 items'],
    [true, 'true'],
    [new Map(), 'an object of type Map'],
    [new Date(), 'an object of type Date'],
    [new Deploy(), 'an instance of a class: spread it, { ...value }'],
    [Promise.resolve({ name: 'x' }), 'a promise: an await is missing'],
    [() => ({ name: 'x' }), 'a function'],
  ])('is refused with the call as it should be: %o', (given, shown) => {
    expect(refused(() => input('name! tag', given)).message).toBe(
      `The input of save must be an object: save({ name: … }). It got ${shown}.`,
    )
  })
  test('shows the ids of the call, and what comes after the input', () => {
    const message = (route: string) => refused(() => routeInput(parseRoute(route), 'x', client)).message
    expect(message('closeThread PATCH /api/t/:thread_id summary')).toContain('closeThread(id, { summary: … })')
    expect(message('set PATCH /api/t/:a/u/:b x')).toContain('set(a, b, { x: … })')
    expect(message('track+fn POST /api/t a!')).toContain('track({ a: … }, fn)')
  })
  test('does not include records of another realm, without a prototype, or behind a proxy', () => {
    expect(input('name', runInNewContext("({ name: 'x' })"))).toEqual({ name: 'x' })
    expect(input('name', Object.assign(Object.create(null), { name: 'x' }))).toEqual({ name: 'x' })
    expect(input('name', new Proxy({ name: 'x' }, {}))).toEqual({ name: 'x' })
  })
})

describe('names that can only be a mistake', () => {
  test.each(['riskScore', 'RISK_SCORE', 'risk-score', 'riskscore', 'Risk_Score', '_risk_score'])('%s', (name) => {
    const error = refused(() => input('risk_score:num other', { [name]: 95 }))
    expect(error.message).toBe(`save has no field ${name}; did you mean risk_score?`)
    expect(error.field).toBe(name)
  })
  test('are looked for in records inside of the input', () => {
    expect(refused(() => input('rules:{action_types}', { rules: { actionTypes: [] } })).message).toBe(
      'save rules has no field actionTypes; did you mean action_types?',
    )
    expect(refused(() => input('rows:[a,b:{deep_name}]', { rows: [{}, { b: { deepName: 1 } }] })).message).toBe(
      'save rows[1] b has no field deepName; did you mean deep_name?',
    )
  })
  test('are known under both spellings where a field has two', () => {
    expect(input('maxRetries:num max_retries>maxRetries:num', { max_retries: 2 })).toEqual({ maxRetries: 2 })
    expect(refused(() => input('max_retries>maxRetries:num', { MaxRetries: 2 })).field).toBe('MaxRetries')
  })
  test('that are undefined are no mistake: nothing is sent for them', () => {
    expect(input('risk_score:num', { riskScore: undefined })).toEqual({ riskScore: undefined })
  })
  test('any unknown name is one where a call deletes or decides about many', () => {
    const drop = (given: object) => routeInput(parseRoute('drop DELETE! /api/x agent_id status'), given, client)
    expect(drop({ status: 'failed' })).toEqual({ status: 'failed' })
    expect(refused(() => drop({ status: 'failed', agentId: 'a' })).message).toContain('did you mean agent_id?')
    expect(refused(() => drop({ status: 'failed', owner: 'a' })).message).toBe(
      'drop has no field owner. It has: agent_id, status.',
    )
  })
  test('never reach a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const given = JSON.parse(`{"__proto__":${JSON.stringify(value)},"a":1}`)
        const out = input('a:num', given)!
        expect(Object.getPrototypeOf(out)).toBe(Object.prototype)
        expect(Object.prototype).not.toHaveProperty('polluted')
      }),
    )
  })
})

describe('values that JSON would lose', () => {
  test.each([
    [{ a: { b: [1, Number.NaN] } }, 'save: a.b[1] holds NaN, which JSON has no form for.'],
    [{ a: () => 1 }, 'save: a holds a function, which JSON has no form for.'],
    [{ a: Symbol('s') }, 'save: a holds Symbol(s), which JSON has no form for.'],
    [{ a: [new Map()] }, 'save: a[0] holds an object of type Map, which JSON has no form for.'],
    [{ a: new Set([1]) }, 'save: a holds an object of type Set, which JSON has no form for.'],
    [{ a: /x/ }, 'save: a holds an object of type RegExp, which JSON has no form for.'],
    [{ a: new Error('x') }, 'save: a holds an object of type Error, which JSON has no form for.'],
    [{ a: Promise.resolve(1) }, 'save: a holds a promise: an await is missing, which JSON has no form for.'],
    [{ a: new Uint8Array(2) }, 'save: a holds an object of type Uint8Array, which JSON has no form for.'],
    [{ a: 5n }, 'save: a holds the BigInt 5, which JSON has no form for.'],
  ])('%o', (value, message) => {
    expect(refused(() => checkLoss('save', value)).message).toBe(message)
  })
  test('what has a JSON form passes, also where it refers back to itself', () => {
    class Row {
      id = 1
    }
    const cycle: Record<string, unknown> = { a: 1 }
    cycle['self'] = cycle
    checkLoss('save', { a: new Date(), b: new Row(), c: {}, d: [], e: undefined, f: null, g: new URL('http://x') })
    checkLoss('save', cycle, '', new Set())
  })
})
