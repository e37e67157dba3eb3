/** The tables of methods in `README.md`. */
import { table } from '../markers.mjs'

/** @typedef {import('../read-source.mjs').Method} Method */

/**
 * One row per method; an iterator stands beside the list that it reads.
 *
 * @param {readonly Method[]} methods - Of one domain.
 */
export function methodTable(methods) {
  const rows = methods
    .filter(({ list }) => !list)
    .map((method) => [
      [method, ...methods.filter(({ list }) => list === method.name)]
        .flatMap(({ names }) => names.map((call) => `\`${call}\``))
        .join(', '),
      method.summary.replace(/\.$/, ''),
    ])
  return table(['method', 'what it does'], rows)
}
