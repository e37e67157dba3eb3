import { Core, checkedInput } from '../core/core.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  CaptureKeyPointInput,
  ContextThread,
  CreateThreadInput,
  KeyPoint,
  KeyPointFilters,
  ThreadEntry,
  ThreadFilters,
} from './context-types.ts'

export type * from './context-types.ts'

const POINT =
  'captureKeyPoint@2 POST /api/context/points agent_id@agentId content! category importance:num session_date'
const ENTRY = 'addThreadEntry@2 POST /api/context/threads/:thread_id/entries content! entry_type'
const CLOSE = 'closeThread@2 PATCH /api/context/threads/:thread_id summary'

/** What matters in a session: key points, and named threads with entries. Newer servers have no such routes. */
export abstract class Context extends Core {
  /**
   * Keeps a key point of the session. Each call adds one.
   *
   * @throws {InputError} When `category` is another word than those five and `constraint`.
   * Route: `POST /api/context/points`. Not repeated after an unclear failure.
   */
  async captureKeyPoint(
    input: CaptureKeyPointInput,
    options?: RequestOptions,
  ): Promise<{ point: KeyPoint; point_id: string }> {
    const fields = checkedInput(this, POINT, input)
    const { category, importance, session_date } = fields
    return this.call(
      POINT,
      // The server takes null for a wrong value here.
      {
        ...fields,
        category: category === 'constraint' ? 'general' : (category ?? undefined),
        importance: importance ?? undefined,
        session_date: session_date ?? undefined,
      },
      options,
    )
  }

  /**
   * Lists key points, most important first, then newest.
   *
   * @returns `total` counts the points in this answer. Route: `GET /api/context/points`.
   */
  getKeyPoints(
    filters: KeyPointFilters = {},
    options?: RequestOptions,
  ): Promise<{ points: KeyPoint[]; total: number }> {
    return this.call(
      'getKeyPoints@2 GET /api/context/points agent_id@agentId category session_date limit:num -> ',
      filters,
      options,
    )
  }

  /**
   * Opens a thread. Where the agent has one of this name, that one is opened again and keeps its id.
   *
   * @returns `thread_id` and `thread.id` are the same `ct_…`.
   * Route: `POST /api/context/threads`. Not repeated after an unclear failure.
   */
  createThread(
    input: CreateThreadInput,
    options?: RequestOptions,
  ): Promise<{ thread: ContextThread; thread_id: string }> {
    return this.call('createThread@2 POST /api/context/threads agent_id@agentId name! summary', input, options)
  }

  /**
   * Adds an entry to an active thread of any agent.
   *
   * @param threadId - `ct_…`
   * @param input - `content`: 1 to 5,000 characters. `entry_type`: free text of at most 100. Default: `note`.
   * @throws {NotFoundError} When the thread is unknown. {@link ValidationError} when it is closed.
   * Route: `POST /api/context/threads/:thread_id/entries`. Not repeated after an unclear failure.
   */
  async addThreadEntry(
    threadId: string,
    input: { content: string; entry_type?: string | null | undefined },
    options?: RequestOptions,
  ): Promise<{ entry: ThreadEntry; entry_id: string }> {
    const fields = checkedInput(this, ENTRY, input)
    return this.call(ENTRY, { ...fields, entry_type: fields.entry_type ?? undefined }, options, threadId)
  }

  /**
   * Closes a thread: it takes no more entries. Closing twice is fine; {@link createThread} with its name opens it again.
   *
   * @param threadId - `ct_…`
   * @param input - `summary` replaces the stored one; null wipes it; without it, or empty, the stored one stays.
   * @throws {NotFoundError} When the thread is unknown. Route: `PATCH /api/context/threads/:thread_id`.
   */
  async closeThread(
    threadId: string,
    input: { summary?: string | null | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ thread: ContextThread }> {
    const { summary, ...rest } = checkedInput(this, CLOSE, input)
    const fields = { ...rest, summary: summary === '' ? undefined : summary, status: 'closed' }
    return this.call(CLOSE, fields, options, threadId)
  }

  /**
   * Lists threads without their entries.
   *
   * @returns `total` counts the threads in this answer. Route: `GET /api/context/threads`.
   */
  getThreads(
    filters: ThreadFilters = {},
    options?: RequestOptions,
  ): Promise<{ threads: ContextThread[]; total: number }> {
    return this.call('getThreads@2 GET /api/context/threads agent_id@agentId status limit:num -> ', filters, options)
  }

  /**
   * Reads where the client's agent stands: its key points of today (a UTC day; at most 50) and its active threads (at most 20).
   *
   * Routes: `GET /api/context/points` and `GET /api/context/threads`, both at once.
   */
  async getContextSummary(options?: RequestOptions): Promise<{ points: KeyPoint[]; threads: ContextThread[] }> {
    const [{ points }, { threads }] = await Promise.all([
      this.getKeyPoints({ session_date: new Date().toISOString().slice(0, 10) }, options),
      this.getThreads({ status: 'active' }, options),
    ])
    return { points, threads }
  }
}
