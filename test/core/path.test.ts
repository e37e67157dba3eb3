import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/core/errors.ts'
import { pathPart, queryText } from '../../src/core/path.ts'

describe('an id in a path', () => {
  test.each(['', '.', '..'])('is refused when a URL parser would fold it: %j', (id) => {
    expect(() => pathPart('action_id', id)).toThrow(InputError)
    expect(() => pathPart('action_id', id)).toThrow(/^action_id must be a non-empty string/)
  })
  test.each([undefined, null, 7, {}, [], true, Symbol('x')])('is refused when it is no string (%#)', (id) => {
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
