/** The package as its users get it: packed, installed, bundled. Needs `npm run build` first, as `npm test` does. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../bench/size.mjs'
import { entries, manifest, root } from '../support/package.ts'

const folder = mkdtempSync(join(tmpdir(), 'dashclaw-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sh = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

describe('the packed tarball', () => {
  let tarball: string
  beforeAll(() => {
    const [{ filename }] = JSON.parse(
      sh('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
    ) as [{ filename: string }]
    tarball = join(folder, filename)
  }, 60_000)

  test.each([
    [
      'module',
      'mjs',
      "import { DashClaw, isDashClawError } from 'dashclaw'; import { createLocalServer } from 'dashclaw/local'; import { verifyWebhook } from 'dashclaw/webhooks';",
    ],
    [
      'commonjs',
      'cjs',
      "const { DashClaw, isDashClawError } = require('dashclaw'); const { createLocalServer } = require('dashclaw/local'); const { verifyWebhook } = require('dashclaw/webhooks');",
    ],
  ])(
    'installs into a %s project and works, every entry of it',
    (type, extension, imports) => {
      const load = extension === 'mjs' ? 'import(entry)' : 'require(entry)'
      const project = join(folder, type)
      mkdirSync(project)
      writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'p', version: '1.0.0', type, private: true }))
      sh('npm', ['install', '--no-audit', '--no-fund', '--offline', tarball], project)
      writeFileSync(
        join(project, `main.${extension}`),
        `${imports}
        (async () => {
          const server = createLocalServer({ policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }] })
          const http = await server.listen()
          const claw = new DashClaw({ baseUrl: http.url, apiKey: 'local', agentId: 'a' })
          const value = await claw.track({ action_type: 'build', declared_goal: 'g' }, () => 42)
          const error = await claw.track({ action_type: 'cleanup', declared_goal: 'g' }, () => 1).catch((e) => e)
          await claw.close(); await server.close()
          const all = await Promise.all(${JSON.stringify(entries.map(({ specifier }) => specifier))}.map((entry) => ${load}))
          const own = all.every((entry) => Object.keys(entry).length > 0)
          console.log(JSON.stringify([value, error.name, isDashClawError(error, 'GuardBlockedError'), typeof verifyWebhook, own]))
        })()`,
      )
      expect(JSON.parse(sh(process.execPath, [`main.${extension}`], project))).toEqual([
        42,
        'GuardBlockedError',
        true,
        'function',
        true,
      ])
      expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['dashclaw'])
    },
    60_000,
  )

  test('holds what it should, and nothing else', () => {
    const files = sh('tar', ['-tzf', tarball], folder).trim().split('\n')
    for (const file of files)
      expect(file).toMatch(
        /^package\/(dist\/.+\.(js|cjs|d\.ts|d\.cts)|package\.json|(README|CHANGELOG|AGENTS|SECURITY)\.md|llms\.txt|LICENSE|THIRD-PARTY-LICENSES|docs\/[\w-]+\.md)$/,
      )
    for (const page of ['AGENTS.md', 'llms.txt', 'docs/coming-from-python-and-node.md', 'dist/dashclaw.esm.js'])
      expect(files).toContain(`package/${page}`)
    expect([manifest.dependencies, manifest.sideEffects]).toEqual([undefined, false])
  })

  test('has the licence of the YAML reader beside it, which only the embedded server holds, whole', () => {
    const read = (file: string) => readFileSync(join(root, file), 'utf8')
    expect(read('THIRD-PARTY-LICENSES')).toContain(read('node_modules/yaml/LICENSE').trim())
    const files = readdirSync(join(root, 'dist'))
    const holding = files.filter((file) => read(`dist/${file}`).includes('YAMLParseError'))
    expect(holding.sort()).toEqual(['local.cjs', 'local.js'])
    for (const file of holding) expect(read(`dist/${file}`)).not.toMatch(/(?:from |import\(|require\()"(?!\.\/)/)
  })
})

describe('a bundle', () => {
  test('of two domains leaves the others out', async () => {
    const code = await bundle(
      "import { compose, Guard, Presence } from 'dashclaw'; globalThis.Claw = compose(Guard, Presence)",
    )
    expect(code.includes('/api/guard') && code.includes('/api/agents')).toBe(true)
    for (const path of ['/api/actions/loops', '/api/actions/signals', '/approve', '/api/stream'])
      expect(code.includes(path)).toBe(false)
  })
  test('never holds the embedded server', async () => {
    const code = await bundle("import * as all from 'dashclaw'; globalThis.all = all")
    expect(code.includes('Action with this action_id already exists')).toBe(false)
    expect(code.includes('realtimeStatus')).toBe(false)
  })
})
