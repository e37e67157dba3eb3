import { shared } from './shared.mjs'

/** Governance, by its own tests, those of the core, and those of the methods that it stands behind. */
export default shared('governance')
