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
  // Filled before it becomes a prototype: engines copy the whole shape of one each time that it grows, 9 ms for every domain.
  const methods = Object.create(null) as object
  for (const { prototype } of domains) Object.defineProperties(methods, Object.getOwnPropertyDescriptors(prototype))
  Object.setPrototypeOf(Client.prototype, Object.setPrototypeOf(methods, Core.prototype))
  return Client as unknown as Composed<D>
}
