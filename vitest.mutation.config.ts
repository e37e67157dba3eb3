import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

const { projects: _projects, ...test } = base.test ?? {}

export default mergeConfig(
  { ...base, test },
  defineConfig({
    test: {
      include: [`test/${process.env['MUTATION_TESTS'] ?? '{core,governance,domains}'}/**/*.test.ts`],
      // A worker for each file takes longer than its tests.
      isolate: false,
      setupFiles: ['test/mutation/setup.ts'],
      // The sources are slower when they count what is covered, and one test fills the stack on purpose.
      testTimeout: 30_000,
      // A change that keeps something from happening is waited for this long.
      expect: { poll: { timeout: 1000, interval: 10 } },
      testNamePattern: /^(?!.*writes deep values)/,
    },
  }),
)
