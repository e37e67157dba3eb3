import { shared } from './shared.mjs'

// Read by vitest.mutation.config.ts, in the processes that Stryker starts.
process.env['MUTATION_TESTS'] = 'core'

/** The core, by its own tests. */
export default shared('core')
