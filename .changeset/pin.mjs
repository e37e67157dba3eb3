/** Sets the version in the address of the single file in the README: `npm run release:version` runs it. */
import { readFileSync, writeFileSync } from 'node:fs'

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'))
const readme = readFileSync('README.md', 'utf8')
writeFileSync('README.md', readme.replaceAll(/(unpkg\.com\/\w+@)[^/]+/g, `$1${version}`))
console.log(`README.md names ${name}@${version}`)
