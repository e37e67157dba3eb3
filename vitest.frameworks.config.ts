import { defineConfig } from 'vitest/config'

const dist = (file: string) => new URL(`./dist/${file}.js`, import.meta.url).pathname

export default defineConfig({
  // The built package, as its users have it.
  resolve: {
    alias: [
      { find: /^dashclaw$/, replacement: dist('index') },
      { find: /^dashclaw\/([\w-]+)$/, replacement: dist('$1') },
    ],
  },
  test: {
    include: ['test/frameworks/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000, interval: 10 } },
    maxWorkers: '100%',
  },
})
