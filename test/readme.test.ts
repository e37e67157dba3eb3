import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Block, blockFolder, blocks, root, writeBlock } from './support/readme.ts'

const folder = blockFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles every block in one go, which reads the sources once. */
async function bundle(all: readonly Block[]): Promise<string[]> {
  const sources = all.map((block) => writeBlock(block, folder))
  await build({
    entryPoints: sources,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['node:*'],
    alias: {
      dashclaw: join(root, 'src/index.ts'),
      'dashclaw/local': join(root, 'src/local/index.ts'),
      'dashclaw/webhooks': join(root, 'src/webhooks.ts'),
      'dashclaw/tools': join(root, 'src/integrations/tools.ts'),
      'dashclaw/crewai': join(root, 'src/integrations/crewai.ts'),
      'dashclaw/autogen': join(root, 'src/integrations/autogen.ts'),
    },
    logLevel: 'silent',
  })
  return sources.map((source) => pathToFileURL(source.replace(/ts$/, 'mjs')).href)
}

describe.each(['README.md', 'AGENTS.md'])('%s', (page) => {
  const all = blocks(page).map((block, at) => ({ ...block, at }))
  const print = console.log
  let modules: string[] = []
  beforeAll(async () => {
    console.log = () => {}
    modules = await bundle(all)
  }, 20_000)
  afterAll(() => {
    console.log = print
  })
  test('has code blocks', () => {
    expect(all.length).toBeGreaterThan(5)
  })
  test.each(all)('the block at line $line runs as it stands', async ({ at }) => void (await import(modules[at]!)))
})
