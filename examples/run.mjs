/**
 * Runs an example as it stands: builds the package first where that has not been done, and takes the types out of the
 * file. `node examples/run.mjs examples/guard.ts`
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = process.argv[2]
if (!file) {
  console.error('Name an example: node examples/run.mjs examples/guard.ts')
  process.exit(2)
}
if (!existsSync(join(root, 'dist/index.js'))) {
  console.log('Building dashclaw …')
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (built.status) process.exit(built.status)
}
// Examples of frameworks find them where the tests have them: `npm ci --prefix test/frameworks --ignore-scripts`.
const framework = resolve(file).startsWith(join(root, 'examples/frameworks/'))
const folder = mkdtempSync(join(root, framework ? 'test/frameworks' : '', '.example-'))
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const alias = Object.entries(exports).flatMap(([path, { import: target }]) =>
  target ? [['dashclaw' + path.slice(1), join(root, target.default)]] : [],
)
const out = join(folder, 'example.mjs')
try {
  await build({
    entryPoints: [resolve(file)],
    outfile: out,
    bundle: true,
    packages: 'external',
    ...(framework && { alias: Object.fromEntries(alias) }),
    format: 'esm',
    platform: 'node',
    target: 'node20',
  })
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', out], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
