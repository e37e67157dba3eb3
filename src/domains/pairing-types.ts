import type { Open, RequestOptions } from '../core/types.ts'

/** Where a pairing stands. */
export type PairingStatus = 'pending' | 'approved' | 'expired'

/** Input of {@link Pairing.createPairing}. */
export interface CreatePairingInput {
  /** The agent's public RSA key as SubjectPublicKeyInfo PEM (`-----BEGIN PUBLIC KEY-----`); PKCS#1 (`BEGIN RSA PUBLIC KEY`) is refused. */
  public_key_pem: string
  /** Not checked by the server. Default: `RSASSA-PKCS1-v1_5`, the only one that signed actions are verified with. */
  algorithm?: string | null | undefined
  /** Default: the client's. */
  agent_name?: string | null | undefined
  /** Default: the client's agent. */
  agent_id?: string | undefined
}

/** Input of {@link Pairing.createPairingFromPrivateJwk}. */
export type CreatePairingFromJwkInput = Pick<CreatePairingInput, 'agent_name' | 'agent_id'>

/** A pairing that was just created. */
export interface CreatedPairing {
  /** `pair_…`. */
  id: string
  agent_id: string
  agent_name: string | null
  algorithm: string
  status: 'pending'
  /** Database text such as `2026-11-22 13:11:01.727585+00`, not ISO 8601. */
  created_at: string
  /** ISO 8601 in UTC: 15 minutes after the creation. */
  expires_at: string
}

/** Answer of {@link Pairing.createPairing} and {@link Pairing.createPairingFromPrivateJwk}. */
export interface CreatePairingResult {
  pairing: CreatedPairing
  /** The page where an admin approves it; the host is the server's own idea of its address, so behind a proxy it may differ from yours. */
  pairing_url: string
}

/** A pairing as it is stored; the key itself is never shown. */
export interface PairingRecord extends Omit<CreatedPairing, 'status'> {
  status: Open<PairingStatus>
  /** Database text, as `created_at`. */
  updated_at: string
}

/** What an approved pairing registers. */
export interface PairedIdentity {
  agent_id: string
  algorithm: string
  /** Database text such as `2026-11-22 13:11:01.727585+00`: when the agent's first key was registered. */
  created_at: string
  /** Database text. */
  updated_at: string
}

/** Options of {@link Pairing.waitForPairing}. */
export interface WaitForPairingOptions extends Pick<RequestOptions, 'headers' | 'signal'> {
  /** How long to wait, in **milliseconds**; 0 asks nothing. Default: 300,000 (5 minutes). A pairing itself lives 15 minutes. */
  timeout?: number | undefined
  /** Time between two looks, in **milliseconds**. Default: 2,000. While looks fail it doubles, up to 30,000. */
  interval?: number | undefined
}

/** Filters of {@link Pairing.listPairings}. */
export interface PairingFilters {
  /** Default: `pending`; there is no way to ask for all. */
  status?: Open<PairingStatus> | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
}
