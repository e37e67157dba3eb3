import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  CreatedOrgKey,
  CreateOrgInput,
  CreateOrgKeyInput,
  ListedOrg,
  OrgAnswer,
  Organization,
  OrgKey,
  OrgSummary,
  UpdateOrgInput,
} from './orgs-types.ts'

export type * from './orgs-types.ts'

/** Organizations and their API keys. All calls need an admin key, and reach only the key's own organization. */
export abstract class Orgs extends Core {
  /**
   * Reads the key's own organization.
   *
   * @returns It under `organization`, and as the only item of `organizations`.
   * @throws {PermissionDeniedError} When the key's role is not admin. Route: `GET /api/orgs`.
   */
  async getOrg(options?: RequestOptions): Promise<OrgAnswer> {
    const answer = await this.call<OrgAnswer>('getOrg GET /api/orgs -> organizations!:[]', undefined, options)
    return { ...answer, organization: answer.organizations?.[0] as ListedOrg }
  }

  /**
   * Creates another organization with a first admin key. That key, shown only here, is the only way into it.
   *
   * @throws {ConflictError} When the slug is taken. {@link PermissionDeniedError} when the key's role is not admin.
   * Route: `POST /api/orgs`. Not repeated after an unclear failure.
   */
  createOrg(
    input: CreateOrgInput,
    options?: RequestOptions,
  ): Promise<{ organization: Organization; api_key: CreatedOrgKey }> {
    return this.call('createOrg POST /api/orgs name! slug!', input, options)
  }

  /**
   * Reads an organization by id, which must be the key's own.
   *
   * @param orgId - `org_…`.
   * @throws {PermissionDeniedError} When the key's role is not admin, and for every other organization, unknown ones too.
   * Route: `GET /api/orgs/:org_id`.
   */
  getOrgById(orgId: string, options?: RequestOptions): Promise<{ organization: OrgSummary; active_keys: number }> {
    return this.call('getOrgById GET /api/orgs/:org_id', undefined, options, orgId)
  }

  /**
   * Renames the key's own organization. Other fields are dropped by the server without a word.
   *
   * @param orgId - `org_…`.
   * @throws {PermissionDeniedError} When the key's role is not admin, and for every other organization. Route: `PATCH /api/orgs/:org_id`.
   */
  updateOrg(orgId: string, input?: UpdateOrgInput, options?: RequestOptions): Promise<{ organization: Organization }> {
    return this.call('updateOrg PATCH /api/orgs/:org_id name slug plan', input, options, orgId)
  }

  /**
   * Lists the keys of the key's own organization, newest first, revoked ones too.
   *
   * @param orgId - `org_…`.
   * @throws {PermissionDeniedError} When the key's role is not admin, and for every other organization. Route: `GET /api/orgs/:org_id/keys`.
   */
  getOrgKeys(orgId: string, options?: RequestOptions): Promise<{ keys: OrgKey[] }> {
    return this.call('getOrgKeys GET /api/orgs/:org_id/keys', undefined, options, orgId)
  }

  /**
   * Creates an API key for the key's own organization.
   *
   * @param orgId - `org_…`.
   * @returns The key, shown only here.
   * @throws {PermissionDeniedError} When the key's role is not admin, and for every other organization.
   * Route: `POST /api/orgs/:org_id/keys`. Not repeated after an unclear failure.
   */
  createOrgKey(
    orgId: string,
    input?: CreateOrgKeyInput,
    options?: RequestOptions,
  ): Promise<{ key: CreatedOrgKey & { label: string | null } }> {
    return this.call('createOrgKey POST /api/orgs/:org_id/keys label role', input, options, orgId)
  }

  /**
   * Revokes a key of the key's own organization; it may revoke itself. A server that used it within the last 5 minutes may still take it
   * for that long.
   *
   * @param orgId - `org_…`.
   * @param input - `id` of the key (`key_…`).
   * @throws {NotFoundError} When the key is unknown. {@link ConflictError} when it is revoked already. {@link PermissionDeniedError} when
   * the role is not admin, and for every other organization. Route: `DELETE /api/orgs/:org_id/keys?id=`.
   */
  revokeOrgKey(
    orgId: string,
    input: { id: string },
    options?: RequestOptions,
  ): Promise<{ success: true; revoked: string }> {
    return this.call('revokeOrgKey DELETE! /api/orgs/:org_id/keys id!', input, options, orgId)
  }
}
