import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the page for users of the other SDKs names every method', () => {
  const page = read('../../docs/coming-from-python-and-node.md')
  const signatures = JSON.parse(read('../fixtures/signatures.json')) as { method: string }[]
  const missing = signatures.filter(({ method }) => !page.includes(`| \`${method}`))
  expect(missing).toEqual([])
})
