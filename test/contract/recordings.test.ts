import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isDashClawError } from '../../src/core/errors.ts'
import type { DomainCases, RecordingOverride, Sent } from '../support/cases.ts'
import { anyClient } from '../support/client.ts'
import { type Contract, contract, type Recording, recordings } from '../support/fixtures.ts'
import { WIRE, wire } from '../support/wire.ts'

const folder = new URL('../cases/', import.meta.url)
const network = wire()

/** Arguments of a method for a recorded request: ids from the path, then the query or body without what is fixed. */
function argsOf({ methods }: Contract, { method, request }: Recording): unknown[] {
  const named = ({ name }: { name: string }) => name.split(' ')[0] === method.split(' ')[0]
  const entry = methods.find(named) ?? contract('actions').methods.find(named)
  if (!entry) throw new Error(`the contract has no method ${method}`)
  const names = entry.http.path.split('/')
  const ids = request.path
    .split('/')
    .filter((_part, at) => names[at]?.startsWith(':'))
    .map(decodeURIComponent)
  const inQuery = entry.http.method === 'GET' || entry.http.method === 'DELETE'
  const fixed = { ...entry.fixed_query, ...entry.fixed_body }
  const fields = Object.entries(inQuery ? request.query : ((request.body ?? {}) as object)).filter(
    ([name]) => !(name in fixed),
  )
  const input = Object.fromEntries(
    fields.map(([name, value]) => [name, inQuery ? typed(entry.query?.[name]?.type, value) : value]),
  )
  return Object.keys(input).length || (!inQuery && request.body) ? [...ids, input] : ids
}

const typed = (type: string | undefined, value: unknown) =>
  type === 'integer' || type === 'number' ? Number(value) : value === 'true' ? true : value === 'false' ? false : value

/** What the SDK adds to what the caller gave: facts of the client, documented defaults, and these. */
const ADDED: Record<string, string[]> = {
  // The SDK picks the id, so that a retry can't record twice.
  createAction: ['action_id'],
  // Servers fail without the field.
  approveAction: ['reasoning'],
}

/** Takes off what the SDK added, after a look at whether it may. */
function dropAdded({ methods }: Contract, method: string, sent: Sent, expected: Sent): void {
  const entry = [...methods, ...contract('actions').methods].find(({ name }) => name.split(' ')[0] === method)
  for (const part of ['body', 'query'] as const) {
    const given = (expected[part] ?? {}) as Record<string, unknown>
    const fields = sent[part] as Record<string, unknown> | undefined
    for (const name of Object.keys(fields ?? {})) {
      if (given[name] !== undefined && !(name === 'action_id' && given[name] === '')) continue
      const rule = entry?.[part]?.[name]
      if (rule?.from_client || rule?.default !== undefined || ADDED[method]?.includes(name)) {
        if (name === 'action_id') expect(fields![name]).toMatch(/^act_[0-9a-f-]{36}$/)
        delete fields![name]
        delete given[name]
      }
    }
    if (fields && !Object.keys(fields).length && expected[part] === undefined) delete sent[part]
  }
}

for (const file of readdirSync(folder)) {
  const cases = ((await import(new URL(file, folder).href)) as { default: DomainCases }).default
  describe(cases.domain, () => {
    const overrides: Record<string, RecordingOverride> = cases.recordings ?? {}
    const known = contract(cases.domain)
    for (const recording of recordings(cases.domain)) {
      const { name, request, response } = recording
      const method = recording.method.split(' ')[0]!
      const override = overrides[`${method}: ${name}`] ?? overrides[method] ?? {}
      if (override.skip) {
        test.skip(`${method}: ${name} (${override.skip})`)
        continue
      }
      test(`${method}: ${name}`, async () => {
        network.answers(response.status, response.content_type, response.body)
        const { sent } = network
        const given =
          typeof override.args === 'function' ? override.args(request) : (override.args ?? argsOf(known, recording))
        const stored = (response.body as { action?: { action_id: string } } | null)?.action?.action_id
        // An answer about another action than the one that the SDK picked the id of would be refused.
        if (method === 'createAction' && stored) given[0] = { ...(given[0] as object), action_id: stored }
        const claw = await anyClient({ baseUrl: WIRE, maxRetries: 0 })
        const error: unknown = await claw[method]!(...given).then(
          () => undefined,
          (reason) => reason,
        )
        if (response.status < 400 && error) throw error
        if (isDashClawError(error, 'InputError')) {
          // The SDK refuses by itself what the server refused.
          expect(sent).toEqual([])
          return
        }
        // A guard's 403 is a decision.
        const decided = typeof (response.body as { decision?: unknown } | null)?.decision === 'string'
        if (response.status >= 400 && !decided) expect(error).toMatchObject({ status: response.status })
        const expected: Sent = override.sends ?? { method: request.method, path: request.path }
        if (!override.sends) {
          const texts = Object.entries(request.query).map(([name, value]) => [name, String(value)])
          if (texts.length) expected.query = Object.fromEntries(texts) as Record<string, string>
          if (request.body !== null) expected.body = request.body
        }
        dropAdded(known, method, sent[0]!, expected)
        expect(sent[0]).toEqual(expected)
      })
    }
  })
}
