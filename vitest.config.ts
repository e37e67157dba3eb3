import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const src = (file: string) => new URL(`./src/${file}`, import.meta.url).pathname

/** Files that count timers: what another file left behind must not run on their clock. */
export const clocks = (readdirSync(new URL('./test', import.meta.url), { recursive: true }) as string[])
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .map((file) => `test/${file}`)
  .filter((file) => readFileSync(new URL(file, import.meta.url), 'utf8').includes('useFakeTimers'))

const others = [
  '**/node_modules/**',
  'test/live/**',
  'test/package/**',
  'test/runtimes/**',
  'test/frameworks/**',
  'test/faults/**',
]

export default defineConfig({
  // The integrations import the SDK as its users do; here that is the source.
  resolve: {
    alias: [
      { find: /^dashclaw$/, replacement: src('index.ts') },
      { find: /^dashclaw\/local$/, replacement: src('local/index.ts') },
      { find: /^dashclaw\/webhooks$/, replacement: src('webhooks.ts') },
      { find: /^dashclaw\/([\w-]+)$/, replacement: src('integrations/$1.ts') },
    ],
  },
  test: {
    projects: [
      // A worker for each file takes as long as its tests, so files share one unless they need a clock of their own.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [...others, ...clocks], isolate: false },
      },
      { extends: true, test: { name: 'clocks', include: clocks, exclude: others } },
    ],
    unstubGlobals: true,
    // Vitest leaves one core free: on two that is half of them.
    maxWorkers: '100%',
    // What a loaded machine may take; no test passes by it.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000, interval: 10 } },
  },
})
