import { defineConfig, mergeConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import base, { clocks } from './vitest.config.ts'

/** Files that count timers come first: in one worker, what others leave behind would run on their clock. */
class ClocksFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const last = ({ moduleId }: TestSpecification) => Number(!clocks.some((file) => moduleId.endsWith(`/${file}`)))
    return [...files].sort((a, b) => last(a) - last(b) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}

const { projects: _projects, ...test } = base.test ?? {}

export default mergeConfig(
  { ...base, test },
  defineConfig({
    test: {
      include: [`test/${process.env['MUTATION_TESTS'] ?? '{core,governance,domains}'}/**/*.test.ts`],
      // A worker for each file takes longer than its tests.
      isolate: false,
      sequence: { sequencer: ClocksFirst },
      // A leftover passes the second time, a change of the source does not.
      retry: 1,
      setupFiles: ['test/mutation/setup.ts'],
      // The sources are slower when they count what is covered, and one test fills the stack on purpose.
      testTimeout: 30_000,
      // A change that keeps something from happening is waited for this long.
      expect: { poll: { timeout: 1000, interval: 10 } },
      testNamePattern: /^(?!.*writes deep values)/,
    },
  }),
)
