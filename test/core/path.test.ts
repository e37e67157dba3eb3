import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/core/errors.ts'
import { pathPart, queryText } from '../../src/core/path.ts'
import { thrown } from '../support/local.ts'

describe('an id in a path', () => {
  test.each([
    ['.', 'action_id must be a non-empty string that is no path; got ".".'],
    ['..', 'action_id must be a non-empty string that is no path; got "..".'],
    ['', 'action_id must be a non-empty string; got "".'],
    [null, 'action_id must be a non-empty string; got null.'],
    [undefined, 'action_id must be a non-empty string; got undefined.'],
    [7, 'action_id must be a non-empty string; got 7.'],
    [{}, 'action_id must be a non-empty string; got an object.'],
    [Promise.resolve('act_1'), 'action_id must be a non-empty string; got a promise: an await is missing.'],
  ])('is refused with a sentence that says why: %j', (id, message) => {
    expect(thrown(() => pathPart('action_id', id))).toMatchObject({ name: 'InputError', message, field: 'action_id' })
  })
  test.each([[], true, Symbol('x')])('is refused when it is no string (%#)', (id) => {
    expect(() => pathPart('loop_id', id)).toThrow(/loop_id must be a non-empty string/)
  })
  test('is refused when it holds half of a surrogate pair', () => {
    expect(() => pathPart('id', 'a\ud800')).toThrow(/half of a surrogate pair/)
  })
  test('stays one segment under the same route, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        let part: string
        try {
          part = pathPart('id', id)
        } catch (error) {
          return error instanceof InputError
        }
        const { pathname, search, hash, host } = new URL(`http://host/api/actions/${part}/approve`)
        const segments = pathname.split('/')
        return (
          host === 'host' &&
          !search &&
          !hash &&
          segments.length === 5 &&
          segments[4] === 'approve' &&
          decodeURIComponent(segments[3]!) === id
        )
      }),
    )
  })
})

describe('a query', () => {
  test('drops undefined and null, keeps 0, false and the empty text', () => {
    expect(queryText({ a: undefined, b: null, c: 0, d: false, e: '', f: 'x y&z=ü' })).toBe(
      '?c=0&d=false&e=&f=x%20y%26z%3D%C3%BC',
    )
    expect(queryText({ a: undefined })).toBe('')
  })
  test('writes dates in ISO 8601', () => {
    expect(queryText({ before: new Date(0) })).toBe('?before=1970-01-01T00%3A00%3A00.000Z')
  })
  test.each([{ x: {} }, { x: [] }, { x: Number.NaN }, { x: () => 1 }, { x: Symbol('s') }, { x: '\ud800' }])(
    'refuses what it can not hold, by name (%#)',
    (query) => {
      expect(() => queryText(query)).toThrow(/^x (must be|holds)/)
    },
  )
  test('reads back as what was given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (query) => {
        expect(Object.fromEntries(new URL(`http://h/${queryText(query)}`).searchParams)).toEqual({ ...query })
      }),
    )
  })
})

test('an id and a query name the field that they can not hold', () => {
  expect(thrown(() => pathPart('id', '\ud800'))).toMatchObject({ field: 'id', cause: expect.any(URIError) })
  expect(thrown(() => queryText({ a: '\ud800' }))).toMatchObject({ field: 'a', cause: expect.any(URIError) })
  expect(thrown(() => queryText({ a: Number.NaN })).message).toMatch(/got NaN\.$/)
  expect(thrown(() => queryText({ a: [] })).message).toMatch(/got an array of 0 items\.$/)
})
