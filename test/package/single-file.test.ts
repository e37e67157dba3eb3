/** `dist/dashclaw.esm.js`: the main entry as one module for pages without a bundler. Needs `npm run build` first. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { manifest, root } from '../support/package.ts'

const file = join(root, 'dist/dashclaw.esm.js')
const folder = mkdtempSync(join(tmpdir(), 'dashclaw-single-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the content networks serve the single file, with the licence in it', () => {
  expect([manifest.unpkg, manifest.jsdelivr]).toEqual(['./dist/dashclaw.esm.js', './dist/dashclaw.esm.js'])
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  const banner = `/*!\n${manifest.name} ${manifest.version}\n\n${licence}\n*/`
  expect(readFileSync(file, 'utf8').slice(0, banner.length)).toBe(banner)
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(
    `https://unpkg.com/${manifest.name}@${manifest.version}/dist/dashclaw.esm.js`,
  )
})

test('the single file imports nothing, and offers what the main entry offers', async () => {
  const { metafile } = await build({ entryPoints: [file], bundle: true, write: false, metafile: true, format: 'esm' })
  expect(Object.values(metafile.inputs).flatMap(({ imports }) => imports)).toEqual([])
  const single = (await import(pathToFileURL(file).href)) as object
  const main = (await import(pathToFileURL(join(root, 'dist/index.js')).href)) as object
  expect(Object.keys(single)).toEqual(Object.keys(main))
})

test('a copy of the single file works alone, and its errors are known to the package and the other way round', () => {
  copyFileSync(file, join(folder, 'dashclaw.mjs'))
  const script = `
    import { DashClaw, GuardBlockedError, isDashClawError } from './dashclaw.mjs'
    import * as installed from ${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)}
    import { createLocalServer } from ${JSON.stringify(pathToFileURL(join(root, 'dist/local.js')).href)}
    const server = createLocalServer({ policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }] })
    const client = (Client) => new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch })
    const cleanup = { action_type: 'cleanup', declared_goal: 'g' }
    const value = await client(DashClaw).track({ action_type: 'build', declared_goal: 'g' }, () => 42)
    const error = await client(DashClaw).createAction(cleanup).catch((e) => e)
    const other = await client(installed.DashClaw).createAction(cleanup).catch((e) => e)
    console.log(JSON.stringify([value, error.name, error instanceof GuardBlockedError,
      installed.isDashClawError(error, 'GuardBlockedError'), isDashClawError(other, 'GuardBlockedError')]))`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(JSON.parse(said)).toEqual([42, 'GuardBlockedError', true, true, true])
})
