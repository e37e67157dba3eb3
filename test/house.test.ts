/** The map in docs/architecture.md shows the tree as it is, and most source files are short. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/readme.ts'

const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
/** What the rows of the map name: a folder ends with `/`. */
const named = [...page.split('\n## The map\n')[1]!.matchAll(/^\| `([^`]+)` \| [^|]+ \|$/gm)].map(([, path]) => path!)

/** Every file that git tracks, or will track once it is added. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  // The index still has a file that was moved and not staged.
  .filter((file) => existsSync(join(root, file)))
const tree = new Set(files)
for (const file of files) {
  for (let at = file.indexOf('/'); at > 0; at = file.indexOf('/', at + 1)) tree.add(file.slice(0, at + 1))
}

/** What stands directly in a folder. */
const children = (folder: string) =>
  [...tree].filter((path) => path.startsWith(folder) && /^[^/]+\/?$/.test(path.slice(folder.length)))
const unnamed = (paths: string[]) => paths.filter((path) => !named.includes(path))

test('the map names every file and folder at the top', () => {
  expect(unnamed(children(''))).toEqual([])
})

test.each(['src/', 'src/local/'])('the map names every file and folder in %s', (folder) => {
  expect(unnamed(children(folder))).toEqual([])
})

test.each(['test/', 'docs/', 'examples/', 'bench/'])('the map names every folder in %s', (folder) => {
  expect(unnamed(children(folder).filter((path) => path.endsWith('/')))).toEqual([])
})

test('the map names nothing that is not there, and nothing twice', () => {
  expect(named.length).toBeGreaterThan(60)
  expect(named.filter((path) => !tree.has(path))).toEqual([])
  expect(named.filter((path, at) => named.indexOf(path) !== at)).toEqual([])
})

test('half of the source files are shorter than 160 lines', () => {
  const lengths = files
    .filter((file) => file.startsWith('src/') && file.endsWith('.ts'))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .sort((a, b) => a.lines - b.lines)
  const median = lengths[Math.floor(lengths.length / 2)]!.lines
  const longest = lengths.at(-1)!
  console.log(`${lengths.length} source files; median ${median} lines; longest ${longest.lines}, ${longest.file}`)
  expect(median).toBeLessThan(160)
})
