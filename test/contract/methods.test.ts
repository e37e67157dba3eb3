import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import { capture } from '../support/capture.ts'
import type { CallCase, DomainCases } from '../support/cases.ts'
import { anyClient } from '../support/client.ts'

const folder = new URL('../cases/', import.meta.url)

async function check({ args, sends, answers, resolves }: CallCase, method: string): Promise<void> {
  const { fetch, sent } = capture(answers)
  const claw = await anyClient({ fetch })
  const result = await claw[method]!(...args)
  expect(sent).toEqual(Array.isArray(sends) ? sends : [sends])
  if (resolves !== undefined) expect(result).toMatchObject(resolves as object)
}

for (const file of readdirSync(folder)) {
  const { domain, cases } = ((await import(new URL(file, folder).href)) as { default: DomainCases }).default
  describe(domain, () => {
    for (const { method, required, all, bad, passes = [], empty = [] } of cases) {
      test(`${method} sends exactly its request with required fields only`, () => check(required, method))
      if (all) test(`${method} sends every field`, () => check(all, method))
      test.each(bad)(`${method} refuses a bad $names before any request (%#)`, async ({ args, names }) => {
        const { fetch, sent } = capture()
        const claw = await anyClient({ fetch })
        const error = await claw[method]!(...args).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(isDashClawError(error, 'InputError') && error.field).toBe(names)
        expect((error as Error).message).toContain(names)
        expect(sent).toEqual([])
      })
      test.each(passes)(`${method} leaves what the server judges to the server (%#)`, async (...args) => {
        const { fetch, sent } = capture(required.answers)
        const claw = await anyClient({ fetch })
        const error = await claw[method]!(...args).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(isDashClawError(error, 'InputError') && error).toBe(false)
        expect(sent.length).toBeGreaterThan(0)
      })
      test.each(empty)(`${method} resolves without a request where nothing is to be done (%#)`, async (...args) => {
        const { fetch, sent } = capture(required.answers)
        const claw = await anyClient({ fetch })
        await claw[method]!(...args)
        expect(sent).toEqual([])
      })
    }
  })
}
