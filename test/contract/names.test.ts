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
const every = new Map<string, unknown[]>()
const answers = new Map<string, unknown[] | undefined>()
for (const file of readdirSync(folder)) {
  const { cases } = ((await import(new URL(file, folder).href)) as { default: DomainCases }).default
  for (const { method, required, all = required } of cases) {
    args.set(method, required.args)
    every.set(method, all.args)
    answers.set(method, all.answers ?? required.answers)
  }
}
/** Words that the documentation has and servers spell otherwise. */
const SENT_AS: Record<string, string> = {
  'captureKeyPoint category constraint': 'general',
  'getMessageThreads status active': 'open',
  'submitRoutingTask urgency medium': 'normal',
  'createAction status pending': 'pending_approval',
}
/** Filters that servers do not have: the SDK applies them. Words that stand for numbers, and those that an event's own overrides. */
const OWN_FILTERS = new Set([
  'listDriftAlerts metric',
  'iterateDriftAlerts metric',
  'listFeedback sentiment',
  'reportMemoryHealth health',
  'recordRecommendationEvents event_type',
])
/** Methods that take an input and have no request case of their own. */
const OWN: Record<string, unknown[]> = {
  request: [{ method: 'GET', path: '/api/health' }],
  queueTokenUsage: [{ tokens_in: 1, tokens_out: 1 }],
  events: [],
  startHeartbeat: [],
  governTool: ['tool', () => 1],
  wrapClient: [{ chat: { completions: { create: async () => ({}) } } }],
  forAgent: ['b'],
  iterateKnowledgeCollectionItems: ['kc_1'],
}
/** Inputs that are not records of fields: the private key's members are checked by the key's own code. */
const NOT_FIELDS = new Set([
  'call 1',
  'call 2',
  'createPairingFromPrivateJwk 0',
  'wrapClient 0',
  'governTool 0',
  'governTool 1',
  'governTool 2',
])
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
function withMember(input: unknown, path: readonly (string | number)[], name: string, value = 'x'): unknown {
  const [first, ...rest] = path
  if (first === undefined) return { ...(input as object), [name]: value }
  if (first === 0) return [withMember((input as unknown[] | undefined)?.[0], rest, name, value)]
  return {
    ...(input as object),
    [first]: withMember((input as Record<string, unknown> | undefined)?.[first], rest, name, value),
  }
}

async function outcome(method: string, given: unknown[]): Promise<{ error: unknown; sent: unknown[] }> {
  const { fetch, sent } = capture(answers.get(method))
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

// That a method has its case is a test of the surface.
const callable = (method: string) => args.has(method) || method in OWN || method.startsWith('iterate')
const inputs = inputsOf().filter(({ method, at }) => callable(method) && !NOT_FIELDS.has(`${method} ${at}`))

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

  test.each(inputs.filter(({ argument }) => argument !== 'options').map((input) => [input.method, input] as const))(
    '%s: every word that the types list goes out as it is',
    async (method, { at, names }: Input) => {
      const base = [...(every.get(method) ?? OWN[method] ?? [])]
      while (base.length < at) base.push(undefined)
      for (const { path, name } of fieldsOf(names)) {
        const record = path.reduce<Names | undefined>(
          (inner, key) => (key === 0 ? inner : inner?.fields.get(key as string)),
          names,
        )
        for (const word of OWN_FILTERS.has(`${method} ${name}`) ? [] : (record?.words.get(name) ?? [])) {
          const given = [...base]
          given[at] = withMember(base[at], path, name, word)
          const { error, sent } = await outcome(method, given)
          const where = `${method}: ${[...path, name].join('.')} = ${word}`
          expect(isDashClawError(error, 'InputError') && error, where).toBe(false)
          expect(JSON.stringify(sent), where).toContain(SENT_AS[`${method} ${name} ${word}`] ?? word)
        }
      }
    },
  )
})
