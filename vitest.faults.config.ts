import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: 'test/faults/support/setup.ts',
    pool: 'forks',
    execArgv: ['--expose-gc'],
    // The files measure time and memory, so they do not share the machine with each other.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 30_000,
  },
})
