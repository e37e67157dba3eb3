import { Core, callRoute } from '../core/core.ts'
import type { Download } from '../core/transport.ts'
import type { RequestOptions } from '../core/types.ts'

/** Input of {@link Identity.registerIdentity}. */
export interface RegisterIdentityInput {
  /** The agent whose signatures the key verifies. Not filled in from the client: an admin registers other agents' keys. */
  agent_id: string
  /**
   * Public RSA key as SubjectPublicKeyInfo PEM (`publicKeyPem` of `generateKeyPair()`). The server does not check it: with another
   * text every signature of the agent counts as not verified.
   */
  public_key: string
  /** Not checked either. Default: `RSASSA-PKCS1-v1_5`, what the SDK signs with. */
  algorithm?: string | null | undefined
}

/** A registered key, in the list: without the key itself. */
export interface AgentIdentity {
  agent_id: string
  algorithm: string
  /** Database text such as `2026-11-22 13:11:02.531656+00`, not ISO 8601. */
  created_at: string
  /** Database text; moves when the key is replaced. */
  updated_at: string
}

/** Answer of {@link Identity.registerIdentity}. */
export interface RegisteredIdentity extends AgentIdentity {
  /** Number of the row. */
  id: number
  org_id: string
  public_key: string
}

/** What a server says about a revoked identity; it may say nothing. */
export interface RevokedIdentity {
  success?: boolean
  /** The agent's id. */
  revoked?: string
}

/** Identities: the public keys that signed actions are verified with, one an agent. */
export abstract class Identity extends Core {
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
