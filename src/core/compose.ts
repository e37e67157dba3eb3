import { Core } from './core.ts'
import type { DashClawOptions } from './options.ts'

/** A class of methods over {@link Core}: no fields, no constructor, no statics. */
export type DomainClass = abstract new (...args: never[]) => Core

type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (all: infer All) => void
  ? All
  : never

/** The client that {@link compose} makes of some domains. */
export type Composed<D extends readonly DomainClass[]> = new (
  options?: DashClawOptions,
) => Core & Intersection<InstanceType<D[number]>>

/**
 * Makes a client class of the domains that an edge worker or a page needs; a bundler leaves the others out.
 *
 * @example
 * const EdgeClaw = compose(Actions, Guard)
 * const claw = new EdgeClaw({ baseUrl, apiKey, agentId })
 */
export function compose<const D extends readonly DomainClass[]>(...domains: D): Composed<D> {
  class Client extends Core {}
  for (const domain of domains) {
    const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(domain.prototype)
    Object.defineProperties(Client.prototype, methods)
  }
  return Client as unknown as Composed<D>
}
