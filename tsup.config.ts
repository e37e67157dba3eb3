import { defineConfig } from 'tsup'

/** Each framework has an entry of its own. */
const integrations = ['tools']

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    local: 'src/local/index.ts',
    webhooks: 'src/webhooks.ts',
    ...Object.fromEntries(integrations.map((name) => [name, `src/integrations/${name}.ts`])),
  },
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  tsconfig: 'tsconfig.build.json',
  dts: true,
  clean: true,
  // One copy of the core for all CommonJS entries: without it `instanceof` fails between them.
  splitting: true,
  // Minifying drops the purity marks that let a bundler leave unused domains out.
  minify: false,
  treeshake: false,
  // The integrations share the SDK that the user has, and leave the main entry one file.
  external: [/^node:/, 'dashclaw'],
  // Without its prefix a builtin is not found by Deno, workers and bundlers.
  removeNodeProtocol: false,
})
