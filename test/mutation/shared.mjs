/** Changes the sources in small ways, one at a time, and looks whether a test notices: `npm run test:mutation`. */
export const shared = (part, ...more) => ({
  packageManager: 'npm',
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  mutate: [`src/${part}/**/*.ts`, ...more],
  coverageAnalysis: 'perTest',
  // Texts are for people: the tests look at what they must say, not at each word.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: `reports/mutation/${part}.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 2,
  timeoutMS: 6_000,
  thresholds: { high: 90, low: 85, break: 85 },
})
