/**
 * Bundles a program with each bundler, for a page and for a worker: `(platform, entry, out)` gives the file, and what the
 * bundler had to say. Plain JavaScript, since the type check of the project does without the packages of this folder.
 */
import { dirname, join } from 'node:path'
import * as esbuild from 'esbuild'

const conditions = { browser: ['browser'], worker: ['worker', 'workerd'] }

async function withEsbuild(platform, entry, out) {
  const file = join(out, 'main.mjs')
  const { warnings, errors } = await esbuild.build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: conditions[platform],
    logLevel: 'silent',
  })
  return { file, said: [...warnings, ...errors].map(({ text }) => text) }
}

async function withRollup(platform, entry, out) {
  const { rollup } = await import('rollup')
  const { nodeResolve } = await import('@rollup/plugin-node-resolve')
  const said = []
  const plugins = [nodeResolve({ browser: platform === 'browser', exportConditions: conditions[platform] })]
  const bundle = await rollup({ input: entry, plugins, onwarn: ({ message }) => void said.push(message) })
  await bundle.write({ dir: out, format: 'es', entryFileNames: 'main.mjs', chunkFileNames: '[name].mjs' })
  await bundle.close()
  return { file: join(out, 'main.mjs'), said }
}

async function withWebpack(platform, entry, out) {
  const { default: webpack } = await import('webpack')
  const compiler = webpack({
    mode: 'production',
    context: dirname(entry),
    entry,
    target: platform === 'browser' ? 'web' : 'webworker',
    resolve: { conditionNames: [...conditions[platform], 'import', 'default'] },
    // The embedded server is larger than what webpack wants on a page; that is no fault of the package.
    performance: { hints: false },
    output: { path: out, filename: 'main.cjs', chunkFilename: '[id].cjs', publicPath: '' },
  })
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  )
  const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true })
  return { file: join(out, 'main.cjs'), said: [...warnings, ...errors].map(({ message }) => message) }
}

async function withVite(platform, entry, out) {
  const { build } = await import('vite')
  const said = []
  const warn = (message) => void said.push(message)
  const quiet = () => {}
  await build({
    root: dirname(entry),
    configFile: false,
    customLogger: {
      info: quiet,
      warn,
      warnOnce: warn,
      error: warn,
      clearScreen: quiet,
      hasErrorLogged: () => false,
      hasWarned: false,
    },
    resolve: { conditions: [...conditions[platform], 'module', 'import', 'default'] },
    ...(platform === 'worker' && { ssr: { target: 'webworker', noExternal: true } }),
    build: {
      outDir: out,
      ...(platform === 'worker' ? { ssr: entry } : { lib: { entry, formats: ['es'], fileName: 'main' } }),
      // As with webpack: only the embedded server is so large.
      chunkSizeWarningLimit: 2000,
      rollupOptions: { output: { entryFileNames: 'main.mjs', chunkFileNames: '[name].mjs' } },
    },
  })
  return { file: join(out, 'main.mjs'), said }
}

export const bundlers = { esbuild: withEsbuild, rollup: withRollup, webpack: withWebpack, vite: withVite }
