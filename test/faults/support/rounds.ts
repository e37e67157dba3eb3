import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, vi } from 'vitest'
import { AFTER, BEFORE, ELSEWHERE } from './faults.ts'
import { figure, Ledger, SEED } from './figures.ts'
import { leftovers } from './leftovers.ts'
import { type Outcome, Soak } from './soak.ts'

const ROUNDS = Number(process.env['FAULTS_ROUNDS'] ?? 10)

/** Runs every second round, so that two files share the work of two processors. */
export async function soakRounds(first: 0 | 1): Promise<void> {
  const rejected: unknown[] = []
  const onRejected = (reason: unknown) => void rejected.push(reason)
  process.on('unhandledRejection', onRejected)
  let followed = 0
  const elsewhere = createServer((_, answer) => {
    followed++
    answer.end('{}')
  })
  const left = leftovers()
  // Back-off a tenth as long: what is tried is the same.
  const random = Math.random
  vi.spyOn(Math, 'random').mockImplementation(() => random() / 10)
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  ELSEWHERE.url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/elsewhere`

  const ledger = new Ledger()
  const outcomes: Outcome[] = []
  const faults = new Map<string, number>()
  let requests = 0
  let refused = 0
  const started = performance.now()
  for (let round = first; round < ROUNDS; round += 2) {
    const result = await Soak.run(`${round}`, ledger, { lanes: 20, waves: 25, wide: 4 })
    outcomes.push(...result.outcomes)
    requests += result.requests
    refused += result.refused
    for (const [kind, times] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + times)
  }
  await new Promise((resolve) => elsewhere.close(resolve))
  const remains = await left()
  process.off('unhandledRejection', onRejected)
  vi.restoreAllMocks()

  const total = (counts: Iterable<number>) => [...counts].reduce((sum, one) => sum + one, 0)
  figure('calls made', outcomes.length)
  figure('requests sent', requests)
  figure(`seconds, half ${first + 1}`, Math.round((performance.now() - started) / 1000))
  figure('work run', total(outcomes.map(({ ran }) => ran)))
  figure('outcomes refused by the far side, and reported', refused)
  const ends = new Map<string, number>()
  for (const { end } of outcomes) ends.set(end, (ends.get(end) ?? 0) + 1)
  for (const [end, times] of [...ends].sort((a, b) => b[1] - a[1])) figure(`calls that ended with: ${end}`, times)
  figure('faults injected', total(faults.values()))
  for (const [kind, times] of [...faults].sort()) figure(`fault: ${kind}`, times)
  figure('invariants checked', total(ledger.checked.values()))
  for (const [rule, times] of ledger.checked) figure(`checked: ${rule}`, times)

  expect(ledger.broken).toEqual([])
  expect({ seed: SEED, followed, rejected, remains }).toEqual({ seed: SEED, followed: 0, rejected: [], remains: [] })
  expect(outcomes.length % 2000).toBe(0)
  expect(outcomes.length).toBeGreaterThan(0)
  // A harness that breaks nothing proves nothing.
  const kinds = new Set([...faults.keys()].map((name) => name.split(' ')[0]))
  expect([...BEFORE, ...AFTER].filter((kind) => !kinds.has(kind))).toEqual([])
}
