/** Nothing of the surface may be missing: a method, its doc comment, its cases, its type test, its row in the README. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { Core } from '../../src/core/core.ts'
import type { DomainCases } from '../support/cases.ts'

interface Signature {
  domain: string
  method: string
  signature: string
}

const at = (path: string) => new URL(path, import.meta.url)
const text = (path: string) => readFileSync(at(path), 'utf8')
const signatures = JSON.parse(text('../fixtures/signatures.json')) as Signature[]
const readme = text('../../README.md')

const sources = new Map<string, string>()
for (const folder of ['../../src/domains/', '../../src/core/']) {
  for (const file of readdirSync(at(folder))) sources.set(file, text(folder + file))
}
const typeTests = readdirSync(at('../types/'))
  .map((file) => text(`../types/${file}`))
  .join('\n')
const cases = new Set<string>()
for (const file of readdirSync(at('../cases/'))) {
  const module = (await import(at(`../cases/${file}`).href)) as { default: DomainCases }
  for (const { method } of module.default.cases) cases.add(method)
}

/** Methods without a request of their own; their tests are named here. */
const WITHOUT_CASE: Record<string, string> = {
  actionContext: 'test/governance/track.test.ts',
  governTool: 'test/governance/track.test.ts',
  wrapClient: 'test/domains/tokens-wrap-client.test.ts',
  startHeartbeat: 'test/core/core.test.ts',
  stopHeartbeat: 'test/core/core.test.ts',
  events: 'test/core/core.test.ts',
  request: 'test/core/transport.test.ts',
  flush: 'test/core/core.test.ts',
  close: 'test/core/core.test.ts',
  forAgent: 'test/core/core.test.ts',
}

/** The doc comment right above a method, or nothing. */
function docOf(method: string): string | undefined {
  for (const source of sources.values()) {
    const found = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\n  (?:async \\*?|\\*)?${method}(?:<[^(]*>)?\\(`).exec(
      source,
    )
    if (found) return found[1]
  }
  return undefined
}

const methods = [...new Set(signatures.map(({ method }) => method))]
console.log(`surface: ${methods.length} methods in ${new Set(signatures.map(({ domain }) => domain)).size} groups`)

describe.each(signatures)('$domain: $method', ({ domain, method }) => {
  test('exists', () => {
    expect(typeof Reflect.get(DashClaw.prototype, method)).toBe('function')
  })
  test('is in the file of its domain', () => {
    const file = domain === 'the client itself' ? 'core.ts' : `${domain}.ts`
    expect(sources.get(file)).toMatch(new RegExp(`^  (?:async )?\\*?${method}[<(]`, 'm'))
  })
  test('has a doc comment that says what it does', () => {
    expect(docOf(method)?.replace(/[\s*]/g, '').length ?? 0).toBeGreaterThan(30)
  })
  test('has its cases', () => {
    expect(cases.has(method) || method in WITHOUT_CASE).toBe(true)
  })
  test('has a type test', () => {
    expect(new RegExp(`\\bclaw\\.${method}\\b`).test(typeTests)).toBe(true)
  })
  test('has a row in the README', () => {
    expect(new RegExp(`^\\|.*\`${method}\\b`, 'm').test(readme)).toBe(true)
  })
})

test('every method of the client is known here, and every iterator stands beside a list', () => {
  const known = new Set(methods)
  const own: string[] = []
  for (
    let proto: object = DashClaw.prototype;
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto) as object
  ) {
    own.push(
      ...Object.getOwnPropertyNames(proto).filter(
        (name) => typeof Object.getOwnPropertyDescriptor(proto, name)?.value === 'function',
      ),
    )
  }
  const extra = [...new Set(own)].filter(
    (name) => !known.has(name) && !['constructor', 'call', 'signer', 'recommender', 'toJSON'].includes(name),
  )
  for (const name of extra) {
    // What the platform's SDK does not have: iterators, and background work.
    expect(name).toMatch(/^(iterate[A-Z]|background$|queueTokenUsage$)/)
    expect(docOf(name), name).toBeDefined()
    expect(readme, name).toMatch(new RegExp(`\`${name}\\b`))
    expect(typeTests, name).toContain(`claw.${name}`)
  }
  expect(Object.getOwnPropertyNames(Core.prototype)).toContain('call')
})
