/** The routes of the embedded server, read from its code. */
import { join } from 'node:path'
import { build } from 'esbuild'

/** @typedef {{ method: string, path: string, versions?: readonly string[] }} LocalRoute */

/**
 * @param {string} root - The project.
 * @returns {Promise<LocalRoute[]>}
 */
export async function localRoutes(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/local/routes/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    alias: { dashclaw: join(root, 'src/index.ts') },
    logLevel: 'error',
  })
  const [file] = outputFiles
  const url = `data:text/javascript;base64,${Buffer.from(file?.contents ?? []).toString('base64')}`
  return (await import(url)).routes
}
