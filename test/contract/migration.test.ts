/** The names of the Python SDK on the page for its users are those of the contract. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contract } from '../support/fixtures.ts'

const at = (path: string) => new URL(path, import.meta.url)
const python = JSON.parse(readFileSync(at('../../scripts/python-methods.json'), 'utf8')) as Record<string, string>

/** The Python signatures of the contract; in brackets it says why there is none. */
const known = Object.fromEntries(
  readdirSync(at('../fixtures/contract/'))
    .filter((file) => !file.startsWith('changes-'))
    .flatMap((file) => contract(file.replace('.json', '')).methods)
    .filter(({ name, python = '(' }) => !name.includes('.') && !python.startsWith('('))
    .map(({ name, python }) => [name, python]),
)

test('every Python signature of the contract stands beside our method', () => {
  expect(Object.keys(known).length).toBeGreaterThan(200)
  expect(python).toEqual(known)
})
