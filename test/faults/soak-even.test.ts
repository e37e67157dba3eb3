import { expect, test } from 'vitest'
import { chooseFault } from './support/faults.ts'
import { Ledger, SEED } from './support/figures.ts'
import { soakRounds } from './support/rounds.ts'
import { Soak } from './support/soak.ts'

test(
  'a network that breaks everywhere never makes an agent act without leave, act twice, or lose what it did',
  () => soakRounds(0),
  600_000,
)

test('the same seed gives the same faults, and another seed others', () => {
  const keys = Array.from({ length: 500 }, (_, n) => `0.${n % 7}.${n} POST /api/guard`)
  const run = (seed: number) => keys.flatMap((key) => [1, 2, 3, 4].map((attempt) => chooseFault(seed, key, attempt)))
  expect(run(SEED)).toEqual(run(SEED))
  expect(run(SEED)).not.toEqual(run(SEED + 1))
})

test('the same seed gives the same run', async () => {
  const run = async () => {
    const ledger = new Ledger()
    // One call after the other, and no guard: how long it is left alone is a matter of the clock.
    const { outcomes } = await Soak.run('again', ledger, { lanes: 1, waves: 40, wide: 1, guardMode: 'off' })
    expect(ledger.broken).toEqual([])
    // When a caller gives up is one too.
    return outcomes.filter(({ kind }) => kind !== 'track aborted')
  }
  expect(await run()).toEqual(await run())
})
