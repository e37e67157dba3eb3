import { readdirSync } from 'node:fs'
import { DashClaw } from '../../src/client.ts'
import { compose, type DomainClass } from '../../src/core/compose.ts'
import type { Core } from '../../src/core/core.ts'
import type { DashClawOptions } from '../../src/core/options.ts'
import { warnings } from './local.ts'

const folder = new URL('../../src/domains/', import.meta.url)

/** The class of every domain file. */
export function domainClasses(): Promise<DomainClass[]> {
  loaded ??= load()
  return loaded
}

let loaded: Promise<DomainClass[]> | undefined
let Client: ReturnType<typeof compose> | undefined

async function load(): Promise<DomainClass[]> {
  const classes: DomainClass[] = []
  for (const file of readdirSync(folder).sort()) {
    const module = (await import(new URL(file, folder).href)) as Record<string, unknown>
    for (const value of Object.values(module))
      if (typeof value === 'function' && isDomain(value)) classes.push(value as never)
  }
  return classes
}

const isDomain = (value: { prototype?: object }) =>
  value.prototype !== undefined && Object.getPrototypeOf(value).name === 'Core'

/** A client of all domains whose methods are called by name. */
export type AnyClient = Core & Record<string, (...args: unknown[]) => Promise<unknown>>

export async function anyClient(options: DashClawOptions): Promise<AnyClient> {
  Client ??= compose(...(await domainClasses()))
  return new Client({
    baseUrl: 'http://dashclaw.test',
    apiKey: 'oc_live_test',
    agentId: 'agent-x',
    logger: false,
    ...options,
  }) as never
}

/** A key as servers give them out. */
export const KEY = 'oc_live_0123456789abcdef0123456789abcdef'
/** Options that a client takes. */
export const GOOD = { baseUrl: 'https://claw.test', apiKey: KEY, agentId: 'bot' }

/** A client over a `fetch` of the test, which tries once; and what it logged. */
export function clientOver(fetch: unknown, options: Partial<DashClawOptions> = {}) {
  const logger = warnings()
  const claw = new DashClaw({ ...GOOD, maxRetries: 0, logger, fetch: fetch as never, ...options })
  return { claw, logger }
}

/** An answer of the guard, unless told otherwise. */
export const ok = (body: unknown = { decision: 'allow' }) => Response.json(body)
