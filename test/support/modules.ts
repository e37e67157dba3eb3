import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { root } from './readme.ts'

/** Bundles the modules of one folder into another in one go, which reads the sources once; gives the addresses to import. */
export async function bundle(sources: string[], folder: string, options: BuildOptions): Promise<string[]> {
  await build({
    entryPoints: sources,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    ...options,
  })
  return sources.map((source) => pathToFileURL(join(folder, basename(source).replace(/ts$/, 'mjs'))).href)
}

/** What the compiler says about files, with a configuration written into a folder; nothing when they are right. */
export function compilerSays(
  folder: string,
  config: { extends: string; compilerOptions: object; files: string[] },
): string {
  const file = join(folder, 'tsconfig.json')
  writeFileSync(file, JSON.stringify({ include: [], exclude: [], ...config }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], { encoding: 'utf8' })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
