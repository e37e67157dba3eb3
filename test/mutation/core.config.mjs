import { shared } from './shared.mjs'

/** The core, by its own tests. */
export default {
  ...shared('core'),
  vitest: { configFile: 'vitest.mutation.config.ts', related: false, dir: 'test/core' },
}
