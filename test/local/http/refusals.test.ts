import { describe, expect, test } from 'vitest'
import { createLocalServer } from '../../../src/local/index.ts'
import { send } from '../../support/seeds.ts'
import { fieldsOf, stocked, usualBody } from '../../support/stocked.ts'

interface Refusal {
  details?: unknown
  error?: unknown
}

/** Where the contract says that the platform does not look, or that another field stands in. */
const TAKEN = [
  // Not a field: the same as for a created action.
  'POST /api/actions …',
  'POST /api/compliance/exports format',
  'POST /api/compliance/schedules format',
  'POST /api/feedback rating: 0',
  'POST /api/learning/analytics/velocity period',
  // One event is the body itself.
  'POST /api/learning/recommendations/events events',
  'POST /api/messages action_id',
  'POST /api/preferences approach',
  'POST /api/preferences observation',
  'POST /api/preferences preference',
  'POST /api/scoring/calibrate metrics',
  'POST /api/scoring/score action',
  'POST /api/tokens agent_id',
  'POST /api/tokens tokens_in',
  'POST /api/tokens tokens_out',
]

/** Where the platform names its field otherwise. */
const OTHERWISE: Record<string, RegExp> = {
  'POST /api/messages attachments': /Maximum 3 attachments/,
  'POST /api/scoring/score actions': /not found/,
  'POST /api/webhooks events': /Invalid event type: unheard/,
}

// Clients leave lengths, words and ranges to the server: it has to say what the platform says.
describe.each(['2.0', '2.10'] as const)('lengths, words and ranges of %s', (version) => {
  test('what the contract excludes is refused by name, and the largest value is taken', async () => {
    const { server, led } = await stocked(version)
    let refused = 0
    const wrong: unknown[] = []
    for (const { method, path, at } of led) {
      const whole = usualBody(method, path)
      for (const [name, field] of Object.entries(fieldsOf(method, path))) {
        const { max_length: longest, max_items: most, enum: words, min, max, required } = field
        const list = field.type.includes('[]')
        const tries: unknown[] = [
          ...(longest ? ['x'.repeat(longest + 1)] : []),
          ...(typeof words?.[0] === 'string' ? [list ? ['unheard'] : 'unheard'] : []),
          ...(min === undefined ? [] : [min - 1]),
          ...(max === undefined ? [] : [max + 1]),
          ...(most ? [Array(most + 1).fill('x')] : []),
          ...(required ? [undefined] : []),
        ]
        const about = `${method} ${path} ${name}`
        const tell = async (value: unknown) => {
          const { status, body } = await send<Refusal>(server, method, at, { ...whole, [name]: value })
          return { status, said: JSON.stringify(body?.details ?? body?.error ?? '') }
        }
        for (const value of tries) {
          // Newer servers take any type.
          if (version === '2.10' && about === 'POST /api/actions action_type' && value === 'unheard') continue
          if (TAKEN.includes(about) || TAKEN.includes(`${about}: ${String(value)}`)) continue
          const { status, said } = await tell(value)
          refused++
          // Scoring leaves its checks to the database.
          const statuses = path.startsWith('/api/scoring') ? [400, 404, 500] : [400]
          const named = OTHERWISE[about] ?? new RegExp(name, 'i')
          if (!statuses.includes(status) || !named.test(said)) wrong.push([about, status, said])
        }
        if (longest && (await tell('x'.repeat(longest))).said.includes('max length')) wrong.push([about, longest])
      }
    }
    expect(wrong).toEqual([])
    expect(refused).toBeGreaterThan(200)
  }, 60_000)

  test('whitespace is no empty string, where the platform does not look closer', async () => {
    const { server, led } = await stocked(version)
    const closer = ['POST /api/orgs name', 'PATCH /api/orgs/:org_id name', 'POST /api/orgs slug']
    for (const { method, path, at } of led) {
      const whole = usualBody(method, path)
      for (const [name, field] of Object.entries(fieldsOf(method, path))) {
        if (field.enum || !field.type.startsWith('string') || field.type.includes('[]')) continue
        if (name === 'invalidated_reason' || closer.includes(`${method} ${path} ${name}`)) continue
        const { body } = await send<Refusal>(server, method, at, { ...whole, [name]: '  ' })
        const said = JSON.stringify(body?.details ?? body?.error ?? '')
        expect(`${method} ${path} ${said}`).not.toMatch(`${name} (?:is required|cannot be empty)`)
      }
    }
  }, 60_000)

  test.each([
    ['POST', '/api/actions', { agent_id: ' ', action_type: 'deploy', declared_goal: '  ' }],
    ['POST', '/api/guard', { action_type: ' ' }],
    ['POST', '/api/policies', { name: ' ', policy_type: 'require_approval', rules: '{"action_types":["x"]}' }],
  ])('%s %s takes strings of whitespace only', async (method, path, body) => {
    const { status } = await send(createLocalServer({ version }), method, path, body)
    expect(status).toBeLessThan(300)
  })

  test('an empty string is none', async () => {
    const fields = { agent_id: '', action_type: 'deploy', declared_goal: '' }
    const { status, body } = await send(createLocalServer({ version }), 'POST', '/api/actions', fields)
    expect([status, body]).toEqual([
      400,
      { error: 'Validation failed', details: ['agent_id cannot be empty', 'declared_goal cannot be empty'] },
    ])
  })
})
