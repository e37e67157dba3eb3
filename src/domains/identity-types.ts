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
