/** What the benchmarks share: rounds that take turns, and tables of ratios. */

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

export const round = (value, digits = 2) => +value.toFixed(digits)

/** Calls `fn` so many times, `parallel` of them at once; microseconds a call. */
export async function time(fn, calls, parallel = 1) {
  const start = process.hrtime.bigint()
  if (parallel === 1) for (let i = 0; i < calls; i++) await fn()
  else for (let i = 0; i < calls; i += parallel) await Promise.all(Array.from({ length: parallel }, fn))
  return Number(process.hrtime.bigint() - start) / calls / 1000
}

/**
 * Runs every case in each round, so that what slows the machine down slows all of them. The first case is the floor; a
 * ratio is that of one round.
 *
 * @param cases - Functions by name.
 * @returns By name: the microseconds of each round, and their ratios to the floor's of the same round.
 */
export async function turns(cases, { calls, parallel, rounds = 11, warm = 2 }) {
  const names = Object.keys(cases)
  const taken = Object.fromEntries(names.map((name) => [name, []]))
  for (let at = -warm; at < rounds; at++) {
    // Who goes first has the colder caches.
    for (const [shift] of names.entries()) {
      const name = names[(shift + at + warm) % names.length]
      const us = await time(cases[name], calls, parallel)
      if (at >= 0) taken[name].push(us)
    }
  }
  const floor = taken[names[0]]
  return Object.fromEntries(
    names.map((name) => [name, { us: taken[name], ratios: taken[name].map((us, at) => us / floor[at]) }]),
  )
}

/** A row of a table: median with the smallest and largest round. */
export const spread = (ratios, digits = 2) => ({
  ratio: round(median(ratios), digits),
  min: round(Math.min(...ratios), digits),
  max: round(Math.max(...ratios), digits),
})

/** Keeps results alive, so that nothing is left out for having no use. */
export let sink
export const use = (value) => {
  sink = value
}
