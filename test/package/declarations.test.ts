/** The emitted declarations, as projects with and without platform types read them. Needs `npm run build` first. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dashclaw-types-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(() => {
  const target = join(folder, 'node_modules/dashclaw')
  mkdirSync(target, { recursive: true })
  cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(target, 'package.json'))
  writeFileSync(
    join(folder, 'main.ts'),
    `import { type ActionRecord, compose, DashClaw, Guard, isDashClawError } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
import { verifyWebhook } from 'dashclaw/webhooks'
const server = createLocalServer()
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch })
export const Small = compose(Guard)
export async function main(error: unknown): Promise<ActionRecord> {
  const { action } = await claw.createAction({ action_type: 'deploy', declared_goal: 'g' })
  for await (const event of claw.events()) if (event.type === 'action.updated') break
  await verifyWebhook({ body: '', signature: '', secret: '' })
  if (isDashClawError(error, 'GuardBlockedError')) error.reasons satisfies readonly string[]
  return action
}
`,
  )
})

test.each([
  ['no platform types, node16', ['es2022'], [], 'node16', 'node16'],
  ['no platform types, nodenext', ['es2022'], [], 'nodenext', 'nodenext'],
  ['no platform types, bundler', ['es2022'], [], 'esnext', 'bundler'],
  ['the DOM, bundler', ['es2022', 'dom'], [], 'esnext', 'bundler'],
  ['Node types, node16', ['es2022'], ['node'], 'node16', 'node16'],
  ['the newest library', ['esnext', 'dom'], ['node'], 'esnext', 'bundler'],
])(
  'compile with %s',
  (title, lib, types, module, moduleResolution) => {
    const file = join(folder, `tsconfig.${title.replace(/\W/g, '-')}.json`)
    const compilerOptions = {
      target: 'es2022',
      lib,
      types,
      module,
      moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      typeRoots: [join(root, 'node_modules/@types')],
    }
    writeFileSync(file, JSON.stringify({ compilerOptions, files: ['main.ts'] }))
    let said = ''
    try {
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], { encoding: 'utf8' })
    } catch (error) {
      said = (error as { stdout: string }).stdout
    }
    expect(said).toBe('')
  },
  60_000,
)
