/** The examples and the blocks of the README that need a framework: right TypeScript, and run as they stand. */
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bundle, compilerSays } from '../support/modules.ts'
import { entries } from '../support/package.ts'
import { blockFolder, blocks, root, writeBlock } from '../support/readme.ts'

const folder = blockFolder('test/frameworks')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What each example says at the end, so that one that does nothing fails. */
const LAST: Record<string, RegExp> = {
  'ai-sdk.ts':
    /^held: .*\nrefund: refunded 90000 for A-17\ndelete_order: The call .* did not run: .*\nRefunded\. I may not/m,
  'ai-sdk-approval.ts': /^held: pay\npaying 500\nPaid\.$/m,
  'mcp.ts': /^ran: read notes\.txt: done\nstopped: The call of the tool "delete_file" did not run/m,
  'langchain.ts': /refunded 5000 for A-18\nBoth orders are paid back\.$/,
  'mastra.ts': /^Refunded 20 for A-17\n.*"refund" did not run.*\nOne refund is made/,
  'crewai.ts': /completed: search\(.*\)\nblocked: send_mail\(.*\)\nThe report is ready, and was not sent\.$/,
  'autogen.ts': /"remove" did not run: it is not allowed .*$/,
  'claude-agent.ts': /mcp__desk__send\(\{ to: 'ann@example\.com' \}\): completed$/,
  'openai-agents.ts': /Run agent Billing: completed$/,
}

const examples = join(root, 'examples/frameworks')
const files = [
  ...blocks('README.md', 'ts frameworks').map((block) => writeBlock(block, folder)),
  ...readdirSync(examples).map((name) => {
    copyFileSync(join(examples, name), join(folder, name))
    return join(folder, name)
  }),
]

let modules: string[] = []
beforeAll(async () => {
  const alias = Object.fromEntries(entries.map((entry) => [entry.specifier, join(root, entry.import.default)]))
  modules = await bundle(files, folder, { packages: 'external', alias })
}, 20_000)

test('each is right TypeScript', () => {
  const compilerOptions = { noUnusedLocals: false }
  expect(compilerSays(folder, { extends: '../tsconfig.json', compilerOptions, files })).toBe('')
}, 120_000)

test.each(files.map((file, at) => [basename(file), at] as const))('%s runs as it stands', async (name, at) => {
  const said: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...parts) => void said.push(parts.join(' ')))
  vi.stubEnv('DASHCLAW_BASE_URL', '')
  try {
    await import(modules[at]!)
  } finally {
    log.mockRestore()
    vi.unstubAllEnvs()
  }
  if (!name.startsWith('README')) expect(said.join('\n')).toMatch(LAST[name]!)
})
