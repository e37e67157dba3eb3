import { Core, callRoute } from '../core/core.ts'
import { importSigningKey } from '../core/keys.ts'
import { sign, signedBody } from '../core/signing.ts'
import type { Download } from '../core/transport.ts'
import type { RequestOptions } from '../core/types.ts'
import type { Signer } from '../governance/steps.ts'
import type { AgentIdentity, RegisteredIdentity, RegisterIdentityInput, RevokedIdentity } from './identity-types.ts'

export type * from './identity-types.ts'

const SIGNER: Signer = {
  ready: importSigningKey,
  encode: (body, key) => signedBody(body, (text) => sign(text, key)),
}

/** Identities: the public keys that signed actions are verified with, one an agent. */
export abstract class Identity extends Core {
  /** @internal */
  protected signer(): Signer {
    return SIGNER
  }

  /**
   * Registers an agent's public key, or replaces it; needs an admin key. Approving a pairing does the same.
   *
   * @throws {PermissionDeniedError} For another role. Route: `POST /api/identities`. Not repeated after an unclear failure.
   */
  registerIdentity(input: RegisterIdentityInput, options?: RequestOptions): Promise<{ identity: RegisteredIdentity }> {
    return this.call('registerIdentity POST /api/identities agent_id! public_key! algorithm', input, options)
  }

  /**
   * Lists the registered agents by id, without their keys; no paging. Any role may read it.
   *
   * Route: `GET /api/identities`.
   */
  getIdentities(options?: RequestOptions): Promise<{ identities: AgentIdentity[] }> {
    return this.call('getIdentities GET /api/identities', undefined, options)
  }

  /**
   * Revokes an agent's key, so that its signatures are not verified any more; needs an admin key. Newer servers only.
   *
   * @param agentId - Id of the agent, as the client has it in `agentId`.
   * @returns What the server says; `{}` when it says nothing.
   * @throws {RouteNotFoundError} On 2.0 servers: register another key there. {@link NotFoundError} for an unknown agent.
   * {@link PermissionDeniedError} for another role. Route: `DELETE /api/identities/:agent_id`.
   */
  async revokeIdentity(agentId: string, options?: RequestOptions): Promise<RevokedIdentity> {
    // No server's answer is documented: any success counts, with or without JSON in it.
    const route = 'revokeIdentity DELETE /api/identities/:agent_id'
    const answer = await callRoute<Download | undefined>(this, route, undefined, options, [agentId], { read: 'bytes' })
    try {
      return JSON.parse(new TextDecoder().decode(answer?.bytes)) ?? {}
    } catch {
      return {}
    }
  }
}
