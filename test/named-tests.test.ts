/** What the pages promise names the test that shows it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/package.ts'

test.each([
  ['README.md', '## Under failure', 12],
  ['SECURITY.md', '## What the SDK protects', 8],
])('every row of the table in %s names a test that exists', (page, heading, least) => {
  const [, section] = readFileSync(join(root, page), 'utf8').split(`${heading}\n`)
  const rows = section!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => /^\| (?!when|what)/.test(line))
  expect(rows.length).toBeGreaterThan(least)
  const missing = rows.filter((row) => {
    const [, file, title] = /`(test\/[\w/-]+\.test\.ts)`: (.+) \|$/.exec(row) ?? []
    return !file || !existsSync(join(root, file)) || !readFileSync(join(root, file), 'utf8').includes(`'${title}'`)
  })
  expect(missing).toEqual([])
})
