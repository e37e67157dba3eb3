import { shared } from './shared.mjs'

/** Governance, by its own tests and those of the methods that it stands behind. */
export default { ...shared('governance'), vitest: { configFile: 'vitest.mutation.config.ts', related: false } }
