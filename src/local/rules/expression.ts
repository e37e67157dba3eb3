/**
 * The part of JavaScript that scorers of the type `custom_function` need, read by hand. The platform hands the text to its own
 * process; here any web page that reaches the port could send one, so nothing but values, operators and a few methods exists.
 */
export type Expression = (scope: Readonly<Record<string, unknown>>) => unknown

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`)|([A-Za-z_$][\w$]*)|(===|!==|==|!=|<=|>=|&&|\|\||\?\?|\*\*|[-+*/%<>!?:()[\].,]))/y

interface Token {
  kind: 'number' | 'text' | 'name' | 'sign'
  text: string
}

function tokens(source: string): Token[] {
  const found: Token[] = []
  const pattern = new RegExp(TOKEN)
  const end = source.trimEnd().length
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex
    const match = pattern.exec(source)
    if (!match) throw new SyntaxError(`Unexpected text at ${at}: ${source.slice(at, at + 20)}`)
    const [, number, text, name, sign] = match
    if (number !== undefined) found.push({ kind: 'number', text: number })
    else if (text !== undefined) found.push({ kind: 'text', text })
    else if (name !== undefined) found.push({ kind: 'name', text: name })
    else found.push({ kind: 'sign', text: sign! })
  }
  return found
}

const WORDS: ReadonlyMap<string, unknown> = /* @__PURE__ */ new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
])

type Call = (...values: never[]) => unknown

const FUNCTIONS: Readonly<Record<string, Call>> = {
  __proto__: null,
  Number,
  String,
  Boolean,
  parseInt,
  parseFloat,
} as never
const MATH = new Set([
  'abs',
  'ceil',
  'floor',
  'round',
  'trunc',
  'sign',
  'min',
  'max',
  'pow',
  'sqrt',
  'log',
  'log2',
  'log10',
  'exp',
])
const METHODS = {
  string: new Set(
    'includes startsWith endsWith indexOf lastIndexOf slice substring toLowerCase toUpperCase trim split charAt'.split(
      ' ',
    ),
  ),
  list: new Set(['includes', 'indexOf', 'join', 'slice']),
  number: new Set(['toFixed']),
}

function methods(target: unknown): ReadonlySet<string> | undefined {
  if (typeof target === 'string') return METHODS.string
  if (typeof target === 'number') return METHODS.number
  return Array.isArray(target) ? METHODS.list : undefined
}

function member(target: unknown, name: unknown): unknown {
  if (typeof target === 'string' || Array.isArray(target)) {
    if (name === 'length') return target.length
    if (typeof name === 'number') return target[name]
  }
  throw new TypeError(`Cannot read ${String(name)} here`)
}

function loose(a: unknown, b: unknown): boolean {
  if (a === b || (a == null && b == null)) return true
  return a != null && b != null && typeof a !== typeof b && Number(a) === Number(b)
}

const OPERATORS: Readonly<Record<string, (a: never, b: never) => unknown>> = {
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '==': loose,
  '!=': (a, b) => !loose(a, b),
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
  '**': (a: number, b: number) => a ** b,
}

/** Operators from weak to strong, one list a level. */
const LEVELS = [
  ['||', '??'],
  ['&&'],
  ['===', '!==', '==', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/', '%'],
  ['**'],
]

/**
 * Reads an expression once.
 *
 * @throws {SyntaxError} When the text is none.
 */
export function parseExpression(source: string): Expression {
  const list = tokens(source)
  let at = 0

  const take = (sign: string): boolean => {
    const { kind, text } = list[at] ?? { kind: 'sign', text: '' }
    if (kind !== 'sign' || text !== sign) return false
    at++
    return true
  }
  const expect = (sign: string): void => {
    if (!take(sign)) throw new SyntaxError(`Expected ${sign}, got ${list[at]?.text ?? 'the end'}`)
  }

  function choice(): Expression {
    const test = binary(0)
    if (!take('?')) return test
    const yes = choice()
    expect(':')
    const no = choice()
    return (scope) => (test(scope) ? yes(scope) : no(scope))
  }

  function binary(level: number): Expression {
    const signs = LEVELS[level]
    if (!signs) return unary()
    let left = binary(level + 1)
    for (let sign = signs.find(take); sign; sign = signs.find(take)) {
      const a = left
      // Powers bind from the right.
      const b = sign === '**' ? binary(level) : binary(level + 1)
      const apply = OPERATORS[sign]
      if (sign === '||') left = (scope) => a(scope) || b(scope)
      else if (sign === '&&') left = (scope) => a(scope) && b(scope)
      else if (sign === '??') left = (scope) => a(scope) ?? b(scope)
      else left = (scope) => apply!(a(scope) as never, b(scope) as never)
    }
    return left
  }

  function unary(): Expression {
    const sign = ['!', '-', '+'].find(take)
    if (!sign) return postfix()
    const value = unary()
    return (scope) => (sign === '!' ? !value(scope) : sign === '-' ? -Number(value(scope)) : Number(value(scope)))
  }

  function values(end: string): Expression[] {
    const found: Expression[] = []
    while (!take(end)) {
      if (found.length) expect(',')
      found.push(choice())
    }
    return found
  }

  function postfix(): Expression {
    let target = primary()
    for (;;) {
      const before = target
      if (take('.')) {
        const name = list[at++]?.text ?? ''
        if (take('(')) {
          const given = values(')')
          target = (scope) => {
            const value = before(scope)
            if (!methods(value)?.has(name)) throw new TypeError(`${name} is not a function here`)
            return (value as Record<string, Call>)[name]!(...(given.map((each) => each(scope)) as never[]))
          }
        } else target = (scope) => member(before(scope), name)
      } else if (take('[')) {
        const key = choice()
        expect(']')
        target = (scope) => member(before(scope), key(scope))
      } else return target
    }
  }

  function primary(): Expression {
    const token = list[at++]
    if (token?.kind === 'number') return () => Number(token.text)
    if (token?.kind === 'text') {
      const text = token.text
        .slice(1, -1)
        .replace(/\\(.)/g, (_match, sign: string) => ({ n: '\n', t: '\t' })[sign] ?? sign)
      return () => text
    }
    if (token?.kind === 'name') return named(token.text)
    at--
    if (take('(')) {
      const inner = choice()
      expect(')')
      return inner
    }
    if (take('[')) {
      const items = values(']')
      return (scope) => items.map((item) => item(scope))
    }
    throw new SyntaxError(`Unexpected ${token?.text ?? 'end'}`)
  }

  function named(name: string): Expression {
    if (WORDS.has(name)) return () => WORDS.get(name)
    if (name === 'Math') {
      expect('.')
      const method = list[at++]?.text ?? ''
      if (method === 'PI' || method === 'E') return () => Math[method]
      expect('(')
      return called(MATH.has(method) ? (Math as unknown as Record<string, Call>)[method] : undefined, `Math.${method}`)
    }
    if (name in FUNCTIONS && take('(')) return called(FUNCTIONS[name], name)
    return (scope) => {
      if (!Object.hasOwn(scope, name)) throw new ReferenceError(`${name} is not defined`)
      return scope[name]
    }
  }

  function called(call: Call | undefined, name: string): Expression {
    const given = values(')')
    return (scope) => {
      if (!call) throw new TypeError(`${name} is not a function here`)
      return call(...(given.map((each) => each(scope)) as never[]))
    }
  }

  const whole = choice()
  if (at < list.length) throw new SyntaxError(`Unexpected ${list[at]!.text}`)
  return whole
}
