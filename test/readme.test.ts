import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Block, blockFolder, blocks, root, writeBlock } from './support/readme.ts'

const folder = blockFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(block: Block): Promise<void> {
  const source = writeBlock(block, folder)
  const out = source.replace(/ts$/, 'mjs')
  await build({
    entryPoints: [source],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['node:*'],
    alias: {
      dashclaw: join(root, 'src/index.ts'),
      'dashclaw/local': join(root, 'src/local/index.ts'),
      'dashclaw/webhooks': join(root, 'src/webhooks.ts'),
    },
    logLevel: 'silent',
  })
  await import(pathToFileURL(out).href)
}

describe.each(['README.md'])('%s', (page) => {
  const all = blocks(page)
  const print = console.log
  beforeAll(() => {
    console.log = () => {}
  })
  afterAll(() => {
    console.log = print
  })
  test('has code blocks', () => {
    expect(all.length).toBeGreaterThan(5)
  })
  test.each(all)('the block at line $line runs as it stands', (block) => run(block), 20_000)
})
