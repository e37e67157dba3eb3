import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from './support/modules.ts'
import { blockFolder, blocks, root, writeBlock } from './support/readme.ts'

const folder = blockFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options = {
  external: ['node:*'],
  alias: {
    dashclaw: join(root, 'src/index.ts'),
    'dashclaw/local': join(root, 'src/local/index.ts'),
    'dashclaw/webhooks': join(root, 'src/webhooks.ts'),
    'dashclaw/tools': join(root, 'src/integrations/tools.ts'),
    'dashclaw/crewai': join(root, 'src/integrations/crewai.ts'),
    'dashclaw/autogen': join(root, 'src/integrations/autogen.ts'),
  },
}

describe.each(['README.md', 'AGENTS.md'])('%s', (page) => {
  const all = blocks(page).map((block, at) => ({ ...block, at }))
  const print = console.log
  let modules: string[] = []
  beforeAll(async () => {
    console.log = () => {}
    const sources = all.map((block) => writeBlock(block, folder))
    modules = await bundle(sources, folder, options)
  }, 20_000)
  afterAll(() => {
    console.log = print
  })
  test('has code blocks', () => {
    expect(all.length).toBeGreaterThan(5)
  })
  test.each(all)('the block at line $line runs as it stands', async ({ at }) => void (await import(modules[at]!)))
})
