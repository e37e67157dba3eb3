import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({
    test: {
      include: ['test/{core,governance,domains}/**/*.test.ts', 'test/flows.test.ts'],
      // The sources are slower when they count what is covered, and one test fills the stack on purpose.
      testTimeout: 30_000,
      testNamePattern: /^(?!.*writes deep values)/,
    },
  }),
)
