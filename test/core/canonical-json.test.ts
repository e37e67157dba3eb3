import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import { InputError } from '../../src/core/errors.ts'
import { contract } from '../support/fixtures.ts'

interface Vector {
  name: string
  payload: unknown
  canonical: string
  canonical_sha256_hex: string
}
const { vectors } = contract('transport')['signing'] as { vectors: Vector[] }

/** The rules as plainly as they can be written, over what JSON.stringify sends. */
function reference(value: unknown): string {
  const write = (part: unknown): string => {
    if (Array.isArray(part)) return `[${part.map(write).join(',')}]`
    if (typeof part !== 'object' || part === null) return JSON.stringify(part)
    const members = Object.entries(part).map(
      ([key, member]) => [key, `${JSON.stringify(key)}:${write(member)}`] as const,
    )
    members.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([, text]) => text).join(',')}}`
  }
  return write(JSON.parse(JSON.stringify(value)))
}

function refusalOf(value: unknown): InputError {
  try {
    canonicalJson(value)
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return error as InputError
  }
  throw new Error('nothing was thrown')
}

class Money {
  constructor(
    readonly unit: string,
    readonly amount: number,
  ) {}
  get shown(): string {
    return `${this.amount} ${this.unit}`
  }
}
class Tagged {
  #key: string | undefined
  toJSON(key: string): unknown {
    this.#key = key
    return { z: this.#key, a: new Date(0), toJSON: () => 'must not be called: JSON.stringify asks once' }
  }
}

const oddValues: [string, () => unknown][] = [
  ['a Date', () => ({ b: new Date(0), a: new Date(Number.NaN) })],
  ['a URL', () => [new URL('https://example.com/a?b=1')]],
  ['an object with toJSON, which gets its key', () => ({ list: [new Tagged()], member: new Tagged() })],
  ['toJSON at the outermost level', () => new Tagged()],
  [
    'a toJSON that is not enumerable',
    () => Object.defineProperty({ a: 1 }, 'toJSON', { value: () => ({ b: 1, a: 2 }) }),
  ],
  ['a member called toJSON that is no function', () => ({ toJSON: { z: 1, a: 2 }, a: 1 })],
  ['a list with toJSON', () => ({ list: Object.assign([1, 2], { toJSON: () => ({ z: 1, a: 2 }) }) })],
  ['a function with toJSON', () => ({ f: Object.assign(() => 1, { toJSON: () => ({ z: 1, a: 2 }) }) })],
  ['boxed primitives', () => [new Number(1.5), new String('s"'), new Boolean(false), Object(Symbol('s'))]],
  ['functions, symbols and undefined in an object', () => ({ f() {}, s: Symbol('s'), u: undefined, a: 1 })],
  ['functions, symbols and undefined in a list', () => [() => 1, Symbol('s'), undefined, 1]],
  ['symbol keys', () => ({ [Symbol('s')]: 1, a: 1 })],
  ['NaN and the infinities', () => [Number.NaN, Infinity, -Infinity, { n: Number.NaN }]],
  ['minus zero', () => [-0, { n: -0 }]],
  ['halves of surrogate pairs, as text and as key', () => ({ '\udc00': '\ud800', '😀': '😀', '\ud800a': 'a\udfff' })],
  [
    'Map, Set, WeakMap, RegExp, Error, Promise',
    () => [new Map([[1, 2]]), new Set([1]), new WeakMap(), /x/, new Error('x'), Promise.resolve()],
  ],
  ['a sparse list', () => Object.assign(new Array(4), { 1: 'one' })],
  ['typed arrays and buffers', () => [new Uint8Array([3, 1]), Buffer.from('ab'), new ArrayBuffer(2)]],
  ['a class instance with a getter on its prototype', () => ({ price: new Money('EUR', 2) })],
  [
    'inherited and hidden members',
    () => Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true }, hidden: { value: 3 } }),
  ],
  ['an object without a prototype', () => Object.assign(Object.create(null), { z: { b: 1, a: 2 }, a: new Date(0) })],
  ['objects of another realm', () => runInNewContext('({ z: [new Date(0), { b: 1, a: 2 }], a: new Number(1) })')],
  [
    'getters',
    () => ({
      get z() {
        return { b: 1, a: 2 }
      },
      a: 1,
    }),
  ],
  ['proxies', () => new Proxy({ z: new Proxy([{ b: 1, a: 2 }], {}), a: 1 }, {})],
  ['an own member called __proto__', () => JSON.parse('{"__proto__":{"z":1,"a":2},"a":{"__proto__":null}}')],
  ['keys that look like numbers, and the empty key', () => ({ b: 1, 10: 1, 9: 2, '': 3, '01': 4, '-1': 5 })],
  [
    'more keys than an insertion sort is good for',
    () => Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${(i * 37) % 200}`, i])),
  ],
  [
    'one object in two places',
    () => {
      const shared = { b: 1, a: 2 }
      return { z: shared, a: [shared, shared] }
    },
  ],
]

