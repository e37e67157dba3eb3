import { Core } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type { CreateSessionInput, Session, SessionEvent, SessionFilters, UpdateSessionInput } from './sessions-types.ts'

export type * from './sessions-types.ts'

/** Working sessions of agents. Newer servers only: 2.0 servers answer {@link RouteNotFoundError}. */
export abstract class Sessions extends Core {
  /**
   * Opens a session.
   *
   * Route: `POST /api/sessions`. Not repeated after an unclear failure.
   */
  createSession(input: CreateSessionInput = {}, options?: RequestOptions): Promise<{ session: Session }> {
    return this.call('createSession POST /api/sessions agent_id!@agentId workspace branch', input, options)
  }

  /**
   * Reads a session.
   *
   * @param sessionId - `sess_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/sessions/:session_id`.
   */
  getSession(sessionId: string, options?: RequestOptions): Promise<{ session: Session }> {
    return this.call('getSession GET /api/sessions/:session_id', undefined, options, sessionId)
  }

  /**
   * Changes a session; a `status` also writes an event.
   *
   * @param sessionId - `sess_…`.
   * @throws {ValidationError} When no field is given. {@link NotFoundError} when it is unknown, and on some servers when it is closed.
   * Route: `PATCH /api/sessions/:session_id`.
   */
  updateSession(sessionId: string, input: UpdateSessionInput, options?: RequestOptions): Promise<{ session: Session }> {
    return this.call(
      'updateSession PATCH /api/sessions/:session_id status green_level branch_freshness commits_behind:num blocked_reason',
      input,
      options,
      sessionId,
    )
  }

  /** Lists sessions, last changed first. Route: `GET /api/sessions`. */
  listSessions(filters: SessionFilters = {}, options?: RequestOptions): Promise<{ sessions: Session[] }> {
    return this.call('listSessions GET /api/sessions limit:num agent_id status', filters, options)
  }

  /**
   * Lists the changes of a session's status, oldest first.
   *
   * @param sessionId - `sess_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/sessions/:session_id/events`.
   */
  getSessionEvents(sessionId: string, options?: RequestOptions): Promise<{ events: SessionEvent[] }> {
    return this.call('getSessionEvents GET /api/sessions/:session_id/events', undefined, options, sessionId)
  }
}
