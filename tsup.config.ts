import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { defineConfig } from 'tsup'

/** Each framework has an entry of its own. */
const integrations = [
  'tools',
  'ai-sdk',
  'mcp',
  'langchain',
  'mastra',
  'crewai',
  'autogen',
  'openai-agents',
  'claude-agent',
]

/** The main entry as one minified module, for `<script type="module">` and for copying. */
async function singleFile(): Promise<void> {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string }
  // The licence asks for its text in every copy, and this file travels alone.
  const banner = `/*!\n${name} ${version}\n\n${readFileSync('LICENSE', 'utf8').trim()}\n*/`
  await build({
    entryPoints: ['dist/index.js'],
    outfile: 'dist/dashclaw.esm.js',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'warning',
  })
}

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
  // Comments are a third of what a runtime would read. esbuild's own minifying drops the purity marks with them, and so every
  // unused domain would stay in a user's bundle; names and lines stay for who debugs.
  minify: 'terser',
  terserOptions: {
    compress: false,
    mangle: false,
    // What bundlers are told about an import that is none of theirs stays too.
    format: { beautify: true, indent_level: 1, comments: /webpackIgnore|@vite-ignore/, preserve_annotations: true },
  },
  treeshake: false,
  // The integrations share the SDK that the user has, and leave the main entry one file.
  external: [/^node:/, 'dashclaw'],
  // The embedded server reads policies with it; THIRD-PARTY-LICENSES goes with the package.
  noExternal: ['yaml'],
  // Without its prefix a builtin is not found by Deno, workers and bundlers.
  removeNodeProtocol: false,
  onSuccess: singleFile,
})
