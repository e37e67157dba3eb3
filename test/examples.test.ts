import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bundle } from './support/modules.ts'
import { root } from './support/readme.ts'

const folder = mkdtempSync(join(root, '.example-'))
const names = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'))
let modules: string[] = []

// All at once: each bundle on its own would read the whole source again.
beforeAll(async () => {
  modules = await bundle(
    names.map((name) => join(root, 'examples', name)),
    folder,
    { alias: { dashclaw: join(root, 'src/index.ts'), 'dashclaw/local': join(root, 'src/local/index.ts') } },
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What each example says at the end, so that one that does nothing fails. */
const LAST: Record<string, RegExp> = {
  'approval.ts': /^now running$/m,
  'demo.ts': /^approved .*\n^done .*https:\/\/shop\.example\.com[\s\S]*deploy +completed/m,
  'govern-tool.ts': /^Refunded 20 for A-17\nnot done: Spending limit/m,
  'guard.ts': /^risk 20: allow\nrisk 90: block/m,
  'loops.ts': /^wrong: Nobody writes to the old table/m,
  'signed.ts': /^signed and verified$/m,
}

test.each(names)('examples/%s runs as it stands', async (name) => {
  vi.stubEnv('DASHCLAW_BASE_URL', '')
  vi.stubEnv('DASHCLAW_API_KEY', '')
  const said: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...parts) => void said.push(parts.join(' ')))
  try {
    await import(modules[names.indexOf(name)]!)
  } finally {
    log.mockRestore()
    vi.unstubAllEnvs()
  }
  expect(said.join('\n')).toMatch(LAST[name]!)
})
