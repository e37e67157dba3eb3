/** What became of each method on the 5 line, and what a client says to it. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Core } from '../../src/core/core.ts'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import type { DomainCases } from '../support/cases.ts'
import { anyClient } from '../support/client.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const surface = JSON.parse(read('../fixtures/surface-5.json')) as { methods: Record<string, { v5: string }> }
const folder = new URL('../cases/', import.meta.url)
const cases = new Map<string, DomainCases['cases'][number]>()
for (const file of readdirSync(folder)) {
  const { default: domain } = (await import(new URL(file, folder).href)) as { default: DomainCases }
  for (const one of domain.cases) cases.set(one.method, one)
}

/** Methods whose own route is gone, but that read another one, or send nothing. */
const OTHERWISE = new Set(['getMessage', 'getAttachmentUrl'])

type Client = Core & Record<string, (...args: unknown[]) => Promise<unknown>>

const outcome = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each([...cases.values()])('$method', ({ method, required }) => {
  const known = surface.methods[method]
  const gone = known?.v5 === 'gone' && !OTHERWISE.has(method)

  test(gone ? 'is refused on the 5 line before anything is sent' : 'goes on on the 5 line', async () => {
    const { fetch, sent } = capture(required.answers)
    const claw = (await anyClient({ fetch, line: '5' })) as unknown as Client
    const error = await outcome(Promise.resolve(claw[method]!(...required.args)))
    if (!gone) return expect(isDashClawError(error, 'RouteNotFoundError') && error.message).toBe(false)
    expect(isDashClawError(error, 'RouteNotFoundError') && error).toMatchObject({ status: 404, attempts: 0 })
    expect((error as Error).message).toMatch(
      /^\w+ has no route on servers of the 5 line: [A-Z]+ \/api\/\S+ is gone since 5\.0\./,
    )
    expect(sent).toEqual([])
  })

  test('goes on on the 2 line', async () => {
    const { fetch, sent } = capture(required.answers)
    const claw = (await anyClient({ fetch, line: '2' })) as unknown as Client
    await outcome(Promise.resolve(claw[method]!(...required.args)))
    expect(sent.length > 0 || [required.sends].flat().length === 0).toBe(true)
  })
})

test('the table of the 5 line is about methods that have a case', () => {
  const gone = Object.keys(surface.methods).filter((name) => surface.methods[name]!.v5 === 'gone')
  console.log(`lines: ${gone.length} of ${Object.keys(surface.methods).length} methods have no route on the 5 line`)
  // Without a request of their own.
  const without = ['startHeartbeat', 'wrapClient']
  expect(gone.filter((name) => !cases.has(name) && !without.includes(name))).toEqual([])
})
