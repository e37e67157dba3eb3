/** The emitted declarations, as the compilers of their users read them. Needs `npm run build` first. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries, installInto, root } from '../support/package.ts'

const folder = mkdtempSync(join(tmpdir(), 'dashclaw-types-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A project that uses the main entries, and imports all of every other one. */
const program = `import { type ActionRecord, compose, DashClaw, Guard, isDashClawError } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'
import { verifyWebhook } from 'dashclaw/webhooks'
${entries.map(({ specifier }, at) => `import * as entry${at} from '${specifier}'`).join('\n')}
export const all = [${entries.map((_, at) => `entry${at}`).join(', ')}]
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
`

beforeAll(() => {
  installInto(folder)
  for (const extension of ['ts', 'mts', 'cts']) writeFileSync(join(folder, `main.${extension}`), program)
})

/** What a compiler says about a program; nothing when it is right. */
function compile(compiler: string, name: string, options: object, files: string[]): Promise<string> {
  const file = join(folder, `tsconfig.${name.replace(/\W/g, '-')}.json`)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  }
  writeFileSync(file, JSON.stringify({ compilerOptions, files }))
  const args = [join(compiler, 'bin/tsc'), '-p', file]
  return new Promise((resolve) => execFile(process.execPath, args, (error, stdout) => resolve(error ? stdout : '')))
}

const { dependencies } = JSON.parse(readFileSync(join(root, 'test/package/package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}
const compilers = Object.keys(dependencies).filter((name) => name.startsWith('typescript-'))

describe.each(compilers)('%s, without platform types', (compiler) => {
  const path = join(root, 'test/package/node_modules', compiler)
  const major = Number(/-(\d+)/.exec(compiler)![1])
  // TypeScript 6 asks for a word that silences it about node10, and 7 has done away with it.
  const node10 = { module: 'commonjs', moduleResolution: 'node10', ...(major === 6 && { ignoreDeprecations: '6.0' }) }
  test.concurrent.each([
    ...(major < 7 ? [['node10', node10, ['main.ts']] as const] : []),
    ['node16', { module: 'node16', moduleResolution: 'node16' }, ['main.mts', 'main.cts']] as const,
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }, ['main.mts', 'main.cts']] as const,
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, ['main.ts']] as const,
  ])('compiles them under %s', async (resolution, options, files) => {
    expect(await compile(path, `${compiler}-${resolution}`, options, [...files])).toBe('')
  })
})

describe('the newest compiler of the project', () => {
  const typeRoots = [join(root, 'node_modules/@types')]
  const bundler = { module: 'esnext', moduleResolution: 'bundler', typeRoots }
  const node16 = { module: 'node16', moduleResolution: 'node16', typeRoots }
  test.concurrent.each([
    ['the DOM', { ...bundler, lib: ['es2022', 'dom'] }],
    ['Node types', { ...node16, types: ['node'] }],
    ['the newest library and all platforms', { ...bundler, lib: ['esnext', 'dom'], types: ['node'] }],
  ])('compiles them with %s', async (title, options) => {
    expect(await compile(join(root, 'node_modules/typescript'), title, options, ['main.ts'])).toBe('')
  })

  test('finds a mistake, so that its silence means something', async () => {
    const wrong = "import { DashClaw } from 'dashclaw'\nnew DashClaw({ baseUrl: 5 }).getAction()\n"
    writeFileSync(join(folder, 'wrong.ts'), wrong)
    const said = await compile(join(root, 'node_modules/typescript'), 'wrong', bundler, ['wrong.ts'])
    expect(said.match(/error TS\d+/g)).toEqual(['error TS2322', 'error TS2554'])
  })
})
