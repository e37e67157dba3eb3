import { defineConfig } from 'vitest/config'

const src = (file: string) => new URL(`./src/${file}`, import.meta.url).pathname

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
    include: ['test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      'test/live/**',
      'test/package/**',
      'test/runtimes/**',
      'test/frameworks/**',
      'test/faults/**',
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
