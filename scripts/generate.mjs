/**
 * `npm run generate` writes the files that follow from the source; `npm run check:generated` only says which are stale.
 * `scripts/pages.mjs` says what is made of what.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate, stale } from './pages.mjs'
import { root } from './read-source.mjs'

const files = await generate()
const changed = stale(files)
if (process.argv.includes('--check')) {
  for (const path of changed) console.error(`stale: ${path}`)
  if (changed.length) {
    console.error('These files do not match the source. Run: npm run generate')
    process.exitCode = 1
  } else console.log(`${files.size} generated files match the source.`)
} else {
  for (const path of changed) writeFileSync(join(root, path), files.get(path) ?? '')
  console.log(changed.length ? changed.map((path) => `wrote ${path}`).join('\n') : 'Nothing to write.')
}
