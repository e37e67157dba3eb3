import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { warnings } from '../support/local.ts'
import { type Fault, type FaultKind, WRONG } from './support/faults.ts'
import { figure } from './support/figures.ts'
import { type FaultProxy, startProxy } from './support/proxy.ts'

/** How the guard fails, and whether that says that it is away (so that the next action does not ask it). */
type Row = [name: string, away: boolean, fault: Fault]

const plain = (kind: FaultKind, away: boolean): Row => [kind, away, { kind }]
const rows: Row[] = [
  plain('drop-before', true),
  plain('reset-before', true),
  plain('half-close-before', true),
  plain('garbage', true),
  plain('drop-after', true),
  plain('reset-after', true),
  plain('cut-body', true),
  plain('stall-before', true),
  plain('stall-headers', true),
  plain('stall-body', true),
  ...[502, 503, 504].map((status): Row => [`${status}`, true, { kind: 'status-before', status }]),
  ...[401, 408, 409, 418, 429, 500, 501].map((status): Row => [`${status}`, false, { kind: 'status-before', status }]),
  plain('html-before', false),
  plain('empty-before', false),
  plain('cut-json', false),
  plain('redirect-same', false),
  plain('redirect-other', false),
  plain('huge', false),
  ...[
    ...WRONG,
    '{"decision":""}',
    '{"decision":7}',
    '{"decision":null}',
    '{"decision":["allow"]}',
    '{"decision":true}',
  ].map((body): Row => [`the answer ${body}`, false, { kind: 'json-before', body }]),
]
/** Answers with a word that is no go; the guard did answer, so `onGuardError` has no say. */
const words = [
  'maybe',
  'ALLOW',
  'Allow',
  ' allow',
  'allow\n',
  'allowed',
  'approve',
  'true',
  'warning',
  'block',
  'require_approval',
]

const modes = [
  // guardMode, onGuardError, asks, runs
  ['off', 'block', false, true],
  ['off', 'allow', false, true],
  ['warn', 'block', true, true],
  ['warn', 'allow', true, true],
  ['enforce', 'block', true, false],
  ['enforce', 'allow', true, true],
] as const

const server = createLocalServer()
let proxy: FaultProxy
let checked = 0

beforeAll(async () => {
  const { url } = await server.listen()
  proxy = await startProxy(() => url)
})
afterEach(() => server.reset())
afterAll(async () => {
  figure('ways in which the guard fails, each in every mode', rows.length + words.length)
  figure('fail-closed rows checked', checked)
  await proxy.close()
  await server.close()
})

/** Two actions, one after the other, while the guard fails. */
async function run(fault: Fault, guardMode: 'off' | 'warn' | 'enforce', onGuardError: 'block' | 'allow') {
  const logger = warnings()
  const claw = new DashClaw({
    baseUrl: proxy.url,
    apiKey: 'local',
    agentId: 'agent-1',
    logger,
    guardMode,
    onGuardError,
    maxRetries: 0,
    timeout: 500,
    maxResponseBytes: 262_144,
  })
  let asked = 0
  proxy.plan = ({ path }) => {
    if (path !== '/api/guard') return undefined
    asked++
    return fault
  }
  let ran = 0
  const seen: unknown[] = []
  for (let turn = 0; turn < 2; turn++) {
    seen.push(
      await claw
        .track({ action_type: 'build', declared_goal: 'Build it' }, () => `run ${++ran}`)
        .catch((error: Error & { decision?: string }) => `${error.name}: ${error.decision}`),
    )
  }
  await claw.close()
  checked++
  return { ran, recorded: server.snapshot()['actions']?.length ?? 0, seen, asked, warned: logger.texts.length }
}

const REFUSED = ['401', '409', '418']

describe.each(modes)('guardMode %s, onGuardError %s', (guardMode, onGuardError, asks, runsUnasked) => {
  test.each(rows)('%s', async (name, away, fault) => {
    // A guard that refuses the question is not out of reach.
    const runs = runsUnasked && !(guardMode === 'enforce' && REFUSED.includes(name))
    expect(await run(fault, guardMode, onGuardError)).toEqual({
      ran: runs ? 2 : 0,
      recorded: runs ? 2 : 0,
      seen: runs ? ['run 1', 'run 2'] : Array(2).fill('GuardBlockedError: unavailable'),
      asked: !asks ? 0 : away ? 1 : 2,
      // What goes on unguarded is said; what is refused, the caller learns.
      warned: asks && runs ? 2 : 0,
    })
  })
  test.each(words)('the decision %j', async (decision) => {
    const go = guardMode !== 'enforce'
    const body = JSON.stringify({ decision, reasons: [], warnings: [], matched_policies: [] })
    expect(await run({ kind: 'json-before', body }, guardMode, onGuardError)).toEqual({
      ran: go ? 2 : 0,
      recorded: go ? 2 : 0,
      seen: go ? ['run 1', 'run 2'] : Array(2).fill(`GuardBlockedError: ${decision}`),
      asked: asks ? 2 : 0,
      warned: guardMode === 'warn' ? 2 : 0,
    })
  })
})
