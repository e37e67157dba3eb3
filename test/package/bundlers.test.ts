/** What bundlers make of the package, for a page and for a worker. Needs `npm run build` and the packages of this folder. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries, installInto } from '../support/package.ts'
import { bundlers } from './bundlers.mjs'

const folder = mkdtempSync(join(tmpdir(), 'dashclaw-bundlers-'))
const entry = join(folder, 'main.js')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// A program that can run in any runtime: the client, the embedded server, and all of every entry.
beforeAll(() => {
  installInto(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(
    entry,
    `import { DashClaw, isDashClawError } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
${entries.map(({ specifier }, at) => `import * as entry${at} from '${specifier}'`).join('\n')}
const server = createLocalServer({ policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }] })
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch })
claw.track({ action_type: 'build', declared_goal: 'g' }, () => 42).then(async (value) => {
  const error = await claw.track({ action_type: 'cleanup', declared_goal: 'g' }, () => 1).catch((e) => e)
  const sizes = [${entries.map((_, at) => `Object.keys(entry${at}).length > 0`).join(', ')}]
  console.log(JSON.stringify([value, isDashClawError(error, 'GuardBlockedError'), ...sizes]))
})
`,
  )
})

type Bundle = (platform: string, entry: string, out: string) => Promise<{ file: string; said: string[] }>

describe.each(Object.entries(bundlers as Record<string, Bundle>))('%s', (name, bundle) => {
  test.each(['browser', 'worker'])(
    'bundles every entry for a %s without a warning, and the bundle works',
    async (platform) => {
      const out = join(folder, `${name}-${platform}`)
      mkdirSync(out)
      const { file, said } = await bundle(platform, entry, out)
      expect(said).toEqual([])
      // The one global of pages and workers that Node lacks, and that bundlers rely on.
      const self = ['--import', 'data:text/javascript,globalThis.self=globalThis']
      const printed = execFileSync(process.execPath, [...self, file], { cwd: tmpdir(), encoding: 'utf8' })
      expect(JSON.parse(printed)).toEqual([42, true, ...entries.map(() => true)])
    },
  )
})
