/** The examples and the blocks of the README that need a framework: right TypeScript, and run as they stand. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { entries } from '../support/package.ts'
import { blockFolder, blocks, root, writeBlock } from '../support/readme.ts'

const folder = blockFolder('test/frameworks')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What each example says at the end, so that one that does nothing fails. */
const LAST: Record<string, RegExp> = {}

const examples = join(root, 'examples/frameworks')
const files = [
  ...blocks('README.md', 'ts frameworks').map((block) => writeBlock(block, folder)),
  ...(existsSync(examples) ? readdirSync(examples) : []).map((name) => {
    copyFileSync(join(examples, name), join(folder, name))
    return join(folder, name)
  }),
]

beforeAll(async () => {
  await build({
    entryPoints: files,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    alias: Object.fromEntries(entries.map((entry) => [entry.specifier, join(root, entry.import.default)])),
    logLevel: 'silent',
  })
}, 20_000)

test('each is right TypeScript', () => {
  const config = join(folder, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { noUnusedLocals: false },
      include: [],
      exclude: [],
      files,
    }),
  )
  let said = ''
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { encoding: 'utf8' })
  } catch (error) {
    said = (error as { stdout: string }).stdout
  }
  expect(said).toBe('')
}, 120_000)

test.each(files.map((file) => basename(file)))('%s runs as it stands', async (name) => {
  const said: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...parts) => void said.push(parts.join(' ')))
  vi.stubEnv('DASHCLAW_BASE_URL', '')
  try {
    await import(pathToFileURL(join(folder, name.replace(/ts$/, 'mjs'))).href)
  } finally {
    log.mockRestore()
    vi.unstubAllEnvs()
  }
  if (!name.startsWith('README')) expect(said.join('\n')).toMatch(LAST[name]!)
})
