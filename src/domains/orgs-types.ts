import type { NumberText, Open } from '../core/types.ts'

/** What an API key may do: all, all but administration, or only read. */
export type KeyRole = 'admin' | 'member' | 'readonly'

/** An organization. */
export interface OrgSummary {
  /** `org_…`. */
  id: string
  name: string
  /** Unique over all organizations. */
  slug: string
  plan: Open<'free'>
  /** ISO 8601 in UTC. */
  created_at: string
  updated_at: string
}

/** An organization in the list. */
export interface ListedOrg extends OrgSummary {
  /** Keys that are not revoked; a text here, a number in {@link Orgs.getOrgById}. */
  active_keys: NumberText
}

/** Answer of {@link Orgs.getOrg}. */
export interface OrgAnswer {
  /** The key's own organization. */
  organization: ListedOrg
  /** As the server sends it: never more than that one. */
  organizations: ListedOrg[]
}

/** An organization with its subscription. */
export interface Organization extends OrgSummary {
  stripe_customer_id: string | null
  stripe_subscription_id: string | null
  subscription_status: Open<'active'>
  current_period_end: string | null
  trial_ends_at: string | null
}

/** Input of {@link Orgs.createOrg}. */
export interface CreateOrgInput {
  /** Stored without spaces around it; at most 256 characters. */
  name: string
  /** Lower-case letters, digits and hyphens, at most 64; unique over all organizations. */
  slug: string
}

/** A key that was just created. */
export interface CreatedOrgKey {
  /** `key_…`: what {@link Orgs.revokeOrgKey} takes. */
  id: string
  /** The key itself. Comes only in this answer: keep it. */
  key: string
  /** The first 8 characters: `oc_live_` for every key. */
  prefix: string
  role: Open<KeyRole>
  warning: string
}

/** Input of {@link Orgs.updateOrg}. */
export interface UpdateOrgInput {
  /** Stored without spaces around it; at most 256 characters. The only field that can change. */
  name?: string | undefined
  /** Sent, but dropped by the server without a word: a slug never changes. */
  slug?: string | undefined
  /** Sent, but dropped by the server without a word. */
  plan?: string | undefined
}

/** Input of {@link Orgs.createOrgKey}. */
export interface CreateOrgKeyInput {
  /** At most 256 characters; null is stored as null. Default: `API Key`. */
  label?: string | null | undefined
  /** Default: `member`. */
  role?: Open<KeyRole> | undefined
}

/** An API key in the list; the key itself is never shown again. */
export interface OrgKey {
  /** `key_…`. */
  id: string
  /** `oc_live_` for every key, so it tells keys apart in no way: use labels. */
  key_prefix: string
  label: string | null
  role: Open<KeyRole>
  /** Up to 5 minutes late; null before the first use. */
  last_used_at: string | null
  created_at: string
  /** Null while it works. */
  revoked_at: string | null
}
