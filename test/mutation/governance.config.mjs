import { shared } from './shared.mjs'

/** Governance and the helpers of domains, by the tests of the core, of governance and of the domains. */
export default shared('governance', 'src/domains/*-*.ts')
