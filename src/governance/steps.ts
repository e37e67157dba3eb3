import type { Core } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import type { SigningKey } from '../core/keys.ts'
import type { RequestOptions } from '../core/types.ts'
import type { Adaptable } from './recommend.ts'

/** Signs actions; brought by Identity. */
export const SIGN = /* @__PURE__ */ Symbol('sign')
/** Applies what the server learned; brought by Learning. */
export const RECOMMEND = /* @__PURE__ */ Symbol('recommend')

/** How actions are signed. */
export interface Signer {
  /** Rejects when the key can't sign. */
  ready(key: SigningKey): Promise<unknown>
  /** The body's text with its signature. */
  encode(body: Record<string, unknown>, key: SigningKey): Promise<string>
}

/**
 * What `createAction` does only where an option asks for it. The domain that a step belongs to brings it, in a getter under the step's
 * symbol, so a client that is composed without this domain carries none of its code.
 */
export interface Steps {
  [SIGN]: Signer
  [RECOMMEND]: <A extends Adaptable>(core: Core, action: A, options?: RequestOptions) => Promise<A>
}

/** @throws {InputError} When the client has no such step: an option must not be passed over in silence. */
export function step<K extends keyof Steps>(core: Core, name: K, option: string, domain: string): Steps[K] {
  const found = (core as Partial<Steps>)[name]
  if (found) return found
  throw new InputError(`${option} needs the domain ${domain}, and this client has none: compose(…, ${domain}).`, option)
}
