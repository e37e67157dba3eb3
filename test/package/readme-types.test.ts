import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { entries } from '../support/package.ts'
import { blockFolder, blocks, root, writeBlock } from '../support/readme.ts'

const folder = blockFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every block of the pages for users is right TypeScript', () => {
  const files = ['README.md', 'AGENTS.md'].flatMap((page) => blocks(page)).map((block) => writeBlock(block, folder))
  const file = join(folder, 'tsconfig.json')
  const paths = Object.fromEntries(entries.map((entry) => [entry.specifier, [join(root, entry.import.types)]]))
  writeFileSync(
    file,
    JSON.stringify({
      extends: join(root, 'test/tsconfig.json'),
      compilerOptions: { paths, noUnusedLocals: false, typeRoots: [join(root, 'node_modules/@types')] },
      include: [],
      files,
    }),
  )
  let said = ''
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], { encoding: 'utf8' })
  } catch (error) {
    said = (error as { stdout: string }).stdout
  }
  expect(said).toBe('')
}, 60_000)
