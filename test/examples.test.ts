import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test, vi } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(root, '.example-'))
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

test.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')))(
  'examples/%s runs as it stands',
  async (name) => {
    const outfile = join(folder, name.replace(/ts$/, 'mjs'))
    await build({
      entryPoints: [join(root, 'examples', name)],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      alias: { dashclaw: join(root, 'src/index.ts'), 'dashclaw/local': join(root, 'src/local/index.ts') },
      logLevel: 'silent',
    })
    vi.stubEnv('DASHCLAW_BASE_URL', '')
    vi.stubEnv('DASHCLAW_API_KEY', '')
    const said: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...parts) => void said.push(parts.join(' ')))
    try {
      await import(pathToFileURL(outfile).href)
    } finally {
      log.mockRestore()
      vi.unstubAllEnvs()
    }
    expect(said.join('\n')).toMatch(LAST[name]!)
  },
  30_000,
)
