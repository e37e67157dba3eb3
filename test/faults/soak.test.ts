import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { AFTER, BEFORE, chooseFault, ELSEWHERE } from './support/faults.ts'
import { figure, Ledger, SEED } from './support/figures.ts'
import { leftovers } from './support/leftovers.ts'
import { type Outcome, Soak } from './support/soak.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const ROUNDS = Number(process.env['FAULTS_ROUNDS'] ?? 10)

test('a network that breaks everywhere never makes an agent act without leave, act twice, or lose what it did', async () => {
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
  for (let round = 0; round < ROUNDS; round++) {
    const result = await Soak.run(`${round}`, ledger, { lanes: 20, waves: 25, wide: 4 })
    outcomes.push(...result.outcomes)
    requests += result.requests
    refused += result.refused
    for (const [kind, times] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + times)
  }
  await new Promise((resolve) => elsewhere.close(resolve))
  const remains = await left()
  process.off('unhandledRejection', onRejected)

  const total = (counts: Iterable<number>) => [...counts].reduce((sum, one) => sum + one, 0)
  figure('calls made', outcomes.length)
  figure('requests sent', requests)
  figure('seconds', Math.round((performance.now() - started) / 1000))
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
  expect(outcomes).toHaveLength(ROUNDS * 2000)
  // A harness that breaks nothing proves nothing.
  const kinds = new Set([...faults.keys()].map((name) => name.split(' ')[0]))
  expect([...BEFORE, ...AFTER].filter((kind) => !kinds.has(kind))).toEqual([])
}, 170_000)

test('the same seed gives the same faults, and another seed others', () => {
  const keys = Array.from({ length: 500 }, (_, n) => `0.${n % 7}.${n} POST /api/guard`)
  const run = (seed: number) => keys.flatMap((key) => [1, 2, 3, 4].map((attempt) => chooseFault(seed, key, attempt)))
  expect(run(SEED)).toEqual(run(SEED))
  expect(run(SEED)).not.toEqual(run(SEED + 1))
})
