import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A code block of a page. */
export interface Block {
  page: string
  line: number
  code: string
}

/** A folder for blocks inside the project, so that imports of development packages resolve. */
export const blockFolder = (parent = ''): string => mkdtempSync(join(root, parent, '.example-'))

/** Every block of a page in a language. */
export function blocks(page: string, language = 'ts'): Block[] {
  const found: Block[] = []
  const text = readFileSync(join(root, page), 'utf8')
  for (const match of text.matchAll(/^```(.+)\n([\s\S]*?)^```/gm)) {
    if (match[1] !== language) continue
    found.push({ page, line: text.slice(0, match.index).split('\n').length, code: match[2]! })
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

/** Writes a block as a module of its own. */
export function writeBlock({ page, line, code }: Block, folder: string): string {
  const own = /createLocalServer\(/.test(code)
  const source = join(folder, `${page.replace(/\W/g, '-')}-${line}.ts`)
  writeFileSync(source, own ? code : PRELUDE + code + EPILOGUE)
  return source
}
