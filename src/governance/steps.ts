import type { Core } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import type { SigningKey } from '../core/keys.ts'
import type { RequestOptions } from '../core/types.ts'
import type { Adaptable } from './recommend.ts'

/** How actions are signed. */
export interface Signer {
  /** Rejects when the key can't sign. */
  ready(key: SigningKey): Promise<unknown>
  /** The body's text with its signature. */
  encode(body: Record<string, unknown>, key: SigningKey): Promise<string>
}

/** Gives the action to go on with. */
export type Recommender = <A extends Adaptable>(core: Core, action: A, options?: RequestOptions) => Promise<A>

/**
 * What `createAction` does only where an option asks for it. The domain that a step belongs to brings it, in a protected method of this
 * name, so a client that is composed without this domain carries none of its code. A symbol as its name would keep the domain in
 * every bundle.
 */
interface Steps {
  signer(): Signer
  recommender(): Recommender
}

/** @throws {InputError} When the client has no such step: an option must not be passed over in silence. */
export function step<K extends keyof Steps>(core: Core, name: K, option: string, domain: string): ReturnType<Steps[K]> {
  const brought = (core as unknown as Partial<Steps>)[name]
  if (brought) return brought() as ReturnType<Steps[K]>
  throw new InputError(`${option} needs the domain ${domain}, and this client has none: compose(…, ${domain}).`, option)
}
