/** All generated files, made in memory. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { localRoutes } from './local-routes.mjs'
import { fillParts, partsOf } from './markers.mjs'
import { llms } from './pages/llms.mjs'
import { manifest } from './pages/manifest.mjs'
import { pythonTable } from './pages/migration.mjs'
import { methodTable } from './pages/readme.mjs'
import { routesPage } from './pages/routes.mjs'
import { readSource, root } from './read-source.mjs'

const README = 'README.md'
const MIGRATION = 'docs/coming-from-python-and-node.md'

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8')

/**
 * What each generated file should hold, by its path from the project's root.
 *
 * @returns {Promise<Map<string, string>>}
 */
export async function generate() {
  const methods = readSource()
  const readme = read(README)
  // The README decides the order of the domains and what they are called.
  const domains = partsOf(readme).map(({ domain, title }) => ({
    domain,
    title,
    methods: methods.filter((method) => method.domain === domain),
  }))
  const names = [...new Set(methods.map(({ domain }) => domain))]
  /** @param {(methods: readonly import('./read-source.mjs').Method[]) => string} write */
  const parts = (write) => new Map(names.map((name) => [name, write(methods.filter(({ domain }) => domain === name))]))
  /** @type {Record<string, string>} */
  const python = JSON.parse(read('scripts/python-methods.json'))
  for (const name of Object.keys(python)) {
    if (!methods.some((method) => method.name === name)) {
      throw new Error(`scripts/python-methods.json names ${name}, which is no method of the client.`)
    }
  }
  return new Map([
    ['test/fixtures/signatures.json', manifest(methods)],
    [README, fillParts(README, readme, parts(methodTable))],
    [
      MIGRATION,
      fillParts(
        MIGRATION,
        read(MIGRATION),
        parts((some) => pythonTable(some, python)),
      ),
    ],
    ['llms.txt', llms(read('scripts/llms-head.md'), domains)],
    ['docs/routes.md', routesPage(domains, await localRoutes(root))],
  ])
}

/**
 * The generated files whose text differs from what is on the disk.
 *
 * @param {ReadonlyMap<string, string>} files
 */
export function stale(files) {
  return [...files].filter(([path, text]) => text !== onDisk(path)).map(([path]) => path)
}

/** @param {string} path */
function onDisk(path) {
  try {
    return read(path)
  } catch {
    return undefined
  }
}
