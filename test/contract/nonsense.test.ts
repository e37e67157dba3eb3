/** What a proxy or a broken server may answer: every method gives what it got, or a typed error, never a raw TypeError. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import type { CallCase, DomainCases } from '../support/cases.ts'
import { anyClient } from '../support/client.ts'

const folder = new URL('../cases/', import.meta.url)
const plain = [null, [], 'x', 5, true, {}]
const inside = [null, 5, 'x', [], [null], [5], {}]

/** These wait for an answer that makes sense: test/governance/nonsense.test.ts. */
const ENDLESS = new Set(['waitForApproval', 'waitForPairing'])

/** An answer with each of its parts replaced by nonsense, down to three records deep. */
function* broken(value: unknown, depth = 0): Generator<unknown> {
  if (depth > 3 || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (!value.length) return
    for (const other of inside) yield [other]
    for (const other of broken(value[0], depth + 1)) yield [other, ...value.slice(1)]
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: _left, ...rest } = value as Record<string, unknown>
    yield rest
    for (const other of inside) yield { ...value, [key]: other }
    for (const other of broken(inner, depth + 1)) yield { ...value, [key]: other }
  }
}

async function reject(method: string, args: unknown[], answers: unknown[]): Promise<unknown> {
  const { fetch } = capture(answers)
  const claw = await anyClient({ fetch, logger: false, maxRetries: 0 })
  try {
    await claw[method]!(...args)
    return undefined
  } catch (error) {
    return error
  }
}

for (const file of readdirSync(folder)) {
  const { domain, cases } = ((await import(new URL(file, folder).href)) as { default: DomainCases }).default
  describe(domain, () => {
    test.each(
      cases
        .filter(({ method }) => !ENDLESS.has(method))
        .map(({ method, required, all }) => [method, [required, ...(all ? [all] : [])]] as const),
    )(
      '%s gives a typed error for an answer that makes no sense, or passes it on',
      async (method, calls: readonly CallCase[]) => {
        for (const { args, answers = [{}] } of calls) {
          for (const [at, answer] of answers.entries()) {
            for (const odd of [...plain, ...broken(answer)]) {
              const given = answers.map((one, i) => (i === at ? odd : one))
              const error = await reject(method, args, given)
              if (error === undefined || isDashClawError(error)) continue
              throw new Error(`${method} after ${JSON.stringify(odd)}: ${error}`, { cause: error })
            }
          }
        }
      },
    )
  })
}
test('the table has answers to break', () => expect([...broken({ a: { b: [1] } })].length).toBeGreaterThan(15))
