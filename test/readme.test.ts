import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(root, '.example-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Block {
  page: string
  line: number
  code: string
}

function blocks(page: string): Block[] {
  const found: Block[] = []
  const text = readFileSync(join(root, page), 'utf8')
  for (const match of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
    found.push({ page, line: text.slice(0, match.index).split('\n').length, code: match[1]! })
  }
  return found
}

// A block that makes no client of its own gets one of an embedded server, as the README says.
const PRELUDE = `
import { createLocalServer as __local } from 'dashclaw/local'
import { DashClaw as __Client } from 'dashclaw'
const server = __local()
const claw = new __Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'readme-bot', fetch: server.fetch })
`
const EPILOGUE = '\nawait claw.close()\n'

function write({ page, line, code }: Block): string {
  const own = /createLocalServer\(/.test(code)
  const source = join(folder, `${page.replace(/\W/g, '-')}-${line}.ts`)
  writeFileSync(source, own ? code : PRELUDE + code + EPILOGUE)
  return source
}

async function run(block: Block): Promise<void> {
  const source = write(block)
  const out = source.replace(/ts$/, 'mjs')
  await build({
    entryPoints: [source],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['node:*'],
    alias: {
      dashclaw: join(root, 'src/index.ts'),
      'dashclaw/local': join(root, 'src/local/index.ts'),
      'dashclaw/webhooks': join(root, 'src/webhooks.ts'),
    },
    logLevel: 'silent',
  })
  await import(pathToFileURL(out).href)
}

describe.each(['README.md'])('%s', (page) => {
  const all = blocks(page)
  const print = console.log
  beforeAll(() => {
    console.log = () => {}
  })
  afterAll(() => {
    console.log = print
  })
  test('has code blocks', () => {
    expect(all.length).toBeGreaterThan(5)
  })
  test.each(all)('the block at line $line runs as it stands', (block) => run(block), 20_000)
  test('every block is right TypeScript', () => {
    const files = all.map(write)
    const file = join(folder, 'tsconfig.json')
    const paths = {
      dashclaw: [join(root, 'src/index.ts')],
      'dashclaw/local': [join(root, 'src/local/index.ts')],
      'dashclaw/webhooks': [join(root, 'src/webhooks.ts')],
    }
    writeFileSync(
      file,
      JSON.stringify({
        extends: join(root, 'test/tsconfig.json'),
        compilerOptions: { paths, noUnusedLocals: false, typeRoots: [join(root, 'node_modules/@types')] },
        include: [],
        files,
      }),
    )
    let said = ''
    try {
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], { encoding: 'utf8' })
    } catch (error) {
      said = (error as { stdout: string }).stdout
    }
    expect(said).toBe('')
  }, 60_000)
})
