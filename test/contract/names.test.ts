/** Every field of every method, taken from the types: misspelt it is refused before anything is sent. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import type { DomainCases } from '../support/cases.ts'
import { anyClient } from '../support/client.ts'
import { type Input, inputsOf, type Names } from '../support/inputs.ts'

const folder = new URL('../cases/', import.meta.url)
const args = new Map<string, unknown[]>()
for (const file of readdirSync(folder)) {
  const { cases } = ((await import(new URL(file, folder).href)) as { default: DomainCases }).default
  for (const { method, required } of cases) args.set(method, required.args)
}
/** Methods that take an input and have no request case of their own. */
const OWN: Record<string, unknown[]> = {
  request: [{ method: 'GET', path: '/api/health' }],
  queueTokenUsage: [{ tokens_in: 1, tokens_out: 1 }],
  events: [],
  startHeartbeat: [],
  governTool: ['tool', () => 1],
  wrapClient: [{ chat: { completions: { create: async () => ({}) } } }],
  forAgent: ['b'],
  call: [],
}
/** Inputs that are not records of fields: the private key's members are checked by the key's own code. */
const NOT_FIELDS = new Set(['createPairingFromPrivateJwk 0', 'wrapClient 0', 'governTool 2'])
/** Records that only part of the calls check here; the rest of the name says why. */
const iterated = (method: string) =>
  method.startsWith('iterate') ? method.replace('iterate', '').toLowerCase() : undefined

/** The name with the case of one letter, or one `_` changed: what people mistake. */
function misspelt(name: string): string[] {
  const last = name.search(/[a-z](?!.*[a-z])/)
  const flipped = name.slice(0, last) + name[last]!.toUpperCase() + name.slice(last + 1)
  const camel = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return [...new Set([flipped, camel, snake, name.replaceAll('_', '-'), name.replaceAll('_', '')])]
}

/** Each field with the path to its record: keys, and 0 for the first one of an array. */
function fieldsOf(
  { list, fields }: Names,
  path: (string | number)[] = [],
): { path: (string | number)[]; name: string }[] {
  const here = list ? [...path, 0] : path
  return [...fields].flatMap(([name, inner]) => [
    { path: here, name },
    ...(inner ? fieldsOf(inner, [...here, name]) : []),
  ])
}

/** A copy of an input with one more member at a path; records on the way are made where there are none. */
function withMember(input: unknown, path: readonly (string | number)[], name: string): unknown {
  const [first, ...rest] = path
  if (first === undefined) return { ...(input as object), [name]: 'x' }
  if (first === 0) return [withMember((input as unknown[] | undefined)?.[0], rest, name)]
  return {
    ...(input as object),
    [first]: withMember((input as Record<string, unknown> | undefined)?.[first], rest, name),
  }
}

async function outcome(method: string, given: unknown[]): Promise<{ error: unknown; sent: unknown[] }> {
  const { fetch, sent } = capture()
  const claw = await anyClient({ fetch, logger: false })
  try {
    const result: unknown = (claw[method] as (...args: unknown[]) => unknown)(...given)
    if (result && typeof result === 'object' && Symbol.asyncIterator in result && !('then' in result)) {
      await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().next()
    } else await result
    return { error: undefined, sent }
  } catch (error) {
    return { error, sent }
  } finally {
    await (claw['close'] as () => Promise<void>)()
  }
}

const inputs = inputsOf().filter(({ method, at }) => !NOT_FIELDS.has(`${method} ${at}`))

describe('the names of fields', () => {
  test('are found for the whole surface', () => {
    expect(new Set(inputs.map(({ method }) => method)).size).toBeGreaterThan(200)
  })

  test.each(inputs.map((input) => [`${input.method} (${input.argument})`, input] as const))(
    '%s: a misspelt one is refused by name, and nothing is sent',
    async (_title, { method, at, argument, names }: Input) => {
      const base = [...(args.get(method) ?? OWN[method] ?? [])]
      while (base.length < at) base.push(undefined)
      const known = new Set(names.fields.keys())
      for (const { path, name } of fieldsOf(names)) {
        for (const wrong of misspelt(name)) {
          const record = path.reduce<Names | undefined>(
            (inner, key) => (key === 0 ? inner : inner?.fields.get(key as string)),
            names,
          )
          if ((record?.fields ?? known).has(wrong)) continue
          const given = [...base]
          given[at] = withMember(base[at], path, wrong)
          const { error, sent } = await outcome(method, given)
          const where = `${method}: ${[...path, wrong].join('.')}`
          expect(isDashClawError(error, 'InputError') && error.message, where).toMatch(
            new RegExp(`${argument === 'options' ? 'no option' : 'has no (field|option)'} ${wrong}; did you mean `),
          )
          expect(sent, where).toEqual([])
        }
      }
    },
  )
})
