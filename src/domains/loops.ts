import { Core, checkedInput } from '../core/core.ts'
import { filteredPage, pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/action-types.ts'
import type {
  Assumption,
  AssumptionFilters,
  AssumptionList,
  DriftAssumption,
  DriftReport,
  ListedLoop,
  OfAction,
  OpenLoop,
  OpenLoopFilters,
  OpenLoopList,
  RegisterAssumptionInput,
  RegisteredLoop,
  RegisterOpenLoopInput,
  ResolveOpenLoopInput,
  ValidateAssumptionInput,
} from './loops-types.ts'

export type * from './loops-types.ts'

const LOOPS =
  'getOpenLoops@2 GET /api/actions/loops status loop_type priority limit:num offset:num agent_id -> loops!:[{}]'
const RESOLVE = 'resolveOpenLoop@2 PATCH /api/actions/loops/:loop_id status! resolution -> loop!:{}'
const VALIDATE =
  'validateAssumption PATCH /api/actions/assumptions/:assumption_id validated!:bool invalidated_reason -> assumption!:{}'
const ASSUME =
  ' POST /api/actions/assumptions action_id! assumption! basis assumption_id validated:bool invalidated:bool invalidated_reason -> assumption!:{}'
const ASSUMPTIONS =
  'listAssumptions GET /api/actions/assumptions validated:bool stale:bool limit:num offset:num action_id agent_id -> assumptions!:[{}]'
const REPORT =
  'getDriftReport GET /api/actions/assumptions validated:bool stale:bool limit:num offset:num action_id agent_id -> assumptions!:[{}]'

/** Open loops and assumptions: what an action leaves unresolved, and what it took for true. */
export abstract class Loops extends Core {
  /**
   * Registers an open loop: an unfinished dependency of an action.
   *
   * @returns The loop with facts of its action; `loop.id` and `loop_id` are the id for {@link resolveOpenLoop}.
   * @throws {NotFoundError} When the action is unknown. {@link ConflictError} when `loop_id` is taken.
   * Route: `POST /api/actions/loops`. Not repeated after an unclear failure.
   */
  async registerOpenLoop(input: RegisterOpenLoopInput, options?: RequestOptions): Promise<RegisteredLoop> {
    const answer = await this.call<RegisteredLoop>(
      'registerOpenLoop@2 POST /api/actions/loops action_id! loop_type! description! loop_id priority owner status resolution -> loop!:{}',
      input,
      options,
    )
    return loopOf(answer)
  }

  /**
   * Settles an open loop; both states are final.
   *
   * @param loopId - `loop.id` (`loop_…`).
   * @throws {NotFoundError} When the loop is unknown. {@link ConflictError} when it is not open any more.
   * Route: `PATCH /api/actions/loops/:loop_id`.
   */
  async resolveOpenLoop(
    loopId: string,
    input: ResolveOpenLoopInput,
    options?: RequestOptions,
  ): Promise<{ loop: OpenLoop; security: SecuritySummary }> {
    const fields = checkedInput(this, RESOLVE, input)
    const answer = await this.call<{ loop: OpenLoop; security: SecuritySummary }>(
      RESOLVE,
      fields.status === 'resolved' && !fields.resolution ? { ...fields, resolution: 'Resolved' } : fields,
      options,
      loopId,
    )
    return loopOf(answer)
  }

  /**
   * Lists loops of every status unless `status` is given, critical first, then newest.
   *
   * Route: `GET /api/actions/loops`. With `agent_id` all pages are read (200 a request) and filtered here.
   */
  async getOpenLoops(filters: OpenLoopFilters = {}, options?: RequestOptions): Promise<OpenLoopList> {
    const { agent_id, ...rest } = checkedInput(this, LOOPS, filters)
    const read = (page: object) => this.call<OpenLoopList>(LOOPS, page, options)
    if (agent_id === undefined) return rowsOf(await read(rest), 'loops', 'loop_id')
    const { answer, all, page } = await filteredPage(
      'loops',
      rest,
      read,
      (loop: ListedLoop) => loop.agent_id === agent_id,
    )
    return rowsOf({ ...answer, loops: page, total: all.length }, 'loops', 'loop_id')
  }

  /** Every loop that matches, page after page; see {@link getOpenLoops}. Leave the loop, or abort `options.signal`, to stop. */
  iterateOpenLoops(
    filters: OpenLoopFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ListedLoop, void, undefined> {
    return pages('loops', 'loop_id', filters, (page) => this.getOpenLoops(page, options), options)
  }

  /**
   * Reads one loop with facts of its action.
   *
   * @param loopId - `loop.id` (`loop_…`).
   * @throws {NotFoundError} When the loop is unknown. Route: `GET /api/actions/loops/:loop_id`.
   */
  async getOpenLoop(
    loopId: string,
    options?: RequestOptions,
  ): Promise<{ loop: ListedLoop & { action_status: string | null } }> {
    const answer = await this.call<{ loop: ListedLoop & { action_status: string | null } }>(
      'getOpenLoop@2 GET /api/actions/loops/:loop_id -> loop!:{}',
      undefined,
      options,
      loopId,
    )
    return loopOf(answer)
  }

  /**
   * Registers an assumption: what the agent took for true when it acted.
   *
   * @returns The assumption; `assumption.id` and `assumption_id` are the id for {@link validateAssumption}.
   * @throws {NotFoundError} When the action is unknown. {@link ConflictError} when `assumption_id` is taken.
   * Route: `POST /api/actions/assumptions`. Not repeated after an unclear failure.
   */
  async registerAssumption(
    input: RegisterAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }> {
    const answer = await this.call<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }>(
      'registerAssumption' + ASSUME,
      input,
      options,
    )
    return assumptionOf(answer)
  }

  /** Registers an assumption, as {@link registerAssumption} does, under the second name that the documentation gives it. Route: `POST /api/actions/assumptions`. */
  async recordAssumption(
    input: RegisterAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }> {
    return assumptionOf(await this.call('recordAssumption' + ASSUME, input, options))
  }

  /**
   * Reads one assumption with facts of its action.
   *
   * @param assumptionId - `assumption.id` (`asm_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/actions/assumptions/:assumption_id`.
   */
  async getAssumption(
    assumptionId: string,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption & OfAction & { action_type: string | null; action_status: string | null } }> {
    const answer = await this.call<{
      assumption: Assumption & OfAction & { action_type: string | null; action_status: string | null }
    }>('getAssumption GET /api/actions/assumptions/:assumption_id -> assumption!:{}', undefined, options, assumptionId)
    return assumptionOf(answer)
  }

  /**
   * Says whether an assumption held. Validating twice is fine; an invalidation is final.
   *
   * @param assumptionId - `assumption.id` (`asm_…`).
   * @returns `security` comes with an invalidation only.
   * @throws {NotFoundError} When it is unknown. {@link ConflictError} when it was invalidated before.
   * Route: `PATCH /api/actions/assumptions/:assumption_id`.
   */
  async validateAssumption(
    assumptionId: string,
    input: ValidateAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; security?: SecuritySummary }> {
    const fields = checkedInput(this, VALIDATE, input)
    const answer = await this.call<{ assumption: Assumption; security?: SecuritySummary }>(
      VALIDATE,
      fields.validated === false && !fields.invalidated_reason?.trim()
        ? { ...fields, invalidated_reason: 'Invalidated' }
        : fields,
      options,
      assumptionId,
    )
    return assumptionOf(answer)
  }

  /**
   * Reports how far the assumptions have drifted: a score for each, and those that proved wrong under `invalidated`.
   *
   * Route: `GET /api/actions/assumptions?drift=true`. `invalidated`, and `agent_id`, need all pages (200 a request).
   */
  async getDriftReport(filters: AssumptionFilters = {}, options?: RequestOptions): Promise<DriftReport> {
    const { agent_id, ...rest } = checkedInput(this, REPORT, filters)
    const read = (page: object) => this.call<DriftReport>(REPORT, { ...page, drift: true }, options)
    const own = (row: DriftAssumption) => agent_id === undefined || row.agent_id === agent_id
    let answer = agent_id === undefined ? await read(rest) : undefined
    // A first page that holds all needs no second look.
    const whole =
      answer && !rest.offset && answer.assumptions.length >= answer.total
        ? { answer, all: answer.assumptions, page: answer.assumptions }
        : await filteredPage('assumptions', rest, read, own)
    const { all, page } = whole
    if (!answer) {
      const count = (match: (row: DriftAssumption) => boolean) => page.filter(match).length
      answer = {
        ...whole.answer,
        assumptions: page,
        total: all.length,
        drift_summary: {
          total: all.length,
          at_risk: count((row) => (row.drift_score ?? 0) >= 50),
          validated: count((row) => row.validated === 1),
          invalidated: count((row) => row.invalidated === 1),
          unvalidated: count((row) => row.validated === 0 && row.invalidated === 0),
        },
      }
    }
    const invalidated = all.filter((row) => row.invalidated === 1)
    return rowsOf(rowsOf({ ...answer, invalidated }, 'assumptions', 'assumption_id'), 'invalidated', 'assumption_id')
  }

  /**
   * Lists assumptions, newest first.
   *
   * Route: `GET /api/actions/assumptions`. With `agent_id` all pages are read (200 a request) and filtered here.
   */
  async listAssumptions(filters: AssumptionFilters = {}, options?: RequestOptions): Promise<AssumptionList> {
    const { agent_id, ...rest } = checkedInput(this, ASSUMPTIONS, filters)
    const read = (page: object) => this.call<AssumptionList>(ASSUMPTIONS, page, options)
    if (agent_id === undefined) return rowsOf(await read(rest), 'assumptions', 'assumption_id')
    const { answer, all, page } = await filteredPage(
      'assumptions',
      rest,
      read,
      (row: Assumption & OfAction) => row.agent_id === agent_id,
    )
    return rowsOf({ ...answer, assumptions: page, total: all.length }, 'assumptions', 'assumption_id')
  }

  /** Every assumption that matches, page after page; see {@link listAssumptions}. */
  iterateAssumptions(
    filters: AssumptionFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<Assumption & OfAction, void, undefined> {
    return pages('assumptions', 'assumption_id', filters, (page) => this.listAssumptions(page, options), options)
  }
}

/** The documentation passes `loop["loop"]["id"]` on, which on the wire is a row number that no call takes. */
function textId<R extends object>(row: R, key: string): R {
  const fields = row as Record<string, unknown>
  return { ...row, id: fields[key], row_id: fields['id'] }
}

const loopOf = <A extends { loop: object }>(answer: A): A => ({ ...answer, loop: textId(answer.loop, 'loop_id') })

const assumptionOf = <A extends { assumption: object }>(answer: A): A => ({
  ...answer,
  assumption: textId(answer.assumption, 'assumption_id'),
})

const rowsOf = <K extends string, A extends { [P in K]: object[] }>(answer: A, key: K, id: string): A => ({
  ...answer,
  [key]: answer[key].map((row) => textId(row, id)),
})
