/** The tables of `docs/coming-from-python-and-node.md`: a name of the Python SDK beside the method of this one. */
import { table } from '../markers.mjs'

/** @typedef {import('../read-source.mjs').Method} Method */

/**
 * @param {readonly Method[]} methods - Of one domain.
 * @param {Readonly<Record<string, string>>} python - Signatures of the Python SDK by the name of our method.
 */
export function pythonTable(methods, python) {
  const rows = methods
    .filter(({ list }) => !list)
    .map(({ name, short }) => [
      python[name] ? `\`${python[name]}\`` : '–',
      [...short, ...methods.filter(({ list }) => list === name).map((iterator) => iterator.name)]
        .map((call) => `\`${call}\``)
        .join(', '),
    ])
  return table(['Python', 'here'], rows)
}
