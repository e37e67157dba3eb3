import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: 'test/faults/support/setup.ts',
    pool: 'forks',
    execArgv: ['--expose-gc'],
    // Vitest leaves one core free: on two that is half of them.
    maxWorkers: '100%',
    testTimeout: 300_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
