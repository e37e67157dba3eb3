/**
 * Finds the order of the domains in `src/client.ts` in which bundles are smallest, and writes it there. A compressor looks back 32 kB, so
 * it counts which domains stand close together. `node bench/order.mjs [seconds]`
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = join(root, 'src/client.ts')
const uses = [
  "import { DashClaw } from './src/index.ts'; globalThis.Claw = DashClaw",
  "import { compose, Guard, Actions, Approvals } from './src/index.ts'; globalThis.Claw = compose(Guard, Actions, Approvals)",
]

const lines = readFileSync(file, 'utf8').split('\n')
const isDomain = (line) => /^import \{ \w+ \} from '\.\/domains\//.test(line)
const first = lines.findIndex(isDomain)
const others = lines.filter((line) => !isDomain(line))
const source = (domains) => [...others.slice(0, first), ...domains, ...others.slice(first)].join('\n')

async function weigh(domains) {
  const contents = source(domains)
  const client = {
    name: 'client',
    setup: ({ onLoad }) => onLoad({ filter: /src\/client\.ts$/ }, () => ({ contents, loader: 'ts' })),
  }
  let bytes = 0
  for (const use of uses) {
    const { outputFiles } = await build({
      stdin: { contents: use, resolveDir: root, loader: 'js' },
      plugins: [client],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
    })
    bytes += gzipSync(outputFiles[0].text, { level: 9 }).length
  }
  return bytes
}

/** The same domains with one of them, picked by chance, in another place. */
function moved(domains) {
  const all = [...domains]
  const [one] = all.splice(Math.floor(Math.random() * all.length), 1)
  all.splice(Math.floor(Math.random() * (all.length + 1)), 0, one)
  return all
}

let best = lines.filter(isDomain)
let least = await weigh(best)
console.log(`${least} bytes now`)
for (const end = Date.now() + Number(process.argv[2] ?? 120) * 1000; Date.now() < end; ) {
  const other = moved(best)
  const bytes = await weigh(other)
  if (bytes < least) [best, least] = [other, bytes]
}
writeFileSync(file, source(best))
console.log(`${least} bytes in this order: ${best.map((line) => /domains\/(\w+)/.exec(line)[1]).join(' ')}`)
