import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'test/package/**', 'test/runtimes/**', 'test/frameworks/**', 'test/faults/**'],
    unstubGlobals: true,
    // Vitest leaves one core free: on two that is half of them.
    maxWorkers: '100%',
  },
})