describe('canonical JSON', () => {
  afterEach(() => {
    for (const holder of [Object.prototype, Array.prototype, BigInt.prototype]) Reflect.deleteProperty(holder, 'toJSON')
  })

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'is the text the server verifies: %s',
    (_name, vector) => {
      const text = canonicalJson(vector.payload)
      expect(text).toBe(vector.canonical)
      expect(createHash('sha256').update(text).digest('hex')).toBe(vector.canonical_sha256_hex)
    },
  )

  it.each(oddValues)('writes what JSON.stringify would send: %s', (_name, make) => {
    expect(canonicalJson(make())).toBe(reference(make()))
  })

  it.each([
    ['null', null, 'null'],
    ['a text', 'a"b', '"a\\"b"'],
    ['a number', -0, '0'],
    ['a flag', true, 'true'],
    ['an empty list', [], '[]'],
    ['an object of which nothing is left', { a: undefined }, '{}'],
    ['separators that JavaScript once took for line ends', '\u2028\u2029/\u007f', '"\u2028\u2029/\u007f"'],
  ])('takes a bare value: %s', (_name, value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it('sorts by UTF-16 code units, not by code points', () => {
    expect(canonicalJson({ '\uff5e': 1, '😀': 2, a: 3, B: 4 })).toBe('{"B":4,"a":3,"😀":2,"\uff5e":1}')
  })

  it('leaves a member out at the outermost level only', () => {
    expect(canonicalJson({ x: 1, _s: 2, deep: { _s: 3 } }, '_s')).toBe('{"deep":{"_s":3},"x":1}')
    expect(canonicalJson(new Money('EUR', 2), 'unit')).toBe('{"amount":2}')
  })

  it('calls a toJSON that was put on a built-in prototype as often as JSON.stringify does', () => {
    Object.defineProperty(Array.prototype, 'toJSON', {
      configurable: true,
      value(this: unknown[]) {
        return `list of ${this.length}`
      },
    })
    expect(canonicalJson({ z: [1, 2], a: { b: [] } })).toBe('{"a":{"b":"list of 0"},"z":"list of 2"}')
    Object.defineProperty(Object.prototype, 'toJSON', { configurable: true, value: (key: string) => ({ key, a: 1 }) })
    expect(canonicalJson({ z: {} })).toBe('{"a":1,"key":""}')
  })

  it('takes a BigInt where the host has taught it JSON', () => {
    Object.defineProperty(BigInt.prototype, 'toJSON', {
      configurable: true,
      value(this: bigint) {
        return this.toString()
      },
    })
    expect(canonicalJson({ a: [12n] })).toBe('{"a":["12"]}')
  })

  it('names the spot of a BigInt', () => {
    const error = refusalOf({ context: { items: [1, { cost: 10n }] } })
    expect(error.field).toBe('context.items[1].cost')
    expect(error.message).toMatch(/^context\.items\[1\]\.cost is a BigInt.*String\(value\)/)
    expect(refusalOf(1n).message).toMatch(/^The value is a BigInt/)
    expect(refusalOf({ a: new Money('EUR', 1n as unknown as number) }).field).toBe('a')
  })

  it('names the spot where a value refers back to itself', () => {
    const value = { a: { list: [{}] as unknown[] } }
    value.a.list.push(value.a)
    const error = refusalOf(value)
    expect(error.field).toBe('a.list[1]')
    expect(error.message).toContain('refers back')
  })

  it('sees a circle that goes through a class instance', () => {
    const value: Record<string, unknown> = {}
    value['held'] = Object.assign(new Money('EUR', 1), { back: value })
    const error = refusalOf(value)
    expect(error.field).toBe('held')
    expect(error.message).not.toContain('\n')
  })

  it('writes deep values, and refuses those that no stack holds', () => {
    const nest = (depth: number) => {
      let value: unknown = 1
      for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value }
      return value
    }
    expect(canonicalJson(nest(1000))).toBe(JSON.stringify(nest(1000)))
    expect(refusalOf(nest(200_000)).message).toContain('nested too deeply')
    expect(refusalOf(new Money('EUR', nest(200_000) as number)).message).toContain('nested too deeply')
  })

  it('shows only the end of a long path', () => {
    const value = JSON.parse('{"a":'.repeat(50) + '{}' + '}'.repeat(50))
    let end = value
    while (end.a) end = end.a
    end.big = 1n
    expect(refusalOf(value).field).toBe('….a.a.a.a.a.a.a.big')
  })

  it("reports an error of the value's own code with its cause, a RangeError too", () => {
    const cause = new RangeError('Invalid time value')
    const fail = () => {
      throw cause
    }
    const fromToJson = refusalOf({ a: { toJSON: fail } })
    expect(fromToJson.field).toBe('a')
    expect(fromToJson.cause).toBe(cause)
    const fromGetter = refusalOf({ a: [Object.defineProperty({}, 'b', { enumerable: true, get: fail })] })
    expect(fromGetter.field).toBe('a[0]')
    expect(fromGetter.message).toContain('Invalid time value')
    expect(fromGetter.cause).toBe(cause)
  })

  it.each([undefined, () => 1, Symbol('s'), { toJSON: () => undefined }])(
    'refuses what has no JSON form: %s',
    (value) => {
      expect(refusalOf(value).message).toContain('has no JSON form')
    },
  )

  it('leaves its input alone', () => {
    const value = Object.freeze({ z: Object.freeze([2, 1]), a: 1 })
    expect(canonicalJson(value)).toBe('{"a":1,"z":[2,1]}')
    expect(Object.keys(value)).toEqual(['z', 'a'])
  })

  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('"', '\\', '\n', '\u001f', '\u007f', '\u2028', '😀', 'a', 'Z', '0'),
  )
  const text = fc.string({ unit, maxLength: 12 })
  const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'length', '', '0', '10', '9'))
  const { json, odd } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('json'), { maxLength: 6 }),
      fc.array(fc.tuple(key, tie('json')), { maxLength: 40, size: 'small' }).map(Object.fromEntries),
    ),
    odd: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        text,
        fc.double(),
        fc.constantFrom(null, undefined, true, Symbol('s'), Math.max, Number.NaN),
        fc.date({ noInvalidDate: false }),
        fc.constantFrom(new Number(2), new String('\ud800'), new Boolean(true)),
        fc.constantFrom(new Map([[1, 2]]), new Set([1]), /x/, new URL('http://a/b?c'), new Uint8Array([1, 2])),
      ),
      fc.array(tie('odd'), { maxLength: 6 }),
      fc.array(fc.tuple(key, tie('odd')), { maxLength: 6 }).map(Object.fromEntries),
      fc
        .array(fc.tuple(key, tie('odd')), { maxLength: 6 })
        .map((all) => Object.assign(Object.create(null), Object.fromEntries(all))),
      tie('odd').map((value) => ({ toJSON: (name: string) => ({ name, value }) })),
      tie('odd').map((unit) => new Money(unit as string, 1)),
    ),
  }))

  it('is the same for a value and for what the server parses, and parses back to it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const canonical = canonicalJson(value)
        expect(canonical).toBe(reference(value))
        expect(canonicalJson(JSON.parse(canonical))).toBe(canonical)
        expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same for odd values and for what the server parses', () => {
    fc.assert(
      fc.property(odd, (value) => {
        const sent = JSON.stringify(value)
        fc.pre(sent !== undefined)
        expect(canonicalJson(value)).toBe(canonicalJson(JSON.parse(sent)))
        expect(canonicalJson(value)).toBe(reference(value))
      }),
      { numRuns: 500 },
    )
  })
})
