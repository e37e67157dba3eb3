import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compilerSays } from '../support/modules.ts'
import { entries } from '../support/package.ts'
import { blockFolder, blocks, root, writeBlock } from '../support/readme.ts'

const folder = blockFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every block of the pages for users is right TypeScript', () => {
  const files = ['README.md', 'AGENTS.md'].flatMap((page) => blocks(page)).map((block) => writeBlock(block, folder))
  const paths = Object.fromEntries(entries.map((entry) => [entry.specifier, [join(root, entry.import.types)]]))
  const typeRoots = [join(root, 'node_modules/@types')]
  const compilerOptions = { paths, noUnusedLocals: false, typeRoots }
  expect(compilerSays(folder, { extends: join(root, 'test/tsconfig.json'), compilerOptions, files })).toBe('')
}, 60_000)
